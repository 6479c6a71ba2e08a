"""The dashboard about people: what waits for them, and how long they and Autonomous Response take."""

from . import panels
from .dashboards import choice, filled, frame
from .overview import PENDING, here
from .panels import BAD, CALM, GOOD, WARN, Column, colored, fixed, properties, query
from .queries import CATEGORY, CRITICAL, Queries
from .settings import Settings

HOUR, DAY = 3600, 86400
OPEN = 'state="open"'
OLDEST = "darktrace_model_breach_oldest_unacknowledged_timestamp_seconds"
DELAY = "darktrace_model_breach_acknowledgement_delay_seconds"
PENDING_SINCE = "darktrace_antigena_action_oldest_pending_timestamp_seconds"


def top(q: Queries) -> list:
    """What waits now."""
    oldest, opened = q.age(OLDEST, CRITICAL, drop=("category",)), q.of("darktrace_model_breaches_unacknowledged")
    return [
        panels.number(
            "Breaches open", "Breaches without an acknowledgement, as far back as the exporter looks.",
            "none", f"sum({q.each('darktrace_model_breaches_unacknowledged', CATEGORY)})", ((0, CALM),),
        ),
        panels.number(
            "Critical open", "Critical breaches without an acknowledgement.",
            "none", f"sum({q.each('darktrace_model_breaches_unacknowledged', CRITICAL)})",
            ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Oldest critical open", "Age of the oldest critical breach without an acknowledgement.",
            "s", f"max({oldest}) or 0 * count({opened}) - 1", ((0, GOOD), (4 * HOUR, WARN), (DAY, BAD)), decimals=1,
            names={-1: ("none open", GOOD)},
        ),
        panels.number(
            "Acknowledged within", "Half of the breaches acknowledged in the last 7 days were acknowledged within this time.",
            "s", q.quantile_of_days(0.5, DELAY, "7d", CATEGORY, step="15s"), ((0, CALM),), idle="none acknowledged",
            decimals=1,
        ),
        panels.number(
            "Incidents open", "AI Analyst incidents without an acknowledgement.",
            "none", f"sum({q.each('darktrace_aianalyst_incidents', OPEN)})", ((0, CALM),),
        ),
        panels.number(
            "Actions waiting", "Actions of Autonomous Response that somebody must confirm.",
            "none", f"sum({q.each('darktrace_antigena_actions', PENDING)})", ((0, GOOD), (0.5, WARN)),
        ),
    ]  # fmt: skip


def backlog(q: Queries) -> list:
    """Breaches that are open, and how fast they are acknowledged."""
    opened = f"sum by (category) ({q.each('darktrace_model_breaches_unacknowledged', CATEGORY)})"
    done = f"sum by (category) ({q.grown('darktrace_model_breaches_acknowledged_total', '1h', CATEGORY)})"
    columns = [
        Column("Open", q.each("darktrace_model_breaches_unacknowledged", drop=("category",), by="sum"), unit="none"),
        Column("Critical open", q.each("darktrace_model_breaches_unacknowledged", CRITICAL, drop=("category",)),
               unit="none"),
        Column.colored("Oldest critical open", q.age(OLDEST, CRITICAL, drop=("category",)), "s",
                       ((0, GOOD), (4 * HOUR, WARN), (DAY, BAD)), decimals=1),
        Column("Oldest open", q.age(OLDEST, drop=("category",)), unit="s", decimals=1),
    ]  # fmt: skip
    table = panels.sheet(
        "Backlog by appliance", "Breaches without an acknowledgement; the oldest critical one first.",
        (24, 9), {"appliance": "Appliance"}, columns, sort=("Oldest critical open", True),
    )  # fmt: skip
    delays = [
        query(q.quantile_of_days(share, DELAY, "1d", CATEGORY), name)
        for share, name in ((0.5, "median"), (0.9, "90 % below"))
    ]
    return [
        colored(panels.lines(
            "Open breaches by category", "Breaches without an acknowledgement.", "none", (12, 8),
            [query(opened, "{{category}}")], stacked=True,
        )),
        colored(panels.lines(
            "Acknowledged per hour", "Breaches acknowledged in the previous hour, each at its first acknowledgement.",
            "none", (12, 8), [query(done, "{{category}}")], stacked=True,
        )),
        panels.lines(
            "Time to acknowledgement", "From the creation of a breach to its acknowledgement, in the previous 24 hours.",
            "s", (24, 8), delays,
        ),
        table.override_by_name("Appliance", properties({"links": [here(q)]})),
    ]  # fmt: skip


