#include "services/broker/answer_queue.h"

#include <array>
#include <vector>

namespace tickerlake::broker {
namespace {

/// Frame::send() for what has to pass through this process.
Result<void> send_through(const kafka::Frame& frame, io::Stream& stream) {
  std::array<std::byte, 4> prefix;
  store_big_endian<std::int32_t>(prefix.data(), static_cast<std::int32_t>(frame.size()));
  std::vector<ByteView> gathered = {prefix};
  std::size_t sent = 0;
  for (const auto& [at, slice, memory] : frame.splices) {
    gathered.push_back(ByteView(frame.bytes).subspan(sent, at - sent));
    sent = at;
    gathered.push_back(memory);
    if (slice.file == nullptr) continue;
    CHECK(stream.write_parts(gathered));
    gathered.clear();
    CHECK(stream.send_file(*slice.file, slice.position, slice.length));
  }
  gathered.push_back(ByteView(frame.bytes).subspan(sent));
  return stream.write_parts(gathered);
}

Result<void> send(const kafka::Frame& frame, io::Stream& stream) {
  io::Socket* const socket = stream.plain_socket();
  return socket != nullptr ? frame.send(*socket) : send_through(frame, stream);
}

}  // namespace

/// Shared with the slots, which may outlive the connection; stream is touched only by the queue's own threads.
struct AnswerQueue::State {
  State(io::Stream& of, Log to) : stream(of), log(std::move(to)) {}

  io::Stream& stream;
  const Log log;

  Mutex mutex;
  Condition changed;
  std::deque<std::shared_ptr<Slot>> waiting TL_GUARDED_BY(mutex);
  std::size_t bytes TL_GUARDED_BY(mutex) = 0;  // of the answers in waiting, and of the one that is being sent
  bool sending TL_GUARDED_BY(mutex) = false;   // somebody has taken the first slot and writes it
  bool broken TL_GUARDED_BY(mutex) = false;

  bool can_send() const TL_REQUIRES(mutex);
  void send_first() TL_REQUIRES(mutex);
};

class AnswerQueue::Slot final : public AnswerSlot {
 public:
  Slot(std::shared_ptr<State> state, const RequestTimer& timer) : state_(std::move(state)), timer_(timer) {}

  void complete(std::optional<kafka::Frame> frame) override {
    timer_.answered(state_->log);
    MutexLock lock(state_->mutex);
    frame_ = std::move(frame);
    if (frame_) state_->bytes += frame_->bytes.size();
    ready_ = true;
    state_->changed.notify_all();
  }
  void abort() override {
    MutexLock lock(state_->mutex);
    ready_ = aborted_ = true;
    state_->changed.notify_all();
  }

 private:
  friend class AnswerQueue;
  const std::shared_ptr<State> state_;
  const RequestTimer timer_;
  // protected by State::mutex
  bool ready_ = false;
  bool aborted_ = false;
  std::optional<kafka::Frame> frame_;
};

bool AnswerQueue::State::can_send() const { return !broken && !sending && !waiting.empty() && waiting.front()->ready_; }

void AnswerQueue::State::send_first() {
  const std::shared_ptr<Slot> slot = std::move(waiting.front());
  waiting.pop_front();
  if (slot->aborted_) {
    broken = true;
  } else if (slot->frame_) {
    sending = true;
    mutex.unlock();
    const auto sent = send(*slot->frame_, stream);
    if (!sent) log.debug("{}", sent.error().message);
    mutex.lock();
    sending = false;
    bytes -= slot->frame_->bytes.size();
    if (!sent) broken = true;
  }
  if (broken) stream.shut_down();  // ends the connection's thread, which waits for the next request
  changed.notify_all();
}

AnswerQueue::AnswerQueue(io::Stream& stream, Log log) : state_(std::make_shared<State>(stream, std::move(log))) {}

AnswerQueue::~AnswerQueue() {
  {
    MutexLock lock(state_->mutex);
    state_->broken = true;
    state_->waiting.clear();  // ends the circle of State and Slot
    state_->changed.notify_all();
  }
  if (sender_.joinable()) sender_.join();
}

std::shared_ptr<AnswerSlot> AnswerQueue::add(const RequestTimer& timer) {
  MutexLock lock(state_->mutex);
  const auto full = [this]() TL_REQUIRES(state_->mutex) {
    return state_->waiting.size() >= max_answers_waiting || state_->bytes >= max_answer_bytes_waiting;
  };
  while (full() && !state_->broken) state_->changed.wait(state_->mutex);
  if (state_->broken) return nullptr;
  return state_->waiting.emplace_back(std::make_shared<Slot>(state_, timer));
}

bool AnswerQueue::flush() {
  bool later = false;
  {
    MutexLock lock(state_->mutex);
    while (state_->can_send()) state_->send_first();
    if (state_->broken) return false;
    later = !state_->waiting.empty();
  }
  if (later && !sender_.joinable()) sender_ = std::thread([this] { send_later_ones(); });
  return true;
}

void AnswerQueue::send_later_ones() {
  MutexLock lock(state_->mutex);
  while (!state_->broken) {
    if (state_->can_send()) {
      state_->send_first();
    } else {
      state_->changed.wait(state_->mutex);
    }
  }
}

}  // namespace tickerlake::broker
