# What every target is compiled with; targets get it through tickerlake_options.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(TICKERLAKE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(TICKERLAKE_FUZZ "Make the fuzz targets programs of libFuzzer (clang)")

find_package(Threads REQUIRED)

add_library(tickerlake_options INTERFACE)
target_include_directories(tickerlake_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(tickerlake_options INTERFACE -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor)
target_link_libraries(tickerlake_options INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in std::string's operator+ (GCC bug 105651).
  target_compile_options(tickerlake_options INTERFACE -Wno-restrict)
else()
  target_compile_options(tickerlake_options INTERFACE -Wthread-safety)
  # The std::stable_sort of libstdc++ 12 calls what libstdc++ 12 calls deprecated.
  target_compile_options(tickerlake_options INTERFACE -Wno-deprecated-declarations)
endif()
if(TICKERLAKE_SANITIZE)
  target_compile_options(tickerlake_options INTERFACE -fsanitize=${TICKERLAKE_SANITIZE} -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all
                                                     $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized>)
  target_link_options(tickerlake_options INTERFACE -fsanitize=${TICKERLAKE_SANITIZE})
  # The value of an empty optional, or of a Result with an error: no sanitizer sees that for sure.
  target_compile_definitions(tickerlake_options INTERFACE _GLIBCXX_ASSERTIONS)
else()
  # Debug names stay for perf and backtraces; the linker drops what nobody calls.
  target_compile_options(tickerlake_options INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(tickerlake_options INTERFACE -Wl,--gc-sections -Wl,--as-needed)
endif()
