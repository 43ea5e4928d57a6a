"""Reads a LAS or LAZ file with laspy and a named backend; writes the raw records to OUT and facts as JSON to standard output.

usage: read_laspy.py FILE OUT lazrs|laszip|none
"""
import json
import sys

import laspy

path, out, backend = sys.argv[1:]
backends = {"lazrs": laspy.LazBackend.Lazrs, "laszip": laspy.LazBackend.Laszip, "none": None}
las = laspy.read(path, laz_backend=backends[backend])
with open(out, "wb") as file:
    file.write(las.points.array.tobytes())
print(json.dumps({
    "count": len(las.points),
    "format": las.header.point_format.id,
    "record_length": las.points.array.dtype.itemsize,
    "scale": list(las.header.scales),
    "offset": list(las.header.offsets),
    "mins": list(las.header.mins),
    "maxs": list(las.header.maxs),
}))
