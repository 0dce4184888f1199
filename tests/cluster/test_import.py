"""A log directory that Apache Kafka wrote, taken over: every record, group offset, setting and producer."""
import json

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from conftest import Server
from support.kafka_cluster import QUICK

pytestmark = pytest.mark.xdist_group("cluster")

PORTS = ("--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--web", "127.0.0.1:0", "--registry", "127.0.0.1:0")


def read(bootstrap, topic, partitions, isolation="read_committed"):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.partition.eof": True,
                         "auto.offset.reset": "earliest", "isolation.level": isolation, "check.crcs": True,
                         "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    records, ended = [], set()
    while len(ended) < partitions:
        message = consumer.poll(60)
        assert message is not None
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            ended.add(message.partition())
        else:
            records.append((message.partition(), message.offset(), message.timestamp(), message.key(), message.value(),
                            message.headers()))
    consumer.close()
    return sorted(records, key=lambda r: r[:2])


def fill(bootstrap):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    small = {"segment.bytes": str(1 << 20)}
    topics = [NewTopic("plain", 2, 1, config=small | {"retention.ms": "-1"}),
              NewTopic("keyed-one", 1, 1, config={"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01",
                                                  "segment.ms": "100", "max.compaction.lag.ms": "200"}),
              NewTopic("transactional", 1, 1)]
    for made in admin.create_topics(topics).values():
        made.result(60)
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        producer = Producer({"bootstrap.servers": bootstrap, "compression.type": codec, "enable.idempotence": True})
        for i in range(2000):
            producer.produce("plain", f"{codec} {i}".encode() * 20, f"{i}".encode(), partition=i % 2,
                             headers=[("codec", codec.encode())])
            if i % 20 == 0:
                producer.produce("keyed-one", f"{codec} {i}".encode(), f"{i % 7}".encode())
        assert producer.flush(60) == 0
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "t"})
    producer.init_transactions(60)
    for number in range(6):
        producer.begin_transaction()
        producer.produce("transactional", b"transaction %d" % number)
        producer.flush(60)
        (producer.commit_transaction if number % 2 == 0 else producer.abort_transaction)(60)
    producer.begin_transaction()
    producer.produce("transactional", b"open")
    producer.flush(60)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "readers"})
    consumer.commit(offsets=[TopicPartition("plain", 0, 123), TopicPartition("plain", 1, 45)], asynchronous=False)
    consumer.close()
    return producer  # its transaction stays open for as long as it lives


@pytest.mark.parametrize("flavour", ["kraft", "zookeeper"])
def test_everything_of_kafkas_log_directory_is_there_after_the_import(make_cluster, tmp_path, flavour):
    cluster = make_cluster("--brokers", "1", "--heap-mb", "384", *QUICK[flavour], "--set", "log.cleaner.backoff.ms=200",
                           "--set", "offsets.topic.num.partitions=3")
    cluster.up()
    bootstrap = cluster.bootstrap
    open_producer = fill(bootstrap)
    topics = {"plain": 2, "keyed-one": 1, "transactional": 1}
    before = {name: read(bootstrap, name, count) for name, count in topics.items()}
    described = AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=60)
    assert set(topics) <= set(described.topics)
    cluster.command("down")
    del open_producer
    folder, = (path.parent for path in cluster.data.rglob("plain-0"))

    server = Server(tmp_path / "data", arguments=PORTS)
    imported = server.run_offline("import", "kafka-log-dir", folder, "--data", server.data, "--output", "json")
    told = {row["topic"]: row for row in json.loads(imported.stdout)}
    assert {name: int(row["partitions"]) for name, row in told.items()} == topics
    assert int(told["transactional"]["aborted_transactions"]) == 1
    again = server.run_offline("import", "kafka-log-dir", folder, "--data", server.data, check=False)
    assert again.returncode == 1 and "exists already" in again.stderr
    server.start()
    try:
        after = {name: read(server.kafka, name, count) for name, count in topics.items()}
        assert after == before
        admin = AdminClient({"bootstrap.servers": server.kafka})
        committed = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("readers")])["readers"].result(20)
        assert {(p.topic, p.partition): p.offset for p in committed.topic_partitions} == {
            ("plain", 0): 123, ("plain", 1): 45}
        if flavour == "kraft":
            of_plain = ConfigResource(ConfigResource.Type.TOPIC, "plain")
            configs = admin.describe_configs([of_plain])[of_plain].result(20)
            assert configs["segment.bytes"].value == str(1 << 20) and configs["retention.ms"].value == "-1"
        producer = Producer({"bootstrap.servers": server.kafka, "enable.idempotence": True})
        producer.produce("plain", b"new", partition=0)
        assert producer.flush(30) == 0
        assert read(server.kafka, "plain", 2)[-1 - sum(r[0] == 1 for r in before["plain"])][4] == b"new"
        server.stop()
        checked = server.run_offline("fsck", "--data", server.data, check=False)
        assert checked.returncode == 0, checked.stdout
    finally:
        server.stop()
