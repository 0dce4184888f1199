"""`tickerlake fsck`: a real data folder, damaged in every way; each damage is found, nothing is written without
--repair, and after it a server starts and serves everything that could be saved."""
import hashlib
import json
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from conftest import BINARY, Server

slow = pytest.mark.slow  # a server each: a few stand for all in `make test`

RECORDS = 1500
PART = 5 * 1024 * 1024
TOPIC = pathlib.Path("kafka/topics/prices/0")
JOURNAL = pathlib.Path("kafka/topics/__consumer_offsets/0")


def record(i):
    return f"{i:06}".encode() * 100


def contents():
    return {"small": b"a small object", "empty": b"", "copied": b"a small object",
            "large": bytes(range(256)) * 4096, "parts": b"p" * PART + b"q" * 1000}


def fsck(data, *flags):
    """Exit code and findings."""
    done = subprocess.run([BINARY, "fsck", "--data", data, "--output", "json", *flags], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A data folder with something of everything, cleanly stopped; and how long its log is."""
    server = Server(tmp_path_factory.mktemp("fsck") / "data").start()
    admin = AdminClient({"bootstrap.servers": server.kafka})
    topic = NewTopic("prices", 1, config={"segment.bytes": "131072", "retention.ms": "-1",
                                             "index.interval.bytes": "1024"})
    admin.create_topics([topic])["prices"].result(30)
    producer = confluent_kafka.Producer({"bootstrap.servers": server.kafka, "enable.idempotence": True,
                                         "batch.num.messages": 10, "linger.ms": 100})
    for i in range(RECORDS):
        producer.produce("prices", record(i), timestamp=1_000_000_000_000 + i)
    assert producer.flush(60) == 0
    consumer = confluent_kafka.Consumer({"bootstrap.servers": server.kafka, "group.id": "g"})
    consumer.commit(offsets=[confluent_kafka.TopicPartition("prices", 0, 700)], asynchronous=False)
    consumer.close()

    s3 = server.client("s3")
    s3.create_bucket(Bucket="lake")
    for key, body in contents().items():
        if key not in ("parts", "copied"):
            s3.put_object(Bucket="lake", Key=key, Body=body)
    s3.copy_object(Bucket="lake", Key="copied", CopySource="lake/small")
    upload = s3.create_multipart_upload(Bucket="lake", Key="parts")["UploadId"]
    parts = []
    for number, body in ((1, b"p" * PART), (2, b"q" * 1000)):
        answer = s3.upload_part(Bucket="lake", Key="parts", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    s3.complete_multipart_upload(Bucket="lake", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    unfinished = s3.create_multipart_upload(Bucket="lake", Key="unfinished")["UploadId"]
    s3.upload_part(Bucket="lake", Key="unfinished", UploadId=unfinished, PartNumber=1, Body=b"unfinished")

    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "market"})
    storage = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://lake/t"}
    for i in range(40):
        glue.create_table(DatabaseName="market", TableInput={"Name": f"t{i}", "StorageDescriptor": storage,
                                                             "PartitionKeys": [{"Name": "y", "Type": "string"}]})
    glue.batch_create_partition(DatabaseName="market", TableName="t0", PartitionInputList=[
        {"Values": [str(y)], "StorageDescriptor": storage} for y in range(90)])
    server.run("sql", "select 1")
    server.stop()
    return server.data


@pytest.fixture
def data(template, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(template, copy)
    return copy


def segments(data, topic=TOPIC):
    return sorted((data / topic).glob("*.log"))


def blobs(data):
    return sorted(path for path in (data / "s3/blobs").rglob("*") if path.is_file())


def blob_of(data, content):
    return next(path for path in blobs(data) if path.read_bytes() == content)


def flip(path, at, bits=0x10):
    content = bytearray(path.read_bytes())
    content[at] ^= bits
    path.write_bytes(content)


def served(server):
    """Offset → value of everything that can be consumed."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": server.kafka, "group.id": "reader", "check.crcs": True,
                                         "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                         "enable.partition.eof": True, "fetch.wait.max.ms": 10})
    here = confluent_kafka.TopicPartition("prices", 0, confluent_kafka.OFFSET_BEGINNING)
    low, high = consumer.get_watermark_offsets(here, timeout=30)
    consumer.assign([here])
    records = {}
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, f"{len(records)} records, then nothing"
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
            break
        records[message.offset()] = message.value()
    consumer.close()
    return records, low, high


def committed(server):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": server.kafka, "group.id": "g"})
    offset = consumer.committed([confluent_kafka.TopicPartition("prices", 0)], timeout=30)[0].offset
    consumer.close()
    return offset


def lost_offsets(findings):
    """What the report says is lost of the topic."""
    lost = set()
    for finding in findings:
        words = finding["lost"].split()
        if words[0] == "offsets" and "topic prices" in finding["lost"]:
            lost |= set(range(int(words[1]), int(words[3]) + 1))
    return lost


def repair_and_serve(data, findings, lost_objects=(), appends=True):
    """Repairs, then checks that a second fsck is clean and that a server has everything but what was said to be lost."""
    code, repaired, log = fsck(data, "--repair", "--deep")
    assert code == 0 and all(finding["state"] == "repaired" for finding in repaired), (repaired, log)
    assert len(repaired) >= len(findings)
    code, left, log = fsck(data, "--deep")
    assert (code, left) == (0, []), log
    server = Server(data).start()
    try:
        records, low, high = served(server)
        gone = lost_offsets(findings)
        assert records == {i: record(i) for i in range(RECORDS) if i not in gone and i >= low}
        assert high == RECORDS
        if appends:
            producer = confluent_kafka.Producer({"bootstrap.servers": server.kafka})
            places = []
            producer.produce("prices", b"later", on_delivery=lambda error, message: places.append(message.offset()))
            assert producer.flush(30) == 0 and places == [RECORDS]
        s3 = server.client("s3")
        for key, body in contents().items():
            if key in lost_objects:
                with pytest.raises(s3.exceptions.NoSuchKey):
                    s3.get_object(Bucket="lake", Key=key)
            else:
                assert s3.get_object(Bucket="lake", Key=key)["Body"].read() == body
    finally:
        server.stop()
    code, left, log = fsck(data, "--deep")
    assert (code, left) == (0, []), f"after the server ran: {left}"


def digests(data):
    return {path.relative_to(data): hashlib.sha256(path.read_bytes()).digest() if path.is_file() else None
            for path in data.rglob("*") if path.name != "lock"}


def find(data, *flags):
    """Findings of a run without repairs, which must not change a byte."""
    before = digests(data)
    code, findings, log = fsck(data, *flags)
    assert digests(data) == before
    assert code == (1 if findings else 0), log
    return findings


def only(findings, kind, *texts):
    assert findings, "nothing was found"
    assert {finding["kind"] for finding in findings} == {kind}, findings
    for text in texts:
        assert any(text in finding["problem"] or text in finding["place"] for finding in findings), (text, findings)
    return findings


def test_a_cleanly_stopped_folder_is_clean(data):
    assert len(segments(data)) >= 5
    assert find(data, "--deep") == []


def test_much_at_once_is_found_repaired_and_the_rest_served(data):
    logs = segments(data)
    flip(logs[1], 5000)
    logs[2].with_suffix(".index").unlink()
    logs[3].with_suffix(".timeindex").write_bytes(bytes(range(1, 121)))
    logs[4].unlink()
    with logs[-1].open("r+b") as file:
        file.truncate(logs[-1].stat().st_size - 100)
    flip(next((data / TOPIC).glob("*.snapshot")), 12)
    blob_of(data, contents()["large"]).unlink()
    flip(blob_of(data, contents()["parts"]), 1000)
    (blobs(data)[0].parent / ("ab" * 12)).write_bytes(b"never committed")
    with sqlite3.connect(data / "catalog.sqlite") as database:
        database.execute("update tables set body = cast('{' as blob) where name = cast('t7' as blob)")
    database.close()
    findings = find(data, "--deep")
    assert len(findings) == 10, findings
    assert sum(finding["kind"] == "leftover" for finding in findings) == 1
    repair_and_serve(data, findings, lost_objects=["large", "parts"])


def test_a_killed_servers_folder_is_clean_too(data):
    server = Server(data).start()
    try:
        producer = confluent_kafka.Producer({"bootstrap.servers": server.kafka})
        for i in range(RECORDS, RECORDS + 100):
            producer.produce("prices", record(i))
        assert producer.flush(30) == 0
        server.client("s3").put_object(Bucket="lake", Key="more", Body=b"more")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    finally:
        server.stop()
    assert find(data, "--deep") == []


def test_a_running_server_is_left_alone(own_server):
    done = own_server.run("fsck", "--data", own_server.data, check=False)
    assert done.returncode == 1
    assert f"in use by process {own_server.process.pid}" in done.stderr and "stopped" in done.stderr


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    done = subprocess.run([BINARY, "fsck", "--data", tmp_path / "none"], capture_output=True, text=True)
    assert done.returncode == 1 and "there is no folder" in done.stderr


def test_the_report_for_people_says_what_is_lost_and_what_can_be_done(data):
    flip(segments(data)[1], 5000)
    done = subprocess.run([BINARY, "fsck", "--data", data], capture_output=True, text=True)
    assert done.returncode == 1
    for expected in ("damage: kafka/topics/prices/0/", "problem:", "CRC", "lost:", "of topic prices, partition 0",
                     "repair:", "lost+found"):
        assert expected in done.stdout
    assert "1 damaged" in done.stderr


@slow
@pytest.mark.parametrize("at", [5000, 0, 7, 8, 9, 11, 13, 16, 18, 61], ids=lambda at: f"byte{at}")
def test_flipped_bits_cost_their_batch_alone(data, at):
    path = segments(data)[2]
    flip(path, at)
    findings = only(find(data), "damage", path.name)
    # The CRC does not cover a batch's offset and leader epoch: those can be told from the batches around it.
    assert (len(lost_offsets(findings)) == 0) if at in (0, 7, 13) else (1 <= len(lost_offsets(findings)) <= 10)
    repair_and_serve(data, findings)
    assert (data / "lost+found" / TOPIC / path.name).stat().st_size > 0


@slow
def test_flipped_bits_in_the_last_segment_do_not_cost_what_follows(data):
    path = segments(data)[-1]
    flip(path, 3000)
    findings = only(find(data), "damage", path.name)
    assert 1 <= len(lost_offsets(findings)) <= 10
    repair_and_serve(data, findings)


@slow
def test_a_hole_of_zeroes_costs_what_was_in_it(data):
    path = segments(data)[1]
    content = bytearray(path.read_bytes())
    content[10_000:40_000] = bytes(30_000)
    path.write_bytes(content)
    findings = only(find(data), "damage", path.name)
    assert 40 <= len(lost_offsets(findings)) <= 80
    repair_and_serve(data, findings)


@slow
def test_a_truncated_segment_in_the_middle(data):
    path = segments(data)[1]
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size // 2)
    findings = only(find(data), "damage", path.name)
    assert lost_offsets(findings)
    repair_and_serve(data, findings)


@slow
def test_a_truncated_last_segment_does_not_give_offsets_out_twice(data):
    path = segments(data)[-1]
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 100)
    findings = only(find(data), "damage", path.name)
    assert RECORDS - 1 in lost_offsets(findings)
    repair_and_serve(data, findings)


