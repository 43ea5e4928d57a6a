"""Second opinions: what other people's readers say about files that Copse wrote. Run by tools/run_opinions.sh.

Every reader runs in a process of its own with a limit on time and memory, because some of them do not come back from odd files.
"""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys

import numpy as np
import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = pathlib.Path(os.environ.get("COPSE_SHARED_DATA", ROOT.parent / "shared" / "data"))
COPSE = pathlib.Path(os.environ.get("COPSE", ROOT / "build" / "copse")).resolve()
DUMP = COPSE.parent / "tests" / "dump_records"
RUST = HERE / "rust" / "target" / "release" / "copse-opinions"
READER_SECONDS = 300
READER_BYTES = 8 << 30


def shared_files(*patterns):
    """Undamaged files of the shared folder; a single skipped parameter where the folder is absent."""
    if not SHARED.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the folder of real files is absent"))]
    found = sorted({p for pattern in patterns for p in SHARED.glob(pattern)})
    return [pytest.param(p, id=str(p.relative_to(SHARED))) for p in found if p.name != "garbage_nVariableLength.las"]


def _limit():
    resource.setrlimit(resource.RLIMIT_DATA, (READER_BYTES, READER_BYTES))


def run(command, *, check=True, limit=None, seconds=READER_SECONDS, **keywords):
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, timeout=seconds, preexec_fn=limit, **keywords)
    if check:
        assert done.returncode == 0, f"{' '.join(command)}\nexit {done.returncode}\n{done.stderr.decode(errors='replace')[-3000:]}"
    return done


def copse(*arguments, check=True, **keywords):
    return run([COPSE, *arguments], check=check, **keywords)


def need(path, what):
    """A tool that is missing is a skipped opinion, counted by tools/run_opinions.sh."""
    if shutil.which(str(path)) is None and not pathlib.Path(path).exists():
        pytest.skip(f"missing tool: {what}")


class Records:
    """Raw LAS records that a reader found, and what it said about them."""

    def __init__(self, path, facts):
        self.facts = facts
        self.format = facts.get("format")
        self.record_length = facts["record_length"] or 1
        self.bytes = np.fromfile(path, dtype=np.uint8).reshape(-1, self.record_length) if facts["count"] else np.zeros((0, self.record_length), np.uint8)
        path.unlink()
        assert len(self.bytes) == facts["count"]


_serial = 0


def _read(tmp_path, command):
    global _serial
    _serial += 1
    out = tmp_path / f"records-{_serial}"
    done = run([*command, out] if callable(command) is False else command(out), limit=_limit)
    return Records(out, json.loads(done.stdout))


def read_laspy(tmp_path, path, backend):
    return _read(tmp_path, lambda out: [sys.executable, HERE / "readers/read_laspy.py", path, out, backend])


def read_copclib(tmp_path, path):
    return _read(tmp_path, lambda out: [sys.executable, HERE / "readers/read_copclib.py", path, out])


def read_copcjs(tmp_path, path):
    need("node", "node")
    need(HERE / "node/node_modules/copc", "copc (npm)")

    # V8 reserves far more address space than it uses: no limit on it here, only on time.
    global _serial
    _serial += 1
    out = tmp_path / f"records-{_serial}"
    done = run(["node", HERE / "node/read_copc.mjs", path, out])
    return Records(out, json.loads(done.stdout))


def read_rust(tmp_path, path):
    need(RUST, "copc-streaming (crate)")
    return _read(tmp_path, lambda out: [RUST, "read", path, out])


def read_rust_temporal(path):
    need(RUST, "copc-temporal (crate)")
    return json.loads(run([RUST, "temporal", path], limit=_limit).stdout)


def read_copse(tmp_path, path):
    """What our own decoder makes of any LAS or LAZ file: raw records as stored, compatibility mode left alone."""
    return _read(tmp_path, lambda out: [DUMP, path, out])


