"""`up`, `wait`, `env`: start, readiness, clear errors, and that what was stored is there again."""
import json
import os
import socket
import subprocess
import time
import urllib.request

from conftest import BINARY, Server


def up(data, *arguments, timeout=20):
    """Runs `up` that is expected to end by itself."""
    return subprocess.run([BINARY, "up", "--data", data, "--aws", "127.0.0.1:0", "--web", "127.0.0.1:0",
                           "--registry", "127.0.0.1:0", *(arguments or ("--kafka", "127.0.0.1:0"))],
                          capture_output=True, text=True, timeout=timeout)


def test_the_banner_names_services_data_credentials_and_next_commands(own_server):
    banner = own_server.data.with_suffix(".log").read_text()
    for expected in (own_server.kafka, own_server.aws, str(own_server.data), own_server.access_key, "kcat", "aws ",
                     "tickerlake replay"):
        assert expected in banner


def test_health_answers_on_every_http_port(own_server):
    endpoints = json.loads((own_server.data / "endpoints.json").read_text())
    for name in ("aws", "web", "registry"):
        with urllib.request.urlopen(f"http://{endpoints[name]}/health", timeout=5) as answer:
            assert answer.status == 200
            assert json.load(answer)["status"] == "ok"


def test_env_exports_what_a_shell_needs(own_server):
    assert set(own_server.settings()) >= {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
                                          "TICKERLAKE_BOOTSTRAP"}


def test_a_second_up_on_the_same_folder_is_refused_and_names_the_first(own_server):
    done = up(own_server.data)
    assert done.returncode == 1
    assert f"in use by process {own_server.process.pid}" in done.stderr


def test_a_taken_port_is_named_with_the_flag_that_changes_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = up(tmp_path / "data", "--kafka", f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert str(port) in done.stderr and "--kafka" in done.stderr


def test_kafka_beyond_this_machine_needs_a_flag(tmp_path):
    done = up(tmp_path / "data", "--kafka", "0.0.0.0:0")
    assert done.returncode == 2
    assert "--allow-unauthenticated" in done.stderr


def test_wait_gives_up_after_its_time(tmp_path):
    started = time.monotonic()
    done = subprocess.run([BINARY, "wait", "--data", tmp_path, "--timeout", "1"], capture_output=True, text=True)
    assert done.returncode == 1
    assert time.monotonic() - started < 10
    assert str(tmp_path) in done.stderr


def test_a_wrong_flag_is_wrong_usage():
    done = subprocess.run([BINARY, "up", "--no-such-flag"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--no-such-flag" in done.stderr


def test_credentials_objects_and_tables_outlive_a_kill(tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        key = server.access_key
        server.client("s3").create_bucket(Bucket="kept")
        server.client("s3").put_object(Bucket="kept", Key="a", Body=b"1")
        server.client("glue").create_database(DatabaseInput={"Name": "kept"})
        server.kill()
        server.restart()
        assert server.access_key == key
        assert server.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"1"
        assert server.client("glue").get_database(Name="kept")["Database"]["Name"] == "kept"
    finally:
        server.stop()


def test_the_credentials_file_is_for_its_owner_only(own_server):
    assert os.stat(own_server.data / "credentials.json").st_mode & 0o077 == 0
