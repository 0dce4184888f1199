"""A round on a cluster of Apache Kafka: replay writes to a new topic and three sinks contend for its rows, while brokers
and ZooKeeper servers are killed or stopped, never more at a time than the cluster survives. In the end every row of the
files is in the lake once. All of it follows from the round's seed, but for the threads' timing."""
import contextlib
import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

import confluent_kafka.admin
import duckdb

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("TICKERLAKE_BUILD", ROOT / "build" / "release")) / "tickerlake"
SYMBOLS = ("agm_a", "true", "goog", "fb", "tsla")
PARTITIONS = 4
PATIENCE = 600  # seconds that anything may take before a round counts as hung; machines of CI are slow and loaded
COLUMNS = "symbol, date, open, high, low, close, volume, open_interest"

# A broker that is gone counts as gone sooner than by default (9 s, 18 s; 30 s for a follower that lags).
QUICK = {"4": ("--set", "broker.session.timeout.ms=3000", "--set", "broker.heartbeat.interval.ms=500"),
         "3.9": ("--zookeeper", "--set", "zookeeper.session.timeout.ms=4000")}
COMMON = ("--heap-mb", "384", "--set", "replica.lag.time.max.ms=4000", "--set", "min.insync.replicas=2",
          "--set", "default.replication.factor=3")


class Broken(AssertionError):
    """A promise that was not kept."""


@dataclasses.dataclass
class Outcome:
    seed: int
    what: list = dataclasses.field(default_factory=list)
    rows: int = 0
    elections: int = 0
    sinks: int = 0
    replays: int = 0
    endings: dict = dataclasses.field(default_factory=dict)  # why sinks and replays ended that nobody killed
    seconds: float = 0
    error: str = ""


