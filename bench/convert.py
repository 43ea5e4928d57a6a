#!/usr/bin/env python3
"""Copse's converter against copc_converter on made surveys, and against what its own codec takes alone.

tools/bench.sh --convert builds and fetches what this needs, and calls it. bench/README.md says what the parts are.
"""
import argparse
import dataclasses
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

from inputs import count
from measured import run
from results import facts, output_of, replace_section
from tables import Figure, Table, median_of, section

PASSES = 10
RIVAL = "copc_converter"
LAYERS = ("X, Y", "Z", "classification", "flags", "intensity", "scan angle", "user data", "point source", "GPS time", "RGB", "NIR")
MB = 1e6


@dataclasses.dataclass
class Survey:
    folder: pathlib.Path
    pdrf: int
    points: int

    @property
    def label(self):
        return f"{self.points / 1e6:g} M points, PDRF {self.pdrf}, {PASSES} passes"

    @property
    def files(self):
        return sorted(self.folder.glob("*.laz"))

    @property
    def bytes(self):
        return sum(path.stat().st_size for path in self.files)


@dataclasses.dataclass
class Floor:
    """Seconds of the codec alone."""
    decode: float
    encode: float
    decode_cpu: float
    encode_cpu: float

    @property
    def wall(self):
        return self.decode + self.encode

    @property
    def cpu(self):
        return self.decode_cpu + self.encode_cpu


class Bench:
    """The programs, the inputs, and what was found."""

    def __init__(self, options):
        self.options = options
        self.program = options.build / "copse"
        self.out = options.inputs / "converted"
        self.temp = options.inputs / "temp"
        for folder in (self.out, self.temp):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.tables, self.figures = [], []

    def survey(self, pdrf, points):
        """A made survey, once made and then kept."""
        folder = self.options.inputs / f"passes-{points}-pdrf{pdrf}"
        survey = Survey(folder, pdrf, points)
        if len(survey.files) != PASSES:
            print(f"making {survey.label}", flush=True)
            self.check(self.program, "synth", folder, "--points", points, "--passes", PASSES, "--pdrf", pdrf, "--overwrite", "--quiet")
        return survey

    @staticmethod
    def check(*command):
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit(f"error: {' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout[-2000:]}")
        return done.stdout

    def convert(self, inputs, out, *options, threads=None, **watch):
        """One run of ours; its report with it."""
        out.unlink(missing_ok=True)
        report = self.out / "report.json"
        done = run([self.program, "convert", *inputs, out, "--threads", threads or self.options.threads, "--quiet", "--report", report,
                    "--overwrite", *options], **watch)
        known = json.loads(report.read_text())
        done.temp = known.get("temp_bytes", 0)
        return done, known

    def convert_by_rival(self, survey, out, *options, **watch):
        out.unlink(missing_ok=True)
        return run([self.options.rival, survey.folder, out, "--temporal-index", 1000, "--temp-dir", self.temp, "--threads",
                    self.options.threads, "--progress", "plain", *options], **watch)

    def floor(self, survey, out):
        """What the codec alone takes to decode the inputs, and to encode what is in the output."""
        answer = self.check(self.options.build / "bench/codec_floor", self.options.threads, out, *survey.files).split()
        if not int(answer[4]) == int(answer[5]) == survey.points:
            sys.exit(f"error: {survey.points} points were made, {answer[4]} decoded, {answer[5]} are in {out}")
        return Floor(*map(float, answer[:4]))

    def quality(self, out, *inputs):
        command = [self.options.build / "bench/copc_quality", out, *inputs]
        return json.loads(self.check(*command))

    def show(self, table):
        print(table.text(), flush=True)
        self.tables.append(table)

    def figure(self, what, measured, needed, holds):
        self.figures.append(Figure(what, measured, needed, holds))
        print(f"   {'holds' if holds else 'SHORT'}: {what}: {measured}, needed {needed}", flush=True)


def spread_of(values):
    values = list(values)
    return f"{min(values):.2f} to {max(values):.2f}"


# ---- speed --------------------------------------------------------------------------------------------------------------


