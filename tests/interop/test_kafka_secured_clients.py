"""kcat, kafka-python and kafkajs against listeners with TLS and SASL (Java: test_kafka_tools.py, confluent-kafka:
test_kafka_security.py)."""
import json
import shutil
import ssl
import subprocess

import pytest
from kafka import KafkaConsumer, KafkaProducer

import test_kafka_node
from support.secured import MECHANISMS, PASSWORD, Secured

WAYS = [*((protocol, mechanism) for protocol in ("SASL_PLAINTEXT", "SASL_SSL") for mechanism in MECHANISMS), ("SSL", None)]
LINES = [f"line {i}" for i in range(100)]


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    running = Secured(tmp_path_factory.mktemp("secured"))
    yield running
    running.server.stop()


@pytest.mark.parametrize("protocol, mechanism", WAYS)
def test_kcat(secured, protocol, mechanism):
    if shutil.which("kcat") is None:
        pytest.skip("kcat is not installed")
    settings = secured.settings(protocol, mechanism and "admin", mechanism)
    if mechanism is None:
        pem = secured.authority.issue("admin")
        settings |= {"ssl.certificate.location": pem, "ssl.key.location": pem}
    server = settings.pop("bootstrap.servers")
    flags = [word for key, value in settings.items() for word in ("-X", f"{key}={value}")]

    def kcat(*arguments, text=None):
        done = subprocess.run(["kcat", "-b", server, *flags, "-t", topic, "-p", "0", *arguments], input=text,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    topic = secured.topic()
    kcat("-P", text="\n".join(LINES) + "\n")
    assert kcat("-C", "-o", "beginning", "-e", "-q").splitlines() == LINES


@pytest.mark.parametrize("protocol, mechanism", WAYS)
def test_kafka_python(secured, protocol, mechanism):
    settings = {"bootstrap_servers": secured.at[protocol], "security_protocol": protocol}
    if protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=secured.authority.file)
        if mechanism is None:
            context.load_cert_chain(secured.authority.issue("admin"))
        settings["ssl_context"] = context
    if mechanism:
        settings |= {"sasl_mechanism": mechanism, "sasl_plain_username": "admin", "sasl_plain_password": PASSWORD}
    topic = secured.topic()
    producer = KafkaProducer(**settings)
    for line in LINES:
        producer.send(topic, line.encode(), partition=0)
    producer.flush(60)
    producer.close()
    consumer = KafkaConsumer(topic, auto_offset_reset="earliest", consumer_timeout_ms=60_000, **settings)
    got = []
    for record in consumer:
        got.append(record.value.decode())
        if len(got) == len(LINES):
            break
    consumer.close()
    assert got == LINES


@pytest.mark.parametrize("protocol, mechanism", WAYS)
def test_kafkajs(secured, protocol, mechanism):
    settings = {"brokers": [secured.at[protocol]], "topic": secured.topic(), "count": len(LINES)}
    if protocol.endswith("SSL"):
        settings["ssl"] = {"ca": secured.authority.file.read_text()}
    if mechanism:
        settings["sasl"] = {"mechanism": mechanism.lower(), "username": "admin", "password": PASSWORD}
    else:
        pem = secured.authority.issue("admin").read_text()
        settings["ssl"] |= {"cert": pem, "key": pem[pem.index("-----BEGIN PRIVATE KEY"):]}
    test_kafka_node.run_program("kafkajs", "secured.mjs", json.dumps(settings))
