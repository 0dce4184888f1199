#include "http/curl.h"

#include <array>

#include "base/shared_library.h"

namespace tickerlake::http {
namespace {

Result<Curl> load() {
  const std::array<std::filesystem::path, 1> file{"libcurl.so.4"};  // of every libcurl since 2006
  TRY(const SharedLibrary library, SharedLibrary::load("libcurl", file));
  Curl curl;
#define TL_CURL_FIND(name) CHECK(library.find("curl_" #name, curl.name));
  TL_CURL_FUNCTIONS(TL_CURL_FIND)
#undef TL_CURL_FIND
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return fail(ErrorCode::unavailable, "libcurl does not start");
  return curl;
}

}  // namespace

Result<const Curl*> load_curl() {
  static const Result<Curl> loaded = load();
  if (!loaded) return std::unexpected(loaded.error());
  return &*loaded;
}

}  // namespace tickerlake::http
