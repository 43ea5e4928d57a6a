"""What is asked for: as many requests and bytes as --stats says, few trips, no chunk in vain; and the answers are those from the disk."""
import json
import re

import pytest
from conftest import query, run
from copc_layout import Layout, overlap
from servers import FAR, DelayingProxy, least, trips

ROUND_TRIP = 2 * FAR
START = 12 << 10  # the first request
PROTOCOLS = ("HTTP/1.1", "HTTP/2.0")


def source(nginx, protocol, name, proxy=None):
    """URL and environment."""
    if protocol == "HTTP/1.1":
        return nginx.url(name, proxy and proxy.port), {}
    return nginx.secure_url(name, proxy and proxy.port), {"CURL_CA_BUNDLE": nginx.ca}


def server_port(nginx, protocol):
    return nginx.http if protocol == "HTTP/1.1" else nginx.https


def bytes_of(log):
    return sum(logged.body_bytes for logged in log)


QUESTIONS = {
    "a box and a time": lambda survey: survey.question,
    "a box": lambda survey: [survey.box],
    "a time, counted": lambda survey: [survey.time, "--count"],
    "levels": lambda survey: ["--level", "2"],
    "everything": lambda survey: [],
    "nothing": lambda survey: ["--bounds=0,0,1,1"],
    "without the index": lambda survey: [*survey.question, "--no-index"],
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_statistics_are_what_the_server_saw(nginx, survey, protocol, question):
    options = QUESTIONS[question](survey)
    url, environment = source(nginx, protocol, survey.path.name)
    done = query(url, *options, "--stats", "--json", **environment)
    stats = done.stats
    log = nginx.log(stats["requests"])
    assert (stats["requests"], stats["bytes"]) == (len(log), bytes_of(log))
    assert {logged.protocol for logged in log} == {protocol}
    assert {logged.status for logged in log} == {206}
    assert {logged.method for logged in log} == {"GET"}, "the size comes with the first range"
    assert all(re.fullmatch(r"bytes=\d+-\d+", logged.range) for logged in log), "one range each, none from the end"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_those_from_the_disk(nginx, survey, protocol, question):
    options = QUESTIONS[question](survey)
    url, environment = source(nginx, protocol, survey.path.name)
    assert query(url, *options, **environment).out == query(survey.path, *options).out


def test_a_file_made_from_the_web_is_the_one_made_from_the_disk(nginx, survey, tmp_path):
    for name in ("a.laz", "a.las", "a.copc.laz"):
        far, near = tmp_path / f"far-{name}", tmp_path / f"near-{name}"
        query(nginx.url(survey.path.name), survey.box, "-o", far)
        query(survey.path, survey.box, "-o", near)
        assert far.read_bytes() == near.read_bytes()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_opening_takes_two_trips_and_little(nginx, survey, protocol):
    def trips_of_opening():
        nginx.forget()
        query(url, "--bounds=0,0,1,1", "--count", **environment)
        log = nginx.log(1)
        assert log[0].range == f"bytes=0-{START - 1}"
        assert bytes_of(log) <= 128 << 10
        assert not any(Layout(survey.path).is_chunk(logged) for logged in log)
        return trips(log, ROUND_TRIP, PROTOCOLS.index(protocol) + 1)

    with DelayingProxy(server_port(nginx, protocol), FAR) as proxy:
        url, environment = source(nginx, protocol, survey.path.name, proxy)
        assert least(5, 2, trips_of_opening) == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_chunks_of_a_box_and_a_time_come_within_two_trips_after_opening(nginx, survey, protocol):
    layout = Layout(survey.path)

    def trips_until_chunks():
        nginx.forget()
        query(url, *survey.question, **environment)
        log = nginx.log(1)
        first_chunk = next(logged for logged in log if layout.is_chunk(logged))
        before = [logged for logged in log if logged.begin <= first_chunk.begin]
        return trips(before, ROUND_TRIP, PROTOCOLS.index(protocol) + 1)

    with DelayingProxy(server_port(nginx, protocol), FAR) as proxy:
        url, environment = source(nginx, protocol, survey.path.name, proxy)
        assert least(5, 4, trips_until_chunks) <= 4


def numbers(option):
    return tuple(map(float, re.split("[,/]", option.split("=")[1])))


@pytest.mark.parametrize("question", ["a box and a time", "a box", "everything"])
def test_chunks_that_match_are_fetched_once_and_others_only_to_bridge(nginx, survey, question):
    layout = Layout(survey.path)
    options = QUESTIONS[question](survey)
    area = numbers(survey.box) if survey.box in options else None
    window = numbers(survey.time) if survey.time in options else None
    stats = query(nginx.url(survey.path.name), *options, "--stats", "--json").stats
    log = nginx.log(stats["requests"])
    wanted = layout.wanted(area, window)
    assert stats["chunks_decoded"] <= len(wanted)
    ranges = sorted((logged.first, logged.last + 1) for logged in log if layout.is_chunk(logged))
    assert all(a[1] <= b[0] for a, b in zip(ranges, ranges[1:])), "bytes were fetched twice"
    with_start = [(0, START), *ranges]
    for node in wanted:
        assert overlap(with_start, node.offset, node.end) >= node.size, f"{node} was not fetched"
    wanted_bytes = sum(node.size for node in wanted)
    of_wanted = sum(overlap(ranges, node.offset, node.end) for node in wanted)
    bridged = sum(end - begin for begin, end in ranges) - of_wanted
    assert bridged <= 0.08 * wanted_bytes
    assert len(ranges) < len(wanted), "neighbours share a request"


def test_explaining_fetches_no_chunk(nginx, survey):
    layout = Layout(survey.path)
    query(nginx.url(survey.path.name), survey.box, survey.time, "--explain")
    log = nginx.log(1)
    assert not any(layout.is_chunk(logged) for logged in log)


@pytest.mark.parametrize("verb", ["info", "validate"])
def test_other_verbs_say_of_a_url_what_they_say_of_the_file(nginx, survey, verb):
    near = json.loads(run(verb, "--json", survey.path).out)
    far = json.loads(run(verb, "--json", nginx.url(survey.path.name)).out)
    assert near.pop("file") != far.pop("file")
    assert near == far


def test_headers_of_the_command_line_go_with_each_request(nginx, survey):
    query(nginx.url(survey.path.name), survey.box, "--count", "--header", "X-Copse-Test: a b", "--header", "Authorization: Bearer abc")
    log = nginx.log(1)
    assert {(logged.sent["x_copse_test"], logged.sent["authorization"]) for logged in log} == {("a b", "Bearer abc")}
    assert {logged.sent["accept_encoding"] for logged in log} == {"identity"}


def test_names_in_urls_may_be_encoded_and_have_a_query(nginx, survey):
    name = "a b+c=é.copc.laz"
    (survey.folder / name).symlink_to(survey.path)
    url = nginx.url(name)
    assert query(url + "?token=abc%2F%3D&x", *survey.question).out == survey.answer()
    assert {logged.path.partition("?")[2] for logged in nginx.log(1)} == {"token=abc%2F%3D&x"}


def test_a_certificate_nobody_vouches_for_is_refused(nginx, survey):
    done = query(nginx.secure_url(survey.path.name), "--count", status=3)
    assert re.match(r"copse: https://127\.0\.0\.1:\d+/survey\.copc\.laz: .*certificate", done.first_line)


def test_proxies_of_the_environment_are_asked_except_for_hosts_left_out(faults, nginx, survey):
    through = f"http://127.0.0.1:{faults.server_address[1]}"
    answer = query("http://nowhere.invalid/none/survey.copc.laz", *survey.question, http_proxy=through)
    assert answer.out == survey.answer()
    assert all(seen.path.startswith("http://nowhere.invalid/") for seen in faults.seen)
    faults.forget()
    assert query(nginx.url(survey.path.name), *survey.question, http_proxy=through, NO_PROXY="127.0.0.1").out == survey.answer()
    assert not faults.seen
