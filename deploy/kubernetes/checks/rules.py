"""Checks that PrometheusRule and dashboards are the project's, and that alerts can be changed; promtool must agree."""

import pathlib
import shutil
import subprocess
import tempfile
from typing import Any, Iterator

import yaml

from render import CHART, ROOT, objects, of_kind, rendered

DASHBOARDS = ROOT / "dashboards"
ENABLED = {"enabled": True}


def faults() -> Iterator[str]:
    """What is wrong with rules and dashboards."""
    if _groups({}) != _files("rules"):
        yield "the rules of the chart are not those of dashboards/prometheus/rules"
    optional = _alerts(_files("optional-rules"))
    every = _groups({"optionalAlerts": sorted(optional)})
    if every != _files("rules") + _files("optional-rules"):
        yield "with every optional alert the rules are not those of the files"
    yield from (f"promtool: {fault}" for groups in (_groups({}), every, _changed()) for fault in promtool(groups))
    yield from _changes()
    yield from _chosen_twice()
    yield from _dashboards()


def promtool(groups: list[dict[str, Any]]) -> list[str]:
    """What `promtool check rules` says against the rules, with all its lints."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "rules.yml")
        path.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
        done = subprocess.run(["promtool", "check", "rules", "--lint=all", "--lint-fatal", path],
                              capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def _groups(values: dict[str, Any], chart: pathlib.Path = CHART) -> list[dict[str, Any]]:
    [rule] = of_kind(objects(rendered({"prometheusRule": values | ENABLED}, chart)), "PrometheusRule")
    return rule["spec"]["groups"]


def _files(folder: str) -> list[dict[str, Any]]:
    paths = sorted((DASHBOARDS / "prometheus" / folder).glob("*.yml"))
    return [group for path in paths for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]


def _alerts(groups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def _changed() -> list[dict[str, Any]]:
    return _groups({
        "disabled": {"DarktraceDiskFull": True, "DarktraceProbeDown": False},
        "additionalRuleLabels": {"team": "soc"},
        "additionalRuleAnnotations": {"contact": "soc"},
        "optionalAlerts": ["DarktraceNewModel"],
        "customRules": {"DarktraceProbeDown": {
            "for": "1h", "severity": "info", "labels": {"team": "network"}, "annotations": {"summary": "Other."}}},
    })


def _changes() -> Iterator[str]:
    before, after = _alerts(_files("rules")), _alerts(_changed())
    if set(after) != set(before) - {"DarktraceDiskFull"} | {"DarktraceNewModel"}:
        yield f"disabled and optional alerts: {sorted(set(before) ^ set(after))} differ"
    expected = {name: rule | {"labels": rule["labels"] | {"team": "soc"},
                              "annotations": rule["annotations"] | {"contact": "soc"}} for name, rule in before.items()}
    probe = expected["DarktraceProbeDown"]
    probe |= {"for": "1h", "labels": {"severity": "info", "team": "network"},
              "annotations": probe["annotations"] | {"summary": "Other."}}
    yield from (f"{name}: the changes are not those of the values"
                for name in sorted(set(before) & set(after)) if after[name] != expected[name])


def _chosen_twice() -> Iterator[str]:
    """An optional alert that the settings of the dashboards choose, and that the values choose as well, or another one."""
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder, "chart")
        shutil.copytree(CHART, chart)
        [group] = _files("optional-rules")
        chosen = next(rule for rule in group["rules"] if rule.get("alert") == "DarktraceNewModel")
        text = yaml.safe_dump({"groups": [group | {"rules": [chosen]}]})
        (chart / "files/rules/optional-alerts.yml").write_text(text, encoding="utf-8")
        groups = _groups({"optionalAlerts": ["DarktraceNewModel", "DarktraceModelsOutdated"]}, chart)
    alerts = [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]
    expected = sorted([*_alerts(_files("rules")), "DarktraceNewModel", "DarktraceModelsOutdated"])
    if sorted(alerts) != expected or len({group["name"] for group in groups}) != len(groups):
        yield "an optional alert that is chosen twice is in the rules twice, or its group is"
    yield from (f"promtool: {fault}" for fault in promtool(groups))


def _dashboards() -> Iterator[str]:
    found = of_kind(objects(rendered({"dashboards": ENABLED})), "ConfigMap")
    texts = {name: text for each in found for name, text in each["data"].items() if name.endswith(".json")}
    files = {path.name: path.read_text(encoding="utf-8") for path in (DASHBOARDS / "grafana/dashboards").glob("*.json")}
    if texts != files:
        yield "the dashboards of the chart are not those of dashboards/grafana/dashboards"
