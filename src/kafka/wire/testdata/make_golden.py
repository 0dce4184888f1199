#!/usr/bin/env python3
"""Writes golden_messages.txt: bodies of every version of every message, encoded from Apache Kafka's message schemas (as
kafka-python ships them) and checked by decoding and encoding them again with kafka-python itself.

A line: message, version, body in hexadecimal. Each version twice: every field filled, and every nullable field null.
Run: make_golden.py > golden_messages.txt   (needs kafka-python >= 3)"""
import importlib
import json
import pathlib
import pkgutil
import re
import struct

import kafka.protocol

APIS = """Produce Fetch ListOffsets Metadata OffsetCommit OffsetFetch FindCoordinator JoinGroup Heartbeat LeaveGroup
SyncGroup DescribeGroups ListGroups ApiVersions CreateTopics DeleteTopics DeleteRecords InitProducerId
OffsetForLeaderEpoch DescribeConfigs AlterConfigs DescribeLogDirs CreatePartitions DeleteGroups IncrementalAlterConfigs ListConfigResources
OffsetDelete DescribeCluster DescribeTopicPartitions ElectLeaders DescribeQuorum AddPartitionsToTxn AddOffsetsToTxn EndTxn
WriteTxnMarkers TxnOffsetCommit DescribeProducers DescribeTransactions ListTransactions AlterReplicaLogDirs
AlterPartitionReassignments ListPartitionReassignments SaslHandshake SaslAuthenticate DescribeUserScramCredentials
AlterUserScramCredentials DescribeAcls CreateAcls DeleteAcls DescribeClientQuotas AlterClientQuotas""".split()
SCHEMAS = pathlib.Path(kafka.protocol.__file__).parent / "schemas" / "resources"
NUMBERS = {"int8": ">b", "int16": ">h", "uint16": ">H", "int32": ">i", "int64": ">q", "float64": ">d"}


def within(versions, version):
    if versions in (None, "none"):
        return False
    first, plus, last = re.fullmatch(r"(\d+)(\+)?(?:-(\d+))?", versions).groups()
    return int(first) <= version <= (10**6 if plus else int(last or first))


def uvarint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


class Encoder:
    def __init__(self, version, flexible, nulls, common):
        self.version, self.flexible, self.nulls, self.common, self.count = version, flexible, nulls, common, 0

    def size(self, n, short):
        if self.flexible:
            return uvarint(n + 1)
        return struct.pack(">h" if short else ">i", n)

    def value(self, kind, field):
        self.count += 1
        if self.nulls and within(field.get("nullableVersions"), self.version):
            return b"\xff" if kind in self.common or kind[0].isupper() else self.size(-1, kind == "string")
        if kind.startswith("[]"):
            return self.size(2, False) + b"".join(self.value(kind[2:], field | {"nullableVersions": None}) for _ in "12")
        if kind in NUMBERS:
            return struct.pack(NUMBERS[kind], self.count % 100 + 1)
        if kind == "bool":
            return b"\x01"
        if kind == "uuid":
            return bytes(range(self.count % 100, self.count % 100 + 16))
        if kind in ("string", "bytes", "records"):
            data = b"v%d" % self.count
            return self.size(len(data), kind == "string") + data
        present = b"\x01" if within(field.get("nullableVersions"), self.version) else b""
        return present + self.structure(field.get("fields") or self.common[kind])

    def structure(self, fields):
        out, tags = b"", []
        for field in fields:
            if not within(field["versions"], self.version):
                continue
            data = self.value(field["type"], field)
            if within(field.get("taggedVersions"), self.version):
                if not (self.nulls and within(field.get("nullableVersions"), self.version)):
                    tags.append((field["tag"], data))
            else:
                out += data
        if self.flexible:
            out += uvarint(len(tags)) + b"".join(uvarint(n) + uvarint(len(d)) + d for n, d in sorted(tags))
        return out


def classes():
    found = {}
    for module in pkgutil.walk_packages(kafka.protocol.__path__, "kafka.protocol."):
        if ".old" not in module.name:
            try:
                found |= vars(importlib.import_module(module.name))
            except ImportError:
                pass
    return found


def main():
    known = classes()
    for api in APIS:
        for message in (api + "Request", api + "Response"):
            schema = json.loads(re.sub(r"^\s*//.*$", "", (SCHEMAS / (message + ".json")).read_text(), flags=re.M))
            first, last = (int(v) for v in (schema["validVersions"] + "-" + schema["validVersions"]).split("-")[:2])
            for version in range(first, last + 1):
                bodies = []
                for nulls in (False, True):
                    common = {s["name"]: s["fields"] for s in schema.get("commonStructs", [])}
                    body = Encoder(version, within(schema["flexibleVersions"], version), nulls, common).structure(
                        schema["fields"])
                    if message != "ApiVersionsResponse":  # kafka-python guesses its version when it decodes
                        decoded = known[message].decode(body, version=version)
                        decoded._header = None  # encode() looks at it, decode() does not set it
                        assert decoded.encode(version=version) == body, (message, version, nulls)
                    if body not in bodies:
                        bodies.append(body)
                        print(message, version, body.hex() or "-")


main()
