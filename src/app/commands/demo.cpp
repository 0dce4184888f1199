// The main job on the sample, with the very commands that a user would type, and proof that nothing was lost.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/query.h"
#include "app/server.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {
namespace {

constexpr const char* topic = "stock_prices";
constexpr const char* database = "market";

struct Query {
  const char* title;
  const char* statement;
};

constexpr Query queries[] = {
    {"Best and worst year of each ticker (change from the first open to the last close of a year, in percent)",
     R"(with years as (
  select symbol, year, count(*) as days, min_by(open, date) as first_open, max_by(close, date) as last_close
  from stock_prices where open > 0 group by symbol, year),
changes as (
  select symbol, year, round(100e0 * (last_close - first_open) / first_open, 1) as change from years where days > 200)
select symbol, max_by(year, change) as best_year, max(change) as best, min_by(year, change) as worst_year,
       min(change) as worst, count(*) as years
from changes group by symbol having count(*) >= 10 order by best desc limit 8)"},
    {"Crossings of the 50-day over the 200-day moving average since 2015 (golden and death crosses)",
     R"(with averages as (
  select symbol, date, close,
         avg(close) over (partition by symbol order by date rows between 49 preceding and current row) as fast,
         avg(close) over (partition by symbol order by date rows between 199 preceding and current row) as slow,
         row_number() over (partition by symbol order by date) as day
  from stock_prices),
signs as (
  select symbol, date, close, sign(fast - slow) as side,
         lag(sign(fast - slow)) over (partition by symbol order by date) as before
  from averages where day >= 200)
select date, symbol, case when side > 0 then 'golden' else 'death' end as crossing, close
from signs where side <> before and date >= date '2015-01-01' and symbol in ('AAPL', 'SPY', 'GE')
order by date desc limit 8)"},
    {"Highest dollar volumes of a day",
     R"(select date, symbol, close, volume, round(close * volume / 1e9, 2) as billion_dollars
from stock_prices order by close * volume desc limit 5)"},
};

/// Rows of the files themselves, counted without the program's own reader: lines less the header.
Result<std::int64_t> rows_in_files(const std::string& dataset) {
  std::int64_t rows = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dataset)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".txt") continue;
    TRY(const std::string content, io::read_file(entry.path()));
    const auto lines = std::ranges::count(content, '\n');
    if (lines > 0) rows += lines - 1;
  }
  return rows;
}

Result<std::int64_t> messages_in_topic(const KafkaOptions& options, const Log& log) {
  TRY(const auto settings, kafka_settings(options));
  TRY(const auto admin, kafka::Admin::create(settings, log));
  constexpr std::chrono::seconds patience{10};
  TRY(const auto partitions, admin->partitions(topic, patience));
  std::int64_t messages = 0;
  for (int partition = 0; partition < partitions.value_or(0); ++partition) {
    TRY(const auto marks, admin->watermarks(topic, partition, patience));
    messages += marks.high - marks.low;
  }
  return messages;
}

/// Empties the demo's folder; one that is not a demo's is left alone.
Result<void> empty_folder(const io::Path& data) {
  std::error_code error;
  if (!std::filesystem::exists(data, error) || std::filesystem::is_empty(data, error)) return {};
  if (!std::filesystem::exists(data / "lock", error)) {
    return fail(ErrorCode::invalid_argument,
                data.string() + " holds something else than a lake; choose another with --data");
  }
  TRY(const auto unused, io::DirectoryLock::acquire(data));
  std::filesystem::remove_all(data, error);
  if (error) return fail_errno("can't empty " + data.string(), error.value());
  return {};
}

/// How a shell in this folder reaches this very program: nobody has installed it yet.
std::string program() {
  std::error_code error;
  const auto path = std::filesystem::proximate(std::filesystem::read_symlink("/proc/self/exe", error), error);
  return error ? "tickerlake" : path.string();
}

