"""Two sinks on one topic, one of them stopped (SIGSTOP) until the other has gone on: no row twice, none missing."""
import json
import random
import signal
import subprocess
import threading
import time

import pytest
from conftest import BINARY
from test_sink_verify import SCHEMA, produce, rows


@pytest.mark.parametrize("round_number", range(4))
def test_a_stopped_sink_that_wakes_up_repeats_nothing_and_names_the_winner(server, tmp_path, round_number):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    topic = f"zombie{seed}"
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    server.run("topics", "create", topic, "--partitions", "2")
    command = [BINARY, "sink", "--topic", topic, "--to", f"s3://zombies/{topic}", "--schema", str(schema),
               "--flush-rows", str(rng.randrange(50, 400)), "--flush-interval", "50ms"]

    def start():
        return subprocess.Popen(command, env=server.environment(), stderr=subprocess.PIPE, text=True)

    stop_producing = threading.Event()
    produced = [0]

    def keep_producing():
        while not stop_producing.is_set():
            for partition in (0, 1):
                produce(server, topic, rows(produced[0], produced[0] + 100), partition)
            produced[0] += 100
            time.sleep(0.02)

    producer = threading.Thread(target=keep_producing)
    producer.start()
    try:
        first = start()
        time.sleep(rng.uniform(0.2, 1.2))
        first.send_signal(signal.SIGSTOP)
        second = start()
        time.sleep(rng.uniform(1.0, 2.5))
        first.send_signal(signal.SIGCONT)
        # Now they work on one topic: one of them loses its next plan and ends.
        deadline = time.time() + 60
        while first.poll() is None and second.poll() is None:
            assert time.time() < deadline, "both go on"
            time.sleep(0.05)
    finally:
        stop_producing.set()
        producer.join()
    time.sleep(0.5)  # the loser may be both, if they lost against each other in different partitions
    ended = [process for process in (first, second) if process.poll() is not None]
    for process in (first, second):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    errors = {process: process.communicate(timeout=60)[1] for process in (first, second)}
    for loser in ended:
        winner = second if loser is first else first
        assert loser.returncode == 1, errors[loser]
        assert "another sink (" + str(winner.pid) + "@" in errors[loser], errors[loser]
    server.run(*map(str, command[1:]), "--until-end")
    done = server.run("sink", "verify", "--topic", topic, "--to", f"s3://zombies/{topic}", "--output", "json")
    assert sum(its["rows"] for its in json.loads(done.stdout)) == 2 * produced[0]
