"""What a producer was told is stored stays stored, once, through kill -9 of the broker at any moment."""
import random
import threading
import time

import confluent_kafka as ck
import pytest
from confluent_kafka import admin

from kafka_names import unique

PATIENCE = 60


def create_topic(server, name, partitions=3, **config):
    client = admin.AdminClient({"bootstrap.servers": server.kafka})
    topic = admin.NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
    client.create_topics([topic])[name].result(PATIENCE)


def consume_all(server, topic):
    """All records of a topic as (partition, offset, value), up to the ends at the time of the call."""
    consumer = ck.Consumer({"bootstrap.servers": server.kafka, "group.id": "none", "enable.auto.commit": False,
                            "enable.partition.eof": True, "check.crcs": True})
    try:
        partitions = consumer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
        consumer.assign([ck.TopicPartition(topic, p, ck.OFFSET_BEGINNING) for p in partitions])
        at_end, records = set(), []
        deadline = time.monotonic() + PATIENCE
        while len(at_end) < len(partitions):
            assert time.monotonic() < deadline, "the ends of the partitions were not reached"
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error():
                assert message.error().code() == ck.KafkaError._PARTITION_EOF, message.error()
                at_end.add(message.partition())
            else:
                records.append((message.partition(), message.offset(), message.value()))
        return records
    finally:
        consumer.close()


def offsets_have_no_gaps(records):
    by_partition = {}
    for partition, offset, _ in records:
        by_partition.setdefault(partition, []).append(offset)
    return all(offsets == list(range(len(offsets))) for offsets in by_partition.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_acknowledged_records_are_there_once_after_kill_9(own_server, seed):
    """An idempotent producer keeps on through three kills; every record it got an answer for is there exactly once."""
    dice = random.Random(seed)
    topic = "ledger"
    create_topic(own_server, topic, **{"segment.bytes": "200000"})
    acknowledged, failed = set(), []

    def delivered(error, message):
        failed.append(error) if error else acknowledged.add(message.value())

    producer = ck.Producer({"bootstrap.servers": own_server.kafka, "acks": "all", "enable.idempotence": True,
                            "linger.ms": 2, "batch.size": 100_000, "reconnect.backoff.max.ms": 200,
                            "message.timeout.ms": 120_000, "compression.type": dice.choice(["none", "lz4", "zstd"])})
    stop = threading.Event()
    sent = 0

    def produce():
        nonlocal sent
        while not stop.is_set():
            try:
                producer.produce(topic, b"%08d " % sent + b"x" * dice.randrange(200), on_delivery=delivered)
                sent += 1
            except BufferError:
                pass
            producer.poll(0 if sent % 50 else 0.002)

    worker = threading.Thread(target=produce)
    worker.start()
    for _ in range(3):
        time.sleep(0.3 + dice.random() / 2)
        own_server.kill()
        own_server.restart()
    time.sleep(0.5)
    stop.set()
    worker.join()
    assert producer.flush(PATIENCE) == 0
    own_server.kill()
    own_server.restart()

    records = consume_all(own_server, topic)
    values = [value for _, _, value in records]
    assert not failed
    assert len(acknowledged) == sent > 1_000
    assert len(values) == len(set(values)), "a record is there twice"
    assert set(values) == acknowledged
    assert offsets_have_no_gaps(records)


def test_acks_1_survives_kill_9(own_server):
    create_topic(own_server, "quick", partitions=1)
    producer = ck.Producer({"bootstrap.servers": own_server.kafka, "acks": 1})
    for i in range(5_000):
        producer.produce("quick", b"%d" % i)
    assert producer.flush(PATIENCE) == 0
    own_server.kill()
    own_server.restart()
    assert [value for _, _, value in consume_all(own_server, "quick")] == [b"%d" % i for i in range(5_000)]


def test_acks_1_is_readable_when_it_is_answered(server):
    """Without waiting for the disk, as from Apache Kafka; readers of committed records wait."""
    topic = unique("at-once")
    create_topic(server, topic, partitions=1)
    producer = ck.Producer({"bootstrap.servers": server.kafka, "acks": "1", "linger.ms": 0})
    reader = ck.Consumer({"bootstrap.servers": server.kafka, "group.id": "none", "isolation.level": "read_uncommitted"})
    for sent in range(1, 201):
        producer.produce(topic, b"x")
        assert producer.flush(PATIENCE) == 0
        assert reader.get_watermark_offsets(ck.TopicPartition(topic, 0), timeout=PATIENCE) == (0, sent)
    reader.close()
    assert len(consume_all(server, topic)) <= 200
    deadline = time.monotonic() + PATIENCE
    while len(consume_all(server, topic)) < 200:
        assert time.monotonic() < deadline, "committed records come a moment later"


def test_a_torn_tail_is_cut_and_the_rest_is_served(own_server):
    create_topic(own_server, "torn", partitions=1)
    producer = ck.Producer({"bootstrap.servers": own_server.kafka, "acks": "all", "linger.ms": 0})
    for i in range(20):
        producer.produce("torn", b"%d" % i)
        assert producer.flush(PATIENCE) == 0
    own_server.kill()
    (segment,) = own_server.data.glob("**/torn/0/*.log")
    with open(segment, "r+b") as file:
        file.truncate(segment.stat().st_size - 7)
    own_server.restart()
    assert [value for _, _, value in consume_all(own_server, "torn")] == [b"%d" % i for i in range(19)]
    assert ck.Producer({"bootstrap.servers": own_server.kafka}).flush(1) == 0


def test_deleted_records_and_topics_stay_deleted(own_server):
    create_topic(own_server, "short", partitions=1)
    create_topic(own_server, "gone", partitions=1)
    producer = ck.Producer({"bootstrap.servers": own_server.kafka, "acks": "all"})
    for i in range(100):
        producer.produce("short", b"%d" % i)
    assert producer.flush(PATIENCE) == 0
    client = admin.AdminClient({"bootstrap.servers": own_server.kafka})
    client.delete_records([ck.TopicPartition("short", 0, 40)])
    deadline = time.monotonic() + PATIENCE
    consumer = ck.Consumer({"bootstrap.servers": own_server.kafka, "group.id": "none"})
    while consumer.get_watermark_offsets(ck.TopicPartition("short", 0), timeout=PATIENCE)[0] != 40:
        assert time.monotonic() < deadline
    client.delete_topics(["gone"])["gone"].result(PATIENCE)
    own_server.kill()
    own_server.restart()
    assert [value for _, _, value in consume_all(own_server, "short")] == [b"%d" % i for i in range(40, 100)]
    fresh = admin.AdminClient({"bootstrap.servers": own_server.kafka})
    assert "gone" not in fresh.list_topics(timeout=PATIENCE).topics
    consumer.close()
