"""Real Apache Kafka for tests: `tickerlake cluster`, and its clusters shared by the tests of a process.

Tests that use these fixtures belong to the group `cluster`, so that one process runs them all:
pytestmark = pytest.mark.xdist_group("cluster")
"""
import json
import pathlib
import shutil
import subprocess

import pytest

from conftest import BINARY

# Sooner than Kafka's defaults of 9 and 18 seconds, so that tests needn't wait as long for a new leader.
QUICK = {"kraft": ("--set", "broker.session.timeout.ms=6000"),
         "zookeeper": ("--zookeeper", "--set", "zookeeper.session.timeout.ms=6000")}


def need_kafka():
    """Skips the test where Apache Kafka can't run."""
    if shutil.which("java") is None:
        pytest.skip("no java")
    if shutil.which("mvn") is None:
        pytest.skip("no mvn")


class KafkaCluster:
    """A folder with a cluster on free ports, and what `tickerlake cluster` does with it."""

    def __init__(self, data: pathlib.Path, *flags: str):
        self.data = data
        self.flags = flags

    def command(self, action, *arguments, check=True):
        done = subprocess.run([BINARY, "cluster", action, "--data", self.data, *map(str, arguments)],
                              capture_output=True, text=True)
        if check:
            assert done.returncode == 0, f"cluster {action} {arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def up(self):
        """Makes it, or starts what of it doesn't run; waits until all of it serves."""
        there = (self.data / "cluster.json").exists()
        self.command("up", "--timeout", "300", *(() if there else ("--port", "0", *self.flags)))
        return self

    def status(self):
        done = self.command("status", "--output", "json", check=False)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def nodes(self):
        """Each node's status by its name."""
        return {node["node"]: node for node in self.status()["nodes"]}

    def pids(self):
        return {name: node["pid"] for name, node in self.nodes().items()}

    @property
    def bootstrap(self):
        return self.status()["bootstrap"]

    def kill(self, node):
        self.command("kill", node)

    def start(self, node):
        self.command("start", node)

    def pause(self, node):
        self.command("pause", node)

    def resume(self, node):
        self.command("resume", node)

    def down(self):
        if (self.data / "cluster.json").exists():
            self.command("down")


class SharedClusters:
    """One cluster of each flavour for all tests of a process; only one runs at a time, for the sake of memory."""

    def __init__(self, folder: pathlib.Path):
        self.clusters = {flavour: KafkaCluster(folder / flavour, *flags) for flavour, flags in QUICK.items()}

    def get(self, flavour):
        """The cluster, complete: nodes that an earlier test has killed or paused run again."""
        need_kafka()
        for other, cluster in self.clusters.items():
            if other != flavour:
                cluster.down()
        cluster = self.clusters[flavour]
        if (cluster.data / "cluster.json").exists():
            for name, node in cluster.nodes().items():
                if node["state"] == "paused":
                    cluster.resume(name)
        return cluster.up()

    def stop(self):
        for cluster in self.clusters.values():
            cluster.down()


@pytest.fixture(scope="session")
def shared_clusters(tmp_path_factory):
    clusters = SharedClusters(tmp_path_factory.mktemp("kafka"))
    yield clusters
    clusters.stop()


@pytest.fixture
def kraft_cluster(shared_clusters):
    """Apache Kafka 4: three brokers that are controllers too. Tests use topics and groups of their own in it."""
    return shared_clusters.get("kraft")


@pytest.fixture
def zookeeper_cluster(shared_clusters):
    """Apache Kafka 3.9: three brokers and three ZooKeeper servers."""
    return shared_clusters.get("zookeeper")


@pytest.fixture(params=["kraft", "zookeeper"])
def any_cluster(request, shared_clusters):
    """One after the other."""
    return shared_clusters.get(request.param)


@pytest.fixture
def make_cluster(tmp_path):
    """Makes clusters for one test alone; they end with it."""
    made = []

    def make(*flags, name="cluster"):
        need_kafka()
        made.append(KafkaCluster(tmp_path / name, *flags))
        return made[-1]

    yield make
    for cluster in made:
        cluster.down()
