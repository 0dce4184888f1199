#pragma once
// All histories up to a length. Histories that lead to the same state (World::key()) go on alike, so each state is
// visited once, and how many histories pass through is counted, not walked. States come in the order of their
// distance, so the history that is reported is a shortest one.
#include <deque>
#include <optional>
#include <unordered_map>

#include "world.h"

namespace tickerlake::simulation {

struct Exploration {
  int length = 0;                // every history of at most this many steps was covered …
  bool closed = false;           // … and every longer one, too: the last steps led to no new state
  double histories = 0;          // how many those of at most `length` steps are; each one ends with settle()
  std::size_t states = 0;        // that they lead to
  std::optional<Steps> failure;  // a shortest history under which a promise breaks
};

namespace detail {

struct State {
  std::uint32_t parent = 0;
  Step step;                            // from the parent to here
  std::vector<std::uint32_t> children;  // one a possible step; empty until expanded
  double histories = 0;                 // that end here, of the length being counted
};

inline double count_histories(std::vector<State>& states, int length) {
  double total = 1;
  states[0].histories = 1;
  std::vector<double> next(states.size());
  for (int depth = 0; depth < length; ++depth) {
    std::ranges::fill(next, 0.0);
    for (const State& state : states)
      if (state.histories > 0)
        for (const std::uint32_t child : state.children) next[child] += state.histories;
    for (std::size_t i = 0; i < states.size(); ++i) total += states[i].histories = next[i];
  }
  return total;
}

}  // namespace detail

template <World W>
Exploration explore(const W& start, int length, std::size_t most_states = 4'000'000) {
  Exploration result{.length = length, .closed = false, .histories = 0, .states = 0, .failure = std::nullopt};
  std::vector<detail::State> states;
  std::unordered_map<std::string, std::uint32_t> known;
  std::deque<std::pair<std::uint32_t, W>> frontier;
  const auto path_to = [&](std::uint32_t state) {
    Steps path;
    for (; state != 0; state = states[state].parent) path.push_back(states[state].step);
    std::ranges::reverse(path);
    return path;
  };
  const auto is_wrong = [](const W& world) {
    if (!world.wrong().empty()) return true;
    W ended = world;
    ended.settle();
    return !ended.wrong().empty();
  };
  states.emplace_back();
  known.emplace(start.key(), 0);
  frontier.emplace_back(0, start);
  if (is_wrong(start)) result.failure.emplace();
  Steps steps;
  for (int depth = 0; depth < length && !frontier.empty() && !result.failure; ++depth) {
    for (std::size_t layer = frontier.size(); layer > 0 && !result.failure; --layer) {
      const auto [parent, world] = std::move(frontier.front());
      frontier.pop_front();
      steps.clear();
      world.offer(steps);
      for (const Step& step : steps) {
        W child = world;
        child.take(step);
        const auto [entry, is_new] = known.emplace(child.key(), static_cast<std::uint32_t>(states.size()));
        states[parent].children.push_back(entry->second);
        if (!is_new) continue;
        states.push_back({.parent = parent, .step = step, .children = {}, .histories = 0});
        if (is_wrong(child)) {
          result.failure = path_to(entry->second);
          break;
        }
        frontier.emplace_back(entry->second, std::move(child));
      }
      if (states.size() > most_states) {
        result.length = depth;  // this layer is not done
        frontier.clear();
        layer = 1;
      }
    }
  }
  result.closed = frontier.empty() && !result.failure && result.length == length;
  result.states = states.size();
  result.histories = detail::count_histories(states, result.length);
  return result;
}

/// The same without merging states, for short lengths: walks each history from its beginning to its end.
template <World W>
void enumerate(const W& world, int length, Exploration& result) {
  ++result.histories;
  W ended = world;
  ended.settle();
  if (!ended.wrong().empty() || !world.wrong().empty()) result.failure.emplace();
  if (length == 0 || result.failure) return;
  Steps steps;
  world.offer(steps);
  for (const Step& step : steps) {
    W child = world;
    child.take(step);
    enumerate(child, length - 1, result);
  }
}

}  // namespace tickerlake::simulation
