// Workgroups: Create, Get, List, Update, Delete.
#include <boost/json.hpp>

#include "services/athena/api/operations.h"
#include "services/athena/engine/location.h"

namespace tickerlake::athena {
namespace {

namespace json = boost::json;

constexpr std::int64_t max_listed = 50;

double now_seconds() { return static_cast<double>(SystemClock().now_ms()) / 1000; }

json::object engine_version() {
  return {{"SelectedEngineVersion", "AUTO"}, {"EffectiveEngineVersion", "Athena engine version 3"}};
}

json::object default_configuration() {
  return {{"ResultConfiguration", json::object{{"OutputLocation", default_output}}},
          {"EnforceWorkGroupConfiguration", false},
          {"PublishCloudWatchMetricsEnabled", false},
          {"RequesterPaysEnabled", false},
          {"EngineVersion", engine_version()}};
}

bool valid_output(const json::object& configuration) {
  const auto* result = configuration.if_contains("ResultConfiguration");
  if (result == nullptr || !result->is_object()) return true;
  const auto* location = result->as_object().if_contains("OutputLocation");
  return location == nullptr ||
         (location->is_string() && parse_location(std::string_view(location->as_string())).has_value());
}

std::unexpected<aws::JsonError> not_found(const std::string& name) {
  return invalid_request("WorkGroup " + name + " is not found.");
}

aws::JsonResult create(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto name = fields.required_text("Name", {1, 128});
  const auto description = fields.text("Description", {0, 1024});
  const auto given = fields.raw("Configuration");
  if (error) return invalid_request(error->message);
  if (!valid_output(given)) return invalid_request("outputLocation is not a valid S3 path.");
  OR_INTERNAL(const auto existing, find_workgroup(parts.state, name));
  if (existing) return invalid_request("WorkGroup " + name + " already exists");
  json::object configuration{{"EnforceWorkGroupConfiguration", true},
                             {"PublishCloudWatchMetricsEnabled", true},
                             {"RequesterPaysEnabled", false},
                             {"ResultConfiguration", json::object()},
                             {"EngineVersion", engine_version()}};
  for (const auto& [key, value] : given) configuration[key] = value;
  const json::object workgroup{{"Name", name},
                               {"State", "ENABLED"},
                               {"Description", description},
                               {"CreationTime", now_seconds()},
                               {"Configuration", std::move(configuration)}};
  CHECK_INTERNAL(parts.state.put_document("workgroup", "", name, workgroup));
  return json::object{};
}

aws::JsonResult get(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto name = glue::Fields(input, error).required_text("WorkGroup", {1, 128});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(auto workgroup, find_workgroup(parts.state, name));
  if (!workgroup) return not_found(name);
  return json::object{{"WorkGroup", std::move(*workgroup)}};
}

aws::JsonResult list(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_listed, 1, max_listed));
  const auto token = fields.text("NextToken", {0, 1024});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto documents, parts.state.list_documents("workgroup", "", token, limit));
  json::array summaries;
  bool has_primary = false;
  const auto add = [&](const json::object& workgroup) {
    json::object summary;
    for (const char* name : {"Name", "State", "Description", "CreationTime"}) {
      if (const auto* value = workgroup.if_contains(name)) summary[name] = *value;
    }
    summary["EngineVersion"] = engine_version();
    summaries.push_back(std::move(summary));
  };
  for (const auto& document : documents) {
    has_primary = has_primary || document.name == primary_workgroup;
    add(document.body);
  }
  if (!has_primary && token.empty() && documents.size() < limit) {
    OR_INTERNAL(const auto primary, find_workgroup(parts.state, primary_workgroup));
    add(*primary);
  }
  json::object output{{"WorkGroups", std::move(summaries)}};
  if (documents.size() == limit) output["NextToken"] = documents.back().name;
  return output;
}

