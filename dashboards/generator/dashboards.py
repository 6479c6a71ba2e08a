"""What the dashboards share: variables, links, annotations of firing alerts, and the file format."""

import json

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

from .panels import SOURCE

ALL = dashboard.VariableOption(selected=True, text="All", value="$__all")


def choice(name: str, label: str, query: str):
    """A variable with values from Prometheus and multiple selection."""
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": query, "refId": f"variable-{name}", "qryType": 1})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(ALL)
    )


def variables() -> list:
    """The data source, and the selection of jobs, instances and appliances."""
    chosen = 'job=~"$job"'
    return [
        build.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        choice("job", "Job", "label_values(darktrace_exporter_build_info, job)"),
        choice("instance", "Instance", f"label_values(darktrace_exporter_build_info{{{chosen}}}, instance)"),
        choice("appliance", "Appliance", f'label_values(darktrace_up{{{chosen}, instance=~"$instance"}}, appliance)'),
    ]


def firing():
    """Annotations while an alert of this project fires."""
    return (
        build.AnnotationQuery()
        .name("Firing alerts")
        .datasource(SOURCE)
        .enable(True)
        .hide(False)
        .icon_color("red")
        .expr('ALERTS{alertname=~"Darktrace.+", alertstate="firing", job=~"$job", appliance=~"$appliance|"}')
    )


def frame(uid: str, title: str, description: str, tags: list[str], other: tuple[str, str]):
    """A dashboard without panels. The other one is named by its title and uid."""
    link = (
        build.DashboardLink(other[0])
        .type(dashboard.DashboardLinkType.LINK)
        .url(f"/d/{other[1]}")
        .icon("dashboard")
        .include_vars(True)
        .keep_time(True)
    )
    return (
        build.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(tags)
        .readonly()
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .time("now-24h", "now")
        .refresh("1m")
        .variables(variables())
        .annotation(firing())
        .link(link)
    )


def normalized(content: dict) -> dict:
    """The dashboard after a round trip through the types of the library, which adds defaults and drops unknown keys."""
    register_default_plugins()
    return json.loads(json.dumps(dashboard.Dashboard.from_json(content), cls=JSONEncoder))


def text(made) -> str:
    """The content of the dashboard's file, with panels numbered in their order."""
    built = made.build()
    for number, panel in enumerate(built.panels, start=1):
        panel.id_val = number
    content = normalized(json.loads(json.dumps(built, cls=JSONEncoder)))
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
