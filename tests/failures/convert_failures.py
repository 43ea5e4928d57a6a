#!/usr/bin/env python3
"""What `copse convert` leaves behind when it cannot finish: a clear line, the right exit status, and nothing else."""
import json
import os
import signal
import subprocess

import harness
from harness import FailureTest, names, small_disk

READING = ("scan", "route")
SMALL = ("--memory-limit", "200M", "--threads", "2")


class Signals(FailureTest):
    def test_ctrl_c_ends_with_130_and_leaves_nothing(self):
        run = self.start().wait_for_stage(*READING).send(signal.SIGINT).wait()
        self.assertEqual(run.exit, 130, run.errors)
        self.assert_nothing_is_left()

    def test_sigterm_ends_with_143_and_leaves_nothing(self):
        run = self.start(*SMALL).wait_for_stage(*READING).send(signal.SIGTERM).wait()
        self.assertEqual(run.exit, 143, run.errors)
        self.assert_nothing_is_left()

    def test_a_signal_while_the_output_is_made_leaves_nothing(self):
        run = self.start().wait_for_stage("build").send(signal.SIGINT).wait()
        self.assertEqual(run.exit, 130, run.errors)
        self.assert_nothing_is_left()

    def test_an_old_output_survives_an_interrupted_overwriting(self):
        self.target.write_text("old")
        run = self.start("--overwrite").wait_for_stage(*READING).send(signal.SIGINT).wait()
        self.assertEqual(run.exit, 130, run.errors)
        self.assertEqual(names(self.out), [self.target.name])
        self.assertEqual(self.target.read_text(), "old")

    def test_another_run_for_the_same_output_is_left_alone(self):
        first = self.start().wait_for_stage(*READING)
        second = self.convert()
        first.wait()
        self.assertEqual(sorted([first.exit, second.exit]), [0, 2], first.errors + second.errors)
        self.assertEqual(names(self.out), [self.target.name])


class FullDisks(FailureTest):
    def test_too_little_space_for_the_output_is_said_before_the_work(self):
        with small_disk(self, self.out, "1m"):
            run = self.convert()
            self.assert_fails(run, 3, self.out, "not enough space", "bytes may be needed", "are free")
            self.assertNotIn('"build"', run.errors)
            self.assert_nothing_is_left()

    def test_an_output_disk_that_fills_up_in_the_middle(self):
        with small_disk(self, self.out, "200m"):
            run = self.start().wait_for_stage(*READING)
            fill(self.out / "somebody-elses")
            self.assert_fails(run.wait(), 3, self.target, "No space left on device")
            self.assertEqual(names(self.out), ["somebody-elses"])

    def test_an_output_larger_than_files_may_be(self):
        run = self.convert(limit_file_bytes=1 << 20)
        self.assert_fails(run, 3, self.target, "File too large")
        self.assert_nothing_is_left()

    def test_a_full_disk_for_the_report_keeps_the_output(self):
        report = self.work / "disk" / "report.json"
        report.parent.mkdir()
        with small_disk(self, report.parent, "64k"):
            run = self.start("--report", report).wait_for_stage(*READING)
            fill(report.parent / "somebody-elses")
            self.assert_fails(run.wait(), 3, report, "No space left on device")
            self.assertEqual(names(self.out), [self.target.name])
            self.assertEqual(names(report.parent), ["somebody-elses"])


class TemporaryData(FailureTest):
    points = 4_000_000  # more than the small limit holds

    def test_after_kill_9_no_temporary_data_are_left_and_the_next_run_removes_the_half_output(self):
        run = self.start(*SMALL).wait_for_stage("build").send(signal.SIGKILL).wait()
        self.assertEqual(run.exit, -signal.SIGKILL)
        self.assertEqual(names(self.temp), [])
        self.assertFalse(self.target.exists())
        self.assertEqual(len(names(self.out)), 1, "the output under its temporary name")
        again = self.convert()
        self.assertEqual(again.exit, 0, again.errors)
        self.assertEqual(names(self.out), [self.target.name])
        self.assertEqual(names(self.temp), [])

    def test_too_little_space_for_temporary_data_is_said_before_the_work(self):
        with small_disk(self, self.temp, "1m"):
            run = self.convert(*SMALL)
            self.assert_fails(run, 3, self.temp, "not enough space", "temporary data")
            self.assert_nothing_is_left()

    def test_output_and_temporary_data_on_one_disk_are_added(self):
        with small_disk(self, self.out, "1m"):
            run = self.convert(*SMALL, temp=self.out)
            self.assert_fails(run, 3, self.out, "not enough space")
            self.assert_nothing_is_left()

    def test_a_temporary_disk_that_fills_up_in_the_middle(self):
        with small_disk(self, self.temp, "400m"):
            run = self.start(*SMALL).wait_for_stage(*READING)
            fill(self.temp / "somebody-elses")
            run.wait()
            self.assert_fails(run, 3, self.temp, "No space left on device")
            self.assertEqual(names(self.out), [])


class Outputs(FailureTest):
    points = 200_000

    def test_a_read_only_disk(self):
        with small_disk(self, self.out, "1m", ",ro"):
            self.assert_fails(self.convert(), 3, self.target, "Read-only file system")

    def test_a_folder_that_may_not_be_written(self):
        self.out.chmod(0o555)
        run = as_nobody(self, self.start)
        self.assert_fails(run, 3, self.target, "Permission denied")
        self.assert_nothing_is_left()

    def test_a_temporary_folder_that_may_not_be_written(self):
        self.out.chmod(0o777)
        self.temp.chmod(0o555)
        run = as_nobody(self, self.start)
        self.assert_fails(run, 3, self.temp, "Permission denied")
        self.assert_nothing_is_left()

    def test_an_output_that_exists(self):
        self.target.write_text("old")
        self.assert_fails(self.convert(), 2, self.target, "exists already", "--overwrite")
        self.assertEqual(self.target.read_text(), "old")

    def test_an_output_that_is_a_folder(self):
        self.target.mkdir()
        self.assert_fails(self.convert("--overwrite"), 2, self.target, "folder")
        self.assertEqual(names(self.target), [])


