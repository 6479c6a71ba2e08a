"""The dashboard that people open first: one row for each appliance, those with a failure first."""

from . import panels
from .dashboards import filled, frame
from .panels import BAD, CALM, GOOD, LOWEST, NONE, WARN, Column, link, properties, query
from .queries import CRITICAL, Queries
from .settings import Settings

DAY = 86400
UID = "darktrace-overview"
PENDING = 'state="pending"'
#: What the table says of an appliance. The order is that of the rows: failures first.
STATES = {0: ("failing", BAD), 1: ("not seen", NONE), 2: ("disabled", NONE), 3: ("up", GOOD)}
#: What the table says of Autonomous Response.
RESPONSES = {0: ("off", NONE), 1: ("not running", WARN), 2: ("running", GOOD)}


def state(q: Queries) -> str:
    """The state of each appliance that was seen within a day, by the numbers of STATES."""
    # In a fleet an appliance may be absent for one scrape when it gets another replica.
    recent = q.folded(f"last_over_time({q.of('darktrace_up')}[2m])", by="min")
    up = f"3 * ({q.each('darktrace_up', by='min')} or {recent})"
    disabled = f"2 + ({q.each('darktrace_appliance_enabled')} == 0)"
    # The second window is for an exporter that was gone before the first one had a sample.
    seen = " or ".join(f"0 * last_over_time({q.each('darktrace_up')}[{window}]) + 1" for window in ("1d:10m", "30m:15s"))
    return f"{disabled} or {up} or {seen}"


def response(q: Queries) -> str:
    """The state of Autonomous Response, by the numbers of RESPONSES."""
    enabled, running = (q.each(f"darktrace_appliance_antigena_network_{part}") for part in ("enabled", "running"))
    return f"{enabled} + {enabled} * {running}"


def top(q: Queries) -> list:
    """Six numbers over all selected appliances."""
    failing = f"count(({state(q)}) < 2) or 0 * count({q.of('darktrace_up')})"
    return [
        panels.number(
            "Appliances failing", "Appliances whose last poll failed, or that were seen within a day and are gone.",
            "none", failing, ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Breaches in 24 h", "Model breaches counted in the last 24 hours, acknowledged ones included.",
            "none", q.breaches("1d"), ((0, CALM),),
        ),
        panels.number(
            "Critical in 24 h", "Breaches of category critical in the last 24 hours.",
            "none", q.breaches("1d", CRITICAL), ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Critical open", "Critical breaches without an acknowledgement.",
            "none", f"sum({q.each('darktrace_model_breaches_unacknowledged', CRITICAL)})", ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Actions waiting", "Actions of Autonomous Response that somebody must confirm.",
            "none", f"sum({q.each('darktrace_antigena_actions', PENDING)})", ((0, GOOD), (0.5, WARN)),
        ),
        panels.number(
            "Alerts firing", "Alerts of the shipped rules that fire on the selected appliances. Grey without the rules.",
            "none", firing(q), ((0, GOOD), (0.5, BAD)),
        ),
    ]  # fmt: skip


def firing(q: Queries) -> str:
    """The number of firing alerts; 0 only where the rules are loaded, because they record something."""
    return f"count({q.firing()}) or 0 * count({q.of('appliance_category:darktrace_model_breaches:count1h')})"


