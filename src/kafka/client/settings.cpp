#include "kafka/client/settings.h"

#include <algorithm>
#include <array>

#include "kafka/client/security.h"

namespace tickerlake::kafka {
namespace {

constexpr std::array<std::string_view, 5> understood = {"compression.codec", "compression.type", "linger.ms",
                                                        "queue.buffering.max.ms", "batch.size"};

}  // namespace

const std::string* ClientSettings::property(std::string_view name) const {
  for (auto at = properties.rbegin(); at != properties.rend(); ++at)
    if (at->first == name) return &at->second;
  return nullptr;
}

bool ClientSettings::batch_clients_suffice() const {
  return ClientSecurity::suffices(*this) && std::ranges::all_of(properties, [](const auto& property) {
           return ClientSecurity::knows(property.first) ||
                  std::ranges::find(understood, property.first) != understood.end();
         });
}

}  // namespace tickerlake::kafka
