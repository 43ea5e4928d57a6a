"""s3:// against a server that verifies signatures (test_servers.py proves that it does)."""
import re
import urllib.parse

import pytest
import sigv4
from conftest import query, start
from servers import Nginx, S3Server

BUCKET, OPEN_BUCKET = "surveys", "open-surveys"
KEYS = ["plain.copc.laz", "folder/of folders/a b.copc.laz", "a=b/c=d.copc.laz", "a+b+.copc.laz", "grün/点群.copc.laz", "a%2Fb%20.copc.laz",
        "a&b;c,d$e@f!g'(h)*~.copc.laz", "q?x=1#y.copc.laz", "colon:at@.copc.laz"]


def encoded(key):
    return urllib.parse.quote(key, safe="/-_.~")


def url_of(bucket, key):
    """Keys are written as they are; only what would end them is encoded."""
    return f"s3://{bucket}/{key}"


class Bucket:
    """Of one server, with nginx in between, which notes headers and passes requests on as they are."""

    def __init__(self, server, survey, name, keys):
        self.server = server
        body = survey.path.read_bytes()
        assert self.put(f"/{name}", b"") == 200
        for key in keys:
            assert self.put(f"/{name}/{encoded(key)}", body) == 200, key
        self.nginx = start(Nginx(survey.folder, in_front_of=server.port))

    def put(self, path, body):
        keys = () if self.server.is_open else (self.server.ACCESS, self.server.SECRET)
        return sigv4.request("PUT", self.server.port, path, *keys, body=body)[0]

    def environment(self, **more):
        return {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.nginx.front}", "AWS_ACCESS_KEY_ID": self.server.ACCESS,
                "AWS_SECRET_ACCESS_KEY": self.server.SECRET, "AWS_REGION": self.server.REGION} | more


@pytest.fixture(scope="module")
def bucket_of_module(s3_server, survey):
    filled = Bucket(s3_server, survey, BUCKET, KEYS)
    yield filled
    filled.nginx.__exit__()


@pytest.fixture
def bucket(bucket_of_module):
    bucket_of_module.nginx.forget()
    return bucket_of_module


@pytest.fixture
def open_bucket(survey):
    server = start(S3Server(is_open=True))
    filled = Bucket(server, survey, OPEN_BUCKET, KEYS[:1])
    yield filled
    filled.nginx.__exit__()
    server.__exit__()


def without(environment, *names):
    return {name: value for name, value in environment.items() if name not in names}


@pytest.mark.parametrize("key", [key for key in KEYS if not re.search("[?#%]", key)])
def test_keys_of_all_kinds_are_signed_rightly(bucket, survey, key):
    assert query(url_of(BUCKET, key), *survey.question, **bucket.environment()).out == survey.answer()
    log = bucket.nginx.log(1)
    assert {logged.status for logged in log} == {206}
    assert all("AWS4-HMAC-SHA256" in logged.sent["authorization"] for logged in log)
    assert {urllib.parse.unquote(logged.path) for logged in log} == {f"/{BUCKET}/{key}"}, "path style at an endpoint of one's own"


def test_statistics_are_what_the_server_saw(bucket, survey):
    stats = query(url_of(BUCKET, KEYS[0]), *survey.question, "--stats", "--json", **bucket.environment()).stats
    log = bucket.nginx.log(stats["requests"])
    assert (stats["requests"], stats["bytes"]) == (len(log), sum(logged.body_bytes for logged in log))


def test_a_session_token_is_sent_and_signed(bucket, survey):
    query(url_of(BUCKET, KEYS[0]), "--count", **bucket.environment(AWS_SESSION_TOKEN="token/with+signs=="), status=None)
    log = bucket.nginx.log(1)
    assert {logged.sent["x_amz_security_token"] for logged in log} == {"token/with+signs=="}
    assert all("x-amz-security-token" in logged.sent["authorization"].split("SignedHeaders=")[1] for logged in log)
    # The server knows no such token; a wrong signature is what it must not find.
    assert not {logged.status for logged in log} & {403} or len(log) == 1


