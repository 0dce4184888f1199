"""Names that no other test of a shared server uses."""
import uuid


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
