"""What the dashboards share: variables, links, annotations of firing alerts, rows, and the file format."""

import json
from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

from .panels import SOURCE
from .queries import Queries
from .settings import Settings

ALL = dashboard.VariableOption(selected=True, text="All", value="$__all")
#: The dashboards in the order of their links, by uid and title.
BOARDS = {
    "darktrace-overview": "Overview",
    "darktrace-breaches": "Breaches",
    "darktrace-response": "Response times",
    "darktrace-appliance": "Appliance",
    "darktrace-exporter": "Exporter",
}


def choice(name: str, query: str, *, several: bool = True, every: str = ".+", hidden: bool = False):
    """A variable with values from Prometheus."""
    made = (
        build.QueryVariable(name)
        .label(name.replace("_", " ").capitalize())
        .datasource(SOURCE)
        .query({"query": query, "refId": f"variable-{name}", "qryType": 1})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(several)
    )
    if hidden:
        made = made.hide(dashboard.VariableHide.HIDE_VARIABLE)
    return made.include_all(True).all_value(every).current(ALL) if several else made


def variables(settings: Settings, one_appliance: bool) -> list:
    """The data source, and the selection of jobs, instances and appliances by their labels.

    A series without the label matches "All" of an instance or an attached label: a fleet has no instance.
    """
    job = 'job=~"$job", instance=~"$instance"'
    attached = [
        choice(name, f"label_values(darktrace_up{{{job}}}, {name})", every=".*")
        for name in settings.labels["variables"]
    ]
    chosen = job + "".join(f', {name}=~"${name}"' for name in settings.labels["variables"])
    return [
        build.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        choice("job", "label_values(darktrace_exporter_build_info, job)"),
        choice("instance", 'label_values(darktrace_exporter_build_info{job=~"$job"}, instance)', every=".*"),
        *attached,
        choice("appliance", f"label_values(darktrace_up{{{chosen}}}, appliance)", several=not one_appliance),
        build.AdHocVariable("labels").label("Any label").datasource(SOURCE),
    ]


def firing(settings: Settings):
    """Annotations while an alert of this project fires."""
    return (
        build.AnnotationQuery()
        .name("Firing alerts")
        .datasource(SOURCE)
        .enable(True)
        .hide(False)
        .icon_color("red")
        .expr(Queries(settings).firing())
    )


def frame(settings: Settings, uid: str, description: str, *, one_appliance: bool = False, since: str = "now-24h"):
    """A dashboard without panels, with links to the others. All panels have the viewer's time zone."""
    board = (
        build.Dashboard(f"Darktrace / {BOARDS[uid]}")
        .uid(uid)
        .description(description)
        .tags(["darktrace"])
        .readonly()
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .time(since, "now")
        .refresh("1m")
        .variables(variables(settings, one_appliance))
        .annotation(firing(settings))
    )
    for other, title in BOARDS.items():
        if other != uid:
            board = board.link(
                build.DashboardLink(title)
                .type(dashboard.DashboardLinkType.LINK)
                .url(f"/d/{other}")
                .icon("dashboard")
                .include_vars(True)
                .keep_time(True)
            )
    return board


def filled(board, top: Sequence, rows: Sequence[tuple[str, bool, Sequence]]):
    """The dashboard with panels: those on top, and rows with a title; a closed row is loaded when somebody opens it."""
    for panel in top:
        board = board.with_panel(panel)
    for title, is_open, panels in rows:
        row = build.Row(title)
        if is_open:
            board = board.with_row(row)
            for panel in panels:
                board = board.with_panel(panel)
        else:
            for panel in panels:
                row = row.with_panel(panel)
            board = board.with_row(row)
    return board


def normalized(content: dict) -> dict:
    """The dashboard after a round trip through the types of the library, which adds defaults and drops unknown keys."""
    register_default_plugins()
    return json.loads(json.dumps(dashboard.Dashboard.from_json(content), cls=JSONEncoder))


def content(made) -> dict:
    """The dashboard as JSON, with panels numbered in their order."""
    built = made.build()
    flat = [one for panel in built.panels for one in (panel, *(getattr(panel, "panels", None) or []))]
    for number, panel in enumerate(flat, start=1):
        panel.id_val = number
    return normalized(json.loads(json.dumps(built, cls=JSONEncoder)))


def text(board: dict) -> str:
    """The content of the dashboard's file."""
    return json.dumps(board, indent=2, sort_keys=True) + "\n"


def importable(board: dict) -> dict:
    """The dashboard for an import by hand: Grafana asks for the data source and replaces the input by it."""
    source = "DS_PROMETHEUS"
    asked = {
        "name": source, "label": "Prometheus", "description": "", "type": "datasource", "pluginId": "prometheus",
        "pluginName": "Prometheus",
    }  # fmt: skip
    needed = sorted({panel["type"] for panel in every_panel(board)} - {"row"})
    changed = json.loads(json.dumps(board).replace("${datasource}", f"${{{source}}}"))
    listed = changed["templating"]["list"]
    changed["templating"]["list"] = [variable for variable in listed if variable["name"] != "datasource"]
    required = [{"type": "grafana", "id": "grafana", "name": "Grafana", "version": "11.6.0"}]
    required += [{"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"}]
    required += [{"type": "panel", "id": kind, "name": kind, "version": ""} for kind in needed]
    return {"__inputs": [asked], "__requires": required, "id": None} | changed


def every_panel(board: dict) -> list[dict]:
    """All panels of a dashboard, with those in closed rows."""
    return [one for panel in board["panels"] for one in (panel, *panel.get("panels", []))]
