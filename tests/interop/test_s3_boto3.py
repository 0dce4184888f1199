"""S3 as boto3 speaks it: every operation the server has, with the checksums and retries that the SDK sends by default."""
import base64
import concurrent.futures
import hashlib
import io
import os
import socket
import threading
import urllib.error
import urllib.request
import uuid
import zlib

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1 << 20


@pytest.fixture
def s3(server):
    return server.client("s3", config=Config(max_pool_connections=32))


@pytest.fixture
def bucket(s3):
    name = "boto3-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    return name


def code(error):
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def keys(page):
    return [item["Key"] for item in page.get("Contents", [])]


def prefixes(page):
    return [item["Prefix"] for item in page.get("CommonPrefixes", [])]


def test_buckets_are_made_found_and_removed(s3):
    name = "boto3-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)  # us-east-1 lets the owner do it again
    assert name in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    assert s3.get_bucket_acl(Bucket=name)["Grants"][0]["Permission"] == "FULL_CONTROL"
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket=name)
    assert code(error) == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    with pytest.raises(ClientError) as error:
        s3.head_bucket(Bucket=name)
    assert code(error) == ("404", 404)
    with pytest.raises(ClientError) as error:
        s3.create_bucket(Bucket="Not_A_Bucket")
    assert code(error)[1] == 400


def test_a_bucket_elsewhere_keeps_its_region(s3):
    name = "boto3-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-central-1"
    with pytest.raises(ClientError) as error:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert code(error) == ("BucketAlreadyOwnedByYou", 409)


def test_an_object_comes_back_with_all_its_headers(s3, bucket):
    body = os.urandom(100_000)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ContentType="text/csv", CacheControl="no-cache",
                        ContentDisposition="attachment", ContentEncoding="gzip", ContentLanguage="de",
                        Metadata={"Source": "kaggle", "rows": "12"}, StorageClass="STANDARD_IA")
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ChecksumCRC32"] == base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    for answer in (s3.get_object(Bucket=bucket, Key="k"), s3.head_object(Bucket=bucket, Key="k")):
        assert answer["ContentLength"] == len(body)
        assert answer["ContentType"] == "text/csv"
        assert answer["CacheControl"] == "no-cache"
        assert answer["ContentDisposition"] == "attachment"
        assert answer["ContentEncoding"] == "gzip"
        assert answer["ContentLanguage"] == "de"
        assert answer["Metadata"] == {"source": "kaggle", "rows": "12"}
        assert answer["StorageClass"] == "STANDARD_IA"
        assert answer["ETag"] == put["ETag"]
        if "Body" in answer:
            assert answer["Body"].read() == body
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
    assert s3.head_object(Bucket=bucket, Key="empty")["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize("key", ["a//b", "a/", " ", "_ ", "..", "../up", "./x", "a b+c%20&=?#", "ключ/é/价格", "😀", "k" * 1024,
                                 "a\tb\nc", "*'()!~-_.", "x;y:z@$,"])
def test_any_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert keys(s3.list_objects_v2(Bucket=bucket)) == [key]
    assert keys(s3.list_objects(Bucket=bucket)) == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == key.encode()
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "never there"}]})
    assert {each["Key"] for each in deleted["Deleted"]} == {key, "never there"}
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key=key)
    assert code(error) == ("NoSuchKey", 404)


def test_a_key_that_is_too_long(s3, bucket):
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"")
    assert code(error) == ("KeyTooLongError", 400)


def test_ranges(s3, bucket):
    body = bytes(range(256)) * 40
    s3.put_object(Bucket=bucket, Key="k", Body=body)

    def get(wanted):
        return s3.get_object(Bucket=bucket, Key="k", Range=wanted)

    assert get("bytes=0-9")["Body"].read() == body[:10]
    assert get("bytes=10000-")["Body"].read() == body[10000:]
    assert get("bytes=-7")["Body"].read() == body[-7:]
    answer = get("bytes=10-99999999")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert answer["ContentRange"] == f"bytes 10-{len(body) - 1}/{len(body)}"
    assert answer["Body"].read() == body[10:]
    assert "ChecksumCRC32" not in answer
    with pytest.raises(ClientError) as error:
        get(f"bytes={len(body)}-")
    assert code(error) == ("InvalidRange", 416)
    assert s3.head_object(Bucket=bucket, Key="k", Range="bytes=0-9")["ContentLength"] == 10