def as_multiset(records):
    """Rows sorted bytewise: equal for equal multisets."""
    rows = np.ascontiguousarray(records)
    if rows.size == 0:
        return rows
    voids = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
    return np.sort(voids)


def assert_same_multiset(ours, theirs, what):
    assert ours.shape == theirs.shape, f"{what}: {ours.shape} against {theirs.shape}"
    a, b = as_multiset(ours), as_multiset(theirs)
    differing = int(np.count_nonzero(a != b)) if a.size else 0
    assert differing == 0, f"{what}: {differing} of {len(a)} records differ"


# ---- an independent mapping of PDRF 0-5 (and 9, 10) to 6, 7, 8, in numpy ------------------------------------------------

BASE = {0: 20, 1: 28, 2: 26, 3: 34, 4: 57, 5: 63, 6: 30, 7: 36, 8: 38, 9: 59, 10: 67}
TARGET = {0: 6, 1: 6, 2: 7, 3: 7, 4: 6, 5: 7, 6: 6, 7: 7, 8: 8, 9: 6, 10: 8}


def to_copc_format(records, source):
    """Records of format `source` as records of the COPC format that holds them, wave packets left out."""
    target = TARGET[source]
    n = len(records)
    extra = records[:, BASE[source]:]
    out = np.zeros((n, BASE[target]), np.uint8)
    if source >= 6:
        out[:, :30] = records[:, :30]
        colour_at = 30
        width = {6: 0, 7: 6, 8: 8}[target]
        out[:, 30:30 + width] = records[:, colour_at:colour_at + width]
        return target, np.hstack([out, extra])
    out[:, 0:14] = records[:, 0:14]  # X, Y, Z, intensity
    bits = records[:, 14]
    out[:, 14] = (bits & 7) | ((bits >> 3 & 7) << 4)
    klass = records[:, 15] & 31
    flags = records[:, 15] >> 5
    overlap = klass == 12
    out[:, 15] = flags | (overlap.astype(np.uint8) << 3) | (bits & 0xC0)
    out[:, 16] = np.where(overlap, 0, klass)
    out[:, 17] = records[:, 17]
    rank = records[:, 16].view(np.int8).astype(np.int64)
    angle = (np.sign(rank) * ((1000 * np.abs(rank) + 3) // 6)).astype("<i2")
    out[:, 18:20] = angle.reshape(-1, 1).view(np.uint8)
    out[:, 20:22] = records[:, 18:20]
    at = 20
    if source in (1, 3, 4, 5):
        out[:, 22:30] = records[:, 20:28]
        at = 28
    if source in (2, 3, 5):
        out[:, 30:36] = records[:, at:at + 6]
    return target, np.hstack([out, extra])


# ---- columns of PDRF 6, 7, 8 records ---------------------------------------------------------------------------------------

def column(records, at, dtype):
    width = np.dtype(dtype).itemsize
    return np.ascontiguousarray(records[:, at:at + width]).view(dtype).ravel()


def coordinates(records, scale, offset):
    """raw * scale + offset, multiplied and added as two rounded operations."""
    return [column(records, 4 * i, "<i4").astype(np.float64) * scale[i] + offset[i] for i in range(3)]


def gps_time(records):
    return column(records, 22, "<f8")


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    """A made survey of 5 passes and 2 million points (COPSE_SURVEY_POINTS), converted: (folder of passes, COPC file)."""
    folder = tmp_path_factory.mktemp("survey")
    points = os.environ.get("COPSE_SURVEY_POINTS", "2000000")
    copse("synth", folder / "passes", "--points", points, "--passes", "5", "--pdrf", "7", "--seed", "7")
    out = folder / "survey.copc.laz"
    copse("convert", folder / "passes", out, "--quiet")
    yield folder / "passes", out
    shutil.rmtree(folder)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Processes share the tests (run_opinions.sh): one makes the survey and judges it. What takes long is begun first."""
    for item in items:
        if "survey" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("survey"))
    items.sort(key=lambda item: "survey" not in item.fixturenames and item.path.name != "test_random_queries.py")
