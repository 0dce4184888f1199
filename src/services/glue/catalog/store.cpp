#include "services/glue/catalog/store.h"

#include <boost/json/parse.hpp>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace tickerlake::glue {
namespace {

constexpr const char* schema = R"sql(
  CREATE TABLE IF NOT EXISTS databases(name BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tables(db BLOB, name BLOB, version INTEGER NOT NULL, body BLOB NOT NULL,
                                    PRIMARY KEY(db, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS table_versions(db BLOB, name BLOB, version INTEGER, body BLOB NOT NULL,
                                            PRIMARY KEY(db, name, version)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS partitions(db BLOB, name BLOB, partition_values BLOB, body BLOB NOT NULL,
                                        PRIMARY KEY(db, name, partition_values)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS documents(kind BLOB, name BLOB, body BLOB NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
  PRAGMA user_version = 1;
)sql";

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& file, std::shared_ptr<const Clock> clock) {
  TRY(auto db, Sqlite::open(file));
  std::int64_t format = 0;
  {
    auto statement = db.prepare("PRAGMA user_version");
    CHECK(statement.step());
    format = statement.integer(0);
  }
  if (format > catalog_format) {
    return fail(ErrorCode::unsupported,
                file.string() + ": format " + std::to_string(format) + " was written by a newer version of tickerlake");
  }
  if (format < catalog_format) {
    TRY(auto transaction, Transaction::begin(db));
    CHECK(db.execute(schema));
    CHECK(transaction.commit());
  }
  if (clock == nullptr) clock = std::make_shared<SystemClock>();
  return std::make_unique<Store>(std::move(db), std::move(clock));
}

Result<boost::json::object> parse_body(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) return fail(ErrorCode::corrupt, "catalog file: a stored body is not a JSON object");
  return std::move(value.get_object());
}

std::string encode_key(std::span<const std::string> texts) {
  std::string key;
  for (const auto& text : texts) {
    for (const char c : text) {
      key += c;
      if (c == '\0') key += '\xff';
    }
    key += '\0';
    key += '\x01';
  }
  return key;
}

Result<std::vector<std::string>> decode_key(std::string_view key) {
  std::vector<std::string> texts;
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '\0') {
      text += key[i];
      continue;
    }
    if (++i == key.size()) return fail(ErrorCode::corrupt, "catalog file: a broken key");
    if (key[i] == '\x01') {
      texts.push_back(std::move(text));
      text.clear();
    } else {
      text += '\0';
    }
  }
  if (!text.empty()) return fail(ErrorCode::corrupt, "catalog file: a broken key");
  return texts;
}

std::string encode_token(std::string_view last_key) { return base64(as_bytes("1" + std::string(last_key))); }

Result<std::string> decode_token(std::string_view token) {
  if (token.empty()) return std::string();
  const auto bytes = unbase64(token);
  if (!bytes || bytes->empty() || as_text(*bytes).front() != '1') {
    return fail(ErrorCode::invalid_argument, "The NextToken is not valid.");
  }
  return std::string(as_text(*bytes).substr(1));
}

}  // namespace tickerlake::glue
