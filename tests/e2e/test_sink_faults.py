"""Replay and sink through proxies that break connections to Kafka and S3: the table equals the files row by row, and
`sink verify` finds nothing."""
import os
import pathlib
import random
import subprocess
import sys
import time

import duckdb
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conftest import BINARY  # noqa: E402
from support.faulty_proxy import HttpProxy, StreamProxy  # noqa: E402
from test_pipeline import COLUMNS, csv_rows  # noqa: E402


def environment(server, kafka, s3):
    return server.environment() | {"TICKERLAKE_BOOTSTRAP": kafka.address, "AWS_ENDPOINT_URL": "http://" + s3.address}


def run_until_done(command, env, deadline):
    """A command may give up when faults come too close together; run again, it goes on where it was."""
    while True:
        done = subprocess.run([BINARY, *map(str, command)], env=env, capture_output=True, text=True, timeout=900)
        if done.returncode == 0:
            return
        assert done.returncode == 1 and time.time() < deadline, f"{command}: {done.returncode}\n{done.stderr}"


def verify(server, topic, to, **options):
    return server.run("sink", "verify", "--topic", topic, "--to", to, timeout=900, **options)


def one_round(server, dataset, seed, symbols):
    print("seed", seed)
    rng = random.Random(seed)
    topic = f"faults{seed}"
    to = f"s3://faults/{topic}"
    with StreamProxy(server.kafka, seed) as kafka, HttpProxy(server.aws.removeprefix("http://"), seed) as s3:
        env = environment(server, kafka, s3)
        deadline = time.time() + 900
        replay = ["replay", dataset, "--topic", topic, "--partitions", "2", "--symbols", symbols]
        sink = ["sink", "--topic", topic, "--to", to, "--flush-rows", str(rng.randrange(200, 1500)),
                "--flush-interval", "300ms", "--until-end"]
        run_until_done(replay, env, deadline)
        run_until_done(sink, env, deadline)
        kafka.heal(), s3.heal()
        run_until_done(replay, env, deadline)
        run_until_done(sink, env, deadline)
        print("Kafka", kafka.done, "S3", s3.done)
        assert sum(s3.done.values()) > 0
    verify(server, topic, to)
    return topic


def assert_table(server, topic, dataset, symbols, target):
    connection = duckdb.connect()
    csv_rows(connection, dataset)
    wanted = ", ".join(f"'{s}'" for s in symbols.split(","))
    connection.execute(f"create table wanted as select * from csv where symbol in ({wanted})")
    s3 = server.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="faults", Prefix=topic + "/"):
        for entry in page.get("Contents", []):
            path = target / entry["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file("faults", entry["Key"], str(path))
    connection.execute(f"create table lake as select * from read_parquet('{target}/{topic}/**/*.parquet', "
                       "hive_partitioning = true)")
    one = lambda sql: connection.execute(sql).fetchone()[0]  # noqa: E731
    assert one("select count(*) from lake") == one("select count(*) from wanted") > 0
    assert one(f"select count(*) from (select {COLUMNS} from wanted except all select {COLUMNS} from lake)") == 0


@pytest.mark.parametrize("round_number", range(6))
def test_faults_between_the_pipeline_and_its_servers_lose_and_repeat_nothing(server, kaggle_sample, tmp_path,
                                                                             round_number):
    seed = int(os.environ.get("TICKERLAKE_SEED") or random.randrange(1 << 30))
    topic = one_round(server, kaggle_sample, seed, "FB,TMUS")
    assert_table(server, topic, kaggle_sample, "FB,TMUS", tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_rounds_of_faults_lose_and_repeat_nothing(server, kaggle_sample, tmp_path):
    rounds = int(os.environ.get("TICKERLAKE_ROUNDS", "60"))
    first = int(os.environ.get("TICKERLAKE_SEED") or random.randrange(1 << 30))
    for seed in range(first, first + rounds):
        topic = one_round(server, kaggle_sample, seed, "AAPL,MSFT,IBM,GE")
        assert_table(server, topic, kaggle_sample, "AAPL,MSFT,IBM,GE", tmp_path / str(seed))
