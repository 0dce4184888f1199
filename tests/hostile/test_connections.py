"""Clients that connect and then do anything but what a client does."""
import contextlib
import json
import random
import resource
import socket
import struct
import threading
import time

import pytest
from hostile_support import (DEADLINE, Held, Kafka, MiB, address, batch, connect, is_closed, many_descriptors,  # noqa: F401
                             read_to_end, record, sign, signed, text16, unique, wait_until, watched)

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def ports(server):
    """Every port that the server listens on, by name."""
    return json.loads((server.data / "endpoints.json").read_text())


def test_random_bytes_on_every_port(module_server):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    with watched(module_server):
        for name, at in ports(module_server).items():
            for round in range(60):
                data = chance.randbytes(chance.choice([1, 7, 100, 5000, 200_000]))
                if round % 3 == 0 and name == "kafka":  # a length and an API that are right
                    data = struct.pack(">ihh", len(data) + 4, chance.randrange(70), chance.randrange(15)) + data
                elif round % 3 == 0:
                    data = chance.choice([b"GET ", b"PUT /a HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n"]) + data
                with connect(at) as connection, contextlib.suppress(OSError):
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    read_to_end(connection)


def test_ten_thousand_connections_opened_and_dropped(module_server):
    # Up to 4,096 threads may be there at once, with what each touches of its stack and the allocator's cache.
    with watched(module_server, memory=320 * MiB):
        for name in ("kafka", "aws"):
            at = address(ports(module_server)[name])
            for number in range(5_000):  # from another address than the honest client's: each may have half of what there is
                connection = socket.create_connection(at, timeout=DEADLINE, source_address=("127.0.0.2", 0))
                if number % 2:
                    connection.send(b"\0")
                if number % 3 == 0:  # a reset instead of a goodbye
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()


def test_half_requests_hold_nothing_back_and_are_free_when_their_clients_go(module_server):
    halves = {
        "kafka": [b"\0", b"\0\0\1\0", struct.pack(">ihhih", 1000, 3, 4, 1, 0), struct.pack(">ih", 100 * MiB, 0) + b"x" * 70_000],
        "aws": [b"G", b"PUT /x", b"PUT / HTTP/1.1\r\nHost: x\r\nA", b"PUT /a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"],
        "web": [b"GET / HTTP/1.1\r\n"],
        "registry": [b"GET / HTTP/1.1\r\n"],
    }
    with watched(module_server, memory=128 * MiB), contextlib.ExitStack() as stack:
        for name, openings in halves.items():
            for opening in openings:
                for _ in range(100):
                    connection = stack.enter_context(connect(ports(module_server)[name]))
                    connection.sendall(opening)


