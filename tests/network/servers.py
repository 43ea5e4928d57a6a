"""The servers that the network tests and the streaming benchmark ask: nginx, an S3 server that verifies signatures, and a proxy that is
far away. Standard library only. Each is started by `with`, ends with it, and is killed with the process that started it.
"""
import ctypes
import dataclasses
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
S3_SERVER = ROOT / ".tools/bin/s3s-fs"
EACH_WAY = 0.025  # seconds; 50 ms of round trip in all
FAR = 0.1  # where trips are counted on a machine that is busy with other things
SECONDS_TO_START = 20


class Missing(Exception):
    """A tool is not installed."""


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def find_tool(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if not path:
        raise Missing(name)
    return path


class Server:
    """A process in a folder of its own. `wait_for` and `stop` are all that it knows."""
    host = "127.0.0.1"

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="copse-network-"))
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command, **keywords):
        self.log_file = open(self.folder / "output.txt", "wb")
        keywords = {"stdout": self.log_file, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL} | keywords
        self.process = subprocess.Popen(list(map(str, command)), preexec_fn=_die_with_parent, **keywords)

    def wait_for(self, *ports):
        until = time.monotonic() + SECONDS_TO_START
        for port in ports:
            while True:
                with socket.socket() as trying:
                    trying.settimeout(1)
                    if trying.connect_ex((self.host, port)) == 0:
                        break
                if self.process.poll() is not None or time.monotonic() > until:
                    said = (self.folder / "output.txt").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{self.process.args[0]} did not start: {said}")
                time.sleep(0.02)


@dataclasses.dataclass
class Logged:
    """A request as the server saw it."""
    begin: float  # seconds since the epoch
    end: float
    connected: float  # when the connection was there
    connection: str
    protocol: str
    method: str
    path: str
    range: str  # "bytes=0-99", or "-"
    status: int
    body_bytes: int
    all_bytes: int  # request, headers and body of the answer
    sent: dict  # headers of interest

    @property
    def first(self):
        return int(self.range.split("=")[1].split("-")[0])

    @property
    def last(self):
        return int(self.range.split("-")[1])

    @property
    def size(self):
        return self.last - self.first + 1


