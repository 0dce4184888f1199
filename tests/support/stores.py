"""Other people's S3 servers, for the same tests as our own."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import boto3
import urllib3
from botocore.config import Config

from support.recorder import Behind, Recorder, free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / "build" / "tools"  # what tests install for themselves
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
KEY, SECRET = "storekey0001", "store-secret-0001"
PATIENCE = 60


class Store:
    """A server process on 127.0.0.1 with its own folder and keys."""

    survives_kill = False
    one_winner = True  # of two writers at once with If-None-Match
    sink_flags = ()
    url = access_key = secret_key = ""

    def environment(self):
        """What makes the sink use it, beside Kafka and nothing else of the embedded server."""
        return {"AWS_ENDPOINT_URL_S3": self.url, "AWS_ACCESS_KEY_ID": self.access_key,
                "AWS_SECRET_ACCESS_KEY": self.secret_key, "AWS_REGION": "us-east-1"}

    def client(self):
        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=self.access_key,
                            aws_secret_access_key=self.secret_key,
                            config=Config(s3={"addressing_style": "path"}, max_pool_connections=20))

    def empty(self):
        """Removes every object of every bucket."""
        s3 = self.client()
        for bucket in s3.list_buckets()["Buckets"]:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
                for entry in page.get("Contents", []):
                    s3.delete_object(Bucket=bucket["Name"], Key=entry["Key"])


class StoreProcess(Store):
    def __init__(self):
        self.access_key, self.secret_key = KEY, SECRET
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tickerlake-store-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), env=os.environ | self.variables(), cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        pool, deadline = urllib3.PoolManager(retries=False), time.monotonic() + PATIENCE
        while True:
            try:
                pool.request("GET", self.url, timeout=5)
                return
            except urllib3.exceptions.HTTPError:
                assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)

    def variables(self):
        return {}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Moto(StoreProcess):
    """moto's server (pip): objects in memory, one Python process. It looks and then writes: of eight writers at once two
    have been seen to win."""

    one_winner = False

    def command(self):
        return [pathlib.Path(sys.prefix) / "bin" / "moto_server", "-H", "127.0.0.1", "-p", str(self.port)]


class Versitygw(StoreProcess):
    """Versity's gateway (go install) on a folder of files."""

    survives_kill = True

    @staticmethod
    def program():
        own = TOOLS / "versitygw"
        return own if own.exists() else shutil.which("versitygw")

    @staticmethod
    def install():
        """By `go install`; the reason why not, or nothing."""
        if Versitygw.program():
            return None
        if not shutil.which("go"):
            return "no go"
        done = subprocess.run(["go", "install", VERSITYGW], env=os.environ | {"GOBIN": str(TOOLS)}, capture_output=True,
                              text=True, check=False)
        return None if done.returncode == 0 else f"go install {VERSITYGW} fails: {done.stderr[-300:]}"

    def command(self):
        (self.folder / "objects").mkdir(exist_ok=True)
        return [self.program(), "--port", f"127.0.0.1:{self.port}", "posix", self.folder / "objects"]

    def variables(self):
        return {"ROOT_ACCESS_KEY": self.access_key, "ROOT_SECRET_KEY": self.secret_key}


class Unconditional(Store):
    """Our own S3 as if it knew no conditional PUT: what stands before it does not pass If-None-Match on."""

    sink_flags = ("--without-conditional-put",)

    def __init__(self, server):
        behind = Behind(server)
        behind.PASSED_ON = tuple(name for name in Behind.PASSED_ON if name != "if-none-match")
        self.recorder = Recorder(behind)
        self.url, self.access_key, self.secret_key = self.recorder.url, server.access_key, server.secret_key

    def close(self):
        self.recorder.close()
