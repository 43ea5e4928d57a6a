#!/usr/bin/env python3
"""Questions to files on a web server 50 ms away: Copse against copc-streaming with copc-temporal, and what Copse fetches.

tools/bench.sh --stream builds and fetches what this needs, and calls it. bench/README.md says what the parts are.
"""
import argparse
import dataclasses
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

from inputs import count
from measured import run
from results import facts, replace_section
from tables import Figure, Table, median_of, section

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/network"))
from copc_layout import Layout, overlap  # noqa: E402
from far import FarNetwork, FarNginx, NotHere  # noqa: E402
from servers import EACH_WAY, DelayingProxy, Missing, Nginx, find_tool, trips  # noqa: E402

PASSES = 10
ROUND_TRIP = 2 * EACH_WAY
IN_FLIGHT = 16  # requests under way at a time, ours and theirs
RIVAL = "copc-streaming"
SIZES = ("under 10", "10 to 19", "20 and more")
MB = 1e6


@dataclasses.dataclass
class Question:
    area: tuple  # x0, y0, x1, y1
    window: tuple = None  # from, to

    def options(self):
        time_options = [f"--time={self.window[0]!r}/{self.window[1]!r}"] if self.window else []
        return [f"--bounds={','.join(map(repr, self.area))}", *time_options]


@dataclasses.dataclass
class Answer:
    """What one side found, and what it took as the server saw it."""
    points: int
    walls: list
    trips: int = 0
    requests: int = 0
    bytes: int = 0
    connections: int = 0
    complete_bytes: int = 0  # with every chunk that the index does not exclude, instead of those that were fetched
    all_bytes: int = 0  # of requests, and of headers and bodies of answers
    complete_all_bytes: int = 0


class Bench:
    def __init__(self, options):
        self.options = options
        self.program, self.rival = options.build / "copse", options.rival
        self.folder = options.inputs / "stream"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.paths = {"copse": self.folder / "copse.copc.laz", "copc_converter": self.folder / "copc_converter.copc.laz"}
        self.tables, self.figures, self.notes = [], [], []

    # ---- files ----------------------------------------------------------------------------------------------------------

    def make(self):
        """The survey, once made and then kept, as a file of each converter."""
        if not (self.options.keep and all(path.exists() for path in self.paths.values())):
            self.make_files()
        self.layouts = {name: Layout(path) for name, path in self.paths.items()}

    def make_files(self):
        survey = self.options.inputs / f"passes-{self.options.points}-pdrf6"
        if len(list(survey.glob("*.laz"))) != PASSES:
            print("making the survey", flush=True)
            self.check(self.program, "synth", survey, "--points", self.options.points, "--passes", PASSES, "--pdrf", 6, "--overwrite",
                       "--quiet")
        print("converting it", flush=True)
        self.check(self.program, "convert", survey, self.paths["copse"], "--overwrite", "--quiet")
        theirs = self.paths["copc_converter"]
        theirs.unlink(missing_ok=True)
        self.check(self.options.converter, survey, theirs, "--temporal-index", 1000, "--temp-dir", self.folder, "--progress", "plain")

    @staticmethod
    def check(*command):
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"error: {' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def timed(self, *command):
        start = time.monotonic()
        answer = self.check(*command)
        return time.monotonic() - start, json.loads(answer)

    # ---- questions ------------------------------------------------------------------------------------------------------

    def sample(self):
        """Points of the coarse levels: (x, y, time)."""
        text = self.check(self.program, "query", self.paths["copse"], "--level", 2, "--fields", "X,Y,GpsTime")
        return [tuple(map(float, line.split(","))) for line in text.splitlines()[1:]]

    def questions(self, count):
        """Boxes around points of the survey and windows around their times: half of them small."""
        points = self.sample()
        dice = random.Random(self.options.seed)
        made = []
        for number in range(count):
            x, y, at = dice.choice(points)
            edge, seconds = ((4, 25), (0.5, 4)) if number % 2 == 0 else ((25, 120), (2, 40))
            width, height = (math.exp(dice.uniform(*map(math.log, edge))) for _ in range(2))
            length = math.exp(dice.uniform(*map(math.log, seconds)))
            left, low, before = width * dice.random(), height * dice.random(), length * dice.random()
            made.append(Question(tuple(round(v, 3) for v in (x - left, y - low, x - left + width, y - low + height)),
                                 (at - before, at - before + length)))
        return made

    def true_count(self, name, question):
        """Every chunk that the box meets, decoded whole."""
        return int(self.check(self.program, "query", self.paths[name], *question.options(), "--no-index", "--count"))

    # ---- the two sides --------------------------------------------------------------------------------------------------

    def ask(self, url, question, *options):
        wall, answer = self.timed(self.program, "query", url, *question.options(), "--count", "--json", "--quiet", *options)
        return wall, answer["count"], {}

    def ask_rival(self, url, question, ca="-"):
        wall, answer = self.timed(self.rival, url, ca, IN_FLIGHT, *question.area, *question.window)
        return wall, answer["count"], answer

    # ---- results --------------------------------------------------------------------------------------------------------

    def show(self, table):
        print(table.text(), flush=True)
        self.tables.append(table)

    def note(self, what, measured):
        """A figure that nothing is asked of."""
        self.notes.append((what, measured))
        print(f"   beside: {what}: {measured}", flush=True)

    def figure(self, what, measured, needed, holds):
        self.figures.append(Figure(what, measured, needed, holds))
        print(f"   {'holds' if holds else 'SHORT'}: {what}: {measured}, needed {needed}", flush=True)