HEADERS = ("x_amz_request_payer", "x_amz_security_token", "authorization", "x_copse_test", "if_match", "if_range", "accept_encoding",
           "user_agent", "host")

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format full '$msec\\t$request_time\\t$connection_time\\t$connection\\t$server_protocol\\t$request_method\\t$request_uri'
                    '\\t$http_range\\t$status\\t$body_bytes_sent\\t$bytes_sent\\t$request_length{headers}';
    access_log {folder}/access.log full;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/octet-stream;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 100000;
    server {{
        listen {host}:{http};
        root {root};
    }}
    server {{
        listen {host}:{https} ssl http2;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        root {root};
    }}
    {more}
}}
"""

# In front of the S3 server: passes requests on as they are, Host included, and notes them.
IN_FRONT = """
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{to};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
"""


class Nginx(Server):
    """nginx over HTTP/1.1 and over HTTP/2 with TLS, a certificate for 127.0.0.1 and localhost by a CA of its own, and its log."""

    def __init__(self, root, in_front_of=None):
        super().__init__()
        self.root = root
        self.http, self.https = free_port(), free_port()
        self.front = free_port() if in_front_of else None
        self.in_front_of = in_front_of
        self.ca = self.folder / "ca.pem"

    def start(self):
        nginx = find_tool("nginx")
        make_certificates(self.folder)
        more = IN_FRONT.format(port=self.front, to=self.in_front_of) if self.front else ""
        headers = "".join(f"\\t$http_{name}" for name in HEADERS)
        text = NGINX.format(folder=self.folder, host=self.host, root=self.root, http=self.http, https=self.https, headers=headers, more=more)
        (self.folder / "nginx.conf").write_text(text)
        self.run(nginx, "-p", self.folder, "-c", self.folder / "nginx.conf")
        self.wait_for(self.http, self.https)

    def url(self, name, port=None):
        return f"http://{self.host}:{port or self.http}/{urllib.parse.quote(name)}"

    def secure_url(self, name, port=None):
        return f"https://{self.host}:{port or self.https}/{urllib.parse.quote(name)}"

    def forget(self):
        """Empties the log."""
        self.log()
        (self.folder / "access.log").write_text("")

    def log(self, at_least=0):
        """Every request that ended, in the order in which they began. nginx writes a line when it is done with the request, which may be
        after the client is."""
        until = time.monotonic() + 2
        size = -1
        while True:
            path = self.folder / "access.log"
            lines = path.read_text().splitlines() if path.exists() else []
            if len(lines) >= at_least and len(lines) == size or time.monotonic() > until:
                return sorted(map(parse_line, lines), key=lambda logged: logged.begin)
            size = len(lines)
            time.sleep(0.05)


def parse_line(line):
    end, took, age, connection, protocol, method, path, asked, status, body, answer, request, *sent = line.split("\t")
    return Logged(float(end) - float(took), float(end), float(end) - float(age), connection, protocol, method, path, asked, int(status), int(body),
                  int(answer) + int(request), dict(zip(HEADERS, sent)))


def make_certificates(folder):
    """A CA, and a server certificate by it: ca.pem, server.pem, server.key."""
    openssl = find_tool("openssl")

    def call(*arguments):
        subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    call("req", "-x509", *key, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", 2, "-subj", "/CN=Copse test CA")
    call("req", *key, "-keyout", folder / "server.key", "-out", folder / "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    call("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 2,
         "-extfile", folder / "names", "-out", folder / "server.pem")


class S3Server(Server):
    """s3s-fs over a folder: objects are files, buckets are folders. It verifies every signature, or, where it is open, asks for none."""
    ACCESS, SECRET = "COPSETESTACCESSKEY00", "copse/test+secret=key"
    REGION = "us-east-1"

    def __init__(self, is_open=False):
        super().__init__()
        self.is_open = is_open

    def start(self):
        if not S3_SERVER.exists():
            raise Missing("s3s-fs (S3 server)")
        self.port = free_port()
        objects = self.folder / "objects"
        objects.mkdir()
        keys = [] if self.is_open else ["--access-key", self.ACCESS, "--secret-key", self.SECRET]
        self.run(S3_SERVER, "--host", "127.0.0.1", "--port", self.port, *keys, objects)
        self.wait_for(self.port)


class DelayingProxy(Server):
    """Stands before a server on this machine as if it were 50 ms away (there and back)."""

    def __init__(self, to, each_way=EACH_WAY):
        super().__init__()
        self.to, self.each_way = to, each_way

    def start(self):
        self.run(sys.executable, HERE / "proxy.py", self.to, self.each_way, self.folder / "links.log", stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE, stderr=None)
        self.port = int(self.process.stdout.readline())

    def __exit__(self, *_):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
        super().__exit__()

    def links(self):
        """Connections that ended: (accepted at, bytes up, bytes down)."""
        lines = (self.folder / "links.log").read_text().splitlines()
        return [(float(at), int(up), int(down)) for at, up, down in (line.split("\t") for line in lines)]


def trips(requests, round_trip, set_up=1):
    """The longest chain of requests each of which came so late that the answer to the one before may have been at the client.

    As a server `round_trip` seconds away sees it: a request that waited for an answer arrives a round trip after the last byte of it
    left. Setting up connections is no trip: a request for which a connection was set up counts from when that began, `set_up` round
    trips before (1 for TCP, 2 with TLS 1.3). The log has milliseconds.
    """
    chain = []
    for asked, end in sorted((asked_at(logged, round_trip, set_up), logged.end) for logged in requests):
        before = [length for other_end, length in chain if other_end + round_trip - 0.002 <= asked]
        chain.append((end, 1 + max(before, default=0)))
    return max((length for _, length in chain), default=0)


def asked_at(logged, round_trip, set_up):
    """When it would have come over a connection that was there. The first request of a new one comes half a round trip after set-up."""
    waited = logged.begin - logged.connected
    return logged.begin - (set_up * round_trip if waited < (set_up + 0.8) * round_trip else 0)


def least(attempts, enough, count):
    """The least of some counts of trips, no more of them than needed. Waiting for the processor makes requests late, which looks like
    waiting for an answer; nothing makes a request that waits for an answer early."""
    counts = []
    while len(counts) < attempts and not (counts and min(counts) <= enough):
        counts.append(count())
    return min(counts)
