"""Who may listen where, and whose pages may ask."""
import json
import subprocess

import pytest
from conftest import BINARY
from hostile_support import connect, read_to_end

PORTS = {"--kafka": "127.0.0.1:0", "--aws": "127.0.0.1:0", "--web": "127.0.0.1:0", "--registry": "127.0.0.1:0"}


@pytest.mark.parametrize("flag", ["--kafka", "--web", "--registry"])
@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1"])
def test_a_port_without_authentication_is_not_opened_to_other_machines(tmp_path, flag, host):
    ports = [part for item in (PORTS | {flag: f"{host}:0"}).items() for part in item]
    done = subprocess.run([BINARY, "up", "--data", tmp_path / "data", *ports], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "--allow-unauthenticated" in done.stderr
    assert not (tmp_path / "data").exists()


def status(at, host, origin=None):
    headers = f"Host: {host}\r\n" + (f"Origin: {origin}\r\n" if origin is not None else "")
    with connect(at) as connection:
        connection.sendall(f"GET /health HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode())
        return int(read_to_end(connection)[9:12])


def test_pages_of_other_sites_get_nothing_from_the_open_ports(module_server):
    for name in ("web", "registry"):
        at = json.loads((module_server.data / "endpoints.json").read_text())[name]
        port = at.rsplit(":", 1)[1]
        for host in (at, f"localhost:{port}", f"[::1]:{port}"):
            assert status(at, host) == 200
            assert status(at, host, f"http://{host}") == 200
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example"):
            assert status(at, host) == 403
            assert status(at, host, f"http://{host}") == 403
        for origin in ("http://evil.example", "null", f"http://localhost.evil.example:{port}", "http://127.0.0.1:1", "file://", ""):
            assert status(at, at, origin) == 403
