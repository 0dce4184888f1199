"""Kafka requests whose lengths lie: every API and version that the broker tells, without knowing any of them."""
import struct

import pytest
from hostile_support import Kafka, MiB, batch, batch_of, connect, is_closed, record, text16, unique, varint, watched

# Lengths as the protocol has them: int16, int32, compact (unsigned varint), and what lies just outside.
LIES = {
    "int32 max": b"\x7f\xff\xff\xff",
    "int32 -2": b"\xff\xff\xff\xfe",
    "2^31 compact": b"\x80\x80\x80\x80\x08",
    "2^63 compact": b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "endless varint": b"\xff" * 12,
    "250001 compact": b"\x92\xa1\x0f",
}


def apis(server):
    with Kafka(server) as kafka:
        answer = kafka.ask(18, 0)
    error, count = struct.unpack(">hi", answer[:6])
    assert error == 0 and count > 20
    return [struct.unpack(">hhh", answer[6 + 6 * i:12 + 6 * i]) for i in range(count)]


def test_lengths_that_lie_in_every_api_and_version(module_server):
    asked = 0
    with watched(module_server, memory=96 * MiB):
        for key, first, last in apis(module_server):
            for version in {first, last}:
                for place in (0, 1, 2, 4, 6, 11):
                    kafka = Kafka(module_server)
                    for lie in LIES.values():
                        # An answer, the end of the connection, or none where none is asked for: nothing else.
                        kafka.send(key, version, bytes(place) + lie + b"\x01" * 40, flexible=version == last)
                        asked += 1
                        if not kafka.still_answers():
                            kafka.socket.close()
                            kafka = Kafka(module_server)
                    kafka.socket.close()
    assert asked > 1_500


@pytest.mark.parametrize("size", [-2**31, -1, 0, 7, 100 * MiB + 1, 2**31 - 1])
def test_requests_of_an_impossible_size_end_the_connection(module_server, size):
    with connect(module_server.kafka) as connection:
        connection.sendall(struct.pack(">ihhih", size, 0, 3, 1, 0))
        assert is_closed(connection)


def test_announced_megabytes_cost_nothing_until_they_come(module_server):
    with watched(module_server, memory=32 * MiB):
        connections = [connect(module_server.kafka) for _ in range(40)]
        for connection in connections:
            connection.sendall(struct.pack(">ihhih", 100 * MiB, 0, 3, 1, 0))
        for connection in connections:
            connection.close()


@pytest.mark.slow
def test_long_requests_share_a_bounded_memory(module_server):
    """Forty times 20 MiB of unfinished requests are 800 MiB: more than all requests together may hold."""
    piece = bytes(4 * MiB)
    with watched(module_server, memory=900 * MiB):  # the 512 MiB, and the doubling of the buffers that make them up
        connections = [connect(module_server.kafka) for _ in range(40)]
        for connection in connections:
            connection.settimeout(0.2)
            try:
                connection.sendall(struct.pack(">ihhih", 100 * MiB, 0, 3, 1, 0))
                for _ in range(5):
                    connection.sendall(piece)
            except (TimeoutError, ConnectionError):
                pass  # it has to wait for room, or was closed for want of it
        for connection in connections:
            connection.close()


@pytest.fixture(scope="module")
def topic(module_server):
    name = unique("records")
    with Kafka(module_server) as kafka:
        kafka.metadata(name)
    return name


CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_RECORD = 2, 10, 87
good = record(b"value")


def cut(data):
    return batch_of(data, 1)


REFUSED = [
    ("no bytes at all", b"", CORRUPT_MESSAGE),
    ("garbage", b"\xff" * 100, CORRUPT_MESSAGE),
    ("a flipped bit", batch([b"value"])[:-1] + b"\x7f", CORRUPT_MESSAGE),
    ("fewer records than it says", batch_of(good, 2), INVALID_RECORD),
    ("more records than it says", batch_of(good + record(b"x", 1), 1), INVALID_RECORD),
    ("no records", batch_of(b"", 0), INVALID_RECORD),
    ("2^31 records", batch_of(good, 2**31 - 1), INVALID_RECORD),
    ("offsets out of order", batch_of(record(b"a", 1) + record(b"b", 0), 2), INVALID_RECORD),
    ("a record longer than the batch", cut(varint(2**31 - 1) + good[1:]), INVALID_RECORD),
    ("a record of negative length", cut(varint(-5) + good[1:]), INVALID_RECORD),
    ("a value longer than its record", cut(varint(12) + b"\0\0\0\1" + varint(2**31 - 1) + b"value!!!"), INVALID_RECORD),
    ("2^31 headers", cut(varint(15) + b"\0\0\0\1" + varint(1) + b"v" + varint(2**31 - 1) + b"\0" * 4), INVALID_RECORD),
    ("bytes behind the last record", batch_of(good + b"\0\0", 1), INVALID_RECORD),
    ("a control batch", batch_of(good, 1, codec=0x20), INVALID_RECORD),
    ("an unknown codec", batch_of(good, 1, codec=5), INVALID_RECORD),
    ("two batches", batch([b"a"]) + batch([b"b"]), INVALID_RECORD),
    ("2 MiB where 1 MiB is allowed", batch_of(record(bytes(2 * MiB)), 1), MESSAGE_TOO_LARGE),
]


@pytest.mark.parametrize("what, records, error", REFUSED, ids=[each[0] for each in REFUSED])
def test_batches_that_no_consumer_could_read_are_refused_and_nothing_of_them_is_stored(module_server, topic, what,
                                                                                     records, error):
    with Kafka(module_server) as kafka:
        assert kafka.produce(topic, batch([b"before"]))[0] == 0
        end = kafka.produce(topic, batch([b"before"]))[1] + 1
        assert kafka.produce(topic, records)[0] == error, what
        assert kafka.produce(topic, batch([b"after"])) == (0, end)


POLICY_VIOLATION, INVALID_PARTITIONS, INVALID_TOPIC = 44, 37, 17


def create(kafka, name, partitions):
    answer = kafka.ask(19, 2, struct.pack(">i", 1) + text16(name) + struct.pack(">ihii", partitions, 1, 0, 0) +
                       struct.pack(">ib", 30_000, 0))
    at = 4 + 4 + 2 + len(name.encode())
    return struct.unpack(">h", answer[at:at + 2])[0]


def test_topics_and_partitions_have_a_bound(module_server):
    with Kafka(module_server) as kafka:
        for partitions in (0, -2, 10_001, 2**31 - 1):
            assert create(kafka, unique("many"), partitions) == INVALID_PARTITIONS
        for name in ("", ".", "..", "a/b", "../x", "a" * 250, "ä", "a b", "a\0b"):
            assert create(kafka, name, 1) == INVALID_TOPIC
