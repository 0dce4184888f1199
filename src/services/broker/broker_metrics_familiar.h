#pragma once
// The names that dashboards and alerts for Apache Kafka ask for: those of its JMX metrics as Prometheus' exporter
// writes them, and kafka_exporter's for topics and groups. Our own, with more in them: broker_metrics.h.
#include "base/metrics.h"

namespace tickerlake::broker {

class Broker;

void collect_familiar(Broker& broker, Exposition& into);

}  // namespace tickerlake::broker
