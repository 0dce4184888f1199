"""Athena through boto3."""
import csv
import io
import time
import urllib.parse
import uuid

import botocore.exceptions
import pytest

from athena_support import Lake, bars, put_parquet


@pytest.fixture(scope="module")
def lake(server):
    return Lake(server)


def body(lake, uri):
    place = urllib.parse.urlparse(uri)
    return lake.s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()


def test_select_gives_typed_columns_and_a_header_row(lake):
    execution = lake.execute("SELECT symbol, \"date\", close, volume, year FROM bars WHERE year = '2015' "
                             "ORDER BY symbol, \"date\"")
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert execution["StatementType"] == "DML"
    result = lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]
    columns = result["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Name"], c["Type"], c["Precision"], c["Scale"]) for c in columns] == [
        ("symbol", "varchar", 2147483647, 0), ("date", "date", 0, 0), ("close", "decimal", 18, 6),
        ("volume", "bigint", 19, 0), ("year", "varchar", 2147483647, 0)]
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in result["Rows"]]
    assert rows[0] == ["symbol", "date", "close", "volume", "year"]
    assert rows[1] == ["AAPL", "2015-01-04", "101.250000", "1000", "2015"]
    assert rows[3] == ["AAPL", "2015-01-06", "103.250000", None, "2015"]
    assert len(rows) == 7


def test_the_result_file_is_csv_with_null_and_empty_told_apart(lake):
    execution = lake.execute("SELECT 1 AS a, CAST(NULL AS varchar) AS b, '' AS c, 'x\"y' AS d")
    text = body(lake, execution["ResultConfiguration"]["OutputLocation"]).decode()
    assert text == '"a","b","c","d"\n"1",,"","x""y"\n'
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(execution["QueryExecutionId"] + ".csv")
    assert body(lake, execution["ResultConfiguration"]["OutputLocation"] + ".metadata")


def test_partitions_outside_the_filter_are_not_read(lake):
    one = lake.execute("SELECT count(*) FROM bars WHERE year = '2016'")["Statistics"]["DataScannedInBytes"]
    all_of_them = lake.execute("SELECT count(*) FROM bars")["Statistics"]["DataScannedInBytes"]
    assert 0 < one < all_of_them
    assert lake.sql("SELECT count(*) FROM bars WHERE year > '2014' AND year <> '2016'") == [["6"]]


def test_pages_carry_the_header_once(lake):
    pages = list(lake.athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=lake.execute("SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n)")["QueryExecutionId"],
        PaginationConfig={"PageSize": 1000}))
    values = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert len(pages) == 3
    assert values == ["n"] + [str(n) for n in range(1, 2501)]


def test_errors_name_line_and_column(lake):
    status = lake.error("SELECT symbol,\n       nothing FROM bars")
    assert "line 2:8" in status["StateChangeReason"] and "nothing" in status["StateChangeReason"]
    assert status["AthenaError"]["ErrorCategory"] == 2
    status = lake.error("SELECT * FROM missing")
    assert "line 1:15: Table 'awsdatacatalog." in status["StateChangeReason"]
    assert status["AthenaError"]["ErrorType"] == 1110
    with pytest.raises(botocore.exceptions.ClientError, match="line 1:1"):
        lake.execute("SELEC 1")


def test_a_declared_type_that_the_file_does_not_have_is_bad_data(lake):
    lake.sql(f"""CREATE EXTERNAL TABLE wrong (symbol bigint, volume bigint) PARTITIONED BY (year string)
                 STORED AS PARQUET LOCATION 's3://{lake.bucket}/bars/'""")
    lake.sql("MSCK REPAIR TABLE wrong")
    assert lake.sql("SELECT sum(volume) FROM wrong") == [["18000"]]
    reason = lake.error("SELECT max(symbol) FROM wrong")["StateChangeReason"]
    assert reason.startswith("HIVE_BAD_DATA: Field symbol's type BINARY in parquet file s3://")


def test_ddl_answers_in_text(lake):
    assert lake.sql("SHOW PARTITIONS bars") == [["year=2014"], ["year=2015"], ["year=2016"]]
    assert ["bars"] in lake.sql("SHOW TABLES")
    assert [lake.database] in lake.sql("SHOW DATABASES")
    described = [row[0].split("\t") for row in lake.sql("DESCRIBE bars")]
    assert [cell.strip() for cell in described[2]][:2] == ["close", "decimal(18,6)"]
    statement = "\n".join(row[0] for row in lake.sql("SHOW CREATE TABLE bars"))
    assert statement.startswith("CREATE EXTERNAL TABLE `bars`(")
    lake.sql(statement.replace("`bars`", "`bars_again`", 1))
    lake.sql("MSCK REPAIR TABLE bars_again")
    assert lake.sql("SELECT count(*) FROM bars_again") == [["18"]]
    lake.sql("DROP TABLE bars_again")


