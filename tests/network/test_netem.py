"""The same answers where packets are delayed, not bytes: servers in a network namespace 50 ms away. Reported beside the delaying proxy,
which is the gate; left out where the rights for it are missing."""
import subprocess
import time

import pytest
from conftest import COPSE, clean_environment, start
from far import FarNetwork, FarNginx, NotHere


@pytest.fixture
def far():
    network = FarNetwork()
    try:
        start(network)
    except NotHere as why:
        pytest.skip(f"not on this machine: {why}")
    yield network
    network.__exit__()


def test_a_question_to_a_far_network(far, survey, capsys):
    server = start(FarNginx(far, survey.folder))
    try:
        begun = time.monotonic()
        done = subprocess.run([str(COPSE), "query", server.url(survey.path.name), *survey.question, "--quiet"], capture_output=True,
                              env=clean_environment())
        took = time.monotonic() - begun
        assert done.stdout == survey.answer(), done.stderr
        assert took >= 4 * 2 * far.each_way, "a connection and three trips"
        with capsys.disabled():
            print(f"{far.by}, 50 ms: {took:.2f} s, {len(server.log(1))} requests")
    finally:
        server.__exit__()
