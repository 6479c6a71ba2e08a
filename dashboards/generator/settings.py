"""The settings of dashboards and rules, and values derived from them."""

import pathlib
import re

import yaml

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")


def is_duration(value: object) -> bool:
    """Whether a value is a duration as Prometheus writes them."""
    return isinstance(value, str) and re.fullmatch(f"({DURATION.pattern})+", value) is not None


def seconds(duration: str) -> int | float:
    """The length of a duration as Prometheus writes them; raises ValueError for any other text."""
    if not is_duration(duration):
        raise ValueError(f"{duration!r} is not a duration such as 90s, 15m, 1h30m or 1d")
    total = sum(int(number) * UNITS[unit] for number, unit in DURATION.findall(duration))
    return int(total) if total == int(total) else total


class Settings:
    """The values of a settings file, overridden by those of further files."""

    def __init__(self, *paths: pathlib.Path):
        self.links: dict[str, str] = {}
        self.labels: dict[str, list[str]] = {}
        self.rules: dict[str, object] = {}
        self.optional_alerts: list[str] = []
        for number, path in enumerate(paths):
            text = yaml.safe_load(path.read_text(encoding="utf-8"))
            unknown = set(text) - {"links", "labels", "rules", "optional_alerts"}
            for part in ("links", "labels", "rules"):
                ours, theirs = getattr(self, part), text.get(part, {})
                if number > 0:
                    unknown |= set(theirs) - set(ours)
                ours.update(theirs)
            if unknown:
                raise ValueError(f"{path}: nothing uses {', '.join(sorted(unknown))}")
            self.optional_alerts = text.get("optional_alerts", self.optional_alerts)
        #: The lengths in seconds of those settings of rules that are durations.
        self.durations = {name: str(seconds(value)) for name, value in self.rules.items() if is_duration(value)}

    @property
    def replicas(self) -> str:
        """The labels that differ between replicas, as a clause `without (…)` lists them."""
        return ", ".join(self.labels["replicas"])

    def seconds(self, name: str) -> int | float:
        """The length of the setting of that name."""
        return seconds(str(self.rules[name]))

    def placeholders(self) -> dict[str, str]:
        """The values of all placeholders @{NAME} in rules/."""
        values = {name: str(value) for name, value in self.rules.items()}
        values |= {f"{name}.seconds": length for name, length in self.durations.items()}
        return values | {"replicas": self.replicas}
