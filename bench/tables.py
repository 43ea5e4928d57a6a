"""What the benchmarks of whole programs print, and write to RESULTS.md."""
import dataclasses
import statistics


@dataclasses.dataclass
class Figure:
    """Something that is to be shown."""
    what: str
    measured: str
    needed: str
    holds: bool

    def cells(self):
        return self.what, self.measured, self.needed, "yes" if self.holds else "**no**"


class Table:
    def __init__(self, title, *columns):
        self.title, self.columns, self.rows = title, columns, []

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def text(self):
        widths = [max(len(row[i]) for row in [self.columns, *self.rows]) for i in range(len(self.columns))]
        aligned = ["  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
                   for row in [self.columns, *self.rows]]
        return "\n".join(["", self.title, *("   " + line for line in aligned)])

    def markdown(self):
        lines = [f"**{self.title}**", "", "| " + " | ".join(self.columns) + " |", "|---|" + "--:|" * (len(self.columns) - 1)]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows])


def section(target, how, known, figures, tables):
    """The results of `make TARGET`: how they were measured, facts about the machine and the rival, what must hold, and the tables."""
    summary = Table("What it must show", "figure", "measured", "needed", "holds")
    for figure in figures:
        summary.add(*figure.cells())
    lines = [f"# Results of `make {target}`", "", *how, "", *(f"- {name}: {fact}" for name, fact in known.items())]
    return "\n".join(lines) + "\n\n" + "\n\n".join(table.markdown() for table in [summary, *tables]) + "\n"


def median_of(values):
    return statistics.median(list(values))
