#!/usr/bin/env python3
"""Runs the commands of golden folders and compares what they print.

A folder holds `command`, shell lines run one after the other in an empty folder with `copse` on the PATH, and `expected.txt`, the transcript:
each line as `$ LINE`, then standard output and standard error as they came, then `[exit N]` unless it was 0. Lines that begin with #
are kept as they are. What changes from run to run (seconds, speeds, the commit) is replaced by a word. After an intended change:
tests/cli/run.py --program build/copse --update tests/cli/*/
"""
import argparse
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

SECONDS = 120

# What differs between two runs that do the same.
CHANGING = [
    (re.compile(r"\b\d+\.\d+ s \([\d.]+(?: [kMG])? points/s\) on \d+ threads?"), "TIME (SPEED) on THREADS"),
    (re.compile(r"^  memory   .*$", re.M), "  memory   PEAK at most, of LIMIT allowed"),
    (re.compile(r"^  stages   .*$", re.M), "  stages   TIMES"),
    (re.compile(r'("(?:memory_limit|peak_memory|threads)": )\d+'), r"\1NUMBER"),
    (re.compile(r'("seconds_per_stage": )\{[^}]*\}'), r"\1TIMES"),
    (re.compile(r'("(?:seconds(?:_left)?|points_per_second)": ?)(?:[\d.e+-]+|null)'), r"\1TIME"),
    (re.compile(r"^copse \d+\.\d+\.\d+ \([^,]*, \w+\)$", re.M), "copse VERSION (COMMIT, SIMD)"),
    (re.compile(r"^(CRS .*?) \(EPSG:\d+\)$", re.M), r"\1"),  # without PROJ the code is not known
    (re.compile(r"copse \d+\.\d+\.\d+"), "copse VERSION"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
]


def normalised(text):
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text


def run_line(line, folder, environment):
    """Output and exit status. A line that takes too long is ended with all that it started."""
    running = subprocess.Popen(["sh", "-c", line], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = running.communicate(timeout=SECONDS)
        status = running.returncode
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        output, _ = running.communicate()
        status = f"never: killed after {SECONDS} s"
    return output.decode("utf-8", "backslashreplace"), status


def transcript(case, program):
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        tools = pathlib.Path(folder, "bin")
        tools.mkdir()
        (tools / "copse").symlink_to(program)
        work = pathlib.Path(folder, "work")
        work.mkdir()
        environment = dict(os.environ, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8", TZ="UTC", CASE=str(case),
                           NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")  # servers of the stories' own
        for line in (case / "command").read_text().splitlines():
            if not line or line.startswith("#"):
                lines.append(line)
                continue
            output, status = run_line(line, work, environment)
            lines.append(f"$ {line}")
            lines += output.removesuffix("\n").split("\n") if output else []
            if status != 0:
                lines.append(f"[exit {status}]")
    return normalised("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--update", action="store_true", help="write expected.txt anew")
    parser.add_argument("cases", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    wrong = 0
    for case in arguments.cases:
        case = case.resolve()
        got = transcript(case, arguments.program.resolve())
        expected = case / "expected.txt"
        if arguments.update:
            expected.write_text(got)
            continue
        want = expected.read_text() if expected.exists() else ""
        if got != want:
            wrong += 1
            sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), str(expected), "this run"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
