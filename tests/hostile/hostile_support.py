"""What the tests of hostile clients share: raw connections, signed requests, and a watch over the server meanwhile."""
import contextlib
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import os
import resource
import socket
import struct
import threading
import time
import urllib.parse
import uuid

import pytest
from conftest import SANITIZED

DEADLINE = 60  # seconds; generous, as the machines that run tests are slow at times
MiB = 1 << 20


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def wait_until(condition, what, deadline=DEADLINE):
    until = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {deadline} s: {what}"
        time.sleep(0.05)
    return value


def address(text):
    host, port = text.removeprefix("http://").rsplit(":", 1)
    return host, int(port)


def connect(text, timeout=30, source=None):
    """source: the address to come from, as each may have half of the connections."""
    return socket.create_connection(address(text), timeout=timeout, source_address=source and (source, 0))


def read_to_end(connection):
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(65536):
            data += more
    return data


def is_closed(connection):
    """Whether the server has ended the connection (or does so within the socket's time-out)."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


# ---- what the process holds

@pytest.fixture(autouse=True, scope="module")
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@dataclasses.dataclass
class Held:
    descriptors: int
    threads: int
    resident: int  # bytes

    @staticmethod
    def by(process):
        status = dict(line.split(":", 1) for line in open(f"/proc/{process.pid}/status").read().splitlines())
        return Held(len(os.listdir(f"/proc/{process.pid}/fd")), int(status["Threads"]),
                    int(status["VmRSS"].split()[0]) * 1024)


def peak_resident(process):
    status = dict(line.split(":", 1) for line in open(f"/proc/{process.pid}/status").read().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


class Honest(threading.Thread):
    """A client that does as it should, all the while; what goes wrong for it is kept."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.rounds, self.error = server, 0, None
        self.stopping = threading.Event()
        self.bucket, self.topic = unique("honest"), unique("honest")

    def run(self):
        try:
            signed(self.server, "PUT", f"/{self.bucket}").expect(200)
            while not self.stopping.is_set():
                self.round()
                self.rounds += 1
                self.stopping.wait(0.05)
        except Exception as error:  # told by the test's own thread
            self.error = error

    def round(self):
        body = f"round {self.rounds}".encode()
        signed(self.server, "PUT", f"/{self.bucket}/key", body).expect(200)
        assert signed(self.server, "GET", f"/{self.bucket}/key").expect(200).body == body
        with Kafka(self.server) as kafka:
            kafka.metadata(self.topic)
            error, offset = kafka.produce(self.topic, batch([body]))
            assert (error, offset) == (0, self.rounds)
            assert body in kafka.fetch(self.topic, offset)


@contextlib.contextmanager
def watched(server, memory=64 * MiB, rounds=2):
    """Around an attack: an honest client is served meanwhile and afterwards, the resident memory grows by no more than
    the bound, and descriptors, threads return to what they were."""
    signed(server, "GET", "/").expect(200)
    process = server.process
    settle(process)
    before = Held.by(process)
    open(f"/proc/{process.pid}/clear_refs", "w").write("5")  # the peak counts from here
    honest = Honest(server)
    honest.start()
    try:
        yield before
        seen = honest.rounds
        wait_until(lambda: honest.rounds >= seen + rounds or honest.error, "an honest client is served on")
    finally:
        honest.stopping.set()
        honest.join(DEADLINE)
    assert server.process.poll() is None, "the server ended"
    if honest.error:
        raise honest.error
    grown = peak_resident(process) - before.resident
    assert SANITIZED or grown <= memory, f"resident memory grew by {grown / MiB:.0f} MiB, more than {memory / MiB:.0f} MiB"
    # The honest client's own topic keeps the files of its one segment open.
    wait_until(lambda: Held.by(process).descriptors <= before.descriptors + 8, f"descriptors return to {before}")
    wait_until(lambda: Held.by(process).threads <= before.threads + 2, f"threads return to {before}")


def settle(process):
    """Waits until connections of earlier tests have ended."""
    last = None
    until = time.monotonic() + 5
    while time.monotonic() < until:
        now = Held.by(process)
        if last and (now.descriptors, now.threads) == (last.descriptors, last.threads):
            return
        last = now
        time.sleep(0.1)


# ---- HTTP, signed by hand so that every part can be wrong

@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def expect(self, *statuses):
        assert self.status in statuses, (self.status, self.body[:1000])
        return self

    @property
    def code(self):
        """S3's <Code>."""
        return self.body.split(b"<Code>", 1)[1].split(b"</Code>", 1)[0].decode() if b"<Code>" in self.body else ""


def encode(text, safe="/"):
    return urllib.parse.quote(text, safe=safe + "-._~")


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signing_key(secret, date, region, service):
    key = digest(f"AWS4{secret}".encode(), date)
    for part in (region, service, "aws4_request"):
        key = digest(key, part)
    return key


def canonical_query(query):
    return "&".join(f"{encode(k, '')}={encode(v, '')}" for k, v in sorted(query.items()))


