#!/usr/bin/env python3
"""Does `copse diff --memory-limit` keep its word where no point of one cloud is in the other?

The number of points of each is COPSE_TEST_POINTS (default 3,000,000).
"""
import json
import os
import subprocess

import harness
from harness import FailureTest, Run

MEGABYTE = 1_000_000


class DiffMemory(FailureTest):
    points = int(os.environ.get("COPSE_TEST_POINTS", "3000000"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.root / "other"
        subprocess.run([cls.program, "synth", cls.other, "--points", str(cls.points), "--passes", "1", "--seed", "2", "--pdrf", "7",
                        "--quiet"], check=True)

    def measured(self, *words):
        """What a run that finds differences reports, and its peak resident size in bytes."""
        run = Run(self.program, "diff", self.survey, self.other, "--json", *words)
        run.output = run.process.stdout.read()
        run.errors = run.process.stderr.read()
        _, status, usage = os.wait4(run.process.pid, 0)
        run.process.returncode = os.waitstatus_to_exitcode(status)
        run.process.stdout.close()
        run.process.stderr.close()
        self.assertEqual(run.exit, 1, run.errors)
        return json.loads(run.output), usage.ru_maxrss * 1024

    def test_the_peak_stays_below_the_limit_and_the_report_is_the_same(self):
        unlimited, most = self.measured()
        print(f"\n    no limit: peak {most // MEGABYTE} MB", end="")
        self.assertEqual(unlimited["equal"], 0)
        self.assertEqual(unlimited["points"], {"a": self.points, "b": self.points})
        for limit, threads in ((160, 1), (256, 1), (256, 2), (256, 4)):
            with self.subTest(limit=limit, threads=threads):
                report, peak = self.measured("--memory-limit", f"{limit}M", "--threads", threads)
                print(f"\n    {limit} MB, {threads} threads: peak {peak // MEGABYTE} MB, {report['passes']} passes", end="")
                self.assertLessEqual(peak, limit * MEGABYTE)
                self.assertEqual({**report, "passes": 0}, {**unlimited, "passes": 0})
        print(" ... ", end="")


if __name__ == "__main__":
    harness.main()
