"""/metrics: the form Prometheus reads, and numbers that are what happened; the log's lines; `status`."""
import contextlib
import json
import re
import time
import urllib.error
import urllib.request

import confluent_kafka
import pytest
from botocore.config import Config
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from conftest import Server


def web(server):
    return "http://" + json.loads((server.data / "endpoints.json").read_text())["web"]


def scrape_text(server):
    with urllib.request.urlopen(web(server) + "/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


def scrape(server):
    """All samples: (name, labels as a sorted tuple) → value."""
    samples = {}
    for family in text_string_to_metric_families(scrape_text(server)):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, f"{key} is there twice"
            samples[key] = sample.value
    return samples


def value(samples, name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))), 0)


def until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def produce(server, topic, count, size=100):
    admin = AdminClient({"bootstrap.servers": server.kafka})  # must outlive its answers
    admin.create_topics([NewTopic(topic, 1)])[topic].result(30)
    producer = confluent_kafka.Producer({"bootstrap.servers": server.kafka, "acks": "all"})
    for i in range(count):
        producer.produce(topic, f"{i:0{size}}")
    assert producer.flush(60) == 0


def test_every_family_has_help_a_type_a_proper_name_and_its_samples_together(server):
    text = scrape_text(server)
    families = {}
    current = None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            current, help_text = line[7:].split(" ", 1)
            assert current not in families and help_text.endswith("."), line
            families[current] = None
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and kind in ("counter", "gauge", "histogram"), line
            families[current] = kind
        else:
            name = re.match(r"[a-z_:][a-z0-9_:]*", line)[0]
            if families[current] == "histogram":
                name = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name == current, line
    for name, kind in families.items():
        assert re.fullmatch(r"(tickerlake|process|kafka)_[a-z0-9_]+", name)
        assert name.endswith("_total") == (kind == "counter"), name
        assert not (kind == "histogram") or name.endswith("_seconds"), name
    assert len(families) > 25  # more once topics, groups and requests are there
    assert text.endswith("\n")


def test_histograms_are_cumulative_and_end_with_their_count(server):
    server.client("s3").list_buckets()
    samples = scrape(server)
    series = {}
    for (name, labels), count in samples.items():
        if name.endswith("_bucket"):
            rest = tuple(label for label in labels if label[0] != "le")
            series.setdefault((name, rest), []).append((float(dict(labels)["le"].replace("+Inf", "inf")), count))
    assert series
    for (name, labels), buckets in series.items():
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts), name
        assert counts[-1] == samples[(name.removesuffix("_bucket") + "_count", labels)]


