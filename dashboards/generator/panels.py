"""Panel types of this project. Each panel has a title, a description, a unit, and a grey text where it has no data."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import bargauge, heatmap, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models import prometheus as prometheus_model

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")

GOOD, WARN, BAD, CALM, NONE = "green", "orange", "red", "blue", "#7b8087"
NO_DATA = "no data"
#: The colour of each category in all panels.
CATEGORIES = {"critical": "dark-red", "suspicious": "orange", "compliance": "blue", "informational": "purple"}

#: Pairs of lower bound and colour. What is below the first bound is grey, and so is a missing value.
Steps = Sequence[tuple[float, str]]
Properties = dict[str, object]
LOWEST = -1e15
#: Pixels of the narrowest column of a table.
LEAST = 70
PLAIN: Steps = ((LOWEST, CALM),)


def query(expr: str, legend: str = "", *, instant: bool = False, exemplar: bool = False, form: str = "time_series"):
    """One target; an instant query evaluates only the end of the time range."""
    target = prometheus.Dataquery().expr(expr).legend_format(legend or "__auto").datasource(SOURCE)
    target = target.instant() if instant else target.range()
    return target.exemplar(exemplar).format(prometheus_model.PromQueryFormat(form))


def thresholds(steps: Steps):
    """Grey, and the steps above it."""
    made = [dashboard.Threshold(value=value, color=color) for value, color in ((None, NONE), *steps)]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(made)


def properties(values: Properties) -> list[dashboard.DynamicConfigValue]:
    """The properties of an override."""
    return [dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in values.items()]


def fixed(color: str) -> Properties:
    """An override that gives a series its colour."""
    return {"color": {"mode": "fixed", "fixedColor": color}}


def words(names: dict[int, tuple[str, str]], idle: str = NO_DATA, none: str = NO_DATA) -> list[dict]:
    """Mappings from values to a text and a colour. A missing value is grey.

    None is the text of a missing value, idle that of one that is no number.
    """
    options = {
        str(value): {"text": word, "color": color, "index": index}
        for index, (value, (word, color)) in enumerate(names.items())
    }
    missing = [
        {"match": match, "result": {"text": text, "color": NONE, "index": len(options) + index}}
        for index, (match, text) in enumerate((("null", none), ("nan", idle)))
    ]
    return [{"type": "value", "options": options}, *({"type": "special", "options": one} for one in missing)]


def mapped(names: dict[int, tuple[str, str]], idle: str = NO_DATA) -> list:
    """The same as types of the library."""
    value, *missing = words(names, idle)
    results = {number: dashboard.ValueMappingResult(**result) for number, result in value["options"].items()}
    specials = [
        dashboard.DashboardSpecialValueMapOptions(
            match=dashboard.SpecialValueMatch(one["options"]["match"]),
            result=dashboard.ValueMappingResult(**one["options"]["result"]),
        )
        for one in missing
    ]
    return [dashboard.ValueMap(options=results), *(dashboard.SpecialValueMap(options=one) for one in specials)]


def link(title: str, url: str) -> dict:
    """A data link that opens in a new tab."""
    return {"title": title, "url": url, "targetBlank": True}


def framed(panel, title: str, description: str, unit: str, size: tuple[int, int], targets, steps: Steps):
    """The properties that every panel has."""
    panel = panel.title(title).description(description).unit(unit).datasource(SOURCE).span(size[0]).height(size[1])
    for number, target in enumerate(targets):
        panel = panel.with_target(target.ref_id(chr(ord("A") + number)))
    return panel.thresholds(thresholds(steps)).no_value(NO_DATA)


def number(
    title: str, description: str, unit: str, expr: str, steps: Steps, *, none: str = NO_DATA, idle: str = NO_DATA, decimals: int = 0,
    names: dict[int, tuple[str, str]] | None = None,
):  # fmt: skip
    """A single number of the top row.

    None is the text without a value, idle that of a value that is no number; names replace numbers by words.
    """
    panel = framed(stat.Panel(), title, description, unit, (4, 4), [query(expr, instant=True)], steps)
    return (
        panel.decimals(decimals)
        .no_value(none)
        .mappings(mapped(names or {}, idle))
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
    title: str, description: str, unit: str, size: tuple[int, int], targets, steps: Steps = PLAIN, *,
    bars: bool = False, stacked: bool = False, step: str = "", calcs: Sequence[str] = (), limit: bool = False,
    points: int = 0,
):  # fmt: skip
    """Values over time, as lines or bars; a limit draws the thresholds into the panel.

    Step is the shortest interval, points the largest number of them.
    """
    panel = framed(timeseries.Panel(), title, description, unit, size, targets, steps)
    panel = (
        panel.draw_style(common.GraphDrawStyle.BARS if bars else common.GraphDrawStyle.LINE)
        .fill_opacity(80 if bars else 10)
        .line_width(1 if bars else 2)
        .show_points(common.VisibilityMode.AUTO)
        .span_nulls(3600000 if step and not bars else False)
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
    if points:
        panel = panel.max_data_points(points)
    if limit:
        style = build_common.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.LINE)
        panel = panel.thresholds_style(style)
    return panel


def colored(panel):
    """The panel with fixed colours for the categories."""
    for name, color in CATEGORIES.items():
        panel = panel.override_by_name(name, properties(fixed(color)))
    return panel


def bars(
    title: str, description: str, unit: str, size: tuple[int, int], expr: str, name: str, steps: Steps = PLAIN, *,
    decimals: int = 0, names_on_top: bool = False,
):  # fmt: skip
    """One horizontal bar for each series, longest first when the query sorts; long names are above their bars."""
    panel = framed(bargauge.Panel(), title, description, unit, size, [query(expr, name, instant=True)], steps)
    place = common.BarGaugeNamePlacement.TOP if names_on_top else common.BarGaugeNamePlacement.AUTO
    return (
        panel.orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .name_placement(place)
        .decimals(decimals)
        .min(0)
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def bucket_map(
    title: str, description: str, size: tuple[int, int], expr: str, step: str, *, exemplar: bool = False
):  # fmt: skip
    """A heatmap of a histogram's buckets."""
    target = query(expr, "{{le}}", exemplar=exemplar, form="heatmap")
    panel = framed(heatmap.Panel(), title, description, "none", size, [target], PLAIN)
    return (
        panel.interval(step)
        .max_data_points(50)
        .color(heatmap.HeatmapColorOptions().mode(heatmap_model.HeatmapColorMode.SCHEME).scheme("Oranges").steps(64))
        .y_axis(heatmap.YAxisConfig().axis_label("score").decimals(1))
        .filter_values(heatmap.FilterValueRange().le(0.5))
        .exemplars_color("rgba(87,148,242,0.9)")
    )


