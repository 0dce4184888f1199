"""`produce`, `consume` and `segments`: records in, records out, and what the files hold."""
import collections
import csv
import io
import json
import signal
import subprocess
import time

import pytest

from conftest import BINARY


def create(server, topic, partitions=1, *configs):
    server.run("topics", "create", topic, "--partitions", partitions, *[word for c in configs for word in ("--config", c)])


def lines(done):
    return done.stdout.splitlines()


def records(server, topic, *arguments):
    return [json.loads(line) for line in lines(server.run("consume", topic, "--output", "json", *arguments))]


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_lines_become_records_in_the_partition_of_their_key_and_each_offset_is_told(server):
    create(server, "rc.keys", 3)
    text = "".join(f"k{i % 7}:v{i}\n" for i in range(70))
    done = server.run("produce", "rc.keys", "--key-separator", ":", input=text)
    told = [line.split(maxsplit=3) for line in lines(done)[1:]]
    assert "70 records sent, 70 acknowledged" in done.stderr
    assert {int(row[0]) for row in told} == set(range(1, 71))
    assert {row[3] for row in told} == {"by all in-sync replicas"}
    seen = records(server, "rc.keys")
    assert {(r["partition"], r["offset"], r["value"]) for r in seen} == {
        (int(row[1]), int(row[2]), f"v{int(row[0]) - 1}") for row in told}
    places = collections.defaultdict(set)
    for record in seen:
        places[record["key"]].add(record["partition"])
    assert len(places) == 7 and all(len(partitions) == 1 for partitions in places.values())
    from kafka.partitioner import murmur2  # Java's hash, by other people
    assert all(partitions == {(murmur2(key.encode()) & 0x7FFFFFFF) % 3} for key, partitions in places.items())


@pytest.mark.parametrize("acks, said", [("0", "not asked for"), ("1", "by the leader"), ("all", "by all in-sync replicas")])
def test_acks_are_asked_for_as_told(server, acks, said):
    create(server, f"rc.acks{acks}")
    done = server.run("produce", f"rc.acks{acks}", "--acks", acks, input="a\nb\n")
    told = [line.split(maxsplit=3) for line in lines(done)[1:]]
    assert [row[3] for row in told] == [said, said]
    assert [row[2] for row in told] == (["?", "?"] if acks == "0" else ["0", "1"])
    wait_for(lambda: [r["value"] for r in records(server, f"rc.acks{acks}")] == ["a", "b"])


