"""SQL that reaches for what is not in the lake, or for all of the machine."""
import json
import time

import pytest
from hostile_support import DEADLINE, MiB, call, signed, unique, wait_until, watched


@pytest.fixture(scope="module")
def results(module_server):
    bucket = unique("results")
    signed(module_server, "PUT", f"/{bucket}").expect(200)
    return f"s3://{bucket}/"


def start(server, results, query):
    body = {"QueryString": query, "ResultConfiguration": {"OutputLocation": results}}
    return call(server, "athena", "StartQueryExecution", json.dumps(body).encode())


def status(server, id):
    answer = call(server, "athena", "GetQueryExecution", json.dumps({"QueryExecutionId": id}).encode()).expect(200)
    return json.loads(answer.body)["QueryExecution"]["Status"]


def finish(server, id, deadline=DEADLINE):
    return wait_until(lambda: (now := status(server, id))["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") and now,
                      "the query is over", deadline)


def run(server, results, query, deadline=DEADLINE):
    """(state, what was said, text of the result)"""
    answer = start(server, results, query)
    if answer.status != 200:
        return "REFUSED", answer.body.decode(), ""
    id = json.loads(answer.body)["QueryExecutionId"]
    over = finish(server, id, deadline)
    text = ""
    if over["State"] == "SUCCEEDED":
        body = json.dumps({"QueryExecutionId": id}).encode()
        text = call(server, "athena", "GetQueryResults", body).body.decode()
    return over["State"], over.get("StateChangeReason", ""), text


ESCAPES = [
    "select * from read_csv('/etc/passwd')", "select * from read_csv_auto('/etc/passwd')", "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')", "select * from read_json('/etc/passwd')", "select * from read_parquet('/etc/passwd')",
    "select * from parquet_scan('/etc/passwd')", "select * from parquet_metadata('/etc/passwd')", "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/etc/*')", "select * from '/etc/passwd'", 'select * from "/etc/passwd"', 'select * from "/etc/passwd.csv"',
    "select * from table(read_csv('/etc/passwd'))", "select * from unnest(glob('/etc/*'))", "select read_text('/etc/passwd')",
    "copy (select 1) to '/tmp/out'", "copy t from '/etc/passwd'", "attach '/tmp/x.db' as x", "detach x", "install httpfs", "load httpfs",
    "pragma database_list", "pragma version", "set memory_limit='1TB'", "reset memory_limit", "set enable_external_access=true",
    "call pragma_version()", "export database '/tmp/x'", "import database '/tmp/x'", "checkpoint", "vacuum", "use memory",
    "create table x as select * from read_csv('/etc/passwd')", "create secret s (type s3)", "create macro f(x) as x",
    "create or replace function f(x) as x", "create temp table x (a int)", "create schema memory.x", "create sequence s",
    "select getenv('HOME')", "select current_setting('memory_limit')", "select * from duckdb_settings()", "select * from duckdb_secrets()",
    "select * from duckdb_tables()", "select * from duckdb_functions()", "select * from pragma_version()", "select * from sqlite_master",
    "select * from pragma_table_info('x')", "select * from system.main.duckdb_settings", "select * from temp.main.x",
    "select * from information_schema.schemata; copy (select 1) to '/tmp/out'", "select 1; select 2", "select 1 -- \n; attach 'x'",
    "select * from query('select 1')", "select * from query_table('x')", "select * from which_secret('x', 's3')",
    "select * from range(10)", "select * from generate_series(1, 10)", "select * from repeat_row(1, num_rows=10)",
    "select write_log('x')", "select * from duckdb_logs()", "select nextval('s')", "select * from test_all_types()",
    "select \"read_text\"('/etc/passwd')", "select main.read_text('/etc/passwd')", "select system.main.getenv('HOME')",
    "select * from \"read_csv\"('/etc/passwd')", "select (select content from read_text('/etc/passwd'))",
    "with x as (select * from read_text('/etc/passwd')) select * from x", "select * from (values (1)) v, lateral read_text('/etc/passwd')",
    "select x -> read_text('/etc/passwd') from (values 1) t(x)", "select '/etc/passwd'::blob", "select cast('x' as enum('a'))",
    "select * from read_csv_auto($$/etc/passwd$$)", "select e'\\x41'", "from read_text('/etc/passwd')", "describe read_text('/etc/passwd')",
    "explain analyze select * from read_text('/etc/passwd')", "prepare p from select * from read_text('/etc/passwd')",
    "select * exclude (a) from (values 1) t(a)", "select columns('*') from (values 1) t(a)", "pivot x on y using sum(z)", "summarize select 1",
    "show all tables", "select * from ducklake.x", "select regexp_matches('a', 'b')", "select list_value(1)", "select error('x')",
    "select hash('x')", "select current_database()", "select txid_current()", "select parse_path('/etc')", "select json_execute_serialized_sql('x')",
    "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))", "select from_json('1', '\"JSON\"')",
]


