"""`tickerlake drill` on real clusters: what it tells is what Kafka did, and its proof is one."""
import contextlib
import json
import subprocess
import xml.etree.ElementTree

import duckdb
import pytest

from conftest import BINARY

pytestmark = pytest.mark.xdist_group("cluster")

DRILL = [BINARY, "drill", "--output", "json"]
PATIENT = ["--patience", "5m"]
COLUMNS = "symbol, date, open, high, low, close, volume, open_interest"


def drill(server, *arguments, patience=PATIENT):
    """Runs it with the lake in that server; the narrative is on stderr, JSON on stdout."""
    return subprocess.run([*DRILL, *patience, *map(str, arguments)], env=server.environment(), capture_output=True, text=True,
                          timeout=850)


def changes(timeline, partition, what):
    return [change[what] for change in timeline["partitions"][partition][what + "s" * (what == "leader")]]


def lake_equals_files(server, prefix, files, folder):
    """The comparison once more with nothing of ours in it: DuckDB reads the CSV files and the lake's objects."""
    s3 = server.client("s3")
    keys = [entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix=prefix + "/")
            for entry in page.get("Contents", [])]
    for number, key in enumerate(keys):
        s3.download_file("lake", key, str(folder / f"{number}.parquet"))
    database = duckdb.connect()
    database.execute(f"""
        create table files as
        select upper(replace(parse_filename(filename), '.us.txt', '')) symbol, "Date"::date date,
               "Open"::decimal(18,6) open, "High"::decimal(18,6) high, "Low"::decimal(18,6) low,
               "Close"::decimal(18,6) "close", "Volume"::bigint volume, "OpenInt"::bigint open_interest
        from read_csv({[str(file) for file in files]!r}, filename = true, header = true, all_varchar = true)""")
    database.execute(f"create table lake as select {COLUMNS} from read_parquet('{folder}/*.parquet')")
    rows, = database.execute("select count(*) from files").fetchone()
    assert database.execute("select count(*) from lake").fetchone() == (rows,)
    difference = f"select {COLUMNS} from files except all select {COLUMNS} from lake"
    assert database.execute(f"select count(*) from ({difference})").fetchone() == (0,)
    return rows


