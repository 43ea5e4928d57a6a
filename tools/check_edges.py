#!/usr/bin/env python3
"""Lists the include edges between rooms and fails on one that is not drawn here.

A room may include public headers (copse/<room>.hpp) of the rooms below it and private headers ("<room>/x.hpp") of its own only.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Room -> rooms it may use, lowest first. A room not listed here does not exist.
ARROWS = {
    "wire": [],
    "las": ["wire"],
    "laz": ["wire", "las"],
    "copc": ["wire", "las"],
    "temporal": ["wire", "las", "copc"],
    "time": ["wire", "las", "temporal"],
    "filter": ["wire", "las"],
    "write": ["wire", "las", "laz"],
    "read": ["wire", "las", "laz", "copc", "temporal", "filter"],
    "build": ["wire", "las", "laz", "copc", "temporal"],
    "check": ["wire", "las", "laz", "copc", "temporal", "filter", "read"],
    "async": ["wire", "las", "laz", "copc", "temporal", "filter", "read"],
    "compare": ["wire", "las", "laz"],
    "synth": ["wire", "las", "laz", "write"],
    "ept": ["wire", "las", "laz"],
    "io": ["wire"],
    "crs": ["wire", "las"],
}
# Hosts use public headers only.
HOSTS = {"cli": "cli", "examples": "examples"}
EVERYWHERE = {"version"}
# Public headers that are a part of a room.
PARTS = {"tree": "read"}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def includes(path):
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in {".hpp", ".cpp"}) if folder.is_dir() else []


def room_of(public_header):
    stem = pathlib.Path(public_header).stem
    return PARTS.get(stem, stem)


def main():
    edges, faults = {}, []

    def judge(room, path, number, target, private):
        where = f"{path.relative_to(ROOT)}:{number}"
        if target == room or target in EVERYWHERE:
            return
        edges.setdefault((room, target), 0)
        edges[room, target] += 1
        if private:
            faults.append(f"{where}: {room} reaches into the private headers of {target}")
        elif room in ARROWS and target not in ARROWS[room]:
            faults.append(f"{where}: {room} may not use {target}")

    for room in ARROWS:
        files = [(p, True) for p in sources(ROOT / "src" / room)]
        for name in [room] + [part for part, whole in PARTS.items() if whole == room]:
            public = ROOT / "include" / "copse" / f"{name}.hpp"
            if public.exists():
                files.append((public, False))
        for path, _ in files:
            for number, name in includes(path):
                if name.startswith("copse/"):
                    judge(room, path, number, room_of(name), private=False)
                elif "/" in name and name.split("/")[0] in ARROWS:
                    judge(room, path, number, name.split("/")[0], private=True)
    for host, folder in HOSTS.items():
        for path in sources(ROOT / folder):
            for number, name in includes(path):
                if name.startswith("copse/"):
                    target = room_of(name)
                    if target not in EVERYWHERE and target != "copse":
                        edges.setdefault((host, target), 0)
                        edges[host, target] += 1
                elif "/" in name and name.split("/")[0] in ARROWS:
                    judge(host, path, number, name.split("/")[0], private=True)

    for folder in sorted(p.name for p in (ROOT / "src").iterdir() if p.is_dir()):
        if folder not in ARROWS:
            faults.append(f"src/{folder}: a room that tools/check_edges.py does not know")
    for a, b in edges:
        if (b, a) in edges and a < b:
            faults.append(f"{a} and {b} include each other")
    for (a, b), count in sorted(edges.items()):
        print(f"{a} -> {b} ({count})")
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
