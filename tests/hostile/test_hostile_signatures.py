"""Signatures that somebody else made, changed, kept too long, or put around another body."""
import datetime
import hashlib
import time
import urllib.parse

import pytest
from hostile_support import (canonical_query, digest, encode, exchange, sign, signed, signing_key, unique, watched)

EMPTY = hashlib.sha256(b"").hexdigest()
NOW = datetime.timedelta()


def minutes(count):
    return datetime.timedelta(minutes=count)


@pytest.fixture(scope="module")
def bucket(module_server):
    name = unique("signed")
    signed(module_server, "PUT", f"/{name}").expect(200)
    signed(module_server, "PUT", f"/{name}/key", b"secret").expect(200)
    return name


def presigned(server, method, path, *, expires=3600, age=NOW, extra=None):
    """The query of a presigned URL (version 4)."""
    when = datetime.datetime.now(datetime.timezone.utc) - age
    stamp, date = when.strftime("%Y%m%dT%H%M%SZ"), when.strftime("%Y%m%d")
    scope = f"{date}/us-east-1/s3/aws4_request"
    query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{server.access_key}/{scope}", "X-Amz-Date": stamp,
             "X-Amz-Expires": str(expires), "X-Amz-SignedHeaders": "host", **(extra or {})}
    host = server.aws.removeprefix("http://")
    canonical = "\n".join([method, path, canonical_query(query), f"host:{host}\n", "host", "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    query["X-Amz-Signature"] = digest(signing_key(server.secret_key, date, "us-east-1", "s3"), text).hex()
    return query


def get(server, path, query, method="GET", **headers):
    host = {"host": server.aws.removeprefix("http://")} | headers
    return exchange(server, method, path + "?" + canonical_query(query), host, b"new" if method == "PUT" else b"")


def flipped(text):
    return ("0" if text[0] != "0" else "1") + text[1:]


def test_a_presigned_url_gives_what_it_was_made_for_and_nothing_else(module_server, bucket):
    path = f"/{bucket}/key"
    query = presigned(module_server, "GET", path)
    assert get(module_server, path, query).expect(200).body == b"secret"
    date = query["X-Amz-Date"]
    tampered = {
        "another signature": {"X-Amz-Signature": flipped(query["X-Amz-Signature"])},
        "no signature": {"X-Amz-Signature": ""},
        "a short signature": {"X-Amz-Signature": query["X-Amz-Signature"][:-1]},
        "a longer validity": {"X-Amz-Expires": "7200"},
        "an endless validity": {"X-Amz-Expires": "99999999"},
        "a negative validity": {"X-Amz-Expires": "-1"},
        "an overflowing validity": {"X-Amz-Expires": "9223372036854775807"},
        "no validity": {"X-Amz-Expires": ""},
        "another date": {"X-Amz-Date": date[:-2] + "1Z" if date[-2] != "1" else date[:-2] + "2Z"},
        "no date": {"X-Amz-Date": ""},
        "another key": {"X-Amz-Credential": "AKIANOBODY" + query["X-Amz-Credential"][len(module_server.access_key):]},
        "another region": {"X-Amz-Credential": query["X-Amz-Credential"].replace("us-east-1", "eu-west-1")},
        "another service": {"X-Amz-Credential": query["X-Amz-Credential"].replace("/s3/", "/glue/")},
        "no terminator": {"X-Amz-Credential": query["X-Amz-Credential"].replace("aws4_request", "x")},
        "another algorithm": {"X-Amz-Algorithm": "AWS4-HMAC-SHA1"},
        "no algorithm": {"X-Amz-Algorithm": ""},
        "no signed headers": {"X-Amz-SignedHeaders": ""},
        "more signed headers": {"X-Amz-SignedHeaders": "host;x-amz-acl"},
        "one more parameter": {"response-content-type": "text/html"},
        "an operation": {"acl": ""},
        "a version": {"versionId": "null"},
    }
    for what, changes in tampered.items():
        answer = get(module_server, path, query | changes)
        assert answer.status in (400, 403) and b"secret" not in answer.body, what
    assert get(module_server, f"/{bucket}/other", query).status == 403
    assert get(module_server, f"/{bucket}", query).status == 403
    assert get(module_server, path, query, "PUT").status == 403
    assert get(module_server, path, query, "DELETE").status == 403
    assert get(module_server, path, query, "HEAD").status == 403
    assert get(module_server, path, query, **{"x-amz-acl": "private"}).status == 403
    other_host = exchange(module_server, "GET", path + "?" + canonical_query(query), {"host": "elsewhere.example"})
    assert other_host.status == 403
    assert signed(module_server, "GET", path).expect(200).body == b"secret"


def test_presigned_urls_have_their_time(module_server, bucket):
    path = f"/{bucket}/key"
    assert get(module_server, path, presigned(module_server, "GET", path, expires=60, age=minutes(2))).status == 403
    assert get(module_server, path, presigned(module_server, "GET", path, expires=300, age=minutes(2))).status == 200
    assert get(module_server, path, presigned(module_server, "GET", path, age=minutes(-20))).status == 403  # not yet valid
    assert get(module_server, path, presigned(module_server, "GET", path, expires=604_801)).status == 400
    assert get(module_server, path, presigned(module_server, "GET", path, expires=604_800)).status == 200
    short = presigned(module_server, "GET", path, expires=1)
    time.sleep(2.1)
    assert get(module_server, path, short).code == "AccessDenied"


@pytest.mark.parametrize("age, accepted", [(14, True), (-14, True), (16, False), (-16, False), (60 * 24 * 365, False),
                                           (-60 * 24 * 365, False)])
def test_a_signature_can_be_replayed_for_fifteen_minutes_and_no_longer(module_server, bucket, age, accepted):
    when = datetime.datetime.now(datetime.timezone.utc) - minutes(age)
    answer = signed(module_server, "GET", f"/{bucket}/key", when=when)
    if accepted:
        answer.expect(200)
    else:
        assert answer.expect(403).code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("how, codes", [
    (dict(secret="wrong"), ["SignatureDoesNotMatch"]),
    (dict(key="AKIANOBODY"), ["InvalidAccessKeyId"]),
    (dict(key="/"), ["InvalidAccessKeyId", "AuthorizationHeaderMalformed"]),
    (dict(key="A" * 5000), ["InvalidAccessKeyId"]),
    (dict(service="ec2"), ["NotImplemented"]),
    (dict(service=""), ["NotImplemented"]),
])
def test_other_keys_and_services_are_refused(module_server, bucket, how, codes):
    assert signed(module_server, "GET", f"/{bucket}/key", **how).code in codes


def test_every_signed_part_of_a_request_counts(module_server, bucket):
    path, headers = f"/{bucket}/signed", {"x-amz-meta-a": "b", "content-type": "text/plain"}
    body = b"body"

    def send(changes=None, *, method="PUT", target=path, content=body, drop=()):
        made = sign(module_server, "PUT", path, headers=headers, body_hash=hashlib.sha256(body).hexdigest())
        made = {name: value for name, value in (made | (changes or {})).items() if name not in drop}
        return exchange(module_server, method, target, made, content)

    send().expect(200)
    authorization = sign(module_server, "PUT", path, headers=headers, body_hash=hashlib.sha256(body).hexdigest())["authorization"]
    refused = {
        "a header changed": send({"x-amz-meta-a": "c"}),
        "a header added": send({"x-amz-meta-b": "c"}),
        "a header taken away": send(drop=["x-amz-meta-a"]),
        "the type changed": send({"content-type": "text/html"}),
        "the hash changed": send({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
        "the hash of something else": send({"x-amz-content-sha256": EMPTY}),
        "no hash": send(drop=["x-amz-content-sha256"]),
        "the date changed": send({"x-amz-date": "20200101T000000Z"}),
        "no date": send(drop=["x-amz-date"]),
        "the body changed": send(content=b"bodY"),
        "the body cut": send(content=b"bod"),
        "the body longer": send(content=b"body!"),
        "another method": send(method="POST"),
        "another key": send(target=f"/{bucket}/other"),
        "a query added": send(target=path + "?tagging"),
        "an empty signature": send({"authorization": authorization.rsplit("=", 1)[0] + "="}),
        "no signature": send({"authorization": authorization.rsplit(",", 1)[0]}),
        "no signed headers": send({"authorization": authorization.replace("SignedHeaders=", "Signed=")}),
        "nothing signed": send({"authorization": authorization.replace("host;", "")}),
        "100,000 signed headers": send({"authorization": authorization.replace("host;", "host;" + "a;" * 10_000)}),
        "no authorization": send(drop=["authorization"]),
        "nonsense": send({"authorization": "AWS4-HMAC-SHA256 " + "=," * 1000}),
        "basic": send({"authorization": "Basic dXNlcjpwYXNz"}),
    }
    for what, answer in refused.items():
        assert answer.status in (400, 403), what
    for name in ("other", "signed?tagging"):
        signed(module_server, "GET", f"/{bucket}/{name.split('?')[0]}").expect(200 if name != "other" else 404)
    assert signed(module_server, "GET", path).body == body


def chunked_put(server, path, chunks, *, tamper=None, declared=None, lie=None):
    """A body in signed chunks; tamper changes the list of (data, signature) before it is sent."""
    total = sum(map(len, chunks))
    length = {"x-amz-decoded-content-length": str(total if declared is None else declared), "content-encoding": "aws-chunked"}
    headers = sign(server, "PUT", path, headers=length, body_hash="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    stamp, date = headers["x-amz-date"], headers["x-amz-date"][:8]
    key, scope = signing_key(server.secret_key, date, "us-east-1", "s3"), f"{date}/us-east-1/s3/aws4_request"
    previous, sent = headers["authorization"].rsplit("=", 1)[1], []
    for data in [*chunks, b""]:
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", stamp, scope, previous, EMPTY, hashlib.sha256(data).hexdigest()])
        previous = digest(key, text).hex()
        sent.append((data, previous))
    if tamper:
        sent = tamper(sent)
    body = b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), signature.encode(), data) for data, signature in sent)
    return exchange(server, "PUT", path, headers, lie(body) if lie else body)


def test_chunks_are_signed_each_and_in_their_order(module_server, bucket):
    path, chunks = f"/{bucket}/chunked", [b"a" * 70_000, b"b" * 70_000, b"c" * 10]
    chunked_put(module_server, path, chunks).expect(200)
    assert signed(module_server, "GET", path).body == b"".join(chunks)
    victim = f"/{bucket}/victim"
    attacks = {
        "a byte of a chunk": lambda sent: [(b"X" + sent[0][0][1:], sent[0][1]), *sent[1:]],
        "a chunk's signature": lambda sent: [sent[0], (sent[1][0], flipped(sent[1][1])), *sent[2:]],
        "the last signature": lambda sent: [*sent[:-1], (b"", flipped(sent[-1][1]))],
        "two chunks exchanged": lambda sent: [sent[1], sent[0], *sent[2:]],
        "a chunk left out": lambda sent: [sent[0], *sent[2:]],
        "a chunk twice": lambda sent: [sent[0], sent[0], *sent[1:]],
        "the end left out": lambda sent: sent[:-1],
        "the end early": lambda sent: [sent[0], sent[-1]],
        "empty signatures": lambda sent: [(data, "") for data, _ in sent],
    }
    for what, tamper in attacks.items():
        answer = chunked_put(module_server, victim, chunks, tamper=tamper)
        assert answer.status in (400, 403), (what, answer)
    for what, lie in {
        "no signatures": lambda body: b"%x\r\n%s\r\n0\r\n\r\n" % (150_010, b"a" * 150_010),
        "garbage": lambda body: b"\xff" * 1000,
        "nothing": lambda body: b"",
        "a size of 2^64": lambda body: b"1" + b"0" * 16 + body[5:],
        "more behind the end": lambda body: body + b"5;chunk-signature=0\r\nhello\r\n",
        "an endless size line": lambda body: b"1" * 100_000,
    }.items():
        answer = chunked_put(module_server, victim, chunks, lie=lie)
        assert answer.status in (400, 403), (what, answer)
    assert chunked_put(module_server, victim, chunks, declared=10).status in (400, 403)
    assert chunked_put(module_server, victim, chunks, declared=2**63 - 1).status in (400, 403)
    signed(module_server, "GET", victim).expect(404)


def test_what_strangers_send_leaves_nothing_behind(module_server, bucket):
    """Bodies of requests that are refused are neither stored nor kept in files on the way to be stored."""
    blobs = module_server.data / "s3"

    def files():
        return sorted(path for path in blobs.rglob("*") if path.is_file() and "index" not in path.parts)

    with watched(module_server):
        before = len(files())
        for number in range(50):
            headers = sign(module_server, "PUT", f"/{bucket}/stranger", body_hash="UNSIGNED-PAYLOAD", secret="wrong")
            exchange(module_server, "PUT", f"/{bucket}/stranger", headers, bytes(100_000)).expect(403)
            headers = sign(module_server, "PUT", f"/{bucket}/wrong", body_hash=EMPTY)
            exchange(module_server, "PUT", f"/{bucket}/wrong", headers, bytes(100_000)).expect(400)
        signed(module_server, "GET", f"/{bucket}/stranger").expect(404)
        signed(module_server, "GET", f"/{bucket}/wrong").expect(404)
    # The honest client's own object is the only one that was added.
    assert len(files()) <= before + 3
