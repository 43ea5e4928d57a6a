#!/usr/bin/env python3
"""Copse's LAZ codec against laz-rs and LASzip: the same bytes in memory, one thread each, in turn; medians and their ratios.

usage: codec.py WORKER RUST_WORKER PYTHON ROW...      (tools/bench.sh makes the files and calls it)
ROW is "label<TAB>request<TAB>our request": a request is "verb FILE [selection]" of the workers' protocol.

Every worker is a process that loads files once and answers one request, a line, with one line "seconds points". The harness asks
each in turn, so that whatever else the machine does hits all of them alike.
"""
import json
import statistics
import subprocess
import sys

ROUNDS = 15


class Worker:
    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        print(*words, sep="\t", file=self.process.stdin, flush=True)
        seconds, points = self.process.stdout.readline().split()
        return float(seconds) / max(1, int(points)) * 1e9


def main():
    ours_path, rust, python, rows_path = sys.argv[1:]
    ours = Worker("copse", [ours_path])
    rivals = [Worker("laz-rs", [rust]), Worker("LASzip", [python, __file__.replace("codec.py", "rivals/laszip_worker.py")])]
    results = []
    print(f"{'question':52} {'copse':>9} {'laz-rs':>9} {'LASzip':>9}   ratios (ns a point, medians of {ROUNDS} rounds in turn)")
    for row in json.load(open(rows_path)):
        samples = {w.name: [] for w in [ours, *rivals]}
        for round_number in range(ROUNDS + 1):
            for worker in [ours, *rivals]:
                request = row["ours"] if worker is ours else row["theirs"]
                nanoseconds = worker.ask(*request)
                if round_number > 0:  # the first one warms caches and makes buffers
                    samples[worker.name].append(nanoseconds)
        medians = {name: statistics.median(values) for name, values in samples.items()}
        ratios = {name: medians[name] / medians["copse"] for name in medians if name != "copse"}
        print(f"{row['label']:52} {medians['copse']:9.1f} {medians['laz-rs']:9.1f} {medians['LASzip']:9.1f}   "
              f"{ratios['laz-rs']:.2f}x laz-rs, {ratios['LASzip']:.2f}x LASzip", flush=True)
        results.append({"label": row["label"], "ns_per_point": medians, "ratios": ratios})
    json.dump(results, open(rows_path.replace("rows", "results"), "w"), indent=1)


if __name__ == "__main__":
    main()
