"""Little clients that write while things go wrong, and remember what was acknowledged.

Each client has names of its own and does one thing after the other, so what may be there afterwards is known: the state
that was acknowledged last, or one that was asked for since then and got no answer.
"""
import random
import threading

import boto3
import botocore.config
import botocore.exceptions
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab import PATIENCE, Broken

ABSENT = None


class Possible:
    """Per name: the states that it may have."""

    def __init__(self):
        self.states = {}

    def asked(self, name, state):
        self.states.setdefault(name, [ABSENT]).append(state)

    def acknowledged(self, name, state):
        self.states[name] = [state]

    def check(self, what, name, found):
        allowed = self.states[name]
        if found not in allowed:
            show = [state[:40] if isinstance(state, bytes) else state for state in (found, *allowed)]
            raise Broken(f"{what} {name}: found {show[0]!r}, acknowledged or asked for was one of {show[1:]!r}")


class Client(threading.Thread):
    """Runs step() until it is told to stop; a step that gets no good answer is no failure here."""

    def __init__(self, lab, seed):
        super().__init__(daemon=True, name=type(self).__name__)
        self.lab, self.rng, self.stopping = lab, random.Random(seed), threading.Event()
        self.count = self.acknowledged = 0
        self.bug = None

    def run(self):
        try:
            self.open()
            while not self.stopping.is_set():
                self.count += 1
                try:
                    self.step()
                except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, KafkaException):
                    self.stopping.wait(0.02)
            self.close()
        except Exception as error:  # pylint: disable=broad-except
            self.bug = error

    def open(self):
        pass

    def close(self):
        pass

    def finish(self):
        self.stopping.set()
        self.join(PATIENCE)
        if self.bug:
            raise self.bug
        if self.is_alive():
            raise Broken(f"{self.name} hangs")


class AwsClients:
    """boto3's, made once per lab: ports and keys stay."""

    def __init__(self, lab):
        config = botocore.config.Config(retries={"max_attempts": 1, "mode": "standard"}, connect_timeout=2, read_timeout=20,
                                        s3={"addressing_style": "path"}, parameter_validation=False)
        self.by_name = {name: boto3.client(name, endpoint_url=lab.settings["AWS_ENDPOINT_URL"], config=config,
                                           region_name=lab.settings["AWS_REGION"],
                                           aws_access_key_id=lab.settings["AWS_ACCESS_KEY_ID"],
                                           aws_secret_access_key=lab.settings["AWS_SECRET_ACCESS_KEY"])
                        for name in ("s3", "glue", "athena")}

    def __getattr__(self, name):
        return self.by_name[name]


