# The headers that nearly every file includes (the standard library's, fmt, Boost.JSON), read by the compiler once and
# not 300 times: a third of the build's time. Files include what they use all the same; -DTICKERLAKE_PCH=OFF checks it.
option(TICKERLAKE_PCH "Precompile the common headers" ON)

set(common_headers
    <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <cstring> <deque> <expected> <filesystem> <functional>
    <limits> <map> <memory> <mutex> <optional> <random> <set> <span> <string> <string_view> <thread> <tuple>
    <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> <boost/json.hpp>)

# Compilers take a precompiled header only where definitions and options are the same: so all get those of these.
if(TICKERLAKE_PCH)
  target_link_libraries(tickerlake_options INTERFACE fmt::fmt Boost::json)
  # GCC forgets which of a precompiled header's lines are a system's, and warns of what it suspects inside std::string.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(tickerlake_options INTERFACE -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow)
  endif()
endif()

# tickerlake_precompile(TARGET [TESTS])
function(tickerlake_precompile target)
  if(NOT TICKERLAKE_PCH)
    return()
  endif()
  set(owner tickerlake_headers)
  set(headers ${common_headers})
  if("TESTS" IN_LIST ARGN)
    set(owner tickerlake_test_headers)
    list(APPEND headers <gtest/gtest.h> <gmock/gmock.h>)
  endif()
  if(NOT TARGET ${owner})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${owner}.cpp CONTENT "")
    add_library(${owner} STATIC ${CMAKE_BINARY_DIR}/${owner}.cpp)
    target_link_libraries(${owner} PRIVATE tickerlake_options $<$<STREQUAL:${owner},tickerlake_test_headers>:GTest::gmock>)
    target_precompile_headers(${owner} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
