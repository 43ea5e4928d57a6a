#!/usr/bin/env python3
"""Damages files and looks at what a program makes of them.

Of each file: N copies cut at a random place, N with one random byte changed, M with 200 random bytes changed. On each,
`validate --deep`, `info` and `query --count` must exit with 0 or 1 within the time and memory limits: no crash, no hang.
With --laspy, a copy that validates is also read with LASzip, and both programs must see the same points.

The damage is a function of seed, file name, kind and number alone, so a case can be made again:

    tests/tools/damage.py build/copse ../shared/data/*.laz
    tests/tools/damage.py build/copse simple.copc.laz --only byte:17 --keep /tmp/cases
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading

VERBS = {
    "validate": ["validate", "--deep"],
    "info": ["info"],
    "count": ["query", "--count"],
}
BURST_BYTES = 200

# Runs in the interpreter given by --laspy, in a process of its own: a damaged file may crash or stall the codec.
READ_POINTS = """
import hashlib, sys
import laspy, numpy
with laspy.open(sys.argv[1], laz_backend=laspy.LazBackend.Laszip) as reader:
    declared = reader.header.point_count
    records = reader.read_points(declared).array
if len(records) != declared:
    sys.exit('fewer points than declared')
rows = numpy.frombuffer(records.tobytes(), dtype=numpy.dtype((numpy.void, records.dtype.itemsize)))
print(len(rows), records.dtype.itemsize, hashlib.sha256(numpy.sort(rows).tobytes()).hexdigest())
"""


@dataclasses.dataclass(frozen=True)
class Case:
    """One damaged copy of one file."""

    path: pathlib.Path
    kind: str
    number: int

    @property
    def label(self):
        return f"{self.kind}:{self.number}"

    def make(self, seed):
        """The bytes of the copy."""
        data = bytearray(self.path.read_bytes())
        chance = random.Random(f"{seed}/{self.path.name}/{self.kind}/{self.number}")
        if self.kind == "cut":
            return bytes(data[: chance.randrange(len(data))])
        count = {"whole": 0, "byte": 1, "burst": BURST_BYTES}[self.kind]
        for _ in range(count):
            data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        return bytes(data)


@dataclasses.dataclass(frozen=True)
class Run:
    """How one process ended."""

    exit: int  # negative: the signal that ended it
    timed_out: bool
    seconds: float
    megabytes: float
    output: str
    errors: str

    def complaint(self, limits):
        """What is wrong with it, or None."""
        if self.timed_out:
            return f"still running after {limits.timeout:g} s"
        if self.exit < 0:
            return f"ended by {signal.Signals(-self.exit).name}"
        if self.exit not in (0, 1):
            return f"exit {self.exit}: {self.errors.strip()[:200]}"
        if self.megabytes > limits.memory:
            return f"{self.megabytes:.0f} MB resident"
        return None


def run(command, timeout):
    """Runs a command to its end or the time limit. Memory is the peak resident size of that process alone."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        late = threading.Event()

        def stop():
            late.set()
            os.kill(process.pid, signal.SIGKILL)  # not reaped yet: the id is still its own

        timer = threading.Timer(timeout, stop)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read(100_000).decode(errors="replace"))
    return Run(
        exit=process.returncode,
        timed_out=late.is_set(),
        seconds=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss / 1024,
        output=texts[0],
        errors=texts[1],
    )


@dataclasses.dataclass
class Outcome:
    """What a case came to."""

    case: Case
    exits: dict = dataclasses.field(default_factory=dict)
    failures: list = dataclasses.field(default_factory=list)
    checks: int = 0
    seconds: float = 0
    megabytes: float = 0
    compared: bool = False

    def add(self, what, complaint):
        self.checks += 1
        if complaint:
            self.failures.append(f"{what}: {complaint}")


