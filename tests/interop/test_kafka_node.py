"""kafkajs 2.2.4 against the broker: tests/interop/node/kafka.mjs does the work and prints what failed."""
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "node"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_kafkajs_produces_consumes_and_administers(server):
    if not (FOLDER / "node_modules" / "kafkajs").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, timeout=300)
    done = subprocess.run(["node", "kafka.mjs", server.kafka], cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
