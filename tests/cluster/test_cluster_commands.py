"""`tickerlake cluster`, and every other command against real Apache Kafka."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from conftest import BINARY  # noqa: E402
from test_pipeline import assert_same  # noqa: E402

pytestmark = pytest.mark.xdist_group("cluster")


def tickerlake(*arguments, environment=None, check=True):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TICKERLAKE_"))}
    done = subprocess.run([BINARY, *map(str, arguments)], env=clean | (environment or {}), capture_output=True,
                          text=True)
    if check:
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def describe(cluster, topic):
    """Rows of `topics describe` by partition."""
    text = tickerlake("topics", "describe", topic, "--bootstrap", cluster.bootstrap, "--output", "json").stdout
    return {row["partition"]: row for row in json.loads(text)}


def eventually(condition, what, deadline=120):
    until = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < until, f"not within {deadline} s: {what}"
        time.sleep(0.2)


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_status_shows_every_node_its_log_and_who_leads(any_cluster):
    status = any_cluster.status()
    assert status["complete"]
    brokers = [node for node in status["nodes"] if "broker" in node["roles"]]
    servers = [node for node in status["nodes"] if "zookeeper" in node["roles"]]
    assert [node["node"] for node in brokers] == ["broker-1", "broker-2", "broker-3"]
    assert status["bootstrap"] == ",".join(node["endpoint"] for node in brokers)
    for node in status["nodes"]:
        assert node["state"] == "running" and node["serves"] and runs(node["pid"])
        assert pathlib.Path(node["log"]).stat().st_size > 0
    assert status["controller"] in [node["node"] for node in brokers]
    if status["flavour"] == "zookeeper":
        assert len(servers) == 3
        assert status["leader"] in [node["node"] for node in servers]
    else:
        assert not servers and all(node["roles"] == ["broker", "controller"] for node in brokers)
        assert status["leader"] == status["controller"]
    table = any_cluster.command("status").stdout
    assert all(node["log"] in table for node in status["nodes"])
    assert table.count(" controller ") == 1


def test_topics_show_leader_replicas_and_in_sync_replicas_and_the_controller(any_cluster):
    cluster = any_cluster
    tickerlake("topics", "create", "layout", "--partitions", 4, "--replication-factor", 3, "--config",
               "min.insync.replicas=2", "--bootstrap", cluster.bootstrap)
    rows = describe(cluster, "layout")
    assert sorted(rows) == [0, 1, 2, 3]
    for row in rows.values():
        assert sorted(row["replicas"].split(",")) == ["1", "2", "3"]
        assert sorted(row["in_sync"].split(",")) == ["1", "2", "3"]
        assert str(row["leader"]) in row["replicas"] and row["offline"] == ""
        assert (row["first_offset"], row["end_offset"]) == (0, 0)
    shown = tickerlake("topics", "describe", "layout", "--bootstrap", cluster.bootstrap)
    controller = cluster.status()["controller"].removeprefix("broker-")
    assert f"controller {controller}\n" in shown.stderr
    tickerlake("topics", "delete", "layout", "--bootstrap", cluster.bootstrap)


def test_up_starts_what_does_not_run_and_leaves_the_rest_alone(kraft_cluster):
    cluster = kraft_cluster
    before = cluster.pids()
    cluster.up()
    assert cluster.pids() == before
    victim = "broker-2"
    cluster.kill(victim)
    status = cluster.nodes()[victim]
    assert (status["state"], status["pid"], status["serves"]) == ("stopped", None, False)
    assert cluster.command("status", check=False).returncode == 1
    cluster.up()
    after = cluster.pids()
    assert after[victim] != before[victim]
    assert {name: pid for name, pid in after.items() if name != victim} == \
           {name: pid for name, pid in before.items() if name != victim}
    assert cluster.status()["complete"]


def test_a_paused_node_neither_serves_nor_is_stopped_and_goes_on_when_resumed(kraft_cluster):
    cluster = kraft_cluster
    pid = cluster.pids()["broker-3"]
    cluster.pause("broker-3")
    paused = cluster.nodes()["broker-3"]
    assert (paused["state"], paused["serves"], paused["pid"]) == ("paused", False, pid)
    cluster.resume("broker-3")
    eventually(lambda: cluster.status()["complete"], "the paused broker serves again")
    assert cluster.pids()["broker-3"] == pid


def test_partitions_without_a_leader_are_shown_and_their_offsets_are_unknown(kraft_cluster):
    cluster, at = kraft_cluster, ("--bootstrap", kraft_cluster.bootstrap)
    tickerlake("topics", "create", "alone", "--partitions", 3, "--replication-factor", 1, *at)
    leaders = {row["leader"]: partition for partition, row in describe(cluster, "alone").items()}
    assert sorted(leaders) == [1, 2, 3]
    cluster.kill("broker-2")
    gone = leaders[2]
    eventually(lambda: describe(cluster, "alone")[gone]["leader"] == -1, "the partition's only replica is gone")
    rows = describe(cluster, "alone")
    assert rows[gone]["offline"] == "2"
    assert rows[gone]["first_offset"] is None and rows[gone]["end_offset"] is None
    assert rows[leaders[1]]["end_offset"] == 0 and rows[leaders[3]]["end_offset"] == 0
    row, = (line.split() for line in tickerlake("topics", "describe", "alone", *at).stdout.splitlines()
            if line.split()[:2] == ["alone", str(gone)])
    assert row[-2:] == ["-", "-"]
    listed, = (row for row in json.loads(tickerlake("topics", "list", "--output", "json", *at).stdout)
               if row["topic"] == "alone")
    assert listed["records"] is None and listed["partitions"] == 3
    status = tickerlake("status", *at)
    assert "without a leader" in status.stdout
    cluster.up()
    tickerlake("topics", "delete", "alone", *at)


def until_done(*arguments, environment):
    """On a machine with much else to do a cluster may take longer than a command waits; run again, it goes on."""
    eventually(lambda: tickerlake(*arguments, environment=environment, check=False).returncode == 0, arguments, 300)


def move(server, kafka, topic, folder, target):
    """Replays the files into the topic and sinks it: then the table equals the files row by row."""
    environment = {name: value for name, value in server.environment().items() if name != "TICKERLAKE_BOOTSTRAP"} | kafka
    bucket = topic.replace("_", "-")
    until_done("replay", folder, "--topic", topic, environment=environment)
    until_done("sink", "--topic", topic, "--to", f"s3://{bucket}/rows", "--until-end", environment=environment)
    tickerlake("sink", "verify", "--topic", topic, "--to", f"s3://{bucket}/rows", environment=environment)
    assert_same(server, bucket, "rows", folder, target)


def test_replay_and_sink_move_every_row_through_it_once(any_cluster, server, kaggle_sample, tmp_path):
    """And the sink's group shows in `groups`, with nothing left to read."""
    topic, at = f"moved_{any_cluster.status()['flavour']}", {"TICKERLAKE_BOOTSTRAP": any_cluster.bootstrap}
    move(server, at, topic, kaggle_sample, tmp_path)
    assert all(len(row["replicas"].split(",")) == 3 for row in describe(any_cluster, topic).values())
    groups = json.loads(tickerlake("groups", "--output", "json", environment=at).stdout)
    mine = [row for row in groups if topic in row["group"]]
    assert mine and all(row["lag"] == 0 for row in mine)
    assert "3 nodes" in tickerlake("status", environment=at).stdout


