#!/usr/bin/env python3
"""Does `copse convert --memory-limit` keep its word? Measured as peak resident size, and under a cgroup where one can be made.

The number of points is COPSE_TEST_POINTS (default 4,000,000, more than the limits hold).
"""
import contextlib
import filecmp
import json
import os
import pathlib
import re
import struct
from random import Random

import harness
from harness import FailureTest, Run, names

MEBIBYTE = 1 << 20
MEGABYTE = 1_000_000
CGROUPS = pathlib.Path("/sys/fs/cgroup")


class MemoryLimit(FailureTest):
    points = int(os.environ.get("COPSE_TEST_POINTS", "4000000"))

    def measured(self, *words, target=None, **options):
        """A finished run, its peak resident size in bytes, and its report."""
        report_file = self.work / "report.json"
        run = self.start("--report", report_file, "--overwrite", *words, target=target, **options)
        run.errors += run.process.stderr.read()
        _, status, usage = os.wait4(run.process.pid, 0)
        run.process.returncode = os.waitstatus_to_exitcode(status)
        run.process.stdout.close()
        run.process.stderr.close()
        self.assertEqual(run.exit, 0, run.errors)
        return run, usage.ru_maxrss * 1024, json.loads(report_file.read_text())

    def test_the_peak_stays_below_the_limit_and_the_bytes_are_the_same(self):
        unlimited = self.out / "unlimited.copc.laz"
        _, most, report = self.measured(target=unlimited)
        print(f"\n    no limit: peak {most >> 20} MiB, temp {report['temp_bytes'] >> 20} MiB", end="")
        for limit, threads in ((192, 1), (256, 2), (384, 4)):
            with self.subTest(limit=limit, threads=threads):
                _, peak, report = self.measured("--memory-limit", f"{limit}Mi", "--threads", threads)
                print(f"\n    {limit} MiB, {threads} threads: peak {peak >> 20} MiB, temp {report['temp_bytes'] >> 20} MiB",
                      end="")
                self.assertLessEqual(peak, limit * MEBIBYTE)
                self.assertLessEqual(abs(peak - report["peak_memory"]), 16 * MEBIBYTE)
                self.assertTrue(filecmp.cmp(unlimited, self.target, shallow=False), "same bytes as without a limit")
                self.assertLessEqual(report["temp_bytes"], 20 * self.points)
                self.assertEqual(names(self.temp), [])
        print(" ... ", end="")

    def assert_names_a_limit_that_does(self, *words, **options):
        run = self.convert(*words, "--threads", 2, **options)
        self.assert_fails(run, 3, "memory limit is too small")
        self.assert_nothing_is_left()
        named = re.search(r"at least (\d+)M$", run.messages[-1])
        self.assertTrue(named, run.messages[-1])
        _, peak, _ = self.measured("--memory-limit", f"{named[1]}M", "--threads", 2, **options)
        self.assertLessEqual(peak, int(named[1]) * MEGABYTE)

    def test_a_limit_that_is_too_small_names_one_that_does(self):
        self.assert_names_a_limit_that_does("--memory-limit", "20M")

    def test_a_limit_that_is_too_small_for_a_node_of_a_volume_names_one_that_does(self):
        """Its root has most of two million cells, which a surface never has."""
        volume = self.inputs / "volume.las"
        write_volume(volume, self.points)
        self.assert_names_a_limit_that_does("--memory-limit", "200M", source=volume)
        run = self.query("200M")
        self.assert_fails(run, 3, "memory limit is too small: 200,000,000 bytes")
        named = re.search(r"at least (\d+)M$", run.messages[-1])
        self.assertTrue(named, run.messages[-1])
        self.assertLess(int(named[1]), 300)
        self.assertEqual(self.query(f"{named[1]}M").exit, 0)

    def query(self, limit):
        """All points of the converted file as another one."""
        return Run(self.program, "query", self.target, "-o", self.out / "answer.copc.laz", "--temp-dir", self.temp, "--memory-limit", limit,
                   "--threads", 2, "--progress", "none").wait()

    def test_a_cgroup_sets_the_limit_and_is_not_outgrown(self):
        limit = 256 * MEBIBYTE
        with memory_group(self, limit) as enter:
            _, peak, report = self.measured("--threads", 2, before=enter)
        self.assertEqual(report["memory_limit"], limit // 4 * 3)
        self.assertLessEqual(peak, limit // 4 * 3)

    def test_a_limit_as_large_as_the_cgroup_is_kept(self):
        limit = 256 * MEBIBYTE
        with memory_group(self, limit) as enter:
            self.measured("--memory-limit", limit, "--threads", 2, before=enter)


def write_volume(path, points):
    """LAS 1.4, format 6: points anywhere in a cube."""
    box = (65.535, 0) * 3
    header = struct.pack("<4sHH16sBB32s32sHHHIIBHI5I3d3d6dQQIQ15Q", b"LASF", 0, 16, b"", 1, 4, b"", b"", 1, 2026, 375, 375, 0, 6, 30,
                         0, *[0] * 5, *[0.001] * 3, *[0.0] * 3, *box, 0, 0, 0, points, points, *[0] * 14)
    records = bytearray(30 * points)
    random = Random(1)
    for at in (0, 1, 4, 5, 8, 9):  # the lower half of x, y and z
        records[at::30] = random.randbytes(points)
    records[14::30] = b"\x11" * points  # the only return
    path.write_bytes(header + records)


@contextlib.contextmanager
def memory_group(test, limit):
    """A cgroup with so much memory and no swap; gives what a child must call to enter it."""
    group = make_group(limit)
    if group is None:
        test.skipTest("cannot make a cgroup with a memory limit here")
    try:
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        group.rmdir()


def make_group(limit):
    """Below the group of this process where memory may be limited (version 1 or 2), or None."""
    for parent, limit_file, swap_file in candidates():
        group = parent / f"copse-test-{os.getpid()}"
        try:
            group.mkdir()
            try:
                (group / limit_file).write_text(str(limit))
                if (group / swap_file).exists():
                    (group / swap_file).write_text("0" if swap_file == "memory.swap.max" else str(limit))
                return group
            except OSError:
                group.rmdir()
        except OSError:
            continue
    return None


def candidates():
    with open("/proc/self/cgroup", encoding="ascii") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if "memory" in controllers.split(","):
                for folder in (CGROUPS / "memory" / path.lstrip("/"), CGROUPS / "memory"):
                    yield folder, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
            if controllers == "":
                # Of version 2, a group with processes has no limited groups below it; one beside it may be.
                own = CGROUPS / path.lstrip("/")
                for folder in (own, own.parent):
                    yield folder, "memory.max", "memory.swap.max"


if __name__ == "__main__":
    harness.main()
