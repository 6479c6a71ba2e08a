"""Graphs over time as SVG: lines, stacked bars, heat maps and state timelines."""

import datetime
import html
import itertools
import math

from .evaluate import Shown
from .values import PALETTE, color, mapping, number, written

LEFT, BOTTOM, TOP = 70, 20, 8
NICE = (1, 2, 2.5, 5, 10)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers between two values."""
    span = max(high - low, 1e-9)
    power = 10 ** math.floor(math.log10(span / count))
    step = next(nice * power for nice in NICE if nice * power >= span / count)
    first = math.floor(low / step) * step
    return [first + step * index for index in range(int((high - first) / step + 1e-9) + 2)]


class Axes:
    """The area of a graph: places of times and values."""

    def __init__(self, view, width: int, height: int, low: float, high: float, unit: str):
        self.start, self.end = view.end - view.length, view.end
        self.width, self.height, self.unit = width, height, unit
        self.marks = ticks(low, high if high > low else low + 1)
        self.low, self.high = self.marks[0], self.marks[-1]

    def x(self, time: float) -> float:
        """The place of a time."""
        return LEFT + (time - self.start) / (self.end - self.start) * (self.width - LEFT - 8)

    def y(self, value: float) -> float:
        """The place of a value."""
        inner = self.height - TOP - BOTTOM
        return TOP + inner * (1 - (value - self.low) / (self.high - self.low))

    def times(self) -> list[str]:
        """The marks of the time axis."""
        length = self.end - self.start
        steps = (15, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800)
        step = next((one for one in steps if length / one <= self.width / 90), 604800)
        form = "%m-%d" if step >= 86400 else "%H:%M" if step >= 60 else "%H:%M:%S"
        parts = []
        for index in range(int(self.start // step) + 1, int(self.end // step) + 1):
            text = datetime.datetime.fromtimestamp(index * step, datetime.UTC).strftime(form)
            place = self.x(index * step)
            parts.append(
                f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{self.height - BOTTOM}" class="grid"/>'
            )
            parts.append(f'<text x="{place:.1f}" y="{self.height - 5}" text-anchor="middle">{text}</text>')
        return parts

    def values(self) -> list[str]:
        """The marks of the value axis."""
        parts = []
        for mark in self.marks:
            place = self.y(mark)
            parts.append(f'<line x1="{LEFT}" x2="{self.width - 8}" y1="{place:.1f}" y2="{place:.1f}" class="grid"/>')
            text = html.escape(written(mark, self.unit))
            parts.append(f'<text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{text}</text>')
        return parts


def svg(width: int, height: int, parts: list[str]) -> str:
    """A picture of parts."""
    return f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'


def fixed_colors(shown: Shown) -> dict[str, str]:
    """The colours that series have by their names."""
    fixed = {}
    for change in shown.panel["fieldConfig"]["overrides"]:
        for one in change["properties"]:
            if one["id"] == "color" and one["value"].get("mode") == "fixed":
                fixed[change["matcher"]["options"]] = color(one["value"]["fixedColor"])
    return fixed


def series_colors(shown: Shown) -> list[str]:
    """The colour of each series: fixed by its name, else the next of the palette."""
    fixed = fixed_colors(shown)
    return [fixed.get(name, PALETTE[index % len(PALETTE)]) for index, (name, _, _) in enumerate(shown.series())]


def graph(view, shown: Shown, width: int, height: int) -> str:
    """Lines or bars with their legend."""
    colors = series_colors(shown)
    series = [(name, [point for point in points if point[0] >= view.end - view.length]) for name, _, points in shown.series()]
    defaults = shown.panel["fieldConfig"]["defaults"]
    custom, unit = defaults["custom"], defaults["unit"]
    bars = custom.get("drawStyle") == "bars"
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    sums: dict[float, float] = {}
    drawn = []
    for (_, points), tone in zip(series, colors, strict=True):
        below = {at: sums.get(at, 0.0) if stacked else 0.0 for at, _ in points}
        for at, value in points:
            sums[at] = below[at] + value if stacked else max(sums.get(at, 0.0), value)
        drawn.append((points, below, tone))
    low = min([0.0, *(value for _, points in series for _, value in points)])
    limits = limit_lines(shown)
    high = max([*sums.values(), 0.0])
    names = legend([name for name, _ in series], colors, width)
    height -= 24 * names.count('class="legend"')
    axes = Axes(view, width, height, low, high, unit)
    parts = [*axes.times(), *axes.values()]
    for points, below, tone in drawn:
        parts.append(
            bar_marks(axes, points, below, tone, shown.step)
            if bars
            else line_marks(axes, points, below, tone, shown, filled=stacked)
        )
    for value, tone in limits:
        if axes.low <= value <= axes.high:
            place = axes.y(value)
            parts.append(f'<line x1="{LEFT}" x2="{width - 8}" y1="{place:.1f}" y2="{place:.1f}" stroke="{tone}"'
                         ' stroke-dasharray="6 4"/>')  # fmt: skip
    return svg(width, height, parts) + names


def limit_lines(shown: Shown) -> list[tuple[float, str]]:
    """The thresholds that a panel draws."""
    defaults = shown.panel["fieldConfig"]["defaults"]
    if defaults["custom"].get("thresholdsStyle", {}).get("mode") != "line":
        return []
    steps = defaults["thresholds"]["steps"]
    return [(step["value"], color(step["color"])) for step in steps if step["value"] is not None]


def bar_marks(axes: Axes, points, below, tone: str, step: int) -> str:
    """A bar for each point; it covers the interval before its time."""
    parts = []
    for at, value in points:
        if value <= 0:
            continue
        left, right = max(axes.x(at - step), LEFT), axes.x(at)
        top, base = axes.y(below[at] + value), axes.y(below[at])
        parts.append(f'<rect x="{left + 0.5:.1f}" y="{top:.1f}" width="{max(right - left - 1, 1):.1f}"'
                     f' height="{max(base - top, 0.5):.1f}" fill="{tone}"/>')  # fmt: skip
    return "".join(parts)


def line_marks(axes: Axes, points, below, tone: str, shown: Shown, filled: bool = False) -> str:
    """A line, interrupted where points are missing; a single point is a dot. A stacked one fills its own part."""
    parts, run, base = [], [], []
    for index, (at, value) in enumerate(points):
        run.append(f"{axes.x(at):.1f},{axes.y(below[at] + value):.1f}")
        base.append(f"{axes.x(at):.1f},{axes.y(below[at]):.1f}")
        if index + 1 == len(points) or points[index + 1][0] - at > 1.5 * shown.step + 1:
            if len(run) == 1:
                place = run[0].split(",")
                parts.append(f'<circle cx="{place[0]}" cy="{place[1]}" r="2.5" fill="{tone}"/>')
            else:
                if filled:
                    parts.append(f'<polygon points="{" ".join([*run, *reversed(base)])}" fill="{tone}" fill-opacity="0.15"/>')
                parts.append(f'<polyline points="{" ".join(run)}" fill="none" stroke="{tone}" stroke-width="1.8"/>')
            run, base = [], []
    return "".join(parts)


def legend(names: list[str], colors: list[str], width: int) -> str:
    """The names of the series with their colours, in as many lines as they need: all of them are readable."""
    lines, used = [""], 0
    for name, tone in dict(zip(names, colors, strict=True)).items():
        width_of_name = 8 * len(name) + 31
        if used and used + width_of_name > width - 20:
            lines.append("")
            used = 0
        lines[-1] += f'<span><i style="background:{tone}"></i>{html.escape(name)}</span>'
        used += width_of_name
    return "".join(f'<div class="legend">{line}</div>' for line in lines)


def heat_map(view, shown: Shown, width: int, height: int) -> str:
    """Counts by bucket and interval."""
    rows: dict[float, dict[float, float]] = {}
    for name, _, points in shown.series():
        rows[math.inf if name == "+Inf" else float(name)] = dict(points)
    bounds = [bound for bound in sorted(rows) if bound != math.inf]
    cells = []
    for index, bound in enumerate(bounds):
        lower = rows[bounds[index - 1]] if index else {}
        cells += [(at, index, value - lower.get(at, 0.0)) for at, value in rows[bound].items()]
    most = max([value for _, _, value in cells] or [0])
    axes = Axes(view, width, height, 0, 1, "none")
    parts = axes.times()
    size = (height - TOP - BOTTOM) / max(len(bounds), 1)
    for index, bound in enumerate(bounds):
        place = height - BOTTOM - size * (index + 1)
        parts.append(f'<text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{number(bound)}</text>')
    for at, index, value in cells:
        if value > 0.5:
            left, right = max(axes.x(at - shown.step), LEFT), axes.x(at)
            depth = 0.25 + 0.75 * value / most
            parts.append(f'<rect x="{left:.1f}" y="{height - BOTTOM - size * (index + 1):.1f}" width="{right - left:.1f}"'
                         f' height="{size:.1f}" fill="#ff9830" fill-opacity="{depth:.2f}"/>')  # fmt: skip
    return svg(width, height, parts)


def timeline(view, shown: Shown, width: int, height: int) -> str:
    """A row of coloured sections for each series."""
    series = shown.series()
    mappings = shown.panel["fieldConfig"]["defaults"]["mappings"]
    axes = Axes(view, width, height - 24, 0, 1, "none")
    parts, seen = axes.times(), {}
    size = (height - 24 - TOP - BOTTOM) / max(len(series), 1)
    for index, (name, _, points) in enumerate(series):
        place = TOP + size * index
        parts.append(
            f'<text x="{LEFT - 6}" y="{place + size / 2 + 4:.1f}" text-anchor="end">{html.escape(name[:9])}</text>'
        )
        for value, run in itertools.groupby(points, key=lambda point: point[1]):
            times = [at for at, _ in run]
            text, tone = mapping(value, mappings) or (number(value), PALETTE[0])
            seen[text] = tone
            left = max(axes.x(times[0] - shown.step), LEFT)
            parts.append(f'<rect x="{left:.1f}" y="{place + size * 0.1:.1f}" width="{axes.x(times[-1]) - left:.1f}"'
                         f' height="{size * 0.8:.1f}" fill="{tone}"/>')  # fmt: skip
    return svg(width, height - 24, parts) + legend(list(seen), list(seen.values()), width)
