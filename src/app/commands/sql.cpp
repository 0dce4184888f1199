#include <fmt/core.h>
#include <unistd.h>

#include <iostream>

#include "app/commands/commands.h"
#include "app/query.h"

namespace tickerlake::app {
namespace {

class Session {
 public:
  Session(Queries& queries, const SqlOptions& options, Context& context)
      : queries_(queries), options_(options), context_(context) {}

  Result<void> run(const std::string& statement) {
    aws::QueryRequest request;
    request.sql = statement;
    request.database = options_.database;
    request.workgroup = options_.workgroup;
    request.output_location = options_.output_location;
    TRY(const auto answer, queries_.run(request, [this] { return context_.interrupt.requested(); }));
    const OutputFormat format = options_.output.value_or(OutputFormat::table);
    if (!answer.table.columns.empty()) print(answer.table, format);
    std::fflush(stdout);
    if (format == OutputFormat::table && isatty(STDERR_FILENO) != 0) {
      fmt::print(stderr, "{} rows, {} ms, {} scanned\n", grouped(static_cast<std::int64_t>(answer.table.rows.size())),
                 answer.status.total_ms, human_bytes(answer.status.scanned_bytes));
    }
    return {};
  }

 private:
  Queries& queries_;
  const SqlOptions& options_;
  Context& context_;
};

/// Takes the first statement off the text: what stands before a ';' outside quotes and comments. Nothing when there is
/// no such ';' yet.
std::optional<std::string> take_statement(std::string& text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (c == '-' && text.compare(i, 2, "--") == 0) {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '/' && text.compare(i, 2, "/*") == 0) {
      i = std::min(text.find("*/", i + 2), text.size() - 1);
    } else if (c == ';') {
      std::string statement = text.substr(0, i);
      text.erase(0, i + 1);
      return statement;
    }
  }
  return std::nullopt;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// Runs all statements of a text; stops at the first that fails.
Result<void> run_all(Session& session, std::string text) {
  while (auto statement = take_statement(text)) {
    if (!is_blank(*statement)) CHECK(session.run(*statement));
  }
  return is_blank(text) ? Result<void>{} : session.run(text);
}

int exit_code(const Error& error) {
  const int code = report("sql", error);
  // A statement that Athena refuses is a failure of the work, not of the command line.
  return code == ExitCode::wrong_usage ? static_cast<int>(ExitCode::failed) : code;
}

/// Reads statements from the terminal (or a pipe) until the end of the input; errors are shown and it goes on.
int prompt(Session& session, const SqlOptions& options, Context& context) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  if (terminal) fmt::print(stderr, "End a statement with ';'. Ctrl-D ends.\n");
  std::string text, line;
  int code = ExitCode::done;
  while (true) {
    if (terminal) {
      fmt::print(stderr, "{}", is_blank(text) ? options.database + "> " : "   -> ");
      std::fflush(stderr);
    }
    if (!std::getline(std::cin, line)) break;
    text += line + "\n";
    while (auto statement = take_statement(text)) {
      if (is_blank(*statement)) continue;
      if (const auto outcome = session.run(*statement); !outcome) code = exit_code(outcome.error());
      if (context.interrupt.requested()) return ExitCode::interrupted;
    }
  }
  if (!is_blank(text)) {
    if (const auto outcome = session.run(text); !outcome) code = exit_code(outcome.error());
  }
  return terminal ? static_cast<int>(ExitCode::done) : code;
}

}  // namespace

int run_sql(const SqlOptions& options, Context& context) {
  const auto queries = Queries::open(options.data, options.aws);
  if (!queries) return report("sql", queries.error());
  Session session(**queries, options, context);
  Result<void> outcome;
  if (!options.statement.empty()) {
    outcome = run_all(session, options.statement);
  } else if (!options.file.empty()) {
    auto text = io::read_file(options.file);
    outcome = text ? run_all(session, *std::move(text)) : std::unexpected(std::move(text).error());
  } else {
    return prompt(session, options, context);
  }
  return outcome ? static_cast<int>(ExitCode::done) : exit_code(outcome.error());
}

}  // namespace tickerlake::app
