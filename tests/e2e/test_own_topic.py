"""The sink on a topic that `replay` did not write, by a declared schema; and a clean Ctrl-C of both halves."""
import json
import signal
import subprocess
import time

from conftest import BINARY
from test_main_job import assert_table_equals_files, sql

ORDERS = [{"id": i, "city": ["Bern", "Zürich", "a/b"][i % 3], "amount": f"{i}.25", "at": f"2024-0{1 + i % 3}-15",
           "note": None if i % 2 else "x", "unnamed": True} for i in range(300)]

SCHEMA = {"fields": [{"name": "order_id", "type": "bigint", "from": "id", "required": True},
                     {"name": "city", "type": "string"}, {"name": "amount", "type": "decimal(12,2)"},
                     {"name": "ordered_on", "type": "date", "from": "at"}, {"name": "note", "type": "string"},
                     {"name": "kafka_offset", "type": "bigint", "from": "$offset"}],
          "sort": ["order_id"], "time": "ordered_on", "partition_by": "month"}


def produce(server, topic):
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": server.kafka})
    for order in ORDERS:
        producer.produce(topic, json.dumps(order).encode(), key=str(order["id"]).encode())
    assert producer.flush(30) == 0


def table_of(server, topic, schema, *arguments):
    server.run("sink", "--topic", topic, "--to", f"s3://own/{topic}", "--schema", schema, "--until-end", *arguments)
    server.run("crawl", f"s3://own/{topic}", "--database", topic)
    columns = "order_id, city, amount, ordered_on, note"
    return sql(server, f'select {columns} from "{topic}" order by order_id', topic)


WANTED = [[str(o["id"]), o["city"], o["amount"], o["at"], o["note"] or ""] for o in ORDERS]


def test_a_declared_schema_makes_a_table_of_any_json_topic(server, tmp_path):
    schema = tmp_path / "orders.json"
    schema.write_text(json.dumps(SCHEMA))
    server.run("topics", "create", "orders", "--partitions", "3")
    produce(server, "orders")
    assert table_of(server, "orders", schema) == WANTED
    assert sql(server, "select distinct year, month from orders order by 1, 2", "orders") == [
        ["2024", "01"], ["2024", "02"], ["2024", "03"]]


def test_rows_can_be_partitioned_by_a_field_of_any_text(server, tmp_path):
    schema = tmp_path / "orders.json"
    schema.write_text(json.dumps(SCHEMA))
    server.run("topics", "create", "cities", "--partitions", "1")
    produce(server, "cities")
    assert table_of(server, "cities", schema, "--partition-by", "city") == WANTED


def test_a_schema_that_makes_no_sense_is_refused_by_its_file(server, tmp_path):
    schema = tmp_path / "bad.json"
    schema.write_text('{"fields":[{"name":"a","type":"colour"}]}')
    server.run("topics", "create", "badschema", "--partitions", "1")
    done = server.run("sink", "--topic", "badschema", "--to", "s3://own/badschema", "--schema", schema, "--until-end",
                      check=False)
    assert done.returncode in (1, 2) and "colour" in done.stderr


def test_ctrl_c_in_the_middle_and_the_same_command_again_give_the_same_table(server, kaggle_sample):
    def interrupted(*arguments):
        process = subprocess.Popen([BINARY, *map(str, arguments)], env=server.environment(), stderr=subprocess.PIPE)
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        return process.returncode

    replay = ("replay", kaggle_sample, "--topic", "ctrlc")
    sink = ("sink", "--topic", "ctrlc", "--to", "s3://lake/ctrlc", "--flush-rows", "3000", "--flush-interval", "200ms")
    assert interrupted(*replay, "--speed", "5000/s") == 130
    assert interrupted(*sink) == 130
    assert interrupted(*replay, "--speed", "5000/s") == 130
    server.run(*replay)
    server.run(*sink, "--until-end")
    server.run("crawl", "s3://lake/ctrlc", "--database", "ctrlc")
    assert_table_equals_files(server, kaggle_sample, "ctrlc")