def sign(server, method, path, *, query=None, headers=None, body_hash, when=None, service="s3", region="us-east-1",
         key=None, secret=None):
    """The headers of a request with path as it goes on the wire, Authorization among them."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    stamp, date = when.strftime("%Y%m%dT%H%M%SZ"), when.strftime("%Y%m%d")
    headers = {"host": server.aws.removeprefix("http://"), "x-amz-date": stamp, "x-amz-content-sha256": body_hash,
               **{name.lower(): value for name, value in (headers or {}).items()}}
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, path, canonical_query(query or {}),
                           "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers)), names, body_hash])
    scope = f"{date}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = digest(signing_key(secret or server.secret_key, date, region, service), text).hex()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key or server.access_key}/{scope}, "
                                f"SignedHeaders={names}, Signature={signature}")
    return headers


def signed(server, method, path, body=b"", *, query=None, headers=None, timeout=DEADLINE, **how):
    headers = sign(server, method, path, query=query, headers=headers, body_hash=hashlib.sha256(body).hexdigest(), **how)
    target = path + ("?" + canonical_query(query) if query else "")
    return exchange(server, method, target, headers, body, timeout)


def exchange(server, method, target, headers, body=b"", timeout=DEADLINE):
    connection = http.client.HTTPConnection(*address(server.aws), timeout=timeout)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body or method in ("PUT", "POST"):
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def call(server, service, operation, body, **how):
    """An operation of Glue or Athena with a body of our own choice."""
    prefix = {"glue": "AWSGlue", "athena": "AmazonAthena"}[service]
    return signed(server, "POST", "/", body, service=service,
                  headers={"x-amz-target": f"{prefix}.{operation}", "content-type": "application/x-amz-json-1.1"}, **how)


# ---- Kafka, by hand for the same reason

TABLE = []
for number in range(256):
    for _ in range(8):
        number = (number >> 1) ^ (0x82F63B78 if number & 1 else 0)
    TABLE.append(number)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def varint(number):
    zigzag = (number << 1) ^ (number >> 63)
    encoded = b""
    while zigzag > 0x7F:
        encoded += bytes([zigzag & 0x7F | 0x80])
        zigzag >>= 7
    return encoded + bytes([zigzag])


def record(value, delta=0):
    body = b"\0" + varint(0) + varint(delta) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch_of(payload, count, codec=0):
    """A batch around bytes that say they are count records; its CRC is right."""
    now = int(time.time() * 1000)
    tail = struct.pack(">hiqqqhii", codec, count - 1, now, now, -1, -1, -1, count) + payload
    return struct.pack(">qiibI", 0, len(tail) + 9, -1, 2, crc32c(tail)) + tail


def batch(values):
    return batch_of(b"".join(record(value, i) for i, value in enumerate(values)), len(values))


def text16(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


class Kafka:
    """One connection that speaks old, simple versions."""

    def __init__(self, server, timeout=DEADLINE, source=None):
        self.socket = connect(server.kafka, timeout, source)
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, key, version, body=b"", flexible=False):
        self.correlation += 1
        frame = struct.pack(">hhih", key, version, self.correlation, 1) + b"c" + (b"\0" if flexible else b"") + body
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)

    def receive(self):
        """The next answer without its correlation id; b"" when the broker has closed the connection."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while len(data) < (size := 4 if len(data) < 4 else 4 + struct.unpack(">i", data[:4])[0]):
                more = self.socket.recv(size - len(data))
                if not more:
                    return b""
                data += more
            self.answered = struct.unpack(">i", data[4:8])[0]
            return data[8:]
        return b""

    def still_answers(self):
        """Whether a further request is answered, after whatever the ones before it gave."""
        self.send(18, 0)
        while self.receive():
            if self.answered == self.correlation:
                return True
        return False

    def ask(self, key, version, body=b"", flexible=False):
        self.send(key, version, body, flexible)
        return self.receive()

    def metadata(self, topic):
        """Makes the topic when it is missing."""
        answer = self.ask(3, 4, struct.pack(">i", 1) + text16(topic) + b"\1")
        assert answer, "no answer to Metadata"
        return answer

    def produce(self, topic, records, partition=0, acks=-1):
        """(error code, base offset)"""
        body = struct.pack(">hhi", -1, acks, 30_000) + struct.pack(">i", 1) + text16(topic)
        body += struct.pack(">iii", 1, partition, len(records)) + records
        answer = self.ask(0, 7, body)  # the first with zstd
        if not answer:
            return None, None
        at = 4 + 2 + len(topic) + 4 + 4
        return struct.unpack(">hq", answer[at:at + 10])

    def fetch(self, topic, offset, partition=0, wait_ms=500, min_bytes=1):
        self.send(1, 4, struct.pack(">iiiib", -1, wait_ms, min_bytes, 50 * MiB, 0) + struct.pack(">i", 1) +
                  text16(topic) + struct.pack(">iiqi", 1, partition, offset, 50 * MiB))
        return self.receive()
