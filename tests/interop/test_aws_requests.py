"""What our commands send to AWS is what boto3 sends for the same actions, field by field, hosts included.

Our binary runs its commands through a recorder; each different request of it is then made by boto3, in the same
environment, from its own meaning; the two must be equal but for the differences that are listed here with their reasons.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conftest import BINARY  # noqa: E402
from support.recorder import Behind, Certificates, Recorder, without_chunks  # noqa: E402

# What may differ, and why. Everything else must be equal, down to the order of signed headers.
ALLOWED_HEADERS = {
    "user-agent",             # who it is
    "amz-sdk-invocation-id",  # the SDKs' own telemetry: random, and counters of attempts; no service needs it
    "amz-sdk-request",
    "x-amz-date",             # when it was
    "authorization",          # compared by its parts; the signature follows from the rest
    "expect",                 # a matter of transport: boto3 asks before it sends a body
    "connection",
    "proxy-connection",
}
# Over TLS boto3 sends a PUT's checksum behind the body and leaves the body unsigned; ours signs it, as boto3 does without
# TLS. Both are forms of SigV4, and the content is compared.
PAYLOAD_HEADERS = {"x-amz-content-sha256", "x-amz-trailer", "x-amz-decoded-content-length", "content-encoding",
                   "transfer-encoding", "content-length", "x-amz-checksum-crc32"}
ALLOWED_MEMBERS = {"ClientRequestToken"}  # random by its nature

KEY, SECRET, TOKEN = "AKIAEXAMPLE000000001", "secret/of+the=test", "token of the session=="


def run(arguments, environment, code=0):
    done = subprocess.run([BINARY, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def environment_of(recorder, tmp_path, region, tls):
    """An environment in which AWS is the recorder."""
    clean = {name: value for name, value in os.environ.items()
             if not name.lower().startswith(("aws_", "tickerlake_")) and not name.lower().endswith("_proxy")}
    clean |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN,
              "AWS_DEFAULT_REGION": region, "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
              "AWS_EC2_METADATA_DISABLED": "true", "TICKERLAKE_DATA": str(tmp_path / "none")}
    if tls:
        return clean | {"HTTPS_PROXY": recorder.url, "AWS_CA_BUNDLE": str(recorder.certificates.bundle)}
    return clean | {"AWS_ENDPOINT_URL": recorder.url}


class Boto3:
    """Does with boto3 what a request of ours means."""

    def __init__(self, environment, monkeypatch):
        for name in list(os.environ):
            if name.lower().startswith("aws_") or name.lower().endswith("_proxy"):
                monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        session = boto3.Session()
        config = Config(retries={"total_max_attempts": 1})
        self.clients = {name: session.client(name, config=config) for name in ("s3", "glue", "athena")}

    def repeat(self, request):
        service = request.authorization["Credential"][3]
        try:
            if service == "s3":
                self.repeat_s3(request)
            else:
                operation = request.headers["x-amz-target"].partition(".")[2]
                method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
                arguments = json.loads(request.body)
                for name in ALLOWED_MEMBERS:
                    arguments.pop(name, None)
                getattr(self.clients[service], method)(**arguments)
        except ClientError:
            pass  # a request is a request

    def repeat_s3(self, request):
        s3, query = self.clients["s3"], dict(request.query)
        path = urllib.parse.unquote(request.path[1:])
        bucket, _, key = path.partition("/")
        if ".s3." in request.host:
            bucket, key = request.host.partition(".s3.")[0], path
        if query.get("list-type") == "2":
            names = {"prefix": "Prefix", "start-after": "StartAfter", "continuation-token": "ContinuationToken",
                     "delimiter": "Delimiter"}
            more = {names[name]: value for name, value in query.items() if name in names}
            s3.list_objects_v2(Bucket=bucket, MaxKeys=int(query["max-keys"]), **more)
        elif not key and request.method == "PUT":
            region = request.authorization["Credential"][2]
            more = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=bucket, **more)
        elif request.method == "PUT":
            s3.put_object(Bucket=bucket, Key=key, Body=request.body, ContentType=request.headers["content-type"],
                          IfNoneMatch=request.headers["if-none-match"])
        elif request.method == "HEAD":
            s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        else:
            s3.get_object(Bucket=bucket, Key=key)


def fields(request, tls):
    """Everything that must be equal, by name."""
    streamed = request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
    allowed = ALLOWED_HEADERS | (PAYLOAD_HEADERS if tls and request.method == "PUT" and request.body else set())
    if "x-amz-target" in request.headers:
        allowed = allowed | {"content-length"}  # spaces in JSON; the body is compared as what it means
    found = {"scheme": request.scheme, "method": request.method, "host": request.host, "path": request.path,
             "query": request.query}
    found |= {f"header {name}": value for name, value in request.headers.items() if name not in allowed}
    authorization = request.authorization
    key, _, region, service, end = authorization["Credential"]
    found["scope"] = (key, region, service, end)
    found["signed"] = [name for name in authorization["SignedHeaders"] if name not in allowed - {"x-amz-date"}]
    body = without_chunks(request.body) if streamed else request.body
    if service == "s3":
        found["body"] = body
    else:
        found["body"] = {name: value for name, value in json.loads(body).items() if name not in ALLOWED_MEMBERS}
        found["members"] = sorted(json.loads(body))
    return found


def kind_of(request):
    """One request of each kind is enough: the action, and which fields it has."""
    target = request.headers.get("x-amz-target") or (request.method, request.query and [n for n, _ in request.query],
                                                     request.path.count("/") > 1, request.headers.get("content-type"))
    return str((target, sorted(request.headers)))


@pytest.mark.parametrize("region,tls", [("eu-west-1", True), ("us-east-1", True), ("eu-west-1", False)])
def test_requests_of_every_command_equal_boto3s(server, tmp_path, monkeypatch, kaggle_sample, region, tls):
    (tmp_path / "certificates").mkdir()
    name = f"requests-{uuid.uuid4().hex[:8]}"
    server.run("replay", kaggle_sample / "Stocks" / "agm_a.us.txt", "--topic", name, "--partitions", 1)
    with Recorder(Behind(server), Certificates(tmp_path / "certificates") if tls else None) as recorder:
        environment = environment_of(recorder, tmp_path, region, tls)
        sink = ["sink", "--topic", name, "--to", f"s3://{name}/data", "--until-end", "--bootstrap", server.kafka]
        for _ in range(2):  # the second looks for the files of the last plan, which HEADs and GETs
            run(sink, environment)
        run(["sink", "verify", "--topic", name, "--to", f"s3://{name}/data"], environment)
        run(["crawl", f"s3://{name}/data", "--database", name.replace("-", "_"), "--role", "arn:aws:iam::1:role/r"],
            environment)
        # More rows than one page of results has.
        out = run(["sql", "select * from (select sequence(1, 2500) s) cross join unnest(s) as t(n)", "--database",
                   name.replace("-", "_"), "--output-location", f"s3://{name}/results/", "--output", "csv"], environment)
        assert len(out.stdout.splitlines()) == 2501
        ours = {}
        for request in recorder.take():
            assert request.is_signed_with(SECRET), request
            ours.setdefault(kind_of(request), request)
        done = {request.headers.get("x-amz-target", request.method).partition(".")[2] or request.method
                for request in ours.values()}
        assert done == {"GET", "PUT", "HEAD", "CreateDatabase", "CreateCrawler", "StartCrawler", "GetCrawler",
                        "GetCrawlerMetrics", "GetTables", "GetPartitions", "StartQueryExecution", "GetQueryExecution",
                        "GetQueryResults"}
        boto = Boto3(environment, monkeypatch)
        for request in ours.values():
            boto.repeat(request)
            theirs = recorder.take()[0]
            assert fields(request, tls) == fields(theirs, tls), f"{request.method} {request.target}"
            if tls:
                assert request.host.endswith(".amazonaws.com")


def test_a_bucket_of_another_region_is_found_there(tmp_path):
    (tmp_path / "certificates").mkdir()

    def answer(request):
        if request.authorization["Credential"][2] != "ap-south-1":
            return 301, {"x-amz-bucket-region": "ap-south-1"}, b"<Error><Code>PermanentRedirect</Code></Error>"
        return 200, {}, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"

    with Recorder(answer, Certificates(tmp_path / "certificates")) as recorder:
        environment = environment_of(recorder, tmp_path, "eu-west-1", True)
        done = run(["sink", "verify", "--topic", "t", "--to", "s3://lake/t"], environment, code=1)
        assert "no plan of topic t" in done.stderr
        hosts = [request.host for request in recorder.take()]
    assert hosts[0] == "lake.s3.eu-west-1.amazonaws.com"
    assert len(hosts) > 1 and set(hosts[1:]) == {"lake.s3.ap-south-1.amazonaws.com"}, "found once, remembered"


def test_throttled_requests_are_tried_again_and_the_engines_error_is_shown(tmp_path):
    answers = []

    def answer(request):
        operation = request.headers["x-amz-target"].partition(".")[2]
        answers.append(operation)
        if operation == "StartQueryExecution":
            if answers.count(operation) < 3:
                return 400, {}, json.dumps({"__type": "TooManyRequestsException", "Message": "later"}).encode()
            return 200, {}, b'{"QueryExecutionId":"q"}'
        if answers.count(operation) == 1:
            return 400, {"x-amzn-ErrorType": "ThrottlingException:"}, b'{"__type":"ThrottlingException","message":"Rate"}'
        return 200, {}, json.dumps({"QueryExecution": {"Status": {
            "State": "FAILED", "StateChangeReason": "TABLE_NOT_FOUND: line 1:15: Table does not exist"}}}).encode()

    with Recorder(answer) as recorder:
        environment = environment_of(recorder, tmp_path, "eu-west-1", False)
        done = run(["sql", "select * from nothing", "--workgroup", "analysts"], environment, code=1)
        first = recorder.take()[0]
    assert "TABLE_NOT_FOUND: line 1:15: Table does not exist" in done.stderr
    assert json.loads(first.body)["WorkGroup"] == "analysts"
    assert answers == ["StartQueryExecution"] * 3 + ["GetQueryExecution"] * 2


def test_aws_glue_wants_a_role_or_a_crawler_that_is_there(tmp_path):
    def answer(request):
        operation = request.headers["x-amz-target"].partition(".")[2]
        if operation == "GetCrawler":
            return 200, {}, b'{"Crawler":{"State":"READY","LastCrawl":{"Status":"FAILED","ErrorMessage":"no access"}}}'
        return 200, {}, b"{}"

    (tmp_path / "certificates").mkdir()
    with Recorder(answer, Certificates(tmp_path / "certificates")) as recorder:
        environment = environment_of(recorder, tmp_path, "eu-west-1", True)
        done = run(["crawl", "s3://lake/t", "--database", "d"], environment, code=2)
        assert "--role" in done.stderr and not recorder.take()
        done = run(["crawl", "s3://lake/t", "--database", "d", "--crawler", "mine"], environment, code=1)
        assert "no access" in done.stderr
        assert [request.headers["x-amz-target"] for request in recorder.take()] == [
            "AWSGlue.StartCrawler", "AWSGlue.GetCrawler"]
