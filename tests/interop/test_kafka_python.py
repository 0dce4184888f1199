"""kafka-python 3 against the broker."""
import threading
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import TopicAlreadyExistsError

from kafka_names import CODECS, unique


@pytest.fixture
def admin(server):
    client = KafkaAdminClient(bootstrap_servers=server.kafka)
    yield client
    client.close()


def read(server, topic, count, group=None, **options):
    consumer = KafkaConsumer(topic, bootstrap_servers=server.kafka, group_id=group, auto_offset_reset="earliest",
                             consumer_timeout_ms=20_000, **options)
    records = []
    for record in consumer:
        records.append(record)
        if len(records) == count:
            break
    if group:
        consumer.commit()
    consumer.close()
    return records


@pytest.mark.parametrize("codec", CODECS)
def test_records_of_each_codec_come_back_as_they_were_sent(server, codec):
    topic = unique("py-" + codec)
    producer = KafkaProducer(bootstrap_servers=server.kafka, compression_type=None if codec == "none" else codec,
                             linger_ms=20)
    for i in range(500):
        producer.send(topic, key=b"k%d" % i, value=b"value %d " % i * 10, headers=[("n", b"%d" % i)],
                      timestamp_ms=1_500_000_000_000 + i)
    producer.flush(20)
    producer.close()
    records = sorted(read(server, topic, 500), key=lambda r: r.timestamp)
    assert [r.value for r in records] == [b"value %d " % i * 10 for i in range(500)]
    assert records[7].key == b"k7" and list(records[7].headers) == [("n", b"7")]
    assert records[7].timestamp == 1_500_000_000_007


def test_a_group_goes_on_behind_what_it_has_committed(server, admin):
    topic, group = unique("py-group"), unique("g")
    admin.create_topics([NewTopic(topic, 3, 1)])
    producer = KafkaProducer(bootstrap_servers=server.kafka)
    for i in range(30):
        producer.send(topic, b"%d" % i, partition=i % 3)
    producer.flush(20)
    assert len(read(server, topic, 30, group)) == 30
    for i in range(30, 40):
        producer.send(topic, b"%d" % i, partition=i % 3)
    producer.close()
    assert sorted(int(r.value) for r in read(server, topic, 10, group)) == list(range(30, 40))


def test_two_members_share_the_partitions_and_one_takes_over_when_the_other_leaves(server, admin):
    topic, group = unique("py-share"), unique("g")
    admin.create_topics([NewTopic(topic, 4, 1)])

    def member():
        return KafkaConsumer(topic, bootstrap_servers=server.kafka, group_id=group, session_timeout_ms=6000,
                             heartbeat_interval_ms=500)

    def poll(consumer):
        while not stop.is_set():
            consumer.poll(timeout_ms=2000)  # kafka-python 3.0.12 loses an assignment that comes between two polls

    stop = threading.Event()
    members, threads = [], []
    for count in (1, 2):
        members.append(member())
        threads.append(threading.Thread(target=poll, args=(members[-1],)))
        threads[-1].start()
        deadline = time.time() + 60
        while time.time() < deadline:
            owned = [consumer.assignment() or set() for consumer in members]
            if all(len(o) == 4 // count for o in owned) and len(set().union(*owned)) == 4:
                break
            time.sleep(0.1)
    first, second = members
    stop.set()
    for thread in threads:
        thread.join()
    assert [len(o) for o in owned] == [2, 2]
    second.close()
    deadline = time.time() + 30
    while len(first.assignment() or ()) != 4 and time.time() < deadline:
        first.poll(timeout_ms=2000)
    assert len(first.assignment()) == 4
    first.close()


def test_offsets_are_found_by_time(server):
    topic = unique("py-time")
    producer = KafkaProducer(bootstrap_servers=server.kafka)
    for i in range(10):
        producer.send(topic, b"%d" % i, partition=0, timestamp_ms=1_000_000 + i * 1000).get(20)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=server.kafka)
    partition = TopicPartition(topic, 0)
    assert consumer.offsets_for_times({partition: 1_004_500})[partition].offset == 5
    assert consumer.beginning_offsets([partition])[partition] == 0
    assert consumer.end_offsets([partition])[partition] == 10
    consumer.close()


def test_topics_are_made_grown_configured_described_and_removed(server, admin):
    topic = unique("py-admin")
    admin.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "60000"})])
    with pytest.raises(TopicAlreadyExistsError):
        admin.create_topics([NewTopic(topic, 2, 1)])
    admin.create_partitions({topic: NewPartitions(5)})
    described = admin.describe_topics([topic])[0]
    assert len(described["partitions"]) == 5
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    configs = str(admin.describe_configs([resource]))
    assert "retention.ms" in configs and "60000" in configs
    admin.delete_topics([topic])
    assert topic not in admin.list_topics()
