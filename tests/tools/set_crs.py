#!/usr/bin/env python3
"""Copies an uncompressed LAS file with another coordinate system in its records, or with none. Standard library only.

    tests/tools/set_crs.py IN.las OUT.las [--wkt FILE | --geotiff EPSG_CODE_OF_A_PROJECTED_CRS]
"""
import argparse
import pathlib
import struct

WKT_BIT = 1 << 4


def vlr(record, payload):
    return struct.pack("<H16sHH32s", 0, b"LASF_Projection", record, len(payload), b"") + payload


def geotiff_keys(code):
    keys = [(1024, 1), (1025, 1), (3072, code), (3076, 9001)]
    return struct.pack("<4H", 1, 1, 0, len(keys)) + b"".join(struct.pack("<4H", key, 0, 1, value) for key, value in keys)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--wkt", type=pathlib.Path)
    parser.add_argument("--geotiff", type=int)
    arguments = parser.parse_args()

    data = bytearray(arguments.source.read_bytes())
    header_size, points_at, count = struct.unpack_from("<HII", data, 94)
    records, at = [], header_size
    for _ in range(count):
        size = 54 + struct.unpack_from("<H", data, at + 20)[0]
        if data[at + 2:at + 18].rstrip(b"\0") != b"LASF_Projection":
            records.append(bytes(data[at:at + size]))
        at += size
    encoding = struct.unpack_from("<H", data, 6)[0] & ~WKT_BIT
    if arguments.wkt:
        records.append(vlr(2112, arguments.wkt.read_bytes().rstrip() + b"\0"))
        encoding |= WKT_BIT
    if arguments.geotiff:
        records.append(vlr(34735, geotiff_keys(arguments.geotiff)))

    front = data[:header_size] + b"".join(records)
    struct.pack_into("<H", front, 6, encoding)
    struct.pack_into("<II", front, 96, len(front), len(records))
    evlrs_at = struct.unpack_from("<Q", data, 235)[0]
    if evlrs_at:
        struct.pack_into("<Q", front, 235, evlrs_at + len(front) - points_at)
    arguments.target.write_bytes(front + data[points_at:])


if __name__ == "__main__":
    main()
