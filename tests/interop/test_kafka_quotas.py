"""Clients beyond their quotas: they are told to pause, are not read from meanwhile, and get everything in the end."""
import select
import socket
import struct
import time

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from kafka_names import unique

THROTTLING_QUOTA_EXCEEDED = 89
CREATE_TOPICS, API_VERSIONS = 19, 18


@pytest.fixture(scope="module")
def broker(module_server):
    yield module_server


@pytest.fixture
def quota(broker):
    """Sets quotas, and takes them away at the end."""
    owners = []

    def give(*owner_and_quotas):
        broker.run("quotas", "set", *owner_and_quotas)
        owners.append([word for word in owner_and_quotas if "=" not in word])

    yield give
    for owner in owners:
        broker.run("quotas", "remove", *owner)


def connect(broker):
    host, port = broker.kafka.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=60)


def frame(key, version, body, client, flexible=False):
    head = struct.pack(">hhih", key, version, 1, len(client)) + client.encode() + (b"\0" if flexible else b"")
    return struct.pack(">i", len(head + body)) + head + body


def answer(stream):
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack(">i", data[:4])[0]:
        piece = stream.recv(65536)
        assert piece, "the connection ended"
        data += piece
    return data[4:]


def create_topics(name, partitions, version):
    """CreateTopics of version 4 or 6 for one topic."""
    if version == 4:
        return struct.pack(">ih", 1, len(name)) + name.encode() + struct.pack(">ihiii?", partitions, 1, 0, 0, 30000, False)
    return (b"\x02" + bytes([len(name) + 1]) + name.encode() + struct.pack(">ih", partitions, 1) + b"\x01\x01\0"
            + struct.pack(">i?", 30000, False) + b"\0")


def throttled(told):
    return lambda event: told.append(event.throttle_time)


def test_a_producer_beyond_its_quota_is_told_to_pause_and_loses_nothing(broker, quota):
    client, topic = unique("producer"), unique("quota")
    quota("--client-id", client, "producer_byte_rate=60000")
    told = []
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.kafka, "client.id": client, "linger.ms": 5,
                                         "batch.size": 20000, "throttle_cb": throttled(told)})
    for i in range(90):
        producer.produce(topic, b"x" * 10_000, str(i), partition=0)
    assert producer.flush(120) == 0
    deadline = time.monotonic() + 60
    while not told and time.monotonic() < deadline:
        producer.poll(1)
    assert max(told) > 0
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker.kafka, "group.id": unique("g")})
    assert consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, 0)) == (0, 90)
    consumer.close()


def test_a_consumer_beyond_its_quota_is_answered_without_records_and_gets_all_in_the_end(broker, quota):
    client, topic = unique("consumer"), unique("quota")
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.kafka, "batch.size": 50_000})
    for i in range(90):
        producer.produce(topic, b"x" * 10_000, str(i), partition=0)
    assert producer.flush(60) == 0
    quota("--user", "ANONYMOUS", "--client-id", client, "consumer_byte_rate=60000")
    told = []
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker.kafka, "client.id": client, "group.id": unique("g"),
                                         "throttle_cb": throttled(told), "fetch.message.max.bytes": 200_000})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    keys, deadline = [], time.monotonic() + 120
    while (len(keys) < 90 or not told) and time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is not None:
            assert not message.error(), message.error()
            keys.append(int(message.key()))
    consumer.close()
    assert keys == list(range(90))
    assert max(told) > 0


def test_topics_beyond_the_quota_are_refused_where_the_version_can_say_so_and_else_made_with_a_pause(broker, quota):
    client = unique("admin")
    quota("--user-defaults", "--client-id", client, "controller_mutation_rate=0.1")
    with connect(broker) as stream:
        stream.sendall(frame(CREATE_TOPICS, 6, create_topics(unique("many"), 50, 6), client, flexible=True))
        told = answer(stream)
        assert struct.unpack(">i", told[5:9])[0] == 0, "the first is let through"
    refused = unique("refused")
    with connect(broker) as stream:
        stream.sendall(frame(CREATE_TOPICS, 6, create_topics(refused, 1, 6), client, flexible=True))
        told = answer(stream)
        pause, count, length = struct.unpack(">ibb", told[5:11])
        assert pause > 100_000 and (count, length) == (2, len(refused) + 1)
        assert struct.unpack(">h", told[11 + len(refused):13 + len(refused)])[0] == THROTTLING_QUOTA_EXCEEDED
        # Nothing is read from it now, while others are served.
        stream.sendall(frame(API_VERSIONS, 0, b"", client))
        with connect(broker) as other:
            for _ in range(20):
                other.sendall(frame(API_VERSIONS, 0, b"", client))
                answer(other)
        assert select.select([stream], [], [], 1)[0] == []
    made = unique("made")
    with connect(broker) as stream:
        stream.sendall(frame(CREATE_TOPICS, 4, create_topics(made, 1, 4), client))
        told = answer(stream)
        assert struct.unpack(">i", told[4:8])[0] > 100_000
    topics = AdminClient({"bootstrap.servers": broker.kafka}).list_topics(timeout=60).topics
    assert made in topics and refused not in topics


def test_request_time_is_a_quota_too_and_its_pauses_are_short(broker, quota):
    client = unique("busy")
    quota("--client-id", client, "request_percentage=0.001")
    with connect(broker) as stream:
        pauses = []
        while not pauses or pauses[-1] == 0:
            stream.sendall(frame(API_VERSIONS, 1, b"", client))
            pauses.append(struct.unpack(">i", answer(stream)[-4:])[0])
        assert 0 < pauses[-1] <= 1000


def test_pauses_and_rates_are_told_by_the_metrics(broker, quota):
    client, topic = unique("told"), unique("quota")
    quota("--client-id", client, "producer_byte_rate=50000")
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.kafka, "client.id": client})
    for _ in range(70):
        producer.produce(topic, b"x" * 10_000, partition=0)
    assert producer.flush(120) == 0
    text = broker.metrics()
    assert f'kafka_server_produce_byte_rate{{user="",client_id="{client}"}}' in text
    assert f'kafka_server_produce_throttle_time{{user="",client_id="{client}"}}' in text
    assert 'tickerlake_kafka_throttle_seconds_count{quota="producer_byte_rate"}' in text


def test_new_connections_of_an_address_beyond_its_rate_are_closed_unserved(own_server):
    own_server.run("quotas", "set", "--ip-defaults", "connection_creation_rate=1")
    streams = [connect(own_server) for _ in range(40)]
    for stream in streams:
        stream.sendall(frame(API_VERSIONS, 0, b"", "many"))
    served = 0
    for stream in streams:
        try:
            served += bool(stream.recv(1))
        except ConnectionError:
            pass
        stream.close()
    assert 0 < served < 40
    admin = AdminClient({"bootstrap.servers": own_server.kafka})  # which tries until it is let in
    admin.create_topics([NewTopic("late", 1)])["late"].result(120)
