"""Apache Kafka's own command-line tools 4.3 against the broker; their main methods run in one JVM (tools/Tools.java)."""
import json
import pathlib
import re
import subprocess
import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from kafka_names import unique
from support import kafka_jars
from support.secured import MECHANISMS, PASSWORD, Secured

pytestmark = pytest.mark.xdist_group("kafka_tools")  # one JVM
SOURCE = pathlib.Path(__file__).parent / "tools" / "Tools.java"


class Tools:
    """The JVM, and the broker that its tools are pointed at."""

    def __init__(self, server, folder):
        self.server = server
        classes = kafka_jars.compile_java([SOURCE], folder)
        self.process = subprocess.Popen(["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classes, "Tools"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, main, *arguments, input="", code=0):
        """What a tool printed; main without "org.apache.kafka.tools."."""
        main = main if main.startswith("kafka.") else "org.apache.kafka.tools." + main
        question = {"main": main, "arguments": [str(one) for one in arguments], "input": input}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = {}
        while not answer:
            line = self.process.stdout.readline()
            assert line, f"the JVM ended with {self.process.wait()}"
            if line.startswith("{"):  # others are a logger's, which keeps the stream it found first
                answer = json.loads(line)
        assert answer["exit"] == code, f"{main} {arguments}: {answer['out']}\n{answer['error']}"
        return answer["out"]

    def ask(self, main, *arguments, **options):
        """The same for the tools that name the broker by --bootstrap-server."""
        return self.run(main, "--bootstrap-server", self.server.kafka, *arguments, **options)

    def groups(self, *arguments):
        """A table of kafka-consumer-groups as lists of words, without its head."""
        out = self.ask("consumer.group.ConsumerGroupCommand", *arguments)
        return [line.split() for line in out.splitlines() if line.strip()][1:]

    def topic(self, partitions=1, **config):
        name = unique("tools")
        settings = [word for key, value in config.items() for word in ("--config", f"{key.replace('_', '.')}={value}")]
        self.ask("TopicCommand", "--create", "--topic", name, "--partitions", partitions, *settings)
        return name

    def produce(self, topic, lines, *arguments):
        self.ask("ConsoleProducer", "--topic", topic, *arguments, input="".join(line + "\n" for line in lines))

    def consume(self, topic, count, *arguments):
        out = self.ask("consumer.ConsoleConsumer", "--topic", topic, "--from-beginning", "--max-messages", count,
                       "--timeout-ms", 60_000, *arguments)
        return out.splitlines()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def tools(module_server, tmp_path_factory):
    kafka_jars.need()
    running = Tools(module_server, tmp_path_factory.mktemp("classes"))
    yield running
    running.stop()


def test_kafka_topics_makes_grows_describes_and_deletes(tools):
    name = tools.topic(3, retention_ms=100_000)
    assert name in tools.ask("TopicCommand", "--list").split()
    tools.ask("TopicCommand", "--alter", "--topic", name, "--partitions", 5)
    described = tools.ask("TopicCommand", "--describe", "--topic", name)
    assert "PartitionCount: 5\tReplicationFactor: 1\tConfigs: retention.ms=100000" in described
    assert len(re.findall(r"Leader: 1\tReplicas: 1\tIsr: 1", described)) == 5
    assert tools.ask("TopicCommand", "--describe", "--under-replicated-partitions") == ""
    assert tools.ask("TopicCommand", "--describe", "--unavailable-partitions") == ""
    assert "exists already" in tools.ask("TopicCommand", "--create", "--topic", name, code=1)
    tools.ask("TopicCommand", "--delete", "--topic", name)
    assert name not in tools.ask("TopicCommand", "--list").split()


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_the_console_producers_lines_come_out_of_the_console_consumer(tools, codec):
    name = tools.topic()
    lines = [f"k{i}:value {i}" for i in range(50)]
    tools.produce(name, lines, "--compression-codec", codec, "--reader-property", "parse.key=true",
                  "--reader-property", "key.separator=:")
    read = tools.consume(name, 50, "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:",
                         "--formatter-property", "print.partition=true")
    assert read == [f"Partition:0:{line}" for line in lines]


def test_kafka_consumer_groups_lists_describes_resets_and_deletes(tools):
    name, group = tools.topic(2), unique("g")
    tools.produce(name, [f"{i}" for i in range(30)])
    assert sorted(tools.consume(name, 30, "--group", group)) == sorted(f"{i}" for i in range(30))
    assert group in tools.ask("consumer.group.ConsumerGroupCommand", "--list").split()
    rows = tools.groups("--describe", "--group", group)
    assert [row[:3] for row in rows] == [[group, name, "0"], [group, name, "1"]]
    assert sum(int(row[3]) for row in rows) == 30 and [row[5] for row in rows] == ["0", "0"]
    assert tools.groups("--describe", "--group", group, "--state")[0][-2:] == ["Empty", "0"]
    for to, lag in (("--to-earliest", 30), ("--to-latest", 0)):
        tools.groups("--group", group, "--reset-offsets", to, "--all-topics", "--execute")
        assert sum(int(row[5]) for row in tools.groups("--describe", "--group", group)) == lag
    tools.groups("--group", group, "--reset-offsets", "--shift-by", -5, "--topic", f"{name}:0", "--execute")
    assert sum(int(row[5]) for row in tools.groups("--describe", "--group", group)) <= 5
    deleted = tools.groups("--group", group, "--delete-offsets", "--topic", f"{name}:0")
    assert [name, "0", "Successful"] in deleted
    assert [row[2] for row in tools.groups("--describe", "--group", group)] == ["1"]
    assert "Deletion of requested consumer groups" in tools.ask("consumer.group.ConsumerGroupCommand", "--delete",
                                                                "--group", group)
    assert group not in tools.ask("GroupsCommand", "--list")


def test_kafka_configs_alters_topics_and_describes_the_broker(tools):
    name = tools.topic()
    tools.ask("kafka.admin.ConfigCommand", "--alter", "--topic", name, "--add-config", "segment.ms=100000,retention.ms=5000")
    tools.ask("kafka.admin.ConfigCommand", "--alter", "--topic", name, "--delete-config", "retention.ms")
    described = tools.ask("kafka.admin.ConfigCommand", "--describe", "--topic", name)
    assert "segment.ms=100000" in described and "retention.ms" not in described
    every = tools.ask("kafka.admin.ConfigCommand", "--describe", "--topic", name, "--all")
    assert "retention.ms=604800000" in every and "cleanup.policy=delete" in every
    tools.ask("kafka.admin.ConfigCommand", "--alter", "--topic", name, "--add-config", "nonsense=1", code=1)
    broker = tools.ask("kafka.admin.ConfigCommand", "--describe", "--broker", 1, "--all")
    assert "num.partitions=1" in broker and "log.dirs=" in broker
    assert "Default configs for brokers" in tools.ask("kafka.admin.ConfigCommand", "--describe", "--entity-type",
                                                      "brokers")


def test_offsets_are_got_and_records_deleted(tools, tmp_path):
    name = tools.topic(2)
    tools.produce(name, [f"{i}" for i in range(20)])

    def offsets(*arguments):
        out = tools.ask("GetOffsetShell", "--topic", name, *arguments)
        return {line.split(":")[1]: int(line.split(":")[2]) for line in out.split()}

    ends = offsets()
    assert sum(ends.values()) == 20
    assert offsets("--time", -2) == {"0": 0, "1": 0}
    plan = tmp_path / "delete.json"
    plan.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": name, "partition": int(partition), "offset": -1} for partition in ends]}))
    assert "low_watermark" in tools.ask("DeleteRecordsCommand", "--offset-json-file", plan)
    assert offsets("--time", "earliest") == ends


def test_what_the_cluster_is_made_of_is_described(tools):
    name = tools.topic(2)
    tools.produce(name, ["x"])
    dirs = tools.ask("LogDirsCommand", "--describe", "--topic-list", name)
    partitions = json.loads(dirs.splitlines()[-1])["brokers"][0]["logDirs"][0]["partitions"]
    assert {one["partition"] for one in partitions} == {f"{name}-0", f"{name}-1"}
    assert sum(one["size"] for one in partitions) > 0
    features = tools.ask("FeatureCommand", "describe")
    assert re.search(r"transaction.version\s.*FinalizedVersionLevel: 2", features)
    versions = tools.ask("BrokerApiVersionsCommand")
    assert "(id: 1 rack: null" in versions and re.search(r"Produce\(0\): 0 to 13 \[usable: 13\]", versions)
    assert "Cluster ID: " in tools.run("ClusterTool", "cluster-id", "--bootstrap-server", tools.server.kafka)
    endpoints = tools.run("ClusterTool", "list-endpoints", "--bootstrap-server", tools.server.kafka)
    assert re.search(r"1\s+127.0.0.1\s+" + tools.server.kafka.split(":")[1], endpoints)


def test_the_performance_tools_count_what_they_moved(tools):
    name = tools.topic()
    sent = tools.run("ProducerPerformance", "--topic", name, "--num-records", 5000, "--record-size", 100, "--throughput",
                     -1, "--command-property", f"bootstrap.servers={tools.server.kafka}")
    assert "5000 records sent" in sent
    got = tools.ask("ConsumerPerformance", "--topic", name, "--num-records", 5000).splitlines()[-1].split(", ")
    assert int(got[4]) == 5000
    latency = tools.ask("EndToEndLatency", "--topic", tools.topic(), "--num-records", 100, "--producer-acks", "all",
                        "--record-size", 20)
    assert "Avg latency" in latency and "Percentiles" in latency


def test_the_verifiable_clients_agree(tools):
    name, group = tools.topic(), unique("g")
    tools.ask("VerifiableProducer", "--topic", name, "--max-messages", 100)
    events = tools.ask("VerifiableConsumer", "--topic", name, "--group-id", group, "--max-messages", 100,
                       "--reset-policy", "earliest", "--verbose")
    events = [json.loads(line) for line in events.splitlines() if line.startswith("{")]
    values = [event["value"] for event in events if event["name"] == "record_data"]
    assert values == [str(i) for i in range(100)]
    commits = [event for event in events if event["name"] == "offsets_committed"]
    assert commits and all(event["success"] for event in commits)
    assert commits[-1]["offsets"] == [{"topic": name, "partition": 0, "offset": 100}]


def test_kafka_transactions_lists_and_describes(tools):
    source, target = tools.topic(), tools.topic()
    tools.produce(source, [f"{i}" for i in range(50)])
    transactional = unique("copier")
    tools.run("TransactionalMessageCopier", "--transactional-id", transactional, "--input-topic", source,
              "--input-partition", 0, "--output-topic", target, "--broker-list", tools.server.kafka,
              "--consumer-group", unique("g"), "--transaction-size", 10, "--max-messages", 50)
    assert tools.consume(target, 50, "--isolation-level", "read_committed") == [f"{i}" for i in range(50)]
    listed = tools.ask("TransactionsCommand", "list")
    assert re.search(transactional + r"\s+1\s+\d+\s+CompleteCommit", listed)
    described = tools.ask("TransactionsCommand", "describe", "--transactional-id", transactional)
    assert "CompleteCommit" in described
    producers = tools.ask("TransactionsCommand", "describe-producers", "--topic", target, "--partition", 0)
    assert re.search(r"\d+\s+\d+\s+\d+\s+-?\d+\s+\d+\s+None", producers)


def test_kafka_dump_log_reads_segments_indexes_and_internal_topics(tools):
    name, group = tools.topic(index_interval_bytes=256), unique("g")
    for first in range(0, 40, 10):
        tools.produce(name, [f"value {i}" for i in range(first, first + 10)])
    tools.consume(name, 40, "--group", group)
    topics = tools.server.data / "kafka" / "topics"
    [segment] = (topics / name / "0").glob("*.log")
    dumped = tools.run("DumpLogSegments", "--print-data-log", "--deep-iteration", "--files", segment)
    assert re.findall(r"payload: (.*)", dumped) == [f"value {i}" for i in range(40)]
    assert "isvalid: false" not in dumped and len(re.findall(r"isvalid: true", dumped)) >= 4
    admin = AdminClient({"bootstrap.servers": tools.server.kafka})
    admin.delete_records([TopicPartition(name, 0, 1)])[TopicPartition(name, 0)].result()  # a checkpoint, with indexes, soon
    for suffix in (".index", ".timeindex"):
        until = time.monotonic() + 120
        while segment.with_suffix(suffix).stat().st_size == 0 and time.monotonic() < until:
            time.sleep(0.1)
        found = tools.run("DumpLogSegments", "--index-sanity-check", "--files", segment.with_suffix(suffix))
        assert "passed sanity check" in found
    journals = [path for path in (topics / "__consumer_offsets").rglob("*.log") if path.stat().st_size]
    dumps = [tools.run("DumpLogSegments", "--offsets-decoder", "--files", path) for path in journals]
    assert any(group in dump for dump in dumps)
    assert not any("isvalid: false" in dump for dump in dumps)


# Security: the same JVM against a server with an authorizer and listeners of every kind.

@pytest.fixture(scope="module")
def secured(tools, tmp_path_factory):
    running = Secured(tmp_path_factory.mktemp("secured"))
    yield running
    running.server.stop()


def acls(tools, secured, *arguments):
    return tools.run("AclCommand", "--bootstrap-server", secured.at["PLAINTEXT"], *arguments)


def test_kafka_acls_adds_lists_and_removes(tools, secured):
    name = unique("acl")
    acls(tools, secured, "--add", "--allow-principal", "User:frida", "--operation", "Read", "--operation", "Write",
         "--topic", name, "--resource-pattern-type", "prefixed")
    acls(tools, secured, "--add", "--deny-principal", "User:frida", "--deny-host", "10.0.0.1", "--operation", "All",
         "--topic", name)
    acls(tools, secured, "--add", "--allow-principal", "User:frida", "--producer", "--topic", name + "-p",
         "--transactional-id", name)
    listed = acls(tools, secured, "--list", "--topic", name, "--resource-pattern-type", "match")
    assert f"resourceType=TOPIC, name={name}, patternType=PREFIXED" in listed
    assert "principal=User:frida, host=*, operation=READ, permissionType=ALLOW" in listed
    assert "principal=User:frida, host=10.0.0.1, operation=ALL, permissionType=DENY" in listed
    assert "resourceType=TRANSACTIONAL_ID" in acls(tools, secured, "--list", "--transactional-id", name)
    assert name in acls(tools, secured, "--list", "--principal", "User:frida")
    for resource in (("--topic", name), ("--topic", name, "--resource-pattern-type", "prefixed"),
                     ("--topic", name + "-p"), ("--transactional-id", name)):
        acls(tools, secured, "--remove", "--force", *resource)
    assert "frida" not in acls(tools, secured, "--list")


def test_kafka_configs_sets_users_passwords_and_quotas(tools, secured):
    def configs(*arguments, code=0):
        return tools.run("kafka.admin.ConfigCommand", "--bootstrap-server", secured.at["PLAINTEXT"], *arguments, code=code)

    def quotas(*entity):
        return configs("--describe", *entity)

    gert = ("--entity-type", "users", "--entity-name", "gert")
    configs("--alter", *gert, "--add-config", "SCRAM-SHA-256=[iterations=8192,password=secret],SCRAM-SHA-512=[password=secret]")
    configs("--alter", *gert, "--add-config", "producer_byte_rate=1024,request_percentage=150.5")
    described = configs("--describe", *gert)
    assert "SCRAM-SHA-256=iterations=8192" in described and "SCRAM-SHA-512=iterations=4096" in described
    assert "producer_byte_rate=1024.0" in described and "request_percentage=150.5" in described
    configs("--alter", *gert, "--delete-config", "producer_byte_rate,request_percentage")
    configs("--alter", *gert, "--delete-config", "SCRAM-SHA-256")
    described = configs("--describe", *gert)
    assert "SCRAM-SHA-256" not in described and "SCRAM-SHA-512" in described and "byte_rate" not in described

    both = (*gert, "--entity-type", "clients", "--entity-name", "app")
    others = ("--entity-type", "clients", "--entity-default")
    address = ("--entity-type", "ips", "--entity-name", "10.0.0.9")
    configs("--alter", *both, "--add-config", "controller_mutation_rate=2")
    configs("--alter", *others, "--add-config", "consumer_byte_rate=4096")
    configs("--alter", *address, "--add-config", "connection_creation_rate=7")
    assert "controller_mutation_rate=2.0" in quotas(*both)
    assert "consumer_byte_rate=4096.0" in quotas(*others)
    assert "connection_creation_rate=7.0" in quotas(*address)
    assert "10.0.0.9" in configs("--describe", "--entity-type", "ips")
    configs("--alter", *address, "--add-config", "connection_creation_rate=-1", code=1)
    for entity, key in ((both, "controller_mutation_rate"), (others, "consumer_byte_rate"),
                        (address, "connection_creation_rate")):
        configs("--alter", *entity, "--delete-config", key)
        assert key not in quotas(*entity)


def test_kafka_leader_election_finds_every_leader_elected(tools):
    name = tools.topic(2)
    tools.ask("LeaderElectionCommand", "--election-type", "preferred", "--all-topic-partitions")
    told = tools.ask("LeaderElectionCommand", "--election-type", "preferred", "--topic", name, "--partition", 1)
    assert f"{name}-1" in told and "already elected" in told
    told = tools.ask("LeaderElectionCommand", "--election-type", "unclean", "--topic", name, "--partition", 0)
    assert "already elected" in told
    tools.ask("LeaderElectionCommand", "--election-type", "preferred", "--topic", unique("none"), "--partition", 0, code=1)


def test_kafka_reassign_partitions_moves_to_the_one_broker_and_no_further(tools, tmp_path):
    name = tools.topic(2)

    def plan(replicas):
        file = tmp_path / f"plan{replicas}.json"
        file.write_text(json.dumps({"version": 1, "partitions": [
            {"topic": name, "partition": partition, "replicas": [replicas]} for partition in (0, 1)]}))
        return file

    def reassign(*arguments, code=0):
        return tools.ask("reassign.ReassignPartitionsCommand", *arguments, code=code)

    topics = tmp_path / "topics.json"
    topics.write_text(json.dumps({"version": 1, "topics": [{"topic": name}]}))
    assert '"replicas":[1]' in reassign("--topics-to-move-json-file", topics, "--broker-list", "1", "--generate")
    assert "Successfully started partition reassignments" in reassign("--reassignment-json-file", plan(1), "--execute")
    verified = reassign("--reassignment-json-file", plan(1), "--verify")
    assert f"Reassignment of partition {name}-0 is completed." in verified
    assert "No partition reassignments found." in reassign("--list")
    reassign("--reassignment-json-file", plan(2), "--execute", code=1)
    reassign("--reassignment-json-file", plan(1), "--cancel")
    described = tools.ask("TopicCommand", "--describe", "--topic", name)
    assert len(re.findall(r"Leader: 1\tReplicas: 1\tIsr: 1", described)) == 2


def java_settings(secured, protocol, folder, mechanism=None, certificate=None):
    """A file of settings for Java's clients."""
    lines = {"security.protocol": protocol}
    if protocol.endswith("SSL"):
        lines |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": secured.authority.file}
    if certificate:
        lines |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": certificate}
    if mechanism:
        module = "plain.Plain" if mechanism == "PLAIN" else "scram.Scram"
        lines |= {"sasl.mechanism": mechanism, "sasl.jaas.config":
                  f"org.apache.kafka.common.security.{module}LoginModule required username=\"admin\" password=\"{PASSWORD}\";"}
    file = folder / unique("settings")
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    file.write_text(text.encode("ascii", "backslashreplace").decode().replace("\\xf6", "\\u00f6"))
    return file


@pytest.mark.parametrize("protocol, mechanism", [*((protocol, mechanism) for protocol in ("SASL_PLAINTEXT", "SASL_SSL")
                                                   for mechanism in MECHANISMS), ("SSL", None)])
def test_the_console_clients_come_through_each_listener(tools, secured, tmp_path, protocol, mechanism):
    name = secured.topic()
    certificate = None if mechanism else secured.authority.issue("admin")
    settings = java_settings(secured, protocol, tmp_path, mechanism, certificate)
    at = ("--bootstrap-server", secured.at[protocol], "--command-config", settings, "--topic", name)
    lines = [f"line {i}" for i in range(20)]
    tools.run("ConsoleProducer", *at, input="".join(line + "\n" for line in lines))
    read = tools.run("consumer.ConsoleConsumer", *at, "--from-beginning", "--max-messages", 20, "--timeout-ms", 60_000)
    assert read.splitlines() == lines
