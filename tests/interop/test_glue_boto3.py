"""Glue through boto3 and awswrangler: the tutorial's own steps, catalog calls, crawls of every format."""
import gzip
import io
import json
import time
import uuid

import botocore.exceptions
import pytest


@pytest.fixture(scope="module")
def glue(server):
    return server.client("glue")


@pytest.fixture(scope="module")
def s3(server):
    return server.client("s3")


@pytest.fixture
def bucket(s3):
    name = f"glue-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def database(glue):
    name = f"db_{uuid.uuid4().hex[:12]}"
    glue.create_database(DatabaseInput={"Name": name, "Description": "for a test"})
    return name


def fails_with(code):
    class Expectation:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, trace):
            assert kind is not None, f"no {code}"
            assert isinstance(error, botocore.exceptions.ClientError), error
            assert error.response["Error"]["Code"] == code, error
            return True

    return Expectation()


def crawl(glue, path, database, **options):
    """create_crawler, start_crawler, get_crawler until READY: as the tutorials do it."""
    name = f"crawler-{uuid.uuid4().hex[:12]}"
    glue.create_crawler(Name=name, Role="arn:aws:iam::000000000000:role/glue", DatabaseName=database,
                        Targets={"S3Targets": [{"Path": path}]}, **options)
    run(glue, name)
    return name


def run(glue, name):
    glue.start_crawler(Name=name)
    deadline = time.monotonic() + 30
    while True:
        crawler = glue.get_crawler(Name=name)["Crawler"]
        if crawler["State"] == "READY":
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]
    return crawler


def columns(glue, database, table):
    described = glue.get_table(DatabaseName=database, Name=table)["Table"]
    return {column["Name"]: column["Type"] for column in described["StorageDescriptor"]["Columns"]}


def parquet_bytes(rows):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def test_the_tutorials_steps_give_a_table(glue, s3, bucket, database):
    for year in (2015, 2016):
        s3.put_object(Bucket=bucket, Key=f"stock_prices/year={year}/a.parquet",
                      Body=parquet_bytes([{"symbol": "aapl", "close": 1.5, "volume": 10}]))
    crawl(glue, f"s3://{bucket}/stock_prices/", database)
    table = glue.get_table(DatabaseName=database, Name="stock_prices")["Table"]
    assert table["PartitionKeys"] == [{"Name": "year", "Type": "string"}]
    assert table["Parameters"]["classification"] == "parquet"
    assert columns(glue, database, "stock_prices") == {"symbol": "string", "close": "double", "volume": "bigint"}
    partitions = glue.get_partitions(DatabaseName=database, TableName="stock_prices")["Partitions"]
    assert [p["Values"] for p in partitions] == [["2015"], ["2016"]]


def test_kaggle_files_are_one_csv_table(glue, s3, bucket, database, kaggle_sample):
    files = sorted(kaggle_sample.glob("**/Stocks/*.txt"))[:20]
    assert files
    for file in files:
        s3.put_object(Bucket=bucket, Key=f"stocks/{file.name}", Body=file.read_bytes())
    crawl(glue, f"s3://{bucket}/stocks", database)
    assert [t["Name"] for t in glue.get_tables(DatabaseName=database)["TableList"]] == ["stocks"]
    assert columns(glue, database, "stocks") == {
        "date": "string", "open": "double", "high": "double", "low": "double", "close": "double",
        "volume": "bigint", "openint": "bigint"}
    table = glue.get_table(DatabaseName=database, Name="stocks")["Table"]
    assert table["Parameters"]["skip.header.line.count"] == "1"


def test_json_and_gzip(glue, s3, bucket, database):
    lines = "\n".join(json.dumps({"Id": i, "big": 2**40, "tags": ["a"], "at": {"x": 1.5}}) for i in range(10))
    s3.put_object(Bucket=bucket, Key="events/a.json.gz", Body=gzip.compress(lines.encode()))
    s3.put_object(Bucket=bucket, Key="people/a.csv", Body=b"name|age\nann|1\nbob|2\n")
    crawl(glue, f"s3://{bucket}", database, TablePrefix="raw_")
    assert columns(glue, database, "raw_events") == {
        "id": "int", "big": "bigint", "tags": "array<string>", "at": "struct<x:double>"}
    assert columns(glue, database, "raw_people") == {"name": "string", "age": "bigint"}
    parameters = glue.get_table(DatabaseName=database, Name="raw_events")["Table"]["Parameters"]
    assert parameters["compressionType"] == "gzip" and parameters["recordCount"] == "10"


