// Named points, and the pipe by which a test talks to a running process.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <map>

#include "io/faults/calls.h"
#include "io/faults/raw.h"

namespace faults {
namespace {

std::atomic<bool> ready = false;

void end_now() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

void* read_control(void*) {
  const std::string pipe = state().config.control;
  std::string text;
  while (true) {
    const int descriptor = raw::open(pipe.c_str(), O_RDONLY);  // waits for a writer
    if (descriptor < 0) return nullptr;
    char bytes[512];
    for (ssize_t n = 0; (n = ::read(descriptor, bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(n));
      for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
        const std::string line = text.substr(0, end);
        if (line == "cut") cut_power();
        const std::lock_guard lock(state().disk.mutex);
        state().config.apply(line);
      }
    }
    raw::close(descriptor);
  }
}

__attribute__((constructor)) void set_up() {
  const char* text = std::getenv("TICKERLAKE_FAULTS");
  if (text == nullptr) return;
  State& all = state();
  all.config.apply(text);
  all.random = all.config.seed;
  if (!all.config.data.empty()) all.disk.start(all.config.data);
  ready = true;
  if (!all.config.control.empty()) {
    // The program's signals are for the program's threads: one that reached this one would end the process at once.
    sigset_t all_signals, before;
    sigfillset(&all_signals);
    ::pthread_sigmask(SIG_SETMASK, &all_signals, &before);
    pthread_t thread;
    if (::pthread_create(&thread, nullptr, read_control, nullptr) == 0) ::pthread_detach(thread);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
}

}  // namespace

State& state() {
  static State* const all = new State;  // never destroyed: calls come until the very end
  return *all;
}

bool is_ready() { return ready; }

void cut_power() {
  State& all = state();
  all.disk.mutex.lock();  // for good: whoever wants to change a file now waits for the end
  all.disk.lose_power(all.config.lose_all, all.config.seed);
  end_now();
  std::abort();
}

}  // namespace faults

extern "C" __attribute__((visibility("default"))) void tickerlake_fault_point(const char* name) {
  using namespace faults;
  if (!is_ready()) return;
  State& all = state();
  bool kill = false, cut = false;
  {
    static auto* const hits = new std::map<std::string, std::int64_t>;
    const std::lock_guard lock(all.disk.mutex);
    const std::int64_t count = ++(*hits)[name];
    if (count == 1 && !all.config.coverage.empty()) {
      const int file = raw::open(all.config.coverage.c_str(), O_WRONLY | O_CREAT | O_APPEND);
      const std::string line = std::string(name) + "\n";
      if (file >= 0) raw::write(file, line.data(), line.size());
      if (file >= 0) raw::close(file);
    }
    kill = all.config.kill.point == name && all.config.kill.at == count;
    cut = all.config.cut.point == name && all.config.cut.at == count;
  }
  if (kill) end_now();
  if (cut) cut_power();
}
