"""A client of the ledger that works as a share group (KIP-932): members acquire records, and accept, release or reject
them. What was answered holds after everything: a record that was accepted or rejected never comes again, one that was
released comes with a larger count, and all others come until they are acknowledged."""
import logging
import re
import time

from confluent_kafka import AcknowledgeType, KafkaException, Producer, ShareConsumer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from lab import PATIENCE, Broken
from ledger import Writer

ACCEPT, RELEASE, REJECT = AcknowledgeType.ACCEPT, AcknowledgeType.RELEASE, AcknowledgeType.REJECT


class Shares(Writer):
    TOPIC, DELIVERIES = "shared", 5  # group.share.delivery.count.limit
    SILENT = logging.Logger("nobody listens")
    SILENT.addHandler(logging.NullHandler())

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.group = f"shares-{seed}"
        self.settled = set()  # accepted or rejected, which was answered
        self.unknown = set()  # this was asked for and not answered
        self.released = {}  # → the delivery whose release was answered
        self.seen = {}  # → the largest count it was delivered with
        self.members = []

    def admin(self, call):
        """Until it has an answer that says that it is so; False when the test ends first."""
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        while not self.stopping.is_set():
            try:
                for future in call(admin).values():
                    future.result(5)
                return True
            except KafkaException as error:
                if error.args[0].name() == "TOPIC_ALREADY_EXISTS":
                    return True
                self.stopping.wait(0.02)
        return False

    def open(self):
        self.producer = Producer({"bootstrap.servers": self.kafka, "acks": "all", "linger.ms": 1, "log_level": 0,
                                  "enable.idempotence": True, "message.timeout.ms": 30_000,
                                  "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50})
        earliest = ConfigEntry("share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET)
        group = ConfigResource(ResourceType.GROUP, self.group, incremental_configs=[earliest])
        topic = NewTopic(self.TOPIC, self.PARTITIONS, config={"segment.bytes": "16384"})
        if (self.admin(lambda admin: admin.create_topics([topic], operation_timeout=2, request_timeout=2)) and
                self.admin(lambda admin: admin.incremental_alter_configs([group], request_timeout=2))):
            self.members = [self.member(), self.member()]

    def member(self):
        member = ShareConsumer({"bootstrap.servers": self.kafka, "group.id": self.group, "log_level": 0,
                                "share.acknowledgement.mode": "explicit", "socket.timeout.ms": 3000,
                                "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50}, logger=self.SILENT)
        member.subscribe([self.TOPIC])
        return member

    def step(self):
        self.write()
        number = self.rng.randrange(len(self.members))
        taken = self.take(self.members[number], 0.05)
        if taken and self.rng.random() < 0.05:  # it leaves with what it has: that is released
            self.members.pop(number).close()
            self.members.append(self.member())
            return
        self.acknowledge(self.members[number], taken)

    def take(self, member, patience):
        """What the member gets: {(partition, offset): delivery count}."""
        taken = {}
        for message in member.poll(patience):
            if message.error():
                continue
            key, count = (message.partition(), message.offset()), message.delivery_count()
            if key in self.settled:
                raise Broken(f"{key} is delivered again (its delivery {count}), which was accepted or rejected")
            if self.there.get(key, message.value()) != message.value():
                raise Broken(f"{key} is delivered with another value than what was acknowledged")
            if not self.released.get(key, 0) < count <= self.DELIVERIES:
                raise Broken(f"{key}: delivery {count} of {self.DELIVERIES}, after the release of delivery "
                             f"{self.released.get(key)}")
            taken[key], self.seen[key] = count, max(count, self.seen.get(key, 0))
        return taken

    def acknowledge(self, member, taken, kinds=(ACCEPT, ACCEPT, ACCEPT, ACCEPT, RELEASE, RELEASE, REJECT)):
        chosen = {key: self.rng.choice(kinds) for key in taken}
        for (partition, offset), kind in chosen.items():
            member.acknowledge_offset(self.TOPIC, partition, offset, kind)
        self.unknown.update(key for key, kind in chosen.items() if kind != RELEASE)
        errors = {at.partition: error for at, error in member.commit_sync(3.0).items()} if chosen else {}
        for key, kind in chosen.items():
            if errors.get(key[0], "no answer") is not None:
                continue
            if kind == RELEASE:
                self.released[key] = taken[key]
            else:
                self.settled.add(key)
                self.unknown.discard(key)
                self.acknowledged += 1

    def close(self):
        for member in self.members:
            member.close()
        self.producer.purge()
        self.producer.flush(1)

    def verify(self):
        """A last member takes all there is, and must get everything that is owed to it."""
        if not self.members:
            return  # it never got so far
        ends = self.mark_ends()
        owed = {key for key in self.there if key not in self.settled | self.unknown and
                self.seen.get(key, 0) < self.DELIVERIES} | ends
        member = self.member()
        try:
            deadline = time.monotonic() + PATIENCE
            while owed:
                if time.monotonic() > deadline:
                    raise Broken(f"{len(owed)} records are not delivered, the first {min(owed)}: delivered "
                                 f"{self.seen.get(min(owed), 0)} times before")
                taken = self.take(member, 1.0)
                if taken:
                    deadline = time.monotonic() + PATIENCE
                self.acknowledge(member, taken, [ACCEPT])
                if taken.keys() - self.settled:
                    raise Broken("an acknowledgement of the last member has no answer")
                owed -= taken.keys()
        finally:
            member.close()
        self.check_positions(ends)

    def mark_ends(self):
        """The places of a last record in each partition."""
        ends = set()
        for partition in range(self.PARTITIONS):
            self.producer.produce(self.TOPIC, b"end", partition=partition, on_delivery=lambda error, message: ends.add(
                (message.partition(), message.offset())) if error is None else None)
        self.producer.flush(PATIENCE)
        if len(ends) != self.PARTITIONS:
            raise Broken(f"{self.TOPIC} takes no records")
        return ends

    def check_positions(self, ends):
        """Everything is complete, so the group begins at the ends of the logs."""
        told = self.lab.ask("groups", "describe", self.group).stdout
        for partition, offset in ends:
            if not re.search(rf"{self.TOPIC}\s+{partition}\s+{offset + 1}\s", told):
                raise Broken(f"{self.group} is not at {offset + 1}, the end of partition {partition}:\n{told}")
