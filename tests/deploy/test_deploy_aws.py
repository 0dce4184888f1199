"""The AWS side without AWS: templates that cfn-lint accepts, rights that stay small, a user-data script that runs."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request

import pytest
import units
import yaml

from conftest import BINARY, ROOT
from support.kafka_cluster import need_kafka

AWS = units.DEPLOY / "aws"
TEMPLATES = sorted(AWS.glob("*.yaml"))
SCRIPTS = [units.DEPLOY / "package", *AWS.glob("*.sh")]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_cfn_lint_has_nothing_to_say(template):
    program = pathlib.Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([program, template], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


class Loader(yaml.SafeLoader):
    """CloudFormation's YAML; !Sub and its like stay texts."""


def keep(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return f"!{suffix} {node.value}"
    if isinstance(node, yaml.SequenceNode):
        return [f"!{suffix}", *loader.construct_sequence(node, deep=True)]
    return {f"!{suffix}": loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", keep)


def resources():
    for template in TEMPLATES:
        for name, resource in yaml.load(template.read_text(), Loader)["Resources"].items():
            yield template.name, name, resource


def allowed():
    """(where, statement) of everything that a role or policy allows."""
    for template, name, resource in resources():
        properties = resource["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            documents.append(properties["PolicyDocument"])
        for document in documents:
            for statement in document["Statement"]:
                assert statement["Effect"] == "Allow"
                yield f"{template} {name} {statement['Sid']}", statement


def test_no_right_is_for_everything_and_none_of_its_kind():
    found = list(allowed())
    assert len(found) > 10
    for where, statement in found:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in actions), f"{where}: {actions}"
        listed = statement["Resource"]
        places = listed if isinstance(listed, list) and listed[0] != "!Sub" else [listed]
        for place in places:
            text = place if isinstance(place, str) else place[1]
            assert re.search(r"Lake|\$\{AWS::AccountId\}", text), f"{where}: {text}"
            if any(action in ("s3:GetObject", "s3:PutObject") for action in actions):
                assert re.search(r"/(\$\{Topic\}|_tickerlake|results|deploy)/\*$", text), f"{where}: the whole bucket"


def test_the_sink_may_not_delete_and_the_crawler_may_not_write_objects():
    for where, statement in allowed():
        text = str(statement["Action"])
        assert "Delete" not in text, where
        if "CrawlerRole" in where:
            assert "s3:Put" not in text, where


def test_nothing_but_ssh_reaches_the_instance_and_its_keys_need_a_token():
    for _, _, resource in resources():
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            ingress = str(resource["Properties"]["SecurityGroupIngress"])
            assert "22" in ingress and "0.0.0.0/0" not in ingress and "9092" not in ingress
        if resource["Type"] == "AWS::EC2::LaunchTemplate":
            assert resource["Properties"]["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"


# Which right each S3 operation needs.
NEEDS = {"PutObject": "s3:PutObject", "GetObject": "s3:GetObject", "HeadObject": "s3:GetObject",
         "ListObjectsV2": "s3:ListBucket"}


def test_the_sinks_role_has_the_rights_that_a_run_uses_and_no_others(own_server, kaggle_sample):
    own_server.client("s3").create_bucket(Bucket="lake")
    own_server.run("replay", kaggle_sample, "--topic", "stock_prices", "--from", "2016-01-01")
    for _ in range(2):  # the second one finds the first one's plans
        own_server.run("sink", "--topic", "stock_prices", "--to", "s3://lake/stock_prices", "--until-end")
    web = json.loads((own_server.data / "endpoints.json").read_text())["web"]
    with urllib.request.urlopen(f"http://{web}/metrics", timeout=30) as answer:
        samples = re.findall(r"^tickerlake_aws_requests_total\{(.*)\} [1-9]", answer.read().decode(), re.MULTILINE)
    used = {re.search(r'operation="(\w+)"', labels)[1] for labels in samples if 'service="s3"' in labels}
    used.remove("CreateBucket")  # the test's own
    granted = {action for where, statement in allowed() if " SinkRole " in where and "FetchProgram" not in where
               for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])}
    assert {NEEDS[operation] for operation in used} == granted
    keys = {entry["Key"] for entry in own_server.client("s3").list_objects_v2(Bucket="lake")["Contents"]}
    assert {key.split("/")[0] for key in keys} == {"stock_prices", "_tickerlake"}


def user_data_of_the_template():
    text = yaml.load((AWS / "instance.yaml").read_text(), Loader)
    [_, script, _] = text["Resources"]["Instance"]["Properties"]["UserData"]["Fn::Base64"]
    return script


@pytest.mark.parametrize("script", SCRIPTS + ["instance.yaml"], ids=lambda path: getattr(path, "name", path))
def test_shellcheck_has_nothing_to_say(script, tmp_path):
    if shutil.which("shellcheck") is None:
        pytest.skip("skipped: no shellcheck")
    if isinstance(script, str):  # what CloudFormation fills in, filled in
        text = re.sub(r"\$\{[\w:]+\}", "example", user_data_of_the_template())
        script = tmp_path / "user-data"
        script.write_text(text)
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


# Commands that would change the machine write down how they were called; chown needs users that are not here.
RECORDER = """#!/bin/bash
echo "$(basename "$0") $*" >>"$CALLS"
"""
DOWNLOAD = """#!/bin/bash
# curl … [-o FILE] URL, from a folder.
while [ $# -gt 1 ]; do [ "$1" != -o ] || output=$2; shift; done
cat "$DOWNLOADS/$(basename "$1")" >"${output:-/dev/stdout}"
"""
STORAGE = """#!/bin/bash
[ -z "${KAFKA_LIBS:-}" ] || exec java -XX:TieredStopAtLevel=1 -cp "$KAFKA_LIBS/*" kafka.tools.StorageTool "$@"
[ "$1" != random-uuid ] || { echo Tm9ib2R5IGd1ZXNzZXM; exit; }
echo "kafka-storage $*" >>"$CALLS"
echo formatted >"$ROOT/var/lib/kafka/data/meta.properties"
"""


@pytest.fixture
def fresh_machine(own_server, tmp_path):
    """Runs user-data.sh on a machine of folders; an embedded server is its Kafka once it has been started."""
    package = tmp_path / "tickerlake.tar.gz"
    subprocess.run([units.DEPLOY / "package", BINARY.parent, package], check=True, capture_output=True)
    commands, downloads, root = tmp_path / "commands", tmp_path / "downloads", tmp_path / "root"
    for folder in (commands, downloads, root / "opt"):
        folder.mkdir(parents=True)
    for name, text in [("curl", DOWNLOAD), ("runuser", '#!/bin/bash\nshift 3\nexec "$@"\n')] + [
            (name, RECORDER) for name in ("apt-get", "systemctl", "systemd-sysusers", "chown")]:
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    (commands / "tickerlake").symlink_to(BINARY.resolve())
    storage = tmp_path / "kafka-storage.sh"
    storage.write_text(STORAGE)
    storage.chmod(0o755)
    archive = downloads / "kafka_2.13-9.9.9.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(storage, "kafka_2.13-9.9.9/bin/kafka-storage.sh")
    digits = hashlib.sha512(archive.read_bytes()).hexdigest().upper()
    groups = [digits[i:i + 8] for i in range(0, len(digits), 8)]  # as gpg --print-md writes them
    (downloads / f"{archive.name}.sha512").write_text(
        f"{archive.name}: " + " ".join(groups[:8]) + "\n    " + " ".join(groups[8:]) + "\n")
    calls = tmp_path / "calls"

    def run(**settings):
        environment = own_server.environment() | {
            "PATH": f"{commands}:{os.environ['PATH']}", "CALLS": str(calls), "DOWNLOADS": str(downloads),
            "ROOT": str(root), "LAKE": "s3://lake/stock_prices", "PACKAGE": str(package), "KAFKA_VERSION": "9.9.9",
            "KAFKA_URL": f"https://example.org/{archive.name}", "BOOTSTRAP": own_server.kafka} | settings
        calls.write_text("")
        done = subprocess.run([AWS / "user-data.sh"], env=environment, capture_output=True, text=True, timeout=120)
        return done, calls.read_text().splitlines()

    run.root, run.server = root, own_server
    return run


def test_user_data_installs_kafka_makes_the_topic_and_starts_the_sink(fresh_machine):
    done, calls = fresh_machine()
    assert done.returncode == 0, done.stdout + done.stderr
    root = fresh_machine.root
    installed = next(call for call in calls if "openjdk-17-jre-headless" in call)
    assert "awscli" in installed and "curl" in installed
    assert any("librdkafka1" in call for call in calls), "the program's libraries"
    formatted = next(call for call in calls if call.startswith("kafka-storage format"))
    assert "--standalone" in formatted and formatted.endswith("/etc/kafka/server.properties")
    assert calls.index("systemctl enable --now kafka.service") < calls.index(
        "systemctl enable --now tickerlake-sink@stock_prices.service")
    assert units.read_environment(root / "etc/tickerlake/sink-stock_prices.env")["SINK_TO"] == "s3://lake/stock_prices"
    assert (root / "usr/local/bin/tickerlake").exists() and (root / "opt/kafka/bin/kafka-storage.sh").exists()
    topics = fresh_machine.server.run("topics", "describe", "stock_prices", "--output", "csv").stdout
    assert topics.count("stock_prices,") == 4
    # What it has written is what the sink's unit reads.
    sink = units.Unit("tickerlake-sink@.service", root, "stock_prices")
    assert sink.command()[3:] == ["sink", "--topic", "stock_prices", "--to", "s3://lake/stock_prices",
                                  "--flush-interval", "60s", "--metrics", "127.0.0.1:9091"]


def test_apache_kafka_formats_its_storage_by_the_properties_that_user_data_writes(fresh_machine):
    need_kafka()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    found = sorted(cache.glob("tickerlake/kafka-4.*/libs"))
    if not found:
        pytest.skip("skipped: no jars of Apache Kafka (tickerlake cluster up fetches them)")
    done, _ = fresh_machine(KAFKA_LIBS=str(found[-1]))
    assert done.returncode == 0, done.stdout + done.stderr
    formatted = units.read_environment(fresh_machine.root / "var/lib/kafka/data/meta.properties")
    assert formatted["node.id"] == "1" and formatted["version"] == "1"


def test_user_data_runs_again_without_formatting_or_fetching_kafka_again(fresh_machine):
    assert fresh_machine()[0].returncode == 0
    done, calls = fresh_machine(KAFKA_URL="https://example.org/nothing.tgz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "topic stock_prices is there" in done.stdout
    assert not [call for call in calls if call.startswith("kafka-storage format")]


def test_user_data_refuses_a_kafka_whose_digest_is_another(fresh_machine):
    done, calls = fresh_machine(KAFKA_SHA512="0" * 128)
    assert done.returncode != 0 and "FAILED" in done.stdout + done.stderr
    assert not (fresh_machine.root / "opt/kafka").exists()
    assert not [call for call in calls if call.startswith("systemctl")]


def test_user_data_asks_for_what_it_can_not_know():
    done = subprocess.run([AWS / "user-data.sh"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert done.returncode != 0 and "LAKE" in done.stderr


def test_the_page_names_every_file_of_deploy():
    page = (ROOT / "docs" / "deploy.md").read_text()
    for path in units.DEPLOY.rglob("*"):
        if path.is_file():
            assert path.name in page, f"docs/deploy.md says nothing about {path.relative_to(ROOT)}"
