"""Draws a dashboard as a page of HTML from its JSON and the answers of Prometheus."""

import datetime
import html
import math

from . import graphs
from .evaluate import Shown, View
from .values import NONE, color, mapping, stepped, written

ROW, GAP = 30, 8
STYLE = """
* { box-sizing: border-box } body { margin: 0; background: #111217; color: #ccccdc; font: 13px/1.35 "DejaVu Sans", sans-serif }
.panel h2, th, .bar span { font-stretch: condensed } /* about as wide as the font of Grafana */
header { display: flex; gap: 14px; align-items: baseline; padding: 12px 14px 10px; flex-wrap: wrap }
header h1 { font-size: 17px; margin: 0 10px 0 0; color: #fff } header span { color: #9a9ba7 }
header b { color: #ccccdc; font-weight: normal; background: #22252b; padding: 2px 7px; border-radius: 2px; margin-left: 4px }
.grid { position: relative; margin: 0 8px } .panel, .row { position: absolute; overflow: hidden }
.panel { background: #181b1f; border: 1px solid #24272d; border-radius: 2px }
.panel h2 { font-size: 13px; font-weight: 500; margin: 0; padding: 6px 9px 3px; white-space: nowrap; overflow: hidden;
text-overflow: ellipsis } .row { font-size: 14px; font-weight: 600; padding: 5px 6px; color: #fff }
.row small { color: #9a9ba7; font-weight: normal; margin-left: 8px } svg { display: block } svg text { fill: #9a9ba7;
font-size: 11px } .grid-line, line.grid { stroke: #26292f } .legend { padding: 0 10px; height: 22px; overflow: hidden }
.legend span { margin-right: 13px; white-space: nowrap } .legend i { display: inline-block; width: 13px; height: 4px;
border-radius: 2px; margin: 0 5px 3px 0 } .stat { position: absolute; inset: 0; display: flex; flex-direction: column }
.stat h2 { color: #fff } .stat p { margin: auto; padding-bottom: 6px; font-weight: 600; color: #fff; text-align: center; white-space: nowrap }
.none { position: absolute; inset: 26px 0 0; display: flex } .none p { margin: auto; color: #9a9ba7; background: #2a2d33;
padding: 3px 10px; border-radius: 2px } table { border-collapse: collapse; width: 100% } th { text-align: left;
color: #8ab8ff; font-weight: 500; padding: 4px 9px; white-space: nowrap; border-bottom: 1px solid #2c3036 }
td { padding: 0 9px; height: 27px; border-bottom: 1px solid #22252b; white-space: nowrap; max-width: 330px;
overflow: hidden; text-overflow: ellipsis } td.link { color: #6e9fff } .more { position: absolute; bottom: 0; left: 0;
right: 0; background: #22252b; color: #9a9ba7; padding: 2px 9px } .bar { display: flex; align-items: center; gap: 8px;
padding: 0 10px } .bar span { width: 50%; text-align: right; white-space: nowrap; overflow: hidden;
text-overflow: ellipsis } .bar div { flex: 1; display: flex; align-items: center; gap: 6px } .bar i { height: 70%;
min-height: 9px; border-radius: 1px } td .gauge { display: inline-block; height: 12px; margin-right: 6px;
vertical-align: middle } .bar b { white-space: nowrap } .bar.top { display: block; padding-top: 2px }
.bar.top span { display: block; width: auto; text-align: left } .bar.top div { height: 14px }
"""


def page(view: View, shown: list[Shown], width: int = 1600, opened: bool = False) -> str:
    """The document that shows these panels of the view."""
    parts, hidden = [], {inner["id"] for panel in view.board["panels"] for inner in panel.get("panels", [])}
    shift, bottom = 0, 0
    for one in shown:
        place = one.panel["gridPos"]
        if one.panel["id"] in hidden and not opened:
            continue
        top = (place["y"] + shift) * (ROW + GAP)
        unit = (width - 16 - GAP * 23) / 24
        left, wide = place["x"] * (unit + GAP), place["w"] * unit + (place["w"] - 1) * GAP
        high = place["h"] * ROW + (place["h"] - 1) * GAP
        box = f'style="left:{left:.0f}px;top:{top}px;width:{wide:.0f}px;height:{high}px"'
        parts.append(f'<div class="{"row" if one.panel["type"] == "row" else "panel"}" {box}>'
                     f"{content(view, one, int(wide) - 2, high - 28, opened)}</div>")  # fmt: skip
        bottom = max(bottom, top + high)
        if one.panel["type"] == "row" and one.panel.get("collapsed") and not opened:
            heights = [inner["gridPos"]["y"] + inner["gridPos"]["h"] for inner in one.panel["panels"]]
            shift -= max(heights) - place["y"] - 1
    return document(view, parts, bottom + 12)


