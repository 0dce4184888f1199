#include "pipeline/sink/plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/digest.h"
#include "pipeline/sink/json_reader.h"

namespace tickerlake::pipeline {
namespace {

namespace json = boost::json;

/// The checksum stands last, so that it covers the text before it.
constexpr std::string_view check_name = ",\"check\":";

bool has_good_check(std::string_view text) {
  const std::size_t at = text.rfind(check_name);
  if (at == text.npos) return false;
  const std::string check = std::to_string(crc32c(as_bytes(text.substr(0, at))));
  return text.substr(at + check_name.size()).starts_with(check + "}");
}

}  // namespace

std::string Plan::json() const {
  boost::system::error_code error;
  json::object object;
  object["version"] = version;
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
  if (version == 1) return json::serialize(object) + "\n";
  object["dead_letter_offsets"] = dead_letter_offsets.encode();
  object["tombstone_offsets"] = tombstone_offsets.encode();
  object["carried"] = carried.encode();
  object["taken"] = taken.encode();
  std::string text = json::serialize(object);
  text.pop_back();  // the brace
  const std::uint32_t check = crc32c(as_bytes(text));
  return fmt::format("{}{}{}}}\n", text, check_name, check);
}

Result<Plan> Plan::parse(std::string_view text) {
  boost::system::error_code error;
  const json::value root = parse_json(text, error);
  if (error || !root.is_object()) return fail(ErrorCode::corrupt, "a plan is not a JSON object");
  JsonReader reader(root.as_object());
  const std::int64_t version = reader.number("version");
  if (version < 1 || version > newest_version) return fail(ErrorCode::corrupt, "a plan of an unknown version");
  Plan plan;
  plan.version = static_cast<int>(version);
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
    JsonReader file(value.as_object());
    plan.files.push_back({.key = file.text("key"), .rows = file.number("rows")});
    if (!file.first_wrong().empty()) reader.wrong("files");
  }
  if (plan.version > 1) {
    for (const auto& [name, place] : {std::pair{"dead_letter_offsets", &plan.dead_letter_offsets},
                                      std::pair{"tombstone_offsets", &plan.tombstone_offsets},
                                      std::pair{"carried", &plan.carried}, std::pair{"taken", &plan.taken}}) {
      auto offsets = OffsetSet::decode(reader.text(name));
      offsets ? void(*place = *std::move(offsets)) : reader.wrong(name);
    }
    if (!has_good_check(text)) reader.wrong("check");
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

OffsetSet Plan::left_before() const {
  OffsetSet older;
  for (const auto& run : carried.runs())
    if (run.first < first) older.add_run(run.first, std::min(run.last, first - 1));
  return taken.united_with(older);
}

std::string LakeNames::plan_folder() const {
  return fmt::format("_tickerlake/plans/{}{}", prefix, prefix.empty() ? "" : "/");
}

std::string LakeNames::plan_name(std::int32_t partition, std::int64_t first) const {
  return fmt::format("{}+{}+{:020}.json", topic, partition, first);
}

std::string LakeNames::plan_prefix(std::int32_t partition) const {
  return fmt::format("{}{}+{}+", plan_folder(), topic, partition);
}

std::string LakeNames::plan_key(std::int32_t partition, std::int64_t first) const {
  return plan_folder() + plan_name(partition, first);
}

std::string LakeNames::file_key(std::string_view folder, std::int32_t partition, std::int64_t first,
                                std::int64_t last) const {
  return fmt::format("{}{}{}{}{}+{}+{:020}-{:020}.parquet", prefix, prefix.empty() ? "" : "/", folder,
                     folder.empty() ? "" : "/", topic, partition, first, last);
}

}  // namespace tickerlake::pipeline
