"""The dashboard for the operator of the exporter: polls, API, limits, ledger, and the process."""

from . import fleet, panels
from .dashboards import filled, frame
from .overview import STATES, here, state
from .panels import BAD, GOOD, LOWEST, WARN, Column, fixed, properties, query
from .queries import Queries
from .settings import Settings

DAY = 86400
RATE = "$__rate_interval"
RELOADS = {0: ("failed", BAD), 1: ("succeeded", GOOD)}


def rate(selector: str) -> str:
    """The increase of a counter per second."""
    return f"rate({selector}[{RATE}])"


def budget(q: Queries) -> str:
    """The share of the request budget that was used in the last ten minutes; a poll may be minutes away."""
    used = f"sum without (path) (rate({q.of('darktrace_api_requests_total')}[10m])) * 60"
    return q.folded(f"{used} / {q.of('darktrace_api_requests_per_minute_limit')}")


def top(q: Queries, settings: Settings) -> list:
    """Whether something needs attention."""
    certificate = q.each("darktrace_api_certificate_expiry_timestamp_seconds", by="min")
    steps = ((LOWEST, GOOD), (settings.seconds("stale_least"), WARN), (settings.seconds("cursor_lag"), BAD))
    return [
        panels.number(
            "Exporters running",
            "Exporters that Prometheus can scrape; or how many it cannot, of those that it could within a day.",
            "none", running(q), ((LOWEST, BAD), (0.5, GOOD)), none="none is scraped",
            names={-count: (f"{count} down", BAD) for count in range(1, 21)},
        ),
        panels.number(
            "Appliances failing", "Appliances whose last poll failed, or that were seen within a day and are gone.",
            "none", f"count(({state(q)}) < 2) or 0 * count({q.of('darktrace_up')})", ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Longest lag",
            "Age of the cursor on the appliance that is furthest behind. Newer breaches are not counted yet.",
            "s", f"max({q.age('darktrace_poll_cursor_timestamp_seconds')})", steps, none="no poll yet",
        ),
        panels.number(
            "Refused signatures", "Requests of the last hour whose signature or date an appliance rejected.",
            "none", rejected(q), ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Certificate expiry", "Time until the first certificate in the chain of any appliance expires.",
            "s", f"min({certificate} - time())",
            ((LOWEST, BAD), (7 * DAY, WARN), (settings.rules["certificate_days"] * DAY, GOOD)), none="no TLS", decimals=1,
        ),
        panels.number(
            "Budget used", "Used share of requests_per_minute on the appliance with the highest use.",
            "percentunit", f"max({budget(q)})", ((0, GOOD), (0.7, WARN), (0.95, BAD)),
        ),
    ]  # fmt: skip


def running(q: Queries) -> str:
    """The number of exporters; below 0 that of those that are down, if there are any."""
    known = f"last_over_time({q.own('darktrace_exporter_build_info')}[1d:5m])"
    down = f"count({q.own('up')} == 0 and on (job, instance) {known})"
    return f"-1 * {down} or count({q.own('darktrace_exporter_build_info')})"


def rejected(q: Queries) -> str:
    """Rejected signatures of an hour. The counter begins at 0 with each start, so this must be an increase."""
    rejected = f"increase({q.of('darktrace_api_signature_failures_total')}[1h])"
    up = f"count({q.of('darktrace_up')})"
    return f"ceil(sum({q.folded(rejected)})) and on () {up} or 0 * {up}"


