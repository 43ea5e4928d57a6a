"""Servers that misbehave: the answer is right, or a named error within the deadline; and no message shows a secret."""
import json
import re
import time

import pytest
from conftest import query
from faults import STALL, FaultServer

SECRET = "0123456789abcdefSIGNATURE"
SIGNED = f"?X-Amz-Signature={SECRET}&sig={SECRET}%3D"
QUICK = ["--timeout", "3", "--retries", "2"]
# Much less than the server stalls for, much more than a busy machine needs on top of the deadline.
WITHIN = 20
assert WITHIN < STALL

# The fault is passing, or none that matters.
MENDED = ["none", "truncated-once", "reset-once", "hang-up-once", "busy-then-fine", "busy-date-then-fine", "too-many-then-fine",
          "broken-then-fine", "weak-etag-change", "no-etag", "redirect", "redirect-for-good"]

# fault: what the message must say of it
NAMED = {
    "no-ranges": "ignores range requests",
    "no-ranges-later": "ignores range requests",
    "truncated": "few|short|broke|incomplete|truncated|less",
    "short-silently": "few|short|length|less",
    "reset": "broke|reset|connection",
    "hang-up": "broke|reset|connection|answer",
    "busy": "503|busy|unavailable|overload",
    "forbidden": "403|forbid|denied|refuse",
    "forbidden-later": "expired",
    "unauthorized": "401|credential|authori",
    "not-found": "404|not found|no such|not there",
    "gone-later": "404|not found|no such|not there|gone",
    "etag-change": "changed",
    "modified-change": "changed",
    "size-change": "changed",
    "stall": "time",
    "silence": "time",
    "drip": "time",
    "wrong-range": "range",
    "nonsense-range": "range",
    "gzip": "ncod|compress",
    "unsatisfied": "416|range",
    "redirect-round": "redirect",
    "redirect-to-file": "redirect",
    "none-such": "404|not found|no such|not there",
}

# Either is fine; silence about it is not.
EITHER = ["short", "longer", "longer-silently", "no-content-range", "unknown-size", "stall-once"]


def assert_named(done, pattern):
    assert done.status == 3, done.said
    assert re.match(r"copse: http://[\w.]+:\d+/[\w-]+/survey\.copc\.laz\S*: \S", done.first_line), done.err
    assert re.search(pattern, done.first_line.split(".copc.laz", 1)[1], re.IGNORECASE), done.err
    assert SECRET not in done.said


@pytest.mark.parametrize("fault", MENDED)
def test_passing_faults_do_not_show(faults, survey, fault):
    done = query(faults.url(fault, survey.path.name) + SIGNED, *survey.question, "--timeout", "20", "--retries", "4")
    assert done.out == survey.answer()
    assert SECRET not in done.err


@pytest.mark.parametrize("fault", NAMED)
def test_lasting_faults_are_named_within_the_deadline(faults, survey, fault, tmp_path):
    out = tmp_path / "answer.laz"
    begun = time.monotonic()
    done = query(faults.url(fault, survey.path.name) + SIGNED, *survey.question[:2], "-o", out, *QUICK, status=None)
    assert time.monotonic() - begun < WITHIN
    assert_named(done, NAMED[fault])
    assert list(tmp_path.iterdir()) == [], "half an answer was left behind"


@pytest.mark.parametrize("fault", EITHER)
def test_odd_answers_are_understood_or_refused(faults, survey, fault):
    begun = time.monotonic()
    done = query(faults.url(fault, survey.path.name) + SIGNED, *survey.question, *QUICK, status=None)
    assert time.monotonic() - begun < WITHIN
    if done.status == 0:
        assert done.out == survey.answer()
    else:
        assert_named(done, "range|few|more|short|long|time|broke")


def test_a_whole_small_file_is_taken_from_a_server_without_ranges(faults, survey):
    question = ["--fields", "X,Y,Z,GpsTime"]
    done = query(faults.url("no-ranges", survey.small.name), *question)
    assert done.out == survey.answer(survey.small, question)


def test_a_large_file_is_not_fetched_from_a_server_without_ranges(faults, survey):
    query(faults.url("no-ranges", survey.path.name), *QUICK, "--count", status=3)
    size = survey.path.stat().st_size
    assert size > 2_000_000
    assert sum(seen.sent for seen in faults.seen) < size / 2


@pytest.mark.parametrize("fault", ["forbidden", "not-found", "no-ranges", "gzip", "unauthorized"])
def test_refusals_that_stay_are_not_asked_again(faults, survey, fault):
    query(faults.url(fault, survey.path.name), "--count", "--retries", "4", status=3)
    assert len(faults.seen) == 1


def test_as_many_retries_as_said(faults, survey):
    query(faults.url("busy", survey.path.name), "--count", "--retries", "2", status=3)
    assert len(faults.seen) == 3
    faults.forget()
    query(faults.url("busy", survey.path.name), "--count", "--retries", "0", status=3)
    assert len(faults.seen) == 1


