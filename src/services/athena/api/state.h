#pragma once
// What Athena remembers over restarts: executions, workgroups, named and prepared queries. One SQLite file,
// docs/formats/athena-results.md.
#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "services/athena/engine/execution.h"
#include "services/glue/catalog/sqlite.h"

namespace tickerlake::athena {

/// An execution as it is stored.
struct ExecutionRecord {
  std::string id;
  std::string workgroup;
  TimestampMs submitted = 0;
  std::string token;         // ClientRequestToken, may be empty
  boost::json::object body;  // executions.cpp
};

/// Thread-safe; every change is durable when the call returns.
class State final : public PreparedStatements {
 public:
  static Result<std::unique_ptr<State>> open(const std::filesystem::path& file);
  explicit State(glue::Sqlite database) : db_(std::move(database)) {}

  Result<void> put_execution(const ExecutionRecord& record);
  Result<std::optional<ExecutionRecord>> find_execution(const std::string& id);
  Result<std::optional<ExecutionRecord>> find_by_token(const std::string& token);
  /// Newest first; before: ("submitted", "id") of the last one of the page before.
  struct Place {
    TimestampMs submitted = 0;
    std::string id;
  };
  Result<std::vector<ExecutionRecord>> list_executions(const std::string& workgroup, const std::optional<Place>& before,
                                                       std::size_t limit);
  /// Those whose state is not final; for start-up.
  Result<std::vector<ExecutionRecord>> unfinished();
  /// Forgets executions submitted before that time.
  Result<void> prune(TimestampMs before);

  /// Documents by kind ("workgroup", "named_query", "prepared") and scope (a workgroup's name, or empty).
  Result<std::optional<boost::json::object>> find_document(const std::string& kind, const std::string& scope,
                                                           const std::string& name);
  Result<void> put_document(const std::string& kind, const std::string& scope, const std::string& name,
                            const boost::json::object& body);
  Result<bool> remove_document(const std::string& kind, const std::string& scope, const std::string& name);
  Result<void> remove_documents(const std::string& kind, const std::string& scope);
  struct Document {
    std::string name;
    boost::json::object body;
  };
  /// By name, those after `after`.
  Result<std::vector<Document>> list_documents(const std::string& kind, const std::string& scope,
                                               const std::string& after, std::size_t limit);

  Result<std::optional<std::string>> find(const std::string& workgroup, const std::string& name) override;
  Result<void> put(const std::string& workgroup, const std::string& name, const std::string& statement) override;
  Result<bool> remove(const std::string& workgroup, const std::string& name) override;

 private:
  Mutex mutex_;  // innermost
  glue::Sqlite db_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::athena
