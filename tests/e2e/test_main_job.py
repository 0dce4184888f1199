"""The main job, files to SQL, with the program's own commands; DuckDB reading the CSV files is the judge."""
import csv
import io
import re

import duckdb
import pytest

COLUMNS = "symbol, date, open, high, low, close, volume, open_interest"


def expected(folder):
    """A DuckDB database with the files as table `files`, prices exact."""
    database = duckdb.connect()
    database.execute(f"""
        create table files as
        select upper(regexp_extract(filename, '([^/]+)\\.us\\.txt$', 1)) as symbol, Date as date, Open as open,
               High as high, Low as low, Close as close, Volume as volume, OpenInt as open_interest
        from read_csv('{folder}/*/*.us.txt', filename=true, header=true, auto_detect=false, delim=',', columns={{
            'Date': 'DATE', 'Open': 'DECIMAL(18,6)', 'High': 'DECIMAL(18,6)', 'Low': 'DECIMAL(18,6)',
            'Close': 'DECIMAL(18,6)', 'Volume': 'BIGINT', 'OpenInt': 'BIGINT'}})""")
    return database


def run_job(server, folder, topic, **options):
    server.run("replay", folder, "--topic", topic, **options)
    server.run("sink", "--topic", topic, "--to", f"s3://lake/{topic}", "--until-end", **options)
    server.run("crawl", f"s3://lake/{topic}", "--database", topic, **options)


def sql(server, statement, database):
    text = server.run("sql", "--database", database, "--output", "csv", statement).stdout
    return list(csv.reader(io.StringIO(text)))[1:]


def as_text(rows):
    return [[str(value) for value in row] for row in rows]


def assert_table_equals_files(server, folder, topic):
    files = expected(folder)
    table = f'"{topic}"."{topic}"'
    totals = ("select count(*), min(date), max(date), sum(open), sum(high), sum(low), sum(close), sum(volume), "
              "sum(open_interest), count(distinct symbol) from {}")
    assert sql(server, totals.format(table), topic) == as_text(files.sql(totals.format("files")).fetchall())
    per_symbol = ("select symbol, count(*), sum(close), min(low), max(high), sum(volume) from {} "
                  "group by symbol order by symbol")
    assert sql(server, per_symbol.format(table), topic) == as_text(files.sql(per_symbol.format("files")).fetchall())


def test_the_sample_goes_through_unaltered(server, kaggle_sample):
    run_job(server, kaggle_sample, "sample")
    assert_table_equals_files(server, kaggle_sample, "sample")


def test_every_row_of_the_funds_is_in_the_table(server, kaggle_sample):
    run_job(server, kaggle_sample / "ETFs", "etfs")
    pages = server.client("s3").get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix="etfs/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    assert keys and all(re.fullmatch(r"etfs/year=\d{4}/etfs\+\d+\+\d{20}-\d{20}\.parquet", key) for key in keys)
    rows = sql(server, f'select {COLUMNS} from "etfs"."etfs" order by symbol, date', "etfs")
    symbols = {path.name.split(".")[0].upper() for path in (kaggle_sample / "ETFs").iterdir()}
    wanted = expected(kaggle_sample).sql(f"select {COLUMNS} from files order by symbol, date").fetchall()
    assert rows == as_text(row for row in wanted if row[0] in symbols)


def test_the_tables_types_are_exact(server, kaggle_sample):
    run_job(server, kaggle_sample / "Stocks" / "pmom.us.txt", "pmom")
    table = server.client("glue").get_table(DatabaseName="pmom", Name="pmom")["Table"]
    types = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    assert types == {"symbol": "string", "date": "date", "open": "decimal(18,6)", "high": "decimal(18,6)",
                     "low": "decimal(18,6)", "close": "decimal(18,6)", "volume": "bigint", "open_interest": "bigint"}
    assert [key["Name"] for key in table["PartitionKeys"]] == ["year"]


def test_running_each_step_twice_changes_nothing(server, kaggle_sample):
    folder = kaggle_sample / "Stocks" / "tsla.us.txt"
    run_job(server, folder, "twice")
    before = sql(server, 'select count(*), sum(close) from "twice"."twice"', "twice")
    run_job(server, folder, "twice")
    assert sql(server, 'select count(*), sum(close) from "twice"."twice"', "twice") == before


@pytest.mark.timeout(600)
def test_all_of_the_shared_files_go_through_unaltered(server, kaggle_all):
    run_job(server, kaggle_all, "kaggle")
    assert_table_equals_files(server, kaggle_all, "kaggle")


def test_errors_name_what_is_wrong_and_end_with_their_exit_code(server, tmp_path):
    missing = server.run("replay", tmp_path / "none", "--topic", "t", check=False)
    assert missing.returncode == 1 and str(tmp_path / "none") in missing.stderr
    syntax = server.run("sql", "select from where", check=False)
    assert syntax.returncode == 1 and "line 1:8" in syntax.stderr
    unknown = server.run("sql", "select * from nowhere", check=False)
    assert unknown.returncode == 1 and "nowhere" in unknown.stderr
    place = server.run("sink", "--topic", "t", "--to", "lake/here", check=False)
    assert place.returncode == 2 and "s3://" in place.stderr
