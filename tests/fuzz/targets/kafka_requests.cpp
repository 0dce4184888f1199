// A frame as the broker gets it: header, then the body of whichever request and version the header names. What is read
// must be written back so that it reads the same.
#include "kafka/wire/requests.h"
#include "target.h"

namespace tickerlake::fuzz {
namespace {

template <class Request>
void check(ByteView body, std::int16_t version) {
  const auto request = kafka::decode<Request>(body, version);
  if (!request) return;
  const Buffer bytes = kafka::encode_request(version, 1, *request).bytes;
  ByteView body_again;
  require(kafka::parse_request_header(bytes, body_again).has_value(), "our own header is read");
  const auto again = kafka::decode<Request>(body_again, version);
  require(again.has_value(), "what was written is read");
  require(kafka::encode_request(version, 1, *again).bytes == bytes, "it reads as what was written");
}

template <class... Request>
void check_one_of(kafka::RequestList<Request...>, const kafka::RequestHeader& header, ByteView body) {
  const auto check_if = [&]<class One>() {
    if (One::api.key == header.api_key && One::api.versions.contains(header.api_version)) {
      check<One>(body, header.api_version);
    }
  };
  (check_if.template operator()<Request>(), ...);
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  ByteView body;
  const auto header = kafka::parse_request_header(fuzz::as_input(data, size), body);
  if (header) fuzz::check_one_of(kafka::AllRequests(), *header, body);
  return 0;
}
