"""Fixtures for tests against the real binary: servers on free ports with temporary data folders."""
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

import pytest

pytest_plugins = ("support.kafka_cluster",)

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("TICKERLAKE_BUILD", ROOT / "build" / "release")) / "tickerlake"
SANITIZED = "TICKERLAKE_SANITIZED" in os.environ  # tests/run --build build/dev: memory is not the program's own then


@dataclasses.dataclass
class Server:
    """A running `tickerlake up`; its addresses and credentials as its data folder tells them."""

    data: pathlib.Path
    process: subprocess.Popen = None
    kafka: str = ""
    aws: str = ""
    access_key: str = ""
    secret_key: str = ""
    region: str = "us-east-1"
    arguments: tuple = ()
    properties: dict = dataclasses.field(default_factory=dict)  # the broker's, by Kafka's names

    def start(self):
        ports = self.arguments or ("--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--web", "127.0.0.1:0",
                                   "--registry", "127.0.0.1:0")
        settings = [word for name, value in self.properties.items() for word in ("--set", f"{name}={value}")]
        with open(self.data.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen([BINARY, "up", "--data", self.data, *ports, *settings], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        done = subprocess.run([BINARY, "wait", "--data", self.data, "--timeout", "120"], capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stderr}\n{self.data.with_suffix('.log').read_text()}"
        settings = self.settings()
        self.kafka = settings["TICKERLAKE_BOOTSTRAP"]
        self.aws = settings["AWS_ENDPOINT_URL"]
        self.access_key = settings["AWS_ACCESS_KEY_ID"]
        self.secret_key = settings["AWS_SECRET_ACCESS_KEY"]
        self.region = settings["AWS_REGION"]
        return self

    def settings(self):
        """What `tickerlake env` exports."""
        text = subprocess.run([BINARY, "env", "--data", self.data], capture_output=True, text=True, check=True).stdout
        lines = (line.removeprefix("export ").split("=", 1) for line in text.splitlines() if line.startswith("export "))
        return {name: value.strip("'\"") for name, value in lines}

    def environment(self):
        """The environment of a client program that should reach this server."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TICKERLAKE_"))}
        return clean | self.settings() | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                                          "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def run(self, *arguments, check=True, **options):
        """Runs a tickerlake command against this server."""
        done = subprocess.run([BINARY, *map(str, arguments)], env=self.environment(), capture_output=True, text=True,
                              **options)
        if check:
            assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    @staticmethod
    def run_offline(*arguments, check=True):
        """Runs a tickerlake command that needs no server."""
        done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True)
        if check:
            assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def metrics(self):
        """What /metrics says now."""
        web = json.loads((self.data / "endpoints.json").read_text())["web"]
        with urllib.request.urlopen(f"http://{web}/metrics", timeout=60) as answer:
            return answer.read().decode()

    def lives(self):
        return self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def restart(self):
        """Starts again on the same ports and data, after kill() or stop()."""
        aws = self.aws.removeprefix("http://")
        self.arguments = ("--kafka", self.kafka, "--aws", aws, "--web", "127.0.0.1:0", "--registry", "127.0.0.1:0")
        return self.start()

    def client(self, service, **options):
        import boto3
        return boto3.client(service, endpoint_url=self.aws, region_name=self.region,
                            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key, **options)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for a whole test process: tests use names of their own in it."""
    running = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    """One server for the tests of one file, which may look at what its process holds."""
    running = Server(tmp_path_factory.mktemp("module") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path):
    """A server for one test alone, which may kill it."""
    running = Server(tmp_path / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def kaggle_sample():
    return ROOT / "datasets" / "kaggle-sample"


@pytest.fixture(scope="session")
def kaggle_all():
    """The larger part of the set, where it lies beside the repository; otherwise the test is skipped."""
    folder = ROOT.parent / "shared" / "data" / "kaggle"
    if not folder.is_dir():
        pytest.skip("the larger data set is not beside the repository")
    return folder
