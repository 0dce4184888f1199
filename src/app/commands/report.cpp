#include <fmt/core.h>

#include "app/commands/commands.h"

namespace tickerlake::app {

int report(std::string_view command, const Error& error) {
  fmt::print(stderr, "tickerlake {}: {}\n", command, error.message);
  if (error.code == ErrorCode::cancelled) return ExitCode::interrupted;
  return error.code == ErrorCode::invalid_argument ? ExitCode::wrong_usage : ExitCode::failed;
}

}  // namespace tickerlake::app
