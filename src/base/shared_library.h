#pragma once
// A library that is loaded when it is first needed. It stays in the process, as its threads and its thread-local state
// must never lose their code.
#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"

namespace tickerlake {

class SharedLibrary {
 public:
  /// The first of the candidates that can be loaded. ErrorCode::unavailable says of each why it can't; name: what
  /// people call the library.
  static Result<SharedLibrary> load(std::string name, std::span<const std::filesystem::path> candidates);

  /// Points `function` to the library's function of that name. ErrorCode::unavailable when it has none.
  template <class Function>
  Result<void> find(const char* symbol, Function*& function) const {
    TRY(void* const address, address_of(symbol));
    function = reinterpret_cast<Function*>(address);  // NOLINT: how POSIX gives functions
    return {};
  }

 private:
  SharedLibrary(std::string name, void* handle) : name_(std::move(name)), handle_(handle) {}
  Result<void*> address_of(const char* symbol) const;

  std::string name_;
  void* handle_;
};

}  // namespace tickerlake
