"""Turns the GPS times of a LAS file of point format 6 into seconds of the week, and says so in its header."""
import struct
import sys

data = bytearray(open(sys.argv[1], "rb").read())
data[6] &= ~1
offset, = struct.unpack_from("<I", data, 96)
length, = struct.unpack_from("<H", data, 105)
for at in range(offset + 22, len(data), length):
    time, = struct.unpack_from("<d", data, at)
    struct.pack_into("<d", data, at, (time + 1e9) % 604800)
open(sys.argv[2], "wb").write(data)
