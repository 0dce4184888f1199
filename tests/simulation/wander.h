#pragma once
// Random histories, and how one that breaks a promise is made small.
#include <array>
#include <functional>
#include <optional>
#include <random>

#include "world.h"

namespace tickerlake::simulation {

/// Steps left out or made simpler for as long as something still breaks: of the result, no step and no two steps can be
/// left out. Two, since the end of a thing is often of no use without its beginning.
template <World W>
Steps shrink(const W& start, Steps history) {
  const auto still_breaks = [&](const Steps& candidate) {
    Replay again = replay(start, candidate);
    if (again.wrong.empty()) return false;
    history = std::move(again.taken);
    return true;
  };
  still_breaks(history);
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t chunk = std::max<std::size_t>(history.size() / 2, 1); chunk >= 1; chunk /= 2) {
      for (std::size_t at = 0; at + chunk <= history.size();) {
        Steps without = history;
        const auto first = without.begin() + static_cast<std::ptrdiff_t>(at);
        without.erase(first, first + static_cast<std::ptrdiff_t>(chunk));
        if (still_breaks(without)) {
          smaller = true;
        } else {
          ++at;
        }
      }
    }
    for (std::size_t one = 0; one < history.size() && history.size() <= 60; ++one) {
      for (std::size_t other = one + 1; other < history.size(); ++other) {
        Steps without = history;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(other));
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(one));
        if (still_breaks(without)) smaller = true;
      }
    }
    for (std::size_t at = 0; at < history.size(); ++at) {
      for (std::uint16_t detail = 0; at < history.size() && detail < history[at].detail; ++detail) {
        Steps simpler = history;
        simpler[at].detail = detail;
        if (still_breaks(simpler)) smaller = true;
      }
    }
  }
  return history;
}

struct Wandering {
  std::uint64_t seed = 0;  // of the first life; each further one has the next number
  std::int64_t steps = 0;
  std::int64_t lives = 0;
  std::optional<std::uint64_t> failed_seed;
  Steps failure;  // as it happened
  Steps minimal;
};

/// One random history. Each life gives each kind of step its own likelihood, often none: so some lives are all faults,
/// and some have a single one in the worst place.
template <World W>
Steps live(W world, std::uint64_t seed, std::size_t longest, std::string& wrong) {
  std::mt19937_64 random(seed);
  constexpr std::array<int, 5> likelihoods = {0, 1, 3, 10, 30};
  std::array<int, 256> weights{};
  for (int& weight : weights) weight = likelihoods[random() % likelihoods.size()];
  const std::size_t length = 1 + random() % longest;
  Steps history, possible;
  while (history.size() < length) {
    possible.clear();
    world.offer(possible);
    if (possible.empty()) break;
    int sum = 0;
    for (const Step& step : possible) sum += weights[step.action];
    std::size_t chosen = 0;
    if (sum == 0) {
      chosen = random() % possible.size();
    } else {
      auto point = static_cast<int>(random() % static_cast<std::uint64_t>(sum));
      while ((point -= weights[possible[chosen].action]) >= 0) ++chosen;
    }
    history.push_back(possible[chosen]);
    world.take(possible[chosen]);
    wrong = world.wrong();
    if (!wrong.empty()) return history;
  }
  world.settle();
  wrong = world.wrong();
  return history;
}

/// Lives from the seed on until `steps` steps have been taken or a promise broke. make() gives a life's world.
template <class Make>
Wandering wander(const Make& make, std::uint64_t seed, std::int64_t steps, std::size_t longest_life = 150) {
  Wandering result{.seed = seed, .steps = 0, .lives = 0, .failed_seed = std::nullopt, .failure = {}, .minimal = {}};
  for (std::uint64_t life = seed; result.steps < steps; ++life) {
    std::string wrong;
    const auto start = make(life);
    Steps history = live(start, life, longest_life, wrong);
    result.steps += static_cast<std::int64_t>(history.size());
    ++result.lives;
    if (wrong.empty()) continue;
    result.failed_seed = life;
    result.minimal = shrink(start, history);
    result.failure = std::move(history);
    break;
  }
  return result;
}

}  // namespace tickerlake::simulation
