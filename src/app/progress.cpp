#include "app/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include "app/output.h"

namespace tickerlake::app {

Progress::Progress(std::string stage, std::string unit)
    : stage_(std::move(stage)), unit_(std::move(unit)), terminal_(isatty(STDERR_FILENO) != 0) {}

std::string Progress::line(std::int64_t done, std::int64_t bytes, std::int64_t total, double seconds) const {
  std::string text = fmt::format("{:<8}{:>12} {}", stage_, grouped(done), unit_);
  if (seconds > 0) {
    text +=
        fmt::format("  {:>10} {}/s", grouped(static_cast<std::int64_t>(static_cast<double>(done) / seconds)), unit_);
    if (bytes > 0) text += fmt::format("  {:>7.1f} MB/s", static_cast<double>(bytes) / seconds / 1e6);
  }
  if (total > 0 && done > 0) {
    text += fmt::format("  {:>3}%", done * 100 / total);
    const double left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
    if (done < total) text += fmt::format("  {:.0f} s left", left);
  }
  return text;
}

void Progress::update(std::int64_t done, std::int64_t bytes, std::int64_t total, const std::string& note) {
  const auto now = Time::now();
  if (now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(3000))) return;
  shown_ = now;
  std::string text = line(done, bytes, total, std::chrono::duration<double>(now - started_).count());
  if (!note.empty()) text += "  " + note;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", text);
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
}

void Progress::finish(std::int64_t done, std::int64_t bytes, const std::string& note) {
  const double seconds = std::chrono::duration<double>(Time::now() - started_).count();
  fmt::print(stderr, "{}{}  in {:.2f} s{}{}\n", terminal_ ? "\r\033[K" : "", line(done, bytes, 0, seconds), seconds,
             note.empty() ? "" : "  ", note);
}

}  // namespace tickerlake::app
