"""TLS, SASL and access control entries of the embedded broker, by other people's clients."""
import socket
import ssl
import struct
import time
import uuid

import confluent_kafka
import pytest
from confluent_kafka import admin as kafka_admin
from support.secured import MECHANISMS, PASSWORD, Secured

@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    running = Secured(tmp_path_factory.mktemp("secured"))
    yield running
    running.server.stop()


def round_trip(settings, topic, count=200):
    """Produces and consumes; raises the first error."""
    failures = []
    producer = confluent_kafka.Producer(settings | {"enable.idempotence": False, "message.timeout.ms": 20000})
    for i in range(count):
        producer.produce(topic, b"x" * 1000, str(i), on_delivery=lambda error, _: failures.append(error) if error else None)
    producer.flush(40)
    if failures:
        raise confluent_kafka.KafkaException(failures[0])
    consumer = confluent_kafka.Consumer(settings | {"group.id": f"g-{topic}", "auto.offset.reset": "earliest"})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    got, deadline = [], time.monotonic() + 60
    while len(got) < count and time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is not None:
            if message.error():
                raise confluent_kafka.KafkaException(message.error())
            got.append(message.key())
    consumer.close()
    assert got == [str(i).encode() for i in range(count)]


def first_error(settings):
    """What a client is told that can't come in."""
    told = []
    client = kafka_admin.AdminClient(settings | {"error_cb": told.append, "log_level": 0})
    deadline = time.monotonic() + 60
    while not told and time.monotonic() < deadline:
        client.poll(0.2)
    assert told, "the client was let in"
    return told[0]


def test_each_listener_and_mechanism_serves_its_clients(secured):
    topic = secured.topic()
    for operation in (kafka_admin.AclOperation.READ, kafka_admin.AclOperation.WRITE):
        secured.allow("User:alice", operation, kafka_admin.ResourceType.TOPIC, topic)
    round_trip(secured.settings("PLAINTEXT"), topic)
    pem = secured.authority.issue("alice")
    own = secured.topic()
    for operation in (kafka_admin.AclOperation.READ, kafka_admin.AclOperation.WRITE):
        secured.allow("User:alice", operation, kafka_admin.ResourceType.TOPIC, "t-",
                      kafka_admin.ResourcePatternType.PREFIXED)
    round_trip(secured.settings("SSL", **{"ssl.certificate.location": str(pem), "ssl.key.location": str(pem)}), own)
    for protocol in ("SASL_PLAINTEXT", "SASL_SSL"):
        for mechanism in MECHANISMS:
            round_trip(secured.settings(protocol, "alice", mechanism), secured.topic())


OURS = [("SSL", None, None)] + [(protocol, "admin", mechanism) for protocol in ("SASL_PLAINTEXT", "SASL_SSL")
                                for mechanism in MECHANISMS]


@pytest.mark.parametrize("protocol, user, mechanism", OURS)
def test_our_own_commands_come_in_without_librdkafka(secured, tmp_path, kaggle_sample, protocol, user, mechanism):
    pem = secured.authority.issue("admin")
    more = {"ssl.certificate.location": pem, "ssl.key.location": pem} if protocol == "SSL" else {}
    settings = secured.settings(protocol, user, mechanism, **more)
    del settings["socket.timeout.ms"]  # which librdkafka alone knows: `configs` would refuse it
    properties = tmp_path / "client.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def run(*arguments):
        return secured.server.run(*arguments, "--bootstrap", secured.at[protocol], "--kafka-config", properties).stdout

    topic, group = secured.topic(), f"g-{uuid.uuid4().hex[:12]}"
    run("replay", kaggle_sample / "Stocks" / "aapl.us.txt", "--topic", topic)
    rows = run("consume", topic, "--output", "value", "--max", 100).splitlines()
    assert len(rows) == 100 and "AAPL" in rows[0]
    consumer = confluent_kafka.Consumer(secured.settings("PLAINTEXT") | {"group.id": group})
    consumer.commit(offsets=[confluent_kafka.TopicPartition(topic, 0, 7)], asynchronous=False)
    consumer.close()
    assert group in run("groups") and f" {topic} " in run("groups", "describe", group)
    run("groups", "reset-offsets", group, "--topic", topic, "--to", "3", "--execute")
    run("groups", "delete", group)
    assert "retention.ms" in run("configs", "describe", "topic", topic, "--all")
    run("topics", "delete", topic)


