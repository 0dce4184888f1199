#include "services/broker/dispatch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace tickerlake::broker {
namespace {

TEST(Dispatch, every_api_is_found_by_its_key_and_others_are_not) {
  for (const Route& route : routes()) EXPECT_EQ(find_route(route.api.key), &route);
  EXPECT_EQ(find_route(4), nullptr);
  EXPECT_EQ(find_route(-1), nullptr);
}

TEST(Dispatch, the_documentation_lists_exactly_the_apis_and_versions_of_the_table) {
  std::ifstream file(TICKERLAKE_SOURCE_DIR "/docs/compatibility/kafka.md");
  std::vector<std::string> documented, real;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ") || line.starts_with("| key")) continue;
    std::size_t end = 0;
    for (int bars = 0; bars < 4; ++bars) end = line.find('|', bars == 0 ? 0 : end + 1);
    documented.push_back(line.substr(0, end + 1));
  }
  for (const Route& route : routes()) {
    real.push_back("| " + std::to_string(route.api.key) + " | " + route.api.name + " | " +
                   std::to_string(route.api.versions.first) + "–" + std::to_string(route.api.versions.last) + " |");
  }
  EXPECT_EQ(documented, real);
}

}  // namespace
}  // namespace tickerlake::broker
