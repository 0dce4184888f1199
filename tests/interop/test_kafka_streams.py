"""Kafka Streams with exactly_once_v2 on the broker: exact counts through restarts and kills of either."""
import collections
import pathlib
import random
import struct
import subprocess
import time

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from kafka_names import unique
from support import kafka_jars

pytestmark = pytest.mark.xdist_group("kafka_streams")  # memory: one at a time
SOURCE = pathlib.Path(__file__).parent / "streams" / "WordCount.java"
WORDS = [f"word{i}" for i in range(20)]
PARTITIONS = 2
WINDOW_MS = 10_000


class Job:
    """The streams application; its state folder stays through restarts."""

    def __init__(self, server, folder):
        kafka_jars.need()
        self.server, self.folder = server, folder
        folder.mkdir()
        self.classes = kafka_jars.compile_java([SOURCE], folder)
        self.application = unique("streams")
        self.input, self.counts, self.windows = (f"{self.application}-{name}" for name in ("in", "counts", "windows"))
        admin = AdminClient({"bootstrap.servers": server.kafka})
        made = admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (self.input, self.counts, self.windows)])
        for future in made.values():
            future.result(30)
        self.process = None

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            ["java", "-Xmx300m", "-XX:TieredStopAtLevel=1", "-cp", self.classes, "WordCount", self.server.kafka,
             self.application, self.input, self.counts, self.windows, self.folder / "state"],
            stdin=subprocess.PIPE, stdout=log, stderr=log)

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=90) == 0, self.log()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        return (self.folder / "log").read_text()[-5000:]


def send(job, random_words, count, first_timestamp):
    """Lines of words, a tenth of a second apart in event time; what was sent: [(word, timestamp)]."""
    producer = Producer({"bootstrap.servers": job.server.kafka, "enable.idempotence": True, "linger.ms": 5})
    sent = []
    for number in range(count):
        line = random_words.choices(WORDS, k=random_words.randint(1, 5))
        timestamp = first_timestamp + number * 100
        producer.produce(job.input, " ".join(line), partition=number % PARTITIONS, timestamp=timestamp)
        producer.poll(0)
        sent += [(word, timestamp) for word in line]
        if number % 20 == 0:
            time.sleep(0.02)
    assert producer.flush(60) == 0
    return sent


def committed(job, topic, expected):
    """Every committed record of a result topic as {key: [values]}, as soon as there are as many as expected."""
    consumer = Consumer({"bootstrap.servers": job.server.kafka, "group.id": unique("g"), "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "isolation.level": "read_committed",
                         "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found, count, ended, deadline = collections.defaultdict(list), 0, set(), time.time() + 180
    while (count < expected or len(ended) < PARTITIONS) and time.time() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            continue
        if message.error():
            assert message.error().code() in (KafkaError._PARTITION_EOF, KafkaError._ALL_BROKERS_DOWN,
                                              KafkaError._TRANSPORT), message.error()
            if message.error().code() == KafkaError._PARTITION_EOF and count >= expected:
                ended.add(message.partition())
            continue
        ended.discard(message.partition())
        found[message.key().decode()].append(struct.unpack(">q", message.value())[0])
        count += 1
        if count == expected:  # ends are told once: look for them again
            consumer.assign([TopicPartition(one.topic, one.partition, one.offset)
                             for one in consumer.position([TopicPartition(topic, p) for p in range(PARTITIONS)])])
    consumer.close()
    assert count >= expected, f"{count} of {expected} in {topic}\n{job.log()}"
    return found


def check(job, sent):
    """Each word has had each count once, in order: nothing lost, nothing twice."""
    totals = collections.Counter(word for word, _ in sent)
    windows = collections.Counter(f"{word}@{timestamp // WINDOW_MS * WINDOW_MS}" for word, timestamp in sent)
    for topic, expected in ((job.counts, totals), (job.windows, windows)):
        found = committed(job, topic, len(sent))
        assert found.keys() == expected.keys()
        wrong = {key: values for key, values in found.items() if values != list(range(1, expected[key] + 1))}
        assert not wrong, f"{topic}: {wrong}"


def run(server, folder, disturbances, lines):
    """Sends lines, disturbs, sends more, and so on; then compares."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    words = random.Random(seed)
    job = Job(server, folder)
    begin = int(time.time() * 1000) - 3_600_000
    try:
        job.start()
        sent = send(job, words, lines, begin)
        for number, disturb in enumerate(disturbances, 1):
            disturb(job)
            sent += send(job, words, lines, begin + number * lines * 100)
        check(job, sent)
        job.stop()
    finally:
        job.kill()


def wait_for_results(job):
    """So that a disturbance meets an application at work."""
    consumer = Consumer({"bootstrap.servers": job.server.kafka, "group.id": unique("g"),
                         "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(job.counts, partition, 0) for partition in range(PARTITIONS)])
    deadline = time.time() + 120
    while (message := consumer.poll(0.5)) is None or message.error():
        assert time.time() < deadline, job.log()
    consumer.close()


def restart(job):
    wait_for_results(job)
    job.stop()
    job.start()


def kill(job):
    wait_for_results(job)
    job.kill()
    job.start()


def kill_the_broker(job):
    wait_for_results(job)
    job.server.kill()
    job.server.restart()


def test_word_counts_and_windows_are_exact_though_the_application_is_killed(own_server, tmp_path):
    run(own_server, tmp_path / "job", [kill], lines=200)


@pytest.mark.slow
def test_word_counts_and_windows_are_exact_through_restarts_and_kills_of_application_and_broker(own_server, tmp_path):
    run(own_server, tmp_path / "job", [restart, kill, kill_the_broker, kill, kill_the_broker, restart], lines=2000)