@pytest.mark.parametrize("change, said", [
    ({"sasl.password": "wrong"}, "lets nobody in"),
    ({"sasl.mechanism": "PLAIN", "sasl.password": "wrong"}, "lets nobody in"),
    ({"ssl.ca.location": "strangers"}, "certificate"),
    ({"ssl.ca.location": "missing.pem"}, "missing.pem"),
])
def test_our_own_commands_say_at_once_why_they_are_not_let_in(secured, change, said):
    settings = secured.settings("SASL_SSL", "admin") | change
    if settings["ssl.ca.location"] == "strangers":
        settings["ssl.ca.location"] = secured.strangers.file
    del settings["socket.timeout.ms"]
    arguments = [word for name, value in settings.items() if name != "bootstrap.servers" for word in ("-X", f"{name}={value}")]
    done = secured.server.run("configs", "describe", "topic", "t", "--bootstrap", settings["bootstrap.servers"], *arguments, check=False)
    assert done.returncode == 1 and said in done.stderr, done.stderr


def test_metadata_names_the_listener_that_the_client_came_through(secured):
    for protocol in ("PLAINTEXT", "SASL_SSL"):
        user = "admin" if "SASL" in protocol else None
        brokers = secured.admin(protocol, user).list_topics(timeout=30).brokers
        assert [f"{broker.host}:{broker.port}" for broker in brokers.values()] == [secured.at[protocol]]


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("user, password", [("alice", "wrong"), ("nobody", PASSWORD)])
def test_wrong_passwords_and_unknown_users_are_refused(secured, mechanism, user, password):
    error = first_error(secured.settings("SASL_SSL", user, mechanism, password))
    assert error.code() == confluent_kafka.KafkaError._AUTHENTICATION, error


def test_certificates_that_are_not_believed_are_refused(secured):
    # librdkafka would not show a certificate that the server does not ask for.
    for pem in (secured.strangers.issue("alice"), secured.authority.issue("alice", days=-1)):
        context = ssl.create_default_context(cafile=secured.authority.file)
        context.load_cert_chain(pem)
        with pytest.raises(ssl.SSLError), context.wrap_socket(connect(secured, "SSL"), server_hostname="localhost") as stream:
            stream.sendall(frame(18, 0, b""))
            stream.recv(1)
    error = first_error(secured.settings("SSL") | {"ssl.ca.location": str(secured.strangers.file)})
    # librdkafka names it an error of TLS or of the transport, as the one or the other of its threads comes first.
    assert error.code() in (confluent_kafka.KafkaError._SSL, confluent_kafka.KafkaError._TRANSPORT), error
    assert "certificate verify failed" in error.str(), error


def test_who_may_not_do_a_thing_is_told_so_and_sees_nothing(secured):
    hidden, shown, group = secured.topic(), secured.topic(), f"group-{uuid.uuid4().hex[:8]}"
    secured.allow("User:bob", kafka_admin.AclOperation.READ, kafka_admin.ResourceType.TOPIC, shown)
    bob = secured.admin("SASL_PLAINTEXT", "bob")
    topics = bob.list_topics(timeout=30).topics
    assert shown in topics and hidden not in topics
    assert bob.list_topics(hidden, timeout=30).topics[hidden].error.code() == \
        confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED

    with pytest.raises(confluent_kafka.KafkaException) as refused:
        round_trip(secured.settings("SASL_PLAINTEXT", "bob"), shown)  # may be read, not written
    assert refused.value.args[0].code() == confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED
    for request in (bob.create_topics([kafka_admin.NewTopic("bobs", 1)]), bob.delete_topics([shown]),
                    bob.create_partitions([kafka_admin.NewPartitions(shown, 3)])):
        with pytest.raises(confluent_kafka.KafkaException) as refused:
            [done.result(30) for done in request.values()]
        assert refused.value.args[0].code() == confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED
    # librdkafka reads over the error of these answers, or falls over it: so the bytes themselves.
    with connect(secured, "SASL_PLAINTEXT") as stream:
        log_in(stream, "bob")
        for key, version, body in ((29, 1, struct.pack(">bhbhhbb", 1, -1, 1, -1, -1, 1, 1)), (50, 0, b"\0\0\0")):
            stream.sendall(frame(key, version, body))
            told = answer(stream)
            at = 8 if version else 9  # behind correlation and throttle time, in the flexible header also tags
            assert struct.unpack(">h", told[at:at + 2])[0] == confluent_kafka.KafkaError.CLUSTER_AUTHORIZATION_FAILED

    consumer = confluent_kafka.Consumer(secured.settings("SASL_PLAINTEXT", "bob", **{"group.id": group}))
    consumer.subscribe([shown])
    deadline, error = time.monotonic() + 60, None
    while error is None and time.monotonic() < deadline:
        message = consumer.poll(1)
        error = message.error() if message is not None else None
    consumer.close()
    assert error.code() == confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED


