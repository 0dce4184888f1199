#include "kafka/client/leader_lookup.h"

#include <algorithm>

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds longest_pause{1'000};
constexpr milliseconds most_time_missing{30'000};  // of a topic that was there, before it counts as deleted

}  // namespace

milliseconds LeaderLookup::rest(milliseconds most) const {
  return std::clamp(std::chrono::ceil<milliseconds>(next_ - steady_clock::now()), milliseconds(0), most);
}

Result<std::optional<TopicView>> LeaderLookup::look(const std::string& topic, const Uuid& known) {
  if (pause_ > shortest_pause) cluster_.ask_another();  // the one asked last may be out of date itself
  auto view = cluster_.topic(topic, cluster_.for_at_most(look_time));
  next_ = steady_clock::now() + pause_;
  pause_ = std::min(pause_ * 2, longest_pause);
  if (!view) {
    log_.debug("{}", view.error().message);
    if (view.error().code == ErrorCode::unauthorized) return std::unexpected(std::move(view).error());
    return std::nullopt;
  }
  if (view->error == KafkaError::unknown_topic_or_partition) {
    const auto now = steady_clock::now();
    if (!missing_since_) missing_since_ = now;
    if (now - *missing_since_ > most_time_missing) return fail(ErrorCode::not_found, "it is not there any more");
    return std::nullopt;
  }
  missing_since_.reset();
  if (view->error != KafkaError::none) {
    if (is_passing(view->error)) return std::nullopt;
    return std::unexpected(to_error(view->error, "asking for its leaders"));
  }
  if (!known.is_zero() && !view->id.is_zero() && view->id != known)
    return fail(ErrorCode::conflict, "it was deleted and made again");
  return *std::move(view);
}

}  // namespace tickerlake::kafka