def test_a_drill_loses_brokers_and_no_row(any_cluster, server, kaggle_sample, tmp_path):
    files = sorted(kaggle_sample.rglob("*.us.txt"), key=lambda path: (path.stat().st_size, path))[-8:]
    done = drill(server, "--cluster", any_cluster.data, "--dataset", *files, "--speed", "500/s", "--hold", "1s",
                 "--flush-interval", "1s", "--to", "s3://lake/drills", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["proof"] is True
    found, = report["drills"]
    zookeeper = any_cluster.status()["flavour"] == "zookeeper"
    assert [act["act"] for act in found["acts"]] == ["leader", "controller"] + (["ensemble"] if zookeeper else [])

    timeline = found["timeline"]
    for act in found["acts"][:2]:
        assert act["led"] or act["act"] == "controller"
        for partition, new_leader in zip(act["led"], act["new_leaders"]):
            assert new_leader != act["broker"]
            leaders = changes(timeline, partition, "leader")
            assert act["broker"] in leaders and new_leader in leaders
            isr = changes(timeline, partition, "in_sync")
            without = [brokers for brokers in isr if act["broker"] not in brokers]
            assert without, f"no ISR of partition {partition} was without broker {act['broker']}"
            assert sorted(isr[-1]) == [1, 2, 3], "it grew again"
        assert act["least_in_sync"] == 2
        assert act["isr_shrank_ms"] > 0 and act["isr_whole_ms"] > 0
        assert f"kill -9 of broker {act['broker']}" in done.stderr
        killed = next(its for its in timeline["processes"] if its["name"] == act["process"])
        assert [change["running"] for change in killed["running"]][:3] == [True, False, True]
    assert found["acts"][1]["new_controller"] != found["acts"][1]["broker"]
    for partition in timeline["partitions"]:
        assert partition["leaders"][-1]["leader"] == partition["replicas"][0], "the preferred leader leads at the end"
    if zookeeper:
        assert found["acts"][2]["new_ensemble_leader"] != found["acts"][2]["process"]
    times = [event["at_ms"] for event in timeline["events"]]
    assert times == sorted(times)
    samples = [sample["rows_acknowledged"] for sample in timeline["samples"]]
    assert samples == sorted(samples)

    proof = found["proof"]
    assert proof["holds"] is True and proof["problems"] == []
    (tmp_path / "lake").mkdir()
    rows = lake_equals_files(server, found["prefix"], files, tmp_path / "lake")
    assert proof["files"]["rows"] == proof["topic"]["rows"] == proof["lake"]["rows"] == proof["offsets"] == rows
    assert samples[-1] == rows
    assert proof["files"]["checksum"] == proof["topic"]["checksum"] == proof["lake"]["checksum"]

    assert json.loads((tmp_path / "out" / "drill.json").read_text()) == report
    svg = xml.etree.ElementTree.parse(tmp_path / "out" / "drill.svg").getroot()
    texts = {element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {event["text"][:100] for event in timeline["events"]} <= {(text or "")[:100] for text in texts}
    assert any_cluster.status()["complete"], "the cluster is as it was"


def test_a_row_too_many_fails_the_proof(any_cluster, server, kaggle_sample, tmp_path):
    """The topic has a record more than the files: somebody else writes there meanwhile."""
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    files = sorted(kaggle_sample.rglob("*.us.txt"), key=lambda path: (path.stat().st_size, path))[-2:]
    process = subprocess.Popen([*DRILL, *PATIENT, "--cluster", any_cluster.data, "--dataset", *map(str, files), "--topic", "spoilt",
                                "--speed", "500/s", "--hold", "1s", "--acts", "leader", "--to", "s3://lake/drills",
                                "--out", tmp_path],
                               env=server.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    consumer = Consumer({"bootstrap.servers": any_cluster.bootstrap, "group.id": "spoiler"})

    def partition_with_rows():
        for name, topic in consumer.list_topics(timeout=30).topics.items():
            for partition in topic.partitions if name.startswith("spoilt-") else ():
                at = TopicPartition(name, partition)
                with contextlib.suppress(KafkaException):  # an election goes on
                    if consumer.get_watermark_offsets(at, timeout=30)[1] > 0:
                        return at
        return None

    found = None
    while found is None and process.poll() is None:
        found = partition_with_rows()
    assert found, process.communicate()
    producer = Producer({"bootstrap.servers": any_cluster.bootstrap, "acks": "all"})
    row = {"symbol": "ZZZZ", "date": "2001-02-03", "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1,
           "open_interest": 0}
    producer.produce(found.topic, key="ZZZZ", value=json.dumps(row), partition=found.partition)
    assert producer.flush(60) == 0
    consumer.close()
    out, err = process.communicate(timeout=850)
    assert process.returncode == 1, err
    report = json.loads(out)
    proof = report["drills"][0]["proof"]
    assert report["proof"] is False and proof["holds"] is False
    assert (proof["surplus_in_topic"], proof["surplus_in_lake"]) == (1, 1)
    assert (proof["missing_in_topic"], proof["missing_in_lake"]) == (0, 0)
    assert "THE PROOF FAILS" in err


def test_a_drill_that_ends_early_leaves_its_timeline_and_a_whole_cluster(any_cluster, server, kaggle_sample, tmp_path):
    """Nothing that Kafka does is quick enough for a patience of a millisecond."""
    files = sorted(kaggle_sample.rglob("*.us.txt"), key=lambda path: (path.stat().st_size, path))[:2]
    done = drill(server, "--cluster", any_cluster.data, "--dataset", *files, "--speed", "500/s",
                 "--to", "s3://lake/drills", "--out", tmp_path, patience=["--patience", "1ms"])
    assert done.returncode == 1
    found, = json.loads((tmp_path / "drill.json").read_text())["drills"]
    assert found["failure"] in done.stderr and found["proof"] is None
    assert found["failure"] in found["timeline"]["events"][-1]["text"]
    assert (tmp_path / "drill.svg").exists()
    assert any_cluster.status()["complete"]


def test_an_act_that_the_cluster_does_not_have_is_refused_before_anything_is_killed(any_cluster, server):
    if any_cluster.status()["flavour"] != "kraft":
        pytest.skip("a cluster with ZooKeeper has every act")
    done = drill(server, "--cluster", any_cluster.data, "--acts", "ensemble")
    assert done.returncode == 1
    assert "the act ensemble needs a cluster with ZooKeeper" in done.stderr


def test_without_a_cluster_it_says_how_to_start_one(server, tmp_path):
    done = drill(server, "--cluster", tmp_path / "nothing")
    assert done.returncode == 1
    assert "tickerlake cluster up" in done.stderr and str(tmp_path / "nothing") in done.stderr
