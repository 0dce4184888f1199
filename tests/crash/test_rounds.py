"""Rounds of kills, power failures and disk faults against the program as it ships; tests/crash/run does more of them."""
import os
import pathlib
import random
import sys
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import campaign  # noqa: E402
import rounds  # noqa: E402


@pytest.fixture(scope="module")
def bench():
    made = rounds.Bench()
    yield made
    made.close()


# Twenty rounds: each kind, the points by chance.
@pytest.mark.parametrize("kind", ["kill", "kill", "kill", "cut", "cut", "cut", "kill-point", "kill-point", "kill-point",
                                  "kill-point", "kill-point", "cut-point", "cut-point", "cut-point", "cut-point",
                                  "fail-write", "fail-write", "fail-sync", "fail-name", "full"])
@pytest.mark.timeout(300)
def test_round(bench, kind):
    outcome = bench.run(random.randrange(1 << 30), kind)
    campaign.show(outcome)
    assert not outcome.error, outcome.error


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_rounds_reach_every_point(capfd):
    """Two hundred over all kinds; prints the table of points."""
    options = types.SimpleNamespace(rounds=int(os.environ.get("TICKERLAKE_CRASH_ROUNDS", 220)), kind=None, point=None, ignore=[],
                                    jobs=2, every_point=True)
    with capfd.disabled():
        assert campaign.run(random.randrange(1 << 30), options) == 0
