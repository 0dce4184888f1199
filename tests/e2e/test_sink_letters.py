"""Records that are no rows: each kind, with its reason; tombstones as told; floods of them; schemas that change."""
import json
import time

from conftest import BINARY
from conftest import SANITIZED
from test_sink_verify import objects, peak_kb, produce, rows

SCHEMA = {"fields": [{"name": "id", "type": "bigint", "required": True}, {"name": "at", "type": "date"},
                     {"name": "price", "type": "decimal(8,2)"}, {"name": "size", "type": "int"},
                     {"name": "name", "type": "string"}, {"name": "real", "type": "double"}],
          "sort": ["id"], "time": "at", "partition_by": "year"}

BAD = [
    (b'{"at":"2016-01-01"}', "field id is missing"),
    (b'{"id":1,"at":"2016-13-01"}', "field at: '2016-13-01' is not a date"),
    (b'{"id":"x"}', "field id: 'x' is not a whole number"),
    (b'{"id":1,"price":1.234}', "field price"),
    (b'{"id":1,"price":12345678}', "field price"),
    (b'{"id":1,"size":3000000000}', "field size: '3000000000' does not fit 32 bits"),
    (b'{"id":1,"real":NaN}', "not JSON"),
    (b'{"id":1,"real":"NaN"}', "is not a finite number"),
    (b'{"id":1,"id":2}', "field id is there twice"),
    (b'{"id":1,"name":"\xff\xfe"}', "not UTF-8"),
    (b'{"id":1,"more":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested more than 100 deep"),
    (b'{"id":1,"name":{"a":1}}', "field name is not string"),
    (b'{"id":1', "cut off"),
    (b"[1]", "not a JSON object"),
    (b"null", "not a JSON object"),
    (b"", "not a JSON object"),
    (b"x" * 950_000, "not a JSON object"),
]


def letters_of(server, topic, count):
    from confluent_kafka import Consumer

    consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": f"read-{topic}", "auto.offset.reset": "earliest"})
    consumer.subscribe([f"{topic}.dlq"])
    letters, deadline = [], time.time() + 60
    while len(letters) < count and time.time() < deadline:
        letters += [m for m in consumer.consume(10_000, 1) if not m.error()]
    consumer.close()
    return letters


def schema_file(tmp_path, schema=SCHEMA):
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(schema))
    return path


def test_every_kind_of_bad_record_is_a_letter_with_its_origin_and_reason(server, tmp_path):
    server.run("topics", "create", "letters", "--partitions", "1")
    produce(server, "letters", [value for value, _ in BAD] + [b'{"id":7,"unknown":{"deep":[1]}}'])
    sink = ("sink", "--topic", "letters", "--to", "s3://letters/t", "--schema", schema_file(tmp_path), "--until-end")
    server.run(*sink)
    letters = letters_of(server, "letters", len(BAD))
    assert len(letters) == len(BAD)
    for offset, ((value, reason), letter) in enumerate(zip(BAD, letters)):
        headers = {name: text.decode() for name, text in letter.headers()}
        assert headers["topic"] == "letters" and headers["partition"] == "0" and headers["offset"] == str(offset)
        assert abs(int(headers["timestamp"]) - time.time() * 1000) < 3_600_000
        assert reason in headers["reason"], headers
        assert letter.key() == b"k"
        if len(value) > 900_000:
            assert headers["truncated"] == str(len(value) + 1) and value.startswith(letter.value())
        else:
            assert letter.value() == value
    done = server.run("sink", "verify", "--topic", "letters", "--to", "s3://letters/t", "--output", "json")
    its = json.loads(done.stdout)[0]
    assert (its["rows"], its["dead_letters"]) == (1, len(BAD))


def test_tombstones_are_counted_or_letters_as_told(server, tmp_path):
    for name, flags, letters, tombstones in (("tombs", (), 0, 5), ("tombletters", ("--tombstones", "dead-letter"), 5, 0)):
        server.run("topics", "create", name, "--partitions", "1")
        produce(server, name, rows(0, 10) + [None] * 5)
        server.run("sink", "--topic", name, "--to", f"s3://letters/{name}", "--schema", schema_file(tmp_path),
                   "--until-end", *flags)
        done = server.run("sink", "verify", "--topic", name, "--to", f"s3://letters/{name}", "--output", "json")
        its = json.loads(done.stdout)[0]
        assert (its["rows"], its["dead_letters"], its["tombstones"]) == (10, letters, tombstones)
        if letters:
            found = letters_of(server, name, letters)
            assert [m.value() for m in found] == [None] * 5
            assert b"no value" in dict(found[0].headers())["reason"]


def test_a_flood_of_bad_records_is_written_without_eating_memory(server, tmp_path):
    count = 400_000
    server.run("topics", "create", "flood", "--partitions", "1")
    produce(server, "flood", [b"bad record %d" % i for i in range(count)] + rows(0, 5))
    command = [BINARY, "sink", "--topic", "flood", "--to", "s3://letters/flood", "--schema", str(schema_file(tmp_path)),
               "--until-end", "--flush-interval", "1h"]
    peak = peak_kb(command, server)
    assert SANITIZED or peak < 700 * 1024, peak  # 400,000 letters at once would take 60 MB more each 100,000
    done = server.run("sink", "verify", "--topic", "flood", "--to", "s3://letters/flood", "--output", "json")
    its = json.loads(done.stdout)[0]
    assert (its["rows"], its["dead_letters"]) == (5, count)
    assert its["plans"] >= 4
    letters = letters_of(server, "flood", count)
    assert len({dict(m.headers())["offset"] for m in letters}) == len(letters) == count


def test_a_schema_changes_when_it_is_given_anew_and_not_by_records(server, tmp_path):
    """Records with other members go on as rows of the old schema; --schema starts a new one with the next plan."""
    import duckdb

    sink = ("sink", "--topic", "evolves", "--to", "s3://letters/evolves", "--until-end")
    server.run("topics", "create", "evolves", "--partitions", "1")
    old = {**SCHEMA, "fields": SCHEMA["fields"][:2]}
    produce(server, "evolves", rows(0, 10))
    server.run(*sink, "--schema", schema_file(tmp_path, old))
    produce(server, "evolves", [json.dumps({"id": i, "at": "2016-01-01", "price": 1.5}).encode() for i in range(10, 20)])
    server.run(*sink)  # the last plan's schema: price is passed over
    produce(server, "evolves", [json.dumps({"id": i, "at": "2016-01-01", "price": 2.5}).encode() for i in range(20, 30)])
    server.run(*sink, "--schema", schema_file(tmp_path))
    produce(server, "evolves", [b'{"id":30,"price":"a lot"}'])  # a changed type
    server.run(*sink)
    files = []
    for key in objects(server, "letters", "evolves/"):
        path = tmp_path / key.rpartition("/")[2].replace("+", "_")
        path = path.with_name(f"{len(files)}-{path.name}")
        server.client("s3").download_file("letters", key, str(path))
        files.append(str(path))
    found = duckdb.sql(f"select id, price from read_parquet({files!r}, union_by_name = true) order by id").fetchall()
    assert [(int(i), None if p is None else float(p)) for i, p in found] == [
        (i, 2.5 if i >= 20 else None) for i in range(30)]
    done = server.run("sink", "verify", "--topic", "evolves", "--to", "s3://letters/evolves", "--output", "json")
    assert json.loads(done.stdout)[0]["dead_letters"] == 1
