"""Rows with a target, printed as a table and written as JSON."""
import dataclasses
import datetime
import json
import platform
import re

from .programs import ROOT
from .summary import summary


@dataclasses.dataclass
class Row:
    # The part of the benchmarks that measured it.
    part: str
    group: str
    what: str
    value: float
    unit: str
    target: str
    met: str
    note: str


class Report:
    def __init__(self):
        self.rows = []
        self.details = {}
        # The part that is measured now.
        self.part = ""

    def add(self, group, what, value, unit="", at_most=None, at_least=None, note=""):
        """A figure; with a bound, whether it is met."""
        target = f"≤ {number(at_most)}" if at_most is not None else f"≥ {number(at_least)}" if at_least is not None else ""
        met = ""
        if value is None:
            met = "not measured" if target else ""
        elif at_most is not None:
            met = "yes" if value <= at_most else "NO"
        elif at_least is not None:
            met = "yes" if value >= at_least else "NO"
        row = Row(self.part, group, what, value, unit, target, met, note)
        self.rows.append(row)
        print(f"  {group}: {what}: {number(value)} {unit} {target} {met} {note}".rstrip(), flush=True)

    def table(self, part=None):
        """The rows of all parts or of one in Markdown, padded so that it reads as plain text too."""
        cells = [("", "what", "measured", "target", "met", "note")]
        group = None
        for row in (row for row in self.rows if part in (None, row.part)):
            cells.append((
                row.group if row.group != group else "", row.what, self.figure(row), row.target, row.met, row.note))
            group = row.group
        widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
        lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in cells]
        lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
        return "\n".join(lines)

    @staticmethod
    def figure(row):
        return "-" if row.value is None else f"{number(row.value)} {row.unit}".strip()

    def write(self, start, mode):
        results = {
            "date": start.isoformat(timespec="seconds"), "mode": mode, "machine": machine(),
            "rows": [dataclasses.asdict(row) for row in self.rows], "details": self.details}
        (ROOT / "Benchmarks" / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")

    def keep(self, start, mode):
        """Copies the table of each part that was measured into the page of the benchmarks, between its marks.

        The short table needs two parts, and stays as it is if one of them was not measured.
        """
        origin = f"{start:%Y-%m-%d %H:%M} UTC, {mode} run, {machine()}"
        page = ROOT / "Benchmarks" / "README.md"
        text = page.read_text()
        tables = {part: self.table(part) for part in dict.fromkeys(row.part for row in self.rows)}
        if "serving" in tables and "program" in tables:
            tables["summary"] = summary(self)
        for mark, table in tables.items():
            block = f"<!-- {mark} -->\n{origin}.\n\n{table}\n<!-- /{mark} -->"
            text = re.sub(f"<!-- {mark} -->.*<!-- /{mark} -->", lambda _: block, text, flags=re.DOTALL)
        page.write_text(text)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def number(value):
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", open("/proc/cpuinfo").read())
    memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read()).group(1)) / 1024 / 1024
    import os
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores of {cpu.group(1).strip() if cpu else platform.processor()}, {memory:.0f} GB, "
        f"Linux {platform.release().split('-')[0]}, load at the end {load:.1f}")