def test_a_denial_wins_and_entries_are_listed_and_deleted(secured):
    topic = secured.topic()
    secured.allow("User:bob", kafka_admin.AclOperation.ALL, kafka_admin.ResourceType.TOPIC, topic)
    denial = secured.allow("User:*", kafka_admin.AclOperation.WRITE, kafka_admin.ResourceType.TOPIC, topic,
                           permission=kafka_admin.AclPermissionType.DENY)
    bob = secured.settings("SASL_SSL", "bob", "SCRAM-SHA-512")
    with pytest.raises(confluent_kafka.KafkaException):
        round_trip(bob, topic)
    admin = secured.admin("SASL_SSL", "admin")
    its_own = kafka_admin.AclBindingFilter(
        kafka_admin.ResourceType.TOPIC, topic, kafka_admin.ResourcePatternType.LITERAL, None, None,
        kafka_admin.AclOperation.WRITE, kafka_admin.AclPermissionType.DENY)
    assert admin.describe_acls(its_own).result(30) == [denial]
    assert admin.delete_acls([its_own])[its_own].result(30) == [denial]
    assert admin.describe_acls(its_own).result(30) == []
    round_trip(bob, topic)


def test_users_and_entries_outlive_a_kill_and_a_deleted_user_is_none(secured):
    topic = secured.topic()
    secured.allow("User:carol", kafka_admin.AclOperation.ALL, kafka_admin.ResourceType.TOPIC, topic)
    secured.admin("PLAINTEXT").alter_user_scram_credentials([kafka_admin.UserScramCredentialUpsertion(
        "carol", kafka_admin.ScramCredentialInfo(kafka_admin.ScramMechanism.SCRAM_SHA_256, 8192), b"hers")])["carol"].result(30)
    secured.server.kill()
    secured.start()
    carol = secured.settings("SASL_SSL", "carol", password="hers")
    round_trip(carol, topic)
    secured.admin("PLAINTEXT").alter_user_scram_credentials([kafka_admin.UserScramCredentialDeletion(
        "carol", kafka_admin.ScramMechanism.SCRAM_SHA_256)])["carol"].result(30)
    assert first_error(carol).code() == confluent_kafka.KafkaError._AUTHENTICATION


def user_with_password(secured, name):
    secured.set_passwords([name])
    return secured.settings("SASL_PLAINTEXT", name)


def test_a_transaction_needs_rights_on_its_id_its_topics_and_its_group(secured):
    settings = user_with_password(secured, "dora")
    mine, foreign, group = secured.topic(), secured.topic(), f"offsets-{uuid.uuid4().hex[:8]}"

    def producer():
        return confluent_kafka.Producer(settings | {"transactional.id": "tx-dora", "message.timeout.ms": 20000})

    with pytest.raises(confluent_kafka.KafkaException) as refused:
        producer().init_transactions(30)
    assert refused.value.args[0].code() == confluent_kafka.KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    secured.allow("User:dora", kafka_admin.AclOperation.WRITE, kafka_admin.ResourceType.TRANSACTIONAL_ID, "tx-",
                  kafka_admin.ResourcePatternType.PREFIXED)
    secured.allow("User:dora", kafka_admin.AclOperation.ALL, kafka_admin.ResourceType.TOPIC, mine)

    writer = producer()
    writer.init_transactions(30)
    writer.begin_transaction()
    failures, lets_it_queue = [], True
    try:
        writer.produce(foreign, b"x", partition=0, on_delivery=lambda error, _: failures.append(error))
    except confluent_kafka.KafkaException as refusal:  # librdkafka was told of the topic before
        failures, lets_it_queue = [refusal.args[0]], False
    writer.flush(30)
    assert [error.code() for error in failures] == [confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED]
    if lets_it_queue:
        with pytest.raises(confluent_kafka.KafkaException):
            writer.commit_transaction(30)
    writer.abort_transaction(30)

    reader = confluent_kafka.Consumer(settings | {"group.id": group})
    writer.begin_transaction()
    writer.produce(mine, b"kept", partition=0)
    position = [confluent_kafka.TopicPartition(mine, 0, 1)]
    with pytest.raises(confluent_kafka.KafkaException) as refused:
        writer.send_offsets_to_transaction(position, reader.consumer_group_metadata(), 30)
    assert refused.value.args[0].code() == confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED
    writer.abort_transaction(30)
    secured.allow("User:dora", kafka_admin.AclOperation.READ, kafka_admin.ResourceType.GROUP, group)
    writer.begin_transaction()
    writer.produce(mine, b"kept", partition=0)
    writer.send_offsets_to_transaction(position, reader.consumer_group_metadata(), 30)
    writer.commit_transaction(30)
    assert [found.offset for found in reader.committed(position, 30)] == [1]
    reader.assign([confluent_kafka.TopicPartition(mine, 0, 0)])
    deadline, got = time.monotonic() + 60, []
    while not got and time.monotonic() < deadline:
        message = reader.poll(1)
        got += [message.value()] if message is not None and not message.error() else []
    reader.close()
    assert got == [b"kept"], "what was aborted is not read"


