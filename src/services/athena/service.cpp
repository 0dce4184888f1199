#include "services/athena/service.h"

#include "io/file.h"
#include "services/athena/api/operations.h"

namespace tickerlake::athena {

// In the order of construction: what comes later uses what comes before.
struct Service::Impl {
  std::unique_ptr<State> state;
  Engine engine;
  std::unique_ptr<Executions> executions;
  aws::JsonService operations{"AmazonAthena"};

  Impl(std::unique_ptr<State> opened, EngineOptions options, Log log)
      : state(std::move(opened)), engine(std::move(options), std::move(log)) {}
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(glue::Catalog& catalog, services::Objects& objects, Options options,
                                               Log log) {
  CHECK(io::make_directories(options.data_directory));
  TRY(auto state, State::open(options.data_directory / "athena.sqlite"));
  CHECK(state->prune(SystemClock().now_ms() - execution_retention_ms));
  auto impl = std::make_unique<Impl>(std::move(state),
                                     EngineOptions{.work_directory = options.data_directory / "work",
                                                   .objects_directory = options.objects_directory,
                                                   .duckdb_library = options.duckdb_library,
                                                   .threads = options.threads,
                                                   .memory_bytes = options.memory_bytes,
                                                   .temporary_bytes = options.temporary_bytes},
                                     log);
  impl->executions = std::make_unique<Executions>(Environment{catalog, objects}, impl->engine, *impl->state,
                                                  options.concurrent_queries, log);
  const Parts parts{catalog, objects, *impl->state, *impl->executions};
  add_execution_operations(impl->operations, parts);
  add_result_operations(impl->operations, parts);
  add_workgroup_operations(impl->operations, parts);
  add_statement_operations(impl->operations, parts);
  add_metadata_operations(impl->operations, parts);
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

void Service::handle(const aws::Caller& caller, http::Request& request, http::Response& response) const {
  impl_->operations.handle(caller, request, response);
}

}  // namespace tickerlake::athena
