#pragma once
// Named places where tests may end the process, as a power failure or `kill -9` would.
//
// The program that is tested is the one that ships: a point is a call of a function that nobody defines, unless the
// tests' library is preloaded (src/io/faults/, docs/reliability.md). Without it a point costs one branch not taken.

/// Defined by libtickerlake_faults.so alone; a null pointer elsewhere.
extern "C" __attribute__((weak)) void tickerlake_fault_point(const char* name);

namespace tickerlake::io {

/// Names read <part>.<what>.<before|after>, e.g. "broker.log.append.before". The harness (tests/crash) takes the list
/// of them from the sources, so the name must be a literal.
inline void fault_point(const char* name) {
  if (tickerlake_fault_point != nullptr) [[unlikely]]
    tickerlake_fault_point(name);
}

}  // namespace tickerlake::io
