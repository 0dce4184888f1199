"""The sink on other people's S3 servers: killed at named points and at random moments, its lake still equals the files;
and what it does with a store that has no conditional PUT."""
import collections
import pathlib
import random
import signal
import subprocess
import sys
import threading

import botocore.exceptions
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import campaign  # noqa: E402
import rounds  # noqa: E402
from conftest import BINARY  # noqa: E402
from support.recorder import Behind, Certificates, Recorder  # noqa: E402
from support.stores import Moto, Unconditional, Versitygw  # noqa: E402

SERVERS = {"moto": Moto, "versitygw": Versitygw}


@pytest.fixture(scope="module", params=SERVERS)
def bench(request):
    kind = SERVERS[request.param]
    if kind is Versitygw and not Versitygw.program():
        pytest.skip("skipped: versitygw is not installed (tests/run --all installs it where there is Go)")
    store = kind()
    made = rounds.Bench(store=store)
    yield made
    made.close()
    store.close()


def play(bench, kind, point=None):
    outcome = bench.run(random.randrange(1 << 30), kind, point)
    campaign.show(outcome)
    assert not outcome.error, outcome.error


@pytest.mark.parametrize("kind", ["kill", "kill", "kill-point", "kill-point", "kill-point"])
@pytest.mark.timeout(300)
def test_round(bench, kind):
    play(bench, kind)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SERVERS)
def test_rounds_at_every_point_of_replay_and_sink(name):
    if name == "versitygw" and (why := Versitygw.install()):
        pytest.skip(f"skipped: {why}")
    store = SERVERS[name]()
    try:
        made = rounds.Bench(store=store)
        try:
            for point in rounds.pipeline_points():
                play(made, "kill-point", point)
            for _ in range(10):
                play(made, "kill")
        finally:
            made.close()
    finally:
        store.close()


def test_of_eight_writers_at_once_one_wins(bench):
    """What the sink's fence rests on; a store that looks and then writes passes the sink's own probe and fails here."""
    if not bench.lab.store.one_winner:
        pytest.skip("skipped: this server does not promise it (docs/compatibility.md)")
    s3 = bench.lab.store.client()
    s3.create_bucket(Bucket="race")
    for number in range(40):
        barrier, outcomes = threading.Barrier(8), []

        def write(writer, key=f"k{number}"):
            barrier.wait()
            try:
                s3.put_object(Bucket="race", Key=key, Body=b"%d" % writer * 500, IfNoneMatch="*")
                outcomes.append((200, writer))
            except botocore.exceptions.ClientError as error:
                outcomes.append((error.response["ResponseMetadata"]["HTTPStatusCode"], writer))

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [writer for status, writer in outcomes if status == 200]
        assert len(winners) == 1, collections.Counter(status for status, _ in outcomes)
        assert s3.get_object(Bucket="race", Key=f"k{number}")["Body"].read() == b"%d" % winners[0] * 500


# --- without conditional PUT


@pytest.fixture
def unconditional(own_server):
    store = Unconditional(own_server)
    yield store
    store.close()


def sink(server, store, *more, faults=None, build=BINARY.parent):
    environment = server.environment() | store.environment()
    if faults:
        environment |= {"LD_PRELOAD": str(build / "tests" / "libtickerlake_faults.so"), "TICKERLAKE_FAULTS": faults}
    return subprocess.run([BINARY, "sink", "--topic", "prices", "--to", "s3://lake/prices", "--bootstrap", server.kafka,
                           "--flush-rows", "250", "--until-end", *more], env=environment, capture_output=True, text=True,
                          timeout=120, check=False)


def test_a_store_without_conditional_put_is_refused_and_nothing_is_written(own_server, unconditional, kaggle_sample):
    own_server.run("replay", kaggle_sample / "Stocks" / "agm_a.us.txt", "--topic", "prices")
    done = sink(own_server, unconditional)
    assert done.returncode == 1
    assert "no conditional PUT" in done.stderr and "--without-conditional-put" in done.stderr
    keys = [entry["Key"] for entry in own_server.client("s3").list_objects_v2(Bucket="lake")["Contents"]]
    assert keys == ["_tickerlake/conditional-put"]


def test_the_probe_leaves_one_object_and_needs_one_request_in_later_runs(own_server, kaggle_sample):
    own_server.run("replay", kaggle_sample / "Stocks" / "agm_a.us.txt", "--topic", "prices")
    for _ in range(2):
        own_server.run("sink", "--topic", "prices", "--to", "s3://lake/prices", "--until-end")
    s3 = own_server.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="lake", Prefix="_tickerlake/conditional")["Contents"]]
    assert keys == ["_tickerlake/conditional-put"]
    own_server.run("sink", "verify", "--topic", "prices", "--to", "s3://lake/prices")


def test_one_sink_at_a_time_loses_and_repeats_nothing_without_conditional_put(own_server, unconditional, kaggle_sample):
    """The weaker promise: killed at each of its points, and started again."""
    stocks = [kaggle_sample / "Stocks" / f"{name}.us.txt" for name in ("agm_a", "true", "goog")]
    own_server.run("replay", *stocks, "--topic", "prices", "--partitions", 2)
    points = [point for point in rounds.pipeline_points() if point.startswith(("sink.plan", "sink.file", "sink.start"))]
    killed = 0
    for number, point in enumerate(points):
        done = sink(own_server, unconditional, "--without-conditional-put", faults=f"kill={point}@{1 + number % 3}")
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        killed += done.returncode != 0
    assert killed > 2
    done = sink(own_server, unconditional, "--without-conditional-put")
    assert done.returncode == 0, done.stderr
    assert "without conditional PUT" in done.stderr
    rows = sum(len(path.read_text().splitlines()) - 1 for path in stocks)
    verified = own_server.run("sink", "verify", "--topic", "prices", "--to", "s3://lake/prices", "--bootstrap", own_server.kafka)
    assert f"{rows:,} rows" in verified.stderr


def test_tls_certificates_are_checked_against_the_bundle(own_server, tmp_path):
    """versitygw and moto alike would do; the smallest server with a certificate is the recorder before our own S3."""
    (tmp_path / "certificates").mkdir()
    certificates = Certificates(tmp_path / "certificates")
    with Recorder(Behind(own_server), certificates) as recorder:
        environment = own_server.environment() | {"AWS_ENDPOINT_URL_S3": "https://minio.test", "HTTPS_PROXY": recorder.url}
        arguments = [BINARY, "sink", "verify", "--topic", "t", "--to", "s3://lake/t"]
        own_server.client("s3").create_bucket(Bucket="lake")
        refused = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert refused.returncode == 1 and "certificate" in refused.stderr, refused.stderr
        trusted = subprocess.run(arguments, env=environment | {"AWS_CA_BUNDLE": str(certificates.bundle)},
                                 capture_output=True, text=True, timeout=120, check=False)
        assert "no plan of topic t" in trusted.stderr, trusted.stderr