def test_no_statement_reaches_files_settings_or_the_engine_itself(module_server, results):
    reached = []
    for query in ESCAPES:
        state, said, text = run(module_server, results, query)
        if state == "SUCCEEDED" or "root:" in text + said:
            reached.append((query, state, text[:200]))
        assert str(module_server.data) not in said, query
    assert reached == []


@pytest.mark.parametrize("location", ["file:///etc/", "/etc/", "s3://../../etc/", "s3:///etc/", "http://127.0.0.1/", "s3://bucket'/x", "hdfs://x/"])
def test_tables_lie_in_buckets_and_nowhere_else(module_server, results, location):
    name = "t" + unique("t").replace("-", "_")
    state, said, _ = run(module_server, results, f"create external table {name} (line string) row format delimited "
                                                 f"fields terminated by '|' location '{location}'")
    if state == "SUCCEEDED":
        state, said, text = run(module_server, results, f"select * from {name}")
        assert "root:" not in text and (state == "FAILED" or '"Rows"' in text)
        assert state == "FAILED" or text.count('"VarCharValue"') <= 1  # the header


def test_results_are_written_to_buckets_and_nowhere_else(module_server):
    for place in ("file:///tmp/", "/tmp/", "s3:///", "s3://../x/", "http://x/"):
        answer = start(module_server, place, "select 1")
        if answer.status == 200:
            assert finish(module_server, json.loads(answer.body)["QueryExecutionId"])["State"] == "FAILED", place


TOO_DEEP = {
    "parentheses": "select " + "(" * 100_000 + "1" + ")" * 100_000,
    "operators": "select " + "1+" * 100_000 + "1",
    "negations": "select " + "not " * 50_000 + "true",
    "subqueries": "select * from " + "(select * from " * 10_000 + "x" + ")" * 10_000,
    "cases": "select " + "case when true then " * 10_000 + "1" + " end" * 10_000,
    "arrays": "select " + "array[" * 50_000 + "]" * 50_000,
    "types": "select cast(null as " + "array(" * 30_000 + "int" + ")" * 30_000 + ")",
    "quotes": "select '" + "''" * 100_000,
    "comments": "/*" * 100_000,
    "minuses": "select " + "- " * 100_000 + "1",
    "unions": " union all ".join(["select 1"] * 10_000),
    "withs": "with " + ",".join(f"a{i} as (select * from a{i - 1})" if i else "a0 as (select 1 x)" for i in range(5_000)) + " select * from a4999",
    "lambdas": "select " + "transform(array[1], x -> " * 5_000 + "1" + ")" * 5_000,
    "one byte too many": "select '" + "x" * (262_144 - 8) + "'",
    "NULs": "select 1" + "\0" * 1000,
    "an unpaired surrogate": "select '\ud800'",
}


