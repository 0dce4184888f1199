#include "kafka/wire/message.h"

namespace tickerlake::kafka {

Result<RequestHeader> parse_request_header(ByteView frame, ByteView& body) {
  RequestHeader header;
  Reader reader(frame, 1, false);  // the client id is never compact
  reader(header.api_key);
  reader(header.api_version);
  reader(header.correlation_id);
  reader(header.client_id);
  body = reader.rest();
  if (reader.failed()) return std::unexpected(reader.finish().error());
  return header;
}

}  // namespace tickerlake::kafka
