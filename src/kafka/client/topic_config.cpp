#include "kafka/client/topic_config.h"

#include "kafka/client/admin_request.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;

class ConfigReader : public Client {
 public:
  static Result<ConfigReader> create(const ClientSettings& settings, const Log& log) {
    TRY(Client client, Client::create(Kind::producer, settings, {}, {}, log));
    return ConfigReader(std::move(client));
  }

  Result<std::optional<std::string>> read(const std::string& topic, const std::string& name, milliseconds timeout) {
    const admin::Handle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> wanted(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    const std::string what = "asking for the settings of topic " + topic;
    rd_kafka_ConfigResource_t* list[] = {wanted.get()};
    TRY(const admin::Event event,
        admin::ask(handle_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, what, [&](const auto* options, auto* queue) {
          rd_kafka_DescribeConfigs(handle_, list, 1, options, queue);
        }));
    std::size_t count = 0;
    const auto** found =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1) return fail(ErrorCode::corrupt, what + ": no answer for it");
    const auto code = rd_kafka_ConfigResource_error(found[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(to_error(code, what));
    const auto** entries = rd_kafka_ConfigResource_configs(found[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
      const char* value = rd_kafka_ConfigEntry_value(entries[i]);
      if (name == rd_kafka_ConfigEntry_name(entries[i]) && value != nullptr) return std::string(value);
    }
    return std::nullopt;
  }

 private:
  explicit ConfigReader(Client&& client) : Client(std::move(client)) {}
};

}  // namespace

Result<std::optional<std::string>> topic_config(const ClientSettings& settings, const std::string& topic,
                                                const std::string& name, milliseconds timeout, const Log& log) {
  TRY(auto reader, ConfigReader::create(settings, log));
  return reader.read(topic, name, timeout);
}

}  // namespace tickerlake::kafka
