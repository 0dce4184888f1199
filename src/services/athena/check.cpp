#include "services/athena/check.h"

#include "services/athena/api/execution_json.h"
#include "services/athena/api/state.h"
#include "services/glue/catalog/sqlite_check.h"
#include "services/glue/catalog/store.h"

namespace tickerlake::athena {
namespace {

std::optional<std::string> check_execution(const glue::Statement& row) {
  const auto body = glue::parse_body(row.text(1));
  if (!body) return body.error().message;
  const auto* execution = body->if_contains("execution");
  const auto* object = execution == nullptr ? nullptr : execution->if_object();
  const auto* status = object == nullptr ? nullptr : object->if_contains("Status");
  if (status == nullptr || !status->is_object()) return "its body is no execution";
  return std::nullopt;
}

std::optional<std::string> check_document(const glue::Statement& row) {
  const auto body = glue::parse_body(row.text(3));
  if (!body) return body.error().message;
  return std::nullopt;
}

}  // namespace

void check_athena(services::Fsck& fsck, const io::Path& directory) {
  glue::FileCheck check;
  check.path = directory / "athena.sqlite";
  check.create = [](const io::Path& path) -> Result<void> {
    CHECK(State::open(path));
    return {};
  };
  check.lost = "executions, workgroups, named and prepared queries on the pages that can't be read; results lie in S3";
  check.tables = {
      {.select = "SELECT id, body FROM executions",
       .remove = "DELETE FROM executions WHERE id=?",
       .columns = 2,
       .keys = 1,
       .name = "executions",
       .problem_of = check_execution,
       .lost = "what is remembered of a query; its result lies in S3"},
      {.select = "SELECT kind, scope, name, body FROM documents",
       .remove = "DELETE FROM documents WHERE kind=? AND scope=? AND name=?",
       .columns = 4,
       .keys = 3,
       .name = "documents",
       .problem_of = check_document,
       .lost = "a workgroup, or a named or prepared query"},
  };
  glue::check_sqlite(fsck, check);
  const io::Path work = directory / "work";
  if (services::names_in(work).empty()) return;
  fsck.say({.kind = services::Finding::Kind::leftover,
            .place = fsck.shown(work),
            .problem = "temporary files of queries that an unclean stop left",
            .lost = "nothing",
            .remedy = "remove them"},
           [&]() -> Result<void> {
             for (const std::string& name : services::names_in(work)) CHECK(services::remove_tree(work / name));
             return {};
           });
}

}  // namespace tickerlake::athena
