#pragma once
// The operations of Athena's API, by subject; each file registers its own.
#include <string>

#include "aws/json_service.h"
#include "services/athena/api/executions.h"
#include "services/athena/api/state.h"
#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/fields.h"
#include "services/objects.h"

namespace tickerlake::athena {

/// What operations work on.
struct Parts {
  glue::Catalog& catalog;
  services::Objects& objects;
  State& state;
  Executions& executions;
};

constexpr const char* primary_workgroup = "primary";
/// Where results go when neither request nor workgroup say so; the bucket is made when it is first needed.
constexpr const char* default_output = "s3://tickerlake-results/";

void add_execution_operations(aws::JsonService& service, Parts parts);
void add_result_operations(aws::JsonService& service, Parts parts);
void add_workgroup_operations(aws::JsonService& service, Parts parts);
void add_statement_operations(aws::JsonService& service, Parts parts);
void add_metadata_operations(aws::JsonService& service, Parts parts);

inline std::unexpected<aws::JsonError> invalid_request(std::string message) {
  auto error = aws::json_fail("InvalidRequestException", std::move(message));
  error.error().extra["AthenaErrorCode"] = "INVALID_INPUT";
  return error;
}
/// The state's or the catalog's failures that are nobody's input.
std::unexpected<aws::JsonError> internal_error(const Error& error);

/// A workgroup's document; "primary" exists always.
Result<std::optional<boost::json::object>> find_workgroup(State& state, const std::string& name);
/// Configuration.ResultConfiguration.OutputLocation, and whether it overrides the request's.
struct WorkgroupOutput {
  std::string location;
  bool enforced = false;
  bool enabled = true;
};
WorkgroupOutput output_of(const boost::json::object& workgroup);

}  // namespace tickerlake::athena

/// OR_INTERNAL(auto record, state.find(…));   the value, or its failure as the service's own.
#define OR_INTERNAL(declaration, expression)                                                    \
  auto TL_CONCAT(internal_result_, __LINE__) = (expression);                                    \
  if (!TL_CONCAT(internal_result_, __LINE__))                                                   \
    return ::tickerlake::athena::internal_error(TL_CONCAT(internal_result_, __LINE__).error()); \
  declaration = *std::move(TL_CONCAT(internal_result_, __LINE__))

/// The same for Result<void>.
#define CHECK_INTERNAL(expression)                                                        \
  do {                                                                                    \
    auto check_result = (expression);                                                     \
    if (!check_result) return ::tickerlake::athena::internal_error(check_result.error()); \
  } while (false)
