#include "services/athena/service.h"

#include "io/file.h"
#include "services/athena/api/operations.h"

namespace tickerlake::athena {

// In the order of construction: what comes later uses what comes before.
struct Service::Impl {
  std::unique_ptr<State> state;
  Engine engine;
  std::unique_ptr<Executions> executions;
  aws::JsonService operations;

  Impl(std::unique_ptr<State> opened, EngineOptions options, Log log, const Metrics& metrics)
      : state(std::move(opened)),
        engine(std::move(options), std::move(log)),
        operations("AmazonAthena", "athena", metrics) {}
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
                                     log, options.metrics);
  impl->executions = std::make_unique<Executions>(Environment{catalog, objects}, impl->engine, *impl->state,
                                                  options.concurrent_queries, log, options.metrics);
  const Parts parts{catalog, objects, *impl->state, *impl->executions};
  add_execution_operations(impl->operations, parts);
  add_result_operations(impl->operations, parts);
  add_workgroup_operations(impl->operations, parts);
  add_statement_operations(impl->operations, parts);
  add_metadata_operations(impl->operations, parts);
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

void Service::collect(Exposition& into) const {
  const Executions::Load load = impl_->executions->load();
  into.gauge("tickerlake_athena_queries_running", "Queries at work.", {}, static_cast<double>(load.running));
  into.gauge("tickerlake_athena_queries_queued", "Queries that wait.", {}, static_cast<double>(load.queued));
}

void Service::handle(const aws::Caller& caller, http::Request& request, http::Response& response) const {
  impl_->operations.handle(caller, request, response);
}

}  // namespace tickerlake::athena