class Objects(Client):
    """PUT, overwrite, DELETE, copy, multipart uploads, and two writers who want the same new name."""

    KEYS = 12

    def __init__(self, lab, seed, aws):
        super().__init__(lab, seed)
        self.s3, self.possible, self.claims = aws.s3, Possible(), {}

    def open(self):
        while not self.stopping.is_set():
            try:
                self.s3.create_bucket(Bucket="ledger")
                return
            except botocore.exceptions.ClientError as error:
                if error.response["Error"]["Code"] == "BucketAlreadyOwnedByYou":
                    return
            except botocore.exceptions.BotoCoreError:
                pass
            self.stopping.wait(0.02)

    def body(self):
        size = self.rng.choice([0, 1, 100, 5000, 70_000])
        return f"{self.count}:".encode() + self.rng.randbytes(size)

    def step(self):
        key = f"object-{self.rng.randrange(self.KEYS)}"
        action = self.rng.choices(["put", "delete", "copy", "multipart", "claim"], [6, 1, 1, 2, 2])[0]
        if action == "claim":
            self.claim()
        elif action == "delete":
            self.possible.asked(key, ABSENT)
            self.s3.delete_object(Bucket="ledger", Key=key)
            self.possible.acknowledged(key, ABSENT)
        elif action == "copy":
            states = self.possible.states.get("object-0", [ABSENT])
            if key == "object-0" or len(states) != 1 or states[0] is ABSENT:
                return
            self.possible.asked(key, states[0])
            self.s3.copy_object(Bucket="ledger", Key=key, CopySource={"Bucket": "ledger", "Key": "object-0"})
            self.possible.acknowledged(key, states[0])
        elif action == "put":
            body = self.body()
            self.possible.asked(key, body)
            self.s3.put_object(Bucket="ledger", Key=key, Body=body)
            self.possible.acknowledged(key, body)
        else:
            parts = [self.body()] if self.count % 10 else [b"x" * (5 << 20), self.body()]
            self.possible.asked(key, b"".join(parts))
            upload = self.s3.create_multipart_upload(Bucket="ledger", Key=key)["UploadId"]
            done = [{"PartNumber": i, "ETag": self.s3.upload_part(Bucket="ledger", Key=key, UploadId=upload, PartNumber=i,
                                                                 Body=part)["ETag"]} for i, part in enumerate(parts, 1)]
            self.s3.complete_multipart_upload(Bucket="ledger", Key=key, UploadId=upload, MultipartUpload={"Parts": done})
            self.possible.acknowledged(key, b"".join(parts))
        self.acknowledged += 1
        self.stopping.wait(0.01)

    def claim(self):
        """Two writers, one new name: who was told yes has it."""
        key = f"claim-{self.count}"
        won, unknown = [], []

        def attempt(body):
            try:
                self.s3.put_object(Bucket="ledger", Key=key, Body=body, IfNoneMatch="*")
                won.append(body)
            except botocore.exceptions.ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                    unknown.append(body)
            except botocore.exceptions.BotoCoreError:
                unknown.append(body)

        threads = [threading.Thread(target=attempt, args=(body,)) for body in (b"one", b"two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(won) > 1:
            raise Broken(f"{key}: two writers were told that they had made it")
        self.claims[key] = (won, unknown)

    def read(self, key):
        try:
            return self.s3.get_object(Bucket="ledger", Key=key)["Body"].read()
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return ABSENT
            raise Broken(f"object {key}: {error}") from None

    def verify(self):
        for key in self.possible.states:
            self.possible.check("object", key, self.read(key))
        for key, (won, unknown) in self.claims.items():
            allowed = won or [ABSENT, *unknown]
            if (found := self.read(key)) not in allowed:
                raise Broken(f"object {key}: found {found!r}, not one of {allowed!r}")


class Tables(Client):
    """Databases and tables of the catalog, made, changed and deleted."""

    def __init__(self, lab, seed, aws):
        super().__init__(lab, seed)
        self.glue, self.possible = aws.glue, Possible()

    def step(self):
        name = f"table_{self.rng.randrange(6)}"
        if len(self.possible.states.get(name, [ABSENT])) != 1:  # unknown: leave it as it is
            return
        table = {"Name": name, "Description": str(self.count), "StorageDescriptor": {"Columns": [
            {"Name": f"c{i}", "Type": "string"} for i in range(self.rng.randrange(1, 40))]}}
        present = self.possible.states.get(name, [ABSENT])[0] is not ABSENT
        if present and self.rng.random() < 0.25:
            self.possible.asked(name, ABSENT)
            self.glue.delete_table(DatabaseName="default", Name=name)
            self.possible.acknowledged(name, ABSENT)
        else:
            self.possible.asked(name, str(self.count))
            (self.glue.update_table if present else self.glue.create_table)(DatabaseName="default", TableInput=table)
            self.possible.acknowledged(name, str(self.count))
        self.acknowledged += 1
        self.stopping.wait(0.01)

    def verify(self):
        for name in self.possible.states:
            try:
                found = self.glue.get_table(DatabaseName="default", Name=name)["Table"]["Description"]
            except self.glue.exceptions.EntityNotFoundException:
                found = ABSENT
            self.possible.check("table", name, found)


class Queries(Client):
    """Statements of Athena: what has SUCCEEDED has a result that can be read."""

    def __init__(self, lab, seed, aws):
        super().__init__(lab, seed)
        self.athena, self.done = aws.athena, {}

    def step(self):
        number = self.count
        started = self.athena.start_query_execution(QueryString=f"select {number}",
                                                    ResultConfiguration={"OutputLocation": "s3://ledger/results/"})
        execution = started["QueryExecutionId"]
        while not self.stopping.is_set():
            state = self.athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]["State"]
            if state not in ("QUEUED", "RUNNING"):
                break
            self.stopping.wait(0.02)
        else:
            return
        if state == "SUCCEEDED":
            self.done[execution] = str(number)
            self.acknowledged += 1
        self.stopping.wait(0.05)

    def verify(self):
        for execution, wanted in self.done.items():
            try:
                rows = self.athena.get_query_results(QueryExecutionId=execution)["ResultSet"]["Rows"]
            except botocore.exceptions.ClientError as error:
                raise Broken(f"query {execution}: {error}") from None
            found = rows[-1]["Data"][0].get("VarCharValue")
            if found != wanted:
                raise Broken(f"query {execution}: found {found}, not {wanted}")


class Writer(Client):
    """A client that produces to the partitions of its TOPIC, with the producer that it opens."""

    PARTITIONS = 2

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.kafka = lab.settings["TICKERLAKE_BOOTSTRAP"]
        self.there = {}  # (partition, offset) → value, as acknowledged by the broker

    def delivered(self, error, message):
        if error is None:
            self.there[message.partition(), message.offset()] = message.value()
            self.acknowledged += 1

    def write(self):
        for i in range(self.rng.randrange(1, 20)):
            value = f"{self.count}-{i}-".encode() + b"x" * self.rng.randrange(400)
            self.producer.produce(self.TOPIC, value, partition=i % self.PARTITIONS, on_delivery=self.delivered)
        self.producer.poll(0.005)


class Records(Writer):
    """Records with acks=all into small segments; and a group's offsets."""

    TOPIC = "acknowledged"

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.idempotent = self.rng.random() < 0.5
        self.committed = -1   # of partition 0, as acknowledged

    def open(self):
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        while not self.stopping.is_set():
            try:
                admin.create_topics([NewTopic(self.TOPIC, 2, config={"segment.bytes": "16384"})],
                                    operation_timeout=2, request_timeout=2)[self.TOPIC].result(5)
                break
            except KafkaException as error:
                if error.args[0].name() == "TOPIC_ALREADY_EXISTS":
                    break
        self.producer = Producer({"bootstrap.servers": self.kafka, "acks": "all", "linger.ms": 1, "log_level": 0,
                                  "enable.idempotence": self.idempotent, "message.timeout.ms": 30_000,
                                  "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50})
        self.consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": "ledger", "enable.auto.commit": False,
                                  "log_level": 0, "socket.timeout.ms": 3000, "reconnect.backoff.ms": 10,
                                  "reconnect.backoff.max.ms": 50})

    def step(self):
        self.write()
        if self.count % 5 == 0:
            offset = self.count
            self.consumer.commit(offsets=[TopicPartition(self.TOPIC, 0, offset)], asynchronous=False)
            self.committed = offset
        self.stopping.wait(0.005)

    def close(self):
        self.consumer.close()
        self.producer.purge()
        self.producer.flush(1)

    def verify(self):
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": "ledger", "enable.auto.commit": False,
                             "auto.offset.reset": "earliest", "log_level": 0})
        try:
            self.verify_with(consumer)
        finally:
            consumer.close()

    def verify_with(self, consumer):
        found = {}
        for partition in (0, 1):
            if not any(key[0] == partition for key in self.there):
                continue
            low, high = consumer.get_watermark_offsets(TopicPartition(self.TOPIC, partition), PATIENCE)
            consumer.assign([TopicPartition(self.TOPIC, partition, low)])
            position = low
            while position < high:
                message = consumer.poll(PATIENCE)
                if message is None or message.error():
                    raise Broken(f"{self.TOPIC}/{partition}: can't be read at {position} of {high}: "
                                 f"{message and message.error()}")
                if message.offset() != position:
                    raise Broken(f"{self.TOPIC}/{partition}: offset {message.offset()} follows {position - 1}")
                found[partition, position] = message.value()
                position += 1
        lost = [key for key, value in self.there.items() if found.get(key) != value]
        if lost:
            key = min(lost)
            raise Broken(f"{len(lost)} acknowledged records are lost or changed, the first at {self.TOPIC}/{key[0]} offset "
                         f"{key[1]}: {self.there[key][:20]} was acknowledged, {str(found.get(key))[:20]} is there")
        if self.idempotent and len(set(found.values())) != len(found):
            raise Broken("records of an idempotent producer are there twice")
        if self.committed >= 0:
            stored = consumer.committed([TopicPartition(self.TOPIC, 0)], PATIENCE)[0].offset
            if stored == OFFSET_INVALID or stored < self.committed:
                raise Broken(f"group offset {self.committed} was acknowledged, {stored} is there")