def test_an_idempotent_producer_needs_the_right_to_be_one_or_to_write_some_topic(secured):
    settings = user_with_password(secured, "emil") | {"enable.idempotence": True, "message.timeout.ms": 10000}

    def produce(topic):
        """Codes of what went wrong until the record was given up; none: it was delivered."""
        told, done = [], []
        producer = confluent_kafka.Producer(settings | {"error_cb": told.append, "log_level": 0})
        try:
            producer.produce(topic, b"x", partition=0, on_delivery=lambda error, _: done.append(error))
            deadline = time.monotonic() + 60
            while not done and time.monotonic() < deadline:
                producer.poll(0.2)
        except confluent_kafka.KafkaException as fatal:
            told.append(fatal.args[0])
        return [error.code() for error in told + done if error]

    topic = secured.topic()
    secured.allow("User:emil", kafka_admin.AclOperation.DESCRIBE, kafka_admin.ResourceType.TOPIC, topic)
    assert confluent_kafka.KafkaError.CLUSTER_AUTHORIZATION_FAILED in produce(topic)
    secured.allow("User:emil", kafka_admin.AclOperation.IDEMPOTENT_WRITE, kafka_admin.ResourceType.BROKER, "kafka-cluster")
    codes = produce(topic)
    assert confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED in codes, "it has an id, not the topic's right"
    assert confluent_kafka.KafkaError.CLUSTER_AUTHORIZATION_FAILED not in codes
    secured.allow("User:emil", kafka_admin.AclOperation.WRITE, kafka_admin.ResourceType.TOPIC, topic)
    assert produce(topic) == []


def test_settings_of_a_group_are_its_own_right(secured):
    group = f"settings-{uuid.uuid4().hex[:8]}"
    with connect(secured, "SASL_PLAINTEXT") as stream:
        log_in(stream, "alice")

        def described():
            """The error of DescribeConfigs version 1 for the group."""
            stream.sendall(frame(32, 1, struct.pack(">ibh", 1, 32, len(group)) + group.encode() + struct.pack(">ib", -1, 0)))
            return struct.unpack(">h", answer(stream)[12:14])[0]

        assert described() == confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED
        secured.allow("User:alice", kafka_admin.AclOperation.DESCRIBE_CONFIGS, kafka_admin.ResourceType.GROUP, group)
        assert described() == 0


def test_changed_certificates_are_shown_to_new_connections_and_broken_ones_are_not(secured, tmp_path):
    def shown():
        context = ssl.create_default_context(cafile=secured.authority.file)
        with context.wrap_socket(connect(secured, "SSL"), server_hostname="localhost") as stream:
            return stream.getpeercert()["serialNumber"]

    file = secured.server.properties["ssl.keystore.location"]
    good, before = file.read_bytes(), shown()
    file.write_bytes(secured.authority.issue("localhost", days=9).read_bytes())
    deadline = time.monotonic() + 60
    while shown() == before and time.monotonic() < deadline:
        time.sleep(0.1)
    changed = shown()
    assert changed != before
    file.write_bytes(good[:200])
    log = secured.server.data.with_suffix(".log")
    while "can't be used" not in log.read_text() and time.monotonic() < deadline:
        assert shown() == changed
        time.sleep(0.1)
    assert shown() == changed
    file.write_bytes(good)


# Hostile bytes: every one of these must end, and leave the server serving.

def connect(secured, listener):
    host, port = secured.at[listener].rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=60)