def appliances(q: Queries, settings: Settings):
    """One row for each appliance: what may need attention."""
    certificate = q.each("darktrace_api_certificate_expiry_timestamp_seconds", by="min")
    breaches = 'feed="modelbreaches"'
    interval = q.each("darktrace_poll_interval_seconds", breaches, drop=("feed",))
    last = q.age("darktrace_poll_last_success_timestamp_seconds", breaches, drop=("feed",))
    duration = q.each("darktrace_poll_last_duration_seconds", breaches, drop=("feed",))
    models = q.folded(f"{q.of('darktrace_models_tracked')} / {q.of('darktrace_models_limit')}")
    skew = q.folded(f"abs({q.of('darktrace_api_clock_skew_seconds')})")
    stale, limit = settings.rules["stale_intervals"], settings.rules["clock_skew"]
    columns = [
        Column.worded("State", state(q), STATES, custom__width=90),
        Column("Lag", q.age("darktrace_poll_cursor_timestamp_seconds"), unit="s", decimals=0),
        Column.colored("Poll age, intervals", f"({last}) / {interval}", "none", ((0, GOOD), (stale, BAD)), decimals=1),
        Column("Poll took", duration, unit="s", decimals=2),
        Column.colored("Budget used", budget(q), "percentunit", ((0, GOOD), (0.7, WARN), (0.95, BAD)), decimals=0),
        Column.colored("Clock off by", skew, "s", ((0, GOOD), (limit, BAD)), decimals=1),
        Column.colored("Certificate", f"{certificate} - time()", "s",
                       ((LOWEST, BAD), (7 * DAY, WARN), (settings.rules["certificate_days"] * DAY, GOOD)), decimals=0),
        Column.colored("Models used", models, "percentunit", ((0, GOOD), (settings.rules["models_ratio"], BAD)), decimals=0),
        Column("Unreadable", q.each("darktrace_poll_last_unreadable_records", breaches, drop=("feed",)), unit="none"),
        Column.worded("Queries by", q.each("darktrace_poll_fallback"), {0: ("creation", GOOD), 1: ("activity", WARN)}),
        Column("Counted since", f"1000 * {q.each('darktrace_ledger_start_timestamp_seconds')}", unit="dateTimeAsIso"),
    ]  # fmt: skip
    table = panels.sheet(
        "Appliances", "One row for each appliance, failures first.", (24, 11), {"appliance": "Appliance"}, columns,
        sort=("State", False),
    )  # fmt: skip
    return table.override_by_name("Appliance", properties({"links": [here(q)], "custom.minWidth": 90}))


def feeds(q: Queries):
    """The feeds that do not work."""
    names = {0: ("not available", WARN), 1: ("failing", BAD), 2: ("works", GOOD)}
    works = f"{q.each('darktrace_feed_available', by='min')} * (1 + {q.each('darktrace_feed_up', by='min')})"
    return panels.sheet(
        "Feeds", "Feeds of every appliance, those that do not work first. Not available: forbidden, unlicensed, or unknown"
        " on that appliance.",
        (12, 9), {"appliance": "Appliance", "feed": "Feed"}, [Column.worded("State", works, names)], sort=("State", False),
    ).override_by_name("Appliance", properties({"links": [here(q)]}))  # fmt: skip


def polls(q: Queries) -> list:
    """Polls and their failures; a poll is minutes apart for some feeds, so counts are per hour."""
    failures = q.folded(f"increase({q.of('darktrace_poll_failures_total')}[1h])")
    done = q.folded(f"increase({q.of('darktrace_polls_total')}[1h])")
    lag = q.age("darktrace_poll_cursor_timestamp_seconds")
    return [
        feeds(q),
        panels.lines(
            "Polls and failed polls per hour", "All polls of the previous hour, and the failed ones by reason.",
            "none", (12, 9),
            [query(f"sum({done})", "all polls"), query(f"sum by (reason) ({failures}) > 0", "failed: {{reason}}")],
            step="5m",
        ),
        panels.lines(
            "Lag of the ten appliances furthest behind", "Age of the cursor: newer breaches are not counted yet.",
            "s", (24, 8), [query(q.worst(f"({lag})"), "{{appliance}}")], step="1m",
        ),
    ]  # fmt: skip


def api(q: Queries) -> list:
    """Latency, failures and size of API responses, of all selected appliances."""
    buckets = rate(q.of("darktrace_api_request_duration_seconds_bucket"))
    spent, requests = (
        rate(q.of("darktrace_api_request_phase_seconds_total")),
        rate(q.of("darktrace_api_requests_total")),
    )
    failures = rate(q.of("darktrace_api_request_failures_total"))
    size = f"sum by (path) ({rate(q.of('darktrace_api_response_bytes_total'))})"
    # One line for each endpoint: with the medians there would be more lines than anybody can tell apart.
    latency = f"histogram_quantile(0.95, sum by (path, le) ({buckets}))"
    return [
        panels.lines(
            "Response time by endpoint",
            "95 % of the requests took less. From DNS lookup to the last byte, failed requests included.",
            "s", (12, 9), [query(latency, "{{path}}")],
        ),
        panels.lines(
            "Where a request spends its time", "Mean duration of each phase of a request.", "s", (12, 9),
            [query(f"sum by (phase) ({spent}) / on () group_left () sum({requests})", "{{phase}}")], stacked=True,
        ),
        panels.lines(
            "Requests and failed requests",
            "Requests per minute. Signature and date: the appliance rejected the signature.", "none", (12, 8),
            [query(f"60 * sum({requests})", "all requests"),
             query(f"60 * sum by (reason) ({failures}) > 0", "failed: {{reason}}")],
        ),
        panels.lines("Response traffic", "Bytes of responses per second, after decompression.", "Bps", (12, 8),
                     [query(size, "{{path}}")]),
    ]  # fmt: skip


