"""S3 through the AWS SDK for JavaScript v3: node/s3.mjs does the work."""
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "node"


def test_sdk_for_javascript(server):
    if shutil.which("node") is None or not (FOLDER / "node_modules" / "@aws-sdk").is_dir():
        pytest.skip("node or its packages are not installed")
    done = subprocess.run(["node", "s3.mjs"], cwd=FOLDER, env=server.environment(), capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr
