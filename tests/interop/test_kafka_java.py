"""Apache Kafka's own Java clients against the broker: the Maven project in tests/interop/java does the work."""
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "java"


@pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven is not installed")
def test_java_clients_produce_consume_rebalance_and_administer(server):
    command = ["mvn", "-q", "-B", "compile", "exec:java", f"-Dexec.args={server.kafka}"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