def incidents(q: Queries) -> list:
    """AI Analyst."""
    events = q.grown("darktrace_aianalyst_incident_events_total", "1h")
    columns = [
        Column("Open", q.each("darktrace_aianalyst_incidents", OPEN, drop=("category", "state"), by="sum"), unit="none"),
        Column("Highest score", q.each("darktrace_aianalyst_incident_highest_score", drop=("category",)),
               unit="none", decimals=2),
        Column("Oldest open", q.age("darktrace_aianalyst_incident_oldest_unacknowledged_timestamp_seconds",
                                    drop=("category",)), unit="s", decimals=1),
    ]  # fmt: skip
    table = panels.sheet(
        "AI Analyst by appliance", "Incidents without an acknowledgement, those with the highest score first.",
        (24, 8), {"appliance": "Appliance"}, columns, sort=("Highest score", True),
    )  # fmt: skip
    return [
        colored(panels.lines(
            "Open AI Analyst incidents", "Incidents without an acknowledgement, by category.", "none", (12, 8),
            [query(f"sum by (category) ({q.each('darktrace_aianalyst_incidents', OPEN)})", "{{category}}")], stacked=True,
        )),
        colored(panels.lines(
            "AI Analyst events per hour", "Events of AI Analyst in the previous hour, each counted once.", "none", (12, 8),
            [query(f"sum by (category) ({events})", "{{category}}")], stacked=True,
        )),
        table.override_by_name("Appliance", properties({"links": [here(q)]})),
    ]  # fmt: skip


def actions(q: Queries) -> list:
    """Autonomous Response."""
    started = q.grown("darktrace_antigena_actions_started_total", "1h")
    expired = q.grown("darktrace_antigena_actions_expired_unconfirmed_total", "1h")
    columns = [
        Column("Active", q.each("darktrace_antigena_actions", 'state="active"', drop=("state",)), unit="none"),
        Column.colored(
            "Waiting", q.each("darktrace_antigena_actions", PENDING, drop=("state",)), "none", ((0, GOOD), (0.5, WARN))
        ),
        Column("Longest wait", q.age(PENDING_SINCE), unit="s", decimals=1),
        Column(
            "Devices with an action",
            q.each("darktrace_antigena_action_devices", 'state="active"', drop=("state",)),
            unit="none",
        ),
    ]
    table = panels.sheet(
        "Autonomous Response by appliance", "Actions that are active, and those that wait for a person.",
        (24, 8), {"appliance": "Appliance"}, columns, sort=("Waiting", True),
    )  # fmt: skip
    lines = panels.lines(
        "Actions started and expired per hour",
        "Actions started in the previous hour, and those that expired before anybody confirmed them.",
        "none", (12, 8),
        [query(f"sum by (origin) ({started})", "started: {{origin}}"), query(f"sum({expired})", "expired unconfirmed")],
    )  # fmt: skip
    return [
        panels.lines(
            "Actions by state", "Actions of Autonomous Response that are active, or wait for a person.",
            "none", (12, 8), [query(f"sum by (state) ({q.each('darktrace_antigena_actions')})", "{{state}}")],
        ),
        lines.override_by_name("expired unconfirmed", properties(fixed(BAD))),
        table.override_by_name("Appliance", properties({"links": [here(q)]})),
    ]  # fmt: skip


def made(settings: Settings):
    """The whole dashboard."""
    q = Queries(settings)
    board = frame(
        settings, "darktrace-response", "What waits for a person, and how fast breaches are handled.", since="now-7d"
    )
    board = board.with_variable(
        choice("category", 'label_values(darktrace_model_breaches_by_category_total{job=~"$job"}, category)')
    )
    rows = [
        ("Acknowledgement", True, backlog(q)),
        ("AI Analyst", True, incidents(q)),
        ("Autonomous Response", True, actions(q)),
    ]
    return filled(board, top(q), rows)
