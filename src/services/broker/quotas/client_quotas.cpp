#include "services/broker/quotas/client_quotas.h"

#include <algorithm>

#include "services/broker/security/state.h"

namespace tickerlake::broker {
namespace {

using std::chrono::milliseconds;

/// Of the mean pause: as Kafka's metrics have it.
constexpr QuotaWindow pauses_window{.samples = 2, .length = milliseconds(30'000)};
/// For so long a client's rates are told when it does nothing.
constexpr std::chrono::minutes told_for{60};

// As the JMX exporter spells Kafka's metrics, by kind.
struct Names {
  const char *use, *pause;
};
constexpr std::array<Names, quota_kinds> familiar = {{
    {"kafka_server_produce_byte_rate", "kafka_server_produce_throttle_time"},
    {"kafka_server_fetch_byte_rate", "kafka_server_fetch_throttle_time"},
    {"kafka_server_request_request_time", "kafka_server_request_throttle_time"},
    {"kafka_server_controllermutation_mutation_rate", "kafka_server_controllermutation_throttle_time"},
}};

Histogram& throttled(const Metrics& metrics, const char* quota) {
  return metrics.histogram("tickerlake_kafka_throttle_seconds", "Pauses of clients that were beyond a quota.",
                           {{"quota", quota}});
}

}  // namespace

ClientQuotas::Meter::Meter(QuotaWindow window)
    : rate(window), bucket(window), pauses_ms(pauses_window), pauses(pauses_window) {}

ClientQuotas::ClientQuotas(const Metrics& metrics, QuotaWindow clients, QuotaWindow mutations)
    : metrics_(metrics), clients_(clients), mutations_(mutations) {
  for (std::size_t kind = 0; kind < quota_kinds; ++kind) throttled_[kind] = &throttled(metrics_, quota_keys[kind]);
  throttled_connections_ = &throttled(metrics_, connection_rate_key);
}

void ClientQuotas::set(const Quotas& quotas) {
  MutexLock lock(mutex_);
  take(quotas);
}

void ClientQuotas::reload(const SecurityStore& store) {
  MutexLock lock(mutex_);
  take(store.now()->quotas);
}

void ClientQuotas::take(const Quotas& quotas) {
  for (Kind& kind : kinds_) kind.table = {};
  connections_.table = {};
  for (const auto& [entity, values] : quotas) {
    for (const auto& [key, value] : values) {
      if (const auto address = entity.find(address_entity); address != entity.end()) {
        const auto spelled = address->second ? canonical_address(*address->second) : std::nullopt;
        connections_.table.add({{user_entity, spelled}}, value);
        continue;
      }
      const auto found = std::ranges::find(quota_keys, key);
      if (found != quota_keys.end())
        kinds_[static_cast<std::size_t>(found - quota_keys.begin())].table.add(entity, value);
    }
  }
  for (std::size_t kind = 0; kind < quota_kinds; ++kind) {
    if (kinds_[kind].table.empty()) kinds_[kind].meters.clear();
    limited_[kind] = !kinds_[kind].table.empty();
  }
  if (connections_.table.empty()) connections_.meters.clear();
  limits_connections_ = !connections_.table.empty();
}

void ClientQuotas::forget_silent(Kind& of, milliseconds silence, Moment now) {
  std::erase_if(of.meters, [&](const auto& one) { return now - one.second.used >= silence; });
  of.tidied = now;
}

ClientQuotas::Meter* ClientQuotas::meter_of(Kind& of, const QuotaWindow& window, const QuotaClient& client,
                                            Moment now) {
  const auto found = of.table.find(client);
  if (!found) return nullptr;
  std::pair<std::string_view, std::string_view> key = {found->of_user ? client.user : "",
                                                       found->of_client ? client.client_id : ""};
  auto at = of.meters.find(key);
  if (at == of.meters.end()) {
    // What has been silent for all of the window is as good as new.
    if (of.meters.size() >= max_quota_meters && now - of.tidied >= window.length)
      forget_silent(of, window.whole(), now);
    if (of.meters.size() >= max_quota_meters) key = {};
    at = of.meters.try_emplace(Key(key), window).first;
  }
  at->second.permitted = found->permitted;
  at->second.used = now;
  return &at->second;
}

void ClientQuotas::note(QuotaKind kind, Meter& meter, milliseconds pause, Moment now) {
  if (pause <= milliseconds(0)) return;
  meter.pauses_ms.record(static_cast<double>(pause.count()), now);
  meter.pauses.record(1, now);
  throttled_[index(kind)]->observe(pause);
}

milliseconds ClientQuotas::charge(QuotaKind kind, const QuotaClient& client, double amount, Moment now) {
  if (!limits(kind)) return milliseconds(0);
  MutexLock lock(mutex_);
  Meter* meter = meter_of(kinds_[index(kind)], window(kind), client, now);
  if (meter == nullptr) return milliseconds(0);
  meter->rate.record(amount, now);
  milliseconds pause = meter->rate.excess(meter->permitted, now);
  if (kind == QuotaKind::request) pause = std::min(pause, clients_.length);
  note(kind, *meter, pause, now);
  return pause;
}

void ClientQuotas::refund(QuotaKind kind, const QuotaClient& client, double amount, Moment now) {
  if (!limits(kind)) return;
  MutexLock lock(mutex_);
  if (Meter* meter = meter_of(kinds_[index(kind)], window(kind), client, now)) meter->rate.record(-amount, now);
}

std::optional<double> ClientQuotas::most_at_once(QuotaKind kind, const QuotaClient& client) {
  if (!limits(kind)) return std::nullopt;
  MutexLock lock(mutex_);
  const auto found = kinds_[index(kind)].table.find(client);
  if (!found) return std::nullopt;
  const auto without_current = window(kind).whole() - window(kind).length;
  return found->permitted * static_cast<double>(without_current.count()) / 1'000;
}

ClientQuotas::Mutation ClientQuotas::mutate(const QuotaClient& client, double partitions, bool strict, Moment now) {
  constexpr auto kind = QuotaKind::mutation;
  if (!limits(kind)) return {};
  MutexLock lock(mutex_);
  Meter* meter = meter_of(kinds_[index(kind)], window(kind), client, now);
  if (meter == nullptr) return {};
  const double permitted = meter->permitted;
  const bool refused = strict && meter->bucket.tokens(permitted, now) < 0;
  if (!refused) {
    meter->bucket.take(partitions, permitted, now);
    meter->rate.record(partitions, now);
  }
  const milliseconds pause = refused || !strict ? meter->bucket.shortage(permitted, now) : milliseconds(0);
  note(kind, *meter, pause, now);
  return {refused, pause};
}

milliseconds ClientQuotas::connect(const std::string& address, Moment now) {
  if (!limits_connections_.load(std::memory_order_relaxed)) return milliseconds(0);
  MutexLock lock(mutex_);
  Meter* meter = meter_of(connections_, clients_, {address, ""}, now);
  if (meter == nullptr) return milliseconds(0);
  meter->rate.record(1, now);
  const milliseconds pause = std::min(meter->rate.excess(meter->permitted, now), clients_.length);
  if (pause <= milliseconds(0)) return pause;
  meter->rate.record(-1, now);  // as it is not let in
  throttled_connections_->observe(pause);
  return pause;
}

void ClientQuotas::collect(Exposition& into, Moment now) {
  MutexLock lock(mutex_);
  for (std::size_t kind = 0; kind < quota_kinds; ++kind) {
    forget_silent(kinds_[kind], told_for, now);
    for (auto& [key, meter] : kinds_[kind].meters) {
      const MetricLabels labels{{"user", key.first}, {"client_id", key.second}};
      const double pauses = meter.pauses.total(now);
      into.gauge(familiar[kind].use, "What a client with a quota uses, each second.", labels,
                 meter.rate.per_second(now));
      into.gauge(familiar[kind].pause, "Mean pause in ms of a client that was beyond its quota.", labels,
                 pauses > 0 ? meter.pauses_ms.total(now) / pauses : 0);
    }
  }
}

}  // namespace tickerlake::broker
