#include "services/athena/api/state.h"

#include <boost/json.hpp>

namespace tickerlake::athena {
namespace {

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS executions ("
    "  id TEXT PRIMARY KEY, workgroup TEXT NOT NULL, submitted INTEGER NOT NULL, token TEXT NOT NULL,"
    "  final INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS executions_by_time ON executions (workgroup, submitted, id);"
    "CREATE INDEX IF NOT EXISTS executions_by_token ON executions (token) WHERE token <> '';"
    "CREATE INDEX IF NOT EXISTS executions_at_work ON executions (final) WHERE final = 0;"
    "CREATE TABLE IF NOT EXISTS documents ("
    "  kind TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,"
    "  PRIMARY KEY (kind, scope, name)) WITHOUT ROWID;"
    "PRAGMA user_version = 1";

Result<boost::json::object> parse(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text), error);
  if (error || !value.is_object()) return fail(ErrorCode::corrupt, "athena.db holds a body that is no JSON object");
  return std::move(value.as_object());
}

Result<ExecutionRecord> read_record(const glue::Statement& row) {
  ExecutionRecord record{
      std::string(row.text(0)), std::string(row.text(1)), row.integer(2), std::string(row.text(3)), {}};
  TRY(record.body, parse(row.text(4)));
  return record;
}

Result<std::vector<ExecutionRecord>> read_records(glue::Statement& statement) {
  std::vector<ExecutionRecord> records;
  while (true) {
    TRY(const bool more, statement.step());
    if (!more) return records;
    TRY(auto record, read_record(statement));
    records.push_back(std::move(record));
  }
}

Result<std::optional<ExecutionRecord>> read_one(glue::Statement& statement) {
  TRY(auto records, read_records(statement));
  if (records.empty()) return std::nullopt;
  return std::move(records.front());
}

bool is_final(const boost::json::object& body) {
  const auto* final = body.if_contains("final");
  return final != nullptr && final->is_bool() && final->get_bool();
}

}  // namespace

Result<std::unique_ptr<State>> State::open(const std::filesystem::path& file) {
  TRY(auto database, glue::Sqlite::open(file));
  CHECK(database.execute(schema));
  return std::make_unique<State>(std::move(database));
}

Result<void> State::put_execution(const ExecutionRecord& record) {
  const auto body = boost::json::serialize(record.body);
  const MutexLock lock(mutex_);
  return db_
      .prepare(
          "INSERT OR REPLACE INTO executions (id, workgroup, submitted, token, final, body) "
          "VALUES (?, ?, ?, ?, ?, ?)")
      .bind(std::string_view(record.id), std::string_view(record.workgroup), std::int64_t{record.submitted},
            std::string_view(record.token), std::int64_t{is_final(record.body) ? 1 : 0}, std::string_view(body))
      .run();
}

Result<std::optional<ExecutionRecord>> State::find_execution(const std::string& id) {
  const MutexLock lock(mutex_);
  auto statement = db_.prepare("SELECT id, workgroup, submitted, token, body FROM executions WHERE id = ?");
  statement.bind(std::string_view(id));
  return read_one(statement);
}

Result<std::optional<ExecutionRecord>> State::find_by_token(const std::string& token) {
  const MutexLock lock(mutex_);
  auto statement = db_.prepare(
      "SELECT id, workgroup, submitted, token, body FROM executions WHERE token = ? AND token <> '' "
      "ORDER BY submitted DESC LIMIT 1");
  statement.bind(std::string_view(token));
  return read_one(statement);
}

Result<std::vector<ExecutionRecord>> State::list_executions(const std::string& workgroup,
                                                            const std::optional<Place>& before, std::size_t limit) {
  const Place from = before.value_or(Place{std::numeric_limits<TimestampMs>::max(), ""});
  const MutexLock lock(mutex_);
  auto statement = db_.prepare(
      "SELECT id, workgroup, submitted, token, body FROM executions "
      "WHERE workgroup = ? AND (submitted, id) < (?, ?) ORDER BY submitted DESC, id DESC LIMIT ?");
  statement.bind(std::string_view(workgroup), std::int64_t{from.submitted}, std::string_view(from.id),
                 static_cast<std::int64_t>(limit));
  return read_records(statement);
}

