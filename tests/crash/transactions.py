"""A client of the ledger that writes transactions: records in two partitions and a group's offset, together or not at all."""
import collections
import logging
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab import PATIENCE, Broken
from ledger import Client


class Abandoned(Exception):
    """A call of librdkafka that does not come back. Its producer can't be ended: it goes on asking whatever server has the
    address, also that of the next round, which knows nothing of it and says INVALID_PRODUCER_ID_MAPPING."""


def bounded(call):
    """librdkafka 2.16 forgets a retried AddOffsetsToTxn when its answer comes, and then waits for it for ever."""
    failed = []

    def run():
        try:
            call()
        except KafkaException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE / 10)
    if thread.is_alive():
        raise Abandoned
    if failed:
        raise failed[0]


class LastLines(logging.Handler):
    """What a client of librdkafka has said last: why it waits, when it should not."""

    def __init__(self, count):
        super().__init__()
        self.lines = collections.deque(maxlen=count)
        self.logger = logging.Logger("the last lines")
        self.logger.addHandler(self)

    def emit(self, record):
        self.lines.append(f"{record.created:.3f} {record.getMessage()}")

    def __str__(self):
        return "\n".join(self.lines)


class Transactions(Client):
    TOPIC, GROUP = "transactions", "transactions-ledger"
    SILENT = logging.Logger("nobody listens")  # librdkafka would write fatal errors to stderr: step() knows them
    SILENT.addHandler(logging.NullHandler())

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.kafka = lab.settings["TICKERLAKE_BOOTSTRAP"]
        self.id = f"ledger-{seed}"  # the round's own: see Abandoned
        self.outcome = {}  # of each transaction: "committed", "aborted", or "asked": a commit without an answer
        self.sizes = {}
        self.producer = None

    def open(self):
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        while not self.stopping.is_set():
            try:
                admin.create_topics([NewTopic(self.TOPIC, 2, config={"segment.bytes": "16384"})],
                                    operation_timeout=2, request_timeout=2)[self.TOPIC].result(5)
                break
            except KafkaException as error:
                if error.args[0].name() == "TOPIC_ALREADY_EXISTS":
                    break
        self.group = Consumer({"bootstrap.servers": self.kafka, "group.id": self.GROUP, "log_level": 0})

    def new_producer(self):
        self.producer = None
        producer = Producer({"bootstrap.servers": self.kafka, "transactional.id": self.id, "linger.ms": 1, "log_level": 0,
                             "transaction.timeout.ms": 60_000, "message.timeout.ms": 60_000, "socket.timeout.ms": 3000,
                             "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50}, logger=self.SILENT)
        self.persist(lambda: producer.init_transactions(2))
        self.producer = producer

    def persist(self, call):
        """Again, as long as the error says that this is worth it. False when the test ends first."""
        while True:
            try:
                call()
                return True
            except KafkaException as error:
                if not error.args[0].retriable() or self.stopping.is_set():
                    raise

    def step(self):
        if self.producer is None:
            self.new_producer()
        number, size = self.count, self.rng.randrange(1, 8)
        self.sizes[number] = size
        try:
            self.producer.begin_transaction()
            for partition in (0, 1):
                for i in range(size):
                    value = f"{number}-{i}-".encode() + b"x" * self.rng.randrange(300)
                    self.producer.produce(self.TOPIC, value, partition=partition)
            position = [TopicPartition(self.TOPIC, 0, number)]
            producer, group = self.producer, self.group.consumer_group_metadata()
            self.persist(lambda: bounded(lambda: producer.send_offsets_to_transaction(position, group, 2)))
            if self.rng.random() < 0.3:
                self.outcome[number] = "aborted"
                self.persist(lambda: self.producer.abort_transaction(2))
                return
            self.outcome[number] = "asked"
            self.persist(lambda: self.producer.commit_transaction(2))
            self.outcome[number] = "committed"
            self.acknowledged += 1
        except Abandoned:
            self.producer = None
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                if self.outcome.get(number) != "asked":
                    self.outcome[number] = "aborted"
                try:
                    self.persist(lambda: self.producer.abort_transaction(2))
                    return
                except KafkaException:
                    pass
            self.producer = None  # a new one shuts this one out

    def close(self):
        if self.producer is not None:
            self.producer.purge()
        self.group.close()

    def verify(self):
        if not self.outcome:
            return  # it never got so far
        self.stopping.clear()
        self.new_producer()  # aborts what was left open
        found = self.read()
        for number, outcome in self.outcome.items():
            there = [found[partition, number] for partition in (0, 1)]
            whole = [self.sizes[number]] * 2
            if outcome == "committed" and there != whole:
                raise Broken(f"transaction {number} was committed with {whole} records, {there} are read")
            if outcome == "aborted" and there != [0, 0]:
                raise Broken(f"transaction {number} was aborted, {there} of its records are read")
            if there not in (whole, [0, 0]):
                raise Broken(f"of transaction {number}'s {whole} records {there} are read")
        unknown = {number for _, number in found} - self.outcome.keys()
        if unknown:
            raise Broken(f"transactions {sorted(unknown)} are read, which nobody has ended")
        last = max((number for _, number in found), default=-1)
        group = Consumer({"bootstrap.servers": self.kafka, "group.id": self.GROUP, "log_level": 0})
        stored = group.committed([TopicPartition(self.TOPIC, 0)], PATIENCE)[0].offset
        group.close()
        if max(stored, -1) != last:
            raise Broken(f"the last transaction that is read is {last}, but the group's offset says {stored}")

    def read(self):
        """How many records of each partition and transaction readers of committed records see."""
        found = collections.Counter()
        said = LastLines(200)
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": "transactions-reader", "debug": "fetch,broker,topic,msg",
                             "enable.auto.commit": False, "auto.offset.reset": "earliest", "enable.partition.eof": True,
                             "isolation.level": "read_committed"}, logger=said.logger)
        consumer.assign([TopicPartition(self.TOPIC, partition, 0) for partition in (0, 1)])
        ended = set()
        while len(ended) < 2:
            message = consumer.poll(PATIENCE)
            if message is None:
                raise Broken(f"{self.TOPIC}: the reader of committed records does not get to the end\n{said}")
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise Broken(f"{self.TOPIC} can't be read: {message.error()}")
                ended.add(message.partition())
                continue
            found[message.partition(), int(message.value().split(b"-")[0])] += 1
        for partition in (0, 1):
            low, high = consumer.get_watermark_offsets(TopicPartition(self.TOPIC, partition), PATIENCE)
            position = consumer.position([TopicPartition(self.TOPIC, partition)])[0].offset
            if high > low and position != high:
                raise Broken(f"{self.TOPIC}/{partition}: a transaction hangs at {position} of {high}")
        consumer.close()
        return found
