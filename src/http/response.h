#pragma once
// The answer to one request, written to its connection.
#include "http/body.h"

namespace tickerlake::http {

class ConnectionResponse final : public Response {
 public:
  ConnectionResponse(io::Socket& socket, const RequestHead& request, const ConnectionBody& body);

  Result<void> send(std::string_view body) override;
  Result<void> send_head(std::optional<std::int64_t> content_length) override;
  Result<void> send_file(const io::File& file, std::int64_t position, std::int64_t length) override;
  Result<void> begin_stream() override;
  Result<void> write(std::string_view part) override;
  Result<void> end_stream() override;
  void close_after() override { closes_ = true; }

  /// Whether a head has been written.
  bool begun() const { return begun_; }
  /// Whether the answer is whole and the connection may carry another one.
  bool keeps_connection() const { return complete_ && !closes_; }

 private:
  /// The head as text; decides whether the connection closes afterwards.
  std::string begin(std::string_view framing);
  Result<void> finish(Result<void> written);

  io::Socket& socket_;
  const ConnectionBody& body_;
  const bool is_head_request_;
  const bool http_1_0_;
  bool closes_;
  bool begun_ = false;
  bool complete_ = false;
};

/// An answer by the server itself, to what is no proper request; the connection closes after it.
Result<void> refuse(io::Socket& socket, int status, std::string_view message);

}  // namespace tickerlake::http