@slow
@pytest.mark.parametrize("which", [0, 2, -1], ids=["first", "middle", "last"])
def test_a_missing_segment(data, which):
    path = segments(data)[which]
    path.unlink()
    findings = only(find(data), "damage")
    assert len(lost_offsets(findings)) >= 10
    repair_and_serve(data, findings)


@slow
def test_all_segments_missing_keeps_the_end(data):
    for path in segments(data):
        for each in path.parent.glob(path.stem + ".*"):
            each.unlink()
    findings = only(find(data), "damage", "missing")
    assert lost_offsets(findings) == set(range(RECORDS))
    repair_and_serve(data, findings)


@slow
def test_bytes_behind_the_end_are_a_leftover(data):
    path = segments(data)[-1]
    with path.open("ab") as file:
        file.write(path.read_bytes()[:700])
    findings = only(find(data), "leftover", path.name)
    assert not lost_offsets(findings)
    repair_and_serve(data, findings)


@slow
@pytest.mark.parametrize("extension", ["index", "timeindex"])
@pytest.mark.parametrize("damage", ["missing", "garbage", "empty", "shifted"])
def test_damaged_indexes_are_built_anew(data, extension, damage):
    path = segments(data)[1].with_suffix("." + extension)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"garbage": bytes(range(1, 241)), "empty": b"", "shifted": content[4:]}[damage])
    if (extension, damage) == ("index", "empty"):
        # Only slow, and in so small a segment not even that: the next start would not notice either.
        return
    findings = only(find(data), "damage", "index")
    assert not lost_offsets(findings)
    repair_and_serve(data, findings)
    assert path.read_bytes() == content