def test_a_record_whose_acknowledgement_does_not_come_is_told_and_the_exit_code_says_so(own_server):
    create(own_server, "frozen")
    producer = subprocess.Popen([BINARY, "produce", "frozen", "--timeout", "2s"], env=own_server.environment(),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    producer.stdin.write("first\n")
    producer.stdin.flush()
    wait_for(lambda: [r["value"] for r in records(own_server, "frozen")] == ["first"])
    own_server.process.send_signal(signal.SIGSTOP)
    try:
        out, err = producer.communicate("second\n", timeout=60)
    finally:
        own_server.process.send_signal(signal.SIGCONT)
    assert producer.returncode == 1 and "2 records sent, 1 acknowledged" in err
    assert "no: not acknowledged" in out.splitlines()[-1] and "?" in out.splitlines()[-1]


def test_what_is_read_can_start_at_an_offset_a_time_or_the_end_and_stop_after_so_many(server):
    from confluent_kafka import Producer
    create(server, "rc.from", 2)
    producer = Producer({"bootstrap.servers": server.kafka})
    day = 1_509_494_400_000  # 2017-11-01
    for i in range(20):
        producer.produce("rc.from", f"{i}".encode(), partition=i % 2, timestamp=day + i * 3_600_000,
                         headers=[("n", str(i).encode()), ("none", None)])
    assert producer.flush(30) == 0
    values = lambda *arguments: sorted(int(r["value"]) for r in records(server, "rc.from", *arguments))
    assert values() == list(range(20))
    assert values("--partition", "1", "--from", "7") == [15, 17, 19]
    assert values("--from", "2017-11-01T12:00:00Z") == list(range(12, 20))
    assert values("--from", "2017-11-01T12:00:00.001Z") == list(range(13, 20))
    assert values("--from", "2017-11-02") == [] and values("--from", "end") == []
    assert values("--from=-3") == list(range(14, 20)) and values("--from=-100", "--max", "20") == list(range(20))
    assert len(values("--max", "3")) == 3
    first = records(server, "rc.from", "--partition", "0", "--max", "1")[0]
    assert first == {"topic": "rc.from", "partition": 0, "offset": 0, "timestamp_ms": day, "key": None, "value": "0",
                     "headers": [{"name": "n", "value": "0"}, {"name": "none", "value": None}]}
    assert lines(server.run("consume", "rc.from", "--output", "value", "--partition", "0"))[:2] == ["0", "2"]
    # Through librdkafka too: the clients that work in batches can't do what this asks for.
    assert records(server, "rc.from", "--partition", "0", "--max", "1", "-X", "socket.keepalive.enable=true") == [first]


def test_tail_shows_the_last_records_and_those_that_come(server):
    create(server, "rc.tail")
    server.run("produce", "rc.tail", input="".join(f"{i}\n" for i in range(30)))
    tail = subprocess.Popen([BINARY, "tail", "rc.tail", "-n", "3", "--output", "value", "--max", "5"],
                            env=server.environment(), stdout=subprocess.PIPE, text=True)
    assert [tail.stdout.readline().strip() for _ in range(3)] == ["27", "28", "29"]
    server.run("produce", "rc.tail", input="new\nnewer\nnewest\n")
    out, _ = tail.communicate(timeout=60)
    assert tail.returncode == 0 and out.split() == ["new", "newer"]


@pytest.mark.parametrize("arguments, code, said", [
    (("consume", "rc.absent"), 1, "no topic rc.absent"),
    (("produce", "rc.absent"), 1, "no topic rc.absent"),
    (("segments", "rc.absent"), 1, "no topic rc.absent"),
    (("consume", "rc.wrong", "--partition", "7"), 1, "partitions 0 to 0"),
    (("consume", "rc.wrong", "--from", "yesterday"), 2, "--from yesterday"),
    (("consume", "rc.wrong", "--from", "2017-11-31"), 2, "--from 2017-11-31"),
    (("consume", "rc.wrong", "--from", "5"), 2, "partition 0 has the offsets"),
    (("consume", "rc.wrong", "--group", "g", "--from", "5"), 2, "--group"),
    (("consume", "rc.wrong", "--group", "g", "--from=-5"), 2, "--group"),
    (("consume", "rc.wrong", "--from=-5x"), 2, "--from -5x"),
    (("consume", "rc.wrong", "--output", "xml"), 2, "--output"),
    (("produce", "rc.wrong", "--acks", "2"), 2, "--acks"),
    (("produce", "rc.wrong", "--key-separator", "="), 2, 'line 1: there is no "="'),
])
def test_what_can_not_be_done_is_refused_by_name(server, arguments, code, said):
    try:
        create(server, "rc.wrong")
    except AssertionError:
        pass  # there from an earlier case
    done = server.run(*arguments, check=False, input="without\n", timeout=60)
    assert done.returncode == code and said in done.stderr, done.stderr


def test_a_terminal_gets_no_control_characters_and_json_no_broken_text(server):
    from confluent_kafka import Producer
    create(server, "rc.bytes")
    producer = Producer({"bootstrap.servers": server.kafka})
    for value in (b"\x1b[2Jgone", b"\xff\xfe", "grüß\u009b".encode(), None, b""):
        producer.produce("rc.bytes", value, partition=0)
    assert producer.flush(30) == 0
    shown = server.run("consume", "rc.bytes").stdout
    assert "\x1b" not in shown and "\u009b" not in shown
    assert [line[57:] for line in shown.splitlines()[1:]] == [r"\x1b[2Jgone", r"\xff\xfe", r"grüß\xc2\x9b", "(none)", ""]
    assert [r["value"] for r in records(server, "rc.bytes")] == [
        "\x1b[2Jgone", {"base64": "//4="}, "grüß\u009b", None, ""]


def test_a_group_goes_on_where_it_stopped_and_shares_partitions_with_who_joins(server):
    create(server, "rc.group", 4)
    server.run("produce", "rc.group", "--key-separator", ":", "-q", input="".join(f"{i}:{i}\n" for i in range(200)))
    first = server.run("consume", "rc.group", "--group", "rc", "--max", "50", "--output", "value")
    rest = server.run("consume", "rc.group", "--group", "rc", "--output", "value")
    assert sorted(map(int, lines(first) + lines(rest))) == list(range(200))
    assert "rebalance: partitions 0,1,2,3 of rc.group" in first.stderr
    assert lines(server.run("consume", "rc.group", "--group", "rc", "--output", "value")) == []
    described = list(csv.DictReader(io.StringIO(server.run("groups", "describe", "rc", "--output", "csv").stdout)))
    assert sum(int(row["offset"]) for row in described) == 200 and {row["lag"] for row in described} == {"0"}

    def follow():
        return subprocess.Popen([BINARY, "consume", "rc.group", "--group", "rc2", "--follow", "--output", "value"],
                                env=server.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    members = [follow()]
    try:
        assert "partitions 0,1,2,3" in members[0].stderr.readline()
        members.append(follow())
        assert members[1].stderr.readline().count(",") == 1  # two of four
        members[1].send_signal(signal.SIGINT)
        assert members[1].wait(timeout=60) == 0
        while "partitions 0,1,2,3" not in (line := members[0].stderr.readline()):
            assert line, "it has ended"
        members[0].send_signal(signal.SIGINT)
        assert members[0].wait(timeout=60) == 0
        outputs = [member.stdout.read().split() for member in members]
        assert set(map(int, outputs[0] + outputs[1])) == set(range(200))
    finally:
        for member in members:
            member.kill()
            member.wait()


def test_segments_show_what_the_files_hold_while_the_server_runs(own_server):
    create(own_server, "files", 1, "segment.bytes=16384")
    for _ in range(4):
        own_server.run("produce", "files", "-q", input="".join(f"{i:0100d}\n" for i in range(100)))
    data = ("--data", own_server.data)
    read = lambda *arguments: list(csv.DictReader(io.StringIO(
        own_server.run("segments", "files", *data, "--output", "csv", *arguments).stdout)))
    segments = read()
    assert len(segments) > 1 and sum(int(s["records"]) for s in segments) == 400
    folder = own_server.data / "kafka" / "topics" / "files" / "0"
    assert [s["segment"] + ".log" for s in segments] == sorted(path.name for path in folder.glob("*.log"))
    assert [int(s["bytes"]) for s in segments] == [path.stat().st_size for path in sorted(folder.glob("*.log"))]
    for before, after in zip(segments, segments[1:]):
        assert before["next_offset"] == after["first_offset"]
    batches = read("--batches")
    assert sum(int(b["records"]) for b in batches) == 400 and {b["kind"] for b in batches} == {"data"}
    assert sum(int(b["bytes"]) for b in batches) == sum(int(s["bytes"]) for s in segments)
    assert len({b["producer"] for b in batches}) == 4  # one a run: idempotent producers
    own_server.stop()  # the indexes are on disk
    starts = {(b["first_offset"], b["position"]) for b in batches}
    entries = [(e["offset"], e["position"]) for e in read("--indexes") if e["index"] == "offset"]
    assert set(entries) <= starts


def test_segments_read_the_files_of_apache_kafka_too(server, tmp_path):
    create(server, "rc.layout", 2)
    server.run("produce", "rc.layout", "--partition", "1", "-q", input="x\ny\n")
    for partition in (0, 1):
        folder = tmp_path / f"rc.layout-{partition}"
        folder.mkdir()
        source = server.data / "kafka" / "topics" / "rc.layout" / str(partition) / f"{0:020}.log"
        (folder / source.name).write_bytes(source.read_bytes())
    table = server.run("segments", "rc.layout", "--data", tmp_path, "--output", "csv").stdout
    assert [row["records"] for row in csv.DictReader(io.StringIO(table))] == ["0", "2"]