def test_replay_says_when_a_topic_will_delete_what_it_sends(kraft_cluster, kaggle_sample):
    at = ("--bootstrap", kraft_cluster.bootstrap)
    for topic, retention in (("short", "604800000"), ("long", "-1")):
        tickerlake("topics", "create", topic, "--config", f"retention.ms={retention}", *at)
        done = tickerlake("replay", kaggle_sample, "--topic", topic, "--symbols", "AAPL", *at)
        assert ("604800000 ms" in done.stderr) == (topic == "short"), done.stderr


def test_zookeepers_ensemble_elects_another_leader_and_the_brokers_another_controller(zookeeper_cluster):
    cluster = zookeeper_cluster
    before = cluster.status()
    cluster.kill(before["leader"])
    eventually(lambda: cluster.status()["leader"] not in (None, before["leader"]), "another leader of the ensemble")
    cluster.kill(before["controller"])
    eventually(lambda: cluster.status()["controller"] not in (None, before["controller"]), "another controller")
    cluster.up()


def test_a_stopped_cluster_leaves_no_process_and_keeps_its_topics(make_cluster):
    cluster = make_cluster("--brokers", "1").up()
    tickerlake("topics", "create", "kept", "--partitions", 2, "--bootstrap", cluster.bootstrap)
    pids = cluster.pids()
    cluster.command("down")
    assert not any(runs(pid) for pid in pids.values())
    status = cluster.status()
    assert not status["complete"] and status["controller"] is None
    assert [node["state"] for node in status["nodes"]] == ["stopped"]
    cluster.command("down")  # nothing to do is no error
    cluster.up()
    assert sorted(describe(cluster, "kept")) == [0, 1]


