"""What the Athena tests share: a small table of bars in S3, and one statement run to its end."""
import datetime
import decimal
import io
import time
import uuid

import pyarrow
import pyarrow.parquet

SCHEMA = pyarrow.schema([("symbol", pyarrow.string()), ("date", pyarrow.date32()),
                         ("close", pyarrow.decimal128(18, 6)), ("volume", pyarrow.int64())])


def bars(year, symbols=("AAPL", "MSFT"), days=3):
    rows = [{"symbol": symbol, "date": datetime.date(year, 1, 4 + day),
             "close": decimal.Decimal(f"{100 * index + day + 1}.250000"), "volume": None if day == 2 else 1000 * (day + 1)}
            for index, symbol in enumerate(symbols, 1) for day in range(days)]
    return pyarrow.Table.from_pylist(rows, schema=SCHEMA)


def put_parquet(s3, bucket, key, table):
    body = io.BytesIO()
    pyarrow.parquet.write_table(table, body, compression="zstd")
    s3.put_object(Bucket=bucket, Key=key, Body=body.getvalue())


class Lake:
    """A bucket with bars of three years, and a database for them."""

    def __init__(self, server):
        self.server = server
        self.s3, self.glue, self.athena = (server.client(name) for name in ("s3", "glue", "athena"))
        self.name = "t" + uuid.uuid4().hex[:10]
        self.bucket = self.name
        self.database = self.name
        self.output = f"s3://{self.bucket}/results/"
        self.s3.create_bucket(Bucket=self.bucket)
        for year in (2014, 2015, 2016):
            put_parquet(self.s3, self.bucket, f"bars/year={year}/part-0.parquet", bars(year))
        self.sql(f"CREATE DATABASE {self.database}", database="default")
        self.sql(f"""CREATE EXTERNAL TABLE bars (symbol string, `date` date, close decimal(18,6), volume bigint)
                     PARTITIONED BY (year string) STORED AS PARQUET LOCATION 's3://{self.bucket}/bars/'""")
        self.sql("MSCK REPAIR TABLE bars")

    def execute(self, query, database=None, **options):
        """The finished QueryExecution."""
        options.setdefault("ResultConfiguration", {"OutputLocation": self.output})
        started = self.athena.start_query_execution(
            QueryString=query, QueryExecutionContext={"Database": database or self.database}, **options)
        return self.wait(started["QueryExecutionId"])

    def wait(self, execution_id, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = self.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.01)
        raise AssertionError(f"{execution_id} is not over after {seconds} s")

    def sql(self, query, database=None, **options):
        """Rows of a statement that must succeed, as lists of texts and None; SELECT's header is left out."""
        execution = self.execute(query, database, **options)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
        rows = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
        return rows[1:] if execution.get("SubstatementType") == "SELECT" else rows

    def error(self, query, **options):
        execution = self.execute(query, **options)
        assert execution["Status"]["State"] == "FAILED", execution["Status"]
        return execution["Status"]
