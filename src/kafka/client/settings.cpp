#include "kafka/client/settings.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace tickerlake::kafka {
namespace {

constexpr std::array<std::string_view, 5> understood = {"compression.codec", "compression.type", "linger.ms",
                                                        "queue.buffering.max.ms", "batch.size"};

bool is_same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

const std::string* ClientSettings::property(std::string_view name) const {
  for (auto at = properties.rbegin(); at != properties.rend(); ++at)
    if (at->first == name) return &at->second;
  return nullptr;
}

bool ClientSettings::batch_clients_suffice() const {
  return std::ranges::all_of(properties, [](const auto& property) {
    const auto& [name, value] = property;
    return (name == "security.protocol" && is_same(value, "plaintext")) ||
           std::ranges::find(understood, name) != understood.end();
  });
}

}  // namespace tickerlake::kafka
