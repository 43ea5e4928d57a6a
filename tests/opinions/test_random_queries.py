"""1,000 random questions over three files, alone and combined, against brute force in numpy: the same records exactly.

A third each about a survey of ours, a real file, and a file written by copc_converter with a temporal index. The library answers
all of them in one process a file (tests/tools/answer_queries.cpp), the program a share of them.
"""
import fractions
import functools
import operator
import random
import struct

import numpy as np
import pytest
from conftest import COPSE, ROOT, SHARED, as_multiset, column, coordinates, copse, gps_time, need, read_copclib, read_laspy, run

ANSWER = COPSE.parent / "tests" / "answer_queries"
CONVERTERS = [ROOT / ".tools" / folder / "copc_converter" for folder in ("bin", "test/bin")]
QUESTIONS = 1000
BY_THE_PROGRAM = 20  # of each file
SURVEY_POINTS = 300_000

# ---- areas: exact, since what rounding may have changed is computed in fractions --------------------------------------------


def exact_side(a, b, x, y):
    ax, ay, bx, by, x, y = (fractions.Fraction(float(v)) for v in (*a, *b, x, y))
    cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return (cross > 0) - (cross < 0)


def sides(a, b, x, y):
    """+1 where a position lies to the left of the way from a to b, -1 to the right, 0 on the line."""
    left, right = (b[0] - a[0]) * (y - a[1]), (b[1] - a[1]) * (x - a[0])
    cross = left - right
    result = np.sign(cross).astype(int)
    for i in np.flatnonzero(np.abs(cross) <= (np.abs(left) + np.abs(right)) * 1e-14):
        result[i] = exact_side(a, b, x[i], y[i])
    return result


def ring_side(ring, x, y):
    """By the even-odd rule: whether each position is inside, and whether it is on the ring."""
    inside, on_ring = np.zeros(len(x), bool), np.zeros(len(x), bool)
    for a, b in zip(ring, ring[1:] + ring[:1]):
        low, high = sorted((a, b), key=lambda p: p[1])
        beside = np.flatnonzero((y >= low[1]) & (y <= high[1]))
        if low[1] == high[1]:
            on_ring[beside] |= (x[beside] >= min(a[0], b[0])) & (x[beside] <= max(a[0], b[0]))
            continue
        side = sides(low, high, x[beside], y[beside])
        on_ring[beside] |= side == 0
        inside[beside] ^= (side > 0) & (y[beside] < high[1])
    return inside, on_ring


def in_area(parts, x, y):
    found = np.zeros(len(x), bool)
    for rings in parts:
        xs, ys = [p[0] for p in rings[0]], [p[1] for p in rings[0]]
        near = np.flatnonzero((x >= min(xs)) & (x <= max(xs)) & (y >= min(ys)) & (y <= max(ys)))
        inside, on_ring = ring_side(rings[0], x[near], y[near])
        kept = inside | on_ring
        for hole in rings[1:]:
            inside, on_ring = ring_side(hole, x[near], y[near])
            kept &= ~inside | on_ring
        found[near] |= kept
    return found


def as_wkt(parts):
    def ring_text(ring):
        return "(" + ", ".join(f"{float(x)!r} {float(y)!r}" for x, y in ring + ring[:1]) + ")"
    texts = ["(" + ", ".join(ring_text(r) for r in rings) + ")" for rings in parts]
    return "POLYGON " + texts[0] if len(texts) == 1 else "MULTIPOLYGON (" + ", ".join(texts) + ")"


# ---- files -----------------------------------------------------------------------------------------------------------------


