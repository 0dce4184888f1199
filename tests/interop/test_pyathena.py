"""Athena through PyAthena: the DB-API cursor, dictionaries, pandas. (Its Arrow cursor takes no endpoint for S3.)"""
import datetime
import decimal

import pyathena
import pyathena.cursor
import pyathena.pandas.cursor
import pytest

from athena_support import Lake


@pytest.fixture(scope="module")
def lake(server):
    return Lake(server)


def connect(lake, monkeypatch, **options):
    for name, value in lake.server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return pyathena.connect(s3_staging_dir=lake.output, region_name=lake.server.region, schema_name=lake.database,
                            endpoint_url=lake.server.aws, poll_interval=0.02, **options)


def test_cursor_converts_values(lake, monkeypatch):
    cursor = connect(lake, monkeypatch).cursor()
    cursor.execute("SELECT symbol, \"date\", close, volume, 1.5E0, true, ARRAY[1, 2] FROM bars WHERE year = '2016' "
                   "ORDER BY symbol, \"date\"")
    rows = cursor.fetchall()
    assert rows[0][:6] == ("AAPL", datetime.date(2016, 1, 4), decimal.Decimal("101.250000"), 1000, 1.5, True)
    assert rows[2][3] is None
    assert [column[1] for column in cursor.description][:4] == ["varchar", "date", "decimal", "bigint"]


def test_cursor_reports_errors_and_substitutes_parameters(lake, monkeypatch):
    cursor = connect(lake, monkeypatch).cursor()
    with pytest.raises(pyathena.error.DatabaseError, match="nothing"):
        cursor.execute("SELECT nothing FROM bars")
    cursor.execute("SELECT count(*) FROM bars WHERE symbol = %(symbol)s", {"symbol": "MSFT"})
    assert cursor.fetchone() == (9,)
    cursor.execute("SELECT count(*) FROM bars WHERE symbol = ?", ["'MSFT'"], paramstyle="qmark")
    assert cursor.fetchone() == (9,)


def test_ddl_and_metadata(lake, monkeypatch):
    cursor = connect(lake, monkeypatch).cursor()
    cursor.execute("SHOW PARTITIONS bars")
    assert cursor.fetchall() == [("year=2014",), ("year=2015",), ("year=2016",)]
    assert "bars" in [table.name for table in cursor.list_table_metadata(schema_name=lake.database)]


def test_dictionaries(lake, monkeypatch):
    cursor = connect(lake, monkeypatch, cursor_class=pyathena.cursor.DictCursor).cursor()
    assert cursor.execute("SELECT 1 AS a, 'x' AS b").fetchall() == [{"a": 1, "b": "x"}]


def test_pandas_cursor_reads_the_result_file(lake, monkeypatch):
    cursor = connect(lake, monkeypatch, cursor_class=pyathena.pandas.cursor.PandasCursor).cursor()
    frame = cursor.execute("SELECT symbol, close, volume FROM bars ORDER BY symbol, \"date\"").as_pandas()
    assert len(frame) == 18
    assert frame["volume"].sum() == 18000


def test_pandas_cursor_by_unload(lake, monkeypatch):
    cursor = connect(lake, monkeypatch, cursor_class=pyathena.pandas.cursor.PandasCursor).cursor(unload=True)
    frame = cursor.execute("SELECT symbol, volume FROM bars").as_pandas()
    assert frame["volume"].sum() == 18000