def speed(bench, pdrf):
    """Ours, the rival and the codec alone in turn; all have run once before."""
    survey = bench.survey(pdrf, bench.options.points)
    ours, theirs = bench.out / "ours.copc.laz", bench.out / "theirs.copc.laz"
    bench.convert([survey.folder], ours)
    temp = bench.convert_by_rival(survey, theirs, watch_folder=bench.temp).temp
    runs, rival_runs, floors = [], [], []
    for i in range(bench.options.rounds):
        runs.append(bench.convert([survey.folder], ours)[0])
        rival_runs.append(bench.convert_by_rival(survey, theirs))
        floors.append(bench.floor(survey, ours))
        print(f"   round {i + 1}: copse {runs[-1].wall:.2f} s, {RIVAL} {rival_runs[-1].wall:.2f} s, codec alone "
              f"{floors[-1].decode:.2f} + {floors[-1].encode:.2f} s", flush=True)

    table = Table(f"{survey.label}, {survey.bytes / survey.points:.2f} bytes a point", "who", "wall s", "CPU s", "M points/s", "peak MB",
                  "temp bytes a point", "output bytes a point")
    for who, taken, out, temporary in (("copse", runs, ours, median_of(r.temp for r in runs)), (RIVAL, rival_runs, theirs, temp)):
        wall = median_of(r.wall for r in taken)
        table.add(who, f"{wall:.2f}", f"{median_of(r.cpu for r in taken):.2f}", f"{survey.points / wall / 1e6:.2f}",
                  f"{max(r.peak for r in taken) / MB:.0f}", f"{temporary / survey.points:.1f}", f"{out.stat().st_size / survey.points:.3f}")
    for step in ("decode", "encode"):
        wall, cpu = (median_of(getattr(floor, step + kind) for floor in floors) for kind in ("", "_cpu"))
        table.add(f"codec alone, {step}", f"{wall:.2f}", f"{cpu:.2f}", f"{survey.points / wall / 1e6:.2f}", "", "", "")
    bench.show(table)

    ratios = [b.wall / a.wall for a, b in zip(runs, rival_runs)]
    shares = [floor.wall / r.wall for floor, r in zip(floors, runs)]
    cpu_share = median_of(floor.cpu / r.cpu for floor, r in zip(floors, runs))
    sizes = ours.stat().st_size / theirs.stat().st_size
    name = f"PDRF {pdrf}"
    bench.figure(f"{name}: times {RIVAL}'s speed", f"{median_of(ratios):.2f} ({spread_of(ratios)})", "3, wanted 5", median_of(ratios) >= 3)
    cpu = median_of(r.cpu for r in rival_runs) / median_of(r.cpu for r in runs)
    bench.figure(f"{name}: times less processor time than {RIVAL}", f"{cpu:.2f}", "more than 1", cpu > 1)
    bench.figure(f"{name}: the codec's share of the time", f"{median_of(shares):.0%} ({min(shares):.0%} to {max(shares):.0%})",
                 "50 %, wanted 65 %", median_of(shares) >= 0.5)
    bench.figure(f"{name}: the codec's share of the processor time", f"{cpu_share:.0%}", "50 %", cpu_share >= 0.5)
    bench.figure(f"{name}: size of the output against {RIVAL}'s", f"{sizes:.3f}", "1.00, wanted 0.95", sizes <= 1)


# ---- memory limits ------------------------------------------------------------------------------------------------------

LIMITS = {"1G": 10**9, "512M": 512 * 10**6}


def limits(bench, pdrf):
    """Twice the points in little memory: how fast against no limit, and never over."""
    survey = bench.survey(pdrf, 2 * bench.options.points)
    free = bench.out / "free.copc.laz"
    bench.convert([survey.folder], free)
    taken = {"none": []} | {limit: [] for limit in LIMITS}
    same = True
    for _ in range(bench.options.rounds):
        for limit in taken:
            out = free if limit == "none" else bench.out / f"limit-{limit}.copc.laz"
            options = [] if limit == "none" else ["--memory-limit", limit, "--temp-dir", bench.temp]
            taken[limit].append(bench.convert([survey.folder], out, *options, watch_memory=True)[0])
            latest = taken[limit][-1]
            print(f"   limit {limit}: {latest.wall:.2f} s, peak {latest.sampled_peak / MB:.0f} MB", flush=True)
            same = same and digest(out) == digest(free)
            if out != free:
                out.unlink()
    free.unlink()

    table = Table(f"{survey.label}, memory limits", "limit", "wall s", "CPU s", "M points/s", "peak MB", "temp bytes a point")
    for limit, runs in taken.items():
        wall = median_of(r.wall for r in runs)
        table.add(limit, f"{wall:.2f}", f"{median_of(r.cpu for r in runs):.2f}", f"{survey.points / wall / 1e6:.2f}",
                  f"{max(r.sampled_peak for r in runs) / MB:.0f}", f"{max(r.temp for r in runs) / survey.points:.1f}")
    bench.show(table)

    for limit, most in LIMITS.items():
        peak = max(max(r.peak, r.sampled_peak) for r in taken[limit])
        bench.figure(f"limit {limit}: most memory resident", f"{peak / MB:.0f} MB", f"{most / MB:.0f} MB", peak <= most)
        temp = max(r.temp for r in taken[limit]) / survey.points
        bench.figure(f"limit {limit}: temporary bytes a point", f"{temp:.1f}", "20, wanted 12", temp <= 20)
        ratio = median_of(a.wall / b.wall for a, b in zip(taken["none"], taken[limit]))
        needed = "80 %" if limit == "1G" else "works"
        bench.figure(f"limit {limit}: speed against no limit", f"{ratio:.0%}", needed, limit != "1G" or ratio >= 0.8)
    bench.figure("the same bytes with and without a limit", "yes" if same else "no", "yes", same)


