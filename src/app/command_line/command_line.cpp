// The flags of all commands, and which of them is run. Each family's own flags stand in a file beside this one.
#include "app/command_line/command_line.h"

#include "app/command_line/line.h"
#include "app/interrupt.h"

namespace tickerlake::app {
int run_command_line(int argc, const char* const* argv) {
  CLI::App app("Market data through Kafka into a lake that SQL reads: one program, the real protocols.", "tickerlake");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("tickerlake " TICKERLAKE_VERSION));
  app.set_config("--config", "tickerlake.toml", "flags from a file; [COMMAND] starts a command's section")
      ->option_text("FILE");
  app.failure_message(CLI::FailureMessage::simple);
  std::string log_level;
  app.add_option("--log-level", log_level, "debug, info, warning, error, off (default: warning; for up: info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->option_text("LEVEL");
  LogFormat log_format = LogFormat::text;
  const std::map<std::string, LogFormat> log_formats{{"text", LogFormat::text}, {"json", LogFormat::json}};
  app.add_option("--log-format", log_format, "the log's lines on stderr, docs/operations.md (default: text)")
      ->transform(CLI::CheckedTransformer(log_formats, CLI::ignore_case))
      ->option_text("text|json");
  app.fallthrough();

  // The signals are blocked before any thread starts, so every thread leaves them to the watcher.
  Interrupt interrupt;
  Line line;
  add_server_commands(app, line);
  add_pipeline_commands(app, line);
  add_kafka_commands(app, line);
  add_security_commands(app, line);
  add_cluster_commands(app, line);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::wrong_usage;
  }
  const Severity severity =
      log_level.empty() ? line.default_severity : parse_severity(log_level).value_or(line.default_severity);
  Context context{Log(severity, log_format), interrupt};
  return line.run(context);
}

}  // namespace tickerlake::app
