"""Times LASzip or laz-rs by their PyPI packages. Speaks the protocol of bench/compare.py, one thread, from and to memory.

usage: python_worker.py laszip|lazrs

decode FILE all|xyz REPEATS    every point into LAS records
encode FILE all REPEATS        every point, in chunks of 50,000
checksum                       CRC-32 of the records that the latest request made; what was encoded is decoded for that

Both packages move whole buffers: Python's own share is microseconds.
"""
import io
import struct
import sys
import time
import zlib

import numpy as np

XYZ_BYTES = 12  # X, Y and Z lead a LAS record of any format


class File:
    """A LAZ file and what was made of it."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        data = self.bytes
        legacy, = struct.unpack_from("<I", data, 107)
        self.count = struct.unpack_from("<Q", data, 247)[0] if data[25] >= 4 and legacy == 0 else legacy
        self.length, = struct.unpack_from("<H", data, 105)
        self.points_at, = struct.unpack_from("<I", data, 96)
        self.records = np.zeros(self.count * self.length, np.uint8)
        self.is_whole = False  # records hold all fields of all points
        self.encoded = b""

    def vlrs(self):
        """Yields (user id, payload, VLR with its header)."""
        at, = struct.unpack_from("<H", self.bytes, 94)
        for _ in range(struct.unpack_from("<I", self.bytes, 100)[0]):
            end = at + 54 + struct.unpack_from("<H", self.bytes, at + 20)[0]
            yield self.bytes[at + 2:at + 18].rstrip(b"\0"), self.bytes[at + 54:end], self.bytes[at:end]
            at = end


class Laszip:
    """https://pypi.org/project/laszip: the C++ library."""

    def __init__(self):
        import laszip
        self.library = laszip

    def decode(self, file, selection):
        mask = self.library.DECOMPRESS_SELECTIVE_ALL
        if selection == "xyz":
            mask = self.library.DECOMPRESS_SELECTIVE_CHANNEL_RETURNS_XY | self.library.DECOMPRESS_SELECTIVE_Z
        self.library.LasUnZipper(io.BytesIO(file.bytes), mask).decompress_into(file.records)

    def prepare(self, file):
        """The header and VLRs that an uncompressed LAS file would have: LasZipper adds its own."""
        vlrs = [whole for user_id, _, whole in file.vlrs() if user_id not in (b"laszip encoded", b"copc")]
        size, = struct.unpack_from("<H", file.bytes, 94)
        header = bytearray(file.bytes[:size])
        header[104] &= 0x3F
        struct.pack_into("<II", header, 96, size + sum(map(len, vlrs)), len(vlrs))
        if size >= 375:
            struct.pack_into("<QI", header, 235, 0, 0)  # no EVLRs
        file.plain_header = bytes(header) + b"".join(vlrs)

    def encode(self, file):
        out = io.BytesIO()
        encoder = self.library.LasZipper(out, file.plain_header)
        encoder.compress(file.records)
        encoder.done()
        file.encoded = out.getbuffer()

    def decode_encoded(self, file):
        self.library.LasUnZipper(io.BytesIO(file.encoded)).decompress_into(file.records)


class Lazrs:
    """https://pypi.org/project/lazrs: the binding of laz-rs."""

    def __init__(self):
        import lazrs
        self.library = lazrs

    def decode_from(self, encoded, vlr, mask, out):
        selection = self.library.DecompressionSelection(mask)
        self.library.LasZipDecompressor(encoded, vlr, selection).decompress_many(out)

    def decode(self, file, selection):
        source = io.BytesIO(file.bytes)
        source.seek(file.points_at)
        vlr = next(payload for user_id, payload, _ in file.vlrs() if user_id == b"laszip encoded")
        mask = self.library.SELECTIVE_DECOMPRESS_ALL
        if selection == "xyz":
            mask = self.library.SELECTIVE_DECOMPRESS_XY_RETURNS_CHANNEL | self.library.SELECTIVE_DECOMPRESS_Z
        self.decode_from(source, vlr, mask, file.records)

    def prepare(self, file):
        point_format = file.bytes[104] & 0x3F
        base = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67][point_format]
        file.vlr = self.library.LazVlr.new_for_compression(point_format, file.length - base)

    def encode(self, file):
        # The position of the chunk table comes first, and is relative to where the stream's first byte is.
        file.encoded = self.library.compress_points(file.vlr, file.records, False)

    def decode_encoded(self, file):
        self.decode_from(io.BytesIO(file.encoded), bytes(file.vlr.record_data()), self.library.SELECTIVE_DECOMPRESS_ALL,
                         file.records)


def nanoseconds_of(repeats, work, *arguments):
    """Processor time of this thread, a mean of `repeats`."""
    start = time.thread_time_ns()
    for _ in range(repeats):
        work(*arguments)
    return (time.thread_time_ns() - start) / repeats


def run(codec, file, verb, selection, repeats):
    if verb == "decode":
        file.is_whole = selection != "xyz"
        return nanoseconds_of(repeats, codec.decode, file, selection)
    if not file.is_whole:
        run(codec, file, "decode", "all", 1)
    codec.prepare(file)
    return nanoseconds_of(repeats, codec.encode, file)


def checksum(codec, file, verb, selection):
    if verb == "encode":
        codec.decode_encoded(file)
    records = file.records.reshape(file.count, file.length)
    return zlib.crc32((records[:, :XYZ_BYTES] if selection == "xyz" else records).tobytes())


def main():
    codec = {"laszip": Laszip, "lazrs": Lazrs}[sys.argv[1]]()
    files, latest = {}, None
    for line in sys.stdin:
        verb, *words = line.rstrip("\n").split("\t")
        if verb == "checksum":
            path, *latest_words = latest
            print(f"{checksum(codec, files[path], *latest_words):08x}", flush=True)
            continue
        path, selection, repeats = words[:3]
        if path not in files:
            files[path] = File(path)
        print(run(codec, files[path], verb, selection, int(repeats)), files[path].count, flush=True)
        latest = path, verb, selection


main()