def dependent_trips(layout, log, set_up):
    """The longest chain of requests that waited for an answer. Chunks are one trip: where they lie is known at once, though not more than
    some of them are under way at a time."""
    chunks = [logged for logged in log if layout.is_chunk(logged)]
    if not chunks:
        return trips(log, ROUND_TRIP, set_up)
    first = min(chunks, key=lambda logged: logged.begin)
    return trips([logged for logged in log if logged is first or not layout.is_chunk(logged)], ROUND_TRIP, set_up)


def size_of(chunks):
    return SIZES[(chunks >= 10) + (chunks >= 20)]


def mean(values):
    values = list(values)
    return statistics.fmean(values) if values else math.nan


# ---- box x time against the rival ---------------------------------------------------------------------------------------


def rival(bench):
    """Each question to both sides in turn, round after round, over HTTP/1.1 and over HTTP/2."""
    questions = bench.questions(bench.options.questions)
    for name in bench.paths:
        truth = [bench.true_count(name, question) for question in questions]
        for protocol in bench.options.protocols:
            compare(bench, name, protocol, questions, truth)


def compare(bench, name, protocol, questions, truth):
    secure = protocol == "h2"
    path, layout = bench.paths[name], bench.layouts[name]
    answers = {"copse": [], RIVAL: []}
    with Nginx(path.parent) as nginx, DelayingProxy(nginx.https if secure else nginx.http) as proxy:
        url = (nginx.secure_url if secure else nginx.url)(path.name, proxy.port)
        os.environ["CURL_CA_BUNDLE"] = str(nginx.ca)
        sides = {"copse": lambda question: bench.ask(url, question),
                 RIVAL: lambda question: bench.ask_rival(url, question, nginx.ca if secure else "-")}
        for who, ask in sides.items():
            ask(questions[0])  # warm
        for number in range(bench.options.rounds):
            for at, question in enumerate(questions):
                for who, ask in sides.items():
                    if number == 0:
                        answers[who].append(first_answer(nginx, layout, 1 + secure, ask, question))
                    else:
                        answers[who][at].walls.append(ask(question)[0])
    chunks = [len(layout.wanted(question.area, question.window)) for question in questions]
    dump(bench, name, protocol, questions, truth, chunks, answers)
    report(bench, name, protocol, truth, chunks, answers)


