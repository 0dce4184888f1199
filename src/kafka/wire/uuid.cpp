#include <algorithm>

#include "base/digest.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

Uuid Uuid::random() {
  Uuid id;
  // Kafka keeps ids whose text starts with a dash out, for they look like options on a command line.
  do {
    const Buffer bytes = random_bytes(id.bytes.size());
    std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    id.bytes[6] = (id.bytes[6] & std::byte{0x0F}) | std::byte{0x40};  // version 4
    id.bytes[8] = (id.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  } while (id.text().starts_with('-'));
  return id;
}

std::string Uuid::text() const {
  std::string text = base64(bytes).substr(0, 22);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace tickerlake::kafka
