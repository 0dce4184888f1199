"""Bytes that no client library sends: the broker refuses them and goes on serving."""
import socket
import struct

import pytest


def connect(server):
    host, port = server.kafka.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=10)
    return connection


def send(connection, key, version, body=b"", correlation=7):
    frame = struct.pack(">hhih", key, version, correlation, 1) + b"c" + body
    connection.sendall(struct.pack(">i", len(frame)) + frame)


def receive(connection):
    """The next answer, or b"" when the broker has closed the connection."""
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack(">i", data[:4])[0]:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return b""
        data += more
    return data[4:]


def assert_alive(server):
    with connect(server) as connection:
        send(connection, 18, 0)
        assert receive(connection)[:6] == struct.pack(">ih", 7, 0)


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(server):
    with connect(server) as connection:
        send(connection, 18, 99)
        answer = receive(connection)
        correlation, error, count = struct.unpack(">ihi", answer[:10])
        assert (correlation, error) == (7, 35) and len(answer) == 10 + 6 * count
        send(connection, 18, 0, correlation=8)  # and the connection goes on
        assert struct.unpack(">ih", receive(connection)[:6]) == (8, 0)


@pytest.mark.parametrize("size", [-1, 0, 3, 200_000_000, 2**31 - 1])
def test_a_frame_of_an_impossible_size_ends_the_connection(server, size):
    with connect(server) as connection:
        connection.sendall(struct.pack(">i", size) + b"\x00\x03" + b"x" * 8)
        assert receive(connection) == b""
    assert_alive(server)


@pytest.mark.parametrize("key, version, body", [
    (999, 0, b""),                              # an API that nobody knows
    (3, 99, b""),                               # a version of the future
    (3, 1, b"\x7f\xff\xff\xff"),                # an array longer than its frame
    (3, 12, b"\x00\xff\xff\xff\xff\x0f"),       # the same in compact form
    (11, 5, b"\x00"),                           # cut off
    (0, 9, b"\xff" * 50),
])
def test_malformed_requests_end_the_connection_and_nothing_else(server, key, version, body):
    with connect(server) as connection:
        send(connection, key, version, body)
        assert receive(connection) == b""
    assert_alive(server)


def test_answers_keep_the_order_of_pipelined_requests(server):
    with connect(server) as connection:
        for correlation in range(200):
            send(connection, 18 if correlation % 2 else 3, 1, b"" if correlation % 2 else b"\x00\x00\x00\x00", correlation)
        data = b""
        seen = []
        while len(seen) < 200:
            data += connection.recv(65536)
            while len(data) >= 4 and len(data) >= 4 + struct.unpack(">i", data[:4])[0]:
                size = struct.unpack(">i", data[:4])[0]
                seen.append(struct.unpack(">i", data[4:8])[0])
                data = data[4 + size:]
        assert seen == list(range(200))
