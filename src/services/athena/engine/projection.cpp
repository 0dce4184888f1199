#include "services/athena/engine/projection.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace tickerlake::athena {
namespace {

namespace time = std::chrono;
using Seconds = time::sys_seconds;

std::unexpected<Failure> invalid(const std::string& message) {
  return fail_query(error_type::execution, "INVALID_TABLE_PROPERTY: " + message);
}

std::optional<std::string> find(const glue::Table& table, const std::string& name) {
  const auto found = table.parameters.find(name);
  if (found == table.parameters.end()) return std::nullopt;
  return found->second;
}

std::string trim(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\n");
  if (start == std::string_view::npos) return "";
  return std::string(text.substr(start, text.find_last_not_of(" \t\n") - start + 1));
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    parts.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Outcome<std::vector<std::string>> integers(const glue::Table& table, const std::string& prefix) {
  const auto range = split(find(table, prefix + "range").value_or(""));
  if (range.size() != 2) return invalid(prefix + "range needs two integers");
  const auto first = integer(range[0]);
  const auto last = integer(range[1]);
  const auto step = integer(find(table, prefix + "interval").value_or("1"));
  const auto digits = integer(find(table, prefix + "digits").value_or("1"));
  if (!first || !last || !step || *step < 1 || !digits || *digits < 1 || *digits > 18) {
    return invalid(prefix + "range, interval or digits is no integer");
  }
  std::vector<std::string> values;
  for (auto value = *first; value <= *last && values.size() <= max_projected_partitions; value += *step) {
    values.push_back(fmt::format("{:0{}}", value, *digits));
  }
  return values;
}

/// A Java date pattern of digits alone: runs of y, M, d, H, m, s and anything else as it is.
std::string format_time(Seconds moment, std::string_view pattern) {
  const auto day = time::floor<time::days>(moment);
  const time::year_month_day date(day);
  const time::hh_mm_ss clock(moment - day);
  std::string text;
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] == '\'') {  // literal text
      const auto end = std::min(pattern.find('\'', i + 1), pattern.size());
      text += pattern.substr(i + 1, end - i - 1);
      i = end + 1;
      continue;
    }
    std::size_t run = 1;
    while (i + run < pattern.size() && pattern[i + run] == pattern[i]) ++run;
    const auto add = [&](std::int64_t value) { text += fmt::format("{:0{}}", value, run); };
    switch (pattern[i]) {
      case 'y':
        add(run == 2 ? static_cast<int>(date.year()) % 100 : static_cast<int>(date.year()));
        break;
      case 'M':
        add(static_cast<unsigned>(date.month()));
        break;
      case 'd':
        add(static_cast<unsigned>(date.day()));
        break;
      case 'H':
        add(clock.hours().count());
        break;
      case 'm':
        add(clock.minutes().count());
        break;
      case 's':
        add(clock.seconds().count());
        break;
      default:
        text += pattern.substr(i, run);
    }
    i += run;
  }
  return text;
}

/// The inverse, for range bounds.
std::optional<Seconds> parse_time(std::string_view text, std::string_view pattern) {
  std::int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size();) {
    std::size_t run = 1;
    while (i + run < pattern.size() && pattern[i + run] == pattern[i]) ++run;
    std::int64_t* field = nullptr;
    switch (pattern[i]) {
      case 'y':
        field = &year;
        break;
      case 'M':
        field = &month;
        break;
      case 'd':
        field = &day;
        break;
      case 'H':
        field = &hour;
        break;
      case 'm':
        field = &minute;
        break;
      case 's':
        field = &second;
        break;
      case '\'':
        ++i;
        continue;
      default:
        break;
    }
    if (field != nullptr) {
      const auto value = integer(text.substr(std::min(at, text.size()), run));
      if (!value) return std::nullopt;
      *field = *value;
    }
    at += run;
    i += run;
  }
  const time::year_month_day date(time::year(static_cast<int>(year)), time::month(static_cast<unsigned>(month)),
                                  time::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return time::sys_days(date) + time::hours(hour) + time::minutes(minute) + time::seconds(second);
}

std::optional<Seconds> add(Seconds moment, std::int64_t amount, std::string_view unit) {
  if (unit.ends_with('S')) unit.remove_suffix(1);
  if (unit == "SECOND") return moment + time::seconds(amount);
  if (unit == "MINUTE") return moment + time::minutes(amount);
  if (unit == "HOUR") return moment + time::hours(amount);
  if (unit == "DAY") return moment + time::days(amount);
  if (unit == "WEEK") return moment + time::weeks(amount);
  if (unit != "MONTH" && unit != "YEAR") return std::nullopt;
  const auto day = time::floor<time::days>(moment);
  time::year_month_day date(day);
  date += time::months(unit == "YEAR" ? amount * 12 : amount);
  if (!date.ok()) date = date.year() / date.month() / time::last;
  return time::sys_days(date) + (moment - day);
}

/// "2010-01-01", "NOW", "NOW-3YEARS", "NOW+1DAY"
std::optional<Seconds> bound(std::string_view text, std::string_view pattern, Seconds now) {
  if (!text.starts_with("NOW")) return parse_time(text, pattern);
  text.remove_prefix(3);
  std::string compact;
  for (const char c : text) {
    if (c != ' ') compact += c;
  }
  if (compact.empty()) return now;
  const auto unit = compact.find_first_not_of("+-0123456789");
  if (unit == std::string::npos) return std::nullopt;
  const auto amount = integer(compact.substr(compact[0] == '+' ? 1 : 0, unit - (compact[0] == '+' ? 1 : 0)));
  return amount ? add(now, *amount, compact.substr(unit)) : std::nullopt;
}

