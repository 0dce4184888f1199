#pragma once
// The producer that builds whole batches from the caller's fields and sends them as they are.
#include "kafka/client/batch_sender.h"
#include "kafka/client/producer.h"

namespace tickerlake::kafka {

class BatchProducer final : public Producer {
 public:
  /// Errors: not_found (no such topic), unavailable, unauthorized, invalid_argument.
  static Result<std::unique_ptr<Producer>> create(const ClientSettings& settings, const std::string& topic,
                                                  const Tuning& tuning, const Log& log);

  Result<bool> produce(std::int32_t partition, const std::optional<std::string_view>& key,
                       const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                       std::span<const Header> headers) override;
  Result<void> poll(std::chrono::milliseconds timeout) override;
  Result<bool> flush(std::chrono::milliseconds timeout) override;
  std::int64_t in_queue() const override;

 private:
  struct Open {
    std::unique_ptr<BatchWriter> writer;  // null while the partition has no record that was not handed over
    SteadyTime since{};
  };
  BatchProducer(std::unique_ptr<Cluster> cluster, std::unique_ptr<Cluster> scouting, const std::string& topic,
                const TopicView& view, Codec codec, const Tuning& tuning, const Log& log);
  bool open(Open& its);
  void hand_over(std::size_t partition);
  void hand_over_all(SteadyTime older_than);

  const std::chrono::milliseconds linger_;
  std::vector<Open> open_;  // by partition
  mutable BatchExchange exchange_;
  BatchSender sender_;  // last: its thread uses the exchange
};

}  // namespace tickerlake::kafka
