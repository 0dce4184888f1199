"""What the benchmarks share: the data, a server of its own on free ports, commands with the CPU that they used."""
import os
import pathlib
import re
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


class Server:
    def __init__(self, folder):
        self.data = folder
        free = "127.0.0.1:0"
        self.log = open(str(folder) + ".log", "w")
        started = time.monotonic()
        self.process = subprocess.Popen([BINARY, "up", "--data", folder, "--kafka", free, "--aws", free, "--web", free,
                                         "--registry", free], stdout=self.log, stderr=self.log)
        subprocess.run([BINARY, "wait", "--data", folder], check=True)
        self.ready_ms = (time.monotonic() - started) * 1000
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

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def count_rows(data):
    return sum(max(0, file.read_bytes().count(b"\n") - 1) for file in data.rglob("*.txt"))
