"""Evaluates a dashboard as Grafana does: variables, intervals, queries, and transformations of tables."""

import dataclasses
import json
import math
import re
import time
import urllib.parse
import urllib.request

#: Lengths of intervals that Grafana rounds to, in seconds.
NICE = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
ALL = "$__all"


def seconds(duration: str) -> int:
    """The length of a duration such as 15m."""
    return int(duration[:-1]) * UNITS[duration[-1]]


@dataclasses.dataclass
class Prometheus:
    """A server, and what its queries read."""

    url: str
    samples: int = 0

    def call(self, path: str, **parameters: str):
        """The data of a response."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=60) as answer:
            return json.loads(answer.read())["data"]

    def query(self, path: str, **parameters: str) -> list[dict]:
        """The series of a query; counts the samples that it read."""
        data = self.call(path, stats="all", **parameters)
        self.samples += data.get("stats", {}).get("samples", {}).get("totalQueryableSamples", 0)
        return data["result"]


@dataclasses.dataclass
class View:
    """What somebody looks at: a dashboard at a time, with a selection."""

    board: dict
    prometheus: Prometheus
    #: The end of the time range as Unix time, and its length in seconds.
    end: float = dataclasses.field(default_factory=time.time)
    length: int = 86400
    scrape: int = 15
    #: Chosen values of variables; the others have their default.
    chosen: dict[str, str] = dataclasses.field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """The text that replaces each variable in a query."""
        values: dict[str, str] = {}
        for variable in self.board["templating"]["list"]:
            name = variable["name"]
            if variable["type"] != "query":
                continue
            if name in self.chosen:
                values[name] = self.chosen[name]
            elif variable.get("includeAll"):
                values[name] = variable["allValue"]
            else:
                found = self.values(variable, values)
                values[name] = found[0] if found else ""
        return values

    def values(self, variable: dict, others: dict[str, str]) -> list[str]:
        """The values that a variable offers."""
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
        span = {"start": str(self.end - self.length), "end": str(self.end)}
        return self.prometheus.call(f"label/{label}/values", **{"match[]": replaced(selector, others)}, **span)

    def panels(self, opened: bool = False) -> list["Shown"]:
        """Every panel with its data; those of closed rows only when they are opened."""
        values = self.variables()
        shown = []
        for panel in self.board["panels"]:
            shown.append(self.shown(panel, values))
            if opened:
                shown += [self.shown(inner, values) for inner in panel.get("panels", [])]
        return shown

    def shown(self, panel: dict, values: dict[str, str]) -> "Shown":
        """One panel with its data."""
        step = self.step(panel)
        rate = max(step + self.scrape, 4 * self.scrape)
        times = {"__rate_interval": f"{rate}s", "__interval": f"{step}s", "__range": f"{self.length}s"}
        before, answers = self.prometheus.samples, []
        for target in panel.get("targets", []):
            expr = replaced(target["expr"], values | times)
            if target.get("instant"):
                answers.append(self.prometheus.query("query", query=expr, time=str(self.end)))
            else:
                end = math.floor(self.end / step) * step
                span = {"start": str(end - self.length), "end": str(end), "step": str(step)}
                answers.append(self.prometheus.query("query_range", query=expr, **span))
        return Shown(panel, answers, step, values, self.prometheus.samples - before)

    def step(self, panel: dict) -> int:
        """The interval between two points of a graph: about one for each of its pixels, at least the panel's own."""
        width = max(100, panel["gridPos"]["w"] * 1600 // 24)
        wanted = max(self.length / min(width, panel.get("maxDataPoints") or width), self.scrape)
        least = seconds(panel["interval"]) if panel.get("interval") else 0
        return max(least, next((nice for nice in NICE if nice >= wanted), NICE[-1]))


@dataclasses.dataclass
class Shown:
    """A panel, and the answers of Prometheus to its queries."""

    panel: dict
    answers: list[list[dict]]
    step: int
    values: dict[str, str]
    samples: int

    def series(self) -> list[tuple[str, dict[str, str], list[tuple[float, float]]]]:
        """Name, labels and points of each series that has a value."""
        found = []
        for target, answer in zip(self.panel.get("targets", []), self.answers, strict=True):
            for series in answer:
                points = series["values"] if "values" in series else [series["value"]]
                numbers = [(float(at), float(value)) for at, value in points]
                known = [(at, value) for at, value in numbers if math.isfinite(value)]
                if known:
                    found.append((named(target["legendFormat"], series["metric"]), series["metric"], known))
        return found

    def rows(self) -> list[dict[str, object]]:
        """The rows of a table after its transformations."""
        frames = []
        for number, answer in enumerate(self.answers):
            name = "Value" if len(self.answers) == 1 else f"Value #{chr(ord('A') + number)}"
            frames.append([series["metric"] | {name: float(series["value"][1])} for series in answer])
        rows = merged(frames)
        for step in self.panel["transformations"]:
            if step["id"] == "organize":
                rows = organized(rows, step["options"])
            elif step["id"] == "sortBy":
                (order,) = step["options"]["sort"]
                field, descending = order["field"], order.get("desc", False)
                known = [row for row in rows if field in row]
                known.sort(key=lambda row: row[field], reverse=descending)
                rows = known + [row for row in rows if field not in row]
        return rows


def replaced(text: str, values: dict[str, str]) -> str:
    """A text with its variables filled in, in each of their forms."""
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${{{name}}}", values[name]).replace(f"${name}", values[name])
    return text


def named(legend: str, labels: dict[str, str]) -> str:
    """The name of a series in a legend."""
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: labels.get(match[1], ""), legend)


def merged(frames: list[list[dict[str, object]]]) -> list[dict[str, object]]:
    """The rows of several frames, joined where their common labels are equal, as Grafana's transformation does it."""
    fields = [set().union(*(row.keys() for row in frame)) for frame in frames if frame]
    common = set.intersection(*fields) if fields else set()
    groups: dict[tuple, list[dict[str, object]]] = {}
    for frame in frames:
        for row in frame:
            group = groups.setdefault(tuple(sorted((name, row.get(name)) for name in common)), [])
            fitting = [
                index
                for index, other in enumerate(group)
                if all(other.get(key, value) == value for key, value in row.items())
            ]
            for index in fitting:
                group[index] = group[index] | row
            if not fitting:
                group.append(dict(row))
    return [row for group in groups.values() for row in group]


def organized(rows: list[dict[str, object]], options: dict) -> list[dict[str, object]]:
    """Rows without the excluded fields, in the given order, with new names."""
    order, excluded, names = options["indexByName"], options["excludeByName"], options["renameByName"]
    known = sorted({name for row in rows for name in row}, key=lambda name: (order.get(name, len(order)), name))
    kept = [name for name in known if not excluded.get(name)]
    return [{names.get(name, name): row[name] for name in kept if name in row} for row in rows]