def ledger(q: Queries) -> list:
    """Commits, and records that were late."""
    commit = rate(q.own("darktrace_exporter_ledger_commit_duration_seconds_bucket"))
    failed = f"increase({q.own('darktrace_exporter_ledger_commit_failures_total')}[{RATE}])"
    late = q.folded(f"increase({q.of('darktrace_model_breaches_found_late_total')}[1h])")
    commits = panels.lines(
        "Ledger commits", "99 % of the commits took less; bars are failed commits.", "s", (12, 8),
        [query(f"histogram_quantile(0.99, sum by (le) ({commit}))", "99 % below"), query(f"sum({failed})", "failed")],
    )  # fmt: skip
    shape: panels.Properties = {"unit": "none", "custom.drawStyle": "bars", "custom.axisPlacement": "right"}
    return [
        commits.override_by_name("failed", properties(shape | fixed(BAD))),
        panels.lines(
            "Breaches found late per hour", "Breaches that only the recheck found, of the ten appliances with most.",
            "none", (12, 8), [query(q.worst(f"({late})"), "{{appliance}}")], step="15m",
        ),
    ]  # fmt: skip


def process(q: Queries) -> list:
    """Resources of the exporter, and its scrapes."""
    memory, descriptors = q.own("process_resident_memory_bytes"), q.own("process_open_fds")
    ours = f"and on (job, instance) {q.own('darktrace_exporter_build_info')}"
    served = f"60 * sum by (code) ({rate(q.own('darktrace_exporter_http_requests_total'))})"
    processor = rate(q.own("process_cpu_seconds_total"))
    start = q.own("process_start_time_seconds")
    reload = f"{q.own('darktrace_exporter_config_last_reload_successful')}"
    loaded = q.own("darktrace_exporter_config_last_reload_success_timestamp_seconds")
    columns = [
        Column("Info", f"group by (job, instance, version, revision) ({q.own('darktrace_exporter_build_info')})",
               custom__hidden=True),
        Column("Started", f"max by (job, instance) ({start} {ours}) * 1000", unit="dateTimeAsIso"),
        Column.worded("Last reload", f"max by (job, instance) ({reload})", RELOADS),
        Column("Configuration loaded", f"max by (job, instance) ({loaded}) * 1000", unit="dateTimeAsIso"),
        Column("Open files", f"max by (job, instance) ({descriptors} / {q.own('process_max_fds')} {ours})",
               unit="percentunit", decimals=1),
        Column("Log lines dropped", f"max by (job, instance) ({q.own('darktrace_exporter_log_lines_dropped_total')})",
               unit="none"),
    ]  # fmt: skip
    labels = {"job": "Job", "instance": "Instance", "version": "Version", "revision": "Revision"}
    return [
        panels.sheet("Exporters", "Version, start, and result of the last reload of the configuration.", (24, 6),
                     labels, columns, hidden=()),
        panels.lines("Memory", "Resident memory of the ten largest exporters.", "bytes", (8, 8),
                     [query(q.worst(f"({memory} {ours})"), "{{instance}}")]),
        panels.lines("CPU", "Share of one CPU, of the ten busiest exporters.", "percentunit", (8, 8),
                     [query(q.worst(f"({processor} {ours})"), "{{instance}}")]),
        panels.lines("Scrapes by status", "Scrapes per minute by HTTP status; 503: too many at once.", "none",
                     (8, 8), [query(served, "{{code}}")], bars=True, stacked=True),
    ]  # fmt: skip


def made(settings: Settings):
    """The whole dashboard."""
    q = Queries(settings)
    board = frame(
        settings, "darktrace-exporter", "Health of darktrace-exporter: polls, API, limits, ledger and process."
    )
    rows = [
        ("Appliances", True, [appliances(q, settings), *polls(q)]),
        ("API", True, api(q)),
        ("Process", True, process(q)),
        ("Ledger", False, ledger(q)),
        ("Fleet", False, fleet.row(q, settings)),
    ]
    return filled(board, top(q, settings), rows)
