"""The log as Kafka's clients and tools see it: compaction, retention, recompression, settings that change while it runs."""
import functools
import json
import pathlib
import shutil
import subprocess
import time

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, OffsetSpec)

from conftest import Server
from kafka_names import CODECS, unique

QUICK = ("--set", "log.cleaner.backoff.ms=100", "--set", "log.retention.check.interval.ms=200")
PORTS = ("--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--web", "127.0.0.1:0", "--registry", "127.0.0.1:0")


@pytest.fixture
def quick_server(tmp_path):
    """Looks for work every moment, so that a test need not wait."""
    running = Server(tmp_path / "data", arguments=PORTS + QUICK).start()
    yield running
    running.stop()


def until(condition, what, seconds=60):
    deadline = time.time() + seconds
    while not (found := condition()):
        assert time.time() < deadline, what
        time.sleep(0.1)
    return found


@functools.cache
def admin_at(bootstrap):
    """Kept: what it was asked for ends with it."""
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def admin_of(server):
    return admin_at(server.kafka)


def make_topic(server, **config):
    topic = unique("log")
    admin_of(server).create_topics([NewTopic(topic, 1, 1, config={k: str(v) for k, v in config.items()})])[topic].result(20)
    return topic


def produce(server, topic, pairs, **options):
    producer = Producer({"bootstrap.servers": server.kafka, "linger.ms": 0, **options})
    failed = []
    for key, value in pairs:
        producer.produce(topic, value, key, partition=0, on_delivery=lambda e, _: failed.append(e) if e else None)
    assert producer.flush(60) == 0
    return failed


def read(server, topic, **options):
    """All records there are, as (offset, key, value)."""
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": unique("g"), "enable.partition.eof": True,
                         "auto.offset.reset": "earliest", "check.crcs": True, **options})
    consumer.assign([TopicPartition(topic, 0, 0)])
    records = []
    while True:
        message = consumer.poll(30)
        assert message is not None, "no answer"
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            consumer.close()
            return records
        records.append((message.offset(), message.key(), message.value()))


def first_offset(server, topic):
    where = TopicPartition(topic, 0)
    return admin_of(server).list_offsets({where: OffsetSpec.earliest()})[where].result(20).offset


def alter(server, kind, name, **settings):
    entries = [ConfigEntry(k.replace("_", "."), str(v), incremental_operation=AlterConfigOpType.SET)
               for k, v in settings.items()]
    resource = ConfigResource(kind, name, incremental_configs=entries)
    admin_of(server).incremental_alter_configs([resource])[resource].result(20)


def describe(server, kind, name):
    resource = ConfigResource(kind, name)
    return admin_of(server).describe_configs([resource])[resource].result(20)


