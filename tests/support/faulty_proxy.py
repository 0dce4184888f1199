"""A TCP proxy that breaks what passes through it, by a seed: between the pipeline and S3 or Kafka."""
import random
import socket
import struct
import threading
import time


def reset(sock):
    """Closes with RST, so that the peer sees "connection reset"."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Sends nothing, but wakes a thread that reads here: as long as it did, the connection would stay open.
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    sock.close()


class FaultyProxy:
    """Listens on a free port of 127.0.0.1 (or the one given) and connects on to `target`; `serve(client, upstream)`
    of a subclass moves the bytes of one connection. Counts what it did in `done`."""

    def __init__(self, target, seed, port=0):
        host, _, number = target.rpartition(":")
        self.target = (host, int(number))
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.done = {}
        self.healthy = False
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def heal(self):
        """No more faults."""
        self.healthy = True

    def choose(self, faults):
        """The name of a fault, or None: faults maps names to chances."""
        with self.lock:
            if self.healthy:
                return None
            roll = self.random.random()
            for name, chance in faults.items():
                if roll < chance:
                    self.done[name] = self.done.get(name, 0) + 1
                    return name
                roll -= chance
            return None

    def between(self, low, high):
        with self.lock:
            return self.random.uniform(low, high)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client):
        upstream = None
        try:
            upstream = socket.create_connection(self.target, timeout=30)
            upstream.settimeout(None)
            with self.lock:
                self.open |= {client, upstream}
            self.serve(client, upstream)
        except OSError:
            reset(client)  # the target is away, or one of the two hung up
        finally:
            for sock in (client, upstream):
                if sock is not None:
                    with self.lock:
                        self.open.discard(sock)
                    sock.close()

    def close(self):
        self.listener.close()
        with self.lock:
            left = list(self.open)
        for sock in left:
            reset(sock)


def read_head(sock, kept):
    """Bytes up to the blank line, and what came behind it; None at the end of the connection."""
    while b"\r\n\r\n" not in kept:
        more = sock.recv(65536)
        if not more:
            return None, b""
        kept += more
    head, _, rest = kept.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def header(head, name):
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def read_body(sock, size, kept):
    while len(kept) < size:
        more = sock.recv(65536)
        if not more:
            raise OSError("closed in the middle of a body")
        kept += more
    return kept[:size], kept[size:]


class HttpProxy(FaultyProxy):
    """One fault a request at most."""

    FAULTS = {
        "reset before the effect": 0.03,
        "reset after the effect": 0.04,
        "503 before the effect": 0.04,
        "500 after the effect": 0.03,
        "truncated answer": 0.03,
        "slow answer": 0.05,
        "half open": 0.02,
        "answer of another request": 0.02,
    }

    def __init__(self, target, seed, faults=None, port=0):
        self.faults = faults or self.FAULTS
        self.earlier = None  # the last answer to another GET
        super().__init__(target, seed, port)

    def serve(self, client, upstream):
        from_client, from_upstream = b"", b""
        while True:
            head, from_client = read_head(client, from_client)
            if head is None:
                return
            fault = self.choose(self.faults)
            if fault == "reset before the effect":
                return reset(client)
            if (header(head, b"expect") or b"").lower() == b"100-continue":
                client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:"))
            body, from_client = read_body(client, int(header(head, b"content-length") or 0), from_client)
            if fault == "503 before the effect":
                answer = (b"<?xml version=\"1.0\"?><Error><Code>SlowDown</Code>"
                          b"<Message>Please reduce your request rate.</Message></Error>")
                client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
                               % len(answer) + (b"" if head.startswith(b"HEAD") else answer))
                continue
            upstream.sendall(head + body)
            answer_head, from_upstream = read_head(upstream, from_upstream)
            if answer_head is None:
                return reset(client)
            size = 0 if head.startswith(b"HEAD") else int(header(answer_head, b"content-length") or 0)
            answer, from_upstream = read_body(upstream, size, from_upstream)
            if fault == "reset after the effect":
                return reset(client)
            if fault == "500 after the effect":
                client.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
                continue
            if fault == "truncated answer":
                whole = answer_head + answer
                client.sendall(whole[:int(self.between(1, len(whole)))])
                return reset(client)
            if fault == "half open":
                time.sleep(self.between(0.3, 0.8))  # nothing comes, then the connection is gone
                return reset(client)
            if fault == "slow answer":
                time.sleep(self.between(0.02, 0.2))
            if fault == "answer of another request" and head.startswith(b"GET") and self.earlier:
                client.sendall(self.earlier)
                continue
            if head.startswith(b"GET"):
                self.earlier = answer_head + answer
            client.sendall(answer_head + answer)


class StreamProxy(FaultyProxy):
    """For Kafka: passes requests and answers on as frames, and breaks some."""

    FAULTS = {
        "reset before the effect": 0.01,
        "reset after the effect": 0.01,
        "truncated answer": 0.005,
        "slow answer": 0.03,
        "half open": 0.003,
    }

    def __init__(self, target, seed, faults=None, port=0):
        self.faults = faults or self.FAULTS
        super().__init__(target, seed, port)

    @staticmethod
    def frame(sock):
        head = b""
        while len(head) < 4:
            more = sock.recv(4 - len(head))
            if not more:
                return None
            head += more
        size = int.from_bytes(head, "big")
        return head + StreamProxy.exactly(sock, size)

    @staticmethod
    def exactly(sock, left):
        parts = []
        while left:
            more = sock.recv(min(left, 1 << 20))
            if not more:
                raise OSError("closed in the middle of a frame")
            parts.append(more)
            left -= len(more)
        return b"".join(parts)

    def serve(self, client, upstream):
        def requests():
            try:
                while (frame := self.frame(client)) is not None:
                    if self.choose({"reset before the effect": self.faults["reset before the effect"]}):
                        break
                    upstream.sendall(frame)
            except OSError:
                pass
            reset(upstream)
            reset(client)

        sender = threading.Thread(target=requests, daemon=True)
        sender.start()
        answers = {name: chance for name, chance in self.faults.items() if name != "reset before the effect"}
        # What the broker says of its own address leads through the proxy, too: same length, another port.
        its = self.target[0].encode() + self.target[1].to_bytes(4, "big")
        ours = self.target[0].encode() + int(self.address.rpartition(":")[2]).to_bytes(4, "big")
        while (frame := self.frame(upstream)) is not None:
            if len(frame) < 10_000:
                frame = frame.replace(its, ours)
            fault = self.choose(answers)
            if fault == "reset after the effect":
                return reset(client)
            if fault == "truncated answer":
                client.sendall(frame[:int(self.between(1, len(frame)))])
                return reset(client)
            if fault == "half open":
                time.sleep(self.between(0.3, 0.8))
                return reset(client)
            if fault == "slow answer":
                time.sleep(self.between(0.02, 0.2))
            client.sendall(frame)
