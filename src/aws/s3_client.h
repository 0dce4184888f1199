#pragma once
// S3 as a client sees it: what the pipeline and the dashboard need of an object store, over signed HTTP.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/endpoint.h"
#include "base/mutex.h"
#include "base/time.h"
#include "http/client.h"

namespace tickerlake::aws {

struct PutOptions {
  std::string content_type = "application/octet-stream";
  bool if_none_match = false;  // only if there is no object of that key
};

struct ObjectSummary {
  std::string key;
  std::int64_t size = 0;
  std::string etag;  // without quotes
  std::string last_modified;
};

struct ListPage {
  std::vector<ObjectSummary> objects;
  std::vector<std::string> common_prefixes;
  std::string next_token;  // empty on the last page
};

struct ListRequest {
  std::string bucket;
  std::string prefix = {};
  std::string delimiter = {};
  std::string start_after = {};
  std::string token = {};  // of the page before
  int max_keys = 1000;
};

/// Thread-safe. Bodies carry a CRC-32 both ways, as the AWS SDKs' do; one that does not hold is corrupt. A bucket of
/// another region of AWS is found there, and remembered. Errors of all: not_found (bucket or key), unauthorized,
/// invalid_argument, unavailable and timeout (tried several times; whether it happened is unknown), corrupt (an answer
/// that makes no sense).
class S3Client {
 public:
  /// Both must outlive the client.
  S3Client(http::Client& http, const ServiceAccess& access) : http_(http), access_(access) {}

  /// The ETag, without quotes. Also already_exists (412: if_none_match did not hold), conflict (409: another writer is
  /// at it, try again). With if_none_match a request whose outcome is unknown is not repeated: it could fail by itself.
  Result<std::string> put(std::string_view bucket, std::string_view key, std::string_view bytes,
                          const PutOptions& options = {});
  Result<std::string> get(std::string_view bucket, std::string_view key);
  /// Bytes first to last of the object, both included; fewer when it is shorter.
  Result<std::string> get_range(std::string_view bucket, std::string_view key, std::int64_t first, std::int64_t last);
  Result<ObjectSummary> head(std::string_view bucket, std::string_view key);
  /// Removing what is not there is no error.
  Result<void> remove(std::string_view bucket, std::string_view key);
  Result<ListPage> list(const ListRequest& request);
  /// All pages, one object after the other, until visit returns false.
  Result<void> list_all(ListRequest request, const std::function<bool(const ObjectSummary&)>& visit);
  /// Having it already is no error; somebody else's is already_exists.
  Result<void> create_bucket(std::string_view bucket);
  Result<std::vector<std::string>> list_buckets();

 private:
  struct Call;
  Result<http::ClientResponse> send(const Call& call);
  Result<http::ClientResponse> send_to(const Call& call, const Target& target);
  std::string region_of(std::string_view bucket);

  http::Client& http_;
  const ServiceAccess& access_;
  Mutex mutex_;
  /// Of buckets that are not in the region that the access names.
  std::map<std::string, std::string, std::less<>> regions_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::aws