def first_answer(nginx, layout, set_up, ask, question):
    """The answer with what the server's log says about it; trips by the side's own account, if it has one."""
    nginx.forget()
    wall, points, own = ask(question)
    log = nginx.log(1)
    size, whole = sum(logged.body_bytes for logged in log), sum(logged.all_bytes for logged in log)
    lacking = 0
    if own:
        lacking = sum(node.size for node in layout.wanted(question.area, question.window)) - own["chunk_bytes"]
    return Answer(points, [wall], own.get("trips") or dependent_trips(layout, log, set_up), len(log), size,
                  len({logged.connection for logged in log}), size + lacking, whole, whole + lacking)


def dump(bench, name, protocol, questions, truth, chunks, answers):
    """All that was found, to look at."""
    rows = [{"area": question.area, "window": question.window, "points": points, "chunks": count,
             **{who: dataclasses.asdict(given[at]) for who, given in answers.items()}}
            for at, (question, points, count) in enumerate(zip(questions, truth, chunks))]
    (bench.folder / f"answers-{name}-{protocol}.json").write_text(json.dumps(rows, indent=1))


def report(bench, name, protocol, truth, chunks, answers):
    title = f"file of {name}, {'HTTP/2 over TLS' if protocol == 'h2' else 'HTTP/1.1'}"
    sizes = [size_of(count) for count in chunks]
    ours, theirs = answers["copse"], answers[RIVAL]
    table = Table(f"{len(truth)} boxes × times, {title}", "chunks in the answer", "questions", "who", "trips", "requests", "MB", "connections",
                  "wall ms", "times less wall time", "answers that lost points", "of the points lost")
    ratios = [median_of(b.walls) / median_of(a.walls) for a, b in zip(ours, theirs)]
    for size in (*SIZES, "all"):
        rows = [i for i, of in enumerate(sizes) if size in (of, "all")]
        if not rows:
            continue
        for who, given in answers.items():
            lost = [truth[i] - given[i].points for i in rows]
            matched = sum(truth[i] for i in rows)
            table.add(size, len(rows), who, f"{mean(given[i].trips for i in rows):.1f} (most {max(given[i].trips for i in rows)})",
                      f"{mean(given[i].requests for i in rows):.1f}", f"{mean(given[i].bytes for i in rows) / MB:.2f}",
                      f"{mean(given[i].connections for i in rows):.1f}", f"{median_of(median_of(given[i].walls) for i in rows) * 1e3:.0f}",
                      f"{median_of(ratios[i] for i in rows):.2f}" if who == "copse" else "", sum(n > 0 for n in lost),
                      f"{sum(lost) / max(matched, 1):.1%}")
    bench.show(table)

    for size, needed in (("under 10", 2.2), ("20 and more", 3)):
        of_size = [ratio for ratio, of in zip(ratios, sizes) if of == size]
        if of_size:
            bench.figure(f"{title}: times less wall time, {size} chunks", f"{median_of(of_size):.2f} ({min(of_size):.2f} to {max(of_size):.2f})",
                         f"{needed}, wanted 5", median_of(of_size) >= needed)
            rows = [i for i, of in enumerate(sizes) if of == size]
            total = sum(median_of(theirs[i].walls) for i in rows) / sum(median_of(ours[i].walls) for i in rows)
            bench.note(f"{title}: times less wall time, {size} chunks, of all questions together", f"{total:.2f}")
    most = max(answer.trips for answer in ours)
    limit = 4 if name == "copse" else 9
    bench.figure(f"{title}: most trips that follow each other, opening included", f"{most} (mean {mean(a.trips for a in ours):.2f})",
                 f"{limit}" + (", wanted 3" if name == "copse" else ""), most <= limit)
    for what, key, its_key in (("as it is, points lost", "bytes", "bytes"),
                               ("with all chunks that its answers need", "bytes", "complete_bytes"),
                               ("the same with requests and headers of answers", "all_bytes", "complete_all_bytes")):
        more = sum(getattr(a, key) > getattr(b, its_key) for a, b in zip(ours, theirs))
        share = sum(getattr(a, key) for a in ours) / sum(getattr(b, its_key) for b in theirs)
        bench.figure(f"{title}: bytes against {RIVAL}'s, {what}", f"{share:.2%} (more in {more} questions)", "100 %", share <= 1)
    wrong = sum(answer.points != points for answer, points in zip(ours, truth))
    bench.figure(f"{title}: answers that are not exact", f"{wrong}", "0", wrong == 0)