def test_partitions_are_added_and_dropped_by_hand(lake):
    put_parquet(lake.s3, lake.bucket, "elsewhere/x.parquet", bars(2020))
    lake.sql(f"""CREATE EXTERNAL TABLE own (symbol string, close decimal(18,6)) PARTITIONED BY (y int)
                 STORED AS PARQUET LOCATION 's3://{lake.bucket}/own/'""")
    lake.sql(f"ALTER TABLE own ADD PARTITION (y = 2020) LOCATION 's3://{lake.bucket}/elsewhere/'")
    assert lake.sql("SELECT y, count(*) FROM own GROUP BY y") == [["2020", "6"]]
    lake.sql("ALTER TABLE own DROP PARTITION (y = 2020)")
    assert lake.sql("SELECT count(*) FROM own") == [["0"]]


def test_ctas_insert_and_unload(lake):
    lake.sql("CREATE TABLE totals WITH (format = 'PARQUET', partitioned_by = ARRAY['year']) AS "
             "SELECT symbol, sum(volume) AS volume, year FROM bars GROUP BY symbol, year")
    assert lake.sql("SELECT count(*), sum(volume) FROM totals") == [["6", "18000"]]
    assert len(lake.sql("SHOW PARTITIONS totals")) == 3
    execution = lake.execute("INSERT INTO totals SELECT 'NEW', 5, '2017'")
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    result = lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert result["UpdateCount"] == 1
    assert lake.sql("SELECT symbol, volume FROM totals WHERE year = '2017'") == [["NEW", "5"]]
    execution = lake.execute(f"UNLOAD (SELECT * FROM totals) TO 's3://{lake.bucket}/unloaded/' WITH (format = 'JSON')")
    manifest = body(lake, execution["Statistics"]["DataManifestLocation"]).decode().split()
    assert manifest and all(uri.startswith(f"s3://{lake.bucket}/unloaded/") for uri in manifest)
    status = lake.error(f"UNLOAD (SELECT 1 AS a) TO 's3://{lake.bucket}/unloaded/' WITH (format = 'JSON')")
    assert "HIVE_PATH_ALREADY_EXISTS" in status["StateChangeReason"]


def test_csv_and_json_tables(lake):
    lake.s3.put_object(Bucket=lake.bucket, Key="csv/a.csv", Body=b"symbol,close,volume\nAAPL,1.50,10\nMSFT,,\n")
    lake.sql(f"""CREATE EXTERNAL TABLE from_csv (symbol string, close double, volume int)
                 ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{lake.bucket}/csv/'
                 TBLPROPERTIES ('skip.header.line.count'='1')""")
    assert lake.sql("SELECT * FROM from_csv") == [["AAPL", "1.5", "10"], ["MSFT", None, None]]
    lake.s3.put_object(Bucket=lake.bucket, Key="quoted/a.csv", Body=b'a;"x;y"\nb;"say ""hi"""\n')
    lake.sql(f"""CREATE EXTERNAL TABLE quoted (k string, v string)
                 ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
                 WITH SERDEPROPERTIES ('separatorChar' = ';', 'quoteChar' = '"', 'escapeChar' = '\\\\')
                 LOCATION 's3://{lake.bucket}/quoted/'""")
    assert lake.sql("SELECT k, v FROM quoted ORDER BY k")[0] == ["a", "x;y"]
    lake.s3.put_object(Bucket=lake.bucket, Key="json/a.json",
                       Body=b'{"Symbol":"AAPL","tags":["a","b"],"at":{"x":1}}\n{"Symbol":"MSFT","tags":null}\n')
    lake.sql(f"""CREATE EXTERNAL TABLE from_json (symbol string, tags array<string>, at struct<x:int>)
                 ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{lake.bucket}/json/'""")
    assert lake.sql("SELECT symbol, tags, at, at.x FROM from_json ORDER BY symbol") == [
        ["AAPL", "[a, b]", "{x=1}", "1"], ["MSFT", None, None, None]]
    lake.s3.put_object(Bucket=lake.bucket, Key="bad/a.csv", Body=b"x,1\ny,two\n")
    lake.sql(f"""CREATE EXTERNAL TABLE bad (a string, b int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
                 LOCATION 's3://{lake.bucket}/bad/'""")
    assert "HIVE_BAD_DATA: Error parsing field value 'two'" in lake.error("SELECT b FROM bad")["StateChangeReason"]


def test_views_and_information_schema(lake):
    lake.sql("CREATE OR REPLACE VIEW latest AS SELECT symbol, max(\"date\") AS last_day FROM bars GROUP BY symbol")
    assert lake.sql("SELECT * FROM latest WHERE symbol = 'AAPL'") == [["AAPL", "2016-01-06"]]
    assert lake.sql("SHOW VIEWS") == [["latest"]]
    assert lake.sql(f"SELECT table_name, table_type FROM information_schema.tables "
                    f"WHERE table_schema = '{lake.database}' AND table_name = 'latest'") == [["latest", "VIEW"]]
    assert lake.sql(f"SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = "
                    f"'{lake.database}' AND table_name = 'bars' ORDER BY ordinal_position")[2:5] == [
        ["close", "decimal(18,6)"], ["volume", "bigint"], ["year", "varchar"]]
    lake.sql("DROP VIEW latest")


