"""Keys that look like paths: they are names and nothing else."""
import os
import urllib.parse
import xml.etree.ElementTree

import pytest
from hostile_support import encode, exchange, sign, signed, unique, watched

KEYS = [
    "..", ".", "../", "../../../../etc/passwd", "a/../../b", "a/./b", "./a", "a//b", "//a", "/a", "/etc/passwd", "///", "a/", "a/..",
    "...", "a...", "trailing.", "trailing ", " leading", "~", "~root", "C:\\windows", "a\\..\\b", "CON", "nul", "..%2f..%2fetc", "%00", "%",
    "a\0b", "\0", "a\nb", "a\r\nb", "a\tb", "\x01\x02\x1f", "\x7f", "a%0d%0aX-Injected: 1", "a?b", "a#b", "a&b=c", "a+b", "a=b", "a;b", "a'b",
    'a"b', "a<b>c", "&lt;", "$(id)", "`id`", "|", "*", "{}", "[]", "\u202egpj", "\ufeff", "\u200b", "e\u0301", "\u00e9",
    "\U0001F600", "\U00010000", "\U0010FFFF", "\uE000", "\uFFFD", "-rf", "k" * 1024, "\U0001F600" * 256, "x" * 255 + "/" + "y" * 768,
]


@pytest.fixture(scope="module")
def bucket(module_server):
    name = unique("keys")
    signed(module_server, "PUT", f"/{name}").expect(200)
    return name


def outside(server):
    """Everything on disk but what the stores own: nothing may appear there."""
    folder = server.data.parent
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")
                  if not str(path.relative_to(folder)).startswith("data/"))


def names_inside(server):
    return {path.name for path in server.data.rglob("*")}


def test_every_key_is_a_name_of_its_own_and_touches_no_other_file(module_server, bucket):
    before = outside(module_server)
    with watched(module_server):
        for number, key in enumerate(KEYS):
            signed(module_server, "PUT", f"/{bucket}/{encode(key)}", b"body %d" % number).expect(200)
        for number, key in enumerate(KEYS):
            assert signed(module_server, "GET", f"/{bucket}/{encode(key)}").expect(200).body == b"body %d" % number, key
        listed, token = [], None
        while True:
            query = {"list-type": "2", "encoding-type": "url", "max-keys": "7"} | ({"continuation-token": token} if token else {})
            page = xml.etree.ElementTree.fromstring(signed(module_server, "GET", f"/{bucket}", query=query).expect(200).body)
            space = {"s": page.tag.split("}")[0].strip("{")}
            listed += [urllib.parse.unquote(each.text) for each in page.iterfind("s:Contents/s:Key", space)]
            token = page.findtext("s:NextContinuationToken", None, space)
            if not token:
                break
        assert listed == sorted(set(KEYS), key=lambda key: key.encode())
    assert outside(module_server) == before
    assert not {"passwd", "CON", "nul", "-rf"} & names_inside(module_server)
    for key in KEYS:
        signed(module_server, "DELETE", f"/{bucket}/{encode(key)}").expect(204)


def test_each_plane_of_unicode_round_trips(module_server, bucket):
    for plane in range(17):
        for low in (0x0041, 0x1234, 0xABCD, 0xFFFD):
            key = f"plane/{chr(plane * 0x10000 + low)}"
            signed(module_server, "PUT", f"/{bucket}/{encode(key)}", key.encode()).expect(200)
            assert signed(module_server, "GET", f"/{bucket}/{encode(key)}").expect(200).body == key.encode()


@pytest.mark.parametrize("path, statuses", [
    ("/%2e%2e/%2e%2e/etc/passwd", (400, 404)), ("/../../etc/passwd", (400, 404)), ("/..%2f..%2fetc%2fpasswd", (400, 404)),
    ("/.", (400, 404)), ("/..", (400, 404)), ("/a%00b/key", (400, 404)), ("/%", (400, 403)), ("/%zz/key", (400, 403)), ("/%2", (400, 403)),
])
def test_bucket_names_are_no_paths(module_server, path, statuses):
    assert signed(module_server, "GET", path).status in statuses
    assert signed(module_server, "PUT", path.rstrip("/"), b"x").status in (*statuses, 400)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "-a", "A", "a", "a" * 64, "a..b", "a_b", "192.168.0.1", "xn--a", "a-s3alias", "\u00e9\u00e9\u00e9"])
def test_buckets_of_bad_names_are_not_made(module_server, name):
    answer = signed(module_server, "PUT", f"/{encode(name, '')}")
    assert answer.status in (400, 403), answer


def test_keys_that_are_too_long_or_no_text_are_refused(module_server, bucket):
    assert signed(module_server, "PUT", f"/{bucket}/" + "k" * 1025, b"").expect(400).code == "KeyTooLongError"
    assert signed(module_server, "PUT", f"/{bucket}/" + encode("\U0001F600" * 257), b"").expect(400).code == "KeyTooLongError"
    for path in ("%ff", "a%c3", "%ed%a0%80", "%c0%ae%c0%ae", "%f4%90%80%80"):
        assert signed(module_server, "PUT", f"/{bucket}/{path}", b"").status == 400, path


def test_copy_sources_are_names_too(module_server, bucket):
    for source in ("/../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", f"{bucket}/../../etc/passwd", "%00", "/", "", "%"):
        answer = signed(module_server, "PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": source})
        assert answer.status in (400, 404), source
    signed(module_server, "GET", f"/{bucket}/copy").expect(404)


def test_headers_that_an_object_keeps_cannot_start_others(module_server, bucket):
    signed(module_server, "PUT", f"/{bucket}/header", b"x", headers={"content-disposition": "a%0d%0aX-Injected: 1"}).expect(200)
    answer = signed(module_server, "GET", f"/{bucket}/header", query={"response-content-type": "text/html\r\nX-Injected: 1"})
    assert "X-Injected" not in answer.headers


def test_metadata_and_tags_have_bounds(module_server, bucket):
    path = f"/{bucket}/bounds"
    signed(module_server, "PUT", path, b"", headers={"x-amz-meta-a": "v" * 2047}).expect(200)
    assert signed(module_server, "PUT", path, b"", headers={"x-amz-meta-a": "v" * 2048}).expect(400).code == "MetadataTooLarge"
    tags = "&".join(f"k{i}=v" for i in range(11))
    assert signed(module_server, "PUT", path, b"", headers={"x-amz-tagging": tags}).status == 400
    assert signed(module_server, "PUT", path, b"", headers={"x-amz-tagging": "k" * 129 + "=v"}).status == 400
    assert signed(module_server, "PUT", path, b"", headers={"x-amz-tagging": "k=" + "v" * 257}).status == 400
