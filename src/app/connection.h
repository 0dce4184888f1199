#pragma once
// How a client command finds its servers: flags, then the environment, then the server of a data folder.
#include <string>
#include <string_view>

#include "app/commands/commands.h"
#include "aws/config.h"
#include "base/result.h"
#include "kafka/client/admin.h"
#include "kafka/client/settings.h"

namespace tickerlake::app {

/// ErrorCode::invalid_argument for a property without '='; errors of kafka::read_settings_file.
Result<kafka::ClientSettings> kafka_settings(const KafkaOptions& options);

/// How many partitions a topic has. Unlike a client that merely begins to use a topic it never makes one. Errors:
/// not_found, and those of kafka::Client.
Result<int> partitions_of(kafka::Admin& admin, const std::string& topic);

/// How S3, Glue and Athena are reached: flags, the AWS SDKs' variables and profiles, else the server of the data
/// folder.
Result<aws::ClientConfig> aws_config(const io::Path& data, const AwsOptions& options);

struct S3Url {
  std::string bucket, prefix;  // prefix without slashes at its ends
};
/// "s3://BUCKET/PREFIX"; ErrorCode::invalid_argument for anything else.
Result<S3Url> parse_s3_url(std::string_view text);

/// "500ms", "5s", "2m", "1h".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Days since 1970 of a flag's "yyyy-mm-dd"; nothing when the flag was not given.
Result<std::optional<std::int32_t>> parse_day_flag(std::string_view flag, std::string_view text);

}  // namespace tickerlake::app
