"""`sink verify` on lakes that the real sink wrote: clean ones, and each kind of damage."""
import contextlib
import csv
import io
import json
import pathlib
import subprocess
import time

import pytest

SCHEMA = {"fields": [{"name": "id", "type": "bigint"}, {"name": "at", "type": "date"}], "sort": ["id"], "time": "at",
          "partition_by": "year"}


def produce(server, topic, values, partition=0):
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": server.kafka})
    for value in values:
        producer.produce(topic, value, key=b"k", partition=partition)
        producer.poll(0)
    assert producer.flush(60) == 0


def rows(first, last):
    return [json.dumps({"id": i, "at": f"{2014 + i % 3}-01-02"}).encode() for i in range(first, last)]


def peak_kb(command, server):
    """Runs a command to its end; the most memory it took. (What wait4 tells includes the parent's, from before exec.)"""
    process = subprocess.Popen([str(part) for part in command], env=server.environment(), stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(OSError, IndexError):  # it has just ended
            peak = int(pathlib.Path(f"/proc/{process.pid}/status").read_text().split("VmHWM:")[1].split()[0])
        time.sleep(0.02)
    assert process.returncode == 0
    return peak


def objects(server, bucket, prefix):
    """None yet, while the sink has not made the bucket."""
    s3 = server.client("s3")
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    except s3.exceptions.NoSuchBucket:
        return []


@pytest.fixture(scope="module")
def schema_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


@pytest.fixture(scope="module")
def lake(server, schema_file):
    """A topic of three plans in the first partition and none in the second."""
    topic = "verified"
    server.run("topics", "create", topic, "--partitions", "2")
    for first in (0, 100, 200):
        produce(server, topic, rows(first, first + 90) + [b"bad", None])
        server.run("sink", "--topic", topic, "--to", "s3://verify/lake", "--schema", schema_file, "--until-end")
    return topic


def verify(server, lake, *arguments):
    return server.run("sink", "verify", "--topic", lake, "--to", "s3://verify/lake", *arguments, check=False)


def test_a_clean_lake_is_proved_and_accounted_for(server, lake):
    done = verify(server, lake, "--output", "json", "--bootstrap", server.kafka)
    assert done.returncode == 0, done.stderr
    [its] = json.loads(done.stdout)
    assert its == {"partition": 0, "offsets": 276, "plans": 3, "files": 9, "rows": 270, "dead_letters": 3,
                   "tombstones": 3, "no_record": 0, "waiting": 0, "by_count": 0, "problems": 0, "not_in_lake": 0}
    assert "every one of 276 offsets" in done.stderr
    table = list(csv.DictReader(io.StringIO(verify(server, lake, "--output", "csv").stdout)))
    assert table[0]["rows"] == "270"


@pytest.mark.parametrize("damage", ["missing", "extra", "truncated", "swapped", "plan missing", "plan edited"])
def test_each_damage_is_found_and_named(server, lake, damage):
    s3 = server.client("s3")
    files, plans = objects(server, "verify", "lake/"), objects(server, "verify", "_tickerlake/plans/lake/")
    at_first = {key: s3.get_object(Bucket="verify", Key=key)["Body"].read() for key in files + plans}
    put = lambda key, body: s3.put_object(Bucket="verify", Key=key, Body=body)  # noqa: E731
    wrong = files[0]
    if damage == "missing":
        s3.delete_object(Bucket="verify", Key=wrong)
    elif damage == "extra":
        wrong = "lake/year=2014/more.parquet"
        put(wrong, at_first[files[0]])
    elif damage == "truncated":
        put(wrong, at_first[wrong][:-100])
    elif damage == "swapped":
        put(wrong, at_first[files[1]])
    elif damage == "plan missing":
        wrong = plans[2]
        s3.delete_object(Bucket="verify", Key=plans[1])
    elif damage == "plan edited":
        wrong = plans[1]
        put(wrong, at_first[wrong].replace(b'"tombstones":1', b'"tombstones":2'))
    try:
        done = verify(server, lake)
        assert done.returncode == 1
        assert f"s3://verify/{wrong}: " in done.stderr and "What to do: " in done.stderr
    finally:
        s3.delete_object(Bucket="verify", Key="lake/year=2014/more.parquet")
        for key, body in at_first.items():
            put(key, body)
    assert verify(server, lake).returncode == 0


def test_a_lake_without_plans_is_no_proof(server, lake):
    done = server.run("sink", "verify", "--topic", "nothing", "--to", "s3://verify/lake", check=False)
    assert done.returncode == 1 and "no plan of topic nothing" in done.stderr


def test_the_flags_of_sink_itself_are_still_required(server):
    done = server.run("sink", "--topic", "t", check=False)
    assert done.returncode == 2 and "--to" in done.stderr
