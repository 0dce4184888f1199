#pragma once
// Processes that live on without their starter: known by id and start time, so that an id the system has given to
// another process since is never signalled.
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace tickerlake::cluster {

enum class ProcessState { running, paused, stopped };  // paused: by SIGSTOP

/// One process of one run of the machine. As text, "PID START BOOT", it stands in a node's pid file.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;  // clock ticks after the machine's start: field 22 of /proc/PID/stat
  std::string boot;           // /proc/sys/kernel/random/boot_id

  static std::optional<ProcessId> parse(std::string_view text);
  std::string text() const;
};

struct Command {
  std::vector<std::string> arguments;  // the first is the program, with its path
  io::Path directory;                  // where it works
  io::Path output;                     // stdout and stderr are appended to this file
};

/// Starts a process in a session of its own: signals of the terminal don't reach it, and it outlives this one.
Result<ProcessId> spawn(const Command& command);

/// stopped also for one that has ended and that nobody has waited for.
ProcessState state(const ProcessId& process);

/// ErrorCode::not_found when it has ended.
Result<void> send_signal(const ProcessId& process, int signal_number);

/// ErrorCode::timeout.
Result<void> wait_until_ended(const ProcessId& process, std::chrono::milliseconds timeout);

/// Waits for a child of ours and gives its exit code, 128 + N after signal N. ErrorCode::timeout, having killed it.
Result<int> wait_for_child(const ProcessId& child, std::chrono::milliseconds timeout);

/// The program of this name in $PATH.
std::optional<io::Path> find_program(std::string_view name);

/// The end of a text file, for messages: at most so many lines of its last 16 KiB.
std::string last_lines(const io::Path& file, int lines);

}  // namespace tickerlake::cluster