def test_a_second_crawl_changes_nothing(glue, s3, bucket, database):
    for month in range(1, 13):
        s3.put_object(Bucket=bucket, Key=f"t/month={month}/a.csv", Body=b"a,b\n1,2\n3,4\n")
    name = crawl(glue, f"s3://{bucket}/t", database)
    before = glue.get_table(DatabaseName=database, Name="t")["Table"]
    run(glue, name)
    assert glue.get_table(DatabaseName=database, Name="t")["Table"] == before
    metrics = glue.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"][0]
    assert metrics["TablesCreated"] == 1 and metrics["TablesUpdated"] == 0
    assert [c["State"] for c in glue.list_crawls(CrawlerName=name)["Crawls"]] == ["COMPLETED", "COMPLETED"]


def test_crawler_calls(glue, s3, bucket, database):
    name = crawl(glue, f"s3://{bucket}/nothing", database)
    with fails_with("AlreadyExistsException"):
        glue.create_crawler(Name=name, Role="r", DatabaseName=database, Targets={"S3Targets": [{"Path": "s3://x"}]})
    with fails_with("CrawlerNotRunningException"):
        glue.stop_crawler(Name=name)
    with fails_with("InvalidInputException"):
        glue.create_crawler(Name="bad", Role="r", DatabaseName=database, Targets={"S3Targets": [{"Path": "/tmp"}]})
    with fails_with("OperationNotSupportedException"):
        glue.create_crawler(Name="bad", Role="r", DatabaseName=database, Targets={"JdbcTargets": [{"Path": "x"}]})
    glue.update_crawler(Name=name, Description="new", SchemaChangePolicy={"DeleteBehavior": "LOG"})
    crawler = glue.get_crawler(Name=name)["Crawler"]
    assert crawler["Description"] == "new" and crawler["Version"] == 2
    assert crawler["SchemaChangePolicy"] == {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
    assert crawler["Targets"]["S3Targets"][0]["Path"] == f"s3://{bucket}/nothing"
    listed = [c["Name"] for page in glue.get_paginator("get_crawlers").paginate(PaginationConfig={"PageSize": 1})
              for c in page["Crawlers"]]
    assert name in listed and len(listed) == len(set(listed))
    assert name in glue.list_crawlers(MaxResults=1000)["CrawlerNames"]
    assert glue.batch_get_crawlers(CrawlerNames=[name, "none"])["CrawlersNotFound"] == ["none"]
    glue.delete_crawler(Name=name)
    with fails_with("EntityNotFoundException"):
        glue.get_crawler(Name=name)


def test_databases_and_tables(glue, database):
    with fails_with("AlreadyExistsException"):
        glue.create_database(DatabaseInput={"Name": database.upper()})
    glue.create_table(DatabaseName=database, TableInput={
        "Name": "T", "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://x/y/"},
        "PartitionKeys": [{"Name": "day", "Type": "date"}], "Parameters": {"k": "v"}})
    table = glue.get_table(DatabaseName=database, Name="t")["Table"]
    assert table["Name"] == "t" and table["CreateTime"].year > 2000 and table["VersionId"] == "0"
    glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "second"})
    versions = glue.get_table_versions(DatabaseName=database, TableName="t")["TableVersions"]
    assert [v["VersionId"] for v in versions] == ["1", "0"]
    with fails_with("ConcurrentModificationException"):
        glue.update_table(DatabaseName=database, TableInput={"Name": "t"}, VersionId="0")
    with fails_with("EntityNotFoundException"):
        glue.get_table(DatabaseName=database, Name="none")
    with fails_with("EntityNotFoundException"):
        glue.create_table(DatabaseName="no_such_database", TableInput={"Name": "t"})
    errors = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["t", "none"])["Errors"]
    assert [e["TableName"] for e in errors] == ["none"]
    glue.delete_database(Name=database)


def test_partitions_in_batches_with_expressions_and_pages(glue, database):
    glue.create_table(DatabaseName=database, TableInput={
        "Name": "t", "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}]},
        "PartitionKeys": [{"Name": "year", "Type": "int"}, {"Name": "symbol", "Type": "string"}]})
    inputs = [{"Values": [str(year), symbol], "StorageDescriptor": {"Location": f"s3://x/{year}/{symbol}/"}}
              for year in range(1990, 2015) for symbol in ("aapl", "ibm")]
    assert glue.batch_create_partition(DatabaseName=database, TableName="t", PartitionInputList=inputs)["Errors"] == []
    errors = glue.batch_create_partition(DatabaseName=database, TableName="t", PartitionInputList=inputs[:2])["Errors"]
    assert {e["ErrorDetail"]["ErrorCode"] for e in errors} == {"AlreadyExistsException"}

    def matching(expression):
        pages = glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName="t", Expression=expression, PaginationConfig={"PageSize": 3})
        return [p["Values"] for page in pages for p in page["Partitions"]]

    assert len(matching("year >= 2000 AND symbol = 'ibm'")) == 15
    assert matching("year in (1990, 9) and symbol like 'a%'") == [["1990", "aapl"]]
    assert len(matching("not (year between 1991 and 2014)")) == 2
    assert matching("year is null") == []
    with fails_with("InvalidInputException"):
        matching("month = 1")
    got = glue.batch_get_partition(DatabaseName=database, TableName="t",
                                   PartitionsToGet=[{"Values": ["1990", "ibm"]}, {"Values": ["1", "x"]}])
    assert [p["Values"] for p in got["Partitions"]] == [["1990", "ibm"]]
    updated = glue.batch_update_partition(DatabaseName=database, TableName="t", Entries=[
        {"PartitionValueList": ["1990", "ibm"], "PartitionInput": {"Values": ["1990", "ibm"], "Parameters": {"k": "v"}}}])
    assert updated["Errors"] == []
    assert glue.get_partition(DatabaseName=database, TableName="t",
                              PartitionValues=["1990", "ibm"])["Partition"]["Parameters"] == {"k": "v"}
    deleted = glue.batch_delete_partition(DatabaseName=database, TableName="t", PartitionsToDelete=[
        {"Values": ["1990", "ibm"]}, {"Values": ["1", "x"]}])
    assert [e["PartitionValues"] for e in deleted["Errors"]] == [["1", "x"]]