def far(bench):
    """Some of the questions where packets are delayed, not bytes: reported beside the proxy, which knows neither slow start nor windows."""
    questions = bench.questions(bench.options.questions)[::5]
    table, by = None, ""
    for name, path in bench.paths.items():
        try:
            with FarNetwork() as network, FarNginx(network, path.parent) as nginx:
                by = network.by
                table = table or Table(f"{len(questions)} boxes × times over HTTP/1.1 through {by} with the same delay", "file", "who", "wall ms, under 10 chunks",
                                       "20 and more", "times less wall time, under 10 chunks", "20 and more")
                compare_far(bench, name, nginx.url(path.name), questions, table)
        except (NotHere, Missing) as why:
            print(f"   left out: {why}", flush=True)
            return
    bench.show(table)


def compare_far(bench, name, url, questions, table):
    sizes = [size_of(len(bench.layouts[name].wanted(question.area, question.window))) for question in questions]
    walls = {"copse": [[] for _ in questions], RIVAL: [[] for _ in questions]}
    for _ in range(bench.options.rounds):
        for at, question in enumerate(questions):
            walls["copse"][at].append(bench.ask(url, question)[0])
            walls[RIVAL][at].append(bench.ask_rival(url, question)[0])
    for who, times in walls.items():
        medians = list(map(median_of, times))
        of_size = {size: [i for i, of in enumerate(sizes) if of == size] for size in ("under 10", "20 and more")}
        ratios = [median_of(walls[RIVAL][i]) / medians[i] for i in range(len(questions))]
        table.add(name, who, *(f"{median_of(medians[i] for i in rows) * 1e3:.0f}" for rows in of_size.values()),
                  *(f"{median_of(ratios[i] for i in rows):.2f}" if who == "copse" else "" for rows in of_size.values()))


# ---- a tenth of the area ------------------------------------------------------------------------------------------------


def tenth(bench):
    """Requests and bridged bytes of boxes of a tenth of the area, from the server's log."""
    dice = random.Random(bench.options.seed + 1)
    name = "copse"
    layout = bench.layouts[name]
    rows = []
    with Nginx(bench.folder) as nginx:
        for _ in range(bench.options.places):
            area = tenth_of_area(layout, dice)
            wanted = layout.wanted(area)
            if not wanted:
                continue
            nginx.forget()
            bench.check(bench.program, "query", nginx.url(bench.paths[name].name), f"--bounds={','.join(map(repr, area))}", "--count",
                        "--quiet")
            rows.append(judged(layout, nginx.log(1), wanted))
    table = Table(f"boxes of a tenth of the area, mean of {len(rows)} places that hold points", "chunks", "requests for chunks",
                  "requests in all", "requests for chunks / chunks", "requests / chunks", "wanted MB", "bridged")
    means = {key: mean(row[key] for row in rows) for key in rows[0]}
    table.add(f"{means['chunks']:.1f}", f"{means['chunk_requests']:.1f}", f"{means['requests']:.1f}", f"{means['chunk_ratio']:.1%}",
              f"{means['ratio']:.1%}", f"{means['wanted'] / MB:.2f}", f"{means['bridged_share']:.1%}")
    bench.show(table)
    bench.figure("a tenth of the area: requests, all of them, for each chunk", f"{means['ratio']:.1%}", "45 %, wanted 30 %", means["ratio"] <= 0.45)
    most = max(row["bridged_share"] for row in rows)
    bench.figure("a tenth of the area: bytes bridged, of those wanted", f"{means['bridged_share']:.1%} (most {most:.1%})", "8 %",
                 means["bridged_share"] <= 0.08)


def tenth_of_area(layout, dice):
    sides = [math.sqrt(0.1) * (high - low) for low, high in layout.bounds[:2]]
    corner = [dice.uniform(low, high - side) for (low, high), side in zip(layout.bounds[:2], sides)]
    return tuple(round(v, 3) for v in (*corner, corner[0] + sides[0], corner[1] + sides[1]))


