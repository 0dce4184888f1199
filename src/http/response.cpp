#include "http/response.h"

#include <array>

#include "base/panic.h"
#include "base/time.h"

namespace tickerlake::http {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 416:
      return "Range Not Satisfiable";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

/// Header values may hold what a client sent percent-encoded: a line break would start another header.
void append_clean(std::string& head, std::string_view text) {
  for (const char c : text) head += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F ? ' ' : c;
}

void append_status_and_date(std::string& head, int status) {
  head += "HTTP/1.1 ";
  head += std::to_string(status);
  head += ' ';
  head += reason(status);
  head += "\r\nDate: ";
  head += http_date(SystemClock().now_ms());
  head += "\r\n";
}

std::string length_field(std::int64_t length) { return "Content-Length: " + std::to_string(length) + "\r\n"; }

}  // namespace

ConnectionResponse::ConnectionResponse(io::Socket& socket, const RequestHead& request, const ConnectionBody& body)
    : socket_(socket),
      body_(body),
      is_head_request_(request.method == "HEAD"),
      http_1_0_(request.http_1_0),
      closes_(!request.keep_alive) {}

std::string ConnectionResponse::begin(std::string_view framing) {
  ensure(!begun_, "a request is answered once");
  begun_ = true;
  if (!body_.worth_draining()) closes_ = true;
  std::string head;
  head.reserve(512);
  append_status_and_date(head, status);
  for (const auto& [name, value] : headers.fields()) {
    append_clean(head, name);
    head += ": ";
    append_clean(head, value);
    head += "\r\n";
  }
  head += framing;
  if (closes_) {
    head += "Connection: close\r\n";
  } else if (http_1_0_) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  return head;
}

Result<void> ConnectionResponse::finish(Result<void> written) {
  complete_ = written.has_value();
  return written;
}

Result<void> ConnectionResponse::send(std::string_view body) {
  if (is_head_request_) return send_head(static_cast<std::int64_t>(body.size()));
  const std::string head = begin(length_field(static_cast<std::int64_t>(body.size())));
  const std::array parts = {as_bytes(head), as_bytes(body)};
  return finish(socket_.write_parts(parts));
}

Result<void> ConnectionResponse::send_head(std::optional<std::int64_t> content_length) {
  // Without a length the peer would wait for a body, unless the status or the method says that there is none.
  if (!content_length && !is_head_request_ && status != 204 && status != 304) content_length = 0;
  if (status == 204) content_length.reset();
  const std::string head = begin(content_length ? length_field(*content_length) : "");
  return finish(socket_.write(as_bytes(head)));
}

Result<void> ConnectionResponse::send_file(const io::File& file, std::int64_t position, std::int64_t length) {
  if (is_head_request_) return send_head(length);
  const std::string head = begin(length_field(length));
  CHECK(socket_.write(as_bytes(head)));
  return finish(socket_.send_file(file, position, length));
}

Result<void> ConnectionResponse::begin_stream() {
  if (http_1_0_) closes_ = true;  // knows no chunks: the end of the connection ends the body
  const std::string head = begin(http_1_0_ ? "" : "Transfer-Encoding: chunked\r\n");
  return socket_.write(as_bytes(head));
}

Result<void> ConnectionResponse::write(std::string_view part) {
  // An empty chunk would be the last one.
  if (part.empty() || is_head_request_) return {};
  if (http_1_0_) return socket_.write(as_bytes(part));
  char size[24];
  const int n = std::snprintf(size, sizeof size, "%zx\r\n", part.size());
  const std::array parts = {as_bytes({size, static_cast<std::size_t>(n)}), as_bytes(part), as_bytes("\r\n")};
  return socket_.write_parts(parts);
}

Result<void> ConnectionResponse::end_stream() {
  return finish(is_head_request_ || http_1_0_ ? Result<void>{} : socket_.write(as_bytes("0\r\n\r\n")));
}

Result<void> refuse(io::Socket& socket, int status, std::string_view message) {
  std::string answer;
  append_status_and_date(answer, status);
  answer += "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n";
  answer += length_field(static_cast<std::int64_t>(message.size()) + 1);
  answer += "\r\n";
  answer += message;
  answer += "\n";
  return socket.write(as_bytes(answer));
}

}  // namespace tickerlake::http
