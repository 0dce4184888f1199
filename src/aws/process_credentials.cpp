// Keys that another program prints: credential_process.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>

#include "aws/credential_fetchers.h"

extern char** environ;

namespace tickerlake::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{60'000};
constexpr std::size_t max_answer_bytes = 64 * 1024;

/// Words as a shell splits them: spaces part them, quotes hold them together, a backslash takes the next character as
/// it is. Nothing when a quote has no end.
std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool any = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes =
        c == '\\' && quote != '\'' && i + 1 < text.size() && (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\');
    if (escapes) {
      word += text[++i];
      any = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      any = true;
    } else if (c == ' ' || c == '\t') {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (any) words.push_back(std::move(word));
  return words;
}

/// Reads until the end, the limit, or the time is up.
Result<std::string> read_all(int fd, const std::string& program) {
  const auto deadline = steady_clock::now() + patience;
  std::string text;
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = left > 0 ? poll(&waiting, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(ErrorCode::timeout, "credential_process " + program + " takes more than 60 seconds");
    char buffer[4096];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("reading from credential_process " + program, errno);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > max_answer_bytes)
      return fail(ErrorCode::exhausted, "credential_process " + program + " says too much");
  }
}

/// What a program prints on its standard output; its standard error is this process's.
Result<std::string> output_of(std::vector<std::string> words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe", errno);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  // This process blocks its signals in all threads; the program should have them.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return fail_errno("credential_process " + words[0], error);
  }
  auto text = read_all(ends[0], words[0]);
  close(ends[0]);
  if (!text) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (text && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
    return fail(ErrorCode::unauthorized, "credential_process " + words[0] + " failed");
  return text;
}

Result<TimedCredentials> run(const std::string& command) {
  auto words = split_words(command);
  if (!words || words->empty())
    return fail(ErrorCode::invalid_argument, "credential_process \"" + command + "\" is no command");
  const std::string program = words->front();
  TRY(const std::string text, output_of(*std::move(words)));
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto member = [&](std::string_view name) {
    const auto* found = object == nullptr ? nullptr : object->if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string{};
  };
  const auto* version = object == nullptr ? nullptr : object->if_contains("Version");
  TimedCredentials found{.credentials = {.access_key_id = member("AccessKeyId"),
                                         .secret_access_key = member("SecretAccessKey"),
                                         .session_token = member("SessionToken")},
                         .expires_at = parse_expiration(member("Expiration"))};
  if (version == nullptr || *version != 1 || found.credentials.access_key_id.empty() ||
      found.credentials.secret_access_key.empty() || (!member("Expiration").empty() && !found.expires_at))
    return fail(ErrorCode::corrupt, "credential_process " + program + " does not print keys in the form of version 1");
  return found;
}

}  // namespace

FetchCredentials process_credentials(std::string command) {
  return [command = std::move(command)] { return run(command); };
}

}  // namespace tickerlake::aws
