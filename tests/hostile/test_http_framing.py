"""Requests that two readers could take differently, or that no reader should take at all."""
import re

import pytest
from hostile_support import MiB, connect, read_to_end, signed, unique, watched

BODY = b"0\r\n\r\n"


def statuses(answer):
    """The status of each answer on a connection."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d\d\d) [A-Z]", answer)]


def ask(server, data):
    with connect(server.aws) as connection:
        connection.sendall(data)
        return read_to_end(connection)


END = b"Connection: close\r\n\r\n"


DOUBTFUL = [
    ("two lengths", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n" + END + BODY, 400),
    ("two lengths in one", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n" + END + BODY, 400),
    ("chunked and a length", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n" + END + BODY, 400),
    ("a length and chunked", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + END + BODY, 400),
    ("two codings", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + END + BODY, (400, 501)),
    ("gzip, chunked", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n" + END + BODY, (400, 501)),
    ("chunked, identity", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n" + END + BODY, (400, 501)),
    ("chunked in 1.0", b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + END + BODY, (400, 501)),
    ("chunked by a tab", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\x0bchunked\r\n" + END + BODY, (400, 501)),
    ("a negative length", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n" + END, 400),
    ("a length with a sign", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n" + END + BODY, 400),
    ("a length in hex", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n" + END + BODY, 400),
    ("a length of 20 digits", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n" + END, 400),
    ("a length of 2^63", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808\r\n" + END, 400),
    ("a folded header", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n" + END, 400),
    ("a bare line feed", b"GET /health HTTP/1.1\nHost: x\n\n", 400),
    ("a bare line feed in the head", b"GET /health HTTP/1.1\r\nHost: x\nX-A: b\r\n" + END, 400),
    ("a bare carriage return", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\rX-B: c\r\n" + END, 400),
    ("a NUL in a value", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n" + END, 400),
    ("a NUL in a name", b"GET /health HTTP/1.1\r\nHost: x\r\nX\0A: b\r\n" + END, 400),
    ("a NUL in the target", b"GET /hea\0lth HTTP/1.1\r\nHost: x\r\n" + END, 400),
    ("a space before the colon", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A : b\r\n" + END, 400),
    ("an empty name", b"GET /health HTTP/1.1\r\nHost: x\r\n: b\r\n" + END, 400),
    ("no colon", b"GET /health HTTP/1.1\r\nHost: x\r\nnonsense\r\n" + END, 400),
    ("no host", b"GET /health HTTP/1.1\r\n" + END, 400),
    ("two hosts", b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n" + END, 400),
    ("HTTP/2 in clear", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("HTTP/0.9", b"GET /health\r\n", 400),
    ("a version of the future", b"GET /health HTTP/9.9\r\nHost: x\r\n" + END, 400),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60), 400),
    ("a space in the target", b"GET /a b HTTP/1.1\r\nHost: x\r\n" + END, 400),
    ("a long target", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n" + END, 414),
    ("many headers", b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 300 + END, 431),
    ("a head of 70 KB", b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000 + b"\r\n" + END, 431),
    ("a body beyond what Glue takes", b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSGlue.GetTables\r\nContent-Length: 99999999\r\n" + END, 403),
]


@pytest.mark.parametrize("what, data, status", DOUBTFUL, ids=[each[0] for each in DOUBTFUL])
def test_a_request_of_doubtful_form_is_refused_and_its_connection_closed(module_server, what, data, status):
    # Whoever took the framing differently would find a second request behind it.
    answer = ask(module_server, data + b"GET /health HTTP/1.1\r\nHost: x\r\n" + END)
    assert answer, what
    expected = status if isinstance(status, tuple) else (status,)
    assert len(statuses(answer)) == 1 and statuses(answer)[0] in expected, (what, answer)


@pytest.mark.parametrize("chunks", [
    b"5;" + b"x" * 200_000 + b"\r\nhello\r\n0\r\n\r\n",       # an extension that never ends
    b"ffffffffffffffff1\r\nhello\r\n0\r\n\r\n",                # a size beyond 64 bits
    b"-5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloX0\r\n\r\n",                                   # no end where the chunk ends
    b"5\nhello\n0\n\n",
    b"0\r\n" + b"a: b\r\n" * 50_000 + b"\r\n",                 # trailers that never end
    b"\r\n" * 1000,
])
def test_chunks_of_doubtful_form_end_the_request(module_server, chunks):
    """With a right access key, as the body of a stranger would not even be read."""
    head = (b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Date: 20200101T000000Z\r\nTransfer-Encoding: chunked\r\n"
            b"X-Amz-Target: AWSGlue.GetTables\r\nAuthorization: AWS4-HMAC-SHA256 Credential=" +
            module_server.access_key.encode() + b"/20200101/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n")
    answer = ask(module_server, head + chunks + b"GET /health HTTP/1.1\r\nHost: x\r\n" + END)
    assert statuses(answer) and statuses(answer)[0] in (400, 403)
    assert b'"ok"' not in answer


def test_ten_thousand_tiny_requests_on_one_connection(module_server):
    with watched(module_server):
        with connect(module_server.aws) as connection:
            for _ in range(100):
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
                connection.settimeout(60)
                seen = b""
                while seen.count(b'"ok"') < 100:
                    seen += connection.recv(1 << 16)
