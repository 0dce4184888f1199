"""librdkafka's own test suite: fetched, built once, and driven test by test against a server of its own."""
import base64
import concurrent.futures
import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time

import access
from conftest import Server
from support import kafka_jars

# The package carries librdkafka's whole source with its tests, which no other registry does.
PACKAGE, VERSION, LIBRDKAFKA = "@confluentinc/kafka-javascript", "1.10.1", "2.15.1"
INTEGRITY = "KVePUBn21EqCVP9mfxzEuM3SYJHHEF7X+iiC2e43QQgDSyEaksInmCGooT3w5q+cNAdkSCrK71j0ICfqoSqZLw=="  # SHA-512
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tickerlake"
SOURCE = CACHE / f"librdkafka-{LIBRDKAFKA}"
TESTS = SOURCE / "tests"
RUNNER = TESTS / "test-runner"
# What the suite's own clusters have (its scenario "default"), and Kafka's default where the broker's is another.
PROPERTIES = {"num.partitions": "4", "group.initial.rebalance.delay.ms": "3000",
              "group.share.min.record.lock.duration.ms": "1000",
              "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
              "allow.everyone.if.no.acl.found": "true"}
BROKER_VERSION = "4.2.0"  # what it is told that the broker is: the first with share groups for all
# Tests that the suite runs only through a secured listener, and those that it leaves out unless it is asked for tests
# that failed with brokers of their time.
SECURED = {"0097": access.Tls, "0135": access.Sasl, "0142": access.Sasl}
ONLY_WHEN_ASKED_FOR = {"0028", "0047"}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def missing():
    """The first program that building takes and that isn't there, or None."""
    return next((program for program in ("npm", "make", "gcc", "g++", "javac", "mvn") if shutil.which(program) is None),
                None)


def fetch():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, timeout=600)
        [archive] = pathlib.Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != INTEGRITY:
            raise RuntimeError(f"{archive.name} is not what it was: {digest}")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as unpacked:
            with tarfile.open(archive) as tar:
                tar.extractall(unpacked)
            adapt(pathlib.Path(unpacked) / "package" / "deps" / "librdkafka").rename(SOURCE)


def adapt(source):
    """The suite is written for a cluster of three: its topics get as many replicas as there are brokers instead."""
    common = source / "tests" / "test.c"
    text = common.read_text()
    asked = "rd_kafka_NewTopic_new(topicname, partition_cnt, replication_factor,"
    if text.count(asked) != 1:
        raise RuntimeError(f"{common} is not what it was")
    common.write_text(text.replace(asked, asked.replace("replication_factor", "replication_factor > 1 ? -1 : replication_factor")))
    return source


def build(jobs=2):
    """Makes test-runner, once for all; says so, as it takes minutes."""
    if RUNNER.exists():
        return
    if not SOURCE.exists():
        fetch()
    print(f"building librdkafka {LIBRDKAFKA} and its tests in {SOURCE}", flush=True)
    log = pathlib.Path(tempfile.gettempdir()) / f"librdkafka-build-{os.getpid()}"  # configure* in SOURCE are its modules
    with open(log, "wb") as output:
        for command in (["./configure", "--disable-gssapi", "--disable-debug-symbols"], ["make", f"-j{jobs}", "libs"],
                        ["make", f"-j{jobs}", "-C", "tests", "test-runner"]):
            done = subprocess.run(["nice", *command], cwd=SOURCE, stdout=output, stderr=output)
            if done.returncode:
                raise RuntimeError(f"{' '.join(command)} failed: {log}")
    log.unlink()


@dataclasses.dataclass(frozen=True)
class Test:
    name: str      # "0081_admin"
    scenario: str  # that of the broker: "default", "noautocreate"

    @property
    def number(self):
        return self.name[:4]


@dataclasses.dataclass
class Outcome:
    name: str
    state: str      # passed, failed, skipped
    seconds: float
    reason: str = ""


def tests():
    """Those that need a broker, in the suite's order, as its table in test.c lists them."""
    table = (TESTS / "test.c").read_text().split("struct test tests[] = {", 1)[1].split("{NULL}", 1)[0]
    found = []
    for name, rest in re.findall(r"_TEST\((\d\w+),(.*?)\),(?=\s*(?:_TEST|/\*|#|$|\{))", table, re.S):
        if "TEST_F_LOCAL" in rest or "TEST_F_MANUAL" in rest:
            continue
        scenario = re.search(r'\.scenario\s*=\s*"([^"]*)"', rest)
        found.append(Test(name, scenario[1] if scenario else "default"))
    return found


def runs(chosen=()):
    """One test for each pair of number and scenario: what shares them runs together."""
    every = {}
    for test in tests():
        every.setdefault((test.number, test.scenario), test)
    return [test for test in every.values() if not chosen or test.number.startswith(tuple(chosen))]