def frame(key, version, body, correlation=1):
    head = struct.pack(">hhih", key, version, correlation, 1) + b"c"
    return struct.pack(">i", len(head + body)) + head + body


def answer(stream):
    size = b""
    while len(size) < 4:
        piece = stream.recv(4 - len(size))
        if not piece:
            return None
        size += piece
    rest = b""
    while len(rest) < struct.unpack(">i", size)[0]:
        piece = stream.recv(65536)
        if not piece:
            return None
        rest += piece
    return rest


def ends(stream):
    """Whether the server hangs up."""
    try:
        while stream.recv(65536):
            pass
        return True
    except ConnectionError:
        return True


def log_in(stream, user):
    stream.sendall(frame(17, 1, struct.pack(">h", 5) + b"PLAIN"))
    token = b"\0" + user.encode() + b"\0" + PASSWORD.encode()
    assert answer(stream)[4:6] == b"\0\0"
    stream.sendall(frame(36, 1, struct.pack(">i", len(token)) + token))
    assert answer(stream)[4:6] == b"\0\0"


def test_nothing_but_authentication_comes_before_it(secured):
    metadata = frame(3, 1, struct.pack(">i", -1))
    for before in (b"", frame(17, 1, struct.pack(">h", 5) + b"PLAIN")):
        with connect(secured, "SASL_PLAINTEXT") as stream:
            stream.sendall(before)
            if before:
                assert answer(stream)
            stream.sendall(metadata)
            assert ends(stream)


def test_bytes_that_are_no_kafka_end_the_connection(secured):
    handshake = frame(17, 1, struct.pack(">h", 13) + b"SCRAM-SHA-256")
    huge = frame(36, 1, struct.pack(">i", 600_000) + b"n" * 600_000)
    for listener, sent in (("SASL_PLAINTEXT", handshake + huge), ("SASL_PLAINTEXT", b"\x16\x03\x01\x02\x00\x01" * 100),
                           ("SASL_PLAINTEXT", frame(36, 1, struct.pack(">i", 1) + b"x") * 2),
                           ("SASL_SSL", b"GET / HTTP/1.1\r\n\r\n"), ("SSL", frame(18, 0, b"")), ("SSL", b"\xff" * 5000),
                           ("SASL_PLAINTEXT", handshake + frame(36, 1, struct.pack(">i", 3) + b"n,,"))):
        with connect(secured, listener) as stream:
            try:
                stream.sendall(sent)
            except ConnectionError:
                pass
            assert ends(stream), (listener, sent[:40])
    round_trip(secured.settings("PLAINTEXT"), secured.topic(), 10)


def test_a_handshake_of_version_0_is_followed_by_bare_tokens(secured):
    with connect(secured, "SASL_PLAINTEXT") as stream:
        stream.sendall(frame(17, 0, struct.pack(">h", 5) + b"PLAIN"))
        assert answer(stream)[4:6] == b"\0\0"
        token = b"\0admin\0" + PASSWORD.encode()
        stream.sendall(struct.pack(">i", len(token)) + token)
        assert answer(stream) == b""
        stream.sendall(frame(3, 1, struct.pack(">i", 0)))
        assert answer(stream)


def test_a_client_that_breaks_off_its_handshake_holds_nothing_up(secured):
    waiting = [connect(secured, "SASL_SSL") for _ in range(50)]
    for number, stream in enumerate(waiting):
        stream.sendall(b"\x16\x03\x01\x02\x00\x01\x00"[:number % 7])
    secured.admin("SASL_SSL", "admin").list_topics(timeout=30)
    for stream in waiting:
        stream.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls_are_spoken(secured, version):
    context = ssl.create_default_context(cafile=secured.authority.file)
    context.minimum_version = context.maximum_version = version
    with context.wrap_socket(connect(secured, "SSL"), server_hostname="localhost") as stream:
        stream.sendall(frame(18, 0, b""))
        assert answer(stream)


@pytest.mark.slow
@pytest.mark.parametrize("drip", [b"", b"x"])
def test_who_does_not_say_who_it_is_has_to_go_whether_silent_or_slow(secured, drip):
    head = struct.pack(">i", 500_000) if drip else b""
    with connect(secured, "SASL_PLAINTEXT") as stream:
        stream.sendall(head)
        stream.settimeout(1)
        deadline, ended = time.monotonic() + 300, False
        while not ended and time.monotonic() < deadline:
            try:
                stream.sendall(drip)
                ended = stream.recv(1) == b""
            except TimeoutError:
                pass
            except ConnectionError:
                ended = True
        assert ended
