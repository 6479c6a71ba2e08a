"""The settings of dashboards and rules, and values derived from them."""

import pathlib
import re

import yaml

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")


def seconds(duration: str) -> int | float:
    """The length of a duration as Prometheus writes them; raises ValueError for any other text."""
    parts = DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is not a duration such as 90s, 15m, 1h30m or 1d")
    total = sum(int(number) * UNITS[unit] for number, unit in parts)
    return int(total) if total == int(total) else total


class Settings:
    """The values of a settings file, overridden by those of further files."""

    def __init__(self, *paths: pathlib.Path):
        self.links: dict[str, str] = {}
        self.labels: dict[str, list[str]] = {}
        self.rules: dict[str, object] = {}
        for number, path in enumerate(paths):
            text = yaml.safe_load(path.read_text(encoding="utf-8"))
            for part in ("links", "labels", "rules"):
                ours, theirs = getattr(self, part), text.get(part, {})
                unknown = set(theirs) - set(ours)
                if number > 0 and unknown:
                    raise ValueError(f"{path}: nothing uses {', '.join(sorted(unknown))}")
                ours.update(theirs)

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
        for name, value in self.rules.items():
            if isinstance(value, str) and re.fullmatch(f"({DURATION.pattern})+", value):
                values[f"{name}.seconds"] = str(seconds(value))
        grafana = self.links["grafana"].rstrip("/")
        appliance = "?var-appliance={{ $labels.appliance | urlquery }}"
        values["runbooks"] = self.links["runbooks"].rstrip("/")
        values["breaches_url"] = f"{grafana}/d/darktrace-breaches/{appliance}"
        values["collection_url"] = f"{grafana}/d/darktrace-collection/"
        values["collection_appliance_url"] = f"{grafana}/d/darktrace-collection/{appliance}"
        return values
