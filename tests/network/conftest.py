"""Copse against servers on this machine: what it asks for, and what it makes of their faults. Run by tools/run_network.sh."""
import json
import os
import pathlib
import subprocess

import pytest
from faults import FaultServer
from servers import Missing, Nginx, S3Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COPSE = pathlib.Path(os.environ.get("COPSE", ROOT / "build" / "copse")).resolve()
SECONDS = 120  # for a run, however slow the machine is
POINTS = 600_000


class Done:
    """A run of Copse."""

    def __init__(self, done):
        self.status = done.returncode
        self.out, self.err = done.stdout, done.stderr.decode(errors="replace")

    @property
    def said(self):
        return self.out.decode(errors="replace") + self.err

    @property
    def first_line(self):
        return self.err.split("\n")[0]

    @property
    def stats(self):
        """The JSON object of --stats --json."""
        for text in (self.err, *self.err.splitlines(), self.out.decode(errors="replace"), *self.out.decode(errors="replace").splitlines()):
            try:
                known = json.loads(text)
            except ValueError:
                continue
            known = known.get("stats", known) if isinstance(known, dict) else {}
            if "requests" in known:
                return known
        raise AssertionError(f"no statistics in: {self.said[:2000]}")


def clean_environment(**more):
    """Nothing of the developer's: no credentials, no proxies."""
    kept = {name: value for name, value in os.environ.items()
            if not name.upper().startswith("AWS_") and not name.lower().endswith("_proxy")}
    return kept | {"HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"} | {name: str(value) for name, value in more.items()}


def run(*words, status=0, seconds=SECONDS, **environment):
    """Runs Copse and looks at the exit status, unless that is None."""
    command = [str(COPSE), *map(str, words)]
    done = Done(subprocess.run(command, capture_output=True, timeout=seconds, env=clean_environment(**environment)))
    assert status is None or done.status == status, f"{' '.join(command)}\nexit {done.status}, not {status}\n{done.said[-3000:]}"
    return done


def query(source, *options, **keywords):
    return run("query", source, *([] if "--verbose" in options else ["--quiet"]), *options, **keywords)


class Survey:
    """A made survey of five passes as COPC files, and questions to it with their answers from the disk."""

    def __init__(self, folder):
        self.folder = folder
        run("synth", folder / "passes", "--points", POINTS, "--passes", 5, "--pdrf", 7, "--seed", 11, "--quiet")
        self.path = folder / "survey.copc.laz"
        run("convert", folder / "passes", self.path, "--quiet", "--max-node-points", 20000)
        # Small enough that no reader minds all of it.
        run("synth", folder / "tiny", "--points", 400, "--passes", 1, "--seed", 12, "--quiet")
        self.small = folder / "small.copc.laz"
        run("convert", folder / "tiny", self.small, "--quiet")
        facts = json.loads(run("info", "--json", self.path).out)
        low, high = facts["bounds"]["min"], facts["bounds"]["max"]
        middle = [0.6 * a + 0.4 * b for a, b in zip(low, high)]  # no face of a node
        passes = json.loads(run("info", "--json", "--epochs", self.path).out)["epochs"]
        self.box = f"--bounds={low[0]},{low[1]},{middle[0]},{middle[1]}"
        self.time = f"--time={passes[1]['start']!r}/{passes[2]['end']!r}"
        self.question = [self.box, self.time, "--fields", "X,Y,Z,GpsTime,Red"]
        self.answers = {}

    def answer(self, path=None, question=None):
        """What the same file on the disk gives, as CSV."""
        key = path or self.path, tuple(question or self.question)
        if key not in self.answers:
            self.answers[key] = query(key[0], *key[1]).out
            assert self.answers[key].count(b"\n") > 50, "the question is dull"
        return self.answers[key]


def start(server):
    """A missing tool is a skipped test, counted by tools/run_network.sh."""
    try:
        return server.__enter__()
    except Missing as missing:
        pytest.skip(f"missing tool: {missing}")


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    if run("query", "http://127.0.0.1:1/x", "--quiet", status=None).said.find("without libcurl") >= 0:
        pytest.skip("missing tool: libcurl, this program was built without")
    folder = tmp_path_factory.mktemp("survey")
    return Survey(folder)


@pytest.fixture(scope="session")
def nginx_of_session(survey):
    server = start(Nginx(survey.folder))
    yield server
    server.__exit__()


@pytest.fixture
def nginx(nginx_of_session):
    nginx_of_session.forget()
    return nginx_of_session


@pytest.fixture
def faults(survey):
    with FaultServer(survey.folder) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server():
    server = start(S3Server())
    yield server
    server.__exit__()
