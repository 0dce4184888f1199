"""The AWS SDK for pandas: reading by CTAS, by UNLOAD and from the CSV; writing Parquet with a catalog table."""
import decimal

import boto3
import pandas
import pytest

from athena_support import Lake

wr = pytest.importorskip("awswrangler")


@pytest.fixture(scope="module")
def lake(server):
    return Lake(server)


@pytest.fixture
def session(lake, monkeypatch):
    for name, value in lake.server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    for service in ("s3", "glue", "athena", "sts"):
        setattr(wr.config, f"{service}_endpoint_url", lake.server.aws)
    yield boto3.Session(aws_access_key_id=lake.server.access_key, aws_secret_access_key=lake.server.secret_key,
                        region_name=lake.server.region)
    wr.config.reset()


@pytest.mark.parametrize("how", [{"ctas_approach": True}, {"ctas_approach": False},
                                 {"ctas_approach": False, "unload_approach": True}], ids=["ctas", "csv", "unload"])
def test_read_sql_query(lake, session, how):
    place = f"s3://{lake.bucket}/wrangler-{'-'.join(how)}/"
    frame = wr.athena.read_sql_query("SELECT symbol, \"date\", close, volume FROM bars WHERE year = '2015' "
                                     "ORDER BY symbol, \"date\"",
                                     database=lake.database, s3_output=place, boto3_session=session, **how)
    frame = frame.sort_values(["symbol", "date"]).reset_index(drop=True)
    assert len(frame) == 6
    assert frame["symbol"][0] == "AAPL"
    assert frame["close"][0] == decimal.Decimal("101.250000")
    assert frame["volume"].sum() == 6000
    assert pandas.isna(frame["volume"][2])


def test_ctas_leaves_no_temporary_table(lake, session):
    wr.athena.read_sql_query("SELECT 1 AS a", database=lake.database, s3_output=lake.output, boto3_session=session)
    assert not [row for row in lake.sql("SHOW TABLES") if row[0].startswith("temp_table")]


def test_to_parquet_makes_a_table_that_sql_reads(lake, session):
    frame = pandas.DataFrame({"symbol": ["A", "B", "A"], "close": [1.5, 2.5, None], "day": [1, 1, 2]})
    wr.s3.to_parquet(frame, path=f"s3://{lake.bucket}/written/", dataset=True, database=lake.database, table="written",
                     partition_cols=["day"], boto3_session=session)
    assert lake.sql("SELECT day, count(*), sum(close) FROM written GROUP BY day ORDER BY day") == [
        ["1", "2", "4.0"], ["2", "1", None]]
    wr.s3.to_parquet(pandas.DataFrame({"symbol": ["C"], "close": [9.0], "day": [3]}), path=f"s3://{lake.bucket}/written/",
                     dataset=True, mode="append", database=lake.database, table="written", partition_cols=["day"],
                     boto3_session=session)
    assert lake.sql("SELECT count(*) FROM written") == [["4"]]


def test_catalog_functions(lake, session):
    types = wr.catalog.get_table_types(database=lake.database, table="bars", boto3_session=session)
    assert types["close"] == "decimal(18,6)"
    assert lake.database in wr.catalog.databases(limit=1000, boto3_session=session)["Database"].tolist()
