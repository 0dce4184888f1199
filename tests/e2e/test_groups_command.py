"""`tickerlake groups` on groups of both protocols: list, describe, reset-offsets, delete."""
import json
import time

import pytest
from confluent_kafka import Consumer

TOPIC = "gc.topic"


@pytest.fixture(scope="module")
def topic(server):
    server.run("topics", "create", TOPIC, "--partitions", "2")
    server.run("produce", TOPIC, "--key-separator", ":", "-q", input="".join(f"{i}:{i}\n" for i in range(100)))
    return TOPIC


def rows(server, *arguments):
    return json.loads(server.run("groups", *arguments, "--output", "json").stdout)


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_group_is_shown_with_its_members_and_reset_and_deleted_when_they_have_gone(server, topic, protocol):
    group = "gc-" + protocol
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": group, "group.protocol": protocol,
                         "client.id": "somebody", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    read, deadline = 0, time.monotonic() + 60
    while read < 100:
        assert time.monotonic() < deadline
        message = consumer.poll(0.5)
        read += message is not None and not message.error()
    consumer.commit(asynchronous=False)

    [listed] = [row for row in rows(server, "list") if row["group"] == group]
    assert (listed["type"], listed["state"], listed["lag"]) == (protocol, "Stable", 0)
    described = rows(server, "describe", group)
    assert sum(row["offset"] for row in described) == 100 and {row["client"] for row in described} == {"somebody"}
    [member] = rows(server, "describe", group, "--members")
    assert member["partitions"] == 2 and member["assignment"] == f"{topic}:0 {topic}:1"
    assert {row["member"] for row in described} == {member["member"]}
    [state] = rows(server, "describe", group, "--state")
    assert (state["type"], state["state"], state["members"]) == (protocol, "Stable", 1)
    for refused in (("delete", group), ("reset-offsets", group, "--to", "beginning", "--execute")):
        done = server.run("groups", *refused, check=False)
        assert done.returncode == 1 and "has members" in done.stderr

    consumer.close()
    [planned] = rows(server, "reset-offsets", group, "--topic", topic + ":1", "--to", "beginning")
    assert planned["new_offset"] == 0 and planned["partition"] == 1
    assert sum(row["offset"] for row in rows(server, "describe", group)) == 100, "it was only told"
    rows(server, "reset-offsets", group, "--to", "beginning", "--execute")
    assert [row["lag"] for row in rows(server, "describe", group)] == [
        row["end_offset"] for row in rows(server, "describe", group)]
    server.run("groups", "delete", group)
    assert group not in [row["group"] for row in rows(server, "list")]
    assert server.run("groups", "delete", group, check=False).returncode == 1