def test_a_process_that_only_has_a_nodes_id_is_never_signalled(make_cluster):
    cluster = make_cluster("--brokers", "1").up()
    cluster.down()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            pid_file = cluster.data / "broker-1" / "pid"
            _, started, boot = pid_file.read_text().split()
            pid_file.write_text(f"{bystander.pid} {started} {boot}\n")
            assert cluster.nodes()["broker-1"]["state"] == "stopped"
            assert cluster.command("kill", "broker-1", check=False).returncode == 1
            cluster.down()
            assert bystander.poll() is None
        finally:
            bystander.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def secured(tmp_path_factory, shared_clusters):
    """A cluster that clients reach by SASL over TLS only; the shared ones rest meanwhile."""
    from support.kafka_cluster import KafkaCluster, need_kafka
    need_kafka()
    shared_clusters.stop()
    cluster = KafkaCluster(tmp_path_factory.mktemp("secured") / "cluster", "--sasl-ssl", "--brokers", "1")
    yield cluster.up()
    cluster.down()


def test_replay_and_sink_over_sasl_and_tls(secured, server, kaggle_sample, tmp_path):
    move(server, {"TICKERLAKE_KAFKA_CONFIG": secured.status()["client_properties"]}, "secret", kaggle_sample, tmp_path)


def test_a_secured_cluster_refuses_who_has_no_password_and_who_does_not_speak_tls(secured):
    properties = pathlib.Path(secured.status()["client_properties"])
    assert properties.parent.stat().st_mode & 0o077 == 0
    wrong = tickerlake("topics", "--kafka-config", properties, "-X", "sasl.password=wrong", check=False)
    assert wrong.returncode == 1 and "uthentication failed" in wrong.stderr
    plain = tickerlake("topics", "--bootstrap", secured.bootstrap, check=False)
    assert plain.returncode == 1


def test_settings_in_the_form_of_javas_clients_are_read_too(secured, tmp_path):
    given = dict(line.split("=", 1) for line in
                 pathlib.Path(secured.status()["client_properties"]).read_text().splitlines())
    java = tmp_path / "java.properties"
    tickerlake("topics", "create", "told_by_java", "--kafka-config", secured.status()["client_properties"])
    java.write_text(f"""# as kafka-topics.sh --command-config takes it
bootstrap.servers: {given["bootstrap.servers"]}
security.protocol = SASL_SSL
sasl.mechanism = PLAIN
sasl.jaas.config = org.apache.kafka.common.security.plain.PlainLoginModule required \\
    username="{given["sasl.username"]}" password="{given["sasl.password"]}";
ssl.truststore.type = PEM
ssl.truststore.location = {given["ssl.ca.location"]}
""")
    assert "told_by_java" in tickerlake("topics", "list", "--kafka-config", java).stdout