def appliances(q: Queries, settings: Settings):
    """The table; every appliance is a row, whatever their number."""
    certificate = q.each("darktrace_api_certificate_expiry_timestamp_seconds", by="min")
    # As in the alert, one that expired long ago is not missed.
    missed = f"> time() - {settings.rules['license_missed_days'] * DAY}"
    licence = q.folded(
        f"{q.of('darktrace_appliance_license_expiry_timestamp_seconds')} {missed}", "license", by="min")
    oldest = q.age("darktrace_model_breach_oldest_unacknowledged_timestamp_seconds", drop=("category",))
    labels = q.replica
    today = f"sum without (category) ({q.since('1d')})"
    usual = f"sum without (category) ({q.usual_each()})"
    days = settings.rules
    # The widths of all columns together fit a window of 1 000 pixels; the default of Grafana is at least 150 each.
    columns = [
        Column.worded("State", state(q), STATES, custom__width=75),
        Column("Breaches 24 h", today, unit="none", decimals=0, custom__minWidth=105),
        Column("Usual", usual, unit="none", decimals=0, custom__width=65),
        Column.colored("Critical 24 h", f"sum without (category) ({q.since('1d', CRITICAL)})", "none",
                       ((0, GOOD), (0.5, BAD)), decimals=0, custom__minWidth=105),
        Column("Open", q.each("darktrace_model_breaches_unacknowledged", drop=("category",), by="sum"), unit="none",
               custom__width=65),
        Column("Oldest open", oldest, unit="s", decimals=1, custom__width=90),
        Column.worded("Autonomous Response", response(q), RESPONSES, custom__width=156),
        Column.colored("Lag", q.age("darktrace_poll_cursor_timestamp_seconds"), "s",
                       ((LOWEST, GOOD), (settings.seconds("stale_least"), WARN), (settings.seconds("cursor_lag"), BAD)),
                       decimals=0, custom__width=65),
        Column.colored("Certificate", f"{certificate} - time()", "s",
                       ((LOWEST, BAD), (7 * DAY, WARN), (days["certificate_days"] * DAY, GOOD)), decimals=0,
                       custom__width=85),
        Column.colored("Licence", f"{licence} - time()", "s",
                       ((LOWEST, BAD), (7 * DAY, WARN), (days["license_days"] * DAY, GOOD)), decimals=0,
                       custom__width=80),
        Column("Address", f"group without ({labels}) ({q.of('darktrace_appliance_ui_info')})", custom__hidden=True),
    ]  # fmt: skip
    table = panels.sheet(
        "Appliances",
        "One row for each appliance, failures first. An appliance that was seen within a day and is gone stays in the"
        " table as not seen. Click a name to open its dashboard.",
        (24, 10), {"appliance": "Appliance"}, columns, sort=("State", False), hidden=("job", "url"),
    )  # fmt: skip
    return table.override_by_name("Appliance", properties({"links": [here(q)], "custom.minWidth": 90}))


def here(q: Queries) -> dict:
    """The link from the name of an appliance to its dashboard, with the selected jobs and attached labels."""
    kept = "&".join(f"${{{name}:queryparam}}" for name in ("datasource", "job", *q.variables))
    return link("Open the dashboard of this appliance", f"/d/darktrace-appliance?{kept}&var-appliance=${{__value.text}}")


def hours(q: Queries) -> list:
    """All breaches of the day, against the usual, and where they happen."""
    return [now_and_usual(q, (12, 8)), most(q, (12, 8))]


def now_and_usual(q: Queries, size: tuple[int, int]):
    """This hour compared with the same hour of other weeks."""
    weeks = " or ".join(f'label_replace({q.hourly(ago=f"{week}w")}, "week", "{week}", "", "")' for week in (1, 2, 3, 4))
    panel = panels.lines(
        "Breaches per hour and usual rate",
        "Breaches of the previous hour, and the mean of the same hour and weekday of up to four weeks before.",
        "none", size, [query(q.hourly(), "now"), query(f"avg({weeks})", "usual")], step="15m",
    )  # fmt: skip
    return panel.override_by_name(
        "usual", properties(panels.fixed("text") | {"custom.lineStyle": {"fill": "dash", "dash": [8, 8]}})
    )


def most(q: Queries, size: tuple[int, int]):
    """The appliances with the most breaches."""
    return panels.bars(
        "Appliances with most breaches in 24 h",
        "The ten appliances with the most breaches in the last 24 hours.",
        "none",
        size,
        f"topk(10, {q.breaches('1d', by='appliance')} > 0)",
        "{{appliance}}",
    )


def made(settings: Settings):
    """The whole dashboard."""
    q = Queries(settings)
    board = frame(settings, UID, "All Darktrace appliances at a glance, failures first.")
    return filled(board, top(q), [("Appliances", True, [appliances(q, settings)]), ("Breaches", True, hours(q))])
