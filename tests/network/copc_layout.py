"""Where things lie in a COPC file: chunks with the boxes and times of their nodes, read without any code of Copse. A witness of what a
reader should have fetched.

@spec COPC 1.0; COPC Temporal Index Extension 1.0 draft 2
"""
import dataclasses
import struct


@dataclasses.dataclass
class Node:
    key: tuple  # level, x, y, z
    offset: int
    size: int
    points: int
    first: float = None  # GPS times of its first and last sample; None without an entry in the temporal index
    last: float = None

    @property
    def end(self):
        return self.offset + self.size


class Layout:
    def __init__(self, path):
        with open(path, "rb") as self.file:
            header = self.at(0, 375)
            self.points_begin, = struct.unpack_from("<I", header, 96)
            self.evlr_begin, evlrs = struct.unpack_from("<QI", header, 235)
            info = struct.unpack_from("<5d2Q2d", self.at(375 + 54, 160))
            self.center, self.half_size = info[:3], info[3]
            self.bounds = [struct.unpack_from("<2d", header, 179 + 16 * axis)[::-1] for axis in range(3)]
            self.nodes = {}
            self.pages = []  # (offset, size) of hierarchy and temporal pages
            self.read_hierarchy(*info[5:7])
            self.has_times = False
            at = self.evlr_begin
            for _ in range(evlrs):
                user, record, size = struct.unpack_from("<16sHQ", self.at(at, 60), 2)
                if (user.rstrip(b"\0"), record) == (b"copc_temporal", 1000):
                    self.has_times = True
                    offset, page_size = struct.unpack_from("<QI", self.at(at + 60, 32), 16)
                    self.read_times(offset, page_size)
                at += 60 + size

    def at(self, offset, size):
        self.file.seek(offset)
        return self.file.read(size)

    def read_hierarchy(self, offset, size):
        self.pages.append((offset, size))
        for key_and_entry in struct.iter_unpack("<4iQii", self.at(offset, size)):
            key, (where, length, points) = key_and_entry[:4], key_and_entry[4:]
            if points < 0:
                self.read_hierarchy(where, length)
            elif points > 0:
                self.nodes[key] = Node(key, where, length, points)

    def read_times(self, offset, size):
        self.pages.append((offset, size))
        page, at = self.at(offset, size), 0
        while at < len(page):
            *key, samples = struct.unpack_from("<4iI", page, at)
            at += 20
            if samples == 0:
                where, length = struct.unpack_from("<QI", page, at)
                at += 28
                self.read_times(where, length)
                continue
            node = self.nodes[tuple(key)]
            node.first, = struct.unpack_from("<d", page, at)
            node.last, = struct.unpack_from("<d", page, at + 8 * (samples - 1))
            at += 8 * samples

    def box(self, node):
        """Closed: (low, high) for each axis."""
        edge = 2 * self.half_size / 2 ** node.key[0]
        low = [self.center[axis] - self.half_size + node.key[axis + 1] * edge for axis in range(3)]
        return [(value, value + edge) for value in low]

    def wanted(self, area=None, window=None):
        """The nodes that neither place nor index excludes: `area` is x0, y0, x1, y1, `window` is from, to."""
        return [node for node in self.nodes.values() if self.meets(node, area) and in_window(node, window)]

    def meets(self, node, area):
        if area is None:
            return True
        return all(low <= area[axis + 2] and high >= area[axis] for axis, (low, high) in enumerate(self.box(node)[:2]))

    def is_chunk(self, logged):
        """A request for chunks, rather than for the start of the file or for pages."""
        return self.points_begin <= logged.first < self.evlr_begin and logged.first > 0


def in_window(node, window):
    return window is None or node.first is None or (node.first <= window[1] and node.last >= window[0])


def overlap(ranges, begin, end):
    """How many bytes of [begin, end) lie in ranges of (first, end), which do not overlap each other."""
    return sum(max(0, min(b, end) - max(a, begin)) for a, b in ranges)
