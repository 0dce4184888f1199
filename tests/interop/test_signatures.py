"""Signatures as boto3 and the aws CLI make them, and what clients see when one does not hold."""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse
import uuid
import zlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

http = urllib3.PoolManager(retries=False)
AWKWARD_KEYS = ["a b//../é+$~'()*!@=&?#%.txt", "😀", "./x", "trailing/", "a+b", "per%20cent"]


@pytest.fixture
def bucket(server):
    name = f"signatures-{uuid.uuid4().hex[:12]}"
    server.client("s3").create_bucket(Bucket=name)
    return name


def other(server, service, **changes):
    settings = dict(endpoint_url=server.aws, region_name=server.region, aws_access_key_id=server.access_key,
                    aws_secret_access_key=server.secret_key) | changes
    return boto3.client(service, **settings)


CALLS = [("s3", "list_buckets"), ("glue", "get_databases"), ("athena", "list_work_groups"), ("sts", "get_caller_identity")]
REFUSALS = {
    "s3": ("SignatureDoesNotMatch", "InvalidAccessKeyId"),
    "glue": ("InvalidSignatureException", "UnrecognizedClientException"),
    "athena": ("InvalidSignatureException", "UnrecognizedClientException"),
    "sts": ("SignatureDoesNotMatch", "InvalidClientTokenId"),
}


@pytest.mark.parametrize("service,operation", CALLS)
def test_right_keys_are_accepted_in_any_region(server, service, operation):
    for region in ("us-east-1", "eu-central-1"):
        getattr(other(server, service, region_name=region), operation)()


def test_version_2_in_the_header_is_accepted_and_checked(server, bucket):
    config = Config(signature_version="s3")
    s3 = other(server, "s3", config=config)
    s3.put_object(Bucket=bucket, Key="a b+é", Body=b"content", Metadata={"a": "b"})
    assert s3.get_object(Bucket=bucket, Key="a b+é")["Body"].read() == b"content"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        other(server, "s3", config=config, aws_secret_access_key="wrong").list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("service,operation", CALLS)
def test_a_session_token_is_tolerated(server, service, operation):
    getattr(other(server, service, aws_session_token="token/+="), operation)()


@pytest.mark.parametrize("service,operation", CALLS)
def test_wrong_secrets_and_unknown_keys_are_refused_in_the_services_words(server, service, operation):
    for changes, code in zip(({"aws_secret_access_key": "wrong"}, {"aws_access_key_id": "AKIANOBODY"}), REFUSALS[service]):
        with pytest.raises(ClientError) as refused:
            getattr(other(server, service, **changes), operation)()
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize("service,operation", CALLS)
def test_a_clock_that_is_an_hour_off_is_refused(server, monkeypatch, service, operation):
    now = datetime.datetime.now(datetime.timezone.utc)
    monkeypatch.setattr(botocore.auth, "get_current_datetime",
                        lambda remove_tzinfo=True: now.replace(tzinfo=None) - datetime.timedelta(hours=1))
    with pytest.raises(ClientError) as refused:
        getattr(other(server, service, config=Config(retries={"total_max_attempts": 1})), operation)()
    expected = {"s3": "RequestTimeTooSkewed", "sts": "SignatureDoesNotMatch"}.get(service, "InvalidSignatureException")
    assert refused.value.response["Error"]["Code"] == expected


def test_unsigned_requests_get_health_and_nothing_else(server):
    assert json.loads(http.request("GET", server.aws + "/health").data) == {"status": "ok"}
    for method, path, headers, body in (("GET", "/", {}, None), ("GET", "/bucket/key", {}, None), ("PUT", "/bucket", {}, b""),
                                        ("POST", "/", {"X-Amz-Target": "AWSGlue.GetDatabases"}, b"{}"),
                                        ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=GetCallerIdentity")):
        assert http.request(method, server.aws + path, headers=headers, body=body).status == 403


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_keys_of_any_kind_are_signed_and_found(server, bucket, key):
    s3 = server.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=b"content", Metadata={"spaces": "a  b"})
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"content"
    assert s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"][0]["Key"] == key


@pytest.mark.parametrize("version", [None, "s3", "s3v4"])
class TestPresigned:
    """None is what boto3 does by default for an endpoint of one's own: Signature Version 2."""

    @staticmethod
    def url(server, version, method, seconds=60, **parameters):
        config = Config(signature_version=version) if version else None
        return other(server, "s3", config=config).generate_presigned_url(method, Params=parameters, ExpiresIn=seconds)

    def test_gets_and_puts_work_without_headers(self, server, bucket, version):
        key = "a b+é.txt"
        put = http.request("PUT", self.url(server, version, "put_object", Bucket=bucket, Key=key), body=b"content")
        assert put.status == 200, put.data
        got = http.request("GET", self.url(server, version, "get_object", Bucket=bucket, Key=key, ResponseContentType="text/x-own"))
        assert (got.status, got.data, got.headers["Content-Type"]) == (200, b"content", "text/x-own")

    def test_a_changed_url_is_refused(self, server, bucket, version):
        url = self.url(server, version, "get_object", Bucket=bucket, Key="key")
        for changed in (url.replace("/key", "/yek"), url.replace("Expires=", "Expires=1"), url[:-1] + ("a" if url[-1] != "a" else "b")):
            assert http.request("GET", changed).status in (400, 403), changed
        assert http.request("DELETE", url).status == 403

    def test_an_expired_url_is_refused(self, server, bucket, version):
        url = self.url(server, version, "get_object", seconds=1, Bucket=bucket, Key="key")
        time.sleep(2.1)
        answer = http.request("GET", url)
        assert answer.status == 403
        assert b"<Code>AccessDenied</Code>" in answer.data and b"expired" in answer.data


