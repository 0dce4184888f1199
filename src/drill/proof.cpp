#include "drill/proof.h"

#include <fmt/core.h>

#include <charconv>

#include "duckdb/appender.h"
#include "duckdb/database.h"
#include "io/file.h"
#include "kafka/client/consumer.h"
#include "pipeline/market/event_merge.h"
#include "pipeline/replay/bar_record.h"
#include "pipeline/sink/flush.h"
#include "pipeline/sink/verify.h"

namespace tickerlake::drill {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{30'000};  // for the next record
constexpr std::size_t poll_records = 4'000;
constexpr const char* row_columns = "symbol, date, open, high, low, close, volume, open_interest";

Result<void> read_files(duckdb::Connection& database, const ProofOptions& options, const pipeline::Stop& stop) {
  CHECK(database.execute(
      "create table files(seq bigint, symbol varchar, date date, open decimal(18,6), high decimal(18,6), "
      "low decimal(18,6), close decimal(18,6), volume bigint, open_interest bigint)"));
  TRY(const auto dataset, pipeline::open_dataset(options.paths, options.filter, stop));
  TRY(auto rows, duckdb::Appender::open(database, "files"));
  pipeline::EventMerge merge(dataset);
  std::size_t row = 0;
  for (std::int64_t seq = 0; merge.next(); ++seq) {
    const pipeline::Bar& bar = merge.bar();
    rows.column<std::int64_t>(0)[row] = seq;
    rows.set_text(1, row, dataset.series[merge.series()].symbol);
    rows.column<std::int32_t>(2)[row] = bar.day;
    std::size_t column = 3;
    for (const std::int64_t value : {bar.open, bar.high, bar.low, bar.close, bar.volume, bar.open_interest}) {
      if (value == pipeline::Bar::missing)
        rows.set_null(column, row);
      else
        rows.column<std::int64_t>(column)[row] = value;
      ++column;
    }
    if (++row < rows.capacity()) continue;
    CHECK(rows.append(row));
    row = 0;
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
  }
  CHECK(rows.append(row));
  return rows.close();
}

/// Every record that the topic holds, parsed by DuckDB and not by the reader that the sink uses. Its ends: where each
/// partition ends.
Result<void> read_topic(duckdb::Connection& database, const ProofOptions& options, const pipeline::Stop& stop,
                        std::vector<std::int64_t>& ends, const Log& log) {
  CHECK(database.execute("create table records(seq bigint, value varchar)"));
  TRY(const auto consumer, kafka::Consumer::create(options.kafka, "tickerlake-drill", log));
  TRY(const auto partitions, consumer->partitions(options.topic, patience));
  if (!partitions) return fail(ErrorCode::not_found, "there is no topic " + options.topic);
  std::vector<kafka::PartitionOffset> from;
  std::int64_t left = 0;  // offsets
  for (std::int32_t partition = 0; partition < *partitions; ++partition) {
    TRY(const auto marks, consumer->watermarks(options.topic, partition, patience));
    ends.push_back(marks.high);
    left += marks.high - marks.low;
    from.push_back({partition, marks.low});
  }
  std::vector<std::int64_t> at(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) at[i] = from[i].offset;
  CHECK(consumer->assign(options.topic, from));

  TRY(auto rows, duckdb::Appender::open(database, "records"));
  std::size_t row = 0;
  kafka::RecordBatch batch;
  const auto advance = [&](std::int32_t partition, std::int64_t next) {
    auto& position = at[static_cast<std::size_t>(partition)];
    left -= std::max<std::int64_t>(0, next - position);
    position = std::max(position, next);
  };
  auto deadline = steady_clock::now() + patience;
  while (left > 0) {
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
    if (steady_clock::now() > deadline) return fail(ErrorCode::timeout, "topic " + options.topic + " can't be read");
    CHECK(consumer->poll(batch, poll_records, milliseconds(100)));
    if (!batch.records().empty() || !batch.ends().empty()) deadline = steady_clock::now() + patience;
    for (const auto& record : batch.records()) {
      const auto text = record.header(pipeline::seq_header.data());
      std::int64_t seq = -1;
      if (text) std::from_chars(text->data(), text->data() + text->size(), seq);
      rows.column<std::int64_t>(0)[row] = seq;
      rows.set_text(1, row, record.value);
      if (++row == rows.capacity()) {
        CHECK(rows.append(row));
        row = 0;
      }
      advance(record.partition, record.offset + 1);
    }
    for (const auto& end : batch.ends()) advance(end.partition, end.offset);
  }
  CHECK(rows.append(row));
  CHECK(rows.close());
  std::string fields;
  for (const char* name : {"open", "high", "low", "close"})
    fields += fmt::format(", (value->>'{0}')::decimal(18,6) as {0}", name);
  for (const char* name : {"volume", "open_interest"}) fields += fmt::format(", (value->>'{0}')::bigint as {0}", name);
  return database.execute(
      "create table topic as select seq, value->>'symbol' as symbol, (value->>'date')::date as date" + fields +
      " from records");
}

Result<void> read_lake(duckdb::Connection& database, const ProofOptions& options, pipeline::LakeStore& lake,
                       const pipeline::Stop& stop, const Log& log, std::int64_t& objects) {
  const io::TemporaryDirectory folder;
  std::vector<std::string> keys;
  CHECK(pipeline::with_retries(stop, log, "listing the lake", [&]() -> Result<void> {
    TRY(keys, lake.list(options.prefix + "/"));
    return {};
  }));
  for (const auto& key : keys) {
    if (!key.ends_with(".parquet")) continue;
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
    std::string bytes;
    CHECK(pipeline::with_retries(stop, log, key, [&]() -> Result<void> {
      TRY(bytes, lake.get(key));
      return {};
    }));
    TRY(const auto file,
        io::File::open(folder.path() / (std::to_string(objects++) + ".parquet"), io::File::Mode::create_new));
    CHECK(file.write_at(0, as_bytes(bytes)));
  }
  const std::string from = objects == 0 ? std::string("files limit 0")
                                        : fmt::format("read_parquet({}, hive_partitioning = false)",
                                                      duckdb::quote_text((folder.path() / "*.parquet").string()));
  return database.execute(fmt::format("create table lake as select {} from {}", row_columns, from));
}

Result<std::vector<duckdb::Text>> one_row(duckdb::Connection& database, const std::string& sql) {
  TRY(auto rows, database.query(sql));
  TRY(auto texts, duckdb::read_text(rows));
  if (texts.size() != 1) return fail(ErrorCode::internal, "one row was expected of " + sql);
  return std::move(texts[0]);
}

Result<std::int64_t> count(duckdb::Connection& database, const std::string& rows) {
  TRY(const auto row, one_row(database, "select count(*) from (" + rows + ")"));
  return std::stoll(row[0].value_or("0"));
}

Result<Tally> tally(duckdb::Connection& database, const std::string& table) {
  TRY(const auto row,
      one_row(database,
              fmt::format("select count(*), coalesce(sum(hash({})::hugeint), 0) % 18446744073709551616 from {}",
                          row_columns, table)));
  return Tally{std::stoll(row[0].value_or("0")), fmt::format("{:016x}", std::stoull(row[1].value_or("0")))};
}

/// What of `from` is not in `in`, each row as often as it is too many.
Result<std::int64_t> surplus(duckdb::Connection& database, const std::string& columns, const std::string& from,
                             const std::string& in) {
  return count(database, fmt::format("select {0} from {1} except all select {0} from {2}", columns, from, in));
}

}  // namespace

bool Proof::holds() const {
  const bool complete = missing_in_topic == 0 && surplus_in_topic == 0 && missing_in_lake == 0 && surplus_in_lake == 0;
  return complete && files.rows > 0 && files.rows == topic.rows && files.rows == lake.rows &&
         files.checksum == topic.checksum && files.checksum == lake.checksum && offsets_behind == 0 && problems.empty();
}

Result<Proof> prove(const ProofOptions& options, pipeline::LakeStore& lake, const pipeline::Stop& stop,
                    const Log& log) {
  TRY(auto engine, duckdb::Database::open());
  TRY(auto database, engine.connect());
  Proof proof;
  std::vector<std::int64_t> ends;
  CHECK(read_files(database, options, stop));
  CHECK(read_topic(database, options, stop, ends, log));
  CHECK(read_lake(database, options, lake, stop, log, proof.objects));

  TRY(proof.files, tally(database, "files"));
  TRY(proof.topic, tally(database, "topic"));
  TRY(proof.lake, tally(database, "lake"));
  const std::string with_place = std::string("seq, ") + row_columns;
  TRY(proof.missing_in_topic, surplus(database, with_place, "files", "topic"));
  TRY(proof.surplus_in_topic, surplus(database, with_place, "topic", "files"));
  TRY(proof.missing_in_lake, surplus(database, row_columns, "files", "lake"));
  TRY(proof.surplus_in_lake, surplus(database, row_columns, "lake", "files"));

  TRY(const auto verified,
      pipeline::verify_lake({.topic = options.topic, .prefix = options.prefix}, lake, stop, {}, log));
  for (const auto& its : verified.partitions) {
    proof.offsets += its.next_offset;
    if (const auto index = static_cast<std::size_t>(its.partition); index < ends.size()) ends[index] -= its.next_offset;
  }
  for (const std::int64_t behind : ends) proof.offsets_behind += behind;
  for (const auto& problem : verified.problems) proof.problems.push_back(problem.object + ": " + problem.what);
  return proof;
}

}  // namespace tickerlake::drill
