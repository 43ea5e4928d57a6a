"""Runs a program and says what it took."""
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

MEMORY_EVERY = 0.02  # seconds between two looks at a process's memory
TEMP_EVERY = 0.25  # ... at the files of its folder for temporary data


@dataclasses.dataclass
class Run:
    wall: float  # seconds
    cpu: float  # seconds of all threads, in the program and in the kernel for it
    peak: int  # bytes resident, by the kernel's own account
    sampled_peak: int = 0  # bytes resident, by looking often
    temp: int = 0  # bytes on the disk for temporary files, by looking now and then


def resident_bytes(pid):
    """Bytes resident now; 0 once the process is gone."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def folder_bytes(folder):
    """Bytes on the disk of all files below a folder, some of which may be gone by the time they are asked for."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_blocks * 512
            except OSError:
                pass
    return total


class Sampler:
    """Keeps the largest value of `look()`, called again and again by a thread of its own."""

    def __init__(self, look, every):
        self.look, self.every, self.peak = look, every, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            self.peak = max(self.peak, self.look())
            if self.over.wait(self.every):
                return

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.peak


def run(command, watch_memory=False, watch_folder=None):
    """Runs a program to its end. Looking at it costs time: not for runs whose time counts."""
    command = list(map(str, command))
    os.sync()  # what was written before is not written in its time
    with tempfile.TemporaryFile("w+") as output:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        memory = Sampler(lambda: resident_bytes(process.pid), MEMORY_EVERY) if watch_memory else None
        folder = Sampler(lambda: folder_bytes(watch_folder), TEMP_EVERY) if watch_folder else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        sampled_peak, temp = (sampler.stop() if sampler else 0 for sampler in (memory, folder))
        if process.returncode != 0:
            output.seek(0)
            sys.exit(f"error: {' '.join(command)}: exit status {process.returncode}\n{output.read()[-2000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, sampled_peak, temp)