def test_requester_pays_is_said_and_signed(bucket, survey):
    environment = bucket.environment(AWS_REQUEST_PAYER="requester")
    assert query(url_of(BUCKET, KEYS[0]), *survey.question, **environment).out == survey.answer()
    log = bucket.nginx.log(1)
    assert {logged.sent["x_amz_request_payer"] for logged in log} == {"requester"}
    assert all("x-amz-request-payer" in logged.sent["authorization"].split("SignedHeaders=")[1] for logged in log)


def test_without_credentials_nothing_is_signed(bucket, open_bucket, survey):
    def nobody_at(there):
        return without(there.environment(), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    assert query(url_of(OPEN_BUCKET, KEYS[0]), *survey.question, **nobody_at(open_bucket)).out == survey.answer()
    assert {logged.sent["authorization"] for logged in open_bucket.nginx.log(1)} == {"-"}
    done = query(url_of(BUCKET, KEYS[0]), "--count", status=3, **nobody_at(bucket))
    assert {logged.sent["authorization"] for logged in bucket.nginx.log(1)} == {"-"}
    assert re.match(rf"copse: s3://{BUCKET}/{KEYS[0]}: .*(403|credential|denied|forbid)", done.first_line, re.IGNORECASE), done.err


@pytest.mark.parametrize("wrong", [{"AWS_SECRET_ACCESS_KEY": "not/the+secret="}, {"AWS_ACCESS_KEY_ID": "NOTTHEKEY"}])
def test_wrong_credentials_are_named_and_not_shown(bucket, wrong):
    done = query(url_of(BUCKET, KEYS[0]), "--count", "--verbose", status=3, **bucket.environment(**wrong))
    line = next(line for line in done.err.splitlines() if line.startswith("copse: s3://"))
    assert re.search("40[34]|credential|denied|signature|forbid|key", line.split(".copc.laz")[1], re.IGNORECASE), line
    for secret in (bucket.server.SECRET, "not/the+secret=", "Signature="):
        assert secret not in done.said


def test_a_profile_of_the_credentials_file_is_used(bucket, survey, tmp_path):
    file = tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id = NO\naws_secret_access_key = NO\n\n[survey team]\n# a comment\n"
                    f"aws_access_key_id={bucket.server.ACCESS}\naws_secret_access_key = {bucket.server.SECRET}\n")
    environment = without(bucket.environment(), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environment |= {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "survey team"}
    assert query(url_of(BUCKET, KEYS[0]), *survey.question, **environment).out == survey.answer()


def test_requests_are_signed_for_the_region_that_is_told(bucket):
    """This server takes every region in whose name the signature is right."""
    query(url_of(BUCKET, KEYS[0]), "--count", **bucket.environment(AWS_REGION="eu-north-1"))
    scopes = [logged.sent["authorization"].split("Credential=")[1].split(",")[0].split("/") for logged in bucket.nginx.log(1)]
    assert {(access, *rest) for access, _day, *rest in scopes} == {(bucket.server.ACCESS, "eu-north-1", "s3", "aws4_request")}


@pytest.mark.parametrize("name", [f"s3://{BUCKET}/no such key.copc.laz", "s3://no-such-bucket/plain.copc.laz"])
def test_what_is_not_there_is_named(bucket, name):
    done = query(name, "--count", status=3, **bucket.environment())
    assert re.match(r"copse: s3://.*: .*(404|not found|no such|not there)", done.first_line, re.IGNORECASE), done.err


@pytest.mark.parametrize("name", ["s3://", "s3://bucket", "s3://bucket/", "s3:///key"])
def test_half_a_name_is_refused(bucket, name):
    done = query(name, "--count", status=None, **bucket.environment())
    assert done.status in (2, 3) and done.first_line.startswith("copse: "), done.said
    assert bucket.nginx.log() == []