Outcome<std::vector<std::string>> dates(const glue::Table& table, const std::string& prefix, Seconds now) {
  const auto pattern = find(table, prefix + "format");
  if (!pattern) return invalid(prefix + "format is missing");
  const auto range = split(find(table, prefix + "range").value_or(""));
  if (range.size() != 2) return invalid(prefix + "range needs two dates");
  const auto first = bound(range[0], *pattern, now);
  const auto last = bound(range[1], *pattern, now);
  const auto step = integer(find(table, prefix + "interval").value_or("1"));
  const bool fine = pattern->find_first_of("Hms") != std::string::npos;
  const auto unit = find(table, prefix + "interval.unit")
                        .value_or(pattern->find('m') != std::string::npos   ? "MINUTES"
                                  : fine                                    ? "HOURS"
                                  : pattern->find('d') != std::string::npos ? "DAYS"
                                  : pattern->find('M') != std::string::npos ? "MONTHS"
                                                                            : "YEARS");
  if (!first || !last || !step || *step < 1) return invalid(prefix + "range or interval is not of the format");
  std::vector<std::string> values;
  for (std::int64_t i = 0; values.size() <= max_projected_partitions; ++i) {
    const auto moment = add(*first, i * *step, unit);  // from the start, so that months keep their day
    if (!moment) return invalid(prefix + "interval.unit '" + unit + "' is no unit");
    if (*moment > *last) break;
    values.push_back(format_time(*moment, *pattern));
  }
  return values;
}

/// The values that the filter demands of a key (key = 'x', key IN (…)) in its top-level conjunction.
std::vector<std::string> demanded(const sql::PartitionFilter& filter, const std::string& key) {
  using Kind = sql::PartitionFilter::Kind;
  if (filter.kind == Kind::and_) {
    for (const auto& term : filter.terms) {
      if (auto values = demanded(term, key); !values.empty()) return values;
    }
  }
  const bool equal = filter.kind == Kind::compare && filter.op == sql::ComparisonOperator::equal;
  std::vector<std::string> values;
  if ((equal || filter.kind == Kind::in) && filter.key == key) {
    for (const auto& value : filter.values) values.push_back(value.text);
  }
  return values;
}

Outcome<std::vector<std::string>> values_of(const glue::Table& table, const sql::Column& key,
                                            const sql::PartitionFilter& filter, Seconds now) {
  const auto prefix = "projection." + key.name + ".";
  const auto type = find(table, prefix + "type").value_or("");
  if (type == "enum") return split(find(table, prefix + "values").value_or(""));
  if (type == "integer") return integers(table, prefix);
  if (type == "date") return dates(table, prefix, now);
  if (type == "injected") {
    auto values = demanded(filter, key.name);
    if (!values.empty()) return values;
    return fail_query(error_type::execution,
                      "CONSTRAINT_VIOLATION: For the injected projected partition column " + key.name +
                          ", the WHERE clause must contain only static equality conditions, and at least one such "
                          "condition must be present.");
  }
  return invalid(prefix + "type '" + type + "' is none of enum, integer, date, injected");
}

std::string location_of(const glue::Table& table, const std::vector<sql::Column>& keys,
                        const std::vector<std::string>& values) {
  auto location = find(table, "storage.location.template").value_or("");
  if (location.empty()) {
    location = table.storage ? table.storage->location : "";
    if (!location.ends_with('/')) location += '/';
    return location + partition_path(table.partition_keys, values);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto mark = "${" + keys[i].name + "}";
    for (auto at = location.find(mark); at != std::string::npos; at = location.find(mark, at + values[i].size())) {
      location.replace(at, mark.size(), values[i]);
    }
  }
  return location;
}

}  // namespace

bool is_projected(const glue::Table& table) {
  const auto enabled = find(table, "projection.enabled");
  return enabled == "true" || enabled == "TRUE";
}

Outcome<std::vector<PartitionPlace>> project(const glue::Table& table, const std::vector<sql::Column>& keys,
                                             const sql::PartitionFilter& filter, std::optional<TimestampMs> now_ms) {
  const auto now = time::floor<time::seconds>(
      time::sys_time<time::milliseconds>(time::milliseconds(now_ms.value_or(SystemClock().now_ms()))));
  std::vector<std::vector<std::string>> choices;
  std::size_t total = 1;
  for (const auto& key : keys) {
    TRY(auto values, values_of(table, key, filter, now));
    total *= values.size();
    if (values.size() > max_projected_partitions || total > max_projected_partitions) {
      return fail_query(error_type::resources, "partition projection gives more than " +
                                                   std::to_string(max_projected_partitions) + " partitions");
    }
    choices.push_back(std::move(values));
  }
  std::vector<PartitionPlace> places;
  std::vector<sql::PartitionValue> filtered;
  for (const auto& key : keys) filtered.push_back({key.name, key.type, std::nullopt});
  std::vector<std::string> values(keys.size());
  for (std::size_t number = 0; number < total; ++number) {
    auto rest = number;
    for (std::size_t key = keys.size(); key-- > 0;) {
      values[key] = choices[key][rest % choices[key].size()];
      filtered[key].value = values[key];
      rest /= choices[key].size();
    }
    if (!sql::may_match(filter, filtered)) continue;
    PartitionPlace place{{values.begin(), values.end()}, table.storage.value_or(glue::StorageDescriptor{})};
    place.storage.location = location_of(table, keys, values);
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace tickerlake::athena
