#include "kafka/client/connection.h"

#include <algorithm>

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A wish to stop is seen this soon.
constexpr milliseconds longest_wait{100};

milliseconds left(const Patience& patience) {
  return std::chrono::ceil<milliseconds>(patience.until - steady_clock::now());
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const io::Endpoint& to, const ClientSecurity& security,
                                                     io::Waiter& waiter, const Patience& patience) {
  TRY(io::Socket socket, io::Socket::connect(to, std::max(left(patience), milliseconds(1))));
  std::unique_ptr<Connection> connection(new Connection(std::move(socket), to.text(), waiter));
  if (security.tls) {
    TRY(connection->stream_, io::TlsStream::connect(*security.tls, connection->socket_, to.host, patience.until));
  } else {
    connection->stream_ = std::make_unique<io::PlainStream>(connection->socket_);
  }
  // The one request that may be sent before versions are known, in the version that every broker speaks.
  constexpr Api api = ApiVersionsRequest::api;
  connection->ranges_ = {{.api_key = api.key, .min_version = 0, .max_version = 0}};
  TRY(auto versions, connection->call(ApiVersionsRequest{}, patience));
  if (versions.error_code != KafkaError::none)
    return fail(ErrorCode::corrupt, to.text() + " does not tell its versions: Kafka error " +
                                        std::to_string(static_cast<int>(versions.error_code)));
  connection->ranges_ = std::move(versions.api_keys);
  if (security.login) CHECK(log_in(*connection, *security.login, patience));
  return connection;
}

Result<std::int16_t> Connection::version_of(const Api& api, std::int16_t most) const {
  const auto range = std::ranges::find(ranges_, api.key, &ApiVersionsResponse::Range::api_key);
  if (range != ranges_.end()) {
    const std::int16_t version = std::min({api.versions.last, most, range->max_version});
    if (version >= std::max(api.versions.first, range->min_version)) return version;
  }
  return fail(ErrorCode::unsupported, peer_ + " speaks no version of " + api.name + " that this program knows");
}

void Connection::enqueue(Frame frame, std::int16_t version) {
  Outgoing& out = outgoing_.emplace_back();
  out.frame = std::move(frame);
  store_big_endian(out.prefix, static_cast<std::int32_t>(out.frame.size()));
  out.parts.push_back(out.prefix);
  std::size_t done = 0;
  for (const auto& splice : out.frame.splices) {
    out.parts.push_back(ByteView(out.frame.bytes).subspan(done, splice.at - done));
    out.parts.push_back(splice.memory);
    done = splice.at;
  }
  out.parts.push_back(ByteView(out.frame.bytes).subspan(done));
  waiting_.push_back({next_correlation_++, version, steady_clock::now()});
}

Result<void> Connection::write_some() {
  if (stream_->has_unsent()) CHECK(stream_->try_write({}));
  while (!outgoing_.empty()) {
    Outgoing& out = outgoing_.front();
    TRY(std::size_t sent, stream_->try_write(std::span(out.parts).subspan(out.first)));
    if (sent == 0) return {};
    while (out.first < out.parts.size() && sent >= out.parts[out.first].size()) sent -= out.parts[out.first++].size();
    if (out.first == out.parts.size()) {
      outgoing_.pop_front();
    } else {
      out.parts[out.first] = out.parts[out.first].subspan(sent);
    }
  }
  return {};
}

Result<std::optional<Answer>> Connection::read_some() {
  while (size_read_ < sizeof size_bytes_) {
    TRY(const std::size_t n, stream_->try_read(MutableBytes(size_bytes_).subspan(size_read_)));
    if (n == 0) return std::nullopt;
    size_read_ += n;
    last_read_ = steady_clock::now();
    if (size_read_ < sizeof size_bytes_) continue;
    const auto size = load_big_endian<std::int32_t>(size_bytes_);
    if (waiting_.empty() || size < 4 || static_cast<std::size_t>(size) > max_answer)
      return fail(ErrorCode::corrupt, peer_ + " sends what is no answer of a Kafka broker");
    reading_.size = static_cast<std::size_t>(size);
    reading_.bytes = std::make_shared_for_overwrite<std::byte[]>(reading_.size);
    read_ = 0;
  }
  while (read_ < reading_.size) {
    TRY(const std::size_t n, stream_->try_read({reading_.bytes.get() + read_, reading_.size - read_}));
    if (n == 0) return std::nullopt;
    read_ += n;
    last_read_ = steady_clock::now();
  }
  const Waiting its = waiting_.front();
  if (load_big_endian<std::int32_t>(reading_.bytes.get()) != its.correlation)
    return fail(ErrorCode::corrupt, peer_ + " answers another request than the one whose turn it is");
  waiting_.pop_front();
  size_read_ = 0;
  reading_.version = its.version;
  return std::exchange(reading_, {});
}

Result<Answer> Connection::wait_for_answer(const Patience& patience) {
  while (true) {
    CHECK(write_some());
    TRY(auto answer, read_some());
    if (answer) return *std::move(answer);
    if (patience.is_cancelled()) return fail(ErrorCode::cancelled, "stopped while waiting for " + peer_);
    const milliseconds rest = left(patience);
    if (rest.count() <= 0) return fail(ErrorCode::timeout, peer_ + " does not answer");
    io::Waiter::Interest interests[] = {{.socket = &socket_, .read = true, .write = wants_to_write()}};
    waiter_.wait(interests, std::min(rest, longest_wait));
  }
}

}  // namespace tickerlake::kafka