def test_a_damaged_checkpoint_stops_the_server_until_it_is_repaired(data):
    (data / TOPIC / "checkpoint").write_text("version 1\nlog_st")
    findings = only(find(data), "damage", "checkpoint")
    started = subprocess.run([BINARY, "up", "--data", data, "--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--web",
                              "127.0.0.1:0", "--registry", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
    assert started.returncode == 1 and "checkpoint" in started.stderr
    repair_and_serve(data, findings)


@slow
def test_a_checkpoint_that_does_not_fit(data):
    path = data / TOPIC / "checkpoint"
    lines = path.read_text().splitlines()
    path.write_text("\n".join("position 77" if line.startswith("position") else line for line in lines) + "\n")
    repair_and_serve(data, only(find(data), "damage", "checkpoint"))


@slow
@pytest.mark.parametrize("damage", ["missing", "garbage"])
def test_a_producer_snapshot_is_built_anew_from_the_batches(data, damage):
    path = next((data / TOPIC).glob("*.snapshot"))
    if damage == "missing":
        path.unlink()
    else:
        flip(path, 12)
    findings = only(find(data), "damage", "snapshot" if damage == "garbage" else path.name)
    assert not lost_offsets(findings)
    repair_and_serve(data, findings)


@slow
def test_a_damaged_journal_of_groups(data):
    flip(segments(data, JOURNAL)[0], 80)
    findings = only(find(data), "damage", "__consumer_offsets")
    assert any("commits of groups" in finding["lost"] for finding in findings)
    repair_and_serve(data, findings)


@slow
def test_what_is_left_of_the_journal_is_kept(data):
    findings = find(data)
    assert findings == []
    server = Server(data).start()
    try:
        assert committed(server) == 700
    finally:
        server.stop()


@slow
@pytest.mark.parametrize("content", [None, "version 1\nid zz\n"], ids=["missing", "garbage"])
def test_a_topics_file_is_written_anew(data, content):
    path = data / TOPIC.parent / "topic"
    path.unlink() if content is None else path.write_text(content)
    repair_and_serve(data, only(find(data), "damage", "topics/prices/topic"))


@slow
def test_a_missing_partition_is_said_and_made_anew(data):
    shutil.rmtree(data / TOPIC)
    findings = only(find(data), "damage", "folder is missing")
    assert "all records of topic prices, partition 0" in findings[0]["lost"]
    assert fsck(data, "--repair")[0] == 0
    assert find(data) == []


@slow
def test_strangers_in_the_folders_go_to_lost_and_found(data):
    for place in (TOPIC / "notes.txt", TOPIC / "00000000000000000009.log.cut", TOPIC.parent / "x",
                  pathlib.Path("kafka/topics/no topic"), pathlib.Path("s3/blobs/00000001/readme")):
        (data / place).write_text("?")
    findings = only(find(data), "damage")
    assert len(findings) == 5
    repair_and_serve(data, findings)
    assert (data / "lost+found" / TOPIC / "notes.txt").exists()


@slow
def test_what_an_unclean_stop_leaves_is_told_apart_and_removed(data):
    (data / TOPIC / "checkpoint.new").write_text("half")
    (data / "kafka/making/abc").mkdir()
    (data / "athena/work/q").mkdir(parents=True)
    blob = blobs(data)[0].parent / ("ab" * 12)
    blob.write_bytes(b"never committed")
    findings = only(find(data), "leftover")
    assert len(findings) == 4
    repair_and_serve(data, findings)
    assert not blob.exists()


@slow
def test_a_missing_blob(data):
    blob_of(data, contents()["large"]).unlink()
    findings = only(find(data), "damage", "missing")
    assert findings[0]["place"] == "s3://lake/large"
    repair_and_serve(data, findings, lost_objects=["large"])


@slow
def test_a_blob_that_is_too_short(data):
    path = blob_of(data, contents()["large"])
    path.write_bytes(path.read_bytes()[:-1])
    findings = only(find(data), "damage", "1048575 bytes, not 1048576")
    repair_and_serve(data, findings, lost_objects=["large"])
    assert (data / "lost+found" / path.relative_to(data)).stat().st_size == 1048575


@slow
@pytest.mark.parametrize("key", ["large", "parts"])
def test_an_altered_blob_is_found_by_its_digest(data, key):
    path = blob_of(data, contents()[key])
    flip(path, 1000)
    assert find(data) == []  # same size: only its content tells
    findings = only(find(data, "--deep"), "damage", f"s3://lake/{key}")
    repair_and_serve(data, findings, lost_objects=[key])
    assert (data / "lost+found" / path.relative_to(data)).exists()


@slow
def test_an_altered_file_of_two_names_costs_both_objects(data):
    one, other = (path for path in blobs(data) if path.read_bytes() == contents()["small"])
    other.unlink()
    other.hardlink_to(one)  # as the store made it; copying the folder made two files of it
    flip(one, 3)
    findings = only(find(data, "--deep"), "damage")
    assert {finding["place"] for finding in findings} == {"s3://lake/small", "s3://lake/copied"}
    repair_and_serve(data, findings, lost_objects=["small", "copied"])


@slow
def test_a_missing_part_of_an_upload(data):
    blob_of(data, b"unfinished").unlink()
    repair_and_serve(data, only(find(data), "damage", "of upload"))


def test_a_damaged_log_of_the_index_keeps_the_blobs(data):
    path = max((data / "s3/index").glob("*.log"), key=lambda log: log.stat().st_size)
    flip(path, path.stat().st_size // 2)
    findings = only(find(data), "damage", "index")
    code, repaired, log = fsck(data, "--repair")
    assert code == 0, (repaired, log)
    assert find(data, "--deep") == []
    server = Server(data).start()
    try:
        s3 = server.client("s3")
        kept = {item["Key"] for item in s3.list_objects_v2(Bucket="lake").get("Contents", [])}
        for key in kept:
            assert s3.get_object(Bucket="lake", Key=key)["Body"].read() == contents()[key]
    finally:
        server.stop()
    # What lost its entry is not deleted: the bytes are there to be looked at.
    aside = {path.read_bytes() for path in (data / "lost+found/s3/blobs").rglob("*") if path.is_file()}
    assert all(contents()[key] in aside for key in contents().keys() - kept)


@slow
def test_damaged_pages_of_the_catalog_cost_only_what_is_on_them(data):
    path = data / "catalog.sqlite"
    assert path.stat().st_size > 8 * 4096
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xA5" * 4096
    path.write_bytes(content)
    findings = only(find(data), "damage", "catalog.sqlite")
    repair_and_serve(data, findings)
    server = Server(data).start()
    try:
        tables = server.client("glue").get_tables(DatabaseName="market")["TableList"]
        partitions = server.client("glue").get_partitions(DatabaseName="market", TableName="t0")["Partitions"]
        assert len(tables) + len(partitions) > 60
    finally:
        server.stop()


@slow
def test_a_catalog_that_is_no_database_any_more(data):
    (data / "catalog.sqlite").write_bytes(b"\xA5" * 20000)
    repair_and_serve(data, only(find(data), "damage", "catalog.sqlite"))
    assert (data / "lost+found/catalog.sqlite").stat().st_size == 20000


def test_rows_that_can_not_be_read_go_to_lost_and_found(data):
    with sqlite3.connect(data / "catalog.sqlite") as database:
        database.execute("update tables set body = cast('{' as blob) where name = cast('t7' as blob)")
        database.execute("delete from tables where name = cast('t0' as blob)")  # its partitions hang in the air
        database.execute("delete from databases where name = cast('market' as blob)")
        database.execute("insert into documents values (cast('crawler' as blob), cast('c' as blob), cast('x' as blob))")
    database.close()
    with sqlite3.connect(data / "athena/athena.sqlite") as database:
        database.execute("update executions set body = '[]'")
    database.close()
    findings = only(find(data), "damage", "there is no such table", "tables market/t7", "but not the database",
                    "documents crawler/c", "athena.sqlite, executions")
    assert len(findings) == 90 + 4
    repair_and_serve(data, findings)
    assert (data / "lost+found/catalog-rows.txt").read_text().count("\n") == 92
    server = Server(data).start()
    try:
        tables = server.client("glue").get_tables(DatabaseName="market")["TableList"]
        assert {table["Name"] for table in tables} == {f"t{i}" for i in range(40)} - {"t0", "t7"}
    finally:
        server.stop()


@slow
def test_credentials_that_can_not_be_read(data):
    (data / "credentials.json").write_text("{")
    repair_and_serve(data, only(find(data), "damage", "credentials.json"))
