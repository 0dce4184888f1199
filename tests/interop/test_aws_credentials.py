"""Which keys, region and host come out of an environment: ours are botocore's.

Each row is an environment: variables, the two files, and what the services that give keys (instance metadata, the
container's, STS) answer, which is what AWS documents. Both sides make one call of S3, Glue and Athena in it through a
recorder; host, scope and session token must be equal, and the signature must hold with the secret that belongs to the
key. What both asked for keys must be equal, too."""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

import botocore.loaders
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conftest import BINARY  # noqa: E402
from support.recorder import Certificates, Recorder  # noqa: E402

MODELS = botocore.loaders.create_loader()
ROLE = "arn:aws:iam::123456789012:role/lake"


def secret_of(key):
    return f"secret-of-{key}"


def expiration(seconds=3600):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Cloud:
    """The services of AWS that answer in a row: those that give keys as documented, the others with an error."""

    def __init__(self, imds="v2", lifetime=3600):
        self.imds, self.lifetime, self.given = imds, lifetime, 0

    def keys(self, name):
        self.given += 1
        return {"AccessKeyId": f"ASIA{name}", "SecretAccessKey": secret_of(f"ASIA{name}"), "Token": f"token/of+{name}=",
                "Expiration": expiration(self.lifetime), "Code": "Success", "Type": "AWS-HMAC"}

    def __call__(self, request):
        if request.path == "/latest/api/token":
            if self.imds == "v1":
                return 404, {}, b""
            assert request.method == "PUT" and request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
            return 200, {}, b"imds-token"
        if request.path.startswith("/latest/meta-data/"):
            if self.imds == "none":
                return 404, {}, b""
            if self.imds == "v2" and request.headers.get("x-aws-ec2-metadata-token") != "imds-token":
                return 401, {}, b""
            if request.path == "/latest/meta-data/iam/security-credentials/":
                return 200, {}, b"lake-role"
            assert request.path == "/latest/meta-data/iam/security-credentials/lake-role"
            return 200, {}, json.dumps(self.keys("INSTANCE")).encode()
        if request.path == "/container":
            if request.headers.get("authorization") not in ("Bearer container", "Bearer file"):
                return 403, {}, b"{}"
            return 200, {}, json.dumps(self.keys("CONTAINER")).encode()
        if request.host.startswith("sts"):
            return self.sts(request)
        return 403, {}, b"<Error><Code>AccessDenied</Code></Error>"

    def sts(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        action = form["Action"]
        if action == "AssumeRoleWithWebIdentity":
            assert form["WebIdentityToken"] == "a.web.identity" and "authorization" not in request.headers
        keys = self.keys("WEB" if action == "AssumeRoleWithWebIdentity" else "ROLE" + form["RoleArn"][-4:].upper())
        return 200, {"Content-Type": "text/xml"}, f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
            <{action}Result><AssumedRoleUser><Arn>{form['RoleArn']}/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
            <Credentials><AccessKeyId>{keys['AccessKeyId']}</AccessKeyId><SecretAccessKey>{keys['SecretAccessKey']}</SecretAccessKey>
            <SessionToken>{keys['Token']}</SessionToken><Expiration>{keys['Expiration']}</Expiration></Credentials></{action}Result>
            <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>""".encode()


def static(key, **more):
    lines = {"aws_access_key_id": key, "aws_secret_access_key": secret_of(key)} | more
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def env_keys(key="AKIAENV", token=None):
    variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret_of(key)}
    return variables | ({"AWS_SESSION_TOKEN": token} if token else {})


REGION = {"AWS_DEFAULT_REGION": "eu-west-1"}
PROCESS = """import json; print(json.dumps({"Version": 1, "AccessKeyId": "ASIAPROCESS",
 "SecretAccessKey": "secret-of-ASIAPROCESS", "SessionToken": "process token"}))"""

# name: (variables, config file, credentials file, options of Cloud). {cloud} is the address of Cloud, {folder} the test's.
CHAIN = {
    "variables": (env_keys() | REGION, "", "", {}),
    "variables with a session": (env_keys(token="a/b+c=") | REGION, "", "", {}),
    "the old name of the token": (env_keys() | REGION | {"AWS_SECURITY_TOKEN": "old"}, "", "", {}),
    "the default profile": (REGION, "", "[default]\n" + static("AKIADEFAULT"), {}),
    "keys in the config file": (REGION, "[default]\n" + static("AKIACONFIG"), "", {}),
    "the credentials file beats the config file": (REGION, "[default]\n" + static("AKIACONFIG"),
                                                   "[default]\n" + static("AKIADEFAULT"), {}),
    "a named profile": (REGION | {"AWS_PROFILE": "work"}, "[profile work]\nregion = ap-south-1\n",
                        "[default]\n" + static("AKIADEFAULT") + "[work]\n" + static("AKIAWORK", aws_session_token="t"), {}),
    "AWS_DEFAULT_PROFILE beats AWS_PROFILE": (REGION | {"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "two"}, "",
                                              "[one]\n" + static("AKIAONE") + "[two]\n" + static("AKIATWO"), {}),
    "variables beat the profile": (env_keys() | REGION | {"AWS_PROFILE": "work"}, "", "[work]\n" + static("AKIAWORK"), {}),
    "the profile's region": ({}, "[default]\nregion = eu-north-1\n" + static("AKIACONFIG"), "", {}),
    "the variable's region beats the profile's": (REGION, "[default]\nregion=eu-north-1\n" + static("AKIACONFIG"), "", {}),
    "a process": (REGION, "[default]\ncredential_process = {python} \"{folder}/a process.py\"\n", "", {}),
    "a process beats keys of the config file": (
        REGION, "[default]\ncredential_process = {python} '{folder}/a process.py'\n" + static("AKIACONFIG"), "", {}),
    "keys of the credentials file beat a process": (
        REGION, "[default]\ncredential_process = {python} '{folder}/a process.py'\n", "[default]\n" + static("AKIADEFAULT"), {}),
    "instance metadata": (REGION, "", "", {}),
    "instance metadata without tokens": (REGION, "", "", {"imds": "v1"}),
    "a profile without keys, then the instance": (REGION | {"AWS_PROFILE": "bare"}, "[profile bare]\noutput = json\n", "", {}),
    "keys beat the instance": (REGION, "", "[default]\n" + static("AKIADEFAULT"), {}),
    "a container": (REGION | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{cloud}/container",
                              "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer container"}, "", "", {}),
    "a container's token from a file": (REGION | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{cloud}/container",
                                                  "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this",
                                                  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{folder}/container-token"},
                                        "", "", {}),
    "a profile's keys beat the container": (REGION | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{cloud}/container"}, "",
                                            "[default]\n" + static("AKIADEFAULT"), {}),
    "a web identity": (REGION | {"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/web-token", "AWS_ROLE_ARN": ROLE,
                                 "AWS_ROLE_SESSION_NAME": "me"}, "", "", {}),
    "a web identity of the profile": (REGION, f"[default]\nweb_identity_token_file = {{folder}}/web-token\nrole_arn = {ROLE}\n"
                                      "role_session_name = me\n", "", {}),
    "a web identity beats the profile's keys": (REGION | {"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/web-token",
                                                          "AWS_ROLE_ARN": ROLE, "AWS_ROLE_SESSION_NAME": "me"}, "",
                                                "[default]\n" + static("AKIADEFAULT"), {}),
    "variables beat a web identity": (env_keys() | REGION | {"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/web-token",
                                                             "AWS_ROLE_ARN": ROLE}, "", "", {}),
    "a role of another profile": (REGION | {"AWS_PROFILE": "role"},
                                  f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\nrole_session_name = me\n"
                                  "external_id = e/x+t=\nduration_seconds = 1800\n", "[base]\n" + static("AKIABASE"), {}),
    "a role that names itself": (REGION | {"AWS_PROFILE": "role"}, "",
                                 f"[role]\nrole_arn = {ROLE}\nsource_profile = role\nrole_session_name = me\n" + static("AKIASELF"), {}),
    "a role of a role": (REGION | {"AWS_PROFILE": "b"},
                         f"[profile a]\nrole_arn = {ROLE}/aaaa\nsource_profile = base\nrole_session_name = me\n"
                         f"[profile b]\nrole_arn = {ROLE}/bbbb\nsource_profile = a\nrole_session_name = me\n",
                         "[base]\n" + static("AKIABASE"), {}),
    "a role by the instance": (REGION | {"AWS_PROFILE": "role"},
                               f"[profile role]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n"
                               "role_session_name = me\n", "", {}),
    "a role beats the profile's own keys": (REGION | {"AWS_PROFILE": "role"},
                                            f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\nrole_session_name = me\n"
                                            + static("AKIAOWN"), "[base]\n" + static("AKIABASE"), {}),
    "nothing": (REGION, "", "", {"imds": "none"}),
    "a disabled instance": (REGION | {"AWS_EC2_METADATA_DISABLED": "true"}, "", "", {}),
    "half a key": (REGION | {"AWS_ACCESS_KEY_ID": "AKIAHALF"}, "", "", {}),
    "a profile that is not there": (REGION | {"AWS_PROFILE": "nowhere"}, "", "[default]\n" + static("AKIADEFAULT"), {}),
    "a source profile that is not there": (REGION, f"[default]\nrole_arn = {ROLE}\nsource_profile = nowhere\n", "", {}),
    "roles in a circle": (REGION | {"AWS_PROFILE": "a"}, f"[profile a]\nrole_arn = {ROLE}\nsource_profile = b\n"
                          f"[profile b]\nrole_arn = {ROLE}\nsource_profile = a\n", "", {}),
    "a container of a strange host": (REGION | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/container"}, "", "", {}),
}

WITH_KEYS = env_keys()
REGIONS = {
    **{f"region {region}": (WITH_KEYS | {"AWS_DEFAULT_REGION": region}, "", "", {})
       for region in ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1",
                      "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1", "xx-new-1")},
    "no region": (WITH_KEYS, "", "", {}),
    "FIPS": (WITH_KEYS | REGION | {"AWS_USE_FIPS_ENDPOINT": "true"}, "", "", {}),
    "dual stack": (WITH_KEYS | REGION | {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "", "", {}),
    "dual stack in China": (WITH_KEYS | {"AWS_DEFAULT_REGION": "cn-north-1", "AWS_USE_DUALSTACK_ENDPOINT": "true"}, "", "", {}),
    "both, by the profile": (REGION, "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n" + static("AKIAX"), "", {}),
    "path style": (REGION, "[default]\ns3 =\n  addressing_style = path\n" + static("AKIAX"), "", {}),
    "virtual hosts": (REGION, "[default]\ns3 =\n  addressing_style = virtual\n" + static("AKIAX"), "", {}),
    "a given endpoint": (WITH_KEYS | REGION | {"AWS_ENDPOINT_URL": "https://minio.test"}, "", "", {}),
    "a given endpoint with a port and no region": (WITH_KEYS | {"AWS_ENDPOINT_URL_S3": "https://minio.test:9000"}, "", "", {}),
    "a given endpoint with virtual hosts": (REGION | {"AWS_ENDPOINT_URL": "https://minio.test"},
                                            "[default]\ns3 =\n  addressing_style = virtual\n" + static("AKIAX"), "", {}),
    "one service's endpoint": (WITH_KEYS | REGION | {"AWS_ENDPOINT_URL_ATHENA": "https://athena.test",
                                                     "AWS_ENDPOINT_URL_S3": "https://s3.test"}, "", "", {}),
    "the profile's endpoint": (REGION, "[default]\nendpoint_url = https://profile.test\n" + static("AKIAX"), "", {}),
    "the profile's services": (REGION, "[default]\nservices = local\nendpoint_url = https://profile.test\n" + static("AKIAX") +
                               "[services local]\nglue =\n  endpoint_url = https://glue.test\n", "", {}),
    "services that are not there": (REGION, "[default]\nservices = local\n" + static("AKIAX"), "", {}),
    "a variable beats the profile's services": (
        REGION | {"AWS_ENDPOINT_URL": "https://all.test"}, "[default]\nservices = local\n" + static("AKIAX") +
        "[services local]\nglue =\n  endpoint_url = https://glue.test\n", "", {}),
    "endpoints that are to be ignored": (WITH_KEYS | REGION | {"AWS_ENDPOINT_URL": "https://x.test",
                                                               "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "", "", {}),
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def row(tmp_path, certificates):
    """Makes an environment of a row; both sides run in it."""
    recorders = []

    def make(variables, config, credentials, cloud):
        recorder = Recorder(Cloud(**cloud), certificates)
        recorders.append(recorder)
        (tmp_path / "a process.py").write_text(PROCESS)
        (tmp_path / "web-token").write_text("a.web.identity")
        (tmp_path / "container-token").write_text("Bearer file")

        def filled(text):
            return text.replace("{folder}", str(tmp_path)).replace("{cloud}", recorder.url).replace("{python}", sys.executable)

        (tmp_path / "config").write_text(filled(config))
        (tmp_path / "credentials").write_text(filled(credentials))
        clean = {name: value for name, value in os.environ.items()
                 if not name.lower().startswith(("aws_", "tickerlake_")) and not name.lower().endswith("_proxy")}
        return recorder, clean | {
            "HTTPS_PROXY": recorder.url, "AWS_CA_BUNDLE": str(certificates.bundle), "TICKERLAKE_SERVICES": "aws",
            "TICKERLAKE_DATA": str(tmp_path / "none"), "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": recorder.url,
        } | {name: filled(value) for name, value in variables.items()}

    yield make
    for recorder in recorders:
        recorder.close()


def calls_of_ours(environment):
    for arguments in (("sink", "verify", "--topic", "t", "--to", "s3://lake/t"),
                      ("crawl", "s3://lake/t", "--database", "d", "--crawler", "c"), ("sql", "select 1")):
        subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


def calls_of_botocore(environment, monkeypatch):
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for service, operation, arguments in (("s3", "list_objects_v2", {"Bucket": "lake"}), ("glue", "start_crawler", {"Name": "c"}),
                                          ("athena", "start_query_execution", {"QueryString": "select 1"})):
        try:
            session = botocore.session.Session()
            session.register_component("data_loader", MODELS)  # reading Glue's takes half a second
            client = session.create_client(service, config=Config(retries={"total_max_attempts": 1}))
            getattr(client, operation)(**arguments)
        except (BotoCoreError, ClientError, ValueError):
            pass


def services_and_sources(requests):
    """What went to S3, Glue and Athena; and what was asked for keys, each thing once."""
    services, sources = {}, set()
    for request in requests:
        if "Credential" in request.authorization and request.authorization["Credential"][3] != "sts":
            key, _, region, service, _ = request.authorization["Credential"]
            assert request.is_signed_with(secret_of(key)), request
            path = request.path if service == "s3" else "/"
            services[service] = (request.scheme, request.host, path, key, region, request.headers.get("x-amz-security-token"))
        else:
            form = tuple(sorted(urllib.parse.parse_qsl(request.body.decode())))
            scope = request.authorization.get("Credential", [None] * 4)
            token = {name: request.headers.get(name) for name in ("x-aws-ec2-metadata-token", "content-type")}
            bearer = None if scope[0] else request.headers.get("authorization")
            sources.add((request.scheme, request.host, request.method, request.target, form, scope[0], scope[2],
                         bearer, str(token)))
    return services, sources


@pytest.mark.parametrize("name", [*CHAIN, *REGIONS])
def test_keys_regions_and_hosts_are_botocores(row, monkeypatch, name):
    recorder, environment = row(*(CHAIN | REGIONS)[name])
    calls_of_ours(environment)
    ours = services_and_sources(recorder.take())
    with monkeypatch.context() as patched:
        calls_of_botocore(environment, patched)
        theirs = services_and_sources(recorder.take())
    assert ours == theirs
    fails = name in ("nothing", "a disabled instance", "half a key", "a profile that is not there", "roles in a circle",
                     "a source profile that is not there", "a container of a strange host", "services that are not there")
    assert bool(ours[0]) != fails


@pytest.mark.parametrize("variable,region", [("AWS_REGION", "ap-south-1"), ("AWS_DEFAULT_REGION", "eu-west-1")])
def test_aws_region_is_read_first_as_the_other_sdks_do(row, variable, region):
    """boto3 alone does not know AWS_REGION; the AWS CLI and the other SDKs do."""
    variables = env_keys() | REGION | {variable: region}
    recorder, environment = row(variables, "", "", {})
    done = subprocess.run([BINARY, "env", "--explain", "--output", "json"], env=environment, capture_output=True, text=True,
                          timeout=60, check=True)
    found = {line["service"]: line for line in json.loads(done.stdout)}
    assert found["glue"] == {"service": "glue", "endpoint": f"https://glue.{region}.amazonaws.com", "region": region,
                             "access_key": "AKIAENV", "keys_from": "the environment"}
    assert "secret" not in done.stdout


@pytest.mark.parametrize("text,words", [
    ("[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n", "credential_process"),
    (f"[default]\nrole_arn = {ROLE}\nsource_profile = b\nmfa_serial = m\n[profile b]\n" + static("AKIAB"), "MFA"),
])
def test_what_is_not_supported_says_so_by_name(row, text, words):
    _, environment = row(REGION, text, "", {})
    done = subprocess.run([BINARY, "env", "--explain"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and words in done.stderr


def test_keys_are_renewed_while_a_sink_runs(server, row):
    """Keys of some seconds: each request is signed while its keys are valid, and new ones are fetched in time."""
    name = f"renewed-{os.getpid()}"
    server.run("topics", "create", name, "--partitions", "1")
    cloud = Cloud(lifetime=6)
    valid_until = {}

    def keys(kind):
        cloud.given += 1
        key = f"ASIA{kind}{cloud.given}"
        valid_until[key] = time.time() + cloud.lifetime
        return {"AccessKeyId": key, "SecretAccessKey": secret_of(key), "Token": "t", "Expiration": expiration(cloud.lifetime)}

    cloud.keys = keys
    late = []

    def answer(request):
        if request.path.startswith("/latest/"):
            return cloud(request)
        key = request.authorization["Credential"][0]
        signed = datetime.datetime.strptime(request.headers["x-amz-date"] + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
        if signed > valid_until[key] or not request.is_signed_with(secret_of(key)):
            late.append(request)
        if request.method == "PUT" and "conditional" in request.path:
            return 412, {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        if request.method == "GET":
            return 200, {}, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
        return 200, {"ETag": '"e"'}, b""

    recorder, environment = row(REGION, "", "", {})
    recorder.answer = answer
    environment |= {"AWS_ENDPOINT_URL_S3": recorder.url}
    sink = subprocess.Popen([BINARY, "sink", "--topic", name, "--to", "s3://lake/t", "--bootstrap", server.kafka, "--flush-rows",
                             "1", "--schema", str(schema_file(environment))], env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    try:
        deadline, number = time.monotonic() + 90, 0
        while cloud.given < 4 and time.monotonic() < deadline:
            assert sink.poll() is None, sink.stdout.read()
            number += 1
            produce(server, name, number)
            time.sleep(0.3)
    finally:
        sink.terminate()
        output = sink.communicate(timeout=60)[0]
    assert cloud.given >= 4, output
    assert not late
    used = {r.authorization["Credential"][0] for r in recorder.take() if r.method == "PUT" and r.path.endswith(".parquet")}
    assert len(used) >= 3


def schema_file(environment):
    path = pathlib.Path(environment["AWS_CONFIG_FILE"]).parent / "schema.json"
    path.write_text(json.dumps({"fields": [{"name": "n", "type": "bigint"}]}))
    return path


def produce(server, topic, number):
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": server.kafka})
    producer.produce(topic, json.dumps({"n": number}).encode())
    assert producer.flush(30) == 0
