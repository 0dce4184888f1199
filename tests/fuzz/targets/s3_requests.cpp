// Requests as the S3 service gets them behind the signature check, against a real store: targets, headers, XML bodies.
// Every one is answered, once, and never with an internal error. A line "----" parts them.
#include <pugixml.hpp>

#include "http_input.h"
#include "services/s3/api/range.h"
#include "services/s3/service.h"

namespace tickerlake::s3 {
namespace {

using fuzz::require;

/// A store with a bucket and an object, in a folder of its own; made once, since that takes longer than a request.
struct World {
  World() : store(*Store::open(folder.path() / "s3", Log())), service(*store, Log()) {
    call("PUT /lake HTTP/1.1\r\nHost: localhost\r\n\r\n");
    reset();
  }
  /// What requests change, as far as others look at it.
  void reset() { call("PUT /lake/year%3D2016/a.parquet HTTP/1.1\r\nHost: localhost\r\n\r\n0123456789"); }

  void call(std::string_view text) {
    auto parsed = fuzz::parse_request(text);
    if (!parsed) return;
    fuzz::KeptResponse response;
    service.handle({.access_key = "AKIA", .account_id = "123456789012", .region = "us-east-1"}, parsed->request,
                   response);
    require(response.answers == 1, "a request is answered once");
    require(response.status >= 200 && response.status < 600 && response.status != 500, "there is no internal error");
    const auto type = response.headers.find("Content-Type");
    if (type == "application/xml" && !response.body.empty() && response.body.starts_with("<?xml")) {
      require(static_cast<bool>(pugi::xml_document().load_buffer(response.body.data(), response.body.size())),
              "an XML answer can be parsed");
    }
  }

  io::TemporaryDirectory folder;
  std::unique_ptr<Store> store;
  Service service;
};

void check_range(std::string_view text) {
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{1}, std::int64_t{10}, INT64_MAX}) {
    const auto range = parse_range(text, size);
    if (!range || !*range) continue;
    require((**range).first >= 0 && (**range).length > 0 && (**range).length <= size - (**range).first,
            "a range lies within the object");
  }
}

}  // namespace
}  // namespace tickerlake::s3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::s3;
  // Never destroyed: at the end of the process libraries it needs may be gone already.
  static auto& worlds = *new tickerlake::fuzz::Renewed<World>;
  World& world = worlds.use();
  constexpr std::string_view parting = "\n----\n";
  std::string_view text = tickerlake::as_text(tickerlake::fuzz::as_input(data, size));
  for (int requests = 0; requests < 5 && !text.empty(); ++requests) {
    const std::size_t end = std::min(text.find(parting), text.size());
    world.call(text.substr(0, end));
    text.remove_prefix(std::min(end + parting.size(), text.size()));
  }
  if (const auto range = text.find("bytes="); range != std::string_view::npos) check_range(text.substr(range));
  world.reset();
  return 0;
}
