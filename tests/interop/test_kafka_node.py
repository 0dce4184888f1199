"""kafkajs 2.2.4 and @platformatic/kafka 1.35 against the broker: the programs in tests/interop/node do the work."""
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "node"


def run(server, package, program, oldest=(0, 0)):
    run_program(package, program, server.kafka, oldest)


def run_program(package, program, argument, oldest=(0, 0)):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, version.lstrip("v").split(".")[:2])) < oldest:
        pytest.skip(f"node is older than {oldest[0]}.{oldest[1]}")
    if not (FOLDER / "node_modules" / package).is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True,
                       timeout=300)
    done = subprocess.run(["node", program, argument], cwd=FOLDER, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout


def test_kafkajs_produces_consumes_and_administers(server):
    run(server, "kafkajs", "kafka.mjs")


def test_platformatics_client_produces_shares_transacts_and_administers(server):
    run(server, "@platformatic/kafka", "platformatic.mjs", (20, 19))
