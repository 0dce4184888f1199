"""A round: replay, sink and little clients work on a server, something ends badly, everything is started again and
completes; then nothing may be missing, changed or there twice, and `sink verify` and `fsck` find nothing. All of it
follows from the round's seed, but for the threads' timing."""
import dataclasses
import random
import signal
import subprocess
import time

import compacted
import ledger
import shares
import transactions
from lab import PATIENCE, Broken, Lab, named_points, process_of
from lake import Comparison

KINDS = ("kill", "kill-point", "cut", "cut-point", "fail-write", "fail-sync", "fail-name", "full")
#  kill         SIGKILL of replay, sink, server or all at once, at a random moment
#  kill-point   the same at a named point
#  cut          power failure of the server at a random moment
#  cut-point    the same at a named point
#  fail-write   some writes fail (ENOSPC, EIO)
#  fail-sync    a sync fails (EIO)
#  fail-name    some creations, renames and removals of files fail
#  full         the disk fills up, and is freed again


STORE_KINDS = ("kill", "kill-point")  # of rounds on another store, whose faults are not ours to choose


def pipeline_points():
    """The named points of replay and sink."""
    return [name for name in named_points() if process_of(name) != "server"]


@dataclasses.dataclass
class Outcome:
    seed: int
    kind: str
    point: str
    what: str = ""
    happened: bool = False  # whether the fault struck
    acknowledged: int = 0
    seconds: float = 0
    reached: frozenset = frozenset()
    error: str = ""


class Bench:
    """A lab with its clients; rounds run on it one after the other."""

    def __init__(self, **options):
        self.lab = Lab(**options)
        self.comparison = Comparison(self.lab)
        self.aws = ledger.AwsClients(self.lab)

    def close(self):
        self.lab.close()

    def run(self, seed, kind=None, point=None, ignore=(), always=()):
        """A round; `ignore` takes protections away (the fault library's text); `always` names clients that are never
        left out: transactions, compaction, shares."""
        rng = random.Random(seed)
        if self.lab.store:
            kind = kind or rng.choice(STORE_KINDS)
        kind = kind or rng.choices(KINDS, [3, 5, 4, 5, 2, 1, 1, 1])[0]
        if kind.endswith("-point") and point is None:
            candidates = [name for name in named_points() if kind == "kill-point" or process_of(name) == "server"]
            if self.lab.store:
                candidates = pipeline_points()
            point = rng.choice(candidates)
        started = time.monotonic()
        outcome = Outcome(seed, kind, point or "")
        try:
            Round(self, rng, outcome, ignore, always).run()
        except Broken as broken:
            outcome.error = str(broken)
        except Exception as error:  # pylint: disable=broad-except
            outcome.error = f"{type(error).__name__}: {error}"
        if outcome.error:
            for name in ("server", "replay", "sink"):
                outcome.error += f"\n=== {name}.log\n{self.lab.log_tail(name)}"
        outcome.reached = frozenset(self.lab.reached())
        outcome.seconds = time.monotonic() - started
        self.lab.end()
        return outcome