def judged(layout, log, wanted):
    """Of one answer: what was fetched against what neither box nor index excludes."""
    for_chunks = [logged for logged in log if layout.is_chunk(logged)]
    ranges = [(logged.first, logged.last + 1) for logged in for_chunks]
    start = max(logged.last + 1 for logged in log if logged.first == 0)  # may hold a part of a chunk
    ranges.append((0, start))
    wanted_bytes = sum(node.size for node in wanted)
    missed = sum(node.size - min(node.size, overlap(ranges, node.offset, node.end)) for node in wanted)
    if missed:
        sys.exit(f"error: {missed} bytes of chunks that match were not asked for: {ranges[:5]}")
    fetched = sum(end - begin for begin, end in ranges[:-1])
    in_start = sum(min(node.end, start) - node.offset for node in wanted if node.offset < start)
    bridged = fetched - (wanted_bytes - in_start)
    return {"chunks": len(wanted), "chunk_requests": len(for_chunks), "requests": len(log), "chunk_ratio": len(for_chunks) / len(wanted),
            "ratio": len(log) / len(wanted), "wanted": wanted_bytes, "bridged_share": max(0, bridged) / wanted_bytes}


# ---- a time window ------------------------------------------------------------------------------------------------------


def windows(bench):
    """Windows that one of ten passes matches, over the whole place: trips until chunks arrive, and what the index excludes."""
    name = "copse"
    layout, path = bench.layouts[name], bench.paths[name]
    epochs = json.loads(bench.check(bench.program, "info", path, "--epochs", "--json"))["epochs"]
    table = Table("the time of one pass, whole place", "pass", "chunks", "excluded", "excluded ones decoded", "bridged", "trips after opening",
                  "seconds to the first chunk's request")
    worst, decoded = 0, 0
    with Nginx(path.parent) as nginx, DelayingProxy(nginx.http) as proxy:
        for number, epoch in enumerate(epochs, 1):
            window = epoch["start"], epoch["end"]
            nginx.forget()
            done = subprocess.run([str(bench.program), "query", nginx.url(path.name, proxy.port), f"--time={window[0]!r}/{window[1]!r}",
                                   "--count", "--stats", "--json", "--quiet"], capture_output=True, text=True, check=True)
            log = nginx.log(1)
            wanted = layout.wanted(window=window)
            found = judged(layout, log, wanted)
            until = next(logged for logged in log if layout.is_chunk(logged))
            before = [logged for logged in log if logged.begin <= until.begin]
            after_open = dependent_trips(layout, before, 1) - 2
            too_many = max(0, statistics_of(done)["chunks_decoded"] - len(wanted))
            worst, decoded = max(worst, after_open), decoded + too_many
            table.add(number, len(wanted), len(layout.nodes) - len(wanted), too_many, f"{found['bridged_share']:.1%}", after_open,
                      f"{until.begin - log[0].begin:.2f}")
    bench.show(table)
    bench.figure("one of ten passes: trips after opening until chunks arrive, theirs included", f"{worst}", "2", worst <= 2)
    bench.figure("one of ten passes: chunks decoded that the index excludes", f"{decoded}", "0", decoded == 0)


def statistics_of(done):
    """The JSON object of --stats, which may stand among other lines."""
    for text in (done.stderr, done.stdout):
        for line in [text, *text.splitlines()]:
            try:
                known = json.loads(line)
            except ValueError:
                continue
            known = known.get("stats", known)
            if "chunks_decoded" in known:
                return known
    sys.exit(f"error: no statistics: {done.stderr[:300]}")


# ---- opening ------------------------------------------------------------------------------------------------------------