void print_next(const Endpoints& at, const io::Path& data) {
  const std::string tickerlake = program();
  fmt::print(
      "\nGo on from here (the demo's lake stays in {}):\n"
      "  {} up --data {}            Kafka {}, AWS http://{}\n"
      "  eval \"$({} env --data {})\"   then, in the same shell:\n"
      "    kcat -b $TICKERLAKE_BOOTSTRAP -t {} -C -o -3 -e\n"
      "    aws s3 ls s3://lake/{}/ --recursive\n"
      "    python3 -c \"import boto3; print(boto3.client('glue').get_table(DatabaseName='{}', Name='{}')['Table'])\"\n",
      data.string(), tickerlake, data.string(), at.kafka.text(), at.aws.text(), tickerlake, data.string(), topic, topic,
      database, topic);
}

Result<int> demo(const DemoOptions& options, Context& context) {
  if (!std::filesystem::is_directory(options.dataset)) {
    return fail(ErrorCode::not_found,
                options.dataset + " is no folder; run this in the repository, or name one with --dataset");
  }
  CHECK(empty_folder(options.data));
  ServerOptions server_options;
  server_options.data = options.data;
  server_options.free_ports_when_taken = true;
  TRY(server_options.at.kafka, io::Endpoint::parse(options.kafka));
  TRY(server_options.at.aws, io::Endpoint::parse(options.aws));
  TRY(server_options.at.web, io::Endpoint::parse(options.web));
  TRY(server_options.at.registry, io::Endpoint::parse(options.registry));

  const auto started = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  TRY(const auto server, Server::start(server_options, context.log));
  const Endpoints& at = server->endpoints();
  fmt::print(stderr, "up      Kafka {}, S3/Glue/Athena http://{}, after {:.0f} ms\n", at.kafka.text(), at.aws.text(),
             seconds() * 1000);

  // The commands as a user runs them; they reach the server over TCP and find it through its folder.
  KafkaOptions kafka;
  kafka.bootstrap = at.kafka.text();
  kafka.data = options.data;
  ReplayCommand replay;
  replay.kafka = kafka;
  replay.paths = {options.dataset};
  replay.topic = topic;
  if (const int code = run_replay(replay, context); code != ExitCode::done) return code;
  // Whatever AWS variables say: a demo has no business in anybody's account.
  const AwsOptions embedded{.services = "embedded", .s3_endpoint = {}, .s3_addressing = {}};
  SinkCommand sink;
  sink.kafka = kafka;
  sink.aws = embedded;
  sink.topic = topic;
  sink.to = std::string("s3://lake/") + topic;
  sink.until_end = true;
  if (const int code = run_sink(sink, context); code != ExitCode::done) return code;
  CrawlOptions crawl;
  crawl.data = options.data;
  crawl.aws = embedded;
  crawl.target = sink.to;
  crawl.database = database;
  if (const int code = run_crawl(crawl, context); code != ExitCode::done) return code;

  SqlOptions sql;
  sql.data = options.data;
  sql.aws = embedded;
  sql.database = database;
  for (const Query& query : queries) {
    fmt::print("\n{}\n\n", query.title);
    std::fflush(stdout);
    sql.statement = query.statement;
    if (const int code = run_sql(sql, context); code != ExitCode::done) return code;
  }

  TRY(const std::int64_t files, rows_in_files(options.dataset));
  TRY(const std::int64_t messages, messages_in_topic(kafka, context.log));
  TRY(const std::int64_t rows, count_rows(options.data, embedded, database, topic));
  const bool same = files == messages && messages == rows;
  fmt::print("\nRows in files {} {} messages in topic {} {} rows in table {}: {}\n", grouped(files),
             files == messages ? "=" : "≠", grouped(messages), messages == rows ? "=" : "≠", grouped(rows),
             same ? "nothing lost, nothing repeated" : "THEY DIFFER");
  fmt::print("The whole demo took {:.1f} s.\n", seconds());
  print_next(at, options.data);
  return same ? ExitCode::done : ExitCode::failed;
}

}  // namespace

int run_demo(const DemoOptions& options, Context& context) {
  const auto code = demo(options, context);
  return code ? *code : report("demo", code.error());
}

}  // namespace tickerlake::app