def test_the_broker_counts_what_is_produced_fetched_committed(server):
    before = scrape(server)
    produce(server, "metered", 500)
    consumer = confluent_kafka.Consumer({"bootstrap.servers": server.kafka, "group.id": "metering",
                                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe(["metered"])
    got = []
    until(lambda: (got.extend(consumer.consume(100, 1.0)), len(got) >= 500)[1], "the records do not come")
    consumer.commit(offsets=[confluent_kafka.TopicPartition("metered", 0, 200)], asynchronous=False)
    after = scrape(server)
    consumer.close()

    def grown(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("tickerlake_kafka_messages_in_total") >= 500
    assert grown("tickerlake_kafka_bytes_in_total") >= 500 * 100
    assert grown("tickerlake_kafka_bytes_out_total") >= 500 * 100
    assert grown("tickerlake_kafka_request_seconds_count", api="Produce") >= 1
    assert grown("tickerlake_kafka_request_seconds_count", api="Fetch") >= 1
    assert grown("tickerlake_kafka_sync_seconds_count") >= 1
    assert grown("tickerlake_kafka_sync_bytes_total") >= 500 * 100
    assert grown("tickerlake_kafka_connections_total") >= 2
    at = {"topic": "metered", "partition": "0"}
    assert value(after, "tickerlake_kafka_high_watermark", **at) == 500
    assert value(after, "tickerlake_kafka_log_end_offset", **at) == 500
    assert value(after, "tickerlake_kafka_log_size_bytes", **at) >= 500 * 100
    assert value(after, "tickerlake_kafka_group_lag", group="metering", **at) == 300
    assert value(after, "tickerlake_kafka_group_members", group="metering") == 1
    assert value(after, "tickerlake_kafka_connections") >= 1
    assert grown("tickerlake_kafka_topics") >= 1
    # the same as dashboards for Apache Kafka ask for it
    assert grown("kafka_server_brokertopicmetrics_messagesin_total") >= 500
    assert grown("kafka_network_requestmetrics_requests_total", request="Produce") >= 1
    assert value(after, "kafka_consumergroup_lag", consumergroup="metering", **at) == 300
    assert value(after, "kafka_topic_partition_current_offset", **at) == 500
    assert value(after, "kafka_log_log_size", **at) >= 500 * 100
    assert ("kafka_server_replicamanager_underminisrpartitioncount", ()) in after


def test_the_store_counts_requests_bytes_and_each_buckets_objects(own_server):
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="metered")
    for i in range(3):
        s3.put_object(Bucket="metered", Key=f"k{i}", Body=b"x" * 1000)
    s3.put_object(Bucket="metered", Key="k0", Body=b"x" * 10)  # replaces
    s3.delete_object(Bucket="metered", Key="k1")
    assert len(s3.get_object(Bucket="metered", Key="k2")["Body"].read()) == 1000
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="metered", Key="none")
    samples = scrape(own_server)
    assert value(samples, "tickerlake_s3_objects", bucket="metered") == 2
    assert value(samples, "tickerlake_s3_bytes", bucket="metered") == 1010
    assert value(samples, "tickerlake_aws_requests_total", service="s3", operation="PutObject", status="200") == 4
    assert value(samples, "tickerlake_aws_requests_total", service="s3", operation="GetObject", status="200") == 1
    assert value(samples, "tickerlake_aws_requests_total", service="s3", operation="GetObject", status="404") == 1
    assert value(samples, "tickerlake_s3_bytes_in_total") >= 3010
    assert value(samples, "tickerlake_s3_bytes_out_total") >= 1000
    own_server.kill()
    own_server.restart()  # what a bucket holds is counted anew from the index
    until(lambda: value(scrape(own_server), "tickerlake_s3_bytes", bucket="metered") == 1010, "the count is not back")
    assert value(scrape(own_server), "tickerlake_s3_objects", bucket="metered") == 2


def test_catalog_and_queries_are_counted(server):
    before = scrape(server)
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "metered"})
    server.run("sql", "select 1")
    assert server.run("sql", "select nothing", check=False).returncode == 1
    after = scrape(server)

    def grown(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("tickerlake_glue_databases") >= 1
    assert grown("tickerlake_aws_requests_total", service="glue", operation="CreateDatabase", status="200") == 1
    assert grown("tickerlake_athena_queries_total", state="SUCCEEDED") >= 1
    assert grown("tickerlake_athena_query_seconds_count") >= 1
    assert value(after, "tickerlake_athena_queries_running") >= 0


def test_the_process_and_the_build_are_there(server):
    samples = scrape(server)
    assert value(samples, "process_resident_memory_bytes") > 1e6
    assert value(samples, "process_open_fds") > 3
    assert abs(value(samples, "process_start_time_seconds") - time.time()) < 3600
    assert any(name == "tickerlake_build_info" for name, _ in samples)


def test_metrics_are_on_the_web_port_only(server):
    endpoints = json.loads((server.data / "endpoints.json").read_text())
    for port in ("aws", "registry"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{endpoints[port]}/metrics", timeout=10)
        assert refused.value.code in (403, 404)
        assert b"tickerlake_kafka" not in refused.value.read()


def test_status_tells_the_summary(server):
    produce(server, "summed", 10)
    text = server.run("status", "--data", server.data).stdout
    assert re.search(r"kafka .* up .*partitions, [\d,]+ records", text)
    assert re.search(r"aws .* up .*objects in \d+ bucket", text)
    assert re.search(r"process .* up .*threads", text)
    rows = json.loads(server.run("status", "--data", server.data, "--output", "json").stdout)
    assert {row["service"] for row in rows} >= {"kafka", "aws", "dashboard", "registry", "process"}


@pytest.fixture
def json_server(tmp_path):
    running = Server(tmp_path / "data")
    running.arguments = ("--kafka", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--web", "127.0.0.1:0", "--registry",
                         "127.0.0.1:0", "--log-format", "json", "--log-level", "debug", "--slow-request-ms", "0")
    yield running.start()
    running.stop()


def test_json_lines_hold_fields_and_no_secrets(json_server):
    s3 = json_server.client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="logged")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "logged", "Key": "a"})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"x", method="PUT"), timeout=10) as answer:
        assert answer.status == 200
    produce(json_server, "logged", 10)
    json_server.stop()
    text = json_server.data.with_suffix(".log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert all({"time", "severity", "component", "message"} <= line.keys() for line in lines)
    assert {line["severity"] for line in lines} >= {"debug", "info"}
    slow = [line for line in lines if line["message"] == "slow request"]
    # The first ten of ten seconds are there, whichever they are.
    assert any(line["component"] == "kafka" and line["api"] and int(line["us"]) >= 0 and int(line["bytes"]) > 0
               and line["client"] == "rdkafka" and line["principal"] == "User:ANONYMOUS" for line in slow)
    assert any(line["component"] == "aws" and line["method"] and line["path"].startswith("/") for line in slow)
    assert len([line for line in slow if line["component"] == "kafka"]) <= 60
    assert json_server.secret_key not in text
    assert "X-Amz-Signature" not in text and "Signature=" not in text


def test_broken_clients_are_logged_and_do_not_flood(own_server):
    import socket
    host, port = own_server.kafka.rsplit(":", 1)
    for _ in range(200):
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):  # closed with bytes unread
                while client.recv(100):
                    pass
    until(lambda: value(scrape(own_server), "tickerlake_kafka_bad_requests_total") == 200, "each is counted")
    lines = [line for line in own_server.data.with_suffix(".log").read_text().splitlines() if "warning kafka" in line]
    assert 1 <= len(lines) <= 60
    assert "peer=127.0.0.1:" in lines[0] and "a request of" in lines[0]
