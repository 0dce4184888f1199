"""Share groups (KIP-932) with Apache Kafka's own Java clients: KafkaShareConsumer, Admin, and kafka-share-groups."""
import pathlib
import re
import subprocess

import pytest

from kafka_names import unique
from support import kafka_jars

pytestmark = pytest.mark.xdist_group("java")
SOURCE = pathlib.Path(__file__).parent / "shares" / "Shares.java"


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    kafka_jars.need()
    return kafka_jars.compile_java([SOURCE], tmp_path_factory.mktemp("shares"))


def run(server, classes, *arguments):
    """What a scenario printed."""
    done = subprocess.run(["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classes, "Shares", server.kafka,
                           *map(str, arguments)], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("scenario", ["acknowledge", "members", "transactions", "offsets", "settings"])
def test_java_share_consumers(server, classes, scenario):
    assert "all passed" in run(server, classes, scenario)


def offsets(text, what):
    return {int(number) for number in re.search(rf"{what} \[(.*)\]", text).group(1).replace(",", " ").split()}


def test_what_was_acknowledged_does_not_come_again_after_kill_9_and_all_else_does(own_server, classes):
    topic, group = unique("shared"), unique("sharers")
    own_server.run("topics", "create", topic, "--partitions", 1)
    run(own_server, classes, "produce", topic, 0, 300)
    first = run(own_server, classes, "take", group, topic, 120, 1)
    own_server.kill()
    own_server.restart()
    second = run(own_server, classes, "take", group, topic, 180, 0)
    accepted, rest = offsets(first, "accepted"), offsets(second, "accepted")
    assert len(accepted) == 120 and len(rest) == 180
    assert not accepted & rest, "delivered again although its acknowledgement was answered"
    assert accepted | rest == set(range(300)), "lost"


def test_share_fetches_count_for_their_clients_quota(own_server, classes):
    """The records of a throttled answer are acquired: they come with it, and the pause behind them."""
    topic, group = unique("shared"), unique("sharers")
    own_server.run("topics", "create", topic, "--partitions", 1)
    run(own_server, classes, "produce", topic, 0, 300)
    own_server.run("quotas", "set", "--client-id", f"consumer-{group}-1", "consumer_byte_rate=800")
    assert offsets(run(own_server, classes, "take", group, topic, 300, 0), "accepted") == set(range(300))
    throttled = re.search(r'throttle_seconds_count{quota="consumer_byte_rate"} (\d+)', own_server.metrics())
    assert throttled and int(throttled[1]) > 0


def test_kafka_share_groups_lists_describes_resets_and_deletes(server, classes):
    def tool(*arguments):
        done = subprocess.run(["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classes,
                               "org.apache.kafka.tools.consumer.group.ShareGroupCommand", "--bootstrap-server",
                               server.kafka, *arguments], capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line.split() for line in done.stdout.splitlines() if line.strip()]

    topic, group = unique("shared"), unique("sharers")
    server.run("topics", "create", topic, "--partitions", 1)
    run(server, classes, "produce", topic, 0, 30)
    run(server, classes, "take", group, topic, 20, 0)
    assert [group] in tool("--list")
    assert any(row[:2] == [group, "Empty"] for row in tool("--list", "--state"))
    described = [row for row in tool("--describe", "--group", group, "--offsets") if row[:2] == [group, topic]]
    assert [row[2] for row in described] == ["0"] and described[0][-2:] == ["20", "10"], described
    ours = server.run("groups", "describe", group).stdout
    assert re.search(rf"{group}\s+{topic}\s+0\s+20\s", ours), ours
    assert re.search(rf"{group}\s+share\s+Empty", server.run("groups", "list").stdout)
    tool("--reset-offsets", "--group", group, "--topic", topic, "--to-earliest", "--execute")
    described = [row for row in tool("--describe", "--group", group, "--offsets") if row[:2] == [group, topic]]
    assert described[0][-2:] == ["0", "30"], described
    tool("--delete-offsets", "--group", group, "--topic", topic)
    assert not [row for row in tool("--describe", "--group", group, "--offsets") if row[:2] == [group, topic]]
    tool("--delete", "--group", group)
    assert [group] not in tool("--list")
