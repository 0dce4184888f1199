"""A web server and TLS-opening proxy that keeps every request it gets and answers what a test tells it to.

A client that has it as HTTPS_PROXY and its certificate as AWS_CA_BUNDLE believes to talk to AWS, so what would go to
AWS can be read byte by byte, host included, on a machine without a network."""
import dataclasses
import http.server
import pathlib
import socket
import ssl
import subprocess
import threading
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import urllib3


@dataclasses.dataclass
class Request:
    scheme: str
    host: str  # as the Host header says
    method: str
    target: str  # path and query as sent
    headers: dict  # lower-case names
    body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return sorted(urllib.parse.parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def authorization(self):
        """{"Credential": [key, date, region, service, "aws4_request"], "SignedHeaders": [...], "Signature": …}"""
        text = self.headers.get("authorization", "")
        parts = dict(part.strip().split("=", 1) for part in text.partition(" ")[2].split(",") if "=" in part)
        if "Credential" in parts:
            parts["Credential"] = parts["Credential"].split("/")
            parts["SignedHeaders"] = parts["SignedHeaders"].split(";")
        return parts

    def is_signed_with(self, secret):
        """Whether botocore signs the same request the same way with this secret."""
        key, _, region, service, _ = self.authorization["Credential"]
        signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        signed = self.authorization["SignedHeaders"]
        given = self

        class Again(signer):
            def headers_to_sign(self, request):
                chosen = botocore.auth.HTTPHeaders()
                for name in signed:
                    chosen[name] = given.headers[name]
                return chosen

            def payload(self, request):
                return given.headers.get("x-amz-content-sha256") or super().payload(request)

        again = botocore.awsrequest.AWSRequest(method=self.method, url=f"{self.scheme}://{self.host}{self.target}",
                                               data=self.body)
        again.context["timestamp"] = self.headers["x-amz-date"]
        auth = Again(botocore.credentials.Credentials(key, secret), service, region)
        canonical = auth.canonical_request(again)
        return auth.signature(auth.string_to_sign(again, canonical), again) == self.authorization["Signature"]


class Certificates:
    """A certificate authority for this test, and certificates of it for any host."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.bundle = self.folder / "ca.pem"
        self.lock = threading.Lock()
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=tickerlake tests", "-keyout", "ca.key", "-out", "ca.pem")
        self.contexts = {}

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def files(self, host):
        """(certificate, key) for a name or an address."""
        name = host.replace("*", "_").replace(":", "_")
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        if not certificate.exists():
            kind = "IP" if host.replace(".", "").isdigit() else "DNS"
            (self.folder / f"{name}.ext").write_text(f"subjectAltName={kind}:{host}\nbasicConstraints=CA:FALSE\n")
            self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
                          "-keyout", key.name, "-out", f"{name}.csr")
            self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                          "-days", "2", "-extfile", f"{name}.ext", "-out", certificate.name)
        return certificate, key

    def context(self, host):
        with self.lock:
            if host not in self.contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.files(host))
                self.contexts[host] = context
            return self.contexts[host]


class Recorder:
    """`answer(request)` gives (status, headers, body); it is called for every request, from several threads."""

    def __init__(self, answer, certificates=None):
        self.answer, self.certificates = answer, certificates
        self.lock = threading.Lock()
        self.requests = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            scheme = "http"

            def do_CONNECT(self):
                host = self.path.rpartition(":")[0]
                self.send_response_only(200)
                self.end_headers()
                self.connection = recorder.certificates.context(host).wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb", -1)
                self.wfile = self.connection.makefile("wb", 0)
                self.scheme = "https"
                self.close_connection = False

            def respond(self):
                request = Request(self.scheme, self.headers["Host"], self.command, self.path,
                                  {name.lower(): value for name, value in self.headers.items()}, self.body())
                with recorder.lock:
                    recorder.requests.append(request)
                status, headers, body = recorder.answer(request)
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
                self.send_header("Content-Length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = respond

            def body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                text = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    text += self.rfile.read(size)
                    self.rfile.readline()
                while self.rfile.readline().strip():
                    pass
                return text

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a client that left
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        self.url = f"http://{self.address}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def take(self):
        """The requests since the last time."""
        with self.lock:
            taken, self.requests = self.requests, []
        return taken

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def without_chunks(body):
    """The content of an aws-chunked body."""
    content = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            break
        content, body = content + body[:length], body[length + 2:]
    return content


class Behind:
    """Answers with what the embedded services say to the same request: made path-style and signed with their keys."""

    PASSED_ON = ("content-type", "if-none-match", "range", "x-amz-target", "x-amz-checksum-mode", "x-amz-checksum-crc32")

    def __init__(self, server):
        self.server = server
        self.pool = urllib3.PoolManager(retries=False)
        self.keys = botocore.credentials.Credentials(server.access_key, server.secret_key)

    def __call__(self, request):
        service = request.authorization["Credential"][3]
        target, bucket = request.target, request.host.partition(".s3.")[0]
        if service == "s3" and ".s3." in request.host:
            target = f"/{bucket}{target}"
        body = request.body
        if request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            body = without_chunks(body)
        headers = {name: value for name, value in request.headers.items() if name in self.PASSED_ON}
        onward = botocore.awsrequest.AWSRequest(method=request.method, url=self.server.aws + target, data=body,
                                                headers=headers)
        if service == "s3":
            botocore.auth.S3SigV4Auth(self.keys, "s3", "us-east-1").add_auth(onward)
        else:
            botocore.auth.SigV4Auth(self.keys, service, "us-east-1").add_auth(onward)
        answer = self.pool.request(request.method, self.server.aws + target, body=body, headers=dict(onward.headers),
                                   decode_content=False)
        return answer.status, dict(answer.headers), answer.data


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
