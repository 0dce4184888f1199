#include "pipeline/sink/s3_lake.h"

#include "aws/s3_client.h"
#include "http/client.h"

namespace tickerlake::pipeline {
namespace {

class S3Lake final : public LakeStore {
 public:
  S3Lake(aws::ServiceAccess access, http::ClientOptions http, std::string bucket, LakeUse use)
      : access_(std::move(access)),
        bucket_(std::move(bucket)),
        use_(use),
        http_(std::move(http)),
        client_(http_, access_) {}

  Result<void> prepare(const Log& log) {
    auto page = client_.list({.bucket = bucket_, .max_keys = 1});
    if (!page && (page.error().code != ErrorCode::not_found || use_ == LakeUse::read))
      return std::unexpected(std::move(page).error().within("s3://" + bucket_));
    if (!page) {
      log.info("making bucket {}", bucket_);
      auto made = client_.create_bucket(bucket_);
      if (!made) return std::unexpected(std::move(made).error().within("making bucket " + bucket_));
    }
    if (use_ == LakeUse::write) return try_condition();
    if (use_ == LakeUse::write_without_condition)
      log.warning(
          "s3://{} is written without conditional PUT: only one sink at a time may write a topic's rows there "
          "(docs/delivery.md)",
          bucket_);
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
    const bool conditional = use_ != LakeUse::write_without_condition;
    if (!conditional) {
      TRY(const bool there, exists(key));
      if (there) return fail(ErrorCode::already_exists, "s3://" + bucket_ + "/" + std::string(key) + " is there");
    }
    CHECK(client_.put(bucket_, key, bytes, {.content_type = std::string(content_type), .if_none_match = conditional}));
    return {};
  }

 private:
  /// The same object twice: the second PUT must fail, and the first, too, in every later run.
  Result<void> try_condition() {
    constexpr std::string_view key = "_tickerlake/conditional-put",
                               bytes = "The sink tries conditional PUT with this.\n";
    constexpr int most_attempts = 5;  // an answer that was lost, or another sink that tries it now
    int stored = 0;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      const auto put = client_.put(bucket_, key, bytes, {.content_type = "text/plain", .if_none_match = true});
      if (!put && put.error().code == ErrorCode::already_exists) return {};
      if (!put && put.error().code == ErrorCode::unsupported) break;
      const bool passes = !put && (put.error().code == ErrorCode::conflict || put.error().code == ErrorCode::timeout ||
                                   put.error().code == ErrorCode::unavailable);
      if (!put && (!passes || attempt + 1 == most_attempts)) return std::unexpected(put.error());
      if (put && ++stored == 2) break;
    }
    return fail(ErrorCode::unsupported,
                "the store of s3://" + bucket_ +
                    " has no conditional PUT (it ignores If-None-Match), without which no row can be promised to be "
                    "there once. --without-conditional-put goes on with a weaker promise (docs/delivery.md)");
  }

  const aws::ServiceAccess access_;
  const std::string bucket_;
  const LakeUse use_;
  http::Client http_;
  aws::S3Client client_;
};

}  // namespace

Result<std::unique_ptr<LakeStore>> open_s3_lake(aws::ServiceAccess access, http::ClientOptions http, std::string bucket,
                                                LakeUse use, const Log& log) {
  auto lake = std::make_unique<S3Lake>(std::move(access), std::move(http), std::move(bucket), use);
  CHECK(lake->prepare(log));
  return lake;
}

}  // namespace tickerlake::pipeline