class Round:
    def __init__(self, bench, rng, outcome, ignore, always=()):
        self.always = always
        self.lab, self.rng, self.outcome = bench.lab, rng, outcome
        self.kind, self.point = outcome.kind, outcome.point
        self.comparison, self.aws = bench.comparison, bench.aws
        self.ignore = [f"ignore={text}" for text in ignore]
        self.clients, self.running = [], {}

    def run(self):
        lab = self.lab
        lab.begin()
        self.clients = self.choose_clients()
        try:
            for number, incident in enumerate(self.incidents()):
                self.play(number, *incident)
            if not lab.start(""):
                raise Broken("the server does not start again")
            time.sleep(self.rng.choice([0, 0.1, 0.3]))  # those that were not killed go on for a while
        finally:
            self.end_pipeline()
            for client in self.clients:
                client.stopping.set()
        for client in self.clients:
            client.finish()
            self.outcome.acknowledged += client.acknowledged
        lab.complete()
        self.comparison.verify(lab.store.client() if lab.store else self.aws.s3)
        for client in self.clients:
            client.verify()
        if lab.server.poll() is not None:
            raise Broken(f"the server ended by itself with {lab.server.returncode}")
        lab.check(after_power_failure=self.kind in ("cut", "cut-point"))

    def choose_clients(self):
        def seed():
            return self.rng.randrange(1 << 30)

        if self.lab.store:
            letters = self.rng.random() < 0.3 or "letters" in self.point
            return [ledger.Letters(self.lab, seed())] if letters else []
        chosen = [ledger.Objects(self.lab, seed(), self.aws), ledger.Tables(self.lab, seed(), self.aws),
                  ledger.Records(self.lab, seed()), ledger.Topics(self.lab, seed())]
        if self.rng.random() < 0.3 or self.point.startswith("athena"):
            chosen.append(ledger.Queries(self.lab, seed(), self.aws))
        if self.rng.random() < 0.3 or "letters" in self.point:
            chosen.append(ledger.Letters(self.lab, seed()))
        if self.rng.random() < 0.5 or self.point.startswith(("broker.transaction", "broker.journal")):
            chosen.append(transactions.Transactions(self.lab, seed()))
        elif "transactions" in self.always:
            chosen.append(transactions.Transactions(self.lab, seed()))
        if self.rng.random() < 0.3 or self.point.startswith("broker.compaction") or "compaction" in self.always:
            chosen.append(compacted.Compacted(self.lab, seed()))
        if self.rng.random() < 0.3 or "shares" in self.always:
            chosen.append(shares.Shares(self.lab, seed()))
        return chosen

    def faults(self, more=""):
        """The server's: how a power failure would take things, and a disk that takes its time in some."""
        parts = [f"seed={self.rng.randrange(1 << 30)}", f"lose={self.rng.choice(['all', 'some'])}",
                 f"slow={self.rng.choice([0, 0, 1, 4])}", *self.ignore]
        return ";".join([*parts, more] if more else parts)

    def incidents(self):
        """(what happens, faults of the server, of replay, of sink): one or two; the last is the kind's own."""
        rng, found = self.rng, []
        # What is done about the leavings of an unclean stop needs one.
        if rng.random() < 0.25 or "sweep" in self.point:
            found.append((rng.choice(["server", "all"]), self.faults(), "", ""))
        if self.kind == "kill":
            who = ["server", "replay", "sink", "all"]
            if self.lab.store and self.lab.store.survives_kill:
                who.append("store")
            found.append((rng.choice(who), self.faults(), "", ""))
        elif self.kind == "cut":
            found.append(("power", self.faults(), "", ""))
        elif self.kind in ("kill-point", "cut-point"):
            fault = f"{self.kind.split('-')[0]}={self.point}@{rng.choice([1, 1, 2, 3, 5, 20]) if self.is_frequent() else 1}"
            who = process_of(self.point)
            found.append((f"point {who}", self.faults(fault if who == "server" else ""), fault if who == "replay" else "",
                          fault if who == "sink" else ""))
        elif self.kind == "fail-write":
            errno, share = rng.choice(["ENOSPC", "EIO"]), rng.choice([1, 3, 10])
            found.append(("trouble", self.faults(f"fail=write:{errno}:{share}%"), "", ""))
        elif self.kind == "fail-sync":
            call, at = rng.choice(["sync", "sync", "foldersync"]), rng.randrange(1, 60)
            found.append(("trouble", self.faults(f"fail={call}:EIO:@{at}"), "", ""))
        elif self.kind == "fail-name":
            call, errno = rng.choice(["make", "rename", "remove"]), rng.choice(["ENOSPC", "EIO"])
            found.append(("trouble", self.faults(f"fail={call}:{errno}:{rng.choice([3, 20])}%"), "", ""))
        elif self.kind == "full":
            found.append(("full", self.faults(), "", ""))
        return found

    def is_frequent(self):
        return self.point.split(".")[1] in ("log", "blob", "index", "file", "plan", "letters", "catalog", "journal",
                                            "transaction")

    def play(self, number, what, server_faults, replay_faults, sink_faults):
        """One incident: everything runs, something happens, the server is gone at the end."""
        lab = self.lab
        self.outcome.what += f"[{' | '.join([what, server_faults, replay_faults, sink_faults])}]"
        self.end_pipeline()
        if lab.start(server_faults):
            self.running = {"replay": lab.replay(replay_faults), "sink": lab.sink(sink_faults)}
            if number == 0:
                for client in self.clients:
                    client.start()
            self.happen(what)
        else:
            self.outcome.happened = True  # the fault struck at the start already
            if number == 0:
                for client in self.clients:
                    client.start()
        lab.kill(lab.server)

    def happen(self, what):
        lab, rng = self.lab, self.rng
        pause = rng.uniform(0.15, 0.9)
        if what == "store":  # another one than ours
            time.sleep(pause)
            lab.store.kill()
            time.sleep(pause)
            lab.store.start()
            self.outcome.happened = True
        elif what in ("server", "replay", "sink", "all"):
            time.sleep(pause)
            processes = {"server": lab.server, **self.running}
            for process in processes.values() if what == "all" else [processes[what]]:
                process.send_signal(signal.SIGKILL)
            self.outcome.happened = True
            if what in ("replay", "sink"):
                time.sleep(0.1)
        elif what == "power":
            time.sleep(pause)
            lab.tell("cut")
            lab.server.wait(PATIENCE)
            self.outcome.happened = True
        elif what.startswith("point "):
            who = what.removeprefix("point ")
            self.await_point(lab.server if who == "server" else self.running[who])
        elif what == "trouble":
            self.outcome.happened = True
            time.sleep(pause)
        elif what == "full":
            time.sleep(pause / 3)
            lab.tell(f"space={rng.randrange(1, 50_000)}")
            time.sleep(pause)
            lab.tell("space=off")
            time.sleep(0.2)
            self.outcome.happened = True
            if lab.server.poll() is not None:
                raise Broken(f"the server ended with {lab.server.returncode} when the disk was full")

    def await_point(self, process):
        """Until the process has ended at its point. Some points come only with an orderly stop."""
        for action in (lambda: None, process.terminate):
            action()
            try:
                process.wait(1.5)
                break
            except subprocess.TimeoutExpired:
                pass
        self.outcome.happened = process.poll() == -signal.SIGKILL

    def end_pipeline(self):
        for process in self.running.values():
            self.lab.kill(process)
        self.running = {}
