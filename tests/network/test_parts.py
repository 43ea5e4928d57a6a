"""Long requests are used while they come: points are there before the rest of their request is."""
import json
import subprocess
import threading

import pytest
from conftest import COPSE, SECONDS, clean_environment, run
from faults import LONG

DEADLINE = 20  # seconds for the first points; less than the server would wait


class Running:
    """A run of Copse whose standard output is read as it comes."""

    def __init__(self, *words):
        self.process = subprocess.Popen([str(COPSE), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
        self.out, self.lines = bytearray(), 0
        self.more = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while block := self.process.stdout.read1():
            with self.more:
                self.out += block
                self.lines += block.count(b"\n")
                self.more.notify()

    def has_lines(self, count, seconds):
        with self.more:
            return self.more.wait_for(lambda: self.lines >= count, seconds)

    def end(self):
        """The exit status, when all of the output has come."""
        self.reader.join(SECONDS)
        self.process.stderr.read()
        return self.process.wait(SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.end()


@pytest.fixture(scope="module")
def far_box(survey):
    """Of which no point lies in the first bytes of the file: they have come already when they are asked for."""
    facts = json.loads(run("info", "--json", survey.path).out)["bounds"]
    low, high = facts["min"], facts["max"]
    return f"--bounds={0.5 * (low[0] + high[0])},{low[1]},{high[0]},{high[1]}"


@pytest.mark.parametrize("place", ["a box far from the first bytes", "everything"])
@pytest.mark.parametrize("options", [[], ["--progress", "json"], ["--threads", "1"], ["--where", "Classification >= 0", "--no-index"], ["--cache", "{empty}"]],
                         ids=" ".join)
def test_points_are_printed_before_the_rest_of_their_request_has_come(faults, survey, far_box, tmp_path, options, place):
    options = [option.format(empty=tmp_path) for option in options]
    question = [*([far_box] if place != "everything" else []), "--fields", "X,Y,Z,GpsTime"]
    with Running("query", faults.url("rest-withheld", survey.path.name), *question, *options) as running:
        printed = running.has_lines(2, DEADLINE)  # the head and a point
        asked = [tuple(map(int, seen.range.removeprefix("bytes=").split("-"))) for seen in faults.seen]
        assert any(end - begin >= LONG for begin, end in asked), "nothing was withheld"
        assert printed, f"no point came before the rest of the long requests: {asked}"
        faults.give_rest.set()
        assert running.end() == 0
        assert running.out == survey.answer(question=question)
