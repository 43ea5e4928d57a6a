"""The files that bench/compare.py asks about: real ones of ../shared/data where they are there, else made ones, named so."""
import dataclasses
import pathlib
import subprocess


def count(text):
    """A number of points as people write it: 30M, 200k."""
    return int(float(text.rstrip("kM")) * {"k": 1000, "M": 10**6}.get(text[-1], 1))


@dataclasses.dataclass
class Input:
    path: pathlib.Path
    label: str


class Maker:
    """Makes inputs with the program and tools of a build folder, each once."""

    def __init__(self, build, folder, shared):
        self.build, self.folder, self.shared = build, folder, shared
        folder.mkdir(parents=True, exist_ok=True)
        self.made = {}

    def get(self, key):
        if key not in self.made:
            made = getattr(self, key)()
            self.made[key] = dataclasses.replace(made, label=f"{made.label} ({self.chunks(made.path)})")
        return self.made[key]

    def pdrf6(self):
        return self.real("lone-star.copc.laz") or self.copc(6, "pdrf6.copc.laz", "--max-node-points", "50000")

    def pdrf7(self):
        # The real file has 110,000 points: small nodes, so that there are more than twenty chunks.
        real = self.real("autzen_trim.laz")
        if not real:
            return self.copc(7, "pdrf7.copc.laz", "--max-node-points", "50000")
        return self.convert(real.path, "pdrf7.copc.laz", "autzen_trim.copc.laz", "--max-node-points", "5000")

    def pdrf6_chunk(self):
        return self.largest_chunk("pdrf6")

    def pdrf7_chunk(self):
        return self.largest_chunk("pdrf7")

    def pdrf1(self):
        return self.real("lone-star.laz") or self.survey_pass(1)

    def pdrf3(self):
        return self.real("autzen_trim.laz") or self.survey_pass(3)

    def survey(self):
        """Five passes through the same streets, the file that a time window is asked of."""
        self.synth("survey", "--points", "2000000", "--passes", "5", "--pdrf", "7")
        return self.convert(self.folder / "survey", "survey.copc.laz", "made survey, 5 passes")

    def real(self, name):
        path = self.shared / name
        return Input(path, name) if path.exists() else None

    def copc(self, pdrf, name, *options):
        made = self.survey_pass(pdrf)
        return self.convert(made.path, name, f"{made.label} as COPC", *options)

    def survey_pass(self, pdrf):
        name = f"pdrf{pdrf}-passes"
        self.synth(name, "--points", "500000", "--passes", "1", "--pdrf", str(pdrf))
        return Input(self.folder / name / "pass_01.laz", f"made survey, PDRF {pdrf}")

    def synth(self, name, *options):
        self.run(self.build / "copse", "synth", self.folder / name, "--overwrite", "--quiet", *options)

    def convert(self, source, name, label, *options):
        out = self.folder / name
        self.run(self.build / "copse", "convert", source, out, "--overwrite", "--quiet", *options)
        return Input(out, label)

    def largest_chunk(self, key):
        out = self.folder / f"{key}-chunk.laz"
        self.run(self.build / "bench/largest_chunk", self.get(key).path, out)
        return Input(out, f"largest chunk of {self.get(key).label.split(' (')[0]}")

    def chunks(self, path):
        lines = self.run(self.build / "bench/codec_worker", "xyz", path).splitlines()
        points = sum(int(line.split()[-2]) for line in lines)
        return f"{points:,} points in {len(lines)} chunk{'s' * (len(lines) > 1)}"

    @staticmethod
    def run(*command):
        return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout
