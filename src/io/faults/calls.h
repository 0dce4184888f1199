#pragma once
#include <sys/types.h>

#include <string>

#include "io/faults/config.h"
#include "io/faults/disk.h"

namespace faults {

/// Everything that this library knows; one for the process, made by the first call.
struct State {
  Disk disk;
  Config config;             // protected by disk.mutex
  std::uint64_t random = 0;  // protected by disk.mutex
};
State& state();

/// False until the library is set up: then calls go to the system as they are.
bool is_ready();

/// What was not synced is lost, and the process ends.
[[noreturn]] void cut_power();

}  // namespace faults