def states(title: str, description: str, size: tuple[int, int], target, names: dict[int, tuple[str, str]]):
    """A state timeline, one row for each series; names map a value to its text and colour."""
    panel = framed(statetimeline.Panel(), title, description, "none", size, [target], PLAIN)
    return (
        panel.mappings(mapped(names))
        .show_value(common.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.8)
        .legend(legend([]))
    )


class Column:
    """A column of a table: its heading, and how it shows its values."""

    def __init__(self, title: str, expr: str = "", **shown: object):
        self.title = title
        self.expr = expr
        self.shown = {name.replace("__", "."): value for name, value in shown.items()}

    def width(self) -> Properties:
        """As wide as the heading or a date, where no width is set; Grafana gives each column at least 150 pixels."""
        if {"custom.width", "custom.minWidth", "custom.hidden"} & self.shown.keys():
            return {}
        date = 160 if self.shown.get("unit") == "dateTimeAsIso" else 0
        return {"custom.minWidth": max(LEAST, date, 8 * len(self.title) + 14)}

    @staticmethod
    def colored(title: str, expr: str, unit: str, steps: Steps, **more: object) -> "Column":
        """A number whose text has the colour of its step."""
        made = [{"value": value, "color": color} for value, color in ((None, NONE), *steps)]
        shown: dict[str, object] = {"unit": unit, "thresholds": {"mode": "absolute", "steps": made}}
        return Column(title, expr, **shown, custom__cellOptions={"type": "color-text"}, **more)

    @staticmethod
    def worded(title: str, expr: str, names: dict[int, tuple[str, str]], **more: object) -> "Column":
        """A state as a coloured word."""
        return Column(title, expr, mappings=words(names), custom__cellOptions={"type": "color-text"}, **more)


def sheet(
    title: str, description: str, size: tuple[int, int], labels: dict[str, str], columns: Sequence[Column], *,
    sort: tuple[str, bool] | None = None, hidden: Sequence[str] = ("job",), first: int = 9,
):  # fmt: skip
    """A table that joins instant queries by their labels.

    Labels name the columns that begin each row. Any other label that people attach becomes a column after them; the
    hidden ones do not. Sort is a heading, and whether the highest value is first. Only so many labels come before the
    values.
    """
    targets = [query(column.expr, instant=True, form="table") for column in columns]
    panel = framed(table.Panel(), title, description, "none", size, targets, PLAIN).min_width(LEAST)
    values = {f"Value #{chr(ord('A') + number)}": column.title for number, column in enumerate(columns)}
    if len(columns) == 1:
        values = {"Value": columns[0].title}
    names = dict(list(labels.items())[:first]) | values | labels
    steps = [
        dashboard.DataTransformerConfig(id_val="merge", options={}),
        dashboard.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {name: True for name in ("Time", "__name__", *hidden)},
                "indexByName": {name: index for index, name in enumerate(names)},
                "renameByName": names,
            },
        ),
    ]
    if sort:
        options = {"fields": {}, "sort": [{"field": sort[0], "desc": sort[1]}]}
        steps.append(dashboard.DataTransformerConfig(id_val="sortBy", options=options))
    for step in steps:
        panel = panel.with_transformation(step)
    for column in columns:
        panel = panel.override_by_name(column.title, properties(column.shown | column.width()))
    return panel
