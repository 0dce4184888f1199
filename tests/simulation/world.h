#pragma once
// A world: real state machines of the product, a simulated shell around them, and simulated surroundings (store, disk,
// network, clock). The simulator chooses what happens next; the world says what can happen and whether a promise broke.
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

namespace tickerlake::simulation {

/// Something that happens in a world. What the numbers mean is the world's own business.
struct Step {
  std::uint8_t actor = 0;
  std::uint8_t action = 0;
  std::uint16_t detail = 0;  // lower is simpler: a history is made smaller by lowering it
  bool operator==(const Step&) const = default;
};
using Steps = std::vector<Step>;

template <class W>
concept World = std::copy_constructible<W> && requires(W world, const W& seen, const Step& step, Steps& steps) {
  /// Adds what can happen now.
  seen.offer(steps);
  /// One line for a person: what the step does, here and now.
  { seen.tell(step) } -> std::convertible_to<std::string>;
  /// Lets it happen.
  world.take(step);
  /// Nothing fails any more: what is left alone comes to its end, and the promises about ends are looked at.
  world.settle();
  /// The promise that broke; empty while all of them hold.
  { seen.wrong() } -> std::convertible_to<std::string>;
  /// All that the future depends on: worlds with the same key go on alike.
  { seen.key() } -> std::convertible_to<std::string>;
};

/// What a replay of a history gave.
struct Replay {
  std::string wrong;
  Steps taken;                     // without the steps that could not happen
  std::vector<std::string> lines;  // of those taken, when asked for
};

/// Lets a history happen, passing over steps that can't, until something is wrong; then settles the world.
template <World W>
Replay replay(W world, const Steps& history, bool with_lines = false) {
  Replay result;
  Steps possible;
  for (const Step& step : history) {
    possible.clear();
    world.offer(possible);
    if (std::ranges::find(possible, step) == possible.end()) continue;
    if (with_lines) result.lines.push_back(world.tell(step));
    result.taken.push_back(step);
    world.take(step);
    result.wrong = world.wrong();
    if (!result.wrong.empty()) return result;
  }
  world.settle();
  result.wrong = world.wrong();
  if (with_lines && !result.wrong.empty()) result.lines.emplace_back("(no more faults; everything runs to its end)");
  return result;
}

/// A history under which a promise breaks, for people.
template <World W>
std::string tell(const W& start, const Steps& history) {
  const Replay again = replay(start, history, true);
  std::string text = again.wrong + "\n";
  for (std::size_t i = 0; i < again.lines.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    text += std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + "  " + again.lines[i] + "\n";
  }
  return text;
}

/// Writes a world's key: fields one after the other, told apart.
class KeyWriter {
 public:
  KeyWriter& operator<<(std::integral auto number) {
    auto rest = static_cast<std::uint64_t>(static_cast<std::int64_t>(number)) + 1;  // -1, the usual "none", is short
    while (rest >= 0x80) {
      text_ += static_cast<char>(rest | 0x80);
      rest >>= 7;
    }
    text_ += static_cast<char>(rest);
    return *this;
  }
  KeyWriter& operator<<(std::string_view text) {
    *this << text.size();
    text_ += text;
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace tickerlake::simulation
