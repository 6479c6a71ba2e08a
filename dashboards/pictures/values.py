"""How values are written and coloured: units, decimals, mappings and thresholds, as Grafana does it."""

import datetime
import math

#: The colours of Grafana by name, in its dark theme.
COLORS = {
    "green": "#73bf69", "dark-green": "#37872d", "semi-dark-green": "#56a64b", "orange": "#ff9830", "red": "#f2495c",
    "dark-red": "#c4162a", "blue": "#5794f2", "purple": "#b877d9", "yellow": "#fade2a", "text": "#ccccdc",
}  # fmt: skip
PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a")
NONE = "#7b8087"


def color(name: str) -> str:
    """A colour as CSS writes it."""
    return COLORS.get(name, name)


def written(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit."""
    if unit == "percentunit":
        return f"{value * 100:.{1 if decimals is None else decimals}f}%"
    if unit == "dateTimeAsIso":
        return datetime.datetime.fromtimestamp(value / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
    if unit == "s":
        return duration(value, decimals)
    if unit in ("bytes", "Bps"):
        base, names = (1024, ("B", "KiB", "MiB", "GiB")) if unit == "bytes" else (1000, ("B", "kB", "MB", "GB"))
        power = min(len(names) - 1, int(math.log(abs(value), base))) if abs(value) >= 1 else 0
        shown = number(value / base**power, 1 if decimals is None else decimals)
        return f"{shown} {names[power]}{'/s' if unit == 'Bps' else ''}"
    return number(value, decimals)


def number(value: float, decimals: int | None = None) -> str:
    """A number, with as many decimals as it needs unless they are given."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def duration(value: float, decimals: int | None) -> str:
    """Seconds in a readable unit."""
    for length, name in ((31536000, "years"), (604800, "weeks"), (86400, "days"), (3600, "hours"), (60, "mins")):
        if abs(value) >= length:
            return f"{number(value / length, 1 if decimals is None else decimals)} {name}"
    if abs(value) < 1 and value != 0:
        return f"{number(value * 1000, 0)} ms"
    return f"{number(value, decimals)} s"


def stepped(value: float, thresholds: dict) -> str:
    """The colour of the highest step that is not above the value."""
    reached = [step for step in thresholds["steps"] if step["value"] is None or value >= step["value"]]
    return color(reached[-1]["color"])


def mapping(value: float | None, mappings: list[dict]) -> tuple[str, str] | None:
    """The text and the colour that a mapping gives to a value, or to a missing one."""
    missing = value is None or math.isnan(value)
    for entry in mappings:
        match = "null" if value is None else "nan"
        if entry["type"] == "special" and missing and entry["options"]["match"] == match:
            result = entry["options"]["result"]
            return result["text"], color(result["color"])
        if entry["type"] == "value" and not missing and str(int(value)) in entry["options"]:
            result = entry["options"][str(int(value))]
            return result["text"], color(result["color"])
    return None
