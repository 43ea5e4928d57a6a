#!/usr/bin/env python3
"""test_asio_query.py PROGRAM FILE EXPECTED: asks a range server for all points of FILE, whole and misbehaving."""
import contextlib
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM, FILE, EXPECTED = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
EVERYTHING = ["-1e9,-1e9,1e9,1e9", "0", "1e12"]


@contextlib.contextmanager
def server(*options):
    command = [sys.executable, HERE / "range_server.py", FILE.parent, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        yield process.stdout.readline().strip()
        process.terminate()


def ask(port, name=FILE.name):
    return subprocess.run([PROGRAM, f"http://127.0.0.1:{port}/{name}", *EVERYTHING],
                          capture_output=True, text=True, timeout=120)


class AsioQuery(unittest.TestCase):
    def test_finds_what_the_blocking_example_finds(self):
        for options in ([], ["--delay", "0.02"]):
            with server(*options) as port:
                answer = ask(port)
            self.assertEqual(answer.stderr.count("waited for"), 1, answer.stderr)
            self.assertEqual((answer.returncode, answer.stdout.strip()), (0, EXPECTED))

    def fails(self, sentence, *options, name=FILE.name):
        with server(*options) as port:
            answer = ask(port, name)
        self.assertEqual((answer.returncode, answer.stdout), (1, ""))
        self.assertIn(sentence, answer.stderr)

    def test_refuses_a_server_that_ignores_ranges(self):
        self.fails("the server ignores range requests", "--ignore-ranges")

    def test_names_an_answer_that_breaks_off_wherever_it_does(self):
        for number in ("1", "2", "3"):
            self.fails("the server's answer breaks off", "--cut", number)

    def test_does_not_mix_two_files(self):
        self.fails("the file on the server was replaced", "--replace", "3")

    def test_names_a_refusal(self):
        self.fails("the server refuses the request", name="missing.copc.laz")

    def test_names_a_server_that_is_not_there(self):
        with server() as port:
            pass
        self.assertIn("the server cannot be reached", ask(port).stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
