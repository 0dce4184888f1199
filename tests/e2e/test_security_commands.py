"""`tickerlake acls`, `users` and `quotas`: over the protocol, so against Apache Kafka too."""
import json

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient
from conftest import Server

PASSWORD = "hers, wörd=1"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("guarded") / "data")
    running.properties = {
        "listeners": "PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    running.start()
    yield running
    running.stop()


def rows(server, *arguments, **options):
    return json.loads(server.run(*arguments, "--output", "json", **options).stdout)


def refused(server, *arguments):
    done = server.run(*arguments, check=False)
    assert done.returncode in (1, 2), done.stdout
    return done.stderr


def sasl_listener(server):
    configs = rows(server, "configs", "describe", "broker", "1", "--all")
    [listeners] = [row["value"] for row in configs if row["setting"] == "listeners"]
    return dict(one.split("://") for one in listeners.split(","))["SASL_PLAINTEXT"]


def test_entries_are_added_listed_and_removed(guarded):
    guarded.run("acls", "add", "--principal", "User:alice", "--principal", "User:bob", "--operation", "read", "--operation",
                "Describe", "--topic", "stock_", "--prefixed")
    guarded.run("acls", "add", "--principal", "User:*", "--operation", "All", "--cluster", "--deny", "--host", "10.0.0.1")
    listed = rows(guarded, "acls", "list")
    assert len(listed) == 5
    assert {"resource": "Cluster", "name": "kafka-cluster", "pattern": "Literal", "principal": "User:*", "host": "10.0.0.1",
            "operation": "All", "permission": "Deny"} in [{**row, "pattern": row["pattern"].capitalize()} for row in listed]
    assert len(rows(guarded, "acls", "list", "--principal", "User:alice")) == 2
    assert len(rows(guarded, "acls", "list", "--topic", "stock_", "--prefixed", "--operation", "read")) == 2
    assert rows(guarded, "acls", "list", "--topic", "stock_") == [], "literally"
    removed = rows(guarded, "acls", "remove", "--principal", "User:alice")
    assert {row["operation"] for row in removed} == {"Read", "Describe"}
    assert len(rows(guarded, "acls", "list")) == 3
    assert "say which" in refused(guarded, "acls", "remove")
    assert "say who" in refused(guarded, "acls", "add", "--topic", "t")
    assert "no such operation" in refused(guarded, "acls", "list", "--operation", "juggle")
    rows(guarded, "acls", "remove", "--cluster")
    rows(guarded, "acls", "remove", "--principal", "User:bob")
    assert rows(guarded, "acls", "list") == []


def test_without_an_authorizer_there_are_no_entries(server):
    assert "no authorizer" in refused(server, "acls", "list")


def test_a_user_that_was_added_comes_in_with_its_rights_and_one_that_was_removed_does_not(guarded, tmp_path):
    guarded.run("users", "add", "alice", input=PASSWORD + "\n")
    (tmp_path / "secret").write_text("other")
    guarded.run("users", "add", "bob", "--password-file", tmp_path / "secret", "--mechanism", "SCRAM-SHA-512",
                "--iterations", "8192")
    assert rows(guarded, "users", "list") == [
        {"user": "alice", "mechanism": "SCRAM-SHA-256", "iterations": 4096},
        {"user": "alice", "mechanism": "SCRAM-SHA-512", "iterations": 4096},
        {"user": "bob", "mechanism": "SCRAM-SHA-512", "iterations": 8192}]
    guarded.run("topics", "create", "hers", "--partitions", "1")
    guarded.run("acls", "add", "--principal", "User:alice", "--operation", "Write", "--topic", "hers")
    settings = {"bootstrap.servers": sasl_listener(guarded), "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "alice", "sasl.password": PASSWORD}
    assert list(AdminClient(settings).list_topics(timeout=30).topics) == ["hers"]
    guarded.run("users", "remove", "alice", "--mechanism", "SCRAM-SHA-512")
    with pytest.raises(confluent_kafka.KafkaException):
        AdminClient(settings | {"log_level": 0}).list_topics(timeout=5)
    guarded.run("users", "remove", "alice")
    assert [row["user"] for row in rows(guarded, "users", "list")] == ["bob"]
    assert "no such user" in refused(guarded, "users", "remove", "alice")
    assert "Too few iterations" in refused(guarded, "users", "add", "carol", "--iterations", "100", "--password-file",
                                           tmp_path / "secret")
    guarded.run("users", "remove", "bob")


def test_quotas_are_set_listed_and_removed_and_outlive_a_kill(guarded):
    guarded.run("quotas", "set", "--user", "alice", "producer_byte_rate=1048576", "request_percentage=12.5")
    guarded.run("quotas", "set", "--user-defaults", "--client-id", "app", "consumer_byte_rate=2000")
    guarded.run("quotas", "set", "--ip", "10.0.0.1", "connection_creation_rate=5")
    everything = [
        {"user": "<default>", "client_id": "app", "ip": "-", "quota": "consumer_byte_rate", "value": 2000},
        {"user": "alice", "client_id": "-", "ip": "-", "quota": "producer_byte_rate", "value": 1048576},
        {"user": "alice", "client_id": "-", "ip": "-", "quota": "request_percentage", "value": 12.5},
        {"user": "-", "client_id": "-", "ip": "10.0.0.1", "quota": "connection_creation_rate", "value": 5}]

    def listed(*arguments):
        return sorted(rows(guarded, "quotas", "list", *arguments), key=lambda row: (row["ip"], row["user"], row["quota"]))

    assert listed() == everything
    guarded.kill()
    guarded.start()
    assert listed() == everything
    assert [row["quota"] for row in listed("--user", "alice")] == ["producer_byte_rate", "request_percentage"]
    assert listed("--user", "bob") == []
    guarded.run("quotas", "remove", "--user", "alice", "request_percentage")
    assert [row["quota"] for row in listed("--user", "alice")] == ["producer_byte_rate"]
    for whose in (("--user", "alice"), ("--user-defaults", "--client-id", "app"), ("--ip", "10.0.0.1")):
        guarded.run("quotas", "remove", *whose)
    assert listed() == []
    assert "no such quota" in refused(guarded, "quotas", "remove", "--user", "alice")
    assert "Invalid configuration key nonsense" in refused(guarded, "quotas", "set", "--user", "alice", "nonsense=1")
    assert "must be greater than 0" in refused(guarded, "quotas", "set", "--user", "alice", "producer_byte_rate=0")
    assert "not a valid IP" in refused(guarded, "quotas", "set", "--ip", "nowhere", "connection_creation_rate=1")
    assert "say whose" in refused(guarded, "quotas", "set", "producer_byte_rate=1")
