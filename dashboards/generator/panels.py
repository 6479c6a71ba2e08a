"""Panel types of this project. Each panel has a title, a description, a unit and thresholds."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models import prometheus as prometheus_model

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")

GOOD, WARN, BAD, CALM = "green", "orange", "red", "blue"
#: The colour of each category in all panels.
CATEGORIES = {"critical": "dark-red", "suspicious": "orange", "compliance": "blue", "informational": "semi-dark-green"}

Steps = Sequence[tuple[float | None, str]]
Properties = dict[str, object]


def query(expr: str, legend: str = "", *, instant: bool = False, exemplar: bool = False, form: str = "time_series"):
    """One target; an instant query evaluates only the end of the time range."""
    target = prometheus.Dataquery().expr(expr).legend_format(legend or "__auto").datasource(SOURCE)
    target = target.instant() if instant else target.range()
    return target.exemplar(exemplar).format(prometheus_model.PromQueryFormat(form))


def thresholds(steps: Steps):
    """Steps as pairs of lower bound and colour, the first without a bound."""
    made = [dashboard.Threshold(value=value, color=color) for value, color in steps]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(made)


def properties(values: Properties) -> list[dashboard.DynamicConfigValue]:
    """The properties of an override."""
    return [dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in values.items()]


def fixed(color: str) -> Properties:
    """An override that gives a series its colour."""
    return {"color": {"mode": "fixed", "fixedColor": color}}


def framed(panel, title: str, description: str, unit: str, size: tuple[int, int], targets, steps: Steps):
    """The properties that every panel has."""
    panel = panel.title(title).description(description).unit(unit).datasource(SOURCE).span(size[0]).height(size[1])
    for number, target in enumerate(targets):
        panel = panel.with_target(target.ref_id(chr(ord("A") + number)))
    return panel.thresholds(thresholds(steps))


def number(title: str, description: str, unit: str, expr: str, steps: Steps, *, none: str = "none", decimals: int = 0):
    """A single number of the top row."""
    panel = framed(stat.Panel(), title, description, unit, (4, 4), [query(expr, instant=True)], steps)
    return (
        panel.decimals(decimals)
        .no_value(none)
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def legend(calcs: list[str]):
    """A legend: a table on the right if it has figures, else a list below."""
    mode = common.LegendDisplayMode.TABLE if calcs else common.LegendDisplayMode.LIST
    placement = common.LegendPlacement.RIGHT if calcs else common.LegendPlacement.BOTTOM
    return build_common.VizLegendOptions().display_mode(mode).placement(placement).show_legend(True).calcs(calcs)


def lines(
    title: str, description: str, unit: str, size: tuple[int, int], targets, steps: Steps = ((None, GOOD),), *,
    bars: bool = False, stacked: bool = False, step: str = "", calcs: Sequence[str] = (), limit: bool = False,
):  # fmt: skip
    """Values over time, as lines or bars; a limit draws the thresholds into the panel."""
    panel = framed(timeseries.Panel(), title, description, unit, size, targets, steps)
    panel = (
        panel.draw_style(common.GraphDrawStyle.BARS if bars else common.GraphDrawStyle.LINE)
        .fill_opacity(80 if bars else 10)
        .line_width(1 if bars else 2)
        .show_points(common.VisibilityMode.AUTO)
        .span_nulls(3600000 if step else False)
        .axis_soft_min(0)
        .legend(legend(list(calcs)))
        .tooltip(
            build_common.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        .color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC))
    )
    if stacked:
        panel = panel.stacking(build_common.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if step:
        panel = panel.interval(step)
    if limit:
        style = build_common.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.LINE)
        panel = panel.thresholds_style(style)
    return panel


def bars(title: str, description: str, unit: str, size: tuple[int, int], expr: str, name: str):
    """One horizontal bar for each series, longest first when the query sorts."""
    panel = framed(bargauge.Panel(), title, description, unit, size, [query(expr, name, instant=True)], ((None, CALM),))
    return (
        panel.orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .decimals(0)
        .min(0)
        .no_value("none")
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def columns(title: str, description: str, unit: str, size: tuple[int, int], expr: str, label: str):
    """One column for each value of a label, in the order of that label."""
    target = query(expr, instant=True, form="table")
    panel = framed(barchart.Panel(), title, description, unit, size, [target], ((None, CALM),))
    keep = dashboard.DataTransformerConfig(
        id_val="filterFieldsByName", options={"include": {"names": [label, "Value"]}}
    )
    sort = dashboard.DataTransformerConfig(
        id_val="sortBy", options={"fields": {}, "sort": [{"field": label, "desc": False}]}
    )
    return (
        panel.with_transformation(keep)
        .with_transformation(sort)
        .x_field(label)
        .decimals(1)
        .min(0)
        .show_value(common.VisibilityMode.NEVER)
        .legend(build_common.VizLegendOptions().show_legend(False))
    )


def bucket_map(title: str, description: str, size: tuple[int, int], expr: str, step: str):
    """A heatmap of a histogram's buckets."""
    target = query(expr, "{{le}}", exemplar=True, form="heatmap")
    panel = framed(heatmap.Panel(), title, description, "short", size, [target], ((None, GOOD),))
    return (
        panel.interval(step)
        .color(heatmap.HeatmapColorOptions().mode(heatmap_model.HeatmapColorMode.SCHEME).scheme("Oranges").steps(64))
        .y_axis(heatmap.YAxisConfig().axis_label("score").decimals(1))
        .filter_values(heatmap.FilterValueRange().le(0.5))
        .exemplars_color("rgba(87,148,242,0.9)")
    )


def states(title: str, description: str, size: tuple[int, int], target, names: dict[str, tuple[str, str]]):
    """A state timeline, one row for each series; names map a value to its text and colour."""
    panel = framed(statetimeline.Panel(), title, description, "none", size, [target], ((None, GOOD),))
    options = {
        value: dashboard.ValueMappingResult(text=word, color=color, index=index)
        for index, (value, (word, color)) in enumerate(names.items())
    }
    return (
        panel.mappings([dashboard.ValueMap(options=options)])
        .show_value(common.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.8)
        .legend(legend([]))
    )


def sheet(title: str, description: str, unit: str, size: tuple[int, int], exprs: list[str], columns: dict[str, str]):
    """A table that joins instant queries by their labels; columns are the fields to keep, in order."""
    targets = [query(expr, instant=True, form="table") for expr in exprs]
    panel = framed(table.Panel(), title, description, unit, size, targets, ((None, GOOD),))
    order = {name: index for index, name in enumerate(columns)}
    merge = dashboard.DataTransformerConfig(id_val="merge", options={})
    keep = dashboard.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": list(columns)}})
    rename = dashboard.DataTransformerConfig(
        id_val="organize", options={"indexByName": order, "renameByName": columns, "excludeByName": {}}
    )
    return panel.with_transformation(merge).with_transformation(keep).with_transformation(rename)