def signed_head(server, method, path, length):
    headers = sign(server, method, path, body_hash="UNSIGNED-PAYLOAD") | {"content-length": str(length)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


def test_clients_that_never_read_their_answers_cost_no_memory(module_server):
    """GETs of a large object, fetches of a full partition and long lists of metadata, each answer left in the pipe."""
    bucket, topic = unique("unread"), unique("unread")
    signed(module_server, "PUT", f"/{bucket}").expect(200)
    signed(module_server, "PUT", f"/{bucket}/large", bytes(16 * MiB)).expect(200)
    with Kafka(module_server) as kafka:
        kafka.metadata(topic)
        for _ in range(16):
            assert kafka.produce(topic, batch([bytes(1000) for _ in range(500)]))[0] == 0
    with watched(module_server, memory=160 * MiB), contextlib.ExitStack() as stack:
        for _ in range(30):
            connection = stack.enter_context(connect(module_server.aws))
            for _ in range(3):
                connection.sendall(signed_head(module_server, "GET", f"/{bucket}/large", 0))
        names = b"".join(text16("no.such.topic.%04d" % number) for number in range(5_000))
        for _ in range(30):
            kafka = stack.enter_context(Kafka(module_server))
            kafka.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            body = struct.pack(">hhi", -1, -1, 30_000) + struct.pack(">i", 1) + text16(topic)
            one = batch([b"x"])
            kafka.send(0, 3, body + struct.pack(">iii", 1, 0, len(one)) + one)  # answered by the thread of late answers
            kafka.send(1, 4, struct.pack(">iiiib", -1, 0, 1, 50 * MiB, 0) + struct.pack(">i", 1) + text16(topic) +
                       struct.pack(">iiqi", 1, 0, 0, 50 * MiB))
            kafka.socket.settimeout(1)
            with contextlib.suppress(TimeoutError, ConnectionError):  # until nothing more is taken either
                for _ in range(20):
                    kafka.send(3, 4, struct.pack(">i", 5_000) + names + b"\0")


def test_long_polls_end_when_their_clients_leave(module_server):
    """Or a fetch that waits for 24 days would hold its thread for them."""
    topic = unique("polled")
    with Kafka(module_server) as kafka:
        kafka.metadata(topic)
    with watched(module_server) as before:
        clients = [Kafka(module_server) for _ in range(50)]
        for kafka in clients:
            kafka.send(1, 4, struct.pack(">iiiib", -1, 2**31 - 1, 1, 1000, 0) + struct.pack(">i", 1) + text16(topic) +
                       struct.pack(">iiqi", 1, 0, 0, 1000))
        wait_until(lambda: Held.by(module_server.process).threads >= before.threads + 50, "the polls are there")
        for kafka in clients:
            kafka.socket.close()


def test_joins_end_when_their_clients_leave(module_server):
    """Members that wait for a rebalance that nobody ends."""
    group = unique("joined")

    def join(kafka, member=""):
        kafka.send(11, 1, text16(group) + struct.pack(">ii", 1_800_000, 2**31 - 1) + text16(member) +
                   text16("consumer") + struct.pack(">i", 1) + text16("range") + struct.pack(">i", 0))

    with watched(module_server) as before:
        with Kafka(module_server) as first:
            join(first)
            assert first.receive()[:2] == b"\0\0"  # alone: at once
            clients = [Kafka(module_server) for _ in range(30)]
            for kafka in clients:
                join(kafka)
            wait_until(lambda: Held.by(module_server.process).threads >= before.threads + 30, "the joins wait")
            for kafka in clients:
                kafka.socket.close()


def test_connections_beyond_the_cap_are_closed_and_room_returns(module_server):
    cap = 4096
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * cap:
        pytest.skip(f"{hard} descriptors are permitted here: too few to reach the cap")
    at = address(module_server.aws)
    before = Held.by(module_server.process)
    one, other, third = (("127.0.0.%d" % number, 0) for number in (1, 2, 3))
    connections = []

    def fill(source):
        for _ in range(cap // 2):
            connections.append(socket.create_connection(at, timeout=DEADLINE, source_address=source))
        wait_until(lambda: Held.by(module_server.process).descriptors >= before.descriptors + len(connections), "all are there")

    def assert_refused(source):
        with socket.create_connection(at, timeout=DEADLINE, source_address=source) as beyond:
            assert read_to_end(beyond).startswith(b"HTTP/1.1 503 ")

    def assert_served(source):
        with socket.create_connection(at, timeout=DEADLINE, source_address=source) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert read_to_end(connection).startswith(b"HTTP/1.1 403 ")
        wait_until(lambda: Held.by(module_server.process).descriptors <= before.descriptors + len(connections), "it is gone")

    try:
        fill(one)
        assert_refused(one)  # one address has half of what there is
        assert_served(other)
        fill(other)
        assert_refused(third)  # and now all is taken
        with Kafka(module_server) as kafka:  # the other ports have caps of their own
            assert kafka.ask(18, 0)[:2] == b"\0\0"
    finally:
        for connection in connections:
            connection.close()
    wait_until(lambda: Held.by(module_server.process).descriptors <= before.descriptors + 2, "descriptors return")
    wait_until(lambda: Held.by(module_server.process).threads <= before.threads + 2, "threads return")
    signed(module_server, "GET", "/").expect(200)


@pytest.mark.slow
def test_a_slow_loris_is_cut_off_by_time_and_rate(module_server):
    """One byte a second for head, body and request: each is ended by the server, within its limit and some patience."""
    openings = {
        "head": (module_server.aws, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "),
        "body": (module_server.aws, signed_head(module_server, "PUT", "/loris/key", 100_000)),
        "request": (module_server.kafka, struct.pack(">ihhih", 100_000, 3, 4, 1, 0)),
    }
    signed(module_server, "PUT", "/loris").expect(200)
    ended = {}

    def drip(name, at, opening):
        with connect(at, timeout=1) as connection:
            connection.sendall(opening)
            with contextlib.suppress(ConnectionError):
                while True:
                    try:
                        if connection.recv(1000) == b"":
                            break
                    except TimeoutError:
                        connection.sendall(b"x")
        ended[name] = True

    with watched(module_server):
        threads = [threading.Thread(target=drip, args=(f"{name} {number}", *opening), daemon=True)
                   for name, opening in openings.items() for number in range(20)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(ended) == len(threads), "every slow client is cut off")


@pytest.mark.slow
def test_clients_that_never_read_are_cut_off(module_server):
    bucket = unique("unread")
    signed(module_server, "PUT", f"/{bucket}").expect(200)
    signed(module_server, "PUT", f"/{bucket}/large", bytes(32 * MiB)).expect(200)
    with watched(module_server) as before:
        connections = [connect(module_server.aws) for _ in range(20)]
        for connection in connections:
            connection.sendall(signed_head(module_server, "GET", f"/{bucket}/large", 0))
        wait_until(lambda: Held.by(module_server.process).threads >= before.threads + 20, "they are served")
        wait_until(lambda: Held.by(module_server.process).threads <= before.threads + 4, "they are given up", 600)
        for connection in connections:
            connection.close()
