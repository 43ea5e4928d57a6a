#!/usr/bin/env python3
"""Writes a LAS file of point format 6 or 7 as an EPT folder of binary tiles, by the specification alone.

A second opinion on the reader: standard library only, and nothing of Copse.

    tests/tools/make_ept.py IN.las OUT_FOLDER [--points-per-node N] [--zstandard]
"""
import argparse
import ctypes
import ctypes.util
import json
import pathlib
import struct

PAGE_LEVELS = 2

SCHEMA = [("X", "signed", 4), ("Y", "signed", 4), ("Z", "signed", 4), ("Intensity", "unsigned", 2),
          ("ReturnNumber", "unsigned", 1), ("NumberOfReturns", "unsigned", 1), ("ScanDirectionFlag", "unsigned", 1),
          ("EdgeOfFlightLine", "unsigned", 1), ("ClassFlags", "unsigned", 1), ("ScanChannel", "unsigned", 1),
          ("Classification", "unsigned", 1), ("UserData", "unsigned", 1), ("ScanAngleRank", "float", 4),
          ("PointSourceId", "unsigned", 2), ("GpsTime", "float", 8)]
COLOURS = [("Red", "unsigned", 2), ("Green", "unsigned", 2), ("Blue", "unsigned", 2)]


def read_las(path):
    data = path.read_bytes()
    header_size, offset, vlr_count, form, length = struct.unpack_from("<HIIBH", data, 94)
    scale, shift = struct.unpack_from("<3d", data, 131), struct.unpack_from("<3d", data, 155)
    count = struct.unpack_from("<Q", data, 247)[0]
    wkt, at = None, header_size
    for _ in range(vlr_count):
        user, number, size = struct.unpack_from("<16sHH", data, at + 2)
        if user.rstrip(b"\0") == b"LASF_Projection" and number == 2112:
            wkt = data[at + 54:at + 54 + size].rstrip(b"\0").decode()
        at += 54 + size
    if form not in (6, 7):
        raise SystemExit(f"{path}: point format {form} is neither 6 nor 7")
    rows = [data[offset + i * length:offset + (i + 1) * length] for i in range(count)]
    return form, scale, shift, wkt, rows


def ept_record(row, form):
    x, y, z, intensity, returns, flags, code, user, angle, source, time = struct.unpack_from("<3iHBBBBhHd", row)
    record = struct.pack("<3iHBBBBBBBBfHd", x, y, z, intensity, returns & 15, returns >> 4, flags >> 6 & 1,
                         flags >> 7 & 1, flags & 15, flags >> 4 & 3, code, user, angle * 0.006, source, time)
    return record + (row[30:36] if form == 7 else b"")


class Tree:
    """Each node keeps its first points, and hands the others down to the eighth that they are in."""

    def __init__(self, rows, low, edge, most):
        self.rows, self.low, self.edge, self.most = rows, low, edge, most
        self.nodes = {}

    def add(self, key, indices):
        self.nodes[key] = indices[:self.most]
        level, *place = key
        size = self.edge / 2 ** (level + 1)
        children = {}
        for i in indices[self.most:]:
            raw = struct.unpack_from("<3i", self.rows[i])
            eighth = tuple(2 * p + ((r - l) / size >= 2 * p + 1) for p, r, l in zip(place, raw, self.low))
            children.setdefault((level + 1, *eighth), []).append(i)
        for child, below in children.items():
            self.add(child, below)


def name_of(key):
    return "-".join(map(str, key))


def write_hierarchy(folder, nodes):
    def page_of(key):
        level, *place = key
        root = level - level % PAGE_LEVELS
        return (root, *(p >> (level - root) for p in place))

    pages = {}
    for key, indices in nodes.items():
        pages.setdefault(page_of(key), {})[name_of(key)] = len(indices)
        if key[0] and key == page_of(key):
            level, *place = key
            pages[page_of((level - 1, *(p >> 1 for p in place)))][name_of(key)] = -1
    for key, page in pages.items():
        (folder / "ept-hierarchy" / f"{name_of(key)}.json").write_text(json.dumps(page))


def zstandard(data):
    library = ctypes.CDLL(ctypes.util.find_library("zstd"))
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = library.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    out = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(out, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), 3)
    return out.raw[:size]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("las", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--points-per-node", type=int, default=300)
    parser.add_argument("--zstandard", action="store_true")
    arguments = parser.parse_args()
    form, scale, shift, wkt, rows = read_las(arguments.las)

    raws = [struct.unpack_from("<3i", row) for row in rows]
    low, high = [[f(r[a] for r in raws) for a in range(3)] for f in (min, max)]
    edge = max(h - l for l, h in zip(low, high)) + 1
    tree = Tree(rows, low, edge, arguments.points_per_node)
    tree.add((0, 0, 0, 0), list(range(len(rows))))

    for name in ("ept-data", "ept-hierarchy"):
        (arguments.folder / name).mkdir(parents=True)
    write_hierarchy(arguments.folder, tree.nodes)
    for key, indices in tree.nodes.items():
        tile = b"".join(ept_record(rows[i], form) for i in indices)
        path = arguments.folder / "ept-data" / f"{name_of(key)}.{'zst' if arguments.zstandard else 'bin'}"
        path.write_bytes(zstandard(tile) if arguments.zstandard else tile)

    def world(raw):
        return [r * s + o for r, s, o in zip(raw, scale, shift)]

    schema = [{"name": n, "type": t, "size": s} for n, t, s in SCHEMA + (COLOURS if form == 7 else [])]
    for entry, s, o in zip(schema, scale, shift):
        entry.update(scale=s, offset=o)
    (arguments.folder / "ept.json").write_text(json.dumps({
        "version": "1.1.0", "dataType": "zstandard" if arguments.zstandard else "binary", "hierarchyType": "json",
        "points": len(rows), "span": 128, "schema": schema, "srs": {"wkt": wkt} if wkt else {},
        "bounds": world(low) + world([l + edge for l in low]), "boundsConforming": world(low) + world(high)}))


if __name__ == "__main__":
    main()
