#include "kafka/client/consumer.h"

#include "kafka/client/batch_consumer.h"
#include "kafka/client/rdkafka_consumer.h"
#include "kafka/client/rdkafka_messages.h"

namespace tickerlake::kafka {

std::optional<std::string_view> FetchedRecord::header(const char* name) const {
  return message != nullptr ? rdkafka_header(message, name) : find_header(headers, name);
}

std::vector<HeaderView> FetchedRecord::all_headers() const {
  return message != nullptr ? rdkafka_headers(message) : list_headers(headers);
}

Result<std::unique_ptr<Consumer>> Consumer::create(const ClientSettings& settings, const std::string& group,
                                                   const Log& log) {
  return settings.batch_clients_suffice() ? BatchConsumer::create(settings, group, log)
                                          : RdkafkaConsumer::create(settings, group, log);
}

}  // namespace tickerlake::kafka
