"""Box x time x level queries against a brute-force filter over all points, as multisets."""
import json
import random

import numpy as np
from conftest import assert_same_multiset, coordinates, copse, gps_time, read_copclib, read_laspy

QUERIES = 200


def test_random_queries_equal_brute_force(tmp_path, survey):
    _, source = survey
    facts = read_laspy(tmp_path, source, "laszip").facts
    nodes = read_copclib(tmp_path, source)
    records = nodes.bytes
    level = np.concatenate([np.full(n[4], n[0]) for n in nodes.facts["nodes"]])
    starts = np.cumsum([0] + [n[4] for n in nodes.facts["nodes"]])
    x, y, z = coordinates(records, facts["scale"], facts["offset"])
    times = gps_time(records)
    index_stride = json.loads(copse("info", "--json", source).stdout)["temporal_index"]["stride"]
    dice = random.Random(20260101)
    deepest = int(level.max())
    hits = kinds = 0

    def window():
        kind = dice.randrange(6)
        node = dice.randrange(len(starts) - 1)
        row = dice.randrange(starts[node], starts[node + 1])
        t = float(times[row])
        if kind == 0:  # a whole pass or so
            return sorted((t, float(times[dice.randrange(len(times))])))
        if kind == 1:  # a very point's time: closed at both ends
            return t, t
        if kind == 2:  # narrower than the stride, between two samples of a node
            first = starts[node] + (row - starts[node]) // index_stride * index_stride
            last = min(first + index_stride, starts[node + 1] - 1)
            a, b = sorted(dice.choices(range(first, last + 1), k=2))
            return float(times[a]), float(times[b])
        if kind == 3:  # strictly between two points' times: often empty
            return float(np.nextafter(t, np.inf)), t + 1e-7
        if kind == 4:  # before everything
            return float(times.min()) - 100, float(times.min()) - 1
        return t - 5, t + 5

    for number in range(QUERIES):
        row = dice.randrange(len(records))
        size = 10 ** dice.uniform(-1, 2.5)
        box = [x[row] - size * dice.random(), y[row] - size * dice.random(), x[row] + size * dice.random(), y[row] + size * dice.random()]
        want = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
        if dice.random() < 0.3:
            low, high = sorted((float(z[row]), float(z[dice.randrange(len(z))])))
            want &= (z >= low) & (z <= high)
            box = [box[0], box[1], low, box[2], box[3], high]
        command = ["query", source, f"--bounds={','.join(repr(float(v)) for v in box)}"]
        if dice.random() < 0.85:
            a, b = window()
            want &= (times >= a) & (times <= b)
            command += [f"--time={a!r}/{b!r}"]
        if dice.random() < 0.5:
            top = dice.randrange(deepest + 1)
            want &= level <= top
            command += [f"--level={top}"]
        expected = records[want]
        count = int(copse(*command, "--count").stdout)
        assert count == len(expected), f"query {number}: {' '.join(map(str, command))}"
        if number % 4 == 0:
            out = tmp_path / f"answer-{number}.{dice.choice(['las', 'laz'])}"
            copse(*command, "-o", out)
            answer = read_laspy(tmp_path, out, "laszip" if out.suffix == ".laz" else "none")
            assert_same_multiset(answer.bytes, expected, f"query {number}")
            out.unlink()
        hits += len(expected) > 0
        kinds += len(expected) == 0
    assert hits > QUERIES / 4 and kinds > QUERIES / 20, "the dice were dull"
