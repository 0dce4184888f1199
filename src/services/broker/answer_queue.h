#pragma once
// A connection's answers, sent in the order of its requests although they may be given in another.
#include <deque>
#include <memory>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "io/stream.h"
#include "services/broker/broker_metrics.h"
#include "services/broker/responder.h"

namespace tickerlake::broker {

/// How many requests of one connection may wait for their answers; then nothing more is read from it.
inline constexpr std::size_t max_answers_waiting = 1000;
/// And how long those that wait behind another one may be together, without what comes from files.
inline constexpr std::size_t max_answer_bytes_waiting = std::size_t{1} << 20;

/// Used by one connection's thread; the slots it hands out may be completed by any thread. Answers that are there when
/// their request has been handled are sent by the connection's own thread; the first one that comes later starts a
/// thread that sends those. The mutex is a leaf, and no lock is held while sending.
class AnswerQueue {
 public:
  AnswerQueue(io::Stream& stream, Log log);
  /// Sends nothing more; answers that come later are dropped.
  ~AnswerQueue();
  AnswerQueue(const AnswerQueue&) = delete;
  AnswerQueue& operator=(const AnswerQueue&) = delete;

  /// The next request's place; waits while there are too many. Null once the connection is broken.
  std::shared_ptr<AnswerSlot> add(const RequestTimer& timer);
  /// Sends what can be sent. False once the connection is broken.
  bool flush();

 private:
  class Slot;
  struct State;
  void send_later_ones();

  const std::shared_ptr<State> state_;
  std::thread sender_;
};

}  // namespace tickerlake::broker