# ---- the same bytes, every point once -----------------------------------------------------------------------------------


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sameness(bench, pdrf):
    """Threads and the order of the inputs do not show; what went in is what is in the output."""
    survey = bench.survey(pdrf, bench.options.points)
    out, other = bench.out / "ours.copc.laz", bench.out / "other.copc.laz"
    bench.convert([survey.folder], out)
    first = digest(out)
    files = survey.files
    limit = ["--memory-limit", "512M", "--temp-dir", bench.temp]
    ways = {"1 thread": (files, 1, []), "2 threads": (files, 2, []), "8 threads": (files, 8, []), "inputs backwards": (files[::-1], 2, []),
            "inputs turned round": (files[4:] + files[:4], 2, []), "8 threads, inputs backwards, limit 512M": (files[::-1], 8, limit)}
    different = []
    for name, (inputs, threads, options) in ways.items():
        bench.convert(inputs, other, *options, threads=threads)
        if digest(other) != first:
            different.append(name)
    other.unlink()
    bench.figure(f"PDRF {pdrf}: the same bytes from {', '.join(ways)}", "no: " + ", ".join(different) if different else "yes", "yes",
                 not different)
    compared = subprocess.run(list(map(str, [bench.program, "diff", survey.folder, out, "--quiet"])), stdout=subprocess.DEVNULL)
    bench.figure(f"PDRF {pdrf}: every point once (copse diff)", f"exit status {compared.returncode}", "0", compared.returncode == 0)


# ---- quality of the tree ------------------------------------------------------------------------------------------------


def failed_rules(bench, path):
    """What fails of `copse validate --deep`."""
    command = [bench.program, "validate", "--deep", "--json", "--quiet", path]
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [check["id"] for check in json.loads(done.stdout)["checks"] if check["status"] == "fail"]


def quality(bench, pdrf):
    """The trees, and how evenly each level's points are spread, against a selection that was made without src/build."""
    survey = bench.survey(pdrf, bench.options.points)
    ours, theirs = bench.out / "ours.copc.laz", bench.out / "theirs.copc.laz"
    bench.convert([survey.folder], ours)
    bench.convert_by_rival(survey, theirs)
    known = {"copse": bench.quality(ours), RIVAL: bench.quality(theirs)}
    failed = {"copse": failed_rules(bench, ours), RIVAL: failed_rules(bench, theirs)}
    nearest = bench.quality(ours, *survey.files)

    table = Table(f"{survey.label}, trees", "who", "nodes", "points a node", "largest leaf", "levels", "hierarchy pages", "nodes a page",
                  "bytes a point", "fails of validate --deep")
    for who, tree in known.items():
        table.add(who, f"{tree['nodes']:,}", f"{tree['points'] / tree['nodes']:,.0f}", f"{tree['largest_leaf']:,}", len(tree["levels"]),
                  tree["pages"], f"{tree['nodes'] / tree['pages']:.0f}", f"{tree['bytes'] / tree['points']:.3f}",
                  ", ".join(failed[who]) or "none")
    bench.show(table)
    show_layers(bench, survey, known)
    mean = known["copse"]["points"] / known["copse"]["nodes"]
    bench.figure(f"PDRF {pdrf}: points a node", f"{mean:,.0f}", "25,000", mean >= 25000)
    leaf = known["copse"]["largest_leaf"]
    bench.figure(f"PDRF {pdrf}: points of the largest leaf", f"{leaf:,}", "100,000", leaf <= 100000)
    show_spacing(bench, survey, known, nearest)
    bench.figure(f"PDRF {pdrf}: fails of copse validate --deep", ", ".join(failed["copse"]) or "none", "none", not failed["copse"])


def show_layers(bench, survey, known):
    layers = LAYERS[:len(known["copse"]["layers"])]
    table = Table(f"{survey.label}, bytes a point by layer", "who", *layers)
    for who, tree in known.items():
        table.add(who, *(f"{size / tree['points']:.3f}" for size in tree["layers"]))
    bench.show(table)


def show_spacing(bench, survey, known, nearest):
    sides = {"ours": known["copse"], "nearest": nearest, "rival": known[RIVAL]}
    table = Table(f"{survey.label}, metres to the nearest neighbour within a level, over nodes that have children", "level",
                  *(f"{who} {what}" for who in sides for what in ("points", "mean", "5 %", "CoV")))
    levels = [{level["level"]: level for level in side["levels"] if level["inner_points"]} for side in sides.values()]
    worst, worse_than_rival = 0.0, []
    for number in levels[0]:
        of_level = [side.get(number) for side in levels]
        table.add(number, *(cell for level in of_level for cell in spacing_cells(level)))
        worst = max(worst, of_level[0]["cov"] / of_level[1]["cov"])
        if of_level[2] and of_level[0]["cov"] > of_level[2]["cov"]:
            worse_than_rival.append(str(number))
    bench.show(table)
    name = f"PDRF {survey.pdrf}: coefficient of variation against"
    bench.figure(f"{name} brute force, worst level", f"{worst:.3f}", "1.05", worst <= 1.05)
    bench.figure(f"{name} {RIVAL}, levels where it is larger", ", ".join(worse_than_rival) or "none", "none", not worse_than_rival)


def spacing_cells(level):
    if not level:
        return [""] * 4
    return [f"{level['inner_points']:,}", f"{level['mean']:.3f}", f"{level['low']:.3f}", f"{level['cov']:.3f}"]


# ---- all of it ----------------------------------------------------------------------------------------------------------

PARTS = {"speed": speed, "limits": limits, "same": sameness, "quality": quality}


def markdown(bench):
    options = bench.options
    version = output_of(options.rival, "--version").split()[-1] if options.rival.exists() else "left out"
    known = {**facts(options.compiler), "rival": f"{RIVAL} {version} (crate, built for this processor), `--temporal-index 1000`",
             "threads": options.threads, "rounds": options.rounds}
    how = ["Written by `tools/bench.sh --convert`. Medians of wall-clock time; the sides run in turn,",
           "inputs in the page cache, output and temporary files on the same disk."]
    return section("bench-convert", how, known, bench.figures, bench.tables)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("build", "inputs", "rival"):
        parser.add_argument(f"--{name}", type=lambda path: pathlib.Path(path).absolute(), required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--parts", default=",".join(PARTS), help="of " + ", ".join(PARTS))
    parser.add_argument("--points", type=count, default="30M", help="of the surveys; the one for memory limits has twice as many")
    parser.add_argument("--pdrf", default="6,7")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--markdown", type=pathlib.Path, help="file for the results")
    options = parser.parse_args()
    options.parts, options.pdrf = options.parts.split(","), [int(word) for word in options.pdrf.split(",")]
    if not set(options.parts) <= set(PARTS):
        parser.error(f"--parts: {', '.join(sorted(set(options.parts) - set(PARTS)))}")
    return options


def main():
    bench = Bench(parse_options())
    if not bench.options.rival.exists() and {"speed", "quality"} & set(bench.options.parts):
        sys.exit(f"error: {bench.options.rival} is missing: tools/setup.sh bench-convert says why; without it: --parts limits,same")
    for name in bench.options.parts:
        # Memory limits have one answer, whatever the format.
        for pdrf in bench.options.pdrf[:1] if name == "limits" else bench.options.pdrf:
            PARTS[name](bench, pdrf)
    if bench.options.markdown:
        replace_section(bench.options.markdown, markdown(bench))
    shutil.rmtree(bench.out)
    shutil.rmtree(bench.temp)


main()