def opening(bench):
    """What questions that match nothing take: opening, and nothing else. One of a time brings the index along."""
    table = Table("opening (a box beside the place)", "file", "question", "trips", "requests", "bytes", "wall ms")
    for name, path in bench.paths.items():
        for what, window in (("place", None), ("place and time", (0.0, 1.0))):
            with Nginx(path.parent) as nginx, DelayingProxy(nginx.http) as proxy:
                wall, points, _ = bench.ask(nginx.url(path.name, proxy.port), Question((0.0, 0.0, 1.0, 1.0), window))
                log = nginx.log(1)
            taken, size = trips(log, ROUND_TRIP), sum(logged.body_bytes for logged in log)
            table.add(name, what, taken, len(log), f"{size:,}", f"{wall * 1e3:.0f}")
            if name == "copse" and not window:
                bench.figure("opening: trips", f"{taken}", "2", taken <= 2)
                bench.figure("opening: bytes", f"{size:,}", "131,072", size <= 128 * 1024)
    bench.show(table)


# ---- the whole file -----------------------------------------------------------------------------------------------------


def whole(bench):
    """The whole file into a LAZ file: memory and time."""
    table = Table(f"`copse query` of the whole file, {bench.options.points / 1e6:g} M points, into a LAZ file", "from", "wall s", "CPU s",
                  "peak MB")
    out = bench.folder / "whole.laz"
    path = bench.paths["copse"]
    worst = 0
    with Nginx(path.parent) as nginx:
        for where, source in (("disk", path), ("web server beside it", nginx.url(path.name))):
            runs = [run([bench.program, "query", source, "-o", out, "--overwrite", "--quiet"]) for _ in range(bench.options.rounds)]
            peak = max(done.peak for done in runs)
            worst = max(worst, peak)
            table.add(where, f"{median_of(r.wall for r in runs):.1f}", f"{median_of(r.cpu for r in runs):.1f}", f"{peak / MB:.0f}")
    out.unlink()
    bench.show(table)
    bench.figure("the whole file into LAZ: most memory resident", f"{worst / MB:.0f} MB", "300 MB", worst <= 300 * MB)


# ---- all of it ----------------------------------------------------------------------------------------------------------

PARTS = {"opening": opening, "windows": windows, "tenth": tenth, "rival": rival, "far": far, "whole": whole}


def nginx_version():
    return subprocess.run([find_tool("nginx"), "-v"], capture_output=True, text=True).stderr.strip().removeprefix("nginx version: ")


def markdown(bench):
    options = bench.options
    known = {**facts(options.compiler), "web server": nginx_version(),
             "rival": f"{RIVAL} and copc-temporal 0.2.0 (crates), libcurl, all ranges of a batch at once",
             "file": f"{options.points / 1e6:g} M points, PDRF 6, {PASSES} passes; copse convert, and copc_converter --temporal-index 1000",
             "round trip": f"{ROUND_TRIP * 1e3:.0f} ms, also of connections; at most {IN_FLIGHT} requests at a time on either side",
             "rounds": options.rounds, "seed": options.seed}
    beside = Table("Beside it", "figure", "measured")
    for row in bench.notes:
        beside.add(*row)
    how = ["Written by `tools/bench.sh --stream`. Medians of wall-clock time of whole processes;",
           "the sides run in turn."]
    return section("bench-stream", how, known, bench.figures, [beside, *bench.tables])


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("build", "inputs", "rival", "converter"):
        parser.add_argument(f"--{name}", type=lambda path: pathlib.Path(path).absolute(), required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS), help="of " + ", ".join(PARTS))
    parser.add_argument("--protocols", type=lambda text: text.split(","), default=["h1", "h2"], help="of h1, h2")
    parser.add_argument("--points", type=count, default="30M")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--places", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--keep", action="store_true", help="the files of the run before")
    parser.add_argument("--markdown", type=pathlib.Path, help="file for the results")
    options = parser.parse_args()
    if not set(options.parts) <= set(PARTS):
        parser.error(f"--parts: {', '.join(sorted(set(options.parts) - set(PARTS)))}")
    return options


def main():
    bench = Bench(parse_options())
    for tool in (bench.rival, bench.options.converter):
        if not tool.exists():
            sys.exit(f"error: {tool} is missing: tools/setup.sh bench-stream says why")
    bench.make()
    for name in bench.options.parts:
        PARTS[name](bench)
    if bench.options.markdown:
        replace_section(bench.options.markdown, markdown(bench))


main()
