"""Tests of the tests: each takes one protection away and wants the rounds to notice within a bounded number of them.

Some are taken away by the fault library (a sync that answers success and does nothing); the others by changing a line of
the source: only that file is compiled again, and linked in front of the library that holds it.
"""
import dataclasses
import itertools
import pathlib
import random
import re
import shlex
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rounds  # noqa: E402
from lab import BUILD, ROOT  # noqa: E402

MOST_ROUNDS = 25


def rounds_until_broken(bench, kinds, ignore=()):
    """(rounds that were needed, what they found), or None."""
    seed = random.randrange(1 << 30)
    print("first seed", seed)
    for number, (kind, point) in zip(range(MOST_ROUNDS), itertools.cycle(kinds)):
        outcome = bench.run(seed + number, kind, point, ignore)
        if outcome.error:
            return number + 1, outcome.error
    return None


@dataclasses.dataclass
class Ignored:
    """Syncs that do nothing, and what the loss looks like."""

    ignore: str
    finds: str
    kinds: tuple = (("cut", None),)


# "exception set": librdkafka tells of a fatal error, its sequence numbers refused, from within a delivery report.
RECORDS = "acknowledged|the lake has|became neither rows|group offset|ended with|can't be read|partition|exception set"
OBJECTS = "object|plan|the lake has|ended with|query|bucket|Connection broken|bytes are missing"
IGNORED = {
    "records are acknowledged before they are synced": Ignored("sync:*/kafka/topics/*.log", RECORDS),
    "names of segments are not synced": Ignored("foldersync:*/kafka/topics/*/[0-9]*", RECORDS),
    "names of topics are not synced": Ignored("foldersync:*/kafka/topics", f"topic|{RECORDS}"),
    "bytes of objects are not synced": Ignored("sync:*/s3/blobs/*", OBJECTS),
    "names of objects' files are not synced": Ignored("foldersync:*/s3/blobs/*", OBJECTS),
    "the index of objects is not synced": Ignored("sync:*/s3/index/*.log", OBJECTS),
    "the catalog is not synced": Ignored("sync:*/catalog.sqlite*", "table"),
    "names of new folders are not synced": Ignored("foldersync:*/s3", OBJECTS),
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("protection", IGNORED)
def test_the_rounds_notice_when(protection):
    case = IGNORED[protection]
    bench = rounds.Bench()
    try:
        found = rounds_until_broken(bench, case.kinds, [case.ignore])
    finally:
        bench.close()
    assert found, f"{MOST_ROUNDS} rounds without the protection were clean"
    print(f"{protection}: found in round {found[0]}: {found[1].splitlines()[0]}")
    assert re.search(case.finds, found[1].splitlines()[0]), found[1]


@dataclasses.dataclass
class Reverted:
    """A line of the source, what it becomes, and the rounds that should find it."""

    file: str
    line: str
    becomes: str
    kinds: tuple
    finds: str


REVERTED = {
    "an unfinished plan is taken for a finished one": Reverted(
        "pipeline/sink/planner.cpp", "if (!complete) redo_ =", "if (false && !complete) redo_ =",
        (("kill-point", "sink.plan.put.after"), ("kill-point", "sink.file.put.before")), "the lake has|planned and not there"),
    "the sink uploads before it has a plan": Reverted(
        "pipeline/sink/flush.cpp", "      case SinkStep::store_plan: {\n",
        "      case SinkStep::store_plan: {\n        CHECK(write_files(flush));\n",
        (("kill-point", "sink.plan.put.before"),), "planned and not there|the lake has"),
    "If-None-Match is not looked at": Reverted(
        "services/s3/store/store.cpp", "if (conditions.if_none_match && present)", "if (false && present)",
        (("kill", None),), "two writers|the lake has"),
    "a restarted replay begins at the first row": Reverted(
        "pipeline/replay/replay.cpp", "if (seq <= state_.last[static_cast<std::size_t>(partition)].seq) {", "if (seq < 0) {",
        (("kill", None),), "the lake has"),
    "an answer does not wait for the sync": Reverted(
        "services/broker/partition.cpp", "if (durability_.wait(next, completion)) return;", "static_cast<void>(next);", (("cut", None),),
        RECORDS),
}


def compilation_of(source, changed, command):
    """The command's words with the changed file in the place of its source, if it compiles that: alone, or together with
    others in a file of CMake's that includes them."""
    words = shlex.split(command)
    compiled = pathlib.Path(words[-1])
    if compiled == source:
        return [*words[:-1], str(changed)]
    if "Unity" not in compiled.parts or not compiled.exists() or str(source) not in compiled.read_text():
        return None
    unity = changed.with_name("unity.cxx")
    unity.write_text(compiled.read_text().replace(str(source), str(changed)))
    return [*words[:-1], str(unity)]


def build_with(case, folder):
    """The program with one source file changed, in a folder like a build's."""
    source = ROOT / "src" / case.file
    text = source.read_text()
    assert text.count(case.line) == 1, f"{case.file} does not hold this line once: {case.line}"
    changed = folder / source.name
    changed.write_text(text.replace(case.line, case.becomes))
    commands = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "tickerlake"], capture_output=True, text=True,
                              check=True).stdout.splitlines()
    words = next(filter(None, (compilation_of(source, changed, line) for line in commands if " -c " in line)))
    link_it = next(line for line in commands if " -o tickerlake " in line)
    object_file = folder / "changed.o"
    words[words.index("-o") + 1] = str(object_file)
    words[words.index("-MF") + 1] = str(folder / "changed.d")
    subprocess.run(words, cwd=BUILD, check=True)
    # Before the archives: what it defines is not taken from them.
    link_it = link_it.replace(" -o tickerlake ", f" {object_file} -o {folder / 'tickerlake'} ", 1)
    subprocess.run(link_it, shell=True, cwd=BUILD, check=True)
    (folder / "tests").mkdir()
    (folder / "tests" / "libtickerlake_faults.so").symlink_to(BUILD / "tests" / "libtickerlake_faults.so")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("protection", REVERTED)
def test_the_rounds_notice_that(protection, tmp_path):
    case = REVERTED[protection]
    build_with(case, tmp_path)
    bench = rounds.Bench(build=tmp_path)
    try:
        found = rounds_until_broken(bench, case.kinds)
    finally:
        bench.close()
    assert found, f"{MOST_ROUNDS} rounds without the protection were clean"
    print(f"{protection}: found in round {found[0]}: {found[1].splitlines()[0]}")
    assert re.search(case.finds, found[1].splitlines()[0]), found[1]
