"""Little on the wire that would be much in memory: compressed batches, XML, JSON, long lists."""
import gzip
import json
import os
import struct
import threading
import zlib

import cramjam
import lz4.frame
import pytest
import zstandard
from hostile_support import Kafka, MiB, batch_of, call, record, signed, text16, unique, varint, watched

INVALID_RECORD, MESSAGE_TOO_LARGE = 87, 10
CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def compress(codec, data):
    if codec == "gzip":
        return gzip.compress(data, 1)
    if codec == "snappy":
        return bytes(cramjam.snappy.compress_raw(data))
    if codec == "lz4":
        return lz4.frame.compress(data)
    return zstandard.ZstdCompressor(1).compress(data)


@pytest.fixture(scope="module")
def topic(module_server):
    """A topic that takes batches of 16 MiB, so that the bombs may be large."""
    name = unique("bombs")
    with Kafka(module_server) as kafka:
        config = struct.pack(">i", 1) + text16("max.message.bytes") + text16(str(16 * MiB))
        kafka.ask(19, 2, struct.pack(">i", 1) + text16(name) + struct.pack(">ihi", 1, 1, 0) + config + struct.pack(">ib", 30_000, 0))
    return name


@pytest.mark.parametrize("codec", CODECS)
def test_a_compressed_batch_may_not_become_more_than_128_mib(module_server, topic, codec):
    bomb = batch_of(compress(codec, record(bytes(130 * MiB))), 1, CODECS[codec])
    print(f"{codec}: {len(bomb)} bytes become 130 MiB")
    assert len(bomb) < 16 * MiB
    with watched(module_server, memory=300 * MiB if codec == "snappy" else 96 * MiB), Kafka(module_server) as kafka:
        for _ in range(3):
            assert kafka.produce(topic, bomb)[0] == MESSAGE_TOO_LARGE
        honest = compress(codec, record(bytes(2 * MiB)))
        assert kafka.produce(topic, batch_of(honest, 1, CODECS[codec]))[0] == 0


@pytest.mark.slow
def test_bombs_of_many_connections_are_decompressed_a_few_at_a_time(module_server, topic):
    bomb = batch_of(compress("snappy", record(bytes(120 * MiB))), 1, CODECS["snappy"])
    connections, errors = 24, []

    def throw():
        with Kafka(module_server) as kafka:
            errors.append(kafka.produce(topic, bomb)[0])

    # 24 at once would be 2,880 MiB of blocks; eight of them and the 24 requests are 1,100.
    with watched(module_server, memory=1400 * MiB):
        throwers = [threading.Thread(target=throw) for _ in range(connections)]
        for thrower in throwers:
            thrower.start()
        for thrower in throwers:
            thrower.join(600)
    assert errors == [0] * connections