def test_conditional_reads(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"x"
    assert s3.get_object(Bucket=bucket, Key="k", IfNoneMatch='"other"')["Body"].read() == b"x"
    for condition, expected in (({"IfMatch": '"other"'}, 412), ({"IfNoneMatch": etag}, 304),
                                ({"IfModifiedSince": modified}, 304), ({"IfUnmodifiedSince": "2015-01-01"}, 412)):
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="k", **condition)
        assert code(error)[1] == expected
        with pytest.raises(ClientError) as error:
            s3.head_object(Bucket=bucket, Key="k", **condition)
        assert code(error)[1] == expected


def test_conditional_writes(s3, bucket):
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert code(error) == ("PreconditionFailed", 412)
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=first)["ETag"]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=first)
    assert code(error) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="other", Body=b"3", IfMatch=first)
    assert code(error) == ("NoSuchKey", 404)
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="k", IfMatch=first)
    assert code(error) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=second)


def test_of_many_creators_one_wins(s3, bucket):
    start = threading.Barrier(16)

    def create(number):
        start.wait()
        try:
            s3.put_object(Bucket=bucket, Key="plan", Body=str(number).encode() * 1000, IfNoneMatch="*")
            return 200
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"]

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        results = list(threads.map(create, range(16)))
    assert sorted(results)[0] == 200 and results.count(200) == 1
    assert set(results) <= {200, 409, 412}


