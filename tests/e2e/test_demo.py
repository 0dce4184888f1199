"""`make demo`'s program: it ends well, proves its counts, takes free ports, and can be run again at once."""
import re
import socket
import subprocess

from conftest import BINARY, ROOT


def demo(data, *arguments):
    return subprocess.run([BINARY, "demo", "--data", data, *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=120)


def test_it_runs_the_job_shows_three_results_and_proves_the_counts_twice_in_a_row(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        kafka = f"127.0.0.1:{taken.getsockname()[1]}"
        for _ in range(2):
            done = demo(tmp_path / "demo", "--kafka", kafka)
            assert done.returncode == 0, done.stderr
            counts = re.search(r"Rows in files ([\d,]+) = messages in topic ([\d,]+) = rows in table ([\d,]+)", done.stdout)
            assert counts and len(set(counts.groups())) == 1
            for expected in ("Best and worst year", "moving average", "dollar volumes", "kcat", "aws s3 ls", "boto3"):
                assert expected in done.stdout
            assert kafka not in done.stdout + done.stderr  # it was taken, another one was used


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "precious").write_text("mine")
    done = demo(tmp_path)
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr and (tmp_path / "precious").read_text() == "mine"


def test_a_missing_dataset_is_named(tmp_path):
    done = demo(tmp_path / "demo", "--dataset", tmp_path / "none")
    assert done.returncode == 1
    assert str(tmp_path / "none") in done.stderr
