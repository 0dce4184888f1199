"""A full disk: clear errors, reads go on, nothing is damaged, and it works again once there is room, without a restart."""
import pathlib
import subprocess
import sys
import time

import botocore.exceptions
import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ledger  # noqa: E402
from lab import PATIENCE, Lab  # noqa: E402


class Fillable:
    """A disk of the fault library's that can be full."""

    def __init__(self, lab):
        self.lab = lab

    def fill(self):
        self.lab.tell("space=0")
        time.sleep(0.3)  # the pipe is read by another thread of the server

    def free(self):
        self.lab.tell("space=off")
        time.sleep(0.3)


class Tmpfs:
    """A file system of 32 MiB."""

    def __init__(self, lab):
        self.place = lab.home / "disk"
        self.place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", self.place], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"a tmpfs can't be mounted here: {done.stderr.strip()}")
        self.filler = self.place / "filler"
        lab.data = self.place / "data"
        lab.data.mkdir()

    def fill(self):
        with open(self.filler, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self):
        self.filler.unlink()

    def unmount(self):
        subprocess.run(["umount", self.place], check=True)


@pytest.fixture(params=["fault library", "tmpfs"])
def machine(request):
    lab = Lab()
    disk = None
    try:
        lab.begin()
        disk = Fillable(lab) if request.param == "fault library" else Tmpfs(lab)
        lab.put_keys()
        assert lab.start(""), lab.log_tail()
        yield lab, disk
        lab.end()
        if request.param == "tmpfs":
            disk.unmount()
            disk = None
    finally:
        lab.end()
        if isinstance(disk, Tmpfs):
            disk.unmount()
        lab.close()


def produce(lab, value, patience):
    """The error of a record with acks=all, or None; the first answer counts."""
    answers = []
    producer = Producer({"bootstrap.servers": lab.settings["TICKERLAKE_BOOTSTRAP"], "acks": "all", "retries": 0,
                         "message.timeout.ms": patience * 1000, "log_level": 0})
    producer.produce("t", value, partition=0, on_delivery=lambda error, _: answers.append(error))
    producer.flush(patience + 5)
    return answers[0]


def consume(lab):
    consumer = Consumer({"bootstrap.servers": lab.settings["TICKERLAKE_BOOTSTRAP"], "group.id": "g",
                         "enable.auto.commit": False, "log_level": 0})
    low, high = consumer.get_watermark_offsets(TopicPartition("t", 0), PATIENCE)
    consumer.assign([TopicPartition("t", 0, low)])
    values = [consumer.poll(PATIENCE).value() for _ in range(low, high)]
    consumer.close()
    return values


def test_errors_are_clear_and_everything_works_again_when_there_is_room(machine):
    lab, disk = machine
    aws = ledger.AwsClients(lab)
    admin = AdminClient({"bootstrap.servers": lab.settings["TICKERLAKE_BOOTSTRAP"]})
    admin.create_topics([NewTopic("t", 1)])["t"].result(PATIENCE)
    aws.s3.create_bucket(Bucket="bucket")
    assert produce(lab, b"before", PATIENCE) is None
    aws.s3.put_object(Bucket="bucket", Key="before", Body=b"before")
    aws.glue.create_table(DatabaseName="default", TableInput={"Name": "before"})

    for number in range(3):  # again and again: what a failure leaves behind must not stay in the way
        disk.fill()
        assert produce(lab, b"x" * 100_000, 10).code() == KafkaError.KAFKA_STORAGE_ERROR
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            aws.s3.put_object(Bucket="bucket", Key="full", Body=b"x" * 100_000)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507)
        for i in range(3):  # no bytes of its own: the index has to refuse
            try:
                aws.s3.put_object_tagging(Bucket="bucket", Key="before", Tagging={"TagSet": [{"Key": "k", "Value": f"{i}"}]})
            except botocore.exceptions.ClientError as error:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507)
        big = {"Name": f"full{number}", "Parameters": {f"p{i}": "x" * 1000 for i in range(200)}}
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            aws.glue.create_table(DatabaseName="default", TableInput=big)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        # Reading goes on.
        assert consume(lab)[0] == b"before"
        assert aws.s3.get_object(Bucket="bucket", Key="before")["Body"].read() == b"before"
        assert aws.glue.get_table(DatabaseName="default", Name="before")["Table"]["Name"] == "before"

        disk.free()
        assert produce(lab, b"after", PATIENCE) is None
        deadline = time.monotonic() + PATIENCE
        while True:  # the index looks again by itself
            try:
                aws.s3.put_object(Bucket="bucket", Key=f"after{number}", Body=b"after")
                break
            except botocore.exceptions.ClientError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        aws.glue.create_table(DatabaseName="default", TableInput=big)
        assert lab.server.poll() is None

    lab.kill(lab.server)
    assert lab.start("")
    assert consume(lab) == [b"before", b"after", b"after", b"after"]
    for name in ("before", "after0", "after1", "after2"):
        assert aws.s3.get_object(Bucket="bucket", Key=name)["Body"].read() == name.rstrip("012").encode()
    tables = {table["Name"] for table in aws.glue.get_tables(DatabaseName="default")["TableList"]}
    assert tables == {"before", "full0", "full1", "full2"}