class LongRuns(FailureTest):
    def test_an_output_that_appears_meanwhile_is_not_replaced(self):
        run = self.start().wait_for_stage(*READING)
        self.target.write_text("somebody else's")
        self.assert_fails(run.wait(), 2, self.target, "exists already")
        self.assertEqual(names(self.out), [self.target.name])
        self.assertEqual(self.target.read_text(), "somebody else's")

    def test_an_input_that_grows_meanwhile(self):
        path = self.copy_inputs()[-1]
        run = self.start(source=self.inputs).wait_for_stage(*READING)
        with open(path, "ab") as file:
            file.write(b"more")
        self.assert_fails(run.wait(), 3, path, "changed while it was read")
        self.assert_nothing_is_left()

    def test_an_input_that_shrinks_meanwhile(self):
        path = self.copy_inputs()[-1]
        run = self.start(source=self.inputs).wait_for_stage(*READING)
        os.truncate(path, 5000)
        self.assert_fails(run.wait(), 3, path, "changed while it was read")
        self.assert_nothing_is_left()

    def test_an_input_that_changes_is_not_skipped_as_damaged(self):
        path = self.copy_inputs()[-1]
        run = self.start("--skip-damaged", source=self.inputs).wait_for_stage(*READING)
        os.truncate(path, 5000)
        self.assert_fails(run.wait(), 3, path, "changed while it was read")
        self.assert_nothing_is_left()


class Inputs(FailureTest):
    points = 200_000

    def test_an_input_that_may_not_be_read(self):
        path = self.copy_inputs()[0]
        path.chmod(0)
        self.out.chmod(0o777)
        self.temp.chmod(0o777)
        run = as_nobody(self, self.start, source=self.inputs)
        self.assert_fails(run, 3, path, "Permission denied")
        self.assert_nothing_is_left()

    def test_a_pipe(self):
        path = self.inputs / "pipe.laz"
        os.mkfifo(path)
        self.assert_fails(self.convert(source=path), 3, path, "pipe")
        self.assert_nothing_is_left()

    def test_a_folder_without_point_clouds(self):
        self.assert_fails(self.convert(source=self.inputs), 2, self.inputs, "no LAS or LAZ files")

    def test_a_damaged_chunk_ends_the_run_with_its_place(self):
        path = damage_chunk(self.copy_inputs()[0])
        run = self.convert(source=self.inputs)
        self.assert_fails(run, 1, path, "offset ")
        self.assert_nothing_is_left()

    def test_a_damaged_chunk_is_skipped_when_asked_for(self):
        path = damage_chunk(self.copy_inputs()[0])
        self.assert_goes_on_without_damage(path)

    def test_a_file_cut_short_ends_the_run(self):
        path = self.copy_inputs()[0]
        os.truncate(path, path.stat().st_size // 2)
        self.assert_fails(self.convert(source=self.inputs), 1, path, "offset ")
        self.assert_nothing_is_left()

    def test_a_file_cut_short_is_skipped_as_far_as_it_is_missing(self):
        path = self.copy_inputs()[0]
        os.truncate(path, path.stat().st_size // 2)
        self.assert_goes_on_without_damage(path)

    def test_uncompressed_points_cut_short_are_skipped(self):
        subprocess.run([self.program, "synth", self.inputs, "--points", "200000", "--passes", "2", "--format", "las",
                        "--quiet"], check=True)
        path = sorted(self.inputs.glob("*.las"))[0]
        os.truncate(path, path.stat().st_size // 2 + 7)
        self.assert_fails(self.convert(source=self.inputs), 1, path, "offset ")
        self.assert_goes_on_without_damage(path)

    def assert_goes_on_without_damage(self, path):
        report_file = self.work / "report.json"
        run = self.convert("--skip-damaged", "--report", report_file, source=self.inputs)
        self.assert_fails(run, 1, self.target, "of damaged inputs")
        self.assertTrue(any(line.startswith(f"copse: warning: {path}: offset ") for line in run.messages), run.errors)
        self.assertEqual(names(self.out), [self.target.name])
        self.assertEqual(names(self.temp), [])
        report = json.loads(report_file.read_text())
        self.assertEqual({part["file"] for part in report["skipped"]}, {str(path)})
        self.assertGreater(report["skipped_points"], 0)
        self.assertEqual(report["points_in"], report["points_out"])
        self.assertEqual(report["points_in"] + report["skipped_points"], self.points)
        self.assert_valid(self.target)


def fill(path):
    """Writes until the disk is full."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            return


def as_nobody(test, start, **options):
    """Runs as somebody whom permissions concern."""
    if os.geteuid() != 0:
        return start(**options).wait()
    if os.environ.get(harness.INSIDE) == "1" and not maps_nobody():
        test.skipTest("root in a user namespace is the only user")
    return start(user=harness.NOBODY, group=harness.NOBODY, extra_groups=[], **options).wait()


def maps_nobody():
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return any(int(line.split()[0]) <= harness.NOBODY < int(line.split()[0]) + int(line.split()[2]) for line in file)


def damage_chunk(path):
    """Overwrites bytes in the middle of the points of a LAZ file."""
    middle = path.stat().st_size // 2
    with open(path, "r+b") as file:
        file.seek(middle)
        file.write(bytes([0xFF]) * 2000)
    return path


if __name__ == "__main__":
    harness.main()
