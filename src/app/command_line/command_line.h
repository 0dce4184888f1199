#pragma once

namespace tickerlake::app {

/// Parses the arguments, runs the command they name, returns the process's exit code: 0 done, 1 failed, 2 wrong usage,
/// 130 interrupted after a clean stop.
int run_command_line(int argc, const char* const* argv);

}  // namespace tickerlake::app