Result<std::vector<ExecutionRecord>> State::unfinished() {
  const MutexLock lock(mutex_);
  auto statement = db_.prepare("SELECT id, workgroup, submitted, token, body FROM executions WHERE final = 0");
  return read_records(statement);
}

Result<void> State::prune(TimestampMs before) {
  const MutexLock lock(mutex_);
  return db_.prepare("DELETE FROM executions WHERE submitted < ?").bind(std::int64_t{before}).run();
}

Result<std::optional<boost::json::object>> State::find_document(const std::string& kind, const std::string& scope,
                                                                const std::string& name) {
  const MutexLock lock(mutex_);
  auto statement = db_.prepare("SELECT body FROM documents WHERE kind = ? AND scope = ? AND name = ?");
  statement.bind(std::string_view(kind), std::string_view(scope), std::string_view(name));
  TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  return parse(statement.text(0));
}

Result<void> State::put_document(const std::string& kind, const std::string& scope, const std::string& name,
                                 const boost::json::object& body) {
  const auto text = boost::json::serialize(body);
  const MutexLock lock(mutex_);
  return db_.prepare("INSERT OR REPLACE INTO documents (kind, scope, name, body) VALUES (?, ?, ?, ?)")
      .bind(std::string_view(kind), std::string_view(scope), std::string_view(name), std::string_view(text))
      .run();
}

Result<bool> State::remove_document(const std::string& kind, const std::string& scope, const std::string& name) {
  const MutexLock lock(mutex_);
  CHECK(db_.prepare("DELETE FROM documents WHERE kind = ? AND scope = ? AND name = ?")
            .bind(std::string_view(kind), std::string_view(scope), std::string_view(name))
            .run());
  return db_.changes() > 0;
}

Result<void> State::remove_documents(const std::string& kind, const std::string& scope) {
  const MutexLock lock(mutex_);
  return db_.prepare("DELETE FROM documents WHERE kind = ? AND scope = ?")
      .bind(std::string_view(kind), std::string_view(scope))
      .run();
}

Result<std::vector<State::Document>> State::list_documents(const std::string& kind, const std::string& scope,
                                                           const std::string& after, std::size_t limit) {
  const MutexLock lock(mutex_);
  auto statement =
      db_.prepare("SELECT name, body FROM documents WHERE kind = ? AND scope = ? AND name > ? ORDER BY name LIMIT ?");
  statement.bind(std::string_view(kind), std::string_view(scope), std::string_view(after),
                 static_cast<std::int64_t>(limit));
  std::vector<Document> documents;
  while (true) {
    TRY(const bool more, statement.step());
    if (!more) return documents;
    TRY(auto body, parse(statement.text(1)));
    documents.push_back({std::string(statement.text(0)), std::move(body)});
  }
}

Result<std::optional<std::string>> State::find(const std::string& workgroup, const std::string& name) {
  TRY(const auto document, find_document("prepared", workgroup, name));
  if (!document) return std::nullopt;
  const auto* statement = document->if_contains("QueryStatement");
  if (statement == nullptr || !statement->is_string()) return std::nullopt;
  return std::string(statement->get_string());
}

Result<void> State::put(const std::string& workgroup, const std::string& name, const std::string& statement) {
  return put_document("prepared", workgroup, name,
                      {{"StatementName", name},
                       {"QueryStatement", statement},
                       {"WorkGroupName", workgroup},
                       {"LastModifiedTime", static_cast<double>(SystemClock().now_ms()) / 1000}});
}

Result<bool> State::remove(const std::string& workgroup, const std::string& name) {
  return remove_document("prepared", workgroup, name);
}

}  // namespace tickerlake::athena
