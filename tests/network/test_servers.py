"""The servers themselves: what the other tests rely on."""
import http.client
import ssl
import time
import urllib.request

import sigv4
from servers import EACH_WAY, FAR, DelayingProxy, least, trips

ROUND_TRIP = 2 * EACH_WAY


def test_the_s3_server_accepts_a_right_signature_and_no_other(s3_server):
    port, access, secret = s3_server.port, s3_server.ACCESS, s3_server.SECRET
    body = b"0123456789"
    assert sigv4.request("PUT", port, "/signatures", access, secret)[0] == 200
    assert sigv4.request("PUT", port, "/signatures/a%20b%2Bc%3D%C3%A9", access, secret, body=body)[0] == 200
    assert sigv4.request("GET", port, "/signatures/a%20b%2Bc%3D%C3%A9", access, secret) == (200, body)

    def without_last_digit(headers):
        return headers | {"authorization": headers["authorization"][:-1] + ("0" if headers["authorization"][-1] != "0" else "1")}

    def of_another_day(headers):
        return headers | {"x-amz-date": "20200101T000000Z"}

    def with_a_header_changed(headers):
        return headers | {"x-amz-request-payer": "somebody"}

    def of_another_region(headers):
        return headers | {"authorization": headers["authorization"].replace("/us-east-1/", "/eu-north-1/")}

    path = "/signatures/a%20b%2Bc%3D%C3%A9"
    refused = {
        "a digit of the signature": sigv4.request("GET", port, path, access, secret, tamper=without_last_digit),
        "the secret": sigv4.request("GET", port, path, access, secret + "x"),
        "the access key": sigv4.request("GET", port, path, access + "X", secret),
        "the region": sigv4.request("GET", port, path, access, secret, tamper=of_another_region),
        "the date": sigv4.request("GET", port, path, access, secret, tamper=of_another_day),
        "a signed header": sigv4.request("GET", port, path, access, secret, headers={"x-amz-request-payer": "requester"},
                                         tamper=with_a_header_changed),
        "no signature": sigv4.request("GET", port, path),
    }
    assert all(400 <= status < 500 and body not in content for status, content in refused.values()), refused
    codes = {what: content.decode().split("<Code>")[1].split("<")[0] for what, (_, content) in refused.items()}
    for what in ("a digit of the signature", "the secret", "the region", "a signed header"):
        assert codes[what] == "SignatureDoesNotMatch", codes


def test_nginx_notes_ranges_protocol_and_bytes(nginx, survey):
    request = urllib.request.Request(nginx.url("survey.copc.laz"), headers={"Range": "bytes=10-109"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 206 and len(answer.read()) == 100
    context = ssl.create_default_context(cafile=nginx.ca)
    with urllib.request.urlopen(nginx.secure_url("survey.copc.laz"), context=context) as answer:
        assert answer.read() == survey.path.read_bytes()
    first, second = nginx.log(2)
    assert (first.range, first.status, first.body_bytes, first.protocol) == ("bytes=10-109", 206, 100, "HTTP/1.1")
    assert (second.range, second.status, second.body_bytes) == ("-", 200, survey.path.stat().st_size)


def test_the_proxy_takes_a_round_trip_for_a_connection_and_one_for_each_answer(nginx):
    with DelayingProxy(nginx.http) as proxy:
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port)
        took = []
        for _ in range(3):
            connection.request("GET", "/survey.copc.laz", headers={"Range": "bytes=0-9"})
            assert len(connection.getresponse().read()) == 10
            took.append(time.monotonic() - started)
        connection.close()
    # A busy machine is later than that, never earlier.
    assert all(seconds >= (2 + number) * ROUND_TRIP for number, seconds in enumerate(took)), took
    assert trips(nginx.log(3), ROUND_TRIP) == 3


def test_requests_that_were_sent_together_are_one_trip(nginx):
    def trips_of_two_rounds():
        nginx.forget()
        connections = [http.client.HTTPConnection("127.0.0.1", proxy.port) for _ in range(4)]
        for _ in range(2):
            for connection in connections:
                connection.request("GET", "/survey.copc.laz", headers={"Range": "bytes=0-9"})
            for connection in connections:
                assert len(connection.getresponse().read()) == 10
        for connection in connections:
            connection.close()
        return trips(nginx.log(8), 2 * FAR)

    with DelayingProxy(nginx.http, FAR) as proxy:
        assert least(5, 2, trips_of_two_rounds) == 2
