#pragma once
// Private to this folder: libcurl's functions, loaded with the first client. A server needs none, and libcurl brings
// twenty libraries along: linked they make half of a start's time.
#include <curl/curl.h>

#include "base/result.h"

namespace tickerlake::http {

// Every function that is used; Curl has a pointer of that name (without "curl_") for each.
#define TL_CURL_FUNCTIONS(X)                                                                                    \
  X(global_init)                                                                                                \
  X(easy_init)                                                                                                  \
  X(easy_reset) X(easy_cleanup) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_strerror) X(slist_append) \
      X(slist_free_all)

struct Curl {
#define TL_CURL_POINTER(name) decltype(&::curl_##name) name = nullptr;
  TL_CURL_FUNCTIONS(TL_CURL_POINTER)
#undef TL_CURL_POINTER
};

/// The library, which then stays in the process. ErrorCode::unavailable where it is not installed.
Result<const Curl*> load_curl();

}  // namespace tickerlake::http
