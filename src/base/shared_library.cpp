#include "base/shared_library.h"

#include <dlfcn.h>

namespace tickerlake {

Result<SharedLibrary> SharedLibrary::load(std::string name, std::span<const std::filesystem::path> candidates) {
  std::string tried;
  for (const auto& candidate : candidates) {
    void* handle = dlopen(candidate.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (handle != nullptr) return SharedLibrary(std::move(name), handle);
    const char* reason = dlerror();
    tried += "\n  " + (reason != nullptr ? std::string(reason) : candidate.string());
  }
  return fail(ErrorCode::unavailable, name + " cannot be loaded:" + tried);
}

Result<void*> SharedLibrary::address_of(const char* symbol) const {
  void* address = dlsym(handle_, symbol);
  if (address == nullptr) return fail(ErrorCode::unavailable, name_ + " has no " + symbol);
  return address;
}

}  // namespace tickerlake
