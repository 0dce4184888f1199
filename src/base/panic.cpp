#include "base/panic.h"

#include <cstdio>
#include <cstdlib>

namespace tickerlake {

void panic(std::string_view message, std::source_location where) {
  std::fprintf(stderr, "tickerlake: fatal: %.*s (%s:%u)\n", static_cast<int>(message.size()), message.data(),
               where.file_name(), where.line());
  std::abort();
}

}  // namespace tickerlake
