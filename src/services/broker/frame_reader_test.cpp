#include "services/broker/frame_reader.h"

#include <gtest/gtest.h>

#include <thread>

namespace tickerlake::broker {
namespace {

using std::chrono::milliseconds;

class FrameReading : public ::testing::Test {
 protected:
  void send(std::string_view bytes) { ASSERT_TRUE(client_.write(as_bytes(bytes))); }
  /// A frame of that key and length, its size before it.
  static std::string frame(std::int16_t key, std::size_t length) {
    std::string text(4 + length, 'x');
    store_big_endian(reinterpret_cast<std::byte*>(text.data()), static_cast<std::int32_t>(length));
    store_big_endian(reinterpret_cast<std::byte*>(text.data() + 4), key);
    return text;
  }
  void use(milliseconds timeout, milliseconds idle = milliseconds(60'000)) {
    socket_.set_timeout(timeout, timeout);
    reader_.emplace(stream_, memory_, idle);
  }

  io::Listener listener_ = *io::Listener::bind({"127.0.0.1", 0});
  io::Socket client_ = *io::Socket::connect(listener_.endpoint(), milliseconds(1000));
  io::Socket socket_ = *listener_.accept();
  io::PlainStream stream_{socket_};
  RequestMemory memory_{1 << 20};
  std::optional<FrameReader> reader_;
};

TEST_F(FrameReading, gives_frames_one_by_one_and_an_empty_one_at_the_end) {
  use(milliseconds(60'000));
  std::jthread sender([&] { send(frame(3, 10) + frame(18, 200'000) + frame(3, 8)); });
  for (const std::size_t size : {10u, 200'000u, 8u}) {
    const auto next = reader_->next();
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(next->size(), size);
  }
  sender.join();
  client_.shut_down();
  EXPECT_EQ(reader_->next()->size(), 0u);
}

TEST_F(FrameReading, refuses_impossible_sizes_by_what_the_api_may_need) {
  for (const auto& [key, size] : {std::pair{3, -1}, {3, 0}, {3, 7}, {3, (8 << 20) + 1}, {0, (100 << 20) + 1}}) {
    use(milliseconds(60'000));
    std::string text = frame(static_cast<std::int16_t>(key), 8).substr(0, 6);
    store_big_endian(reinterpret_cast<std::byte*>(text.data()), size);
    send(text);
    EXPECT_EQ(reader_->next().error().code, ErrorCode::corrupt) << size;
  }
}

TEST_F(FrameReading, half_a_request_times_out_while_an_idle_connection_may_wait_longer) {
  use(milliseconds(20), milliseconds(200));
  send(frame(3, 100).substr(0, 50));
  EXPECT_EQ(reader_->next().error().code, ErrorCode::timeout);
  use(milliseconds(20), milliseconds(60'000));
  std::thread late([&] {
    std::this_thread::sleep_for(milliseconds(100));
    send(frame(3, 8));
  });
  EXPECT_EQ(reader_->next()->size(), 8u);
  late.join();
  use(milliseconds(20), milliseconds(50));
  EXPECT_EQ(reader_->next()->size(), 0u);
}

TEST_F(FrameReading, long_requests_take_their_memory_from_all_and_an_idle_connection_gives_it_back) {
  use(milliseconds(60'000), milliseconds(300));
  ASSERT_TRUE(memory_.take((1 << 20) - 1000, {}));
  std::thread sender([&] { send(frame(3, 60'000)); });
  EXPECT_EQ(reader_->next()->size(), 60'000u) << "what every connection may have";
  sender.join();
  memory_.give_back((1 << 20) - 1000);
  sender = std::thread([&] { send(frame(3, 900'000)); });
  EXPECT_EQ(reader_->next()->size(), 900'000u);
  sender.join();
  EXPECT_FALSE(memory_.take(1 << 20, {}));
  socket_.set_timeout(milliseconds(20), milliseconds(20));
  EXPECT_EQ(reader_->next()->size(), 0u) << "idle";
  EXPECT_TRUE(memory_.take(1 << 20, {}));
}

}  // namespace
}  // namespace tickerlake::broker
