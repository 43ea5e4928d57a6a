#!/usr/bin/env python3
"""Copse against others on the same bytes in memory: ns a point and the ratio of medians, each side asked in turn.

tools/bench.sh builds and fetches what this needs, and calls it.

A worker is a process that loads files once and answers requests, a line each, words separated by tabs:
    VERB FILE SELECTION REPEATS [FORM]   ->  "NANOSECONDS POINTS"   processor time of a run, the mean of REPEATS; one thread
    checksum                             ->  CRC-32 of what the latest request made
The sides of a question are asked in turn (ours, theirs, ours, theirs, ...), so that whatever else the machine does hits all of them
alike. After the last round their checksums are compared: a side that did other work than ours ends the run.
"""
import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys

from inputs import Maker
from results import facts, output_of, replace_section

HERE = pathlib.Path(__file__).resolve().parent
ROUND_SECONDS = 0.04  # what one answer should at least take; short work is repeated


@dataclasses.dataclass
class Side:
    name: str
    worker: str
    verb: str
    form: str = ""


@dataclasses.dataclass
class Question:
    row: int
    title: str
    input: str  # a method of inputs.Maker
    sides: list  # ours first
    selection: str = "all"


COPSE = Side("copse", "copse", "decode")
RIVALS = [Side("laz-rs", "laz-rs", "decode"), Side("laz-rs of PyPI", "lazrs", "decode"), Side("LASzip", "laszip", "decode")]
DECODERS = [COPSE, *RIVALS]
CHUNK_AFTER_CHUNK = Side("copse, chunk after chunk", "copse", "each")
# What the rivals make are LAS records: this is what users of our columns pay who want those too.
INTO_RECORDS = Side("copse, then into LAS records", "copse", "records")
ENCODERS = [dataclasses.replace(side, verb="encode") for side in DECODERS] + [Side("copse, out of LAS records", "copse", "pack")]
IN_NODE = [Side("copse, WASM SIMD", "node", "copse"), Side("laz-perf", "node", "laz-perf")]

QUESTIONS = [
    Question(1, "PDRF 6, all fields, many chunks", "pdrf6",
             [*DECODERS, Side("copse, AVX2", "copse", "decode", "avx2"), CHUNK_AFTER_CHUNK, INTO_RECORDS]),
    Question(2, "PDRF 7, all fields, many chunks", "pdrf7", [*DECODERS, CHUNK_AFTER_CHUNK, INTO_RECORDS]),
    Question(3, "PDRF 6, X Y Z only, many chunks", "pdrf6", DECODERS, "xyz"),
    Question(4, "PDRF 6, all fields, one chunk", "pdrf6_chunk", DECODERS),
    Question(4, "PDRF 7, all fields, one chunk", "pdrf7_chunk", DECODERS),
    Question(5, "PDRF 6, all fields, many chunks, 128-bit vectors", "pdrf6", [dataclasses.replace(COPSE, form="simd128"), *RIVALS]),
    Question(6, "PDRF 1, point-wise", "pdrf1", [*DECODERS, INTO_RECORDS]),
    Question(6, "PDRF 3, point-wise", "pdrf3", [*DECODERS, INTO_RECORDS]),
    Question(7, "encode PDRF 6", "pdrf6", ENCODERS),
    Question(7, "encode PDRF 7", "pdrf7", ENCODERS),
    Question(8, "WASM, PDRF 6, all fields, one chunk", "pdrf6_chunk", IN_NODE),
    Question(8, "WASM, PDRF 7, all fields, one chunk", "pdrf7_chunk", IN_NODE),
    # laz-perf has no selective reading: it decodes all fields for this one too.
    Question(8, "WASM, PDRF 6, X Y Z only, one chunk", "pdrf6_chunk", IN_NODE, "xyz"),
    Question(8, "WASM, PDRF 7, X Y Z only, one chunk", "pdrf7_chunk", IN_NODE, "xyz"),
    Question(9, "time window of 1 % of the points, all fields", "survey",
             [Side("copse query", "query", "query"), Side("candidate chunks decoded whole", "query", "whole"),
              Side("the same, chunk after chunk", "query", "each")], "0.01"),
]