def states_of(output):
    """What the suite says: {name: (state, seconds, reason)}. Its summary is missing where a test's threads outlived it."""
    ends = re.findall(r"/ *([\d.]+)s\] =+ Test (\w+) (PASSED|SKIPPED) =+$", output, re.MULTILINE)
    rows = re.findall(r"^\| *(\d\w+) +\| +(\w+) \| +([\d.]+)s \| ?(.*)$", output, re.MULTILINE)
    return ({name: (state.lower(), float(seconds), "") for seconds, name, state in ends}
            | {name: (state.lower(), float(seconds), reason.strip()) for name, state, seconds, reason in rows})


def last_words(output, name):
    """Of a test that ended without a summary."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    failures = [index for index, line in enumerate(lines) if line.startswith("### Test")]
    failure = next((index for index in failures if name in lines[index]), (failures or [len(lines) - 2])[0])
    return " ".join(lines[max(failure, 0):][:2])


def distribution(folder):
    """A folder like an unpacked Apache Kafka's, as far as the suite uses it: its tools and its jars."""
    binaries = folder / "kafka" / "bin"
    binaries.mkdir(parents=True)
    (folder / "kafka" / "libs").symlink_to(kafka_jars.libraries())
    start = f'exec java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$CLASSPATH:{folder}/kafka/libs/*"'
    for script, main in (("run-class", ""), ("topics", "org.apache.kafka.tools.TopicCommand "),
                         ("acls", "org.apache.kafka.tools.AclCommand ")):
        path = binaries / f"kafka-{script}.sh"
        path.write_text(f'#!/bin/sh\n{start} {main}"$@"\n')
        path.chmod(0o755)
    return folder / "kafka"


def run(test, folder, protocol="classic", quick=False, make_server=Server, limit=900):
    """One number against a server of its own; the outcome of each test that has it. The logs stay in the folder."""
    folder = pathlib.Path(folder) / f"{test.number}-{test.scenario}"
    folder.mkdir(parents=True)
    scenario = test.scenario.split(",")[0]
    properties = PROPERTIES | {"auto.create.topics.enable": "false" if scenario == "noautocreate" else "true"}
    listener = SECURED.get(test.number, access.Plain)(folder)
    server = make_server(folder / "data", properties=properties | listener.properties).start()
    try:
        config = folder / "test.conf"
        config.write_text("".join(f"{name}={value}\n" for name, value in listener.client(server).items()))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEST")}
        # -p4 below is for its patience: its time-outs grow with the number of tests at once.
        environment |= listener.environment
        environment |= {"TESTS": test.number, "TEST_KAFKA_VERSION": BROKER_VERSION, "RDKAFKA_TEST_CONF": str(config),
                        "BROKERS": server.kafka, "TEST_CONSUMER_GROUP_PROTOCOL": protocol, "TEST_SCENARIO": scenario,
                        "LD_LIBRARY_PATH": f"{SOURCE / 'src'}:{SOURCE / 'src-cpp'}",
                        "KAFKA_PATH": str(folder.parent / "kafka")}
        started = time.monotonic()
        options = ["-L", "-p4", *(["-Q"] if quick else []), *(["-k"] if test.number in ONLY_WHEN_ASKED_FOR else [])]
        with open(folder / "output", "wb") as output:
            runner = subprocess.Popen([RUNNER, *options], cwd=TESTS, env=environment, stdout=output,
                                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
            try:
                runner.wait(timeout=limit)
            except subprocess.TimeoutExpired:
                os.killpg(runner.pid, signal.SIGKILL)
                runner.wait()
        seconds = time.monotonic() - started
        lives = server.lives()
    finally:
        server.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)
    output = COLOURS.sub("", (folder / "output").read_text(errors="replace"))
    states = states_of(output)
    outcomes = []
    for one in tests():
        if (one.number, one.scenario) != (test.number, test.scenario):
            continue
        state, took, reason = states.get(one.name, ("failed", seconds, last_words(output, one.name)))
        if state not in ("passed", "skipped"):
            state, reason = "failed", reason or last_words(output, one.name)
        if not lives:
            state, reason = "failed", "the broker ended"
        outcomes.append(Outcome(one.name, state, took, reason[:300]))
    return outcomes


def run_all(chosen, folder, protocol="classic", quick=False, at_once=2, tell=lambda outcome: None, make_server=Server):
    """Outcomes in the suite's order."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    distribution(folder)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(run, test, folder, protocol, quick, make_server) for test in runs(chosen)]
        for done in concurrent.futures.as_completed(running):
            for outcome in done.result():
                tell(outcome)
        return [outcome for one in running for outcome in one.result()]
