#include "app/data_dir.h"

#include <boost/json.hpp>
#include <cstdlib>

namespace tickerlake::app {

io::Path default_data_dir() {
  if (const char* set = std::getenv("TICKERLAKE_DATA"); set != nullptr && *set != '\0') return set;
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0')
    return io::Path(xdg) / "tickerlake";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return io::Path(home) / ".local" / "share" / "tickerlake";
  }
  return "tickerlake-data";
}

Result<void> save_endpoints(const io::Path& data, const Endpoints& endpoints) {
  const boost::json::object object{{"kafka", endpoints.kafka.text()},
                                   {"aws", endpoints.aws.text()},
                                   {"web", endpoints.web.text()},
                                   {"registry", endpoints.registry.text()}};
  return io::write_file_atomically(data / "endpoints.json", boost::json::serialize(object) + "\n");
}

Result<Endpoints> load_endpoints(const io::Path& data) {
  const io::Path path = data / "endpoints.json";
  auto text = io::read_file(path);
  if (!text) return fail(ErrorCode::not_found, "no server has run in " + data.string() + " (tickerlake up starts one)");
  boost::system::error_code error;
  const auto value = boost::json::parse(*text, error);
  const auto* object = error ? nullptr : value.if_object();
  Endpoints endpoints;
  for (auto [name, endpoint] : {std::pair{"kafka", &endpoints.kafka}, std::pair{"aws", &endpoints.aws},
                                std::pair{"web", &endpoints.web}, std::pair{"registry", &endpoints.registry}}) {
    const auto* member = object == nullptr ? nullptr : object->if_contains(name);
    if (member == nullptr || !member->is_string()) {
      return fail(ErrorCode::corrupt, path.string() + " has no address \"" + name + "\"");
    }
    TRY(*endpoint, io::Endpoint::parse(member->as_string()));
  }
  return endpoints;
}

}  // namespace tickerlake::app