def document(view: View, parts: list[str], height: int) -> str:
    """The whole document around the panels."""
    chosen = view.variables()
    labels = {variable["name"]: variable for variable in view.board["templating"]["list"]}
    shown = [(labels[name]["label"], value) for name, value in chosen.items() if not labels[name].get("hide")]
    variables = "".join(
        f"<span>{html.escape(label)}<b>{'All' if value in ('.+', '.*') else html.escape(value)}</b></span>"
        for label, value in shown
    )
    until = datetime.datetime.fromtimestamp(view.end, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    length = f"{view.length // 3600} hours" if view.length >= 7200 else f"{view.length} seconds"
    return (f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{html.escape(view.board["title"])}</title>'
            f"<style>{STYLE}</style><header><h1>{html.escape(view.board['title'])}</h1>{variables}"
            f"<span>Last {length} until {until}</span></header>"
            f'<div class="grid" style="height:{height}px">{"".join(parts)}</div></html>')  # fmt: skip


def content(view: View, shown: Shown, width: int, height: int, opened: bool) -> str:
    """The inside of a panel or a row."""
    panel = shown.panel
    title = html.escape(panel.get("title", ""))
    if panel["type"] == "row":
        count = len(panel.get("panels", []))
        closed = panel.get("collapsed") and not opened
        return f"▸ {title}<small>({count} panels)</small>" if closed else f"▾ {title}"
    if panel["type"] == "stat":
        return stat(shown, title, width)
    drawn = {
        "timeseries": graphs.graph, "heatmap": graphs.heat_map, "state-timeline": graphs.timeline, "table": table,
        "bargauge": bars,
    }[panel["type"]]  # fmt: skip
    has_data = bool(shown.rows()) if panel["type"] == "table" else bool(shown.series())
    if not has_data:
        return (
            f'<h2>{title}</h2><div class="none"><p>{html.escape(panel["fieldConfig"]["defaults"]["noValue"])}</p></div>'
        )
    return f"<h2>{title}</h2>{drawn(view, shown, width, height)}"


def stat(shown: Shown, title: str, width: int) -> str:
    """A number on the colour that it has."""
    defaults = shown.panel["fieldConfig"]["defaults"]
    series = shown.series()
    value = series[0][2][-1][1] if series else math.nan if any(shown.answers) else None
    text, tone = mapping(value, defaults["mappings"]) or (None, None)
    if value is not None and not math.isnan(value) and text is None:
        text = written(value, defaults["unit"], defaults.get("decimals"))
        tone = stepped(value, defaults["thresholds"])
    text, tone = text or defaults["noValue"], tone or NONE
    size = min(46, int(width / max(len(text), 1) * 1.35))
    return (f'<div class="stat" style="background:{tone if tone != NONE else "#3a3d44"}"><h2>{title}</h2>'
            f'<p style="font-size:{size}px">{html.escape(text)}</p></div>')  # fmt: skip


def bars(_: View, shown: Shown, width: int, height: int) -> str:
    """A horizontal bar for each series."""
    defaults = shown.panel["fieldConfig"]["defaults"]
    series, fixed = shown.series(), graphs.fixed_colors(shown)
    top = " top" if shown.panel["options"].get("namePlacement") == "top" else ""
    most = max(points[-1][1] for _, _, points in series) or 1
    size = min(56, (height - 4) / len(series))
    parts = []
    for name, _, points in series:
        value = points[-1][1]
        shade = fixed.get(name) or stepped(value, defaults["thresholds"])
        text = written(value, defaults["unit"], defaults.get("decimals"))
        parts.append(f'<div class="bar{top}" style="height:{size:.1f}px"><span>{html.escape(name)}</span><div>'
                     f'<i style="width:{max(value, 0) / most * 80:.1f}%;background:{shade}"></i>'
                     f"<b>{html.escape(text)}</b></div></div>")  # fmt: skip
    return "".join(parts)


def properties(panel: dict, name: str) -> dict[str, object]:
    """How a column shows its values: the defaults of the panel and what is set for the column."""
    defaults = panel["fieldConfig"]["defaults"]
    found: dict[str, object] = {
        key: defaults[key] for key in ("unit", "decimals", "mappings", "thresholds", "noValue") if key in defaults
    }
    for change in panel["fieldConfig"]["overrides"]:
        if change["matcher"]["options"] == name:
            found |= {one["id"]: one["value"] for one in change["properties"]}
    return found


def table(_: View, shown: Shown, __: int, height: int) -> str:
    """The rows that fit; the others are behind a scroll bar in Grafana."""
    rows = shown.rows()
    options = shown.panel["transformations"][1]["options"]
    order = {title: options["indexByName"][name] for name, title in options["renameByName"].items()}
    names = sorted({name for row in rows for name in row}, key=lambda name: (order.get(name, len(order)), name))
    columns = {name: properties(shown.panel, name) for name in names}
    columns = {name: found for name, found in columns.items() if not found.get("custom.hidden")}
    names = list(columns)
    fitting = max(1, (height - 30) // 28)
    if len(rows) > fitting:
        fitting -= 1
    highest = {name: max([row[name] for row in rows if isinstance(row.get(name), float)] or [1]) for name in names}
    head = "".join(heading(name, columns[name]) for name in names)
    body = "".join(
        "<tr>" + "".join(cell(row.get(name), columns[name], highest[name]) for name in names) + "</tr>"
        for row in rows[:fitting]
    )
    more = f'<div class="more">{len(rows) - fitting} more rows</div>' if len(rows) > fitting else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def heading(name: str, shown: dict) -> str:
    """The heading of a column, with the width that is set for it."""
    width = f' style="width:{shown["custom.width"]}px"' if "custom.width" in shown else ""
    return f"<th{width}>{html.escape(name)}</th>"


def cell(value: object, shown: dict, highest: float) -> str:
    """A cell of a table."""
    kind = (shown.get("custom.cellOptions") or {}).get("type")
    if isinstance(value, str):
        return f'<td class="{"link" if shown.get("links") else ""}">{html.escape(value)}</td>'
    text, tone = mapping(value, shown.get("mappings") or []) or (None, None)
    if value is None:
        return f'<td style="color:{NONE}">{html.escape(text or str(shown.get("noValue") or ""))}</td>'
    if text is None:
        text = written(value, str(shown["unit"]), shown.get("decimals"))
        tone = stepped(value, shown["thresholds"]) if kind == "color-text" else None
    gauge = ""
    if kind == "gauge":
        gauge = f'<span class="gauge" style="width:{value / highest * 90:.0f}px;background:{color("blue")}"></span>'
    return f'<td style="color:{tone or "#ccccdc"}">{gauge}{html.escape(text)}</td>'
