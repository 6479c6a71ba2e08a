"""The data of mixin/: rules whose settings are left open, the settings, and the dashboards, all as JSON.

A setting is left open as `%(name)s`, which the operator `%` of jsonnet fills in. Links depend on settings, too, so
mixin.libsonnet adds them.
"""

import copy
import json
import pathlib
import re

import yaml

from . import links, rules
from .settings import Settings

#: An open setting in the text of a rule file, where a percent sign is nothing special.
OPEN = "⟦{}⟧"


class OpenMacros(rules.Macros):
    """The expressions of the templates, with links that mixin.libsonnet completes."""

    def links(self, alert: str, dashboard: str) -> str:
        """The annotations that depend on no setting, and the name of the dashboard."""
        made = links.annotations(_without_links(self.settings), alert, dashboard)
        text = [f"ui_url: >-\n{rules.indented(made['ui_url'], 2)}"] if "ui_url" in made else []
        return "\n".join([*text, f"dashboard: {dashboard}"])


def files(settings: Settings, sources: pathlib.Path) -> dict[str, str]:
    """The generated files of the mixin that need no dashboards: path in the folder, and text."""
    left_open = _left_open(settings)
    groups: dict[str, list] = {"rules": [], "alerts": [], "optional": []}
    for name, template in rules.templates(sources).items():
        part = {"recording.yml.in": "rules", rules.OPTIONAL: "optional"}.get(name, "alerts")
        groups[part] += yaml.safe_load(rules.filled(left_open, template, OpenMacros))["groups"]
    config = {
        "links": settings.links,
        "labels": settings.labels,
        "optional_alerts": settings.optional_alerts,
        "rules": {name: str(value) for name, value in settings.rules.items()},
    }
    linked = {
        # YAML joins the lines of an annotation in the same way.
        "runbook_url": _runbook(settings).replace("\n", " "),
        "dashboards": {name: links.path(name) for name in links.DASHBOARDS},
    }
    made = {"config.json": config, "rules.json": _formats(groups), "links.json": linked}
    return {name: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for name, content in made.items()}


def dashboards(boards: dict[str, dict]) -> dict[str, str]:
    """The file of all dashboards, by the names of their files."""
    return {"dashboards.json": json.dumps(boards, separators=(",", ":"), sort_keys=True) + "\n"}


def _left_open(settings: Settings) -> Settings:
    """Settings whose values are their names."""
    made = copy.copy(settings)
    made.rules = {name: OPEN.format(name) for name in settings.rules}
    made.labels = {"replicas": [OPEN.format("replicas")]}
    made.durations = {name: OPEN.format(f"{name}.seconds") for name in settings.durations}
    return made


def _runbook(settings: Settings) -> str:
    """The link to the page of an exporter, for any alert."""
    return links.annotations(_without_links(settings), "%(alert)s", "exporter")["runbook_url"]


def _without_links(settings: Settings) -> Settings:
    made = copy.copy(settings)
    made.links = {name: "" for name in settings.links}
    return made


def _formats(value):
    """A value whose texts are formats: open settings become `%(name)s`, and percent signs are doubled."""
    if isinstance(value, dict):
        return {name: _formats(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_formats(inner) for inner in value]
    return re.sub(OPEN.format("([a-z0-9_.]+)"), r"%(\1)s", value.replace("%", "%%"))