@pytest.mark.parametrize("what", TOO_DEEP)
def test_statements_that_are_too_deep_or_long_are_refused(module_server, results, what):
    with watched(module_server, memory=512 * MiB):
        state, said, _ = run(module_server, results, TOO_DEEP[what])
        assert state in ("REFUSED", "FAILED") or (state == "SUCCEEDED" and what in ("unions", "withs")), said[:300]


def test_a_query_that_would_never_end_is_cancelled(module_server, results):
    endless = ("select count(*) from unnest(sequence(1, 10000)) a(w), unnest(sequence(1, 10000)) b(x), unnest(sequence(1, 10000)) c(y), "
               "unnest(sequence(1, 10000)) d(z) where w + x + y * z % 7 = 3")

    def start_and_stop(count, at_once):
        ids = [json.loads(start(module_server, results, endless).expect(200).body)["QueryExecutionId"] for _ in range(count)]
        for id in ids[:at_once]:
            wait_until(lambda id=id: status(module_server, id)["State"] == "RUNNING", "it runs")
        for id in ids:
            call(module_server, "athena", "StopQueryExecution", json.dumps({"QueryExecutionId": id}).encode()).expect(200)
        for id in ids:
            assert finish(module_server, id)["State"] == "CANCELLED"

    start_and_stop(4, 4)  # each has a database of its own, whose threads stay for the next query
    with watched(module_server, memory=2048 * MiB):
        start_and_stop(6, 4)  # more than run at once: the others wait
        assert run(module_server, results, "select 1")[0] == "SUCCEEDED"


MUCH_OF_LITTLE = {
    "a long text": ("select length(lpad('x', 2000000000, 'y'))", "Target length must be in the range"),
    "its other side": ("select length(rpad('x', n, 'y')) from (values 2000000000) t(n)", "Target length must be in the range"),
    "a text that doubles": ("select length(reduce(sequence(1, 40), 'x', (s, x) -> s || s, s -> s))", "state of reduce"),
    "bytes that double": ("select length(reduce(sequence(1, 40), x'00', (s, x) -> s || s, s -> s))", "state of reduce"),
    "an array that doubles": ("select cardinality(reduce(sequence(1, 40), array[1], (s, x) -> s || s, s -> s))", "state of reduce"),
    "a long array": ("select cardinality(sequence(1, 2000000000))", "more than 10000 entries"),
    "one that counts down": ("select cardinality(sequence(2000000000, 1, -1))", "more than 10000 entries"),
    "one of a length that is computed": ("select cardinality(sequence(1, n)) from (values 1000000, 2000000000) t(n)", "more than 10000 entries"),
    "the seconds of all times": ("select cardinality(sequence(timestamp '0001-01-01 00:00:00', timestamp '9999-01-01 00:00:00', "
                                 "interval '1' second))", "more than 10000 entries"),
    "a repetition": ("select cardinality(repeat('x', 2000000000))", "count argument of repeat"),
}


@pytest.mark.parametrize("what", MUCH_OF_LITTLE)
def test_functions_that_make_much_of_little_have_bounds(module_server, results, what):
    """What a function makes for one vector of rows is not counted by DuckDB, so each has a bound of its own."""
    query, message = MUCH_OF_LITTLE[what]
    with watched(module_server, memory=256 * MiB):
        state, said, _ = run(module_server, results, query)
        assert state == "FAILED" and message in said, (state, said)


