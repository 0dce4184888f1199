"""Apache Kafka in the broker's place, to see which of the suite's tests it fails too."""
from conftest import Server
from support.kafka_cluster import KafkaCluster


class Peer(Server):
    """One broker with KRaft, which is its own controller; of a Server it has what the suite uses."""

    def start(self):
        settings = [word for name, value in self.properties.items() for word in ("--set", f"{name}={value}")]
        self.cluster = KafkaCluster(self.data, "--brokers", "1", *settings).up()
        self.kafka = self.cluster.bootstrap
        return self

    def lives(self):
        return all(node["state"] == "running" for node in self.cluster.nodes().values())

    def stop(self):
        self.cluster.down()