class Cloud:
    """All records of a file, in file order, and what can be asked about them."""

    def __init__(self, tmp_path, path):
        self.path = path
        self.facts = read_laspy(tmp_path, path, "laszip").facts
        with open(path, "rb") as file:  # the COPC info record comes first: header 375, VLR header 54, centre, half size
            self.spacing, = struct.unpack("<d", file.read(469)[461:])
        nodes = read_copclib(tmp_path, path)
        keys = nodes.facts["nodes"]
        starts = np.cumsum([0] + [n[4] for n in keys])
        order = np.argsort(nodes.facts["offsets"])
        self.records = np.concatenate([nodes.bytes[starts[i]:starts[i + 1]] for i in order])
        self.level = np.concatenate([np.full(keys[i][4], keys[i][0]) for i in order])
        self.x, self.y, self.z = coordinates(self.records, self.facts["scale"], self.facts["offset"])
        self.time = gps_time(self.records)
        self.fields = self.columns()

    def columns(self):
        r, form = self.records, self.facts["format"]
        returns, flags = r[:, 14], r[:, 15]
        fields = {
            "X": self.x, "Y": self.y, "Z": self.z, "GpsTime": self.time,
            "Intensity": column(r, 12, "<u2"), "ReturnNumber": returns & 15, "NumberOfReturns": returns >> 4,
            "Synthetic": flags & 1, "KeyPoint": flags >> 1 & 1, "Withheld": flags >> 2 & 1, "Overlap": flags >> 3 & 1,
            "ScannerChannel": flags >> 4 & 3, "ScanDirectionFlag": flags >> 6 & 1, "EdgeOfFlightLine": flags >> 7 & 1,
            "Classification": r[:, 16], "UserData": r[:, 17], "PointSourceId": column(r, 20, "<u2"),
            "ScanAngle": column(r, 18, "<i2").astype(np.int64) * 6 / 1000.0,
        }
        if form in (7, 8):
            fields.update({name: column(r, 30 + 2 * i, "<u2") for i, name in enumerate(("Red", "Green", "Blue"))})
        return fields


