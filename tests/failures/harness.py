"""Runs copse where things go wrong: full disks, signals, files that change.

    tests/failures/convert_failures.py build/copse [-v] [TEST...]
"""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SECONDS = 300
INSIDE = "COPSE_TESTS_MAY_MOUNT"  # set in the process that has mounts of its own
NOBODY = 65534


class Run:
    """One process, from its start to its end."""

    def __init__(self, program, *words, limit_file_bytes=None, before=None, **options):
        def prepare():
            if before is not None:
                before()
            if limit_file_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_file_bytes, limit_file_bytes))
            # Not those of the test's own parent, which may ignore them.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)

        self.process = subprocess.Popen([program, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="backslashreplace",
                                        preexec_fn=prepare, **options)
        self.errors = ""
        self.output = ""

    def wait_for_stage(self, *stages):
        """Waits until one of the stages has begun. The run must say --progress json."""
        for line in self.process.stderr:
            self.errors += line
            if line.startswith("{") and (not stages or json.loads(line)["stage"] in stages):
                return self
        raise AssertionError(f"the run ended before its work began: {self.errors}")

    def send(self, number):
        self.process.send_signal(number)
        return self

    def wait(self):
        self.output, errors = self.process.communicate(timeout=SECONDS)
        self.errors += errors
        return self

    @property
    def exit(self):
        return self.process.returncode

    @property
    def messages(self):
        """Lines for people, without those of --progress json."""
        return [line for line in self.errors.splitlines() if not line.startswith("{")]


class FailureTest(unittest.TestCase):
    """Each test has folders of its own: `out` for outputs, `temp` for temporary files, `inputs` shared by the class."""

    points = 1_000_000
    program = None

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="copse-failures-"))
        cls.root.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.survey = cls.root / "survey"
        subprocess.run([cls.program, "synth", cls.survey, "--points", str(cls.points), "--passes", "2", "--quiet"], check=True)

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        self.work.chmod(0o755)
        self.out, self.temp, self.inputs = (self.work / name for name in ("out", "temp", "inputs"))
        for folder in (self.out, self.temp, self.inputs):
            folder.mkdir()
        self.target = self.out / "survey.copc.laz"

    def start(self, *words, source=None, target=None, temp=None, **options):
        return Run(self.program, "convert", source or self.survey, target or self.target, "--temp-dir", temp or self.temp,
                   "--progress", "json", *words, **options)

    def convert(self, *words, **options):
        return self.start(*words, **options).wait()

    def copy_inputs(self):
        """A copy of the survey that a test may change; the paths, sorted."""
        for path in self.survey.iterdir():
            shutil.copy(path, self.inputs)
        return sorted(self.inputs.glob("*.la[sz]"))

    def assert_nothing_is_left(self):
        self.assertEqual(names(self.out), [])
        self.assertEqual(names(self.temp), [])

    def assert_fails(self, run, status, *parts):
        """Ended with a status and one line that says why, in which all parts occur. What was done comes before it."""
        self.assertEqual(run.exit, status, run.errors)
        no_errors = ("copse: warning: ", "copse: wrote ", "  ")
        errors = [line for line in run.messages if not line.startswith(no_errors)]
        self.assertEqual(errors, run.messages[-1:], run.errors)
        for part in ("copse: ", *parts):
            self.assertIn(str(part), errors[0])

    def assert_valid(self, path):
        done = subprocess.run([self.program, "validate", "--deep", "--quiet", path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


def names(folder):
    return sorted(os.listdir(folder))


@contextlib.contextmanager
def small_disk(test, folder, size, options=""):
    """A file system of its own on a folder. Only where this process may mount."""
    if os.environ.get(INSIDE) != "1":
        test.skipTest("cannot mount a small file system here (needs unshare and user namespaces, or root)")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=777{options}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def enter_own_mounts():
    """Starts this script again where it may mount without anybody else seeing it; goes on as it is where that fails."""
    if INSIDE in os.environ:
        return
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    with tempfile.TemporaryDirectory() as folder:
        attempt = [*unshare, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
        works = shutil.which("unshare") and subprocess.run(attempt, capture_output=True).returncode == 0
    os.environ[INSIDE] = "1" if works else "0"
    if works:
        os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def main():
    """The first argument is the program, the rest is for unittest."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} PROGRAM [unittest's arguments]")
    enter_own_mounts()
    FailureTest.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
