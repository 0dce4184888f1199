"""What a crash round is made of: a server on fixed ports whose faults are chosen, and the two halves of the pipeline."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("TICKERLAKE_BUILD", ROOT / "build" / "release"))
SYMBOLS = ("agm_a", "true", "goog", "fb", "tsla")  # some 5,300 rows
PATIENCE = 60  # seconds that anything may take before a round counts as hung; machines of CI are slow and loaded


def named_points():
    """The points of the sources, by the process that comes to them."""
    points = set()
    for path in (ROOT / "src").rglob("*.cpp"):
        points.update(re.findall(r'fault_point\("([^"]+)"\)', path.read_text()))
    return sorted(points)


def process_of(point):
    part = point.split(".")[0]
    return part if part in ("replay", "sink") else "server"


class Broken(AssertionError):
    """A promise that was not kept."""


class Lab:
    """A place for rounds: ports, credentials and data set stay, the server's data does not. One round at a time.
    With a store (support/stores.py) the lake is in there, and the server is only Kafka."""

    def __init__(self, build=BUILD, store=None):
        self.store = store
        self.binary = build / "tickerlake"
        self.library = pathlib.Path(os.environ.get("TICKERLAKE_FAULT_LIBRARY", build / "tests" / "libtickerlake_faults.so"))
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tickerlake-crash-"))
        self.dataset = self.home / "files"
        self.dataset.mkdir()
        for symbol in SYMBOLS:
            shutil.copy(ROOT / "datasets" / "kaggle-sample" / "Stocks" / f"{symbol}.us.txt", self.dataset)
        self.coverage = self.home / "coverage"
        self.control = self.home / "control"
        os.mkfifo(self.control)
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.server = None
        self.ports = None
        self.settings = None
        self.credentials = None
        self.choose_ports()

    def close(self):
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)

    def choose_ports(self):
        """Free ports and new keys, which all rounds use."""
        self.data.mkdir()
        self.start("")
        self.credentials = (self.data / "credentials.json").read_text()
        text = subprocess.run([self.binary, "env", "--data", self.data], capture_output=True, text=True, check=True).stdout
        pairs = (line.removeprefix("export ").split("=", 1) for line in text.splitlines() if line.startswith("export "))
        self.settings = {name: value.strip("'\"") for name, value in pairs}
        self.ports = ("--kafka", self.settings["TICKERLAKE_BOOTSTRAP"],
                      "--aws", self.settings["AWS_ENDPOINT_URL"].removeprefix("http://"))
        self.end()

    def begin(self):
        """An empty data folder, but for the keys."""
        self.end()
        for path in self.home.glob("data*"):
            shutil.rmtree(path)
        for path in (self.coverage, *self.home.glob("*.log")):
            path.unlink(missing_ok=True)
        self.data.mkdir()
        self.put_keys()
        if self.store:
            self.store.empty()

    def put_keys(self):
        (self.data / "credentials.json").write_text(self.credentials)
        (self.data / "credentials.json").chmod(0o600)

    def end(self):
        if self.server is not None:
            self.kill(self.server)
            self.server = None

    def faults(self, text, server=False):
        """The environment of a process with these faults (and the note of the points it comes to)."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TICKERLAKE_"))}
        parts = [f"coverage={self.coverage}"] + ([f"data={self.data}", f"control={self.control}"] if server else [])
        return clean | {"LD_PRELOAD": str(self.library), "TICKERLAKE_FAULTS": ";".join([*parts, text])}

    def start(self, text):
        """Starts the server on the data that is there; False when it ended by its faults before it was up."""
        ports = self.ports or ("--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0")
        (self.data / "endpoints.json").unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            log.write(f"--- start {text}\n".encode())
            log.flush()
            self.server = subprocess.Popen([self.binary, "up", "--data", self.data, *ports, "--web", "127.0.0.1:0",
                                            "--registry", "127.0.0.1:0", "--set", "log.cleaner.backoff.ms=50"], env=self.faults(text, server=True),
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.server.poll() is not None:
                return False
            if (self.data / "endpoints.json").exists():
                return True
            time.sleep(0.005)
        raise Broken(f"the server did not come up\n{self.log_tail()}")

    def tell(self, line):
        """A line to the running server's fault library; nothing when it has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.server.poll() is None and time.monotonic() < deadline:
            try:
                pipe = os.open(self.control, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody reads yet
                time.sleep(0.005)
                continue
            os.write(pipe, f"{line}\n".encode())
            os.close(pipe)
            return

    def pipeline_environment(self, text):
        store = self.store.environment() if self.store else {}
        return self.faults(text) | self.settings | {"AWS_EC2_METADATA_DISABLED": "true"} | store

    def replay(self, text="", speed="8000/s"):
        return self.pipeline("replay", text, self.dataset, "--topic", "prices", "--partitions", 3, "--speed", speed)

    def sink(self, text="", *more):
        return self.pipeline("sink", text, "--topic", "prices", "--to", "s3://lake/prices", "--flush-rows", 250,
                             "--flush-interval", "100ms", *(self.store.sink_flags if self.store else ()), *more)

    def pipeline(self, command, text, *arguments):
        with open(self.home / f"{command}.log", "ab") as log:
            log.write(f"--- start {text}\n".encode())
            log.flush()
            return subprocess.Popen([self.binary, "--log-level", "info", command, *map(str, arguments)],
                                    env=self.pipeline_environment(text), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()

    def complete(self):
        """Both halves once more, until everything is in the lake."""
        for name, start in (("replay", lambda: self.replay(speed="0")), ("sink", lambda: self.sink("", "--until-end"))):
            process = start()
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill(process)
                raise Broken(f"{name} did not finish\n{self.log_tail(name)}") from None
            if code != 0:
                raise Broken(f"{name} ended with {code}\n{self.log_tail(name)}")

    def check(self, after_power_failure=False):
        """What the program's own proofs say: sink verify of the lake, then fsck of the folder of the stopped server. A
        power failure may leave a segment without the one before it, both never synced: recovery sets it aside, fsck tells."""
        done = self.ask("sink", "verify", "--topic", "prices", "--to", "s3://lake/prices")
        if done.returncode != 0:
            raise Broken(f"sink verify ends with {done.returncode}\n{done.stdout}{done.stderr}")
        self.server.terminate()
        try:
            self.server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken("the server does not stop") from None
        if self.server.returncode != 0:
            raise Broken(f"the server stopped with {self.server.returncode}")
        done = self.ask("fsck", "--data", self.data, "--output", "json")
        if done.returncode not in (0, 1):
            raise Broken(f"fsck ends with {done.returncode}\n{done.stderr}")
        # A topic that was deleted a moment ago may still lie there: the next start removes it.
        damage = [finding for finding in json.loads(done.stdout) if finding["kind"] != "leftover"
                  and not (after_power_failure and finding["place"].endswith(".log.cut"))]
        if damage:
            raise Broken(f"fsck finds {damage}")

    def ask(self, *command):
        return subprocess.run([self.binary, *map(str, command)], env=self.pipeline_environment(""), capture_output=True,
                              text=True, timeout=PATIENCE, check=False)

    def log_tail(self, name="server", lines=25):
        """The last lines that say something: without the greeting."""
        path = self.home / f"{name}.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        greeting = re.compile(r"  |Next, in|Ctrl-C|$")
        return "\n".join([line for line in text.splitlines() if not greeting.match(line)][-lines:])

    def reached(self):
        return set(self.coverage.read_text().split()) if self.coverage.exists() else set()
