"""Transactions with clients that are not ours: librdkafka and kafka-python (version 1 of the protocol)."""
import time

import pytest
from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, Producer,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from kafka_names import unique


def make_topic(server, partitions=1, **config):
    topic = unique("txn")
    admin = AdminClient({"bootstrap.servers": server.kafka})
    admin.create_topics([NewTopic(topic, partitions, 1, config=config)])[topic].result(20)
    return topic


def transactional(server, name=None, **options):
    producer = Producer({"bootstrap.servers": server.kafka, "transactional.id": name or unique("id"),
                         "transaction.timeout.ms": 60000, **options})
    producer.init_transactions(30)
    return producer


def send(producer, topic, values, partition=0):
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(30) == 0


def read(server, topic, partitions=1, isolation="read_committed", group=None):
    """All values up to where such a reader gets."""
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": group or unique("g"),
                         "auto.offset.reset": "earliest", "isolation.level": isolation, "enable.partition.eof": True,
                         "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    values, ended = [], set()
    deadline = time.time() + 30
    while len(ended) < partitions and time.time() < deadline:
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            ended.add(message.partition())
        else:
            values.append(message.value())
    consumer.close()
    assert len(ended) == partitions
    return values


def end_offset(server, topic, isolation):
    admin = AdminClient({"bootstrap.servers": server.kafka})
    where = TopicPartition(topic, 0)
    return admin.list_offsets({where: OffsetSpec.latest()}, isolation_level=isolation)[where].result(20).offset


def test_what_was_committed_is_read_and_what_was_aborted_is_not(server):
    topic = make_topic(server, 2)
    producer = transactional(server)
    expected = []
    for number in range(10):
        producer.begin_transaction()
        values = [b"%d-%d" % (number, i) for i in range(50)]
        send(producer, topic, values, number % 2)
        send(producer, topic, [values[0] + b"-other"], 1 - number % 2)
        if number % 3 == 0:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
            expected += [*values, values[0] + b"-other"]
    assert sorted(read(server, topic, 2)) == sorted(expected)
    assert len(read(server, topic, 2, "read_uncommitted")) == 510


def test_readers_of_committed_records_wait_at_an_open_transaction(server):
    topic = make_topic(server)
    open_one, other = transactional(server), transactional(server)
    other.begin_transaction()
    send(other, topic, [b"before"])
    other.commit_transaction(30)
    open_one.begin_transaction()
    send(open_one, topic, [b"open"])
    other.begin_transaction()
    send(other, topic, [b"behind"])
    other.commit_transaction(30)
    assert read(server, topic) == [b"before"]
    assert read(server, topic, isolation="read_uncommitted") == [b"before", b"open", b"behind"]
    assert end_offset(server, topic, IsolationLevel.READ_COMMITTED) == 2  # a record, its marker
    assert end_offset(server, topic, IsolationLevel.READ_UNCOMMITTED) == 5
    open_one.abort_transaction(30)
    assert read(server, topic) == [b"before", b"behind"]
    assert end_offset(server, topic, IsolationLevel.READ_COMMITTED) == 6


def test_a_second_instance_shuts_the_first_out_and_aborts_what_it_left_open(server):
    topic, name = make_topic(server), unique("id")
    zombie = transactional(server, name)
    zombie.begin_transaction()
    send(zombie, topic, [b"of the zombie"])
    successor = transactional(server, name)
    successor.begin_transaction()
    send(successor, topic, [b"of the successor"])
    successor.commit_transaction(30)
    zombie.produce(topic, b"late", partition=0)
    with pytest.raises(KafkaException) as refused:
        zombie.commit_transaction(30)
    assert refused.value.args[0].code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED)
    assert refused.value.args[0].fatal()
    assert read(server, topic) == [b"of the successor"]


def test_a_transaction_that_takes_too_long_is_aborted(server):
    topic = make_topic(server)
    producer = transactional(server, **{"transaction.timeout.ms": 1500})
    producer.begin_transaction()
    send(producer, topic, [b"too slow"])
    deadline = time.time() + 30
    while end_offset(server, topic, IsolationLevel.READ_COMMITTED) == 0 and time.time() < deadline:
        time.sleep(0.2)
    assert end_offset(server, topic, IsolationLevel.READ_COMMITTED) == 2
    assert read(server, topic) == []
    with pytest.raises(KafkaException):
        producer.commit_transaction(30)


def committed(server, group, topic):
    admin = AdminClient({"bootstrap.servers": server.kafka})
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])
    result = admin.list_consumer_group_offsets([asked])[group].result(20)
    return result.topic_partitions[0].offset