class Worker:
    def __init__(self, command):
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        print(*words, sep="\t", file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().split()
        if not answer:
            sys.exit(f"error: {self.process.args[0]} died over: {' '.join(map(str, words))}")
        return answer


class Workers:
    """Started when first asked for."""

    def __init__(self, options):
        python = options.venv / "bin/python"
        self.commands = {
            "copse": [options.build / "bench/codec_worker"],
            "query": [options.build / "bench/query_worker"],
            "laz-rs": [HERE / "rivals/rust/target/release/copse-bench-rival"],
            "lazrs": [python, HERE / "rivals/python_worker.py", "lazrs"],
            "laszip": [python, HERE / "rivals/python_worker.py", "laszip"],
            "node": ["node", HERE / "wasm/worker.mjs", options.build / "wasm/copse.wasm", options.node],
        }
        self.running = {}

    def missing(self, name):
        """Whether a program was not built: setup leaves out Rust's where Rust is too old."""
        program = self.commands[name][0]
        return isinstance(program, pathlib.Path) and not program.exists()

    def get(self, name):
        if name not in self.running:
            self.running[name] = Worker(self.commands[name])
        return self.running[name]


class Race:
    """One question, asked of all its sides in turn."""

    def __init__(self, question, path, workers):
        self.question, self.path, self.workers = question, path, workers
        forms = ["", *workers.get("copse").ask("forms")]
        self.sides = [side for side in question.sides if side.form in forms and not workers.missing(side.worker)]
        self.samples = [[] for _ in self.sides]
        self.points = 0

    def ask(self, side, repeats):
        """Seconds of one run."""
        words = [side.verb, self.path, self.question.selection, repeats] + [side.form] * bool(side.form)
        nanoseconds, points = self.workers.get(side.worker).ask(*words)
        self.points = int(points)
        return float(nanoseconds) * 1e-9

    def run(self, rounds):
        # The first answers warm caches and say how often a run is to be repeated.
        repeats = [1 + int(ROUND_SECONDS / self.ask(side, 1)) for side in self.sides]
        for _ in range(rounds):
            for side, repeat, samples in zip(self.sides, repeats, self.samples):
                samples.append(self.ask(side, repeat) / self.points * 1e9)
        self.compare_work()

    def compare_work(self):
        sums = {}
        for side in self.sides:
            self.ask(side, 1)
            sums[side.name] = self.workers.get(side.worker).ask("checksum")[0]
        if len(set(sums.values())) != 1:
            sys.exit(f"error: {self.question.title}: the sides made different points: {sums}")

    def results(self, label):
        ours = statistics.median(self.samples[0])
        for side, samples in zip(self.sides, self.samples):
            low, _, high = statistics.quantiles([a / b for a, b in zip(samples, self.samples[0])], n=4)
            median = statistics.median(samples)
            yield {"row": self.question.row, "question": self.question.title, "input": label, "side": side.name, "ns_per_point": median,
                   "ratio": median / ours, "quartiles": [low, high], "rounds": len(samples)}


HEADER = ("row", "question", "who", "ns a point", "ratio", "middle half", "rounds")


def cells(result, is_first):
    is_ours = result["ratio"] == 1 and is_first
    low, high = result["quartiles"]
    return (str(result["row"]) if is_first else "", f"{result['question']}: {result['input']}" if is_first else "", result["side"],
            f"{result['ns_per_point']:.1f}", "1" if is_ours else f"{result['ratio']:.2f}", "" if is_ours else f"{low:.2f} to {high:.2f}",
            str(result["rounds"]))


def print_results(results):
    print(f"\n{results[0]['row']}  {results[0]['question']}: {results[0]['input']}")
    for i, result in enumerate(results):
        _, _, who, nanoseconds, ratio, half, rounds = cells(result, i == 0)
        print(f"   {who:32} {nanoseconds:>8} ns a point   {ratio:>6}   {half:14} {rounds} rounds", flush=True)


def rival_versions(options, workers):
    packages = json.loads(output_of(options.venv / "bin/pip", "list", "--format=json", "--disable-pip-version-check"))
    pypi = {package["name"]: package["version"] for package in packages}
    with open(options.node / "node_modules/laz-perf/package.json") as file:
        laz_perf = json.load(file)["version"]
    with open(HERE / "rivals/rust/Cargo.toml") as file:
        crate = next(line.split('"')[1].lstrip("=") for line in file if line.startswith("laz ="))
    rust = "not built" if workers.missing("laz-rs") else output_of("rustc", "--version").strip()
    return (f"laz-rs {crate} (crate `laz`, {rust}), laz-rs of PyPI (`lazrs` {pypi['lazrs']}), LASzip (PyPI `laszip` {pypi['laszip']}), "
            f"laz-perf (npm {laz_perf}, node {output_of('node', '--version').strip()})")


def markdown(groups, options, workers):
    known = {**facts(options.compiler), "our decoder": f"form {workers.get('copse').ask('forms')[-1]} where no other is named",
             "rivals": rival_versions(options, workers)}
    lines = ["# Results of `make bench`", "", "Written by `tools/bench.sh`. Processor time of one thread, the same bytes in memory, the sides asked in",
             "turn, their results compared. `ratio` is a side's median time divided by ours, `middle half` the quartiles of that quotient over the rounds.",
             "Ours are columns, the rivals' are LAS records.", ""]
    lines += [f"- {name}: {fact}" for name, fact in known.items()]
    lines += ["", "| " + " | ".join(HEADER) + " |", "|---|---|---|--:|--:|---|--:|"]
    for group in groups:
        lines += ["| " + " | ".join(cells(result, i == 0)) + " |" for i, result in enumerate(group)]
    return "\n".join(lines) + "\n"


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for folder in ("build", "inputs", "shared", "venv", "node"):
        parser.add_argument(f"--{folder}", type=lambda path: pathlib.Path(path).absolute(), required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--rows", default="", help="numbers, e.g. 1,3; all if empty")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--markdown", type=pathlib.Path, help="file for the table")
    return parser.parse_args()


def main():
    options = parse_options()
    rows = {int(row) for row in options.rows.split(",")} if options.rows else {question.row for question in QUESTIONS}
    workers, maker = Workers(options), Maker(options.build, options.inputs, options.shared)
    groups = []
    for question in QUESTIONS:
        if question.row not in rows:
            continue
        source = maker.get(question.input)
        race = Race(question, source.path, workers)
        race.run(options.rounds)
        groups.append(list(race.results(source.label)))
        print_results(groups[-1])
    if options.markdown:
        replace_section(options.markdown, markdown(groups, options, workers))


main()