def test_retry_after_is_waited_for(faults, survey):
    query(faults.url("busy-then-fine", survey.path.name), *survey.question)
    first, second = (seen.at for seen in faults.seen[:2])
    assert second - first >= 0.99
    faults.forget()
    query(faults.url("busy-date-then-fine", survey.path.name), *survey.question)
    first, second = (seen.at for seen in faults.seen[:2])
    assert second - first >= 0.5  # a date has whole seconds


def test_an_hour_is_not_waited_for(faults, survey):
    begun = time.monotonic()
    done = query(faults.url("busy-for-an-hour", survey.path.name), "--count", *QUICK, status=3)
    assert time.monotonic() - begun < WITHIN
    assert re.search("503|busy|unavailable|overload", done.first_line)


def test_retries_wait_longer_each_time(faults, survey):
    query(faults.url("busy", survey.path.name), "--count", "--retries", "3", "--timeout", "60", status=3)
    at = [seen.at for seen in faults.seen]
    waits = [b - a for a, b in zip(at, at[1:])]
    assert len(waits) == 3 and waits[0] > 0.02 and waits[2] > waits[0], waits


def test_retries_count_as_requests(faults, survey):
    stats = query(faults.url("busy-then-fine", survey.path.name), survey.box, "--count", "--stats", "--json").stats
    assert stats["requests"] == len(faults.seen)


def test_a_page_for_people_is_no_point_cloud(faults, survey):
    done = query(faults.url("page", survey.path.name) + SIGNED, "--count", status=None)
    assert done.status in (1, 3) and done.first_line.startswith("copse: http://127.0.0.1:"), done.said
    assert SECRET not in done.said


def test_redirects_to_another_host_do_not_take_headers_along(survey):
    with FaultServer(survey.folder) as other, FaultServer(survey.folder, f"http://localhost:{other.server_address[1]}") as server:
        done = query(server.url("redirect-away", survey.path.name) + SIGNED, *survey.question, "--header", f"Authorization: Bearer {SECRET}",
                     "--header", f"X-Copse-Test: {SECRET}")
        assert done.out == survey.answer()
        assert all(SECRET in seen.headers["authorization"] for seen in server.seen)
        assert other.seen and not any(SECRET in value for seen in other.seen for value in seen.headers.values())
        assert not any(SECRET in seen.path for seen in other.seen)


def test_redirects_within_a_host_take_headers_along(faults, survey):
    done = query(faults.url("redirect", survey.path.name), *survey.question, "--header", "X-Copse-Test: yes")
    assert done.out == survey.answer()
    assert {seen.fault for seen in faults.seen} == {"redirect", "none"}
    assert all(seen.headers["x-copse-test"] == "yes" for seen in faults.seen)


def test_the_password_of_a_url_is_sent_as_such_and_never_shown(faults, survey):
    url = faults.url("none", survey.path.name, f"user:{SECRET}@127.0.0.1")
    assert query(url, *survey.question).out == survey.answer()
    assert all(seen.headers["authorization"].startswith("Basic ") for seen in faults.seen)
    bad = faults.url("not-found", survey.path.name, f"user:{SECRET}@127.0.0.1")
    for more in ([], ["--json"], ["--verbose"]):
        assert SECRET not in query(bad, "--count", *more, status=3).said


@pytest.mark.parametrize("options", [["--json"], ["--verbose"], ["--stats", "--json"], ["--explain"]])
@pytest.mark.parametrize("fault", ["none", "not-found", "etag-change"])
def test_signed_urls_are_not_shown_in_any_form_of_report(faults, survey, fault, options):
    done = query(faults.url(fault, survey.path.name) + SIGNED, survey.box, *(["--count"] if "--explain" not in options else []), *options, *QUICK,
                 status=None)
    assert SECRET not in done.said


def test_errors_are_objects_for_programs(faults, survey):
    done = query(faults.url("not-found", survey.path.name) + SIGNED, "--count", "--json", status=3)
    error = next(json.loads(text)["error"] for text in (done.err, done.out.decode(), *done.err.splitlines()) if text.startswith("{"))
    assert {"file", "offset", "rule", "code"} <= set(error)
    assert error["file"].startswith(faults.url("not-found", survey.path.name))


@pytest.mark.parametrize("url, pattern", [("http://127.0.0.1:1/x", "connect"), ("http://nowhere.invalid/x", "resolve|name|host"),
                                          ("http://", "address|URL|host"), ("https://127.0.0.1:1/x", "connect"),
                                          ("http://127.0.0.1:99999/x", "address|URL|port")])
def test_servers_that_are_not_there_are_named(survey, url, pattern):
    begun = time.monotonic()
    done = query(url, "--count", *QUICK, status=None)
    assert time.monotonic() - begun < WITHIN
    assert done.status in (2, 3) and done.first_line.startswith("copse: "), done.said
    assert re.search(pattern, done.first_line, re.IGNORECASE), done.err