def test_what_was_answered_survives_kill(own_server):
    glue = own_server.client("glue")
    glue.create_database(DatabaseInput={"Name": "lasting"})
    own_server.client("s3").create_bucket(Bucket="lasting")
    glue.create_crawler(Name="c", Role="r", DatabaseName="lasting", Targets={"S3Targets": [{"Path": "s3://lasting/"}]})
    own_server.kill()
    own_server.restart()
    glue = own_server.client("glue")
    assert glue.get_database(Name="lasting")["Database"]["Name"] == "lasting"
    assert glue.get_crawler(Name="c")["Crawler"]["State"] == "READY"


def test_classifiers_tags_and_small_questions(glue, s3, bucket, database, server):
    glue.create_classifier(CsvClassifier={"Name": f"k-{database}", "Delimiter": "^", "ContainsHeader": "PRESENT"})
    s3.put_object(Bucket=bucket, Key="k/a.txt", Body=b"x^y\n1^b\n2^d\n")
    name = crawl(glue, f"s3://{bucket}/k", database, Classifiers=[f"k-{database}"])
    assert columns(glue, database, "k") == {"x": "bigint", "y": "string"}
    glue.tag_resource(ResourceArn=f"arn:aws:glue:us-east-1:000000000000:crawler/{name}", TagsToAdd={"team": "data"})
    assert glue.get_tags(ResourceArn=f"arn:aws:glue:us-east-1:000000000000:crawler/{name}")["Tags"] == {"team": "data"}
    assert glue.get_catalog_import_status()["ImportStatus"]["ImportCompleted"]
    statistics = glue.get_column_statistics_for_table(DatabaseName=database, TableName="k", ColumnNames=["x"])
    assert statistics["Errors"][0]["Error"]["ErrorCode"] == "EntityNotFoundException"


def test_awswrangler_reads_the_catalog(server, s3, bucket, database, glue, monkeypatch):
    boto3 = pytest.importorskip("boto3")
    wr = pytest.importorskip("awswrangler")
    s3.put_object(Bucket=bucket, Key="t/day=1/a.csv", Body=b"a,b\n1,2\n3,4\n")
    s3.put_object(Bucket=bucket, Key="t/day=2/a.csv", Body=b"a,b\n1,2\n3,4\n")
    crawl(glue, f"s3://{bucket}/t", database)
    session = boto3.Session(aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key,
                            region_name=server.region)
    monkeypatch.setattr(wr.config, "glue_endpoint_url", server.aws)
    monkeypatch.setattr(wr.config, "s3_endpoint_url", server.aws)
    assert wr.catalog.does_table_exist(database=database, table="t", boto3_session=session)
    assert wr.catalog.get_table_types(database=database, table="t", boto3_session=session) == {
        "a": "bigint", "b": "bigint", "day": "string"}
    assert wr.catalog.get_csv_partitions(database=database, table="t", boto3_session=session) == {
        f"s3://{bucket}/t/day=1/": ["1"], f"s3://{bucket}/t/day=2/": ["2"]}
    assert len(wr.catalog.table(database=database, table="t", boto3_session=session)) == 3
    assert wr.catalog.get_table_location(database=database, table="t", boto3_session=session) == f"s3://{bucket}/t/"
    wr.catalog.upsert_table_parameters(parameters={"k": "v"}, database=database, table="t", boto3_session=session)
    assert wr.catalog.get_table_parameters(database=database, table="t", boto3_session=session)["k"] == "v"
    found = [t["Name"] for t in wr.catalog.search_tables(text=database, boto3_session=session)]
    assert found == ["t"]
    assert wr.catalog.delete_table_if_exists(database=database, table="t", boto3_session=session)
