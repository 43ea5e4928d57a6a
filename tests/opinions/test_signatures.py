"""What botocore, which Amazon's own tools sign with, says about our requests to S3: where an object is, and the signature.

A server on this machine notes requests and knows no object. botocore never sees our code, nor we its: it signs the same request, at the
same second, and fetches the same object from the same server.
"""
import datetime
import http.server
import os
import threading

import pytest
from conftest import copse

botocore_auth = pytest.importorskip("botocore.auth", reason="missing tool: botocore")
import botocore.awsrequest  # noqa: E402
import botocore.config  # noqa: E402
import botocore.credentials  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402

ACCESS, SECRET, REGION, BUCKET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "surveys"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQD+a/b=="
KEYS = ["plain.copc.laz", "folder/of folders/a  b.copc.laz", "a=b/c=d&e=f.copc.laz", "a+b+~c.copc.laz", "grün/点群/🌍.copc.laz",
        "100%/a%2Fb%20c", "q?x=1&y#z", "quoted'\"`(and)[more]{kinds}|of<them>^", "$dollar,comma;semi:colon@at!*", "back\\slash",
        "two//slashes/", "dot/./and/../dots", "...", "tab\tand\x7f"]


class Notes(http.server.ThreadingHTTPServer):
    """Answers 404 and keeps what it was sent: (target, headers)."""

    daemon_threads = True

    def __init__(self):
        self.requests = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        # As it came: http.server's `path` is tidied up.
        self.server.requests.append((self.requestline.split(" ")[1], dict(self.headers.items())))
        body = b"<Error><Code>NoSuchKey</Code></Error>"
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def server_of_module():
    with Notes() as notes:
        threading.Thread(target=notes.serve_forever, daemon=True).start()
        yield notes
        notes.shutdown()


@pytest.fixture
def server(server_of_module):
    server_of_module.requests.clear()
    return server_of_module


def request_of_ours(server, key, *options, **variables):
    """The first request that Copse makes for an object: (target, headers with names in lower case)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    environment |= {"HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": REGION,
                    "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET} | variables
    done = copse("info", f"s3://{BUCKET}/{key}", *options, check=False, env=environment)
    said = done.stderr.decode()
    if "without libcurl" in said:
        pytest.skip("missing tool: libcurl, this program was built without")
    assert done.returncode == 3 and "no such object" in said, said
    target, headers = server.requests[0]
    return target, {name.lower(): value for name, value in headers.items()}


def authorization_of_botocore(monkeypatch, server, target, headers, token=None, signed=()):
    """The header that botocore makes for a request to `target` at the time of ours, with these headers of ours."""
    at = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    monkeypatch.setattr(botocore_auth, "get_current_datetime", lambda *_, **__: at)
    request = botocore.awsrequest.AWSRequest("GET", server.endpoint + target,
                                             headers={name: headers[name] for name in ("host", "range", *signed)})
    botocore_auth.S3SigV4Auth(botocore.credentials.Credentials(ACCESS, SECRET, token), "s3", REGION).add_auth(request)
    return request.headers["Authorization"]


def target_of_botocore(server, key):
    """The target of the request that botocore itself makes."""
    server.requests.clear()
    config = botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, proxies={})
    client = botocore.session.get_session().create_client("s3", region_name=REGION, endpoint_url=server.endpoint, config=config,
                                                          aws_access_key_id=ACCESS, aws_secret_access_key=SECRET)
    with pytest.raises(botocore.exceptions.ClientError):
        client.get_object(Bucket=BUCKET, Key=key, Range="bytes=0-9")
    return server.requests[0][0]


@pytest.mark.parametrize("key", KEYS)
def test_objects_are_where_botocore_looks_and_signatures_are_its(monkeypatch, server, key):
    target, headers = request_of_ours(server, key)
    assert headers["authorization"] == authorization_of_botocore(monkeypatch, server, target, headers)
    monkeypatch.undo()
    assert target == target_of_botocore(server, key)


def test_session_tokens_are_signed_as_botocore_signs_them(monkeypatch, server):
    target, headers = request_of_ours(server, KEYS[1], AWS_SESSION_TOKEN=TOKEN)
    assert headers["x-amz-security-token"] == TOKEN
    assert headers["authorization"] == authorization_of_botocore(monkeypatch, server, target, headers, TOKEN)


def test_a_payer_and_headers_of_ones_own_are_signed_as_botocore_signs_them(monkeypatch, server):
    own = "x-amz-meta-why", "x-amz-expected-bucket-owner"
    target, headers = request_of_ours(server, KEYS[0], "--header", "X-Amz-Meta-Why:  a   b ", "--header", f"{own[1]}: 111122223333",
                                      "--header", "X-Other: 1", AWS_REQUEST_PAYER="requester", AWS_SESSION_TOKEN=TOKEN)
    assert headers["x-amz-request-payer"] == "requester" and headers["x-other"] == "1"
    assert headers["authorization"] == authorization_of_botocore(monkeypatch, server, target, headers, TOKEN, ("x-amz-request-payer", *own))
    assert "x-other" not in headers["authorization"]


def test_a_wrong_secret_would_be_noticed(monkeypatch, server):
    target, headers = request_of_ours(server, KEYS[0], AWS_SECRET_ACCESS_KEY=SECRET[:-1] + "Z")
    assert headers["authorization"] != authorization_of_botocore(monkeypatch, server, target, headers)
