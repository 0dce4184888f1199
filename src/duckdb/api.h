#pragma once
// Private to this folder: the functions of libduckdb.so that are used, and the reading of its objects.
#include <duckdb.h>

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "duckdb/chunk.h"
#include "duckdb/type.h"

// Every function that is used; Api has a pointer of that name (without "duckdb_") for each.
// clang-format off
#define TL_DUCKDB_FUNCTIONS(X) \
  X(library_version) X(create_config) X(set_config) X(destroy_config) X(open_ext) X(close) X(free) \
  X(vector_size) X(connect) X(disconnect) X(interrupt) X(query_progress) X(query) X(destroy_result) \
  X(result_error) X(result_error_type) X(fetch_chunk) X(rows_changed) X(column_count) X(column_name) \
  X(column_logical_type) X(prepare) X(destroy_prepare) X(prepare_error) X(nparams) X(bind_null) X(bind_boolean) \
  X(bind_int64) X(bind_double) X(bind_varchar_length) X(clear_bindings) X(execute_prepared) \
  X(prepared_statement_column_count) X(prepared_statement_column_name) \
  X(prepared_statement_column_logical_type) X(pending_prepared_streaming) X(pending_error) X(execute_pending) \
  X(destroy_pending) X(create_data_chunk) X(destroy_data_chunk) X(data_chunk_reset) X(data_chunk_get_size) \
  X(data_chunk_set_size) X(data_chunk_get_column_count) X(data_chunk_get_vector) X(vector_get_data) \
  X(vector_get_validity) X(vector_ensure_validity_writable) X(vector_assign_string_element_len) \
  X(list_vector_get_child) X(struct_vector_get_child) X(array_vector_get_child) X(get_type_id) \
  X(destroy_logical_type) X(decimal_width) X(decimal_scale) X(list_type_child_type) X(array_type_child_type) \
  X(array_type_array_size) X(map_type_key_type) X(map_type_value_type) X(struct_type_child_count) \
  X(struct_type_child_name) X(struct_type_child_type) X(enum_dictionary_size) X(enum_dictionary_value) \
  X(appender_create) X(appender_column_count) X(appender_column_type) X(appender_error) X(append_data_chunk) \
  X(appender_close) X(appender_destroy)
// clang-format on

namespace tickerlake::duckdb {

struct Api {
#define TL_DUCKDB_POINTER(name) decltype(&::duckdb_##name) name = nullptr;
  TL_DUCKDB_FUNCTIONS(TL_DUCKDB_POINTER)
#undef TL_DUCKDB_POINTER
};

/// Loads the library, which then stays in the process. An empty path searches as DatabaseOptions says.
Result<std::shared_ptr<const Api>> load_api(const std::filesystem::path& path);

Type read_type(const Api& api, duckdb_logical_type type);
/// The same, and destroys type.
Type take_type(const Api& api, duckdb_logical_type type);

std::unexpected<Error> fail_as(duckdb_error_type type, const char* message);

class ChunkReader {
 public:
  /// Takes ownership of chunk. columns must outlive the result's use: pass what the shared owner holds.
  static Chunk read(std::shared_ptr<const Api> api, std::shared_ptr<const std::vector<Column>> columns,
                    duckdb_data_chunk chunk);

 private:
  static void fill(const Api& api, Vector& into, const Type& type, duckdb_vector vector);
};

}  // namespace tickerlake::duckdb
