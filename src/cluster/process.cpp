#include "cluster/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <span>
#include <thread>

extern "C" {  // which this header forgets before glibc 2.37
#include <sys/pidfd.h>
}

namespace tickerlake::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds poll_interval{10};

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \n"), text.size());
  const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The first line of a file of /proc; they have no size, so that io::read_file can't read them.
std::optional<std::string> read_proc(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::string boot_id() { return read_proc("/proc/sys/kernel/random/boot_id").value_or("unknown"); }

struct Stat {
  char state = 'X';
  std::uint64_t started = 0;
};

/// Of /proc/PID/stat, whose second field is a name in parentheses that may hold anything.
std::optional<Stat> stat_of(pid_t pid) {
  const auto text = read_proc(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(name_end + 1);
  Stat stat;
  constexpr int state_field = 3, start_field = 22;
  for (int field = state_field; field <= start_field; ++field) {
    const std::string_view word = next_word(rest);
    if (word.empty()) return std::nullopt;
    if (field == state_field) stat.state = word.front();
    if (field == start_field) stat.started = number<std::uint64_t>(word).value_or(0);
  }
  return stat;
}

std::optional<Stat> stat_of(const ProcessId& process) {
  if (process.pid <= 0 || process.boot != boot_id()) return std::nullopt;
  auto stat = stat_of(process.pid);
  if (!stat || stat->started != process.started) return std::nullopt;
  return stat;
}

/// A child that has ended keeps its entry until it is waited for; others' children are none of our business.
void reap(pid_t pid) {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
}

/// posix_spawn's two sets of instructions.
struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

}  // namespace

std::optional<ProcessId> ProcessId::parse(std::string_view text) {
  const auto pid = number<pid_t>(next_word(text));
  const auto started = number<std::uint64_t>(next_word(text));
  const std::string_view boot = next_word(text);
  if (!pid || *pid <= 0 || !started || boot.empty()) return std::nullopt;
  return ProcessId{*pid, *started, std::string(boot)};
}

std::string ProcessId::text() const { return fmt::format("{} {} {}\n", pid, started, boot); }

Result<ProcessId> spawn(const Command& command) {
  SpawnSettings settings;
  auto* actions = &settings.actions;
  posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
  posix_spawn_file_actions_addchdir_np(actions, command.directory.c_str());

  // This program blocks and ignores signals that the new one must be reachable by.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, arguments.front(), actions, &settings.attributes, arguments.data(), environ);
  if (error != 0) return fail_errno("can't start " + command.arguments.front(), error);
  // It is our child: even if it has ended already, its entry stays until it is waited for.
  const auto stat = stat_of(pid);
  if (!stat) return fail(ErrorCode::internal, fmt::format("process {} has no entry in /proc", pid));
  return ProcessId{pid, stat->started, boot_id()};
}

ProcessState state(const ProcessId& process) {
  const auto stat = stat_of(process);
  if (!stat) return ProcessState::stopped;
  if (stat->state == 'Z' || stat->state == 'X') {
    reap(process.pid);
    return ProcessState::stopped;
  }
  return stat->state == 'T' ? ProcessState::paused : ProcessState::running;
}

Result<void> send_signal(const ProcessId& process, int signal_number) {
  const auto ended = [&] { return fail(ErrorCode::not_found, fmt::format("process {} has ended", process.pid)); };
  // The descriptor stays with the process it was opened for; that it is ours is looked at after it is open.
  const int descriptor = ::pidfd_open(process.pid, 0);
  if (descriptor < 0) return ended();
  const bool ours = state(process) != ProcessState::stopped;
  const int sent = ours ? ::pidfd_send_signal(descriptor, signal_number, nullptr, 0) : 0;
  const int error = errno;
  ::close(descriptor);
  if (!ours || (sent != 0 && error == ESRCH)) return ended();
  if (sent != 0) return fail_errno(fmt::format("can't signal process {}", process.pid), error);
  return {};
}

Result<void> wait_until_ended(const ProcessId& process, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  while (state(process) != ProcessState::stopped) {
    if (steady_clock::now() >= deadline)
      return fail(ErrorCode::timeout,
                  fmt::format("process {} has not ended after {} ms", process.pid, timeout.count()));
    std::this_thread::sleep_for(poll_interval);
  }
  return {};
}

Result<int> wait_for_child(const ProcessId& child, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  bool killed = false;
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(child.pid, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) return fail_errno(fmt::format("waiting for process {}", child.pid), errno);
    if (ended == child.pid && killed)
      return fail(ErrorCode::timeout, fmt::format("it was not done after {} s", timeout.count() / 1000));
    constexpr int signalled = 128;
    if (ended == child.pid) return WIFEXITED(status) ? WEXITSTATUS(status) : signalled + WTERMSIG(status);
    if (!killed && steady_clock::now() >= deadline) {
      ::kill(child.pid, SIGKILL);
      killed = true;
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

std::optional<io::Path> find_program(std::string_view name) {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "" : variable;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const io::Path candidate = io::Path(path.substr(0, end)) / name;
    path.remove_prefix(std::min(end + 1, path.size()));
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::string last_lines(const io::Path& path, int lines) {
  constexpr std::int64_t most = 16 << 10;
  const auto file = io::File::open(path, io::File::Mode::read);
  const auto size = file ? file->size() : Result<std::int64_t>(0);
  if (!file || !size) return "";
  std::string text(static_cast<std::size_t>(std::min(*size, most)), '\0');
  const auto read =
      file->read_at(*size - static_cast<std::int64_t>(text.size()), std::as_writable_bytes(std::span(text)));
  text.resize(read.value_or(0));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (int line = 0; line < lines && begin != std::string::npos && begin > 0; ++line) {
    begin = text.rfind('\n', begin - 1);
  }
  return begin == std::string::npos || begin == 0 ? text : text.substr(begin + 1);
}

}  // namespace tickerlake::cluster
