"""When rows reach the lake: by age, by idleness, late ones together; and thousands of folders in little memory."""
import json
import random
import signal
import subprocess
import time

from conftest import BINARY
from conftest import SANITIZED
from test_sink_verify import SCHEMA, objects, peak_kb, produce, rows


def start_sink(server, topic, tmp_path, *flags, schema=SCHEMA):
    path = tmp_path / f"{topic}.json"
    path.write_text(json.dumps(schema))
    command = [BINARY, "sink", "--topic", topic, "--to", f"s3://tails/{topic}", "--schema", path, *flags]
    return subprocess.Popen([str(part) for part in command], env=server.environment(), stderr=subprocess.PIPE, text=True)


def verified(server, topic):
    done = server.run("sink", "verify", "--topic", topic, "--to", f"s3://tails/{topic}", "--output", "json")
    return json.loads(done.stdout)


def wait_until(condition, seconds=60):
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline, "it did not happen in time"
        time.sleep(0.1)


def stop(process):
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_a_quiet_topic_is_flushed_by_age_and_by_idleness(server, tmp_path):
    for topic, flags in (("byage", ("--flush-interval", "300ms")),
                         ("byidle", ("--flush-interval", "1h", "--flush-idle", "300ms"))):
        server.run("topics", "create", topic, "--partitions", "1")
        process = start_sink(server, topic, tmp_path, *flags)
        for first in (0, 10):
            produce(server, topic, rows(first, first + 9))
            wait_until(lambda: len(objects(server, "tails", f"_tickerlake/plans/{topic}/")) > first // 10)
        stop(process)
        assert sum(its["rows"] for its in verified(server, topic)) == 18


def test_rotation_by_rows_and_by_bytes(server, tmp_path):
    for topic, flags in (("byrows", ("--flush-rows", "100")), ("bybytes", ("--flush-bytes", "3000"))):
        server.run("topics", "create", topic, "--partitions", "1")
        produce(server, topic, rows(0, 1000))
        process = start_sink(server, topic, tmp_path, *flags, "--flush-interval", "1h", "--until-end")
        process.communicate(timeout=60)
        assert process.returncode == 0
        [its] = verified(server, topic)
        assert its["rows"] == 1000 and 9 <= its["plans"] <= 12


def test_late_rows_share_files_and_are_there_at_the_end(server, tmp_path):
    topic = "late"
    server.run("topics", "create", topic, "--partitions", "1")
    on_time = [json.dumps({"id": i, "at": "2017-01-02"}).encode() for i in range(20_000)]
    late = {i: json.dumps({"id": i, "at": "1999-01-02"}).encode() for i in range(0, 20_000, 997)}
    produce(server, topic, [late.get(i, value) for i, value in enumerate(on_time)])
    process = start_sink(server, topic, tmp_path, "--flush-rows", "1000", "--flush-interval", "1h", "--until-end")
    process.communicate(timeout=120)
    assert process.returncode == 0
    [its] = verified(server, topic)
    assert its["rows"] == 20_000 and its["waiting"] == 0 and its["plans"] >= 19
    assert len(objects(server, "tails", f"{topic}/year=1999/")) <= 4  # 21 late rows in 20 flushes


def test_late_rows_survive_kill_9_while_they_wait(server, tmp_path):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    topic = f"latekill{seed}"
    server.run("topics", "create", topic, "--partitions", "1")
    values = [json.dumps({"id": i, "at": "1999-01-02" if rng.random() < 0.002 else "2017-01-02"}).encode()
              for i in range(30_000)]
    produce(server, topic, values)
    for _ in range(6):
        process = start_sink(server, topic, tmp_path, "--flush-rows", "1500", "--flush-interval", "1h")
        time.sleep(rng.uniform(0.1, 0.7))
        process.kill()
        process.communicate()
    process = start_sink(server, topic, tmp_path, "--flush-rows", "1500", "--flush-interval", "1h", "--until-end")
    assert process.communicate(timeout=120) and process.returncode == 0
    [its] = verified(server, topic)
    assert its["rows"] == 30_000 and its["waiting"] == 0


def test_thousands_of_folders_fit_a_small_memory(server, tmp_path):
    """50 years of days in random order: 1,800 folders at once, 2 MiB for rows."""
    topic = "folders"
    server.run("topics", "create", topic, "--partitions", "2")
    rng = random.Random(1)
    days = [f"{year}-{month:02}-{day:02}" for year in range(1967, 2017) for month in range(1, 13)
            for day in (1, 11, 21)]
    for partition in (0, 1):
        produce(server, topic, [json.dumps({"id": i, "at": rng.choice(days)}).encode() for i in range(6_000)], partition)
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    command = [BINARY, "sink", "--topic", topic, "--to", f"s3://tails/{topic}", "--schema", str(path), "--partition-by",
               "day", "--memory", str(2 << 20), "--until-end"]
    peak = peak_kb(command, server)
    assert SANITIZED or peak < 400 * 1024, peak
    found = verified(server, topic)
    assert sum(its["rows"] for its in found) == 12_000
    assert sum(its["plans"] for its in found) < 20  # not crumbs


def test_metrics_tell_lags_and_freshness(server, tmp_path):
    import re
    import urllib.request

    topic = "measured"
    server.run("topics", "create", topic, "--partitions", "1")
    process = start_sink(server, topic, tmp_path, "--flush-interval", "300ms", "--metrics", "127.0.0.1:0")
    address = process.stderr.readline().split()[-1]

    def scrape():
        text = urllib.request.urlopen(address, timeout=10).read().decode()
        return {name: float(value) for name, value in re.findall(r'tickerlake_sink_(\w+){topic="measured"} (\S+)', text)}

    assert scrape()["durable_lag_offsets"] == 0
    produce(server, topic, rows(0, 50) + [b"bad"])
    wait_until(lambda: scrape()["rows_in_lake"] == 50)
    wait_until(lambda: scrape()["durable_lag_offsets"] == 0 and scrape()["read_lag_offsets"] == 0)
    now = scrape()
    assert now["dead_letters"] == 1 and abs(now["newest_row_timestamp_seconds"] - time.time()) < 3600
    stop(process)
