"""The model of a disk that loses power (src/io/faults/disk.h), against small programs."""
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import BUILD  # noqa: E402

LIBRARY = os.environ.get("TICKERLAKE_FAULT_LIBRARY", BUILD / "tests" / "libtickerlake_faults.so")
PRELUDE = """
import ctypes, os, sys
os.chdir(sys.argv[1])
point = ctypes.CDLL(None).tickerlake_fault_point
def write(path, text, at=0, sync=False, flags=os.O_CREAT):
    file = os.open(path, os.O_RDWR | flags)
    os.pwrite(file, text.encode(), at)
    if sync: os.fdatasync(file)
    os.close(file)
def sync(path):
    folder = os.open(path, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
"""


@pytest.fixture
def disk(tmp_path):
    """Runs a program in a folder with power loss at its end; returns what is there then, by name."""
    folder = tmp_path / "data"
    folder.mkdir()

    def run(program, lose="all", seed=1, more=""):
        text = PRELUDE + textwrap.dedent(program) + "\npoint(b'end')\n"
        done = subprocess.run([sys.executable, "-c", text, folder], capture_output=True, text=True, env={
            **os.environ, "LD_PRELOAD": str(LIBRARY), "TICKERLAKE_FAULTS": f"data={folder};cut=end@1;lose={lose};seed={seed};{more}"})
        assert done.returncode == -9, done.stderr
        assert not list(tmp_path.glob("data.removed*"))
        return {str(path.relative_to(folder)): path.read_bytes().decode() if path.is_file() else None
                for path in sorted(folder.rglob("*"))}
    return run


def test_bytes_last_after_a_sync_of_the_file_and_its_name_after_one_of_the_folder(disk):
    assert disk("write('both', 'x', sync=True); sync('.'); write('name', 'x'); sync('.'); write('bytes', 'x', sync=True)"
                ) == {"both": "x", "name": ""}


def test_a_sync_covers_what_was_written_before_it_only(disk):
    assert disk("write('f', 'aaaa', sync=True); sync('.'); write('f', 'bb', at=1); write('f', 'c', at=9000)") == {"f": "aaaa"}


def test_a_truncation_is_taken_back(disk):
    assert disk("write('f', 'aaaa', sync=True); sync('.'); write('f', 'b', flags=os.O_TRUNC)") == {"f": "aaaa"}
    assert disk("os.ftruncate(os.open('f', os.O_RDWR), 2)") == {"f": "aaaa"}


def test_removed_and_replaced_files_come_back(disk):
    assert disk("""
        write('removed', '1', sync=True); write('replaced', '2', sync=True); write('new', '3', sync=True); sync('.')
        os.unlink('removed'); os.rename('new', 'replaced')""") == {"new": "3", "removed": "1", "replaced": "2"}


def test_a_rename_lasts_with_its_folder_even_when_the_old_name_was_never_synced(disk):
    assert disk("""
        os.mkdir('making'); os.mkdir('topics'); sync('.')
        os.mkdir('making/x'); os.mkdir('making/x/0'); write('making/x/topic', 'x', sync=True); sync('making/x')
        os.rename('making/x', 'topics/x'); sync('topics')""") == {
            "making": None, "topics": None, "topics/x": None, "topics/x/0": None, "topics/x/topic": "x"}


def test_a_folder_whose_name_was_not_synced_is_gone_with_all_that_it_holds(disk):
    assert disk("os.mkdir('d'); write('d/f', 'x', sync=True); sync('d')") == {}


def test_some_of_what_was_not_synced_stays_and_what_was_synced_does(disk):
    found = [disk(f"write('f{seed}', 'a' * 5000, sync=True); sync('.'); write('f{seed}', 'b' * 20000, at=5000)", "some",
                  seed)[f"f{seed}"] for seed in range(12)]
    assert all(text.startswith("a" * 5000) for text in found)
    assert len({len(text) for text in found}) > 3


def test_a_protection_can_be_taken_away(disk):
    program = "write('f', 'x', sync=True); sync('.')"
    assert disk(program, more="ignore=sync:*/f") == {"f": ""}
    assert disk("write('g', 'x', sync=True); sync('.')", more="ignore=foldersync:*") == {"f": ""}
