"""Groups of KIP-848's protocol and of the classic one, with librdkafka, through rebalances and kill -9 of the broker."""
import threading
import time

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupType, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType

from kafka_names import unique

PATIENCE = 90


def make_topic(server, partitions, name=None):
    topic = name or unique("groups")
    admin = AdminClient({"bootstrap.servers": server.kafka})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(20)
    return topic


def produce(server, topic, values):
    producer = Producer({"bootstrap.servers": server.kafka})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(PATIENCE) == 0


class Member:
    """A consumer on a thread of its own, which polls until it is stopped."""

    def __init__(self, server, topics, group, protocol="consumer", **options):
        self.owned, self.values, self.lost, self.errors = set(), [], 0, []
        settings = {"bootstrap.servers": server.kafka, "group.id": group, "group.protocol": protocol,
                    "auto.offset.reset": "earliest", "auto.commit.interval.ms": 300,
                    "topic.metadata.refresh.interval.ms": 1000, "reconnect.backoff.max.ms": 500, **options}
        if protocol == "classic":
            settings |= {"session.timeout.ms": 45000, "heartbeat.interval.ms": 500}
        self.consumer = Consumer(settings)
        self.consumer.subscribe(topics, on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.was_lost)
        self.incremental = protocol == "consumer" or "cooperative" in options.get("partition.assignment.strategy", "")
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def assigned(self, consumer, partitions):
        added = {(p.topic, p.partition) for p in partitions}
        self.owned = self.owned | added if self.incremental else added

    def revoked(self, consumer, partitions):
        self.owned = self.owned - {(p.topic, p.partition) for p in partitions}

    def was_lost(self, consumer, partitions):
        self.lost += len(partitions)
        self.revoked(consumer, partitions)

    def run(self):
        while not self.stopping.is_set():
            message = self.consumer.poll(0.1)
            if message is None:
                continue
            if message.error():
                self.errors.append(message.error())
            else:
                self.values.append(message.value())
        self.consumer.close()

    def stop(self):
        self.stopping.set()
        self.thread.join(PATIENCE)


def wait_until(holds, what):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain: {what()}"
        time.sleep(0.1)


def describe(server, group):
    admin = AdminClient({"bootstrap.servers": server.kafka})  # it must live until the answer is there
    return admin.describe_consumer_groups([group])[group].result(20)


@pytest.mark.parametrize("protocol, options", [("consumer", {}), ("consumer", {"group.remote.assignor": "range"}),
                                               ("classic", {"partition.assignment.strategy": "cooperative-sticky"})])
def test_members_share_partitions_as_they_come_and_go_and_read_every_record(server, protocol, options):
    topic, group = make_topic(server, 6), unique("g")
    produce(server, topic, [b"%d" % i for i in range(500)])
    members = [Member(server, [topic], group, protocol, **options)]
    wait_until(lambda: len(members[0].owned) == 6, lambda: members[0].owned)
    members += [Member(server, [topic], group, protocol, **options) for _ in range(2)]
    wait_until(lambda: [len(m.owned) for m in members] == [2, 2, 2], lambda: [m.owned for m in members])
    assert len(set.union(*(m.owned for m in members))) == 6
    wait_until(lambda: describe(server, group).state == ConsumerGroupState.STABLE, lambda: describe(server, group).state)
    described = describe(server, group)
    assert described.type == ConsumerGroupType[protocol.upper()]
    assert sorted(len(m.assignment.topic_partitions) for m in described.members) == [2, 2, 2]
    admin = AdminClient({"bootstrap.servers": server.kafka})
    admin.create_partitions([NewPartitions(topic, 9)])[topic].result(20)
    wait_until(lambda: [len(m.owned) for m in members] == [3, 3, 3], lambda: [m.owned for m in members])
    members[1].stop()
    wait_until(lambda: len(members[0].owned) + len(members[2].owned) == 9, lambda: [m.owned for m in members])
    produce(server, topic, [b"%d" % i for i in range(500, 900)])
    wait_until(lambda: len({v for m in members for v in m.values}) == 900, lambda: [len(m.values) for m in members])
    for member in (members[0], members[2]):
        member.stop()
    assert not any(m.errors or m.lost for m in members), [m.errors for m in members]


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_a_group_goes_on_through_kill_9_of_the_broker(own_server, protocol):
    """Its members stay who they are: nobody joins anew, no partition is lost, and nothing is read again that was
    committed."""
    arguments = ("--kafka", own_server.kafka, "--aws", "127.0.0.1:0", "--web", "127.0.0.1:0", "--registry", "127.0.0.1:0")
    topic, group = make_topic(own_server, 4), unique("g")
    members = [Member(own_server, [topic], group, protocol) for _ in range(2)]
    wait_until(lambda: [len(m.owned) for m in members] == [2, 2], lambda: [m.owned for m in members])
    wait_until(lambda: describe(own_server, group).state == ConsumerGroupState.STABLE,
               lambda: describe(own_server, group).state)
    owned = [set(m.owned) for m in members]
    ids = sorted(m.member_id for m in describe(own_server, group).members)
    sent = 0
    for _ in range(3):
        produce(own_server, topic, [b"%d" % i for i in range(sent, sent + 200)])
        sent += 200
        wait_until(lambda: sum(len(m.values) for m in members) >= sent, lambda: [len(m.values) for m in members])
        own_server.kill()
        own_server.arguments = arguments  # the same address again
        own_server.start()
    produce(own_server, topic, [b"%d" % i for i in range(sent, sent + 200)])
    sent += 200
    wait_until(lambda: len({v for m in members for v in m.values}) == sent, lambda: [len(m.values) for m in members])
    assert sorted(m.member_id for m in describe(own_server, group).members) == ids
    assert [m.owned for m in members] == owned
    assert [m.lost for m in members] == [0, 0]
    for member in members:
        member.stop()
    assert sum(len(m.values) for m in members) == sent, "something was read twice"
    reader = Consumer({"bootstrap.servers": own_server.kafka, "group.id": group})
    committed = reader.committed([TopicPartition(topic, p) for p in range(4)], timeout=20)
    reader.close()
    assert sum(p.offset for p in committed) == sent


def test_a_pattern_of_the_brokers_finds_topics_that_are_made_later(server):
    name, group = unique("pattern"), unique("g")
    make_topic(server, 2, name + "-a")
    member = Member(server, [f"^{name}-[ab]$"], group)
    wait_until(lambda: len(member.owned) == 2, lambda: member.owned)
    make_topic(server, 3, name + "-b")
    make_topic(server, 1, name + "-c")
    wait_until(lambda: len(member.owned) == 5, lambda: member.owned)
    member.stop()


def test_a_groups_own_settings_are_checked_and_kept(own_server):
    group = unique("g")
    resource = ConfigResource(ResourceType.GROUP, group)

    def alter(value):
        admin = AdminClient({"bootstrap.servers": own_server.kafka})
        changed = ConfigResource(ResourceType.GROUP, group, incremental_configs=[
            ConfigEntry("consumer.session.timeout.ms", value, incremental_operation=AlterConfigOpType.SET)])
        admin.incremental_alter_configs([changed])[changed].result(20)

    alter("50000")
    with pytest.raises(KafkaException, match="group.consumer.min.session.timeout.ms"):
        alter("1")
    own_server.kill()
    own_server.start()
    admin = AdminClient({"bootstrap.servers": own_server.kafka})
    entries = admin.describe_configs([resource])[resource].result(20)
    assert entries["consumer.session.timeout.ms"].value == "50000"
    assert entries["consumer.heartbeat.interval.ms"].value == "5000"