def test_offsets_are_committed_with_the_records_or_not_at_all(server):
    source, target, group = make_topic(server), make_topic(server), unique("g")
    send(Producer({"bootstrap.servers": server.kafka}), source, [b"%d" % i for i in range(30)])
    producer = transactional(server)
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": group, "auto.offset.reset": "earliest",
                         "enable.auto.commit": False, "isolation.level": "read_committed"})
    consumer.subscribe([source])
    for round_number, commit in enumerate([True, False, True]):
        batch = []
        deadline = time.time() + 30
        while len(batch) < 10 and time.time() < deadline:
            message = consumer.poll(0.2)
            if message is not None and not message.error():
                batch.append(message)
        assert len(batch) == 10
        producer.begin_transaction()
        send(producer, target, [m.value() + b"!" for m in batch])
        position = [TopicPartition(source, 0, batch[-1].offset() + 1)]
        producer.send_offsets_to_transaction(position, consumer.consumer_group_metadata(), 30)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
            consumer.seek(TopicPartition(source, 0, 10))
        assert committed(server, group, source) == (10 if round_number < 2 else 20)
    consumer.close()
    assert read(server, target) == [b"%d!" % i for i in range(20)]


def test_offsets_of_an_open_transaction_are_unstable(server):
    source, group = make_topic(server), unique("g")
    producer = transactional(server)
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": group, "enable.auto.commit": False})
    consumer.subscribe([source])
    deadline = time.time() + 30
    while not consumer.assignment() and time.time() < deadline:
        consumer.poll(0.2)
    producer.begin_transaction()
    producer.send_offsets_to_transaction([TopicPartition(source, 0, 7)], consumer.consumer_group_metadata(), 30)
    admin = AdminClient({"bootstrap.servers": server.kafka})
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(source, 0)])]
    result = admin.list_consumer_group_offsets(asked, require_stable=True)[group]
    with pytest.raises(KafkaException) as unstable:
        found = result.result(20).topic_partitions[0]
        if found.error:
            raise KafkaException(found.error)
    assert unstable.value.args[0].code() == KafkaError.UNSTABLE_OFFSET_COMMIT
    assert committed(server, group, source) < 0
    producer.commit_transaction(30)
    assert committed(server, group, source) == 7
    consumer.close()


def test_transactions_are_whole_after_a_kill(own_server):
    topic = make_topic(own_server)
    done, open_one = transactional(own_server), transactional(own_server, "left open")
    done.begin_transaction()
    send(done, topic, [b"committed %d" % i for i in range(100)])
    done.commit_transaction(30)
    done.begin_transaction()
    send(done, topic, [b"aborted"])
    done.abort_transaction(30)
    open_one.begin_transaction()
    send(open_one, topic, [b"open"])
    own_server.kill()
    own_server.restart()
    assert read(own_server, topic) == [b"committed %d" % i for i in range(100)]
    # Its producer is there still, and goes on where it was.
    open_one.produce(topic, b"after the restart", partition=0)
    open_one.commit_transaction(30)
    assert read(own_server, topic)[100:] == [b"open", b"after the restart"]
    own_server.kill()
    own_server.restart()
    assert read(own_server, topic)[100:] == [b"open", b"after the restart"]


# ---- kafka-python

def test_kafka_python_commits_aborts_and_sends_offsets(server):
    kafka = pytest.importorskip("kafka")
    source, target, group = make_topic(server), make_topic(server), unique("g")
    producer = kafka.KafkaProducer(bootstrap_servers=server.kafka, transactional_id=unique("id"))
    producer.init_transactions()
    expected = []
    for number in range(6):
        producer.begin_transaction()
        values = [b"%d-%d" % (number, i) for i in range(20)]
        for value in values:
            producer.send(target, value)
        producer.send_offsets_to_transaction(
            {kafka.TopicPartition(source, 0): kafka.structs.OffsetAndMetadata(number + 1, "", -1)}, group)
        if number % 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
            expected += values
    producer.close()
    assert read(server, target) == expected
    consumer = kafka.KafkaConsumer(target, bootstrap_servers=server.kafka, isolation_level="read_committed",
                                   auto_offset_reset="earliest", group_id=None, consumer_timeout_ms=3000)
    assert [message.value for message in consumer] == expected
    consumer.close()
    assert committed(server, group, source) == 5


def test_kafka_pythons_administrator_finds_and_ends_a_hanging_transaction(server):
    kafka = pytest.importorskip("kafka")
    from kafka.admin._transactions import AbortTransactionSpec
    topic, name = make_topic(server), unique("hanging")
    where = kafka.TopicPartition(topic, 0)
    producer = transactional(server, name)
    producer.begin_transaction()
    send(producer, topic, [b"hanging"])
    admin = kafka.admin.KafkaAdminClient(bootstrap_servers=server.kafka)
    [ongoing] = admin.list_transactions(state_filters=["Ongoing"]).values()
    listed = [transaction for transaction in ongoing if transaction.transactional_id == name]
    assert len(listed) == 1 and listed[0].state == "Ongoing"
    described = admin.describe_transactions([name])[name]
    assert described.topic_partitions == {where} and described.transaction_timeout_ms == 60000
    [state] = admin.describe_producers([where])[where].active_producers
    assert (state.producer_id, state.current_transaction_start_offset) == (listed[0].producer_id, 0)
    admin.abort_transaction(AbortTransactionSpec(where, state.producer_id, state.producer_epoch))
    [state] = admin.describe_producers([where])[where].active_producers
    assert state.current_transaction_start_offset == -1
    assert read(server, topic) == []
    admin.close()
    producer.abort_transaction(30)
