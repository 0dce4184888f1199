"""docs/tour.md tells the truth: its commands are run, and their output is the page's."""

import pytest
import tour

from conftest import BINARY
from support.kafka_cluster import need_kafka

STEPS = tour.read(tour.PAGE.read_text())


def play(session, folder):
    steps = [step for step in STEPS if step.session == session]
    assert len(steps) > 5
    wrong = []

    def see(step, lines):
        if not tour.matches(step.expected, lines):
            wrong.append(f"docs/tour.md:{step.line}: $ {step.command}\n--- the page\n" + "\n".join(step.expected) +
                         "\n--- the run\n" + "\n".join(lines))

    tour.run(steps, folder, BINARY.parent, see)
    assert not wrong, "\n\n".join(wrong) + "\n\n(tests/tour/update writes what the commands say now)"


def test_every_command_belongs_to_a_session_and_has_been_given_its_output():
    assert {step.session for step in STEPS} == {"server", "cluster", "zookeeper"}
    assert sum(bool(step.expected) for step in STEPS) > len(STEPS) / 2


def test_the_tour_of_one_server(tmp_path):
    play("server", tmp_path)


@pytest.mark.xdist_group("cluster")  # one of them at a time
@pytest.mark.parametrize("session", ["cluster", "zookeeper"])
def test_the_tour_of_a_cluster(session, tmp_path):
    need_kafka()
    play(session, tmp_path)


def test_a_wildcard_stands_for_text_of_one_line_and_alone_for_lines():
    assert tour.matches(["a … c"], ["a b b c"])
    assert not tour.matches(["a … c"], ["a b", "c"])
    assert tour.matches(["a", "…", "z"], ["a", "z"]) and tour.matches(["a", "…", "z"], ["a", "b", "c", "z"])
    assert not tour.matches(["a"], ["a", "b"]) and not tour.matches(["a", "b"], ["a"])
    assert not tour.matches(["1.0"], ["1x0"]) and not tour.matches([], ["a"]) and tour.matches([], [])


def test_an_update_keeps_what_matches_and_writes_what_differs():
    page = "x\n```console\n$ one\n1 …\n$ two\n2\n$ three\n```\ny"
    steps = tour.read(page)
    new = tour.updated(page, list(zip(steps, [["1 first"], ["2", "at 127.0.0.1:4711"], ["three"]])))
    assert new == "x\n```console\n$ one\n1 …\n$ two\n2\nat 127.0.0.1:…\n$ three\nthree\n```\ny"
