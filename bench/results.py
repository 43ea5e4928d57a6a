"""What the benchmarks say about the machine, and the sections of RESULTS.md that each of them writes."""
import datetime
import os
import pathlib
import platform
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def output_of(*command):
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True, text=True, cwd=HERE).stdout


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def facts(compiler):
    """What every section begins with."""
    return {
        "machine": machine(),
        "compiler": output_of(compiler, "--version").splitlines()[0],
        "commit": output_of("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*").strip(),
        "date": datetime.date.today().isoformat(),
    }


def replace_section(path, text):
    """Puts a section, which begins with a line "# TITLE", in the place of the file's one of that title, or at the end."""
    sections = re.split(r"^(?=# )", path.read_text(), flags=re.MULTILINE) if path.exists() else []
    sections = [section.strip() for section in sections if section.strip()]
    title = text.partition("\n")[0]
    places = [i for i, section in enumerate(sections) if section.partition("\n")[0] == title] or [len(sections)]
    sections[places[0]:places[0] + 1] = [text.strip()]
    path.write_text("\n\n".join(sections) + "\n")
