"""What the benchmarks share: the data, a server and a cluster of their own, commands with the CPU that they used."""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "build" / "release" / "tickerlake"


def default_data():
    shared = ROOT.parent / "shared" / "data" / "kaggle"
    return shared if shared.is_dir() else ROOT / "datasets" / "kaggle-sample"


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid, field="VmRSS"):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", text)[1]) / 1024


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def seconds_to_answer(port):
    """Until the broker behind the port answers ApiVersions."""
    started = time.monotonic()
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(bytes.fromhex("0000000f 0012 0000 00000001 0005") + b"bench")
            if connection.recv(1000):
                return time.monotonic() - started
        time.sleep(0.001)


class Server:
    """tickerlake up."""

    def __init__(self, folder):
        self.data = folder
        port, free = free_port(), "127.0.0.1:0"
        self.bootstrap = f"127.0.0.1:{port}"
        self.log = open(str(folder) + ".log", "w")
        self.process = subprocess.Popen([BINARY, "up", "--data", folder, "--kafka", self.bootstrap, "--aws", free,
                                         "--web", free, "--registry", free], stdout=self.log, stderr=self.log)
        self.start_seconds = seconds_to_answer(port)
        subprocess.run([BINARY, "wait", "--data", folder], check=True)
        self.environment = {**os.environ, "TICKERLAKE_DATA": str(folder)}
        for name in list(self.environment):
            if name.startswith("AWS_") or name == "TICKERLAKE_BOOTSTRAP":
                del self.environment[name]

    def start(self, *arguments):
        return subprocess.Popen([BINARY, *map(str, arguments)], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def finish(self, process, what):
        """Waits for it; the CPU seconds that it used, and what it printed."""
        before = os.times()
        out, err = process.communicate()
        after = os.times()
        if process.returncode not in (0, 130):
            sys.exit(f"{what}: exit {process.returncode}\n{err}")
        return after.children_user + after.children_system - before.children_user - before.children_system, out

    def run(self, *arguments):
        """Seconds, the process's own CPU seconds, and what it printed."""
        started = time.monotonic()
        cpu, out = self.finish(self.start(*arguments), arguments)
        return time.monotonic() - started, cpu, out

    def pids(self):
        return [self.process.pid]

    def cpu(self):
        return sum(map(cpu_seconds, self.pids()))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class KafkaCluster:
    """tickerlake cluster up. options: of that command; settings: "name=value", of its brokers."""

    def __init__(self, folder, brokers=3, options=(), settings=()):
        self.data = folder
        port = free_port()
        command = [BINARY, "cluster", "up", "--data", folder, "--brokers", str(brokers), "--port", str(port), *options]
        for setting in settings:
            command += ["--set", setting]
        up = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.start_seconds = seconds_to_answer(port)
        if up.wait() != 0:
            sys.exit("Apache Kafka did not start")
        self.bootstrap = self.status()["bootstrap"]

    def status(self):
        out = subprocess.run([BINARY, "cluster", "status", "--data", self.data, "--output", "json"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        return json.loads(out)

    def pids(self):
        return [node["pid"] for node in self.status()["nodes"] if node["pid"]]

    def cpu(self):
        return sum(map(cpu_seconds, self.pids()))

    def stop(self):
        subprocess.run([BINARY, "cluster", "down", "--data", self.data], check=True, stdout=subprocess.DEVNULL)


def count_rows(data):
    return sum(max(0, file.read_bytes().count(b"\n") - 1) for file in data.rglob("*.txt"))