def kafka_tool(name, *arguments):
    libraries = sorted(pathlib.Path.home().glob(".cache/tickerlake/kafka-4*/libs"))
    if shutil.which("java") is None:
        pytest.skip("no java")
    if not libraries:
        pytest.skip("Apache Kafka's jars are not in ~/.cache/tickerlake")
    done = subprocess.run(["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{libraries[-1]}/*", name,
                           *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(server, topic, extension):
    return sorted((server.data / "kafka" / "topics" / topic / "0").glob("*" + extension))


COMPACTED = {"cleanup.policy": "compact", "segment.bytes": 16384, "min.cleanable.dirty.ratio": 0.01}


@pytest.mark.parametrize("codec", CODECS)
def test_a_compacted_topic_keeps_every_keys_last_record_under_its_offset(quick_server, codec):
    topic = make_topic(quick_server, **COMPACTED)
    pairs = [(b"key-%d" % (i % 40), b"%06d" % i + b"v" * 100) for i in range(2000)]
    for at in range(0, len(pairs), 100):
        assert not produce(quick_server, topic, pairs[at:at + 100], **{"compression.codec": codec})
    last = {key: (offset, key, value) for offset, (key, value) in enumerate(pairs)}
    filler = [(b"filler-%d" % i, b"x" * 4000) for i in range(8)]  # the active segment is never compacted
    produce(quick_server, topic, filler, **{"compression.codec": "none", "batch.size": 1})

    def compacted():
        records = read(quick_server, topic)
        older = [r for r in records if r[1].startswith(b"key") and last[r[1]] != r]
        return records if not older else None

    records = until(compacted, "nothing was compacted")
    assert [r for r in records if r[1].startswith(b"key")] == sorted(last.values())
    assert quick_server.run("fsck", "--data", quick_server.data, check=False).returncode != 0  # it runs: refused
    quick_server.kill()
    assert quick_server.run("fsck", "--data", quick_server.data, check=False).returncode == 0
    quick_server.restart()
    assert read(quick_server, topic) == records


def test_a_consumer_gets_over_any_number_of_segments_that_compaction_emptied(quick_server):
    topic = make_topic(quick_server, **COMPACTED | {"cleanup.policy": "delete"})
    for _ in range(25):  # the last batch of each producer stays in name
        assert not produce(quick_server, topic, [(b"k", b"v" * 12000)], **{"enable.idempotence": True})
    filler = [(b"filler-%d" % i, b"x" * 12000) for i in range(2)]
    assert not produce(quick_server, topic, [(b"k", b"last"), *filler], **{"batch.size": 1})

    alter(quick_server, ConfigResource.Type.TOPIC, topic, cleanup_policy="compact")  # all of them in one pass
    until(lambda: sum(file.stat().st_size < 200 for file in files(quick_server, topic, ".log")) > 20, "nothing was compacted")
    # librdkafka takes an answer without a record for one that was cut short, and complains at 1 GiB.
    records = read(quick_server, topic, **{"max.partition.fetch.bytes": 1_000_000_000})
    assert [(offset, key) for offset, key, _ in records[-3:]] == [(25, b"k"), (26, b"filler-0"), (27, b"filler-1")]
    assert len(records) < 10


def test_kafka_dump_log_finds_compacted_segments_and_their_indexes_right(quick_server):
    topic = make_topic(quick_server, **COMPACTED, **{"index.interval.bytes": 500})
    for at in range(30):
        produce(quick_server, topic, [(b"%d" % (i % 37), b"%d-%d" % (at, i) + b"v" * 50) for i in range(100)])
    produce(quick_server, topic, [(b"d", None)])
    until(lambda: len(read(quick_server, topic)) < 3001, "nothing was compacted")
    quick_server.stop()
    logs = files(quick_server, topic, ".log")
    said = kafka_tool("org.apache.kafka.tools.DumpLogSegments", "--deep-iteration", "--files", ",".join(map(str, logs)))
    assert "isvalid: true" in said and "isvalid: false" not in said
    indexes = files(quick_server, topic, "index")
    said = kafka_tool("org.apache.kafka.tools.DumpLogSegments", "--verify-index-only", "--files",
                      ",".join(map(str, indexes)))
    assert "mismatch" not in said.lower() and "exception" not in said.lower(), said


def test_records_without_a_key_are_refused_by_a_compacted_topic(quick_server):
    topic = make_topic(quick_server, **COMPACTED)
    failed = produce(quick_server, topic, [(None, b"v")])
    assert [error.code() for error in failed] == [KafkaError.INVALID_RECORD]


def test_retention_by_size_follows_a_setting_that_changes_while_it_runs(quick_server):
    topic = make_topic(quick_server, **{"segment.bytes": 16384, "file.delete.delay.ms": 0})
    for _ in range(20):
        assert not produce(quick_server, topic, [(b"k", b"v" * 1000)] * 10)
    assert first_offset(quick_server, topic) == 0
    alter(quick_server, ConfigResource.Type.TOPIC, topic, retention_bytes=40000)
    until(lambda: first_offset(quick_server, topic) > 0, "nothing expired")
    until(lambda: len(files(quick_server, topic, ".log")) <= 4, "the files stay")
    assert read(quick_server, topic)[-1][0] == 199


def test_retention_by_time_follows_the_brokers_setting_where_the_topic_has_none(quick_server):
    topic = make_topic(quick_server, **{"segment.bytes": 16384})
    for _ in range(10):
        assert not produce(quick_server, topic, [(b"k", b"v" * 1000)] * 10)
    alter(quick_server, ConfigResource.Type.BROKER, "1", log_retention_ms=100)
    found = describe(quick_server, ConfigResource.Type.TOPIC, topic)["retention.ms"]
    assert (found.value, found.is_default) == ("100", False)
    assert [s.name for s in found.synonyms.values()][0] == "log.retention.ms"
    until(lambda: first_offset(quick_server, topic) == 100, "nothing expired")
    quick_server.kill()
    quick_server.restart()
    assert describe(quick_server, ConfigResource.Type.TOPIC, topic)["retention.ms"].value == "100"


@pytest.mark.parametrize("codec", CODECS)
def test_batches_are_stored_in_the_topics_codec(server, codec):
    topic = make_topic(server, **{"compression.type": "uncompressed" if codec == "none" else codec})
    pairs = [(b"k", b"value %d" % i * 20) for i in range(100)]
    for sent in CODECS:
        assert not produce(server, topic, pairs, **{"compression.codec": sent})
    assert [(k, v) for _, k, v in read(server, topic)] == pairs * len(CODECS)
    said = server.run("segments", topic, "--data", server.data, "--batches").stdout
    stored = {name for name in CODECS if f" {name} " in said}
    assert stored == {codec}, said


@pytest.mark.parametrize("name, value, message", [
    ("retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"),
    ("retention.ms", "x", "Invalid value x for configuration retention.ms: Not a number of type LONG"),
    ("cleanup.policy", "none", "Invalid value none for configuration cleanup.policy: String must be one of: compact, delete"),
    ("min.cleanable.dirty.ratio", "2", "Value must be no more than 1"),
    ("preallocate", "yes", "Expected value to be either true or false"),
    ("no.such.setting", "1", "Unknown topic config name: no.such.setting"),
])
def test_wrong_settings_are_refused_in_kafkas_words(server, name, value, message):
    topic = make_topic(server)
    with pytest.raises(Exception) as refused:
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)])
        admin_of(server).incremental_alter_configs([resource])[resource].result(20)
    assert message in str(refused.value)
    assert refused.value.args[0].code() == KafkaError.INVALID_CONFIG


