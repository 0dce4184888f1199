"""Whether the lake holds the files' rows: each once, none changed, none else."""
import json
import re

import duckdb

from lab import Broken

COLUMNS = "symbol, date, open, high, low, close, volume, open_interest"
NAME = re.compile(r"prices/year=\d+/prices\+(\d+)\+(\d{20})-(\d{20})\.parquet")


class Comparison:
    """The rows of the data set, as DuckDB reads them with nothing of ours in between; read once."""

    def __init__(self, lab):
        self.lab = lab
        self.connection = duckdb.connect()
        files = [str(path) for path in sorted(lab.dataset.glob("*.us.txt"))]
        self.connection.execute(f"""
            create table csv as
            select upper(replace(parse_filename(filename), '.us.txt', '')) symbol, "Date"::date date,
                   "Open"::decimal(18,6) open, "High"::decimal(18,6) high, "Low"::decimal(18,6) low,
                   "Close"::decimal(18,6) "close", "Volume"::bigint volume, "OpenInt"::bigint open_interest
            from read_csv({files!r}, filename = true, header = true, all_varchar = true)""")

    def one(self, sql):
        return self.connection.execute(sql).fetchone()[0]

    def verify(self, s3):
        keys = [entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="lake")
                for entry in page.get("Contents", [])]
        target = self.lab.home / "lake"
        target.mkdir(exist_ok=True)
        for path in target.iterdir():
            path.unlink()
        for number, key in enumerate(key for key in keys if key.endswith(".parquet")):
            (target / f"{number}.parquet").write_bytes(s3.get_object(Bucket="lake", Key=key)["Body"].read())
        self.verify_plans(s3, keys)
        self.connection.execute(f"create or replace table lake as select * from read_parquet('{target}/*.parquet')")
        wanted, found = self.one("select count(*) from csv"), self.one("select count(*) from lake")
        missing = self.one(f"select count(*) from (select {COLUMNS} from csv except all select {COLUMNS} from lake)")
        surplus = self.one(f"select count(*) from (select {COLUMNS} from lake except all select {COLUMNS} from csv)")
        if (wanted, 0, 0) != (found, missing, surplus):
            raise Broken(f"the lake has {found} rows of {wanted}: {missing} are missing, {surplus} are too many or changed")

    def verify_plans(self, s3, keys):
        """Plans follow each other without gap or overlap, and exactly their files are there."""
        planned, ends = set(), {}
        for key in sorted(key for key in keys if key.startswith("_tickerlake/plans/")):
            plan = json.loads(s3.get_object(Bucket="lake", Key=key)["Body"].read())
            if plan["first"] != ends.get(plan["partition"], 0):
                raise Broken(f"{key} does not follow offset {ends.get(plan['partition'], 0)}")
            ends[plan["partition"]] = plan["last"] + 1
            planned.update(file["key"] for file in plan["files"])
        there = {key for key in keys if key.endswith(".parquet")}
        if planned != there:
            raise Broken(f"planned and not there: {sorted(planned - there)[:3]}, there and not planned: "
                         f"{sorted(there - planned)[:3]}")
        if not all(NAME.fullmatch(key) for key in there):
            raise Broken(f"names of files: {sorted(there)[:3]}")