def test_other_clients_come_in_by_scram(secured):
    """Those with librdkafka from 2.6.1 on; Debian's repeats a nonce, which Kafka refuses."""
    from confluent_kafka.admin import AdminClient
    given = dict(line.split("=", 1) for line in
                 pathlib.Path(secured.status()["client_properties"]).read_text().splitlines())
    admin = AdminClient(given | {"sasl.mechanism": "SCRAM-SHA-512"})
    assert sorted(admin.list_topics(timeout=60).brokers) == [1]


def without_java(tmp_path):
    """An environment whose PATH has no program at all."""
    return {"PATH": str(tmp_path), "JAVA_HOME": "", "HOME": str(tmp_path)}


def test_without_a_jvm_it_says_what_to_install(tmp_path):
    done = tickerlake("cluster", "up", "--data", tmp_path / "c", environment=without_java(tmp_path), check=False)
    assert done.returncode == 1
    assert "needs a JVM" in done.stderr and "openjdk" in done.stderr
    assert not (tmp_path / "c" / "cluster.json").exists()
    broken = tickerlake("cluster", "up", "--data", tmp_path / "c", check=False,
                        environment=without_java(tmp_path) | {"JAVA_HOME": str(tmp_path)})
    assert broken.returncode == 1 and f"JAVA_HOME={tmp_path}" in broken.stderr


def test_without_maven_and_without_jars_it_says_what_to_do(tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nexit 0\n")
    java.chmod(0o755)
    done = tickerlake("cluster", "up", "--data", tmp_path / "c", environment=without_java(tmp_path), check=False)
    assert done.returncode == 1
    assert "maven" in done.stderr and "--kafka-home" in done.stderr


def test_a_folder_that_is_no_apache_kafka_is_refused(tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nexit 0\n")
    java.chmod(0o755)
    environment = without_java(tmp_path)
    up = ("cluster", "up", "--data", tmp_path / "c", "--kafka-home", tmp_path / "home")
    done = tickerlake(*up, environment=environment, check=False)
    assert done.returncode == 1 and "is no Apache Kafka" in done.stderr
    libs = tmp_path / "home" / "libs"
    libs.mkdir(parents=True)
    (libs / "kafka-clients-4.1.0.jar").write_bytes(b"")
    done = tickerlake(*up, "--zookeeper", environment=environment, check=False)
    assert done.returncode == 1 and "4.1.0 has no ZooKeeper" in done.stderr


def test_a_node_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path):
    """Here java itself is one that does."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho \"out of paper in $3\"\nexit 7\n")
    java.chmod(0o755)
    libs = tmp_path / "home" / "libs"
    libs.mkdir(parents=True)
    (libs / "kafka-clients-4.1.0.jar").write_bytes(b"")
    done = tickerlake("cluster", "up", "--data", tmp_path / "c", "--port", "0", "--kafka-home", tmp_path / "home",
                      environment=without_java(tmp_path), check=False)
    assert done.returncode == 1
    assert "exit code 7" in done.stderr and "out of paper" in done.stderr


def test_wrong_names_and_folders_are_told(tmp_path):
    none = tickerlake("cluster", "status", "--data", tmp_path, check=False)
    assert none.returncode == 1 and "there is no cluster in" in none.stderr
    assert tickerlake("cluster", "kill", "--data", tmp_path, check=False).returncode == 2
    assert tickerlake("cluster", "up", "--brokers", "0", "--data", tmp_path, check=False).returncode == 2
    assert tickerlake("cluster", "up", "--set", "novalue", "--data", tmp_path, check=False).returncode == 2
