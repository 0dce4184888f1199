"""The arrows of docs/architecture.md, held against the code's own includes."""
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent / "src"

# What a folder may include besides itself, directly or through these.
MAY_INCLUDE = {
    "base": set(),
    "io": {"base"},
    "http": {"io", "base"},
    "aws": {"http", "io", "base"},
    "kafka": {"io", "base"},
    "duckdb": {"base"},
    "cluster": {"kafka", "io", "base"},
    "services": {"aws", "http", "kafka", "duckdb", "io", "base"},
    "pipeline": {"aws", "http", "kafka", "duckdb", "io", "base"},
    "drill": {"cluster", "pipeline", "aws", "http", "kafka", "duckdb", "io", "base"},
    "web": {"aws", "http", "kafka", "io", "base"},
    "app": {"services", "pipeline", "drill", "web", "cluster", "aws", "http", "kafka", "duckdb", "io", "base"},
}

# Headers that are slow to compile, or another's business: where alone they may be included.
ONLY_IN = {
    r"duckdb\.h": {"duckdb"},
    r"boost/beast.*": {"http"},
    r"boost/asio.*": {"http"},
    r"curl/.*": {"http"},
    r"rocksdb/.*": {"services/s3/store"},
    r"librdkafka/.*": {"kafka/client"},
    r"CLI/.*": {"app"},
}


def includes():
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".h", ".cpp"):
            for line in path.read_text().splitlines():
                found = re.match(r'\s*#include\s+(?:"([^"]+)"|<([^>]+)>)', line)
                if found:
                    yield path.relative_to(SOURCE), found[1], found[2]


def test_folders_include_only_what_lies_below_them():
    wrong = []
    for path, ours, _ in includes():
        if ours and "/" in ours:
            room, target = path.parts[0], ours.split("/")[0]
            if target != room and target not in MAY_INCLUDE[room]:
                wrong.append(f"{path} includes {ours}")
    assert not wrong


def test_heavy_headers_stay_in_their_room():
    wrong = []
    for path, _, theirs in includes():
        for pattern, rooms in ONLY_IN.items():
            if theirs and re.fullmatch(pattern, theirs) and not any(path.is_relative_to(room) for room in rooms):
                wrong.append(f"{path} includes {theirs}")
    assert not wrong


def test_every_include_of_ours_exists():
    missing = [f"{path}: {ours}" for path, ours, _ in includes() if ours and not (SOURCE / ours).exists()]
    assert not missing
