"""Many partitions and many connections at once, with clients among them that misbehave."""
import contextlib
import resource
import socket
import struct
import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from hostile_support import Held, Kafka, MiB, batch, many_descriptors, peak_resident, text16, unique, watched  # noqa: F401

TOPICS = 5


def create(server, partitions):
    """Topics with so many partitions together."""
    names = [unique("wide") for _ in range(TOPICS)]
    admin = AdminClient({"bootstrap.servers": server.kafka})
    made = admin.create_topics([NewTopic(name, partitions // TOPICS) for name in names], operation_timeout=120,
                               request_timeout=120)
    for future in made.values():
        future.result(180)
    return names


class Patient:
    """A connection that stays, asks now and then, and knows what it is owed."""

    def __init__(self, server, number, names, partitions):
        self.kafka = Kafka(server, timeout=180)
        self.topic, self.partition = names[number % TOPICS], number // TOPICS % (partitions // TOPICS)
        self.number, self.sent = number, []

    def ask_versions(self):
        self.kafka.send(18, 0)

    def ask_metadata(self):
        self.kafka.send(3, 4, struct.pack(">i", 1) + text16(self.topic) + b"\0")

    def produce(self):
        value = f"value {self.number} {len(self.sent)}".encode()
        records = batch([value])
        self.kafka.send(0, 7, struct.pack(">hhi", -1, -1, 30_000) + struct.pack(">i", 1) + text16(self.topic) +
                        struct.pack(">iii", 1, self.partition, len(records)) + records)
        self.sent.append(value)

    def fetch(self):
        self.kafka.send(1, 4, struct.pack(">iiiib", -1, 0, 1, MiB, 0) + struct.pack(">i", 1) + text16(self.topic) +
                        struct.pack(">iiqi", 1, self.partition, 0, MiB))

    def answer(self):
        answer = self.kafka.receive()
        assert answer, f"connection {self.number} was closed"
        return answer

    def expect_produced(self):
        at = 4 + 2 + len(self.topic) + 4 + 4
        assert struct.unpack(">h", self.answer()[at:at + 2]) == (0,)

    def expect_sent(self):
        answer = self.answer()
        assert all(value in answer for value in self.sent), f"connection {self.number} misses what it has sent"


def misbehave(server, topic, stack):
    """Half a request; one that never reads; one that reads next to nothing. Gives the latter."""
    slow = []
    for number in range(20):
        half = stack.enter_context(Kafka(server, source="127.0.0.2"))
        half.socket.sendall(struct.pack(">ihhih", 10_000, 0, 7, 1, 1) + bytes(number))
        for readers in ([], slow):
            kafka = stack.enter_context(Kafka(server, source="127.0.0.2"))
            kafka.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            for _ in range(10):
                kafka.send(1, 4, struct.pack(">iiiib", -1, 0, 1, 50 * MiB, 0) + struct.pack(">i", 1) + text16(topic) +
                           struct.pack(">iiqi", 1, 0, 0, 50 * MiB))
            readers.append(kafka)
    return slow


def total_partitions(server, names):
    listed = AdminClient({"bootstrap.servers": server.kafka}).list_topics(timeout=180).topics
    return sum(len(listed[name].partitions) for name in names)


@pytest.mark.parametrize("partitions, connections", [
    (500, 200), pytest.param(5_000, 2_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_many_partitions_and_connections_are_served_and_survive_kill_9(own_server, partitions, connections):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * (partitions + connections) + 5_000:
        pytest.skip(f"{hard} descriptors are permitted here: too few")
    figures = {}

    def timed(what, call):
        began = time.monotonic()
        result = call()
        figures[what] = f"{time.monotonic() - began:.2f} s"
        return result

    names = timed("creation", lambda: create(own_server, partitions))
    assert total_partitions(own_server, names) == partitions
    idle = Held.by(own_server.process)
    figures["resident with the partitions"] = f"{idle.resident / MiB:.0f} MiB, {idle.descriptors} descriptors"
    assert idle.descriptors <= partitions + 500

    filled = unique("filled")
    with Kafka(own_server) as kafka:
        kafka.metadata(filled)
        for _ in range(8):
            assert kafka.produce(filled, batch([bytes(1000) for _ in range(500)]))[0] == 0
    with watched(own_server, memory=64 * MiB + connections * MiB // 2), contextlib.ExitStack() as stack:
        patients = [Patient(own_server, number, names, partitions) for number in range(connections)]
        for patient in patients:
            stack.callback(patient.kafka.socket.close)
        slow = misbehave(own_server, filled, stack)

        def all_of_them(ask, expect):
            for patient in patients:
                ask(patient)
            for patient in patients:
                expect(patient)

        def rounds():
            for _ in range(3):
                all_of_them(Patient.ask_versions, Patient.answer)
                all_of_them(Patient.ask_metadata, Patient.answer)
                all_of_them(Patient.produce, Patient.expect_produced)
                all_of_them(Patient.fetch, Patient.expect_sent)
                for kafka in slow:
                    assert kafka.socket.recv(10)

        timed(f"{12 * connections} requests", rounds)
        full = Held.by(own_server.process)
        figures["with the connections"] = f"{full.resident / MiB:.0f} MiB, {full.descriptors} descriptors, {full.threads} threads"
        assert full.threads >= connections
        assert full.descriptors <= partitions + connections + 500
    figures["peak"] = f"{peak_resident(own_server.process) / MiB:.0f} MiB"

    own_server.kill()
    timed("start after kill -9", own_server.restart)
    assert total_partitions(own_server, names) == partitions
    for before in patients[::10]:
        patient = Patient(own_server, before.number, names, partitions)
        patient.sent = before.sent
        patient.fetch()
        patient.expect_sent()
        patient.produce()
        patient.expect_produced()
        patient.kafka.socket.close()
    figures["resident after that"] = f"{Held.by(own_server.process).resident / MiB:.0f} MiB"
    timed("orderly stop", own_server.stop)
    timed("start after that", own_server.restart)
    print(*(f"{what}: {value}" for what, value in figures.items()), sep="\n")
