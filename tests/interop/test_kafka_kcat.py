"""kcat (librdkafka 2.0.2, of Debian 12) against the broker."""
import json
import shutil
import subprocess

import pytest

from kafka_names import CODECS, unique

pytestmark = pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")


def kcat(server, *arguments, text=None):
    done = subprocess.run(["kcat", "-b", server.kafka, *arguments], input=text, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("codec", CODECS)
def test_lines_go_in_and_come_out(server, codec):
    topic = unique("kcat-" + codec)
    lines = [f"line {i}" for i in range(1000)]
    kcat(server, "-P", "-t", topic, "-p", "0", "-z", codec, text="\n".join(lines) + "\n")
    assert kcat(server, "-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q").splitlines() == lines


def test_a_group_consumes_and_the_metadata_are_listed(server):
    topic = unique("kcat-group")
    kcat(server, "-P", "-t", topic, text="a\nb\nc\n")
    out = kcat(server, "-G", unique("g"), "-X", "auto.offset.reset=earliest", "-c", "3", "-q", topic)
    assert sorted(out.split()) == ["a", "b", "c"]
    metadata = json.loads(kcat(server, "-L", "-J"))
    assert topic in [t["topic"] for t in metadata["topics"]]
    assert metadata["brokers"] == [{"id": 1, "name": server.kafka}]
