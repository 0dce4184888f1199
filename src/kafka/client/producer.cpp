#include "kafka/client/producer.h"

#include <charconv>

#include "kafka/client/batch_producer.h"
#include "kafka/client/rdkafka_producer.h"

namespace tickerlake::kafka {
namespace {

/// Ours, overruled by the properties.
Result<Producer::Tuning> tuned(const ClientSettings& settings, Producer::Tuning tuning) {
  const auto number = [&](std::string_view name, std::int64_t most, auto set) -> Result<void> {
    const std::string* text = settings.property(name);
    if (text == nullptr) return {};
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < 0 || value > most)
      return fail(ErrorCode::invalid_argument, "Kafka property " + std::string(name) + "=" + *text +
                                                   ": give a number up to " + std::to_string(most));
    set(value);
    return {};
  };
  constexpr std::int64_t most_linger_ms = 900'000, most_batch = 16 << 20;
  const auto set_linger = [&](std::int64_t ms) { tuning.linger = std::chrono::milliseconds(ms); };
  CHECK(number("queue.buffering.max.ms", most_linger_ms, set_linger));
  CHECK(number("linger.ms", most_linger_ms, set_linger));
  CHECK(number("batch.size", most_batch, [&](std::int64_t size) { tuning.batch_bytes = static_cast<int>(size); }));
  for (const char* name : {"compression.type", "compression.codec"})
    if (const std::string* codec = settings.property(name)) tuning.compression = *codec;
  return tuning;
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::create(const ClientSettings& settings, const std::string& topic,
                                                   const Tuning& tuning, const Log& log) {
  if (!settings.batch_clients_suffice()) return RdkafkaProducer::create(settings, topic, tuning, log);
  TRY(const Tuning with_properties, tuned(settings, tuning));
  return BatchProducer::create(settings, topic, with_properties, log);
}

}  // namespace tickerlake::kafka
