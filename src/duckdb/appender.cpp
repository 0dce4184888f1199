#include "duckdb/appender.h"

#include <cstring>

#include "base/panic.h"
#include "duckdb/connection_impl.h"

namespace tickerlake::duckdb {
namespace {

static_assert(sizeof(duckdb_string_t) == 16);
constexpr std::size_t inline_text_bytes = 12;  // longer texts are stored behind a pointer

}  // namespace

struct Appender::Impl {
  std::shared_ptr<const Api> api;
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<Type> types;
  std::size_t capacity = 0;

  ~Impl() {
    if (chunk != nullptr) api->destroy_data_chunk(&chunk);
    if (appender != nullptr) api->appender_destroy(&appender);
  }
  std::unexpected<Error> failure() const { return fail_as(DUCKDB_ERROR_INVALID, api->appender_error(appender)); }
};

Appender::Appender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Appender::~Appender() = default;
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;

Result<Appender> Appender::open(Connection& connection, const std::string& table) {
  auto impl = std::make_unique<Impl>();
  impl->api = connection.impl_->api;
  const auto& api = *impl->api;
  if (api.appender_create(connection.impl_->connection, nullptr, table.c_str(), &impl->appender) != DuckDBSuccess) {
    return impl->failure();
  }
  const auto count = api.appender_column_count(impl->appender);
  std::vector<duckdb_logical_type> types;
  for (idx_t i = 0; i < count; ++i) {
    types.push_back(api.appender_column_type(impl->appender, i));
    impl->types.push_back(read_type(api, types.back()));
  }
  impl->chunk = api.create_data_chunk(types.data(), count);
  for (auto& type : types) api.destroy_logical_type(&type);
  if (impl->chunk == nullptr) return fail(ErrorCode::unsupported, "DuckDB: no chunk of the types of " + table);
  impl->capacity = api.vector_size();

  Appender appender(std::move(impl));
  appender.refresh();
  return appender;
}

std::size_t Appender::capacity() const { return impl_->capacity; }
const std::vector<Type>& Appender::types() const { return impl_->types; }

void Appender::refresh() {
  data_.resize(impl_->types.size());
  for (std::size_t i = 0; i < data_.size(); ++i) {
    data_[i] = impl_->api->vector_get_data(impl_->api->data_chunk_get_vector(impl_->chunk, i));
  }
}

void Appender::set_text(std::size_t column, std::size_t row, std::string_view text) {
  if (text.size() <= inline_text_bytes) {
    // What comparisons rely on: the rest of an inlined text is zero.
    duckdb_string_t string{};
    string.value.inlined.length = static_cast<std::uint32_t>(text.size());
    std::memcpy(string.value.inlined.inlined, text.data(), text.size());
    static_cast<duckdb_string_t*>(data_[column])[row] = string;
    return;
  }
  impl_->api->vector_assign_string_element_len(impl_->api->data_chunk_get_vector(impl_->chunk, column), row,
                                               text.data(), text.size());
}

void Appender::set_null(std::size_t column, std::size_t row) {
  const auto vector = impl_->api->data_chunk_get_vector(impl_->chunk, column);
  impl_->api->vector_ensure_validity_writable(vector);
  impl_->api->vector_get_validity(vector)[row / 64] &= ~(std::uint64_t{1} << (row % 64));
}

Result<void> Appender::append(std::size_t rows) {
  ensure(rows <= impl_->capacity, "a chunk is not overfilled");
  impl_->api->data_chunk_set_size(impl_->chunk, rows);
  if (impl_->api->append_data_chunk(impl_->appender, impl_->chunk) != DuckDBSuccess) return impl_->failure();
  impl_->api->data_chunk_reset(impl_->chunk);
  refresh();
  return {};
}

Result<void> Appender::close() {
  if (impl_->api->appender_close(impl_->appender) != DuckDBSuccess) return impl_->failure();
  return {};
}

}  // namespace tickerlake::duckdb