class Topics(Client):
    """Topics of two to four partitions, made and deleted. One of a single partition counts as absent: librdkafka asks for
    the metadata of topics that it has seen, and the broker makes those that are gone anew."""

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.kafka, self.possible = lab.settings["TICKERLAKE_BOOTSTRAP"], Possible()

    def open(self):
        self.admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0, "socket.timeout.ms": 3000,
                                  "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50})

    def step(self):
        name = f"topic-{self.rng.randrange(5)}"
        states = self.possible.states.get(name, [ABSENT])
        if len(states) != 1:
            return
        wanted = ABSENT if states[0] is not ABSENT else self.rng.randrange(2, 5)
        self.possible.asked(name, wanted)
        if wanted is ABSENT:
            self.admin.delete_topics([name], operation_timeout=2, request_timeout=3)[name].result(5)
        else:
            self.admin.create_topics([NewTopic(name, wanted)], operation_timeout=2, request_timeout=3)[name].result(5)
        self.possible.acknowledged(name, wanted)
        self.acknowledged += 1
        self.stopping.wait(0.02)

    def verify(self):
        topics = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0}).list_topics(timeout=PATIENCE).topics
        for name in self.possible.states:
            partitions = len(topics[name].partitions) if name in topics else 0
            self.possible.check("topic", name, partitions if partitions > 1 else ABSENT)