def crc(data, polynomial, width):
    """A reflected CRC with all ones before and after; boto3 itself computes these only with awscrt."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    state = (1 << width) - 1
    for byte in data:
        state = table[(state ^ byte) & 255] ^ state >> 8
    return (state ^ (1 << width) - 1).to_bytes(width // 8, "big")


DIGESTS = {"CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
           "CRC32C": lambda data: crc(data, 0x82F63B78, 32),
           "CRC64NVME": lambda data: crc(data, 0x9A6C9329AC4BC9B5, 64),
           "SHA1": lambda data: hashlib.sha1(data).digest(),
           "SHA256": lambda data: hashlib.sha256(data).digest()}


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_checksums(s3, bucket, algorithm):
    body = os.urandom(100_001)
    field = "Checksum" + algorithm
    right = base64.b64encode(DIGESTS[algorithm](body)).decode()
    assert s3.put_object(Bucket=bucket, Key="k", Body=body, **{field: right})[field] == right
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head[field] == right and head["ChecksumType"] == "FULL_OBJECT"
    assert field not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == body
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ETag", "ObjectSize"])
    assert attributes["Checksum"][field] == right and attributes["ObjectSize"] == len(body)
    wrong = base64.b64encode(bytes(len(base64.b64decode(right)))).decode()
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="wrong", Body=body, **{field: wrong})
    assert code(error) == ("BadDigest", 400)
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=bucket, Key="wrong")
    assert code(error)[1] == 404


def test_the_sdk_computes_its_own_checksums(s3, bucket):
    body = os.urandom(300_000)
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        s3.put_object(Bucket=bucket, Key="k", Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert head["Checksum" + algorithm] == base64.b64encode(DIGESTS[algorithm](body)).decode()


def test_content_md5(s3, bucket):
    def put(digest):
        return s3.put_object(Bucket=bucket, Key="k", Body=b"abc", ContentMD5=digest)

    put(base64.b64encode(hashlib.md5(b"abc").digest()).decode())
    with pytest.raises(ClientError) as error:
        put(base64.b64encode(hashlib.md5(b"abd").digest()).decode())
    assert code(error) == ("BadDigest", 400)
    with pytest.raises(ClientError) as error:
        put("bm90IGEgZGlnZXN0")
    assert code(error) == ("InvalidDigest", 400)


def test_listing_with_delimiter_pages_and_encoding(s3, bucket):
    names = ["2016/a.csv", "2016/b.csv", "2017/c d.csv", "2017/x/y.csv", "readme", "ä+ü.txt"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    ordered = sorted(names, key=str.encode)
    assert keys(s3.list_objects_v2(Bucket=bucket)) == ordered
    top = s3.list_objects_v2(Bucket=bucket, Delimiter="/", FetchOwner=True)
    assert prefixes(top) == ["2016/", "2017/"] and keys(top) == ["readme", "ä+ü.txt"] and top["KeyCount"] == 4
    assert top["Contents"][0]["Owner"]["ID"]
    inner = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="2017/")
    assert prefixes(inner) == ["2017/x/"] and keys(inner) == ["2017/c d.csv"]
    for size in (1, 2, 3):
        for operation in ("list_objects_v2", "list_objects"):
            pages = list(s3.get_paginator(operation).paginate(Bucket=bucket, Delimiter="/",
                                                              PaginationConfig={"PageSize": size}))
            assert sum((prefixes(page) for page in pages), []) == ["2016/", "2017/"]
            assert sum((keys(page) for page in pages), []) == ["readme", "ä+ü.txt"]
            assert all(len(keys(page)) + len(prefixes(page)) <= size for page in pages)
    assert keys(s3.list_objects_v2(Bucket=bucket, StartAfter="2017/c d.csv")) == ordered[3:]
    assert keys(s3.list_objects(Bucket=bucket, Marker="2017/c d.csv")) == ordered[3:]
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
    assert [each["Key"] for each in s3.list_object_versions(Bucket=bucket)["Versions"]] == ordered
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="nonsense!")
    assert code(error) == ("InvalidArgument", 400)


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"bytes", Metadata={"a": "1"}, ContentType="text/plain")
    source = {"Bucket": bucket, "Key": "from"}
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)["CopyObjectResult"]
    assert copied["ETag"] == s3.head_object(Bucket=bucket, Key="from")["ETag"]
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"a": "1"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    to = s3.get_object(Bucket=bucket, Key="to")
    assert to["Metadata"] == {"b": "2"} and to["ContentType"] == "binary/octet-stream" and to["Body"].read() == b"bytes"
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="from", CopySource=source)
    assert code(error) == ("InvalidRequest", 400)
    s3.copy_object(Bucket=bucket, Key="from", CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "3"})
    assert s3.get_object(Bucket=bucket, Key="from")["Metadata"] == {"c": "3"}
    s3.delete_object(Bucket=bucket, Key="from")
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == b"bytes"
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="x", CopySource=source)
    assert code(error) == ("NoSuchKey", 404)
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "to"}, CopySourceIfMatch='"no"')
    assert code(error) == ("PreconditionFailed", 412)


def test_multipart_by_hand(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big", Metadata={"m": "1"}, ChecksumAlgorithm="CRC32")
    part = {"Bucket": bucket, "Key": "big", "UploadId": upload["UploadId"]}
    bodies = {3: os.urandom(5 * MIB), 5: os.urandom(6 * MIB), 9: b"tail"}
    done = {}
    for number, body in reversed(bodies.items()):
        s3.upload_part(**part, PartNumber=number, Body=b"replaced by the next")
        done[number] = s3.upload_part(**part, PartNumber=number, Body=body)
    listed = s3.list_parts(**part, MaxParts=2)
    assert [each["PartNumber"] for each in listed["Parts"]] == [3, 5] and listed["IsTruncated"]
    rest = s3.list_parts(**part, PartNumberMarker=listed["NextPartNumberMarker"])
    assert [each["Size"] for each in rest["Parts"]] == [4]
    assert [each["UploadId"] for each in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload["UploadId"]]

    def complete(numbers, etag=None):
        parts = [{"PartNumber": n, "ETag": etag or done[n]["ETag"], "ChecksumCRC32": done[n]["ChecksumCRC32"]}
                 for n in numbers]
        return s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})

    for numbers, etag, expected in (([5, 3, 9], None, "InvalidPartOrder"), ([9, 3], None, "InvalidPartOrder"),
                                    ([3, 5, 9], '"0"', "InvalidPart")):
        with pytest.raises(ClientError) as error:
            complete(numbers, etag)
        assert code(error)[0] == expected
    whole = complete([3, 5, 9])
    digests = b"".join(hashlib.md5(body).digest() for body in bodies.values())
    assert whole["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert whole["ChecksumCRC32"].endswith("-3") and whole["ChecksumType"] == "COMPOSITE"
    got = s3.get_object(Bucket=bucket, Key="big")
    assert got["Body"].read() == b"".join(bodies.values()) and got["Metadata"] == {"m": "1"}
    second = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)
    assert second["Body"].read() == bodies[5] and second["PartsCount"] == 3
    attributes = s3.get_object_attributes(Bucket=bucket, Key="big", ObjectAttributes=["ObjectParts"])
    assert attributes["ObjectParts"]["TotalPartsCount"] == 3
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_multipart_conditions_small_parts_and_abort(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"there")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    etags = [s3.upload_part(**part, PartNumber=n, Body=b"small")["ETag"] for n in (1, 2)]
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**part, MultipartUpload={
            "Parts": [{"PartNumber": n + 1, "ETag": etag} for n, etag in enumerate(etags)]})
    assert code(error) == ("EntityTooSmall", 400)
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**part, IfNoneMatch="*",
                                     MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etags[0]}]})
    assert code(error) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as error:
        s3.upload_part(**part, PartNumber=10001, Body=b"x")
    assert code(error) == ("InvalidArgument", 400)
    s3.abort_multipart_upload(**part)
    with pytest.raises(ClientError) as error:
        s3.upload_part(**part, PartNumber=1, Body=b"x")
    assert code(error) == ("NoSuchUpload", 404)


def test_full_object_checksum_of_parts(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    part = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    bodies = [os.urandom(5 * MIB), os.urandom(1000)]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(**part, PartNumber=n, Body=body)["ETag"]}
             for n, body in enumerate(bodies, 1)]
    whole = base64.b64encode(zlib.crc32(b"".join(bodies)).to_bytes(4, "big")).decode()
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts}, ChecksumCRC32="AAAAAA==")
    assert code(error) == ("BadDigest", 400)
    done = s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts}, ChecksumCRC32=whole)
    assert done["ChecksumCRC32"] == whole and done["ChecksumType"] == "FULL_OBJECT"


def test_upload_part_copy(s3, bucket):
    body = os.urandom(11 * MIB)
    s3.put_object(Bucket=bucket, Key="from", Body=body)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="to")["UploadId"]
    part = {"Bucket": bucket, "Key": "to", "UploadId": upload, "CopySource": {"Bucket": bucket, "Key": "from"}}
    ranges = [(0, 6 * MIB - 1), (6 * MIB, 11 * MIB - 1)]
    parts = []
    for number, (first, last) in enumerate(ranges, 1):
        copied = s3.upload_part_copy(**part, PartNumber=number, CopySourceRange=f"bytes={first}-{last}")
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    with pytest.raises(ClientError) as error:
        s3.upload_part_copy(**part, PartNumber=3, CopySourceRange=f"bytes=0-{len(body)}")
    assert code(error)[0] == "InvalidRange"
    s3.complete_multipart_upload(Bucket=bucket, Key="to", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == body


def test_100_mb_by_upload_file_and_download_file(s3, bucket, tmp_path):
    body = os.urandom(100 * 1000 * 1000)
    (tmp_path / "up").write_bytes(body)
    config = TransferConfig(max_concurrency=16)
    s3.upload_file(str(tmp_path / "up"), bucket, "big", Config=config)
    assert "-" in s3.head_object(Bucket=bucket, Key="big")["ETag"]
    s3.download_file(bucket, "big", str(tmp_path / "down"), Config=config)
    assert (tmp_path / "down").read_bytes() == body
    boto3_copy = s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy", Config=config)
    assert boto3_copy is None and s3.head_object(Bucket=bucket, Key="copy")["ContentLength"] == len(body)


def test_sixteen_threads(s3, bucket):
    def work(thread):
        for number in range(25):
            body = f"{thread} {number}".encode() * (1 + number * 37)
            key = f"t{thread}/{number % 5}"
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
        return True

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        assert all(threads.map(work, range(16)))
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 80


def test_readers_see_whole_objects_while_they_are_replaced(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"\0" * 200_000)
    stop = threading.Event()

    def write(number):
        while not stop.is_set():
            s3.put_object(Bucket=bucket, Key="k", Body=bytes([number]) * (200_000 + number))

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        for number in (1, 2, 3):
            threads.submit(write, number)
        try:
            for _ in range(100):
                body = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
                assert len(set(body)) == 1 and len(body) == 200_000 + body[0]
        finally:
            stop.set()


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_presigned_urls(server, bucket, signature):
    s3 = server.client("s3", config=Config(signature_version=signature))
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a b/ü"})
    urllib.request.urlopen(urllib.request.Request(put, b"signed before", method="PUT",
                                                  headers={"Content-Type": ""} if signature == "s3" else {}))
    get = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b/ü",
                                                   "ResponseContentType": "text/plain",
                                                   "ResponseContentDisposition": "attachment; filename=x"})
    with urllib.request.urlopen(get) as answer:
        assert answer.read() == b"signed before"
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.headers["Content-Disposition"] == "attachment; filename=x"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(get.replace("a%20b", "a%20c"))
    assert error.value.code == 403


def test_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=1&b=2%20x")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"},
                                                                       {"Key": "b", "Value": "2 x"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.head_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "1"
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_virtual_host_style(server, bucket, monkeypatch):
    # botocore puts no bucket before an IP address; names below localhost are this machine (RFC 6761), whatever the resolver says.
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: resolve(
        "127.0.0.1" if str(host).endswith(".localhost") else host, *more, **named))
    s3 = boto3.client("s3", endpoint_url=server.aws.replace("127.0.0.1", "s3.localhost"), region_name=server.region,
                      aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key,
                      config=Config(s3={"addressing_style": "virtual"}))
    seen = []
    s3.meta.events.register("before-send.s3.*", lambda request, **_: seen.append(request.url))
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    assert keys(s3.list_objects_v2(Bucket=bucket)) == ["a/b"]
    assert all(url.startswith(f"http://{bucket}.s3.localhost") for url in seen) and seen


def test_what_is_not_there_says_so_by_name(s3, bucket):
    for call, expected in ((s3.get_bucket_policy, "NoSuchBucketPolicy"), (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
                           (s3.get_bucket_tagging, "NoSuchTagSet"),
                           (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration")):
        with pytest.raises(ClientError) as error:
            call(Bucket=bucket)
        assert code(error) == (expected, 404)
    with pytest.raises(ClientError) as error:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert code(error) == ("NotImplemented", 501) and "versioning" in str(error.value)
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms")
    assert code(error) == ("NotImplemented", 501) and "x-amz-server-side-encryption" in str(error.value)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", VersionId="abc")
    assert code(error) == ("NoSuchVersion", 404)
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="there-is-no-such-bucket", Key="k", Body=b"x" * 10_000_000)
    assert code(error) == ("NoSuchBucket", 404)


def test_objects_survive_kill(own_server):
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="kept")
    bodies = {f"k{number}": os.urandom(10_000 * number) for number in range(20)}
    for key, body in bodies.items():
        s3.put_object(Bucket="kept", Key=key, Body=body)
    own_server.kill()
    own_server.restart()
    s3 = own_server.client("s3")
    for key, body in bodies.items():
        assert s3.get_object(Bucket="kept", Key=key)["Body"].read() == body