@pytest.mark.parametrize("codec", CODECS)
def test_compressed_batches_that_lie_are_refused(module_server, topic, codec):
    whole = compress(codec, record(b"a" * 1000) + record(b"b" * 1000, 1))
    number = CODECS[codec]
    with Kafka(module_server) as kafka:
        assert kafka.produce(topic, batch_of(whole, 2, number))[0] == 0
        end = kafka.produce(topic, batch_of(whole, 2, number))[1] + 2
        lies = {
            "cut in the middle": batch_of(whole[:len(whole) // 2], 2, number),
            "nothing": batch_of(b"", 2, number),
            "random": batch_of(os.urandom(500), 2, number),
            "another codec": batch_of(whole, 2, number % 4 + 1),
            "fewer records": batch_of(whole, 1, number),
            "more records": batch_of(whole, 3, number),
            "a million records": batch_of(whole, 1_000_000, number),
            "not records": batch_of(compress(codec, b"\xff" * 10_000), 2, number),
            "a record of 2^31": batch_of(compress(codec, varint(2**31 - 1) + bytes(100)), 1, number),
        }
        for what, batch in lies.items():
            assert kafka.produce(topic, batch)[0] == INVALID_RECORD, what
        assert kafka.produce(topic, batch_of(whole, 2, number)) == (0, end)


def test_a_snappy_block_that_claims_gigabytes_costs_nothing(module_server, topic):
    claim = b"\xff\xff\xff\xff\x0f" + b"\0" * 1000
    framed = b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, len(claim)) + claim
    with watched(module_server, memory=32 * MiB), Kafka(module_server) as kafka:
        for payload in (claim, framed):
            assert kafka.produce(topic, batch_of(payload, 1, 2))[0] == INVALID_RECORD


# ---- XML

def laughs(root):
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [{entities}]><{root}>&a9;</{root}>'.encode()


def external(root):
    return (f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/passwd">]><{root}><Tag>&x;</Tag>'
            f'<Object><Key>&x;</Key></Object><LocationConstraint>&x;</LocationConstraint></{root}>').encode()


BOMBS = {
    "entities of entities": laughs,
    "a file as an entity": external,
    "deep nesting": lambda root: f"<{root}>".encode() + b"<a>" * 2_000_000,
    "deep nesting that closes": lambda root: f"<{root}>".encode() + b"<a>" * 500_000 + b"</a>" * 500_000 + f"</{root}>".encode(),
    "many elements": lambda root: f"<{root}>".encode() + b"<a/>" * 1_500_000 + f"</{root}>".encode(),
    "many attributes": lambda root: f"<{root} ".encode() + b'a="" ' * 1_000_000 + f"></{root}>".encode(),
    "a huge attribute": lambda root: f'<{root} a="'.encode() + b"x" * 5_000_000 + f'"></{root}>'.encode(),
    "a huge text": lambda root: f"<{root}>".encode() + b"x" * 5_000_000 + f"</{root}>".encode(),
    "deep declarations": lambda root: f"<!DOCTYPE {root} ".encode() + b"[<!" * 1_000_000,
    "no end": lambda root: f"<{root}><![CDATA[".encode() + b"x" * 1_000_000,
    "not XML": lambda root: b"\0" * 1_000_000,
    "longer than any": lambda root: f"<{root}>".encode() + b" " * (9 * MiB) + f"</{root}>".encode(),
}


@pytest.mark.parametrize("operation", ["CreateBucket", "DeleteObjects", "PutObjectTagging", "CompleteMultipartUpload"])
def test_xml_bombs(module_server, operation):
    bucket = unique("xml")
    signed(module_server, "PUT", f"/{bucket}").expect(200)
    signed(module_server, "PUT", f"/{bucket}/key", b"x").expect(200)
    upload = signed(module_server, "POST", f"/{bucket}/key", query={"uploads": ""}).body
    upload = upload.split(b"<UploadId>")[1].split(b"</UploadId>")[0].decode()
    method, path, query, root = {
        "CreateBucket": ("PUT", f"/{unique('xml')}", {}, "CreateBucketConfiguration"),
        "DeleteObjects": ("POST", f"/{bucket}", {"delete": ""}, "Delete"),
        "PutObjectTagging": ("PUT", f"/{bucket}/key", {"tagging": ""}, "Tagging"),
        "CompleteMultipartUpload": ("POST", f"/{bucket}/key", {"uploadId": upload}, "CompleteMultipartUpload"),
    }[operation]
    with watched(module_server, memory=160 * MiB):
        for what, bomb in BOMBS.items():
            answer = signed(module_server, method, path, bomb(root), query=query)
            assert answer.status in (400, 413) and b"root:" not in answer.body, (what, answer.status, answer.body[:300])
    signed(module_server, "GET", f"/{bucket}/key").expect(200)


# ---- JSON

def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("service, operation", [("glue", "GetDatabases"), ("athena", "ListWorkGroups")])
def test_json_bombs(module_server, service, operation):
    with watched(module_server, memory=600 * MiB):
        for what, body in {
            "deep objects": nested(100_000),
            "deep arrays": b"[" * 1_000_000,
            "a deep array in an object": b'{"a":' + b"[" * 1_000_000,
            "not JSON": b"\0" * 1000,
            "a list": b"[1,2,3]",
            "a text without end": b'{"a":"' + b"x" * 1_000_000,
            "bad UTF-8": b'{"a":"\xff\xfe"}',
            "a number of a million digits without end": b'{"a":1' + b"0" * 1_000_000,
            "17 MiB": b'{"a":"' + b"x" * (17 * MiB) + b'"}',
        }.items():
            answer = call(module_server, service, operation, body)
            assert answer.status in (400, 413), (what, answer.status)
        for what, body in {
            "a million members": b"{" + b",".join(b'"%d":0' % i for i in range(500_000)) + b"}",
            "one member a million times": b"{" + b",".join([b'"a":0'] * 500_000) + b"}",
            "a million elements": b'{"a":[' + b"0," * 1_000_000 + b"0]}",
        }.items():
            answer = call(module_server, service, operation, body)
            assert answer.status in (200, 400), (what, answer.status)


# ---- groups

@pytest.mark.slow
def test_what_members_of_groups_tell_has_a_bound(module_server):
    """Eight MiB of metadata for each of many groups: refused when all groups together hold 256 MiB."""
    GROUP_MAX_SIZE_REACHED = 81
    metadata = bytes(7 * MiB)
    errors = []
    with watched(module_server, memory=900 * MiB), Kafka(module_server) as kafka:
        for number in range(45):
            answer = kafka.ask(11, 1, text16(unique("fat")) + struct.pack(">ii", 6_000, 6_000) + text16("") + text16("consumer") +
                               struct.pack(">i", 1) + text16("range") + struct.pack(">i", len(metadata)) + metadata)
            errors.append(struct.unpack(">h", answer[:2])[0])
    assert set(errors) == {0, GROUP_MAX_SIZE_REACHED}
    assert errors.count(0) <= 256 // 7 + 1
