"""franz-go and sarama against the broker: the programs in tests/interop/go do the work."""
import pathlib
import re
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "go"


def version():
    """Go's version as two numbers; (0, 0) without Go."""
    if shutil.which("go") is None:
        return 0, 0
    found = re.search(r"go(\d+)\.(\d+)", subprocess.run(["go", "version"], capture_output=True, text=True).stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    wanted = tuple(map(int, re.search(r"^go (\d+)\.(\d+)", (FOLDER / "go.mod").read_text(), re.MULTILINE).groups()))
    if version() < wanted:
        pytest.skip("no go" if version() == (0, 0) else f"go is older than {wanted[0]}.{wanted[1]}")
    folder = tmp_path_factory.mktemp("go")
    done = subprocess.run(["go", "build", "-o", f"{folder}/", "./..."], cwd=FOLDER, capture_output=True, text=True,
                          timeout=800)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.xdist_group("go")  # one build
@pytest.mark.parametrize("client", ["kgo", "sarama"])
def test_go_clients_produce_consume_share_transact_and_administer(server, programs, client):
    done = subprocess.run([programs / client, server.kafka], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
