#include "pipeline/sink/plan.h"

#include <fmt/core.h>

#include <boost/json.hpp>

namespace tickerlake::pipeline {
namespace {

namespace json = boost::json;

constexpr std::int64_t plan_version = 1;

json::value parse_json(std::string_view text, boost::system::error_code& error) {
  return json::parse(json::string_view(text.data(), text.size()), error);
}

/// Reads members and remembers the first that is missing or of another type.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}
  std::int64_t number(const char* name) {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_int64()) return value->as_int64();
    return wrong(name), 0;
  }
  std::string text(const char* name) {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_string()) return {value->as_string().data(), value->as_string().size()};
    return wrong(name), std::string();
  }
  const json::array& list(const char* name) {
    static const json::array empty;
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_array()) return value->as_array();
    return wrong(name), empty;
  }
  void wrong(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const std::string& first_wrong() const { return wrong_; }

 private:
  const json::object& object_;
  std::string wrong_;
};

}  // namespace

std::string Plan::json() const {
  boost::system::error_code error;
  json::object object;
  object["version"] = plan_version;
  object["cluster"] = cluster;
  object["topic"] = topic;
  object["partition"] = partition;
  object["first"] = first;
  object["last"] = last;
  object["rows"] = rows;
  object["dead_letters"] = dead_letters;
  object["tombstones"] = tombstones;
  object["last_record"] = last_record;
  object["last_record_crc"] = static_cast<std::int64_t>(last_record_crc);
  object["writer"] = writer;
  object["partition_by"] = partition_by;
  object["schema"] = parse_json(schema, error);
  json::array list;
  for (const auto& file : files) {
    json::object entry;
    entry["key"] = file.key;
    entry["rows"] = file.rows;
    list.push_back(std::move(entry));
  }
  object["files"] = std::move(list);
  return json::serialize(object) + "\n";
}

Result<Plan> Plan::parse(std::string_view text) {
  boost::system::error_code error;
  const json::value root = parse_json(text, error);
  if (error || !root.is_object()) return fail(ErrorCode::corrupt, "a plan is not a JSON object");
  Reader reader(root.as_object());
  if (reader.number("version") != plan_version) return fail(ErrorCode::corrupt, "a plan of an unknown version");
  Plan plan;
  plan.cluster = reader.text("cluster");
  plan.topic = reader.text("topic");
  plan.partition = static_cast<std::int32_t>(reader.number("partition"));
  plan.first = reader.number("first");
  plan.last = reader.number("last");
  plan.rows = reader.number("rows");
  plan.dead_letters = reader.number("dead_letters");
  plan.tombstones = reader.number("tombstones");
  plan.last_record = reader.number("last_record");
  plan.last_record_crc = static_cast<std::uint32_t>(reader.number("last_record_crc"));
  plan.writer = reader.text("writer");
  plan.partition_by = reader.text("partition_by");
  const auto* schema = root.as_object().if_contains("schema");
  if (schema == nullptr || !schema->is_object())
    reader.wrong("schema");
  else
    plan.schema = json::serialize(*schema);
  for (const auto& value : reader.list("files")) {
    if (!value.is_object()) return fail(ErrorCode::corrupt, "a plan's file is not an object");
    Reader file(value.as_object());
    plan.files.push_back({.key = file.text("key"), .rows = file.number("rows")});
    if (!file.first_wrong().empty()) reader.wrong("files");
  }
  if (plan.first < 0 || plan.last < plan.first) reader.wrong("last");
  if (!reader.first_wrong().empty())
    return fail(ErrorCode::corrupt, "a plan has no good '" + reader.first_wrong() + "'");
  return plan;
}

bool Plan::same_content(const Plan& other) const {
  Plan mine = *this;
  mine.writer = other.writer;
  return mine == other;
}

std::string LakeNames::plan_prefix(std::int32_t partition) const {
  return fmt::format("_tickerlake/plans/{}{}{}+{}+", prefix, prefix.empty() ? "" : "/", topic, partition);
}

std::string LakeNames::plan_key(std::int32_t partition, std::int64_t first) const {
  return plan_prefix(partition) + fmt::format("{:020}.json", first);
}

std::string LakeNames::file_key(std::string_view folder, std::int32_t partition, std::int64_t first,
                                std::int64_t last) const {
  return fmt::format("{}{}{}{}{}+{}+{:020}-{:020}.parquet", prefix, prefix.empty() ? "" : "/", folder,
                     folder.empty() ? "" : "/", topic, partition, first, last);
}

}  // namespace tickerlake::pipeline