class Bench:
    """A cluster, a server for the lake, and the rows of the files as DuckDB reads them; rounds run one after the other."""

    def __init__(self, cluster, kafka, faults=("kill", "pause")):
        self.cluster = cluster
        self.kafka = kafka
        self.faults = faults
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tickerlake-cluster-"))
        self.files = self.home / "files"
        self.files.mkdir()
        for symbol in SYMBOLS:
            found = next((ROOT / "datasets" / "kaggle-sample").rglob(f"{symbol}.us.txt"), None)
            if found:
                shutil.copy(found, self.files)
        self.server = None
        try:
            self.settings = self.start_server()
            cluster.up()
        except BaseException:
            self.close()
            raise
        self.bootstrap = cluster.bootstrap
        self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        self.database = duckdb.connect()
        self.database.execute(f"""
            create table csv as
            select upper(replace(parse_filename(filename), '.us.txt', '')) symbol, "Date"::date date,
                   "Open"::decimal(18,6) open, "High"::decimal(18,6) high, "Low"::decimal(18,6) low,
                   "Close"::decimal(18,6) "close", "Volume"::bigint volume, "OpenInt"::bigint open_interest
            from read_csv('{self.files}/*.us.txt', filename = true, header = true, all_varchar = true)""")

    def start_server(self):
        data, log = self.home / "data", open(self.home / "server.log", "ab")
        self.server = subprocess.Popen([BINARY, "up", "--data", data, "--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0",
                                        "--web", "127.0.0.1:0", "--registry", "127.0.0.1:0"],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        subprocess.run([BINARY, "wait", "--data", data, "--timeout", "60"], check=True, capture_output=True)
        text = subprocess.run([BINARY, "env", "--data", data], capture_output=True, text=True, check=True).stdout
        pairs = (line.removeprefix("export ").split("=", 1) for line in text.splitlines() if line.startswith("export "))
        return {name: value.strip("'\"") for name, value in pairs}

    def close(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TICKERLAKE_"))}
        return clean | self.settings | {"TICKERLAKE_BOOTSTRAP": self.bootstrap, "AWS_EC2_METADATA_DISABLED": "true",
                                        "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def s3(self):
        import boto3
        return boto3.client("s3", endpoint_url=self.settings["AWS_ENDPOINT_URL"], region_name="us-east-1",
                            aws_access_key_id=self.settings["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=self.settings["AWS_SECRET_ACCESS_KEY"])

    def run(self, seed):
        outcome, started = Outcome(seed), time.monotonic()
        one = Round(self, random.Random(seed), outcome)
        try:
            one.run()
        except Broken as broken:
            outcome.error = str(broken)
        except Exception as error:  # pylint: disable=broad-except
            outcome.error = f"{type(error).__name__}: {error}"
        finally:
            one.end()
            one.collect_endings()
        if outcome.error:
            outcome.error += "".join(f"\n=== {path.name}\n{tail(path)}" for path in sorted(one.home.glob("*.log")))
        else:
            shutil.rmtree(one.home)
        outcome.seconds = time.monotonic() - started
        return outcome


def tail(path, lines=25):
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


class Round:
    def __init__(self, bench, rng, outcome):
        self.bench, self.rng, self.outcome, self.cluster = bench, rng, outcome, bench.cluster
        self.topic = f"round{outcome.seed}-{int(time.time())}"
        self.lake = f"s3://lake-{outcome.seed}/prices"
        self.home = bench.home / self.topic
        self.home.mkdir()
        self.speed = rng.choice([700, 1_000, 2_000])
        self.replay, self.sinks, self.next_sink = None, [], time.monotonic()
        self.leaders = {}

    def run(self):
        self.start_replay()
        until = time.monotonic() + PATIENCE
        plan = [(self.rng.uniform(0.5, 3.5), *self.choose()) for _ in range(self.rng.choice([1, 1, 2]))]
        for pause, what, how, seconds in plan:
            self.work(pause)
            name = self.find(what)
            self.outcome.what.append(f"{how} {what} {name} {seconds:.1f}s")
            (self.cluster.kill if how == "kill" else self.cluster.pause)(name)
            self.work(seconds)
            (self.cluster.start if how == "kill" else self.cluster.resume)(name)
            self.work(self.rng.uniform(0.2, 1.0))
            self.await_cluster(until)
        if self.rng.random() < 0.3 and self.replay.poll() is None:
            self.outcome.what.append("kill replay")
            self.kill(self.replay)
        while self.replay.poll() != 0:
            self.work(0.2)
            if time.monotonic() > until:
                raise Broken("replay does not come to its end")
        self.end_sinks()
        self.complete()
        self.compare()

    def choose(self):
        """(who, what happens to it, for how long)"""
        who = ["leader", "leader", "controller", "broker"] + (["ensemble leader", "zookeeper"] if self.bench.kafka == "3.9" else [])
        how = self.rng.choice(self.bench.faults)
        return self.rng.choice(who), how, self.rng.uniform(1, 7) if how == "kill" else self.rng.choice(
            [self.rng.uniform(0.2, 2), self.rng.uniform(3, 9)])

    def find(self, who):
        status = self.cluster.status()
        if who == "controller" and status["controller"]:
            return status["controller"]
        if who == "ensemble leader" and status["leader"]:
            return status["leader"]
        if who in ("zookeeper", "ensemble leader"):
            return f"zookeeper-{self.rng.randrange(3) + 1}"
        leaders = self.look()
        if who == "leader" and leaders:
            return f"broker-{self.rng.choice(sorted(leaders.values()))}"
        return f"broker-{self.rng.randrange(3) + 1}"

    def look(self):
        """Who leads each partition; counts elections."""
        with contextlib.suppress(Exception):
            told = self.bench.admin.list_topics(self.topic, timeout=2).topics[self.topic].partitions
            leaders = {number: its.leader for number, its in told.items() if its.leader >= 0}
            self.outcome.elections += sum(self.leaders.get(number, leader) != leader for number, leader in leaders.items())
            self.leaders.update(leaders)
            return leaders
        return {}

    def start(self, name, *arguments):
        with open(self.home / f"{name}.log", "ab") as log:
            return subprocess.Popen([BINARY, "--log-level", "info", *map(str, arguments)], env=self.bench.environment(),
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_replay(self):
        self.outcome.replays += 1
        self.replay = self.start("replay", "replay", self.bench.files, "--topic", self.topic, "--partitions", PARTITIONS,
                                 "--speed", f"{self.speed}/s")

    def sink(self, number, *more):
        return self.start(f"sink-{number}", "sink", "--topic", self.topic, "--to", self.lake, "--flush-rows", 300,
                          "--flush-interval", "300ms", *more)

    def work(self, seconds):
        """Lets time pass; sinks come and go meanwhile, and a replay that could not go on is started again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.sinks = [its for its in self.sinks if its.poll() is None]
            if time.monotonic() > self.next_sink:
                if len(self.sinks) >= 3:
                    victim = self.rng.choice(self.sinks)
                    victim.send_signal(self.rng.choice([signal.SIGKILL, signal.SIGTERM]))
                else:
                    self.outcome.sinks += 1
                    self.sinks.append(self.sink(self.outcome.sinks))
                self.next_sink = time.monotonic() + self.rng.uniform(0.5, 2.5)
            if self.replay.poll() not in (None, 0):
                if self.outcome.replays > 20:
                    raise Broken("replay fails again and again")
                self.start_replay()
            time.sleep(0.1)
        self.look()

    def await_cluster(self, until):
        """Until all serve and all replicas are in sync again, so that the next victim is the only one."""
        while time.monotonic() < until:
            with contextlib.suppress(Exception):
                topics = self.bench.admin.list_topics(timeout=5).topics.values()
                full = all(len(its.isrs) == 3 and its.leader >= 0 for topic in topics for its in topic.partitions.values())
                status = self.cluster.status()
                if full and status["complete"]:
                    return
                # As a supervisor would: with ZooKeeper a broker ends at its start while its killed predecessor's session
                # lasts (NodeExists).
                for node in status["nodes"]:
                    if node["state"] == "stopped":
                        self.cluster.start(node["node"])
            self.work(0.3)
        raise Broken("the cluster does not become whole again")

    def kill(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def end_sinks(self):
        for process in self.sinks:
            self.kill(process)
        self.sinks = []

    def end(self):
        self.end_sinks()
        if self.replay:
            self.kill(self.replay)

    def collect_endings(self):
        for path in self.home.glob("*.log"):
            for line in path.read_text(errors="replace").splitlines():
                if line.startswith("error:") or re.match(r"tickerlake \w+: ", line):
                    why = "another sink" if "another sink" in line else line
                    self.outcome.endings[why] = self.outcome.endings.get(why, 0) + 1

    def complete(self):
        last = self.sink("last", "--until-end")
        try:
            code = last.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill(last)
            raise Broken("the last sink does not come to its end") from None
        if code != 0:
            raise Broken(f"the last sink ended with {code}")
        done = subprocess.run([BINARY, "sink", "verify", "--topic", self.topic, "--to", self.lake],
                              env=self.bench.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"sink verify: {done.stdout}{done.stderr}")

    def compare(self):
        folder, s3, database = self.home / "lake", self.bench.s3(), self.bench.database
        folder.mkdir()
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=f"lake-{self.outcome.seed}")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        for number, key in enumerate(key for key in keys if key.endswith(".parquet")):
            s3.download_file(f"lake-{self.outcome.seed}", key, str(folder / f"{number}.parquet"))
        database.execute(f"create or replace table lake as select * from read_parquet('{folder}/*.parquet')")

        def one(sql):
            return database.execute(sql).fetchone()[0]

        wanted, self.outcome.rows = one("select count(*) from csv"), one("select count(*) from lake")
        missing = one(f"select count(*) from (select {COLUMNS} from csv except all select {COLUMNS} from lake)")
        surplus = one(f"select count(*) from (select {COLUMNS} from lake except all select {COLUMNS} from csv)")
        if (wanted, 0, 0) != (self.outcome.rows, missing, surplus):
            raise Broken(f"the lake has {self.outcome.rows} rows of {wanted}: {missing} are missing, "
                         f"{surplus} are too many or changed")


def show(outcome):
    state = "clean" if not outcome.error else "BROKEN"
    print(f"{state} seed {outcome.seed:10} {outcome.seconds:5.1f} s {outcome.rows:6} rows {outcome.elections:2} elections "
          f"{outcome.replays} replays {outcome.sinks:2} sinks  {'; '.join(outcome.what)}", flush=True)
    for why, count in outcome.endings.items():
        if why != "another sink":
            print(f"      {count} ended with: {why}", flush=True)
    if outcome.error:
        print(outcome.error, flush=True)


def mend(cluster):
    """All nodes run again, after a round that left some otherwise."""
    for name, node in cluster.nodes().items():
        if node["state"] == "paused":
            cluster.resume(name)
    cluster.up()