def test_the_configs_command_describes_and_alters(server):
    topic = make_topic(server)

    def configs(*arguments, check=True):
        return server.run("configs", *arguments, check=check)

    configs("alter", "topic", topic, "--set", "retention.ms=1000", "--set", "cleanup.policy=compact,delete")
    rows = json.loads(configs("describe", "topic", topic, "--output", "json").stdout)
    assert {row["setting"]: (row["value"], row["source"]) for row in rows} == {
        "retention.ms": ("1000", "topic"), "cleanup.policy": ("compact,delete", "topic")}
    configs("alter", "topic", topic, "--delete", "retention.ms", "--delete", "cleanup.policy")
    assert json.loads(configs("describe", "topic", topic, "--output", "json").stdout) == []
    assert len(json.loads(configs("describe", "topic", topic, "--all", "--output", "json").stdout)) > 30
    refused = configs("alter", "topic", topic, "--set", "retention.ms=-5", check=False)
    assert refused.returncode == 2 and "Value must be at least -1" in refused.stderr
    refused = configs("describe", "client-metrics", "m", check=False)
    assert refused.returncode != 0 and "client metrics are not supported" in refused.stderr


def test_kafkas_own_tools_read_and_change_settings_directories_and_log_starts(own_server, tmp_path):
    topic = make_topic(own_server)
    produce(own_server, topic, [(b"k", b"v%d" % i) for i in range(10)])
    at = ("--bootstrap-server", own_server.kafka)
    of_topic = ("--entity-type", "topics", "--entity-name", topic)
    kafka_tool("kafka.admin.ConfigCommand", *at, "--alter", *of_topic, "--add-config",
               "retention.ms=5000,cleanup.policy=[compact,delete]")
    said = kafka_tool("kafka.admin.ConfigCommand", *at, "--describe", *of_topic)
    assert "retention.ms=5000" in said and "cleanup.policy=compact,delete" in said
    of_brokers = ("--entity-type", "brokers", "--entity-default")
    kafka_tool("kafka.admin.ConfigCommand", *at, "--alter", *of_brokers, "--add-config", "log.retention.bytes=123456789")
    assert "log.retention.bytes=123456789" in kafka_tool("kafka.admin.ConfigCommand", *at, "--describe", *of_brokers)
    said = kafka_tool("kafka.admin.ConfigCommand", *at, "--describe", *of_topic, "--all")
    assert "retention.bytes=123456789 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.bytes=123456789" in said
    said = kafka_tool("org.apache.kafka.tools.LogDirsCommand", *at, "--describe", "--topic-list", topic)
    described = json.loads(said.splitlines()[-1])["brokers"][0]["logDirs"][0]
    assert described["error"] is None
    assert described["partitions"][0]["size"] == sum(f.stat().st_size for f in files(own_server, topic, ".log"))
    offsets = tmp_path / "offsets.json"
    offsets.write_text(json.dumps({"partitions": [{"topic": topic, "partition": 0, "offset": 4}], "version": 1}))
    kafka_tool("org.apache.kafka.tools.DeleteRecordsCommand", *at, "--offset-json-file", offsets)
    said = kafka_tool("org.apache.kafka.tools.GetOffsetShell", *at, "--topic", topic, "--time", "earliest")
    assert said.strip() == f"{topic}:0:4"