class Dice:
    """Questions as (word, value, program's option, which rows match)."""

    def __init__(self, cloud, seed):
        self.cloud = cloud
        self.random = random.Random(seed)

    def row(self):
        return self.random.randrange(len(self.cloud.records))

    def reach(self):
        return 10 ** self.random.uniform(-1, 2.3)

    def box(self, solid=False):
        c, i, size = self.cloud, self.row(), self.reach()
        # Every other time with faces through points: they belong to the box.
        exact = self.random.random() < 0.5
        low = [float(v[i]) - (0 if exact else size * self.random.random()) for v in (c.x, c.y, c.z)]
        high = [float(v[i]) + size * self.random.random() for v in (c.x, c.y, c.z)]
        if exact:
            high[0] = float(c.x[np.argmin(np.abs(c.x - high[0]))])
        if not solid:
            low[2], high[2] = -np.inf, np.inf
        rows = np.ones(len(c.x), bool)
        for v, a, b in zip((c.x, c.y, c.z), low, high):
            rows &= (v >= a) & (v <= b)
        seen = low + high if solid else low[:2] + high[:2]
        return "box", ",".join(map(repr, low + high)), "--bounds=" + ",".join(map(repr, seen)), rows

    def ring(self, x, y, size):
        c, dice = self.cloud, self.random
        kind = dice.randrange(4)
        if kind == 0:  # a star
            count = dice.randrange(3, 60)
            angles = np.arange(count) * 2 * np.pi / count
            radii = size * np.array([dice.uniform(0.4, 1) for _ in range(count)])
            return [(float(p), float(q)) for p, q in zip(x + radii * np.cos(angles), y + radii * np.sin(angles))]
        if kind == 1:  # tangled: it crosses itself
            return [(x + dice.uniform(-size, size), y + dice.uniform(-size, size)) for _ in range(dice.randrange(3, 9))]
        near = np.flatnonzero((np.abs(c.x - x) <= size) & (np.abs(c.y - y) <= size))
        if len(near) < 3:
            near = np.array([self.row() for _ in range(3)])
        points = [(float(c.x[i]), float(c.y[i])) for i in dice.sample(list(near[:50_000]), 3)]
        if kind == 2 or len(set(points)) < 3:  # upright sides through points
            (x0, y0), (x1, y1) = points[0], points[1]
            x1, y1 = (x1 if x1 != x0 else x0 + 1), (y1 if y1 != y0 else y0 + 1)
            return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        return points

    def polygon(self):
        parts = []
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            i, size = self.row(), self.reach()
            x, y = float(self.cloud.x[i]), float(self.cloud.y[i])
            holes = [self.ring(x, y, size / 2) for _ in range(self.random.choice((0, 0, 1, 2)))]
            parts.append([self.ring(x, y, size), *holes])
        text = as_wkt(parts)
        return "polygon", text, "--polygon=" + text, in_area(parts, self.cloud.x, self.cloud.y)

    def level(self):
        level = self.random.randrange(int(self.cloud.level.max()) + 2)
        return "level", str(level), f"--level={level}", self.cloud.level <= level

    def resolution(self):
        spacing = self.cloud.spacing
        # Some just at a level's spacing, where the rounding of the logarithm shows.
        resolution = spacing / 2 ** self.random.randrange(5) if self.random.random() < 0.3 else spacing * 2 ** self.random.uniform(-5, 1)
        level = 0
        while spacing / 2 ** level > resolution:
            level += 1
        return "resolution", repr(resolution), f"--resolution={resolution!r}", self.cloud.level <= level

    def window(self):
        times, kind = self.cloud.time, self.random.randrange(5)
        t = float(times[self.row()])
        if kind == 0:
            a, b = sorted((t, float(times[self.row()])))
        elif kind == 1:
            a, b = t, t
        elif kind == 2:  # between points
            a, b = float(np.nextafter(t, np.inf)), t + 1e-6
        else:
            a, b = t - 10 ** self.random.uniform(-3, 2), t + 10 ** self.random.uniform(-3, 2)
        return "time", f"{a!r},{b!r}", f"--time={a!r}/{b!r}", (times >= a) & (times <= b)

    COMPARE = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

    def number(self, values):
        value = values[self.row()]
        if not np.issubdtype(values.dtype, np.integer):
            return repr(float(value)), float(value)
        if self.random.random() < 0.2:
            return f"{int(value)}.5", int(value) + 0.5
        return str(int(value)), int(value)

    def comparison(self):
        dice, fields = self.random, self.cloud.fields
        name = dice.choice(list(fields))
        values, kind = fields[name], dice.random()
        if kind < 0.2:
            numbers = [self.number(values) for _ in range(dice.choice((1, 2, 5, 12)))]
            rows = np.isin(values.astype(np.float64), [n for _, n in numbers])
            word, rows = ("not in", ~rows) if dice.random() < 0.3 else ("in", rows)
            return f"{name} {word} ({', '.join(text for text, _ in numbers)})", rows
        word = dice.choice(list(self.COMPARE))
        if kind < 0.35:
            other = dice.choice(list(fields))
            return f"{name} {word} {other}", self.COMPARE[word](values.astype(np.float64), fields[other].astype(np.float64))
        text, number = self.number(values)
        rows = self.COMPARE[word](values.astype(np.float64), number)
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(word, word)
        return (f"{text} {turned} {name}" if kind < 0.5 else f"{name} {word} {text}"), rows

    def condition(self, depth):
        kind = self.random.randrange(4) if depth else 0
        if kind == 0:
            return self.comparison()
        text, rows = self.condition(depth - 1)
        if kind == 1:
            return f"{self.random.choice(('not ', '!'))}({text})", ~rows
        more, others = self.condition(depth - 1)
        if kind == 2:
            return f"({text}) {self.random.choice(('and', '&&'))} ({more})", rows & others
        return f"({text}) {self.random.choice(('or', '||'))} ({more})", rows | others

    def where(self):
        text, rows = self.condition(self.random.randrange(3))
        return "where", text, "--where=" + text, rows

    def question(self, number):
        kinds = [self.box, functools.partial(self.box, solid=True), self.polygon, self.level, self.resolution, self.window, self.where]
        if number % 3 == 0:
            return [kinds[number // 3 % len(kinds)]()]
        # One box, one choice of levels, and what there is besides.
        groups = [kinds[:2], kinds[2:3], kinds[3:5], kinds[5:6], kinds[6:]]
        chosen = self.random.sample(groups, self.random.randrange(2, len(groups) + 1))
        return [self.random.choice(group)() for group in chosen]


# ---- asking ----------------------------------------------------------------------------------------------------------------


def library_answers(cloud, questions, out):
    lines = ["\t".join(f"{part[0]}={part[1]}" for part in question) for question in questions]
    done = run([ANSWER, cloud.path, out], input="\n".join(lines).encode() + b"\n")
    assert not done.stderr
    with open(out, "rb") as file:
        for _ in questions:
            count = int.from_bytes(file.read(8), "little")
            width = cloud.records.shape[1]
            yield np.frombuffer(file.read(count * width), np.uint8).reshape(count, width)
        assert not file.read(1)
    out.unlink()


def las_records(path):
    data = path.read_bytes()
    start, width, count = (int.from_bytes(data[a:b], "little") for a, b in ((96, 100), (105, 107), (247, 255)))
    return np.frombuffer(data, np.uint8, count * width, start).reshape(count, width)


def check(answer, expected, what):
    """Answers come in file order, so mostly the rows are the same as they stand; only what is in them counts."""
    assert answer.shape == expected.shape, f"{what}: {len(answer)} points, brute force has {len(expected)}"
    assert np.array_equal(answer, expected) or np.array_equal(as_multiset(answer), as_multiset(expected)), what


def our_survey(folder):
    copse("synth", folder / "passes", "--points", SURVEY_POINTS, "--passes", "5", "--pdrf", "7", "--seed", "11")
    copse("convert", folder / "passes", folder / "ours.copc.laz", "--quiet", "--max-node-points", "5000")
    return folder / "ours.copc.laz"


def real_file(_):
    path = SHARED / "lone-star.copc.laz"
    if not path.exists():
        pytest.skip("the folder of real files is absent")
    return path


def their_survey(folder):
    """One of the real files, unless the converter itself is there (`tools/setup.sh bench-convert`): building it takes minutes."""
    shared = SHARED / "copc_converter-survey.copc.laz"
    converter = next((path for path in CONVERTERS if path.exists()), CONVERTERS[-1])
    if not converter.exists() and shared.exists():
        return shared
    need(converter, "copc_converter (crate)")
    copse("synth", folder / "passes", "--points", SURVEY_POINTS, "--passes", "7", "--pdrf", "6", "--seed", "12")
    run([converter, folder / "passes", folder / "theirs.copc.laz", "--temporal-index", "50", "--progress", "plain", "--threads", "2"])
    return folder / "theirs.copc.laz"


@pytest.mark.parametrize("number, make", list(enumerate((our_survey, real_file, their_survey))), ids=("ours", "lone-star", "copc_converter"))
def test_answers_are_those_of_brute_force(tmp_path, number, make):
    need(ANSWER, "answer_queries")
    cloud = Cloud(tmp_path, make(tmp_path))
    dice = Dice(cloud, 20260606 + number)
    count = QUESTIONS // 3 + (number < QUESTIONS % 3)
    questions = [dice.question(i) for i in range(count)]
    matches = [functools.reduce(operator.and_, (part[3] for part in question)) for question in questions]
    some = sum(1 for rows in matches if 0 < np.count_nonzero(rows) < len(rows))
    assert some > count / 3, "the dice were dull"

    for question, rows, answer in zip(questions, matches, library_answers(cloud, questions, tmp_path / "answers")):
        check(answer, cloud.records[rows], "; ".join(part[2] for part in question))

    for i in range(0, count, count // BY_THE_PROGRAM):
        options = [part[2] for part in questions[i]]
        out = tmp_path / "answer.las"
        copse("query", cloud.path, *options, "-o", out)
        check(las_records(out), cloud.records[matches[i]], "copse query " + " ".join(options))
        out.unlink()