def test_execution_parameters_and_prepared_statements(lake):
    rows = lake.sql("SELECT count(*) FROM bars WHERE symbol = ? AND year = ?", ExecutionParameters=["'AAPL'", "'2014'"])
    assert rows == [["3"]]
    name = "p" + uuid.uuid4().hex[:8]
    lake.sql(f"PREPARE {name} FROM SELECT count(*) FROM bars WHERE symbol = ?")
    assert lake.sql(f"EXECUTE {name} USING 'MSFT'")[-1] == ["9"]
    lake.sql(f"DEALLOCATE PREPARE {name}")
    assert "INVALID_PARAMETER_USAGE" in lake.error("SELECT ?")["StateChangeReason"]


def test_partition_projection(lake):
    lake.sql(f"""CREATE EXTERNAL TABLE projected (symbol string, volume bigint) PARTITIONED BY (year int)
                 STORED AS PARQUET LOCATION 's3://{lake.bucket}/bars/'
                 TBLPROPERTIES ('projection.enabled'='true', 'projection.year.type'='integer',
                                'projection.year.range'='2010,2020')""")
    assert lake.sql("SELECT year, count(*) FROM projected WHERE year >= 2015 GROUP BY year ORDER BY year") == [
        ["2015", "6"], ["2016", "6"]]


def test_a_request_token_starts_one_execution(lake):
    token = uuid.uuid4().hex
    start = lambda query: lake.athena.start_query_execution(
        QueryString=query, ClientRequestToken=token, ResultConfiguration={"OutputLocation": lake.output})
    first = start("SELECT 1")["QueryExecutionId"]
    assert start("SELECT 1")["QueryExecutionId"] == first
    with pytest.raises(botocore.exceptions.ClientError, match="Idempotent"):
        start("SELECT 2")


def test_stop_ends_a_running_query(lake):
    started = lake.athena.start_query_execution(
        QueryString="SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) "
                    "CROSS JOIN UNNEST(sequence(1, 100)) c(z) WHERE (x * 31 + y + z) % 7 = 3",
        ResultConfiguration={"OutputLocation": lake.output})["QueryExecutionId"]
    time.sleep(0.3)
    lake.athena.stop_query_execution(QueryExecutionId=started)
    assert lake.wait(started)["Status"]["State"] == "CANCELLED"
    with pytest.raises(botocore.exceptions.ClientError, match="CANCELLED"):
        lake.athena.get_query_results(QueryExecutionId=started)


def test_sql_reaches_no_local_file(lake):
    for query in ("SELECT * FROM read_csv('/etc/passwd')", "SELECT read_text('/etc/passwd')",
                  "SELECT * FROM \"/etc/passwd\"", "SELECT getenv('HOME')"):
        try:
            execution = lake.execute(query)
        except botocore.exceptions.ClientError:
            continue
        assert execution["Status"]["State"] == "FAILED", query


def test_workgroups_catalogs_and_metadata(lake):
    groups = lake.athena.list_work_groups()["WorkGroups"]
    assert "primary" in [group["Name"] for group in groups]
    name = "w" + uuid.uuid4().hex[:8]
    lake.athena.create_work_group(Name=name, Configuration={
        "ResultConfiguration": {"OutputLocation": f"s3://{lake.bucket}/{name}/"}})
    execution = lake.execute("SELECT 1", WorkGroup=name)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{lake.bucket}/{name}/")
    assert execution["QueryExecutionId"] in lake.athena.list_query_executions(WorkGroup=name)["QueryExecutionIds"]
    lake.athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    assert lake.athena.list_data_catalogs()["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    table = lake.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="bars")
    assert [column["Name"] for column in table["TableMetadata"]["Columns"]] == ["symbol", "date", "close", "volume"]
    assert table["TableMetadata"]["PartitionKeys"] == [{"Name": "year", "Type": "string"}]


def test_without_a_place_results_go_to_the_default_bucket(lake):
    started = lake.athena.start_query_execution(QueryString="SELECT 1")["QueryExecutionId"]
    execution = lake.wait(started)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    rows = list(csv.reader(io.StringIO(body(lake, execution["ResultConfiguration"]["OutputLocation"]).decode())))
    assert rows == [["_col0"], ["1"]]


def test_executions_outlive_the_server(own_server):
    lake = Lake(own_server)
    done = lake.execute("SELECT 42 AS answer")["QueryExecutionId"]
    running = lake.athena.start_query_execution(
        QueryString="SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y)"
                    " CROSS JOIN UNNEST(sequence(1, 100)) c(z) WHERE (x * 31 + y + z) % 7 = 3",
        ResultConfiguration={"OutputLocation": lake.output})["QueryExecutionId"]
    own_server.kill()
    own_server.restart()
    lake.athena = own_server.client("athena")
    result = lake.athena.get_query_results(QueryExecutionId=done)["ResultSet"]["Rows"]
    assert result[1]["Data"][0]["VarCharValue"] == "42"
    assert lake.wait(running)["Status"]["State"] == "FAILED"
