#!/usr/bin/env python3
"""Copies an uncompressed LAS file without extra bytes, with one dimension of them added. Standard library only.

    tests/tools/add_dimension.py IN.las OUT.las NAME [--type 3] [--first 0]

The dimension is of a data type of LAS 1.4, "Extra Bytes" (1 to 8), and counts the points from --first on.
"""
import argparse
import pathlib
import struct

SIZES = {1: "B", 2: "b", 3: "H", 4: "h", 5: "I", 6: "i", 7: "Q", 8: "q"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("--type", type=int, choices=SIZES, default=3)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()

    data = arguments.source.read_bytes()
    points_at, vlr_count, _, length = struct.unpack_from("<IIBH", data, 96)
    count, evlrs_at = struct.unpack_from("<Q", data, 247)[0], struct.unpack_from("<Q", data, 235)[0]
    value = struct.Struct("<" + SIZES[arguments.type])

    descriptor = struct.pack("<HBB32s4x120s32s", 0, arguments.type, 0, arguments.name.encode(), b"", b"")
    record = struct.pack("<H16sHH32s", 0, b"LASF_Spec", 4, len(descriptor), b"") + descriptor
    front = bytearray(data[:points_at] + record)
    points, number = bytearray(), arguments.first
    for row in range(points_at, points_at + count * length, length):
        points += data[row:row + length] + value.pack(number % (1 << (8 * value.size - 1)))
        number += 1
    struct.pack_into("<II", front, 96, len(front), vlr_count + 1)
    struct.pack_into("<H", front, 105, length + value.size)
    rest = data[points_at + count * length:]
    if evlrs_at:
        struct.pack_into("<Q", front, 235, len(front) + len(points) + evlrs_at - points_at - count * length)
    arguments.target.write_bytes(front + points + rest)


if __name__ == "__main__":
    main()