class Letters(Client):
    """Records in the replay's topic that are no rows, and tombstones: each of the former becomes one dead letter."""

    def __init__(self, lab, seed):
        super().__init__(lab, seed)
        self.kafka, self.there = lab.settings["TICKERLAKE_BOOTSTRAP"], set()

    def open(self):
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0, "socket.timeout.ms": 3000})
        while not self.stopping.is_set():
            try:
                if "prices" in admin.list_topics(timeout=1).topics:
                    break
            except KafkaException:
                pass
            self.stopping.wait(0.02)
        self.producer = Producer({"bootstrap.servers": self.kafka, "enable.idempotence": True, "linger.ms": 1, "log_level": 0,
                                  "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50})

    def delivered(self, error, message):
        if error is None and message.value() is not None:
            self.there.add((message.partition(), message.offset()))
            self.acknowledged += 1

    def step(self):
        value = None if self.count % 4 == 0 else f"bad {self.count}".encode()
        self.producer.produce("prices", value, key=b"X", partition=self.rng.randrange(3), on_delivery=self.delivered)
        self.producer.poll(0)
        self.stopping.wait(0.02)

    def close(self):
        self.producer.flush(PATIENCE)  # what is sent later would not be in the lake

    def verify(self):
        if not self.there:
            return
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": "letters", "enable.auto.commit": False,
                             "log_level": 0})
        found = []
        for partition in range(3):
            at = TopicPartition("prices.dlq", partition, 0)
            low, high = consumer.get_watermark_offsets(at, PATIENCE)
            consumer.assign([at])
            for _ in range(low, high):
                message = consumer.poll(PATIENCE)
                headers = dict(message.headers())
                found.append((int(headers["partition"]), int(headers["offset"])))
        consumer.close()
        if len(set(found)) != len(found):
            raise Broken(f"{len(found) - len(set(found))} dead letters are there twice")
        if lost := self.there - set(found):
            raise Broken(f"{len(lost)} records became neither rows nor dead letters: {sorted(lost)[:3]}")
