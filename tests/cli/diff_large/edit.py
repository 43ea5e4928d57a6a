"""edit.py IN.las OUT.las missing|twice|changed: a LAS 1.4 file with its last point left out, twice, or with another intensity."""
import struct
import sys

source, target, what = sys.argv[1:]
data = bytearray(open(source, "rb").read())
start, length = struct.unpack_from("<I", data, 96)[0], struct.unpack_from("<H", data, 105)[0]
count, by_return = 247, 255
points = struct.unpack_from("<Q", data, count)[0]
data = data[:start + points * length]  # without what may follow the points
struct.pack_into("<QI", data, 235, 0, 0)
last = data[-length:]
change = {"missing": -1, "twice": 1, "changed": 0}[what]
if what == "missing":
    del data[-length:]
elif what == "twice":
    data += last
else:
    data[-length + 12] ^= 1
of_return = by_return + 8 * ((last[14] & 15) - 1)
for at in (count, of_return):
    struct.pack_into("<Q", data, at, struct.unpack_from("<Q", data, at)[0] + change)
open(target, "wb").write(data)
