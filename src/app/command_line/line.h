#pragma once
// What the files of this folder share: how a command is added, and flags that several commands have. They alone include
// CLI11; what a command does stands in app/commands/.
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "app/commands/commands.h"
#include "app/output.h"

namespace tickerlake::app {

/// What the command line comes to.
struct Line {
  std::function<int(Context&)> run;  // set by the command that is named
  Severity default_severity = Severity::warning;
  std::vector<std::shared_ptr<void>> options;  // of every command, where its flags put what they are given
};

template <class Options>
struct Command {
  CLI::App& flags;
  Options& options;
};

/// A command whose run gets its options.
template <class Options>
Command<Options> add_command(CLI::App& parent, Line& line, const std::string& name, const std::string& what,
                             int (*run)(const Options&, Context&)) {
  auto kept = std::make_shared<Options>();
  line.options.push_back(kept);
  Options& options = *kept;
  CLI::App& command = *parent.add_subcommand(name, what);
  command.callback(
      [&line, &options, run] { line.run = [&options, run](Context& context) { return run(options, context); }; });
  return {command, options};
}

void add_output(CLI::App& command, OutputFormat& output);
void add_data(CLI::App& command, io::Path& data, const char* what);
void add_kafka_settings(CLI::App& command, KafkaOptions& kafka);
/// Those and where it is.
void add_kafka(CLI::App& command, KafkaOptions& kafka);
/// s3: of a command that talks to S3 itself.
void add_aws(CLI::App& command, AwsOptions& aws, bool s3);

void add_server_commands(CLI::App& app, Line& line);
void add_pipeline_commands(CLI::App& app, Line& line);
void add_kafka_commands(CLI::App& app, Line& line);
void add_security_commands(CLI::App& app, Line& line);
void add_cluster_commands(CLI::App& app, Line& line);

}  // namespace tickerlake::app
