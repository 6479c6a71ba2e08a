"""The files of dashboards/, and functions to read them."""

import functools
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
DASHBOARDS = ROOT / "dashboards"
sys.path.insert(0, str(DASHBOARDS))

#: A selector of the generated files: they always write the braces.
SELECTOR = re.compile(r"\b([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^{}]*)\}")
#: The length of a window of samples right after a selector; a subquery has a colon in it.
WINDOW = re.compile(r"\}\[([^\]:]+)\]")
#: Values for the variables of Grafana, so that Prometheus can evaluate an expression.
EXAMPLE = {
    "$__rate_interval": "4m", "$__interval": "1m", "$__range": "1d", "$job": ".+", "$instance": ".*", "$customer": ".*",
    "$appliance": ".+", "$category": ".+", "$model": ".+",
}  # fmt: skip


def boards() -> dict[str, dict]:
    """The dashboards by title."""
    loaded = (json.loads(path.read_text()) for path in sorted((DASHBOARDS / "grafana/dashboards").glob("*.json")))
    return {board["title"]: board for board in loaded}


def panels(board: dict) -> list[dict]:
    """The panels of a dashboard that show something, also those in closed rows: rows are headings."""
    found = [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", []))]
    return [panel for panel in found if panel["type"] != "row"]


def queries(board: dict) -> list[tuple[str, dict]]:
    """Every target of every panel, with the panel's title."""
    return [(panel["title"], target) for panel in panels(board) for target in panel["targets"]]


def filled(expr: str, values: dict[str, str] | None = None) -> str:
    """An expression with the variables filled in."""
    for name, value in sorted((values or EXAMPLE).items(), reverse=True):
        expr = expr.replace(name, value)
    return expr


@functools.cache
def rule_groups() -> list[dict]:
    """The groups of all generated rule files, the optional ones too."""
    return [group for path in rule_files() for group in yaml.safe_load(path.read_text())["groups"]]


def rule_files() -> list[pathlib.Path]:
    """The shipped rule files, and the one of optional alerts."""
    shipped = sorted((DASHBOARDS / "prometheus/rules").glob("*.yml"))
    return [*shipped, DASHBOARDS / "prometheus/optional-rules/optional-alerts.yml"]


def alerts() -> dict[str, dict]:
    """The alerts by name."""
    return {rule["alert"]: rule for group in rule_groups() for rule in group["rules"] if "alert" in rule}


def recorded() -> set[str]:
    """The names of the recording rules."""
    return {rule["record"] for group in rule_groups() for rule in group["rules"] if "record" in rule}


def base(name: str) -> str:
    """The family of a sample name."""
    return re.sub(r"_(bucket|sum|count)$", "", name)


def used() -> set[str]:
    """Every metric name in a rule, panel, variable or annotation."""
    exprs = [rule["expr"] for group in rule_groups() for rule in group["rules"]]
    exprs += [text for alert in alerts().values() for text in alert["annotations"].values()]
    for board in boards().values():
        exprs += [target["expr"] for _, target in queries(board)]
        exprs += [note["expr"] for note in board["annotations"]["list"]]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                inner = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]["query"])[1]
                exprs.append(inner if "{" in inner else inner + "{}")
    return {match[1] for expr in exprs for match in SELECTOR.finditer(expr)}