/// ConfigurationUpdates: members replace those of the same name; Remove… members take them away.
void apply(json::object& configuration, const json::object& updates) {
  for (const auto& [name, value] : updates) {
    if (name == "ResultConfigurationUpdates" && value.is_object()) {
      auto& result = configuration["ResultConfiguration"];
      if (!result.is_object()) result = json::object();
      for (const auto& [member, update] : value.as_object()) {
        if (member.starts_with("Remove")) {
          if (update == json::value(true)) result.as_object().erase(member.substr(6));
        } else {
          result.as_object()[member] = update;
        }
      }
    } else if (name.starts_with("Remove")) {
      if (value == json::value(true)) configuration.erase(name.substr(6));
    } else {
      configuration[name] = value;
    }
  }
}

aws::JsonResult update(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto name = fields.required_text("WorkGroup", {1, 128});
  const auto state = fields.text("State", {0, 32});
  const auto updates = fields.raw("ConfigurationUpdates");
  if (error) return invalid_request(error->message);
  if (!state.empty() && state != "ENABLED" && state != "DISABLED") return invalid_request("State is not valid");
  OR_INTERNAL(auto workgroup, find_workgroup(parts.state, name));
  if (!workgroup) return not_found(name);
  if (fields.has("Description")) (*workgroup)["Description"] = fields.text("Description", {0, 1024});
  if (!state.empty()) (*workgroup)["State"] = state;
  auto& configuration = (*workgroup)["Configuration"].as_object();
  apply(configuration, updates);
  if (!valid_output(configuration)) return invalid_request("outputLocation is not a valid S3 path.");
  CHECK_INTERNAL(parts.state.put_document("workgroup", "", name, *workgroup));
  return json::object{};
}

aws::JsonResult remove(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto name = fields.required_text("WorkGroup", {1, 128});
  const bool recursive = fields.boolean("RecursiveDeleteOption");
  if (error) return invalid_request(error->message);
  if (name == primary_workgroup) return invalid_request("The primary workgroup cannot be deleted");
  OR_INTERNAL(const auto prepared, parts.state.list_documents("prepared", name, "", 1));
  if (!prepared.empty() && !recursive) {
    return invalid_request("WorkGroup " + name + " is not empty");
  }
  CHECK_INTERNAL(parts.state.remove_documents("prepared", name));
  OR_INTERNAL(const bool removed, parts.state.remove_document("workgroup", "", name));
  if (!removed) return not_found(name);
  return json::object{};
}

}  // namespace

std::unexpected<aws::JsonError> internal_error(const Error& error) {
  return aws::json_fail("InternalServerException", error.message, 500);
}

Result<std::optional<json::object>> find_workgroup(State& state, const std::string& name) {
  TRY(auto document, state.find_document("workgroup", "", name));
  if (document || name != primary_workgroup) return document;
  return json::object{{"Name", primary_workgroup},
                      {"State", "ENABLED"},
                      {"Description", ""},
                      {"CreationTime", 0.0},
                      {"Configuration", default_configuration()}};
}

WorkgroupOutput output_of(const json::object& workgroup) {
  WorkgroupOutput output;
  const auto* state = workgroup.if_contains("State");
  output.enabled = state == nullptr || *state == json::value("ENABLED");
  const auto* configuration = workgroup.if_contains("Configuration");
  if (configuration == nullptr || !configuration->is_object()) return output;
  const auto* enforced = configuration->as_object().if_contains("EnforceWorkGroupConfiguration");
  output.enforced = enforced != nullptr && enforced->is_bool() && enforced->get_bool();
  const auto* result = configuration->as_object().if_contains("ResultConfiguration");
  if (result == nullptr || !result->is_object()) return output;
  const auto* location = result->as_object().if_contains("OutputLocation");
  if (location != nullptr && location->is_string()) output.location = location->get_string();
  return output;
}

void add_workgroup_operations(aws::JsonService& service, Parts parts) {
  const auto add = [&](const char* name, aws::JsonResult (*run)(const Parts&, const json::object&)) {
    service.add(name, [parts, run](const aws::Caller&, const json::object& input) { return run(parts, input); });
  };
  add("CreateWorkGroup", create);
  add("GetWorkGroup", get);
  add("ListWorkGroups", list);
  add("UpdateWorkGroup", update);
  add("DeleteWorkGroup", remove);
}

}  // namespace tickerlake::athena
