"""What goes in comes out: every real file becomes a COPC file with the same points, for every reader."""
import json

import numpy as np
import pytest
from conftest import (SHARED, assert_same_multiset, column, coordinates, copse, read_copcjs, read_copclib, read_laspy, read_rust,
                      read_rust_temporal, shared_files, to_copc_format)

WAVEFORMS = {"simple1_3.las", "fullwave.laz"}


def convert(path, out, *options):
    extra = ["--drop-waveforms"] if path.name in WAVEFORMS else []
    copse("convert", path, out, "--quiet", *extra, *options)
    copse("validate", "--deep", out)
    copse("diff", path, out, "--quiet")


def strip_waves(records, source):
    """Wave packets stand before the extra bytes; cut them out."""
    at = {4: 28, 5: 34, 9: 30, 10: 38}.get(source)
    return records if at is None else np.hstack([records[:, :at], records[:, at + 29:]])


def expected(records):
    source = records.format
    bytes_ = strip_waves(records.bytes, source)
    without = {4: 1, 5: 3, 9: 6, 10: 8}.get(source, source)
    return to_copc_format(bytes_, without)


@pytest.mark.parametrize("path", shared_files("**/*.la[sz]"))
def test_keeps_every_point(tmp_path, path):
    out = tmp_path / "out.copc.laz"
    convert(path, out)
    before = read_laspy(tmp_path, path, "laszip" if path.suffix == ".laz" else "none")
    after = read_laspy(tmp_path, out, "laszip")
    target, records = expected(before)
    assert after.format == target
    assert after.facts["scale"] == before.facts["scale"]
    assert after.facts["offset"] == before.facts["offset"]
    assert_same_multiset(after.bytes, records, "laspy")
    if after.facts["count"]:
        for axis, values in enumerate(coordinates(after.bytes, after.facts["scale"], after.facts["offset"])):
            assert after.facts["mins"][axis] == pytest.approx(values.min(), abs=1e-9)
            assert after.facts["maxs"][axis] == pytest.approx(values.max(), abs=1e-9)


@pytest.mark.parametrize("path", shared_files("*.la[sz]"))
def test_coarser_scale_keeps_every_point(tmp_path, path):
    before = json.loads(copse("info", "--json", path).stdout)
    scale = [10 * abs(value) for value in before["scale"]]
    out = tmp_path / "out.copc.laz"
    convert(path, out, "--scale", ",".join(map(repr, scale)))
    report = json.loads(copse("diff", "--json", path, out).stdout)
    assert report["same"] and report["passes"] == 1


@pytest.mark.parametrize("path", shared_files("*.la[sz]", "laz-pairs/*.laz"))
def test_other_readers_agree(tmp_path, path):
    out = tmp_path / "out.copc.laz"
    convert(path, out)
    ours = read_laspy(tmp_path, out, "laszip")
    assert_same_multiset(read_laspy(tmp_path, out, "lazrs").bytes, ours.bytes, "lazrs")
    if ours.facts["count"] == 0:
        # copc.js and copclib open it too, but have nothing to decode.
        assert read_copcjs(tmp_path, out).facts["count"] == 0
        return
    others = {"copclib": read_copclib, "copc.js": read_copcjs, "copc-streaming": read_rust}
    nodes = {}
    for name, read in others.items():
        theirs = read(tmp_path, out)
        assert_same_multiset(theirs.bytes, ours.bytes, name)
        nodes[name] = sorted(theirs.facts["nodes"])
    assert nodes["copclib"] == nodes["copc.js"] == nodes["copc-streaming"]


def test_damaged_file_is_refused_with_offset_and_rule(tmp_path):
    path = SHARED / "garbage_nVariableLength.las"
    if not path.exists():
        pytest.skip("the folder of real files is absent")
    done = copse("convert", path, tmp_path / "out.copc.laz", check=False)
    assert done.returncode == 1
    line = done.stderr.decode().splitlines()[0]
    assert line.startswith(f"copse: {path}: offset ") and line.count(": ") >= 3
    assert list(tmp_path.iterdir()) == []


def node_slices(read):
    first = 0
    for level, x, y, z, count in read.facts["nodes"]:
        yield (level, x, y, z), read.bytes[first:first + count]
        first += count


def test_split_survey_into_one_tree(tmp_path):
    folder = SHARED / "lone-star-split"
    if not folder.is_dir():
        pytest.skip("the folder of real files is absent")
    out = tmp_path / "out.copc.laz"
    copse("convert", *sorted(folder.glob("*.laz")), out, "--quiet", "--max-node-points", "20000")
    copse("validate", "--deep", out)
    copse("diff", folder, out, "--quiet")
    facts = read_laspy(tmp_path, out, "laszip").facts
    info = json.loads(copse("info", "--json", out).stdout)["copc"]
    center, half = np.array(info["center"]), info["half_size"]
    assert info["spacing"] == 2 * half / 128
    read = read_copclib(tmp_path, out)
    assert read.facts["count"] == 518862
    keys = {tuple(n[:4]) for n in read.facts["nodes"]}
    parents = {(k[0] - 1, k[1] >> 1, k[2] >> 1, k[3] >> 1) for k in keys if k[0] > 0}
    # Quantised points may stand half a step off the face of a cube.
    slack = max(facts["scale"]) / 2 * 1.000001
    for key, records in node_slices(read):
        side = 2 * half / 2 ** key[0]
        low = center - half + np.array(key[1:]) * side
        xyz = np.stack(coordinates(records, facts["scale"], facts["offset"]), axis=1)
        assert (xyz >= low - slack).all() and (xyz <= low + side + slack).all(), key
        if key in parents:
            cells = np.floor((xyz - low) / (side / 128)).astype(np.int64)
            # A point within rounding of a cell's face may be counted on either side: only clear members are compared.
            fraction = (xyz - low) / (side / 128) - cells
            clear = ((fraction > 1e-6) & (fraction < 1 - 1e-6)).all(axis=1)
            unique = np.unique(cells[clear], axis=0)
            assert len(unique) == int(clear.sum()), f"{key}: two points in one cell"


def test_survey_is_read_by_everybody(tmp_path, survey):
    passes, out = survey
    copse("validate", "--deep", out)
    copse("diff", passes, out, "--quiet")
    inputs = np.vstack([read_laspy(tmp_path, p, "lazrs").bytes for p in sorted(passes.iterdir())])
    ours = read_laspy(tmp_path, out, "laszip")
    assert_same_multiset(ours.bytes, inputs, "inputs")
    for name, read in {"copclib": read_copclib, "copc.js": read_copcjs, "copc-streaming": read_rust}.items():
        assert_same_multiset(read(tmp_path, out).bytes, ours.bytes, name)


def test_copc_temporal_reports_the_nodes_own_time_ranges(tmp_path, survey):
    _, out = survey
    index = read_rust_temporal(out)
    assert index is not None
    ranges = {tuple(n[:4]): (n[5], n[6]) for n in index["nodes"]}
    read = read_copclib(tmp_path, out)
    assert len(ranges) == len(read.facts["nodes"])
    for key, records in node_slices(read):
        times = column(records, 22, "<f8")
        assert (np.diff(times) >= 0).all()
        bits = tuple(f"{int(t.view(np.uint64)):016x}" for t in (times[0], times[-1]))
        assert ranges[key] == bits, key
