"""EPT folders: what other programs wrote as tiles, and what a writer of our tests alone makes, is the same cloud."""
import pathlib
import sys

import numpy as np
import pytest
from conftest import SHARED, assert_same_multiset, copse, read_laspy, run, to_copc_format

MAKE_EPT = pathlib.Path(__file__).parent.parent / "tools" / "make_ept.py"


def test_tiles_of_entwine_become_one_file_with_every_point(tmp_path):
    folder = SHARED / "ept" / "lone-star-laszip"
    if not folder.is_dir():
        pytest.skip("the folder of real files is absent")
    out = tmp_path / "out.copc.laz"
    copse("convert", folder, out, "--quiet")
    copse("validate", "--deep", out)
    tiles = [read_laspy(tmp_path, tile, "laszip") for tile in sorted((folder / "ept-data").glob("*.laz"))]
    after = read_laspy(tmp_path, out, "laszip")
    assert after.facts["scale"] == tiles[0].facts["scale"]
    assert after.facts["offset"] == tiles[0].facts["offset"]
    records = np.vstack([to_copc_format(tile.bytes, tile.format)[1] for tile in tiles])
    assert len(records) == 518862
    assert_same_multiset(after.bytes, records, "laspy")


@pytest.mark.parametrize("pdrf", ["6", "7"])
@pytest.mark.parametrize("form", ["binary", "zstandard"])
def test_made_tiles_are_the_file_that_they_were_made_of(tmp_path, form, pdrf):
    copse("synth", tmp_path / "p", "--points", "20000", "--passes", "1", "--pdrf", pdrf, "--format", "las", "--quiet")
    las = tmp_path / "p" / "pass_01.las"
    folder = tmp_path / "ept"
    run([sys.executable, MAKE_EPT, las, folder, *(["--zstandard"] if form == "zstandard" else [])])
    out = tmp_path / "out.copc.laz"
    copse("convert", folder, out, "--quiet")
    copse("validate", "--deep", out)
    assert_same_multiset(read_laspy(tmp_path, out, "laszip").bytes, read_laspy(tmp_path, las, "none").bytes, form)
    copse("diff", folder, las, "--quiet")
