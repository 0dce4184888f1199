"""S3 through pyarrow's S3FileSystem (the AWS SDK for C++): Parquet data sets written and read."""
import os
import uuid

import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest


@pytest.fixture
def filesystem(server):
    return pyarrow.fs.S3FileSystem(access_key=server.access_key, secret_key=server.secret_key, region=server.region,
                                   scheme="http", endpoint_override=server.aws.removeprefix("http://"),
                                   allow_bucket_creation=True, allow_bucket_deletion=True)


def test_files_and_folders(filesystem):
    bucket = "arrow-" + uuid.uuid4().hex[:12]
    filesystem.create_dir(bucket)
    filesystem.create_dir(f"{bucket}/folder/inner")
    body = os.urandom(30_000_000)  # goes as a multipart upload
    with filesystem.open_output_stream(f"{bucket}/folder/big") as out:
        out.write(body)
    with filesystem.open_input_stream(f"{bucket}/folder/big") as file:
        assert file.read() == body
    with filesystem.open_input_file(f"{bucket}/folder/big") as file:
        file.seek(12_345)
        assert file.read(1000) == body[12_345:13_345]
    found = filesystem.get_file_info(pyarrow.fs.FileSelector(bucket, recursive=True))
    assert {(each.path, each.type.name) for each in found} == {
        (f"{bucket}/folder", "Directory"), (f"{bucket}/folder/inner", "Directory"), (f"{bucket}/folder/big", "File")}
    filesystem.copy_file(f"{bucket}/folder/big", f"{bucket}/copy")
    assert filesystem.get_file_info(f"{bucket}/copy").size == len(body)
    filesystem.move(f"{bucket}/copy", f"{bucket}/moved")
    assert filesystem.get_file_info(f"{bucket}/copy").type == pyarrow.fs.FileType.NotFound
    filesystem.delete_dir_contents(bucket)
    filesystem.delete_dir(bucket)


def test_a_partitioned_data_set(filesystem):
    bucket = "arrow-" + uuid.uuid4().hex[:12]
    filesystem.create_dir(bucket)
    table = pa.table({"symbol": ["A", "B", "C", "D"] * 5000, "year": [2015, 2016] * 10_000, "volume": range(20_000)})
    pyarrow.dataset.write_dataset(table, f"{bucket}/lake", format="parquet", filesystem=filesystem,
                                  partitioning=pyarrow.dataset.partitioning(pa.schema([("year", pa.int64())]), flavor="hive"))
    lake = pyarrow.dataset.dataset(f"{bucket}/lake", format="parquet", filesystem=filesystem, partitioning="hive")
    assert lake.count_rows() == 20_000
    some = lake.to_table(filter=pyarrow.dataset.field("year") == 2016)
    assert sum(some["volume"].to_pylist()) == sum(range(1, 20_000, 2))
