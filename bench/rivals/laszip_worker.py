"""Times LASzip (the PyPI binding of the C++ library). Speaks the protocol of bench/codec.py.

decode FILE all|xyz, encode FILE: one thread, from and to memory; the binding moves whole buffers, so Python's share is a few microseconds.
"""
import io
import struct
import sys
import time

import laszip
import numpy as np

files = {}


class File:
    def __init__(self, path):
        self.bytes = open(path, "rb").read()
        data = self.bytes
        legacy, = struct.unpack_from("<I", data, 107)
        self.count = struct.unpack_from("<Q", data, 247)[0] if data[25] >= 4 and legacy == 0 else legacy
        self.length, = struct.unpack_from("<H", data, 105)
        self.buffer = np.zeros(self.count * self.length, np.uint8)
        self.records = None

    def decode(self, selection):
        mask = laszip.DECOMPRESS_SELECTIVE_ALL
        if selection == "xyz":
            mask = laszip.DECOMPRESS_SELECTIVE_CHANNEL_RETURNS_XY | laszip.DECOMPRESS_SELECTIVE_Z
        source = io.BytesIO(self.bytes)
        start = time.perf_counter()
        laszip.LasUnZipper(source, mask).decompress_into(self.buffer)
        return time.perf_counter() - start

    def plain_header(self):
        """The file's header and VLRs but for LASzip's own, as LasZipper wants them: an uncompressed LAS file's."""
        data = bytearray(self.bytes)
        size, at, count = (struct.unpack_from(f, data, o)[0] for f, o in (("<H", 94), ("<I", 96), ("<I", 100)))
        vlrs, place, kept = b"", size, 0
        for _ in range(count):
            length, = struct.unpack_from("<H", data, place + 20)
            vlr = bytes(data[place:place + 54 + length])
            place += 54 + length
            if not vlr[2:].startswith((b"laszip", b"copc")):
                vlrs, kept = vlrs + vlr, kept + 1
        header = data[:size]
        header[104] &= 0x3F
        struct.pack_into("<II", header, 96, size + len(vlrs), kept)
        if size >= 375:
            struct.pack_into("<QI", header, 235, 0, 0)
        return bytes(header) + vlrs

    def encode(self):
        if self.records is None:
            self.decode("all")
            self.records = self.buffer.copy()
            self.header = self.plain_header()
        out = io.BytesIO()
        start = time.perf_counter()
        encoder = laszip.LasZipper(out, self.header)
        encoder.compress(self.records)
        encoder.done()
        return time.perf_counter() - start


for line in sys.stdin:
    verb, path, *rest = line.rstrip("\n").split("\t")
    if path not in files:
        files[path] = File(path)
    file = files[path]
    seconds = file.decode(*rest) if verb == "decode" else file.encode()
    print(seconds, file.count, flush=True)
