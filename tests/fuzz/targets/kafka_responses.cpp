// The client's side of the same messages: an API key, a version, then the response's frame.
#include "kafka/wire/requests.h"
#include "target.h"

namespace tickerlake::fuzz {
namespace {

template <class Response>
void check(const kafka::Api& api, ByteView frame, std::int16_t version) {
  std::int32_t correlation = 0;
  const auto response = kafka::decode_response<Response>(api, version, frame, correlation);
  if (!response) return;
  const Buffer bytes = kafka::encode_response(api, version, correlation, *response).bytes;
  const auto again = kafka::decode_response<Response>(api, version, bytes, correlation);
  require(again.has_value(), "what was written is read");
  require(kafka::encode_response(api, version, correlation, *again).bytes == bytes, "it reads as what was written");
}

template <class... Request>
void check_one_of(kafka::RequestList<Request...>, std::int16_t key, std::int16_t version, ByteView frame) {
  const auto check_if = [&]<class One>() {
    if (One::api.key == key && One::api.versions.contains(version)) {
      check<typename One::Response>(One::api, frame, version);
    }
  };
  (check_if.template operator()<Request>(), ...);
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  fuzz::Input input(data, size);
  const auto key = input.integer<std::int16_t>();
  const auto version = input.integer<std::int16_t>();
  fuzz::check_one_of(kafka::AllRequests(), key, version, input.rest());
  return 0;
}
