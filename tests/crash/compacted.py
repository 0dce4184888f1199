"""A client of the ledger that writes a few keys again and again into a compacted topic of small segments."""
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab import PATIENCE, Broken
from ledger import Client


class Compacted(Client):
    TOPIC = "compacted"
    CONFIG = {"cleanup.policy": "compact", "segment.bytes": "16384", "min.cleanable.dirty.ratio": "0.01",
              "delete.retention.ms": "100"}

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.kafka = lab.settings["TICKERLAKE_BOOTSTRAP"]
        self.sent = {}  # key → how many values; a value begins with its number
        self.kept = {}  # key → the largest number that was acknowledged

    def open(self):
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        while not self.stopping.is_set():
            try:
                admin.create_topics([NewTopic(self.TOPIC, 1, config=self.CONFIG)], operation_timeout=2,
                                    request_timeout=2)[self.TOPIC].result(5)
                break
            except KafkaException as error:
                if error.args[0].name() == "TOPIC_ALREADY_EXISTS":
                    break
        self.producer = Producer({"bootstrap.servers": self.kafka, "acks": "all", "linger.ms": 1, "log_level": 0,
                                  "enable.idempotence": True, "message.timeout.ms": 30_000,
                                  "compression.type": self.rng.choice(["none", "lz4", "zstd"]),
                                  "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50})

    def delivered(self, error, message):
        if error is None:
            key, number = message.key(), int(message.value().split(b" ")[0])
            self.kept[key] = max(self.kept.get(key, -1), number)
            self.acknowledged += 1

    def step(self):
        for _ in range(self.rng.randrange(1, 40)):
            key = b"key-%d" % self.rng.randrange(20)
            number = self.sent[key] = self.sent.get(key, -1) + 1
            self.producer.produce(self.TOPIC, b"%d " % number + b"x" * self.rng.randrange(600), key,
                                  on_delivery=self.delivered)
        self.producer.poll(0.005)
        self.stopping.wait(0.005)

    def close(self):
        self.producer.purge()
        self.producer.flush(1)

    def verify(self):
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": "ledger-compacted", "enable.auto.commit": False,
                             "auto.offset.reset": "earliest", "log_level": 0, "enable.partition.eof": True,
                             "check.crcs": True})
        try:
            last = self.last_numbers(consumer) if self.kept else {}
        finally:
            consumer.close()
        lost = {key: (number, last.get(key)) for key, number in self.kept.items() if last.get(key, -1) < number}
        if lost:
            raise Broken(f"{self.TOPIC}: the last of a key is gone (acknowledged, there): {lost}")

    def last_numbers(self, consumer):
        consumer.assign([TopicPartition(self.TOPIC, 0, 0)])
        last, before = {}, -1
        while True:
            message = consumer.poll(PATIENCE)
            if message is None:
                raise Broken(f"{self.TOPIC}: can't be read behind offset {before}")
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    return last
                raise Broken(f"{self.TOPIC}: {message.error()} behind offset {before}")
            key, number = message.key(), int(message.value().split(b" ")[0])
            if message.offset() <= before or number <= last.get(key, -1) or number > self.sent.get(key, -1):
                raise Broken(f"{self.TOPIC}: offset {message.offset()} has {key} {number}, behind {last.get(key)}, of "
                             f"{self.sent.get(key)} that were sent; the offset before is {before}")
            last[key], before = number, message.offset()
