"""Apache Kafka's own Java clients against the broker: the Maven project in tests/interop/java does the work."""
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "java"


def run(server, main):
    command = ["mvn", "-q", "-B", "compile", "exec:java", f"-Dmain=tickerlake.{main}",
               f"-Dexec.args={server.kafka}"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout


@pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven is not installed")
@pytest.mark.xdist_group("java")  # one build of the project at a time
def test_java_clients_produce_consume_rebalance_and_administer(server):
    run(server, "Interop")


@pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven is not installed")
@pytest.mark.xdist_group("java")
def test_java_transactions_of_version_2(server):
    run(server, "Transactions")


@pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven is not installed")
@pytest.mark.xdist_group("java")
def test_java_groups_of_both_protocols(server):
    run(server, "Groups")
