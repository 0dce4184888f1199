#include "http/client.h"

#include <vector>

#include "base/mutex.h"
#include "base/panic.h"
#include "http/curl.h"

namespace tickerlake::http {
namespace {

constexpr std::chrono::milliseconds connect_timeout{10'000};
constexpr std::size_t max_idle_handles = 64;
constexpr std::size_t max_response_head_bytes = 256 * 1024;

struct HeaderList {
  const Curl& curl;
  curl_slist* first = nullptr;
  explicit HeaderList(const Curl& loaded) : curl(loaded) {}
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl.slist_free_all(first); }
  void add(const std::string& line) {
    curl_slist* longer = curl.slist_append(first, line.c_str());
    ensure(longer != nullptr, "there is memory for a header");
    first = longer;
  }
};

/// What the callbacks fill.
struct Exchange {
  ClientResponse response;
  std::int64_t max_bytes = 0;
  std::size_t head_bytes = 0;
  bool too_long = false;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  const std::size_t n = size * count;
  if (static_cast<std::int64_t>(exchange.response.body.size() + n) > exchange.max_bytes) {
    exchange.too_long = true;
    return 0;
  }
  exchange.response.body.append(data, n);
  return n;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  const std::size_t n = size * count;
  std::string_view line(data, n);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    // "100 Continue" comes before the head that counts.
    exchange.response.headers = {};
    return n;
  }
  exchange.head_bytes += n;
  if (exchange.head_bytes > max_response_head_bytes) {
    exchange.too_long = true;
    return 0;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return n;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  exchange.response.headers.add(line.substr(0, colon), value);
  return n;
}

/// This machine, and the link-local addresses at which clouds answer for it: no proxy can know them.
bool is_local(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view host = url.substr(scheme + 3);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]") ||
         host.starts_with("169.254.") || host.starts_with("[fd00:ec2::");
}

ErrorCode code_of(CURLcode status) {
  switch (status) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return ErrorCode::unavailable;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CACERT_BADFILE:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::io;
  }
}

void set_up(const Curl& curl, CURL* handle, const ClientOptions& options, const ClientRequest& request,
            Exchange& exchange, HeaderList& headers, char* error_text) {
  curl.easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl.easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);  // "a/../b" is a key like any other
  curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (request.stall_timeout.count() > 0) {
    curl.easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes a second
    curl.easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
  }
  if (!options.ca_bundle.empty()) curl.easy_setopt(handle, CURLOPT_CAINFO, options.ca_bundle.c_str());
  curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, error_text);
  curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl.easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl.easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  if (is_local(request.url)) curl.easy_setopt(handle, CURLOPT_PROXY, "");  // whatever the environment says

  if (request.method == "HEAD") {
    curl.easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else {
    curl.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (!request.body.empty() || request.method == "PUT" || request.method == "POST") {
      curl.easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
      curl.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
  }
  // An empty name is how libcurl's own additions are switched off.
  if (!request.headers.contains("Expect")) headers.add("Expect:");
  if (!request.headers.contains("Content-Type")) headers.add("Content-Type:");
  if (!request.headers.contains("Accept")) headers.add("Accept:");
  for (const auto& [name, value] : request.headers.fields()) {
    headers.add(value.empty() ? name + ";" : name + ": " + value);
  }
  curl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers.first);
}

}  // namespace

using Handle = std::unique_ptr<CURL, decltype(Curl::easy_cleanup)>;

/// Handles keep their connections; one is used by one exchange at a time.
struct Client::Pool {
  Mutex mutex;
  std::vector<Handle> idle TL_GUARDED_BY(mutex);

  Handle take(const Curl& curl) {
    {
      MutexLock lock(mutex);
      if (!idle.empty()) {
        Handle handle = std::move(idle.back());
        idle.pop_back();
        return handle;
      }
    }
    Handle handle(curl.easy_init(), curl.easy_cleanup);
    ensure(handle != nullptr, "libcurl makes a handle");
    return handle;
  }
  void give_back(const Curl& curl, Handle handle) {
    curl.easy_reset(handle.get());  // forgets the request, keeps the connection
    MutexLock lock(mutex);
    if (idle.size() < max_idle_handles) idle.push_back(std::move(handle));
  }
};

Client::Client(ClientOptions options) : options_(std::move(options)), pool_(std::make_unique<Pool>()) {}
Client::~Client() = default;

Result<ClientResponse> Client::send(const ClientRequest& request) {
  TRY(const Curl* const curl, load_curl());
  Exchange exchange;
  exchange.max_bytes = request.max_response_bytes;
  HeaderList headers(*curl);
  char error_text[CURL_ERROR_SIZE] = "";
  Handle handle = pool_->take(*curl);
  set_up(*curl, handle.get(), options_, request, exchange, headers, error_text);
  const CURLcode status = curl->easy_perform(handle.get());
  long http_status = 0;
  curl->easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &http_status);
  pool_->give_back(*curl, std::move(handle));
  if (exchange.too_long) {
    return fail(ErrorCode::exhausted,
                request.url + " answers with more than " + std::to_string(exchange.max_bytes) + " bytes");
  }
  if (status != CURLE_OK) {
    const std::string_view place = std::string_view(request.url).substr(0, request.url.find('?'));
    return fail(code_of(status),
                std::string(place) + ": " + (error_text[0] != '\0' ? error_text : curl->easy_strerror(status)));
  }
  exchange.response.status = static_cast<int>(http_status);
  return std::move(exchange.response);
}

}  // namespace tickerlake::http
