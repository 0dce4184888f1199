#pragma once
// Bugs and lost promises end the process with a message; they are never returned.
#include <source_location>
#include <string_view>

namespace tickerlake {

/// Prints the message with its place on stderr and aborts. For broken invariants, and for a failed fsync.
[[noreturn]] void panic(std::string_view message, std::source_location where = std::source_location::current());

/// A statement about the program itself, checked in every build.
inline void ensure(bool holds, std::string_view statement,
                   std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    panic(statement, where);
}

}  // namespace tickerlake
