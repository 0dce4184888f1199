"""docs/compatibility/librdkafka.md: each test of the suite, with its result under either protocol of groups."""
import collections
import pathlib

import suite

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "compatibility" / "librdkafka.md"
PROTOCOLS = ("classic", "consumer")
# Tests that fail, each with its reason, by the protocol of groups. A test that fails and is not named here is a bug.
EAGER = "written for eager rebalances: wants what stays assigned to be revoked and assigned anew"
BOTH = {
    "0028_long_topicnames": "makes a topic whose name has 255 characters; Kafka's limit is 249",
    "0047_partial_buf_tmout": "waits for a connection so slow that sending times out, while it fills its queue of 1 GiB; the "
                              "suite leaves it out by itself",
}
KNOWN = {
    "classic": BOTH,
    "consumer": BOTH | {
        "0045_resubscribe_with_regex": "wants what a pattern matches some heartbeats after what is named, as Kafka looks for it "
                                       "in the background; here both come at once",
        "0045_subscribe_many_updates": "librdkafka stays without a subscription when it unsubscribes while it still gives "
                                       "partitions back and subscribes again before it has left: answers come that fast",
        "0045_subscribe_update_topic_remove": EAGER,
        "0045_subscribe_update_non_exist_and_partchange": EAGER,
    },
}
COLUMNS = ("classic", "consumer", "Kafka: classic", "Kafka: consumer")


def column(protocol, peer=False):
    return f"Kafka: {protocol}" if peer else protocol


def cell(outcome):
    return f"{outcome.state}, {outcome.seconds:.0f} s"


def count(cells):
    states = collections.Counter(cell.split(",")[0] for cell in cells if cell)
    return ", ".join(f"{states[state]} {state}" for state in ("passed", "skipped", "failed")) if states else "not run yet"


def why_not(outcome, protocol):
    if outcome.state == "passed":
        return ""
    return KNOWN[protocol].get(outcome.name) or outcome.reason.replace("|", "/")


def read():
    """The page's rows: {test: {column: cell}}, with "why not" of each protocol."""
    rows = {}
    for line in PAGE.read_text().splitlines() if PAGE.exists() else ():
        name, *cells = (text.strip() for text in line.strip("|").split("|"))
        if name[:4].isdigit():
            rows[name] = dict(zip((*COLUMNS, "why not"), cells, strict=True))
    return rows


def write(into, outcomes):
    """Replaces that column for the tests that ran; the others stay as they were."""
    rows = read()
    for outcome in outcomes:
        row = rows.setdefault(outcome.name, dict.fromkeys((*COLUMNS, "why not"), ""))
        row[into] = cell(outcome)
        if into in PROTOCOLS and (outcome.state != "passed" or all(row[one].startswith("passed") for one in PROTOCOLS)):
            row["why not"] = why_not(outcome, into)
    lines = [f"| {name} | {' | '.join(row.values())} |" for name, row in rows.items()]
    counts = "\n".join(f"- `{one}` groups: {count(row[one] for row in rows.values())}" for one in PROTOCOLS)
    PAGE.write_text(f"""# librdkafka's own tests against the broker

librdkafka {suite.LIBRDKAFKA} brings a suite of its own; {len(suite.tests())} of its tests need a broker. `tests/librdkafka/run --write` runs each alone, with a server of its own
(auto-creation on, four partitions by default, access control that allows what nothing forbids, Kafka's `group.initial.rebalance.delay.ms`; told that it is Kafka {suite.BROKER_VERSION}), and writes this
table; `--protocol consumer` its second column; `--peer 0028 …` those of Apache Kafka with one broker and the same settings, for tests that don't pass here. 0097, 0135 and 0142 come through a
listener with TLS or SASL. "Skipped" is the suite's own word: a test that needs what this setting doesn't have.

{counts}

| test | {' | '.join(COLUMNS)} | why not |
|---|{'---|' * len(COLUMNS)}---|
""" + "\n".join(lines) + "\n")