THREE_MILLION = "unnest(sequence(1, 3000)) t(x), unnest(sequence(1, 1000)) u(y)"
GREEDY = {
    "an aggregate of everything": f"select cardinality(array_agg(a || b)) from (select cast(x as varchar) || '{'z' * 1000}' a "
                                  f"from {THREE_MILLION}), (select cast(x as varchar) b from unnest(sequence(1, 100)) t(x))",
    "a recursion": "with recursive t(n, s) as (select 1, 'x' union all select n + 1, s || s from t where n < 60) select max(length(s)) from t",
    "a sort of everything": "select max(a) from (select a, row_number() over (order by b desc, a) r from "
                            f"(select x * 1000 + y a, cast(x as varchar) || '{'z' * 1000}' b from {THREE_MILLION})) where r % 2 = 0",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", GREEDY)
def test_a_query_that_wants_all_memory_gets_its_share_and_fails_for_want_of_more(module_server, results, what):
    """A query has 1 GiB; what DuckDB does not count comes on top."""
    with watched(module_server, memory=2 * 1024 * MiB):
        state, said, _ = run(module_server, results, GREEDY[what], 10 * DEADLINE)
        print(what, state, said[:300])
        assert state in ("FAILED", "SUCCEEDED")
        assert state == "SUCCEEDED" or "exhausted" in said.lower(), said


def test_patterns_of_table_names_cannot_stall_or_break_the_catalog(module_server, results):
    """Regular expressions that backtrack for ever, recurse too deep, or grow when they are compiled."""
    database = unique("patterns").replace("-", "_")
    call(module_server, "glue", "CreateDatabase", json.dumps({"DatabaseInput": {"Name": database}}).encode()).expect(200)
    table = {"DatabaseName": database, "TableInput": {"Name": "a" * 200}}
    call(module_server, "glue", "CreateTable", json.dumps(table).encode()).expect(200)
    with watched(module_server):
        for pattern in ["(a*)*b", "(a+)+$b", "(a|aa)+b", "(.*)*(.*)*(.*)*b", "(" * 1000 + ")" * 1000, "(" * 2000, "[" * 2000, "a{1000}{1000}",
                        "(a?){50000}", "(((a{1000}){1000}){1000})", "(a)\\1\\1", "\\", "a" * 2048, "|" * 2048, "(?=a)" * 400, "*" * 2048]:
            body = json.dumps({"DatabaseName": database, "Expression": pattern}).encode()
            answer = call(module_server, "glue", "GetTables", body)
            assert answer.status in (200, 400), (pattern[:50], answer.body[:200])
        body = json.dumps({"DatabaseName": database, "Expression": "a*"}).encode()
        assert b"aaaa" in call(module_server, "glue", "GetTables", body).expect(200).body


def test_numbers_of_things_are_bounded(module_server, results):
    long = "x" * 300
    for service, operation, body in [
        ("glue", "CreateDatabase", {"DatabaseInput": {"Name": long}}),
        ("glue", "CreateDatabase", {"DatabaseInput": {"Name": ""}}),
        ("glue", "BatchDeleteTable", {"DatabaseName": "default", "TablesToDelete": ["t"] * 101}),
        ("glue", "BatchCreatePartition", {"DatabaseName": "default", "TableName": "t", "PartitionInputList": [{"Values": ["1"]}] * 101}),
        ("glue", "BatchGetPartition", {"DatabaseName": "default", "TableName": "t", "PartitionsToGet": [{"Values": ["1"]}] * 1001}),
        ("glue", "BatchDeletePartition", {"DatabaseName": "default", "TableName": "t", "PartitionsToDelete": [{"Values": ["1"]}] * 26}),
        ("glue", "GetTables", {"DatabaseName": "default", "MaxResults": 101}),
        ("glue", "GetTables", {"DatabaseName": "default", "MaxResults": 0}),
        ("glue", "GetPartitions", {"DatabaseName": "default", "TableName": "t", "MaxResults": 1001}),
        ("athena", "GetQueryResults", {"QueryExecutionId": "x", "MaxResults": 1001}),
        ("athena", "ListQueryExecutions", {"MaxResults": 51}),
        ("athena", "BatchGetQueryExecution", {"QueryExecutionIds": ["x"] * 51}),
        ("athena", "StartQueryExecution", {"QueryString": "select 1", "ClientRequestToken": long}),
        ("athena", "StartQueryExecution", {"QueryString": ""}),
        ("athena", "CreateWorkGroup", {"Name": long}),
    ]:
        answer = call(module_server, service, operation, json.dumps(body).encode())
        assert answer.status == 400, (operation, body, answer.status, answer.body[:200])
