"""The pipeline against the real server: what is in the lake equals the files row by row, also through kill -9."""
import pathlib
import random
import signal
import subprocess
import sys
import time

import duckdb
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conftest import BINARY  # noqa: E402

COLUMNS = "symbol, date, open, high, low, close, volume, open_interest"


def csv_rows(connection, folder):
    """The files as DuckDB reads them, with nothing of ours in between."""
    files = [str(f) for f in sorted(pathlib.Path(folder).rglob("*.us.txt")) if f.stat().st_size > 0]
    connection.execute(f"""
        create or replace table csv as
        select upper(replace(parse_filename(filename), '.us.txt', '')) symbol, "Date"::date date,
               "Open"::decimal(18,6) open, "High"::decimal(18,6) high, "Low"::decimal(18,6) low, "Close"::decimal(18,6) "close",
               "Volume"::bigint volume, "OpenInt"::bigint open_interest
        from read_csv({files!r}, filename = true, header = true, all_varchar = true)""")


def download(server, bucket, target):
    s3 = server.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            path = target / entry["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, entry["Key"], str(path))


def assert_same(server, bucket, prefix, folder, target):
    connection = duckdb.connect()
    csv_rows(connection, folder)
    download(server, bucket, target)
    connection.execute(f"create table lake as select * from read_parquet('{target}/{prefix}/**/*.parquet', "
                       "hive_partitioning = true)")
    one = lambda sql: connection.execute(sql).fetchone()[0]
    assert one("select count(*) from lake") == one("select count(*) from csv")
    assert one(f"select count(*) from (select {COLUMNS} from csv except all select {COLUMNS} from lake)") == 0
    assert one(f"select count(*) from (select {COLUMNS} from lake except all select {COLUMNS} from csv)") == 0
    assert one("select count(*) from lake where year(date) <> year") == 0
    return connection


def test_replay_and_sink_bring_every_row_exactly(server, kaggle_sample, tmp_path):
    server.run("replay", kaggle_sample, "--topic", "e2e_prices", timeout=120)
    server.run("sink", "--topic", "e2e_prices", "--to", "s3://e2e-lake/prices", "--until-end", timeout=120)
    assert_same(server, "e2e-lake", "prices", kaggle_sample, tmp_path)
    # Once more changes nothing.
    server.run("replay", kaggle_sample, "--topic", "e2e_prices", timeout=120)
    server.run("sink", "--topic", "e2e_prices", "--to", "s3://e2e-lake/prices", "--until-end", timeout=120)
    assert_same(server, "e2e-lake", "prices", kaggle_sample, tmp_path / "again")


def test_bad_records_become_dead_letters_with_their_origin(server, kaggle_sample, tmp_path):
    from confluent_kafka import Consumer, Producer

    server.run("replay", kaggle_sample, "--topic", "e2e_bad", "--symbols", "AAPL", "--partitions", "2", timeout=60)
    producer = Producer({"bootstrap.servers": server.kafka})
    for value in (b"not json", b'{"symbol":"X"}', b'{"symbol":"X","date":"2000-01-03","open":0.12345678}'):
        producer.produce("e2e_bad", value, key=b"X", partition=1)
    producer.produce("e2e_bad", None, key=b"tombstone", partition=1)
    assert producer.flush(10) == 0
    done = server.run("sink", "--topic", "e2e_bad", "--to", "s3://e2e-bad/t", "--until-end", timeout=60)
    assert done.returncode == 0
    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": "e2e-dlq", "auto.offset.reset": "earliest"})
    consumer.subscribe(["e2e_bad.dlq"])
    letters = []
    deadline = time.time() + 20
    while len(letters) < 3 and time.time() < deadline:
        message = consumer.poll(0.5)
        if message and not message.error():
            letters.append(message)
    consumer.close()
    assert [m.value() for m in letters][0] == b"not json"
    headers = dict(letters[0].headers())
    assert headers["topic"] == b"e2e_bad" and headers["partition"] == b"1" and int(headers["offset"]) >= 0
    assert headers["reason"] == b"not a JSON object"


def test_another_dataset_is_not_continued(server, kaggle_sample):
    server.run("replay", kaggle_sample, "--topic", "e2e_other", "--symbols", "AAPL", timeout=60)
    done = server.run("replay", kaggle_sample, "--topic", "e2e_other", "--symbols", "MSFT", check=False, timeout=60)
    assert done.returncode == 1
    assert "other rows" in done.stderr


@pytest.mark.timeout(300)
def test_kill_9_of_each_part_loses_and_repeats_nothing(own_server, kaggle_sample, tmp_path):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    server = own_server

    def start(*arguments):
        return subprocess.Popen([BINARY, *map(str, arguments)], env=server.environment(), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    replay = ("replay", kaggle_sample, "--topic", "t", "--speed", "60000/s")
    sink = ("sink", "--topic", "t", "--to", "s3://lake/t", "--flush-rows", "2000", "--flush-interval", "300ms")
    running = {}
    for round_number in range(12):
        for name, command in (("replay", replay), ("sink", sink)):
            if name not in running or running[name].poll() is not None:
                running[name] = start(*command)
        time.sleep(rng.uniform(0.1, 0.8))
        victim = rng.choice(["replay", "sink", "server"])
        if victim == "server":
            server.kill()
            server.restart()
        else:
            running[victim].send_signal(signal.SIGKILL)
            running[victim].wait()
    for process in running.values():
        process.send_signal(signal.SIGINT)
    for process in running.values():
        process.wait(timeout=90)
    server.run("replay", kaggle_sample, "--topic", "t", timeout=120)
    server.run("sink", "--topic", "t", "--to", "s3://lake/t", "--until-end", timeout=120)
    assert_same(server, "lake", "t", kaggle_sample, tmp_path / "lake")
