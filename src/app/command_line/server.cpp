// Flags of the commands that start, ask and mend a server.
#include "app/command_line/line.h"

namespace tickerlake::app {
namespace {

struct Listening {
  std::string &kafka, &aws, &web, &registry;
};

void add_listeners(CLI::App& command, const Listening& at) {
  command.add_option("--kafka", at.kafka, "where Kafka listens")->option_text("HOST:PORT")->capture_default_str();
  command.add_option("--aws", at.aws, "where S3, Glue, Athena and STS listen")
      ->option_text("HOST:PORT")
      ->capture_default_str();
  command.add_option("--web", at.web, "where the dashboard listens")->option_text("HOST:PORT")->capture_default_str();
  command.add_option("--registry", at.registry, "where the schema registry listens")
      ->option_text("HOST:PORT")
      ->capture_default_str();
}

void add_up(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "up", "start Kafka, S3, Glue and Athena; Ctrl-C stops them", run_up);
  add_data(command, options.data, "where everything is kept; it lasts");
  add_listeners(command, {options.kafka, options.aws, options.web, options.registry});
  command.add_flag("--allow-unauthenticated", options.allow_unauthenticated,
                   "let Kafka, dashboard and registry listen beyond this machine without authentication");
  command.add_option("--slow-request-ms", options.slow_request_ms, "log requests that take so long")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{3'600'000}))
      ->capture_default_str();
  command.add_option("--set", options.set, "a setting of the Kafka broker by Kafka's name, as often as needed")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all();
  command.callback([&line, &options] {
    line.default_severity = Severity::info;
    line.run = [&options](Context& context) { return run_up(options, context); };
  });
}

void add_wait(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "wait", "wait until the server of a data folder is ready", run_wait);
  add_data(command, options.data, "the server's data folder");
  command.add_option("--timeout", options.timeout_s, "seconds to wait at most")->capture_default_str();
}

void add_env(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "env", "print export lines for a shell: eval \"$(tickerlake env)\"", run_env);
  add_data(command, options.data, "the server's data folder");
  command.add_flag("--explain", options.explain, "instead show which S3, Glue and Athena other commands would use now");
  add_aws(command, options.aws, true);
  add_output(command, options.output);
}

void add_demo(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "demo", "run the whole job on a sample and show what comes out", run_demo);
  command.add_option("--data", options.data, "where the demo keeps its lake; emptied first")
      ->option_text("DIR")
      ->capture_default_str();
  command.add_option("--dataset", options.dataset, "the files to replay")->option_text("DIR")->capture_default_str();
  add_listeners(command, {options.kafka, options.aws, options.web, options.registry});
}

void add_status(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "status", "what runs, and how much is in it", run_status);
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

void add_fsck(CLI::App& app, Line& line) {
  auto [command, options] = add_command(
      app, line, "fsck", "check a stopped server's data folder; exit code 1 when anything is wrong", run_fsck);
  add_data(command, options.data, "the folder to check");
  command.add_flag("--repair", options.repair, "mend what can be mended; what can't be read goes to DIR/lost+found");
  command.add_flag("--deep", options.deep, "read all objects and compare them with their ETags and checksums");
  add_output(command, options.output);
}

void add_import(CLI::App& app, Line& line) {
  CLI::App& import = *app.add_subcommand("import", "take over what another program has stored");
  import.require_subcommand(1);
  auto [command, options] =
      add_command(import, line, "kafka-log-dir",
                  "topics, records and groups' offsets of a stopped Apache Kafka broker, offline", run_import);
  command.add_option("DIR", options.from, "one of its log.dirs")->required();
  add_data(command, options.data, "the folder of the (stopped) server to put them into");
  add_output(command, options.output);
}

}  // namespace

void add_server_commands(CLI::App& app, Line& line) {
  add_up(app, line);
  add_wait(app, line);
  add_env(app, line);
  add_demo(app, line);
  add_status(app, line);
  add_fsck(app, line);
  add_import(app, line);
}

}  // namespace tickerlake::app
