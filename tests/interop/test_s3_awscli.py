"""S3 through the aws command line: what a person at a shell does."""
import os
import subprocess
import sys
import uuid

import pytest


@pytest.fixture
def aws(server):
    def run(*arguments, check=True, data=None):
        done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "aws"), *map(str, arguments)],
                              env=server.environment(), input=data, capture_output=True)
        if check:
            assert done.returncode == 0, done.stderr.decode()
        return done

    return run


def test_make_copy_sync_list_and_remove(aws, tmp_path):
    bucket = "s3://cli-" + uuid.uuid4().hex[:12]
    aws("s3", "mb", bucket)
    source = tmp_path / "data" / "year=2016"
    source.mkdir(parents=True)
    for name in ("a.csv", "b c.csv", "ü.csv"):
        (source / name).write_text(name * 1000)
    (source / "big.bin").write_bytes(os.urandom(20_000_000))
    aws("s3", "sync", tmp_path / "data", f"{bucket}/lake/")
    assert b"upload" not in aws("s3", "sync", tmp_path / "data", f"{bucket}/lake/").stdout
    listing = aws("s3", "ls", f"{bucket}/lake/", "--recursive").stdout.decode()
    assert len(listing.splitlines()) == 4 and "lake/year=2016/b c.csv" in listing
    assert aws("s3", "ls", f"{bucket}/lake/").stdout.split() == [b"PRE", b"year=2016/"]
    aws("s3", "cp", f"{bucket}/lake/", tmp_path / "back", "--recursive")
    for name in ("a.csv", "b c.csv", "ü.csv", "big.bin"):
        assert (tmp_path / "back" / "year=2016" / name).read_bytes() == (source / name).read_bytes()
    aws("s3", "cp", f"{bucket}/lake/year=2016/big.bin", f"{bucket}/copy/big.bin")
    aws("s3", "mv", f"{bucket}/copy/big.bin", f"{bucket}/moved/big.bin")
    assert aws("s3", "ls", f"{bucket}/copy/", check=False).returncode == 1
    aws("s3", "cp", "-", f"{bucket}/piped", data=b"from a pipe")
    assert aws("s3", "cp", f"{bucket}/piped", "-").stdout == b"from a pipe"
    url = aws("s3", "presign", f"{bucket}/piped").stdout.decode().strip()
    import urllib.request
    assert urllib.request.urlopen(url).read() == b"from a pipe"
    aws("s3", "rm", bucket, "--recursive")
    aws("s3", "rb", bucket)


def test_s3api_head_and_errors(aws):
    bucket = "cli-" + uuid.uuid4().hex[:12]
    aws("s3api", "create-bucket", "--bucket", bucket)
    aws("s3api", "head-bucket", "--bucket", bucket)
    done = aws("s3api", "get-object", "--bucket", bucket, "--key", "none", "/dev/null", check=False)
    assert done.returncode != 0 and b"NoSuchKey" in done.stderr