def test_a_presigned_url_is_valid_for_a_week_at_most(server, bucket):
    url = TestPresigned.url(server, "s3v4", "get_object", seconds=7 * 24 * 3600, Bucket=bucket, Key="key")
    assert http.request("GET", url).status == 404  # accepted; there is no such key
    answer = http.request("GET", url.replace("604800", "604801"))
    assert answer.status == 400 and b"AuthorizationQueryParametersError" in answer.data


def test_a_body_that_is_not_the_signed_one_is_refused(server, bucket):
    credentials = botocore.credentials.Credentials(server.access_key, server.secret_key)
    request = botocore.awsrequest.AWSRequest("PUT", f"{server.aws}/{bucket}/key", data=b"good",
                                             headers={"X-Amz-Content-SHA256": ""})
    botocore.auth.S3SigV4Auth(credentials, "s3", server.region).add_auth(request)
    answer = http.request("PUT", request.url, headers=dict(request.headers.items()), body=b"evil")
    assert answer.status == 400 and b"XAmzContentSHA256Mismatch" in answer.data, answer.data
    assert "Contents" not in server.client("s3").list_objects_v2(Bucket=bucket)


def test_a_header_that_was_added_on_the_way_is_refused(server, bucket):
    credentials = botocore.credentials.Credentials(server.access_key, server.secret_key)
    request = botocore.awsrequest.AWSRequest("GET", f"{server.aws}/{bucket}")
    botocore.auth.S3SigV4Auth(credentials, "s3", server.region).add_auth(request)
    headers = dict(request.headers.items())
    assert http.request("GET", request.url, headers=headers).status == 200
    assert http.request("GET", request.url, headers=headers | {"x-amz-acl": "public-read"}).status == 403


def chunk_signed(server, bucket, key, chunks, spoil=False):
    """A PUT with STREAMING-AWS4-HMAC-SHA256-PAYLOAD, its chunks signed here with botocore's key derivation."""
    total = sum(map(len, chunks))
    host = urllib.parse.urlsplit(server.aws).netloc
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{server.region}/s3/aws4_request"
    hash_word = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    signed = {"host": host, "x-amz-content-sha256": hash_word, "x-amz-date": stamp, "x-amz-decoded-content-length": str(total)}
    canonical = "\n".join(["PUT", f"/{bucket}/{key}", "", *(f"{n}:{v}" for n, v in signed.items()), "", ";".join(signed), hash_word])
    secret = f"AWS4{server.secret_key}".encode()
    for part in (stamp[:8], server.region, "s3", "aws4_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()

    def sign(text):
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()

    def digest(data):
        return hashlib.sha256(data).hexdigest()

    signature = sign("\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest(canonical.encode())]))
    authorization = f"AWS4-HMAC-SHA256 Credential={server.access_key}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"
    body = b""
    for chunk in [*chunks, b""]:
        signature = sign("\n".join(["AWS4-HMAC-SHA256-PAYLOAD", stamp, scope, signature, digest(b""), digest(chunk)]))
        sent = b"X" * len(chunk) if spoil else chunk
        body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + sent + b"\r\n"
    headers = {n: v for n, v in signed.items() if n != "host"} | {"Authorization": authorization, "Content-Encoding": "aws-chunked"}
    return http.request("PUT", f"{server.aws}/{bucket}/{key}", headers=headers, body=body)


def test_signed_chunks_are_decoded_and_checked(server, bucket):
    s3 = server.client("s3")
    chunks = [b"a" * 65536, b"b" * 65536, b"c" * 17]
    answer = chunk_signed(server, bucket, "chunked", chunks)
    assert answer.status == 200, answer.data
    stored = s3.get_object(Bucket=bucket, Key="chunked")
    assert stored["Body"].read() == b"".join(chunks)
    assert "aws-chunked" not in stored.get("ContentEncoding", "")
    answer = chunk_signed(server, bucket, "spoiled", chunks, spoil=True)
    assert answer.status == 403 and b"SignatureDoesNotMatch" in answer.data, answer.data
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["chunked"]


@pytest.mark.parametrize("spoil", [False, True])
def test_unsigned_chunks_arrive_whole_if_their_trailing_checksum_holds(server, bucket, spoil):
    content = b"hello, world"
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:7], content[7:]))
    checksum = base64.b64encode(zlib.crc32(content if not spoil else b"other").to_bytes(4, "big"))
    body += b"0\r\nx-amz-checksum-crc32:" + checksum + b"\r\n\r\n"
    credentials = botocore.credentials.Credentials(server.access_key, server.secret_key)
    request = botocore.awsrequest.AWSRequest("PUT", f"{server.aws}/{bucket}/streamed", headers={
        "Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(content)), "X-Amz-Trailer": "x-amz-checksum-crc32"})
    request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
    botocore.auth.S3SigV4Auth(credentials, "s3", server.region).add_auth(request)
    assert request.headers["X-Amz-Content-SHA256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    answer = http.request("PUT", request.url, headers=dict(request.headers.items()), body=body)
    s3 = server.client("s3")
    if spoil:
        assert answer.status == 400 and b"BadDigest" in answer.data, answer.data
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    else:
        assert answer.status == 200, answer.data
        stored = s3.get_object(Bucket=bucket, Key="streamed")
        assert stored["Body"].read() == content and "ContentEncoding" not in stored


def test_the_aws_cli_knows_who_it_is(server):
    program = pathlib.Path(sys.executable).with_name("aws")
    done = subprocess.run([sys.executable, program, "sts", "get-caller-identity", "--output", "json"], env=server.environment(),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    identity = json.loads(done.stdout)
    assert identity["Arn"] == f"arn:aws:iam::{identity['Account']}:root"
