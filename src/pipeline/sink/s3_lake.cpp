#include "pipeline/sink/s3_lake.h"

#include "aws/s3_client.h"
#include "http/client.h"

namespace tickerlake::pipeline {
namespace {

class S3Lake final : public LakeStore {
 public:
  S3Lake(aws::ServiceAccess access, std::string bucket)
      : access_(std::move(access)), bucket_(std::move(bucket)), client_(http_, access_) {}

  Result<void> prepare(const Log& log) {
    auto page = client_.list({.bucket = bucket_, .max_keys = 1});
    if (page) return {};
    if (page.error().code != ErrorCode::not_found)
      return std::unexpected(std::move(page).error().within("s3://" + bucket_));
    log.info("making bucket {}", bucket_);
    auto made = client_.create_bucket(bucket_);
    if (!made) return std::unexpected(std::move(made).error().within("making bucket " + bucket_));
    return {};
  }

  Result<std::vector<std::string>> list(std::string_view prefix) override {
    std::vector<std::string> keys;
    CHECK(client_.list_all({.bucket = bucket_, .prefix = std::string(prefix)}, [&](const aws::ObjectSummary& object) {
      keys.push_back(object.key);
      return true;
    }));
    for (const auto& key : keys)
      if (!key.starts_with(prefix))
        return fail(ErrorCode::corrupt, "the store listed " + key + " when it was asked for " + std::string(prefix));
    return keys;
  }

  Result<std::string> get(std::string_view key) override { return client_.get(bucket_, key); }

  Result<bool> exists(std::string_view key) override {
    auto found = client_.head(bucket_, key);
    if (found) return true;
    if (found.error().code == ErrorCode::not_found) return false;
    return std::unexpected(std::move(found).error());
  }

  Result<void> put_new(std::string_view key, std::string_view content_type, std::string_view bytes) override {
    CHECK(client_.put(bucket_, key, bytes, {.content_type = std::string(content_type), .if_none_match = true}));
    return {};
  }

 private:
  const aws::ServiceAccess access_;
  const std::string bucket_;
  http::Client http_;
  aws::S3Client client_;
};

}  // namespace

Result<std::unique_ptr<LakeStore>> open_s3_lake(aws::ServiceAccess access, std::string bucket, const Log& log) {
  auto lake = std::make_unique<S3Lake>(std::move(access), std::move(bucket));
  CHECK(lake->prepare(log));
  return lake;
}

}  // namespace tickerlake::pipeline
