"""confluent-kafka (librdkafka) against the broker."""
import time

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
                                   OffsetSpec, ResourceType)

from kafka_names import CODECS, unique


@pytest.fixture
def admin(server):
    return AdminClient({"bootstrap.servers": server.kafka})


def make_topic(admin, topic, partitions=1, **config):
    admin.create_topics([NewTopic(topic, partitions, 1, config=config)])[topic].result(20)


def produce(server, topic, values, **options):
    failures = []
    producer = Producer({"bootstrap.servers": server.kafka, "linger.ms": 5, **options})
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(30) == 0 and not failures, failures


def consume(server, topic, count, group, timeout=20, **options):
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": group, "auto.offset.reset": "earliest",
                         **options})
    consumer.subscribe([topic])
    messages, deadline = [], time.time() + timeout
    while len(messages) < count and time.time() < deadline:
        message = consumer.poll(0.2)
        if message is None:
            continue
        assert not message.error(), message.error()
        messages.append(message)
    consumer.commit(asynchronous=False)
    consumer.close()
    return messages


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("codec", CODECS)
def test_records_of_each_codec_come_back_as_they_were_sent(server, admin, codec, idempotent):
    topic = unique("ck-" + codec)
    make_topic(admin, topic)
    values = [b"value %d " % i * 5 for i in range(2000)]
    produce(server, topic, values, **{"compression.type": codec, "enable.idempotence": idempotent})
    messages = consume(server, topic, 2000, unique("g"))
    assert [m.value() for m in messages] == values
    assert [m.offset() for m in messages] == list(range(2000))


def test_a_static_member_that_comes_back_keeps_its_partitions_without_a_rebalance(server, admin):
    topic, group = unique("ck-static"), unique("g")
    make_topic(admin, topic, 2)
    produce(server, topic, [b"x"] * 10)
    consume(server, topic, 10, group, **{"group.instance.id": "one", "session.timeout.ms": 30000})
    before = admin.describe_consumer_groups([group])[group].result(20)
    assert [m.group_instance_id for m in before.members] == ["one"]
    produce(server, topic, [b"y"] * 10)
    messages = consume(server, topic, 10, group, **{"group.instance.id": "one", "session.timeout.ms": 30000})
    assert {m.value() for m in messages} == {b"y"}
    after = admin.describe_consumer_groups([group])[group].result(20)
    assert before.members[0].member_id != after.members[0].member_id


def test_groups_are_listed_described_their_offsets_altered_and_removed(server, admin):
    topic, group = unique("ck-groups"), unique("g")
    make_topic(admin, topic)
    produce(server, topic, [b"x"] * 5)
    consume(server, topic, 5, group)
    assert group in [g.group_id for g in admin.list_consumer_groups().result(20).valid]
    described = admin.describe_consumer_groups([group])[group].result(20)
    assert described.state.name == "EMPTY"
    from confluent_kafka import ConsumerGroupTopicPartitions
    listed = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(20)
    assert [(t.topic, t.partition, t.offset) for t in listed.topic_partitions] == [(topic, 0, 5)]
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 2)])
    admin.alter_consumer_group_offsets([wanted])[group].result(20)
    assert len(consume(server, topic, 3, group)) == 3
    admin.delete_consumer_groups([group])[group].result(20)
    assert group not in [g.group_id for g in admin.list_consumer_groups().result(20).valid]


def test_configs_are_described_and_changed_one_by_one(server, admin):
    topic = unique("ck-configs")
    make_topic(admin, topic, **{"retention.ms": "60000"})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    config = admin.describe_configs([resource])[resource].result(20)
    assert config["retention.ms"].value == "60000" and not config["retention.ms"].is_default
    assert config["segment.bytes"].is_default
    change = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
        ConfigEntry("max.message.bytes", "2000000", incremental_operation=AlterConfigOpType.SET)])
    admin.incremental_alter_configs([change])[change].result(20)
    config = admin.describe_configs([resource])[resource].result(20)
    assert config["retention.ms"].is_default and config["max.message.bytes"].value == "2000000"
    bad = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("retention.ms", "soon", incremental_operation=AlterConfigOpType.SET)])
    with pytest.raises(KafkaException) as refused:
        admin.incremental_alter_configs([bad])[bad].result(20)
    assert refused.value.args[0].code() == KafkaError.INVALID_CONFIG
    broker = ConfigResource(ResourceType.BROKER, "1")
    assert "num.partitions" in admin.describe_configs([broker])[broker].result(20)


def test_topics_grow_and_cluster_and_offsets_are_told(server, admin):
    topic = unique("ck-admin")
    make_topic(admin, topic, 2)
    admin.create_partitions([NewPartitions(topic, 4)])[topic].result(20)
    assert len(admin.list_topics(topic).topics[topic].partitions) == 4
    cluster = admin.describe_cluster().result(20)
    assert len(cluster.cluster_id) == 22 and [n.id for n in cluster.nodes] == [1]
    produce(server, topic, [b"x"] * 3, **{"partitioner": "murmur2_random"})
    ends = admin.list_offsets({TopicPartition(topic, p): OffsetSpec.latest() for p in range(4)})
    assert sum(f.result(20).offset for f in ends.values()) == 3
    for name, partitions, replicas, code in [("bad name!", 1, 1, KafkaError.TOPIC_EXCEPTION),
                                             (unique("t"), 0, 1, KafkaError.INVALID_PARTITIONS),
                                             (unique("t"), 1, 3, KafkaError.INVALID_REPLICATION_FACTOR)]:
        with pytest.raises(KafkaException) as refused:
            admin.create_topics([NewTopic(name, partitions, replicas)])[name].result(20)
        assert refused.value.args[0].code() == code


def test_topics_offsets_and_groups_are_there_after_a_kill(own_server):
    admin = AdminClient({"bootstrap.servers": own_server.kafka})
    make_topic(admin, "kept", 2)
    cluster_id = admin.describe_cluster().result(20).cluster_id
    produce(own_server, "kept", [b"%d" % i for i in range(100)], **{"enable.idempotence": True})
    consume(own_server, "kept", 100, "readers")
    own_server.kill()
    own_server.restart()
    admin = AdminClient({"bootstrap.servers": own_server.kafka})
    assert admin.describe_cluster().result(20).cluster_id == cluster_id
    produce(own_server, "kept", [b"new"] * 10)
    assert {m.value() for m in consume(own_server, "kept", 10, "readers")} == {b"new"}
    assert len(consume(own_server, "kept", 110, "others")) == 110
