"""An orderly stop in the middle of everything: what was answered holds, nobody is left hanging, and the next start has
nothing to recover."""
import pathlib
import signal
import socket
import struct
import threading
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

DEADLINE = 120
MiB = 1 << 20


class Producing(threading.Thread):
    """Produces as fast as it can with acks=all, until told to stop."""

    def __init__(self, server, topic, partition):
        super().__init__(daemon=True)
        self.topic, self.partition = topic, partition
        self.stopping, self.acknowledged = threading.Event(), []
        self.producer = Producer({"bootstrap.servers": server.kafka, "enable.idempotence": True, "linger.ms": 1, "log_level": 0,
                                  "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100})

    def run(self):
        number = 0
        while not self.stopping.is_set():
            try:
                self.producer.produce(self.topic, b"%d " % number + b"x" * 1000, partition=self.partition,
                                      on_delivery=self.delivered)
                number += 1
            except BufferError:
                pass
            self.producer.poll(0.01 if number % 100 == 0 else 0)

    def delivered(self, error, message):
        if error is None:
            self.acknowledged.append(int(message.value().split(b" ")[0]))

    def finish(self):
        self.stopping.set()
        self.join(DEADLINE)
        assert self.producer.flush(DEADLINE) == 0


class Consuming(threading.Thread):
    def __init__(self, server, topic):
        super().__init__(daemon=True)
        self.consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": "stopped", "auto.offset.reset": "earliest",
                                  "log_level": 0, "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100})
        self.consumer.subscribe([topic])
        self.stopping, self.seen = threading.Event(), {0: [], 1: []}

    def run(self):
        while not self.stopping.is_set():
            message = self.consumer.poll(0.1)
            if message is not None and not message.error():
                self.seen[message.partition()].append(int(message.value().split(b" ")[0]))
        self.consumer.close()


def frame(key, version, correlation, body):
    request = struct.pack(">hhih", key, version, correlation, 1) + b"c" + body
    return struct.pack(">i", len(request)) + request


def text16(text):
    return struct.pack(">h", len(text)) + text.encode()


def long_poll(server, topic):
    """A fetch at the end of a topic, which may wait for ten minutes."""
    host, port = server.kafka.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=DEADLINE)
    connection.sendall(frame(1, 4, 7, struct.pack(">iiiib", -1, 600_000, 1, MiB, 0) + struct.pack(">i", 1) + text16(topic) +
                             struct.pack(">iiqi", 1, 0, 0, MiB)))
    return connection


def read_to_end(connection):
    data = b""
    while more := connection.recv(65536):
        data += more
    return data


def read_bytes(process):
    text = pathlib.Path(f"/proc/{process.pid}/io").read_text()
    return int(text.split("rchar:")[1].split()[0])


def wait_for(condition, what):
    waited = threading.Event()
    for _ in range(DEADLINE * 20):
        if condition():
            return
        waited.wait(0.05)
    raise AssertionError(f"not in {DEADLINE} s: {what}")


def test_sigterm_in_the_middle_of_everything(own_server):
    admin = AdminClient({"bootstrap.servers": own_server.kafka})
    for future in admin.create_topics([NewTopic("busy", 2), NewTopic("idle", 1), NewTopic("decided", 1)]).values():
        future.result(DEADLINE)
    producers = [Producing(own_server, "busy", partition) for partition in (0, 1)]
    consumer = Consuming(own_server, "busy")
    for thread in (*producers, consumer):
        thread.start()
    transaction = Producer({"bootstrap.servers": own_server.kafka, "transactional.id": f"t-{uuid.uuid4()}", "log_level": 0,
                            "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100})
    transaction.init_transactions(DEADLINE)
    transaction.begin_transaction()
    transaction.produce("decided", b"before")
    assert transaction.flush(DEADLINE) == 0
    polls = [long_poll(own_server, "idle") for _ in range(5)]
    wait_for(lambda: all(len(producer.acknowledged) > 4_000 for producer in producers), "there is something to recover")

    own_server.process.send_signal(signal.SIGTERM)
    assert own_server.process.wait(DEADLINE) == 0
    for poll in polls:
        answer = read_to_end(poll)  # no reset
        assert not answer or len(answer) == 4 + struct.unpack(">i", answer[:4])[0], "a part of an answer"

    own_server.restart()
    # What is behind the checkpoints would be read: some MiB of each partition.
    assert read_bytes(own_server.process) < 4 * MiB, "the start after an orderly stop has recovered something"
    transaction.produce("decided", b"after")
    while True:
        try:
            transaction.commit_transaction(DEADLINE)
            break
        except KafkaException as error:
            assert error.args[0].retriable(), error
    for producer in producers:
        producer.finish()
    counts = {producer.partition: len(producer.acknowledged) for producer in producers}
    wait_for(lambda: all(len(consumer.seen[partition]) >= count for partition, count in counts.items()), "all is read")
    consumer.stopping.set()
    consumer.join(DEADLINE)
    for producer in producers:
        assert producer.acknowledged == list(range(counts[producer.partition])), "lost, or out of order"
    assert read_committed(own_server, "busy", 0) == producers[0].acknowledged
    assert read_committed(own_server, "busy", 1) == producers[1].acknowledged
    assert read_committed(own_server, "decided", 0, bytes) == [b"before", b"after"]


def read_committed(server, topic, partition, kind=lambda value: int(value.split(b" ")[0])):
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": "reader", "isolation.level": "read_committed",
                         "enable.partition.eof": True, "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, 0)])
    values = []
    while True:
        message = consumer.poll(DEADLINE)
        assert message is not None, "no end of the partition"
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            consumer.close()
            return values
        values.append(kind(message.value()))
