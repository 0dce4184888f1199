#pragma once
// The body of an execution's record: {"execution": the API's QueryExecution, "columns": […], "final": true|false}.
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "services/athena/engine/execution.h"

namespace tickerlake::athena {

/// A queued execution. echo: the members that the request gave.
boost::json::object new_execution(const ExecutionRequest& request, const boost::json::object& echo,
                                  const sql::Statement& statement, TimestampMs now);
void set_running(boost::json::object& body);
void set_succeeded(boost::json::object& body, const ExecutionResult& result, TimestampMs now);
/// FAILED, or CANCELLED where the failure says so.
void set_failed(boost::json::object& body, const Failure& failure, TimestampMs now);
/// started is 0 for an execution that never ran.
void set_times(boost::json::object& body, TimestampMs submitted, TimestampMs started, TimestampMs now);

/// ResultSetMetadata.ColumnInfo.
boost::json::array column_info(const std::vector<ResultColumn>& columns);

/// The execution's members by name, of any such body.
const boost::json::object& execution_of(const boost::json::object& body);
std::string state_of(const boost::json::object& body);
bool is_final_state(std::string_view state);

}  // namespace tickerlake::athena
