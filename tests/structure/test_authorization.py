"""No API answers without asking who may use it."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
API = ROOT / "src" / "services" / "broker" / "api"
# Asked before anybody is known, or telling nothing that is not everybody's.
FREE = {"api_versions", "sasl_handshake", "sasl_authenticate"}
ASKS = re.compile(r"\b(may|may_topic|may_group|may_transact|may_cluster|may_some_topic|find_permitted|cluster_operations|check_config_access)\(")


def handlers():
    """Each file of a handler, by its APIs."""
    for path in sorted(API.glob("*.cpp")):
        text = path.read_text()
        found = re.findall(r"^\S.* handle\(Broker&[^;]*?(\w+)Request& ?\w*[^;{]*\{", text, flags=re.M)
        if found:
            yield path, text, found


def test_every_handler_asks_or_is_known_to_be_free():
    asked = {path.stem: bool(ASKS.search(text)) for path, text, _ in handlers()}
    assert {name for name, asks in asked.items() if not asks} == FREE


def test_no_handler_looks_a_partition_up_past_the_question():
    for path, text, _ in handlers():
        assert "find_partition(" not in text or "may_cluster(" in text, path.name


def test_every_api_stands_in_the_documentation():
    text = (ROOT / "docs" / "security.md").read_text().split("What each API asks", 1)[1]
    served = re.findall(r"^\| \d+ \| (\w+) \|", (ROOT / "docs" / "compatibility" / "kafka.md").read_text(), flags=re.M)
    assert [api for api in served if not re.search(rf"\b{api}\b", text)] == []