def compare_with_laszip(args, copy, folder, outcome):
    """Both programs read the same bytes: the same points, where LASzip reads them at all."""
    theirs = run([args.laspy, "-c", READ_POINTS, str(copy)], args.laspy_timeout)
    if theirs.exit != 0:
        return
    answer = folder / "answer.las"
    query = run([args.program, "query", str(copy), "-o", str(answer)], args.timeout)
    if query.exit != 0:
        outcome.add("query -o", f"exit {query.exit} after validate passed: {query.errors.strip()[:200]}")
        return
    ours = run([args.laspy, "-c", READ_POINTS, str(answer)], args.laspy_timeout)
    outcome.compared = True
    same = ours.exit == 0 and ours.output == theirs.output
    outcome.add("points", None if same else f"LASzip reads {theirs.output.strip()}, copse {ours.output.strip() or ours.errors.strip()[-200:]}")


def judge(args, case):
    """Makes one damaged copy and runs every verb on it."""
    outcome = Outcome(case)
    with tempfile.TemporaryDirectory(prefix="damage-") as name:
        folder = pathlib.Path(name)
        copy = folder / case.path.name
        copy.write_bytes(case.make(args.seed))
        for verb, words in VERBS.items():
            result = run([args.program, words[0], str(copy), *words[1:]], args.timeout)
            outcome.exits[verb] = result.exit
            outcome.seconds = max(outcome.seconds, result.seconds)
            outcome.megabytes = max(outcome.megabytes, result.megabytes)
            outcome.add(verb, result.complaint(args))
        if args.laspy and outcome.exits["validate"] == 0:
            compare_with_laszip(args, copy, folder, outcome)
        if args.keep and (outcome.failures or args.only):
            args.keep.mkdir(parents=True, exist_ok=True)
            kept = args.keep / f"{case.label.replace(':', '-')}-{case.path.name}"
            kept.write_bytes(copy.read_bytes())
    return outcome


def cases_of(args, path):
    kinds = {"whole": 1, "cut": args.cuts, "byte": args.bytes, "burst": args.bursts}
    cases = [Case(path, kind, number) for kind, count in kinds.items() for number in range(count)]
    return [case for case in cases if not args.only or case.label in args.only]


def print_table(path, outcomes):
    for kind in ("whole", "cut", "byte", "burst"):
        rows = [outcome for outcome in outcomes if outcome.case.kind == kind]
        if not rows:
            continue
        passed = sum(outcome.exits["validate"] == 0 for outcome in rows)
        print(
            f"{path.name[:44]:44} {kind:6} {len(rows):5} {passed:6} {len(rows) - passed:6}"
            f" {sum(o.compared for o in rows):8} {max(o.seconds for o in rows):8.2f}"
            f" {max(o.megabytes for o in rows):7.0f} {sum(len(o.failures) for o in rows):7}",
            flush=True,
        )


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="path of copse")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--cuts", type=int, default=200, help="copies cut at a random place (default 200)")
    parser.add_argument("--bytes", type=int, default=200, help="copies with one byte changed (default 200)")
    parser.add_argument("--bursts", type=int, default=50, help="copies with 200 bytes changed (default 50)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--timeout", type=float, default=10, help="seconds (default 10)")
    parser.add_argument("--memory", type=float, default=1000, help="MB resident (default 1000)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", nargs="+", metavar="KIND:N", help="these cases only, e.g. cut:3")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep the copies of failed cases")
    parser.add_argument("--laspy", metavar="PYTHON", help="an interpreter with laspy and laszip, as second opinion")
    parser.add_argument("--laspy-timeout", type=float, default=60)
    args = parser.parse_args()
    for path in args.files:
        if not path.is_file() or path.stat().st_size == 0:
            parser.error(f"{path} is not a file with content")
    return args


def main():
    args = parse_arguments()
    print(f"{'file':44} {'damage':6} {'cases':>5} {'exit 0':>6} {'exit 1':>6} {'compared':>8} {'max s':>8} {'max MB':>7} {'failed':>7}")
    passed = failed = 0
    complaints = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for path in args.files:
            outcomes = list(pool.map(lambda case: judge(args, case), cases_of(args, path)))
            print_table(path, outcomes)
            for outcome in outcomes:
                failed += len(outcome.failures)
                passed += outcome.checks - len(outcome.failures)
                complaints += [f"{path.name} {outcome.case.label} {text}" for text in outcome.failures]
    for complaint in complaints:
        print(f"FAILED {complaint}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
