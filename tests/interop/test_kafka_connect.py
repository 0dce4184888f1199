"""Kafka Connect, distributed, on the broker: a file through a topic into a file, resumed after restarts and kills."""
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from kafka_names import unique
from support import kafka_jars

pytestmark = pytest.mark.xdist_group("kafka_streams")  # memory: not beside Streams


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Worker:
    """One worker, whose REST interface makes and shows connectors."""

    def __init__(self, server, folder):
        self.libs = kafka_jars.need()
        self.folder, self.port, name = folder, free_port(), unique("connect")
        self.topic = f"{name}-lines"
        folder.mkdir()
        admin = AdminClient({"bootstrap.servers": server.kafka})
        admin.create_topics([NewTopic(self.topic, 1, 1)])[self.topic].result(30)
        (folder / "worker.properties").write_text(f"""\
bootstrap.servers={server.kafka}
group.id={name}
listeners=http://127.0.0.1:{self.port}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.storage.topic={name}-configs
config.storage.replication.factor=1
offset.storage.topic={name}-offsets
offset.storage.replication.factor=1
offset.storage.partitions=3
status.storage.topic={name}-status
status.storage.replication.factor=1
status.storage.partitions=2
exactly.once.source.support=enabled
offset.flush.interval.ms=500
session.timeout.ms=8000
heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
""")
        self.process = None

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            ["java", "-Xmx300m", "-XX:TieredStopAtLevel=1", "-cp", f"{self.libs}/*",
             "org.apache.kafka.connect.cli.ConnectDistributed", self.folder / "worker.properties"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.until("the worker answers", lambda: self.call("GET", "/connectors") is not None)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=90)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def call(self, method, path, body=None):
        """The answer, or None while the worker is busy or away."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            assert error.code in (404, 409, 500, 503), f"{path}: {error.code} {error.read()}"
        except OSError:
            assert self.process.poll() is None, self.log()
        return None

    def connect(self, name, **config):
        self.until(f"{name} is made", lambda: self.call("PUT", f"/connectors/{name}/config", config) is not None)

    def runs(self, name):
        status = self.call("GET", f"/connectors/{name}/status")
        return bool(status and status["tasks"]) and all(task["state"] == "RUNNING" for task in status["tasks"])

    def until(self, what, holds):
        deadline = time.time() + 150
        while not holds():
            assert time.time() < deadline, f"never: {what}\n{self.log()}"
            time.sleep(0.2)

    def log(self):
        return (self.folder / "log").read_text()[-5000:]


@pytest.fixture
def worker(own_server, tmp_path):
    running = Worker(own_server, tmp_path / "connect")
    yield running
    running.kill()


def lines(first, last):
    return [f"line {i}" for i in range(first, last)]


def append(path, some):
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in some))


def committed(server, topic, count):
    """The values of so many records of the topic's partition 0, and those that follow soon."""
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": unique("g"), "isolation.level": "read_committed",
                         "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values, deadline = [], time.time() + 60
    while time.time() < deadline:
        message = consumer.poll(2.0)
        if message is not None and not message.error():
            values.append(message.value().decode())
        elif message is None and len(values) >= count:
            break
    consumer.close()
    return values


def make_connectors(worker):
    source, sink = worker.folder / "source.txt", worker.folder / "sink.txt"
    source.touch()
    worker.connect("source", **{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
                                "tasks.max": "1", "file": str(source), "topic": worker.topic})
    worker.connect("sink", **{"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "1",
                              "file": str(sink), "topics": worker.topic,
                              "consumer.override.isolation.level": "read_committed"})
    worker.until("both connectors run", lambda: worker.runs("source") and worker.runs("sink"))
    return source, sink


def sunk(sink):
    return sink.read_text().splitlines() if sink.exists() else []


def test_a_file_goes_through_a_topic_into_a_file_and_on_after_a_restart(own_server, worker):
    worker.start()
    source, sink = make_connectors(worker)
    append(source, lines(0, 200))
    worker.until("the lines are sunk", lambda: len(sunk(sink)) >= 200)
    worker.stop()
    append(source, lines(200, 400))
    worker.start()
    worker.until("the other lines are sunk", lambda: len(sunk(sink)) >= 400)
    assert sunk(sink) == lines(0, 400)
    assert committed(own_server, worker.topic, 400) == lines(0, 400)


@pytest.mark.slow
def test_no_line_is_lost_or_doubled_in_the_topic_through_kills_of_worker_and_broker(own_server, worker):
    worker.start()
    source, sink = make_connectors(worker)
    count = 0
    for disturb in ("worker", "broker", "worker", "broker"):
        append(source, lines(count, count + 1000))
        count += 1000
        worker.until("some lines are sunk", lambda: len(set(sunk(sink))) > count - 1000)
        if disturb == "worker":
            worker.kill()
            worker.start()
        else:
            own_server.kill()
            own_server.restart()
        append(source, lines(count, count + 1000))
        count += 1000
    worker.until("all lines are sunk", lambda: set(sunk(sink)) == set(lines(0, count)))  # sinks may repeat some
    assert committed(own_server, worker.topic, count) == lines(0, count)
