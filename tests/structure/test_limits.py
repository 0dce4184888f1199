"""docs/limits.md and the constants that enforce the limits say the same."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ["src/http", "src/io", "src/aws", "src/kafka/wire", "src/kafka/records", "src/services"]
# The client's half, and bounds of an algorithm's own work that no client can run into.
INNER = {"max_bytes", "max_drained_bytes", "connect_timeout", "max_idle_handles", "max_response_head_bytes", "most_parts", "transfer_timeout",
         "max_attempts", "longest_poll", "least_sendfile", "max_timestamp_at", "least_record_size", "least_similarity",
         "max_different_schemas", "max_name_length", "max_header_length", "least_regular_share", "max_tail", "no_limit",
         "most_int", "drain_limit", "max_files_per_folder", "longest_window_ms", "max_answer_bytes", "container_timeout", "longest_pause",
         "max_throttled_attempts"}
LIMIT = re.compile(r"\b((?:max|longest|least|most)_\w+|\w+_(?:timeout|patience|grace|limit|memory))\s*(?:=\s*|\{)([^;,]*?)\}?\s*(?=[;,])")
UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "s": 1000, "min": 60_000, "days": 86_400_000}
MILLISECONDS = {"milliseconds": 1, "seconds": 1000, "minutes": 60_000}


def constants():
    """(file, name) → value; times in milliseconds."""
    found = {}
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.[hc]*")):
            if path.stem.endswith("_test") or "faults" in path.parts:
                continue
            for line in path.read_text().splitlines():
                line = line.split("//")[0]
                if "constexpr" not in line or "(" in line.split("=")[0] or line.strip().startswith("if "):
                    continue
                for name, value in LIMIT.findall(line):
                    found[str(path.relative_to(ROOT)), name] = (line, value)
    return found


def number(line, text):
    text = re.sub(r"std::\w+\{(\w+)\}", r"\1", text).replace("'", "")
    text = re.sub(r"(\d+)_([KMGT]iB)", lambda match: f"{match[1]}*{UNITS[match[2]]}", text)
    text = re.sub(r"\b(\d+)(?:u|ll?|ull?)\b", r"\1", text)
    assert re.fullmatch(r"[\d\s*<+.-]+", text), (line, text)
    unit = re.search(r"std::chrono::(\w+)", line)
    return eval(text) * (MILLISECONDS[unit[1]] if unit else 1)


def documented():
    rows = {}
    for line in (ROOT / "docs" / "limits.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 4 and (constant := re.fullmatch(r"`(\w+)` in `([\w/.]+)`", cells[2])):
            value, unit = re.fullmatch(r"([\d,]+) ?(\w*)", cells[1]).groups()
            assert cells[3].strip(), f"what happens beyond {constant[1]}?"
            rows[constant[2], constant[1]] = int(value.replace(",", "")) * UNITS[unit]
    return rows


def test_every_limit_is_documented_with_the_value_that_the_code_has():
    in_code, in_text = constants(), documented()
    assert len(in_text) > 70
    for place, value in in_text.items():
        assert place in in_code, f"{place} is documented and not there"
        assert number(*in_code[place]) == value, f"{place}: the code says {in_code[place][1]}, docs/limits.md {value}"


def test_no_limit_is_left_out():
    in_text = documented()
    # Lists of one kind have one row, for the first of them.
    listed = {name for _, name in in_text if name == "max_listed"}
    missing = [place for place in constants() if place not in in_text and place[1] not in INNER | listed]
    assert missing == []
    assert INNER <= {name for _, name in constants()}, "names that are gone"
