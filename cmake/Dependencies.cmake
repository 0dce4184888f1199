# Every third-party package, each with the one folder that may include it.
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)            # http (Beast); JSON everywhere
find_package(CURL REQUIRED)                                  # http
find_package(OpenSSL REQUIRED)                               # base (digests), io (TLS), kafka (SCRAM)
find_package(ZLIB REQUIRED)                                  # kafka (gzip)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)                                # base (logging)
find_package(CLI11 REQUIRED)                                 # app
find_package(GTest REQUIRED)
find_package(SQLite3 REQUIRED)                               # services/glue, services/athena
find_package(simdjson REQUIRED)                              # pipeline
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)     # kafka
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)       # kafka
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)  # kafka (client)
pkg_check_modules(PUGIXML REQUIRED IMPORTED_TARGET pugixml)  # services/s3, aws
find_library(RE2_LIBRARY re2 REQUIRED)                       # services/broker (subscriptions by pattern)
find_library(SNAPPY_LIBRARY snappy REQUIRED)                 # kafka
# Static: the loader's work for RocksDB's symbols would be a third of the program's start, and its pages 4 MiB.
find_library(ROCKSDB_ARCHIVE librocksdb.a REQUIRED)          # services/s3
set(ROCKSDB_LIBRARIES ${ROCKSDB_ARCHIVE} gflags bz2 PkgConfig::ZSTD PkgConfig::LZ4 ZLIB::ZLIB ${SNAPPY_LIBRARY})
find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)             # app: the program's allocator

# DuckDB comes from npm: the library from one package, its C header from another (scripts/install-packages).
set(DUCKDB_HEADERS ${CMAKE_SOURCE_DIR}/third_party/duckdb/node_modules/duckdb/src/duckdb/src/include)
set(DUCKDB_LIBRARY ${CMAKE_SOURCE_DIR}/third_party/duckdb/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so)
foreach(path IN ITEMS ${DUCKDB_HEADERS}/duckdb.h ${DUCKDB_LIBRARY})
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "${path} is missing: run scripts/install-packages first (make build does)")
  endif()
endforeach()
