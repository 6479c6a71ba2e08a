"""The dashboard for the operator of the exporter: polls, API, appliances, limits."""

from grafana_foundation_sdk.builders import dashboard as build

from . import appliances as status
from . import panels
from .dashboards import frame
from .panels import BAD, GOOD, WARN, fixed, properties, query
from .queries import EXPORTER, of
from .settings import Settings

RATE = "$__rate_interval"
DAY = 86400


def rate(metric: str, *matchers: str, scope: str | None = None) -> str:
    """The increase of a counter per second."""
    selector = of(metric, *matchers, scope=scope) if scope else of(metric, *matchers)
    return f"rate({selector}[{RATE}])"


def used_budget() -> str:
    """The used share of the request budget."""
    used = f"sum by (instance, appliance) ({rate('darktrace_api_requests_total')}) * 60"
    limit = f"max by (instance, appliance) ({of('darktrace_api_requests_per_minute_limit')})"
    return f"({used}) / {limit}"


def lag() -> str:
    """The age of the cursor."""
    return f"time() - max by (appliance) ({of('darktrace_poll_cursor_timestamp_seconds')})"


def numbers(settings: Settings) -> list:
    """The top row: whether something needs attention."""
    expiry = f"min({of('darktrace_api_certificate_expiry_timestamp_seconds')} - time())"
    down = f"count(min by (appliance) ({of('darktrace_up')}) == 0) or vector(0)"
    return [
        panels.number(
            "Appliances down", "Appliances whose last poll of model breaches failed.",
            "short", down, ((None, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Longest cursor lag",
            "Age of the cursor on the appliance that is furthest behind. Newer breaches are not counted yet.",
            "s", f"max({lag()})",
            ((None, GOOD), (settings.seconds("stale_least"), WARN), (settings.seconds("cursor_lag"), BAD)),
            none="no poll yet",
        ),
        panels.number(
            "Signatures rejected in 24 h", "Requests whose signature or date an appliance rejected.",
            "short", f"sum(increase({of('darktrace_api_signature_failures_total')}[1d]))",
            ((None, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Largest clock skew",
            "Difference between the clocks of exporter and appliance. Above 30 minutes every request is rejected.",
            "s", f"max(abs({of('darktrace_api_clock_skew_seconds')}))",
            ((None, GOOD), (settings.rules["clock_skew"], WARN), (1200, BAD)), none="no response",
        ),
        panels.number(
            "Earliest certificate expiry", "Time until the first certificate in the chain of any appliance expires.",
            "s", expiry,
            ((None, BAD), (7 * DAY, WARN), (settings.rules["certificate_days"] * DAY, GOOD)), none="no TLS", decimals=1,
        ),
        panels.number(
            "Highest request budget use", "Used share of requests_per_minute on the busiest appliance.",
            "percentunit", f"max({used_budget()})", ((None, GOOD), (0.7, WARN), (0.95, BAD)),
        ),
    ]  # fmt: skip


def health(settings: Settings) -> list:
    """Success, freshness and duration of polls."""
    age = f"time() - max by (appliance, feed) ({of('darktrace_poll_last_success_timestamp_seconds')})"
    interval = f"max by (appliance, feed) ({of('darktrace_poll_interval_seconds')})"
    duration = f"max by (appliance, feed) ({of('darktrace_poll_last_duration_seconds')})"
    failures = f"increase({of('darktrace_poll_failures_total')}[{RATE}])"
    polls = f"increase({of('darktrace_polls_total')}[{RATE}])"
    fine = ((None, GOOD), (settings.rules["stale_intervals"], BAD))
    return [
        panels.states(
            "Last poll", "Whether the last poll of model breaches succeeded, for each exporter and appliance.",
            (12, 8), query(of("darktrace_up"), "{{appliance}} ({{instance}})"),
            {"0": ("failed", BAD), "1": ("succeeded", GOOD)},
        ),
        panels.lines(
            "Cursor lag", "Age of the cursor: newer breaches are not counted yet. It grows while an appliance is down.",
            "s", (12, 8), [query(lag(), "{{appliance}}")],
            ((None, GOOD), (settings.seconds("cursor_lag"), BAD)), limit=True,
        ),
        panels.lines(
            "Age of the last successful poll / interval",
            f"About 1 in normal operation. The alert on stale polls fires above {settings.rules['stale_intervals']}.",
            "none", (8, 8), [query(f"({age}) / {interval}", "{{appliance}} {{feed}}")], fine, limit=True,
        ),
        panels.lines(
            "Polls and failures", "Polls in each interval, and failed polls by reason.",
            "short", (8, 8),
            [query(f"sum({polls})", "all polls"), query(f"sum by (reason) ({failures}) > 0", "failed: {{reason}}")],
        ),
        panels.lines(
            "Poll duration / interval", "Duration of the last poll as a share of the poll interval.",
            "percentunit", (8, 8), [query(f"{duration} / {interval}", "{{appliance}} {{feed}}")],
            ((None, GOOD), (0.5, WARN), (1, BAD)), limit=True,
        ),
    ]  # fmt: skip


def api() -> list:
    """Latency, failures and size of API responses."""
    buckets = rate("darktrace_api_request_duration_seconds_bucket")
    spent = rate("darktrace_api_request_phase_seconds_total")
    each = f"sum({rate('darktrace_api_requests_total')})"
    failures = f"increase({of('darktrace_api_request_failures_total')}[{RATE}])"
    latency = [
        query(
            f"histogram_quantile({share}, sum by (appliance, path, le) ({buckets}))", "{{appliance}} {{path}} " + name
        )
        for share, name in ((0.5, "median"), (0.95, "p95"))
    ]
    return [
        panels.lines(
            "API latency by endpoint", "Time from DNS lookup to the last byte, failed requests included.",
            "s", (12, 9), latency,
        ),
        panels.lines(
            "Request duration by phase", "Mean duration of each phase of a request: where a slow API spends its time.",
            "s", (12, 9), [query(f"sum by (phase) ({spent}) / on () group_left () {each}", "{{phase}}")], stacked=True,
        ),
        panels.lines(
            "Requests and failures",
            "Requests in each interval, and failed requests by reason. Signature and date: the appliance rejected the"
            " signature.",
            "short", (12, 8),
            [
                query(f"sum(increase({of('darktrace_api_requests_total')}[{RATE}]))", "all requests"),
                query(f"sum by (appliance, reason) ({failures}) > 0", "{{appliance}}: {{reason}}"),
            ],
        ),
        panels.lines(
            "API response traffic", "Bytes of responses per second, after decompression.",
            "Bps", (12, 8),
            [query(f"sum by (appliance, path) ({rate('darktrace_api_response_bytes_total')})", "{{appliance}} {{path}}")],
        ),
    ]  # fmt: skip


def limits(settings: Settings) -> list:
    """Limits that are reached if nothing is done: clock, certificates, request budget."""
    skew = settings.rules["clock_skew"]
    expiry = f"min by (appliance) ({of('darktrace_api_certificate_expiry_timestamp_seconds')} - time())"
    certificates = panels.bars(
        "Certificate expiry", "Time until the first certificate in the chain of each appliance expires.",
        "s", (8, 8), f"sort({expiry})", "{{appliance}}",
    ).thresholds(
        panels.thresholds(((None, BAD), (7 * DAY, WARN), (settings.rules["certificate_days"] * DAY, GOOD)))
    ).decimals(1)  # fmt: skip
    return [
        panels.lines(
            "Clock skew", "The appliance's clock minus the exporter's. Signatures fail beyond 30 minutes either way.",
            "s", (8, 8), [query(f"max by (appliance) ({of('darktrace_api_clock_skew_seconds')})", "{{appliance}}")],
            ((None, BAD), (-skew, GOOD), (skew, BAD)), limit=True,
        ),
        certificates,
        panels.lines(
            "Request budget used", "Used share of requests_per_minute.",
            "percentunit", (8, 8), [query(used_budget(), "{{appliance}} ({{instance}})")],
            ((None, GOOD), (0.7, WARN), (0.95, BAD)), limit=True,
        ),
    ]  # fmt: skip


def ledger(settings: Settings) -> list:
    """Commits, model labels, and records that were late or unreadable."""
    tracked = f"{of('darktrace_models_tracked')} / {of('darktrace_models_limit')}"
    commit = rate("darktrace_exporter_ledger_commit_duration_seconds_bucket", scope=EXPORTER)
    failed = f"increase({of('darktrace_exporter_ledger_commit_failures_total', scope=EXPORTER)}[{RATE}])"
    late = f"increase({of('darktrace_model_breaches_found_late_total')}[{RATE}])"
    commits = panels.lines(
        "Ledger commits", "99th percentile of the duration of a commit; bars are failed commits.",
        "s", (8, 8),
        [
            query(f"histogram_quantile(0.99, sum by (instance, le) ({commit}))", "{{instance}} p99"),
            query(f"sum by (instance) ({failed})", "{{instance}} failed"),
        ],
    )  # fmt: skip
    shape: panels.Properties = {"unit": "short", "custom.drawStyle": "bars", "custom.axisPlacement": "right"}
    return [
        panels.lines(
            "Model labels used", "Used share of max_models. Further models are counted as other.",
            "percentunit", (8, 8), [query(f"max by (appliance) ({tracked})", "{{appliance}}")],
            ((None, GOOD), (settings.rules["models_ratio"], BAD)), limit=True,
        ),
        commits.override_by_regexp(".* failed", properties(shape | fixed(BAD))),
        panels.lines(
            "Late and unreadable records",
            "Breaches that only the recheck found, unreadable records of the last poll, and 1 while an appliance"
            " ignores creationtime.",
            "short", (8, 8),
            [
                query(f"sum by (appliance) ({late})", "{{appliance}} found late"),
                query(f"max by (appliance) ({of('darktrace_poll_last_unreadable_records')})", "{{appliance}} unreadable"),
                query(f"max by (appliance) ({of('darktrace_poll_fallback')})", "{{appliance}} fallback"),
            ],
        ),
    ]  # fmt: skip


def cost() -> list:
    """Resources of the exporter, and its scrapes."""
    memory = of("process_resident_memory_bytes", scope=EXPORTER)
    open_files = of("process_open_fds", scope=EXPORTER)
    ours = f"and on (job, instance) {of('darktrace_exporter_build_info', scope=EXPORTER)}"
    served = f"sum by (code) (increase({of('darktrace_exporter_http_requests_total', scope=EXPORTER)}[{RATE}]))"
    processor = rate("process_cpu_seconds_total", scope=EXPORTER)
    return [
        panels.lines(
            "Memory", "Resident memory of each exporter.",
            "bytes", (8, 8), [query(f"{memory} {ours}", "{{instance}}")],
        ),
        panels.lines(
            "CPU", "Share of one CPU that each exporter uses.",
            "percentunit", (8, 8), [query(f"{processor} {ours}", "{{instance}}")],
        ),
        panels.lines(
            "Scrapes by status", "Scrapes in each interval by HTTP status; 503 means too many concurrent scrapes.",
            "short", (8, 8), [query(served, "{{code}}")], bars=True, stacked=True,
        ),
        exporters(open_files),
        appliances(),
    ]  # fmt: skip


def exporters(open_files: str) -> object:
    """One row for each exporter."""
    build_info = of("darktrace_exporter_build_info", scope=EXPORTER)
    start = of("process_start_time_seconds", scope=EXPORTER)
    ours = f"and on (job, instance) {build_info}"
    sheet = panels.sheet(
        "Exporters", "Version, start time, and result of the last configuration reload.",
        "none", (14, 7),
        [
            f"max by (instance, version, revision, swift_version) ({build_info})",
            f"max by (instance) ({start} {ours}) * 1000",
            f"max by (instance) ({of('darktrace_exporter_config_last_reload_successful', scope=EXPORTER)})",
            (f"max by (instance) ({of('darktrace_exporter_config_last_reload_success_timestamp_seconds', scope=EXPORTER)})"
            " * 1000"),
            f"max by (instance) ({open_files} / {of('process_max_fds', scope=EXPORTER)} {ours})",
        ],
        {
            "instance": "Instance", "version": "Version", "revision": "Revision", "swift_version": "Swift",
            "Value #B": "Started", "Value #C": "Last reload", "Value #D": "Configuration loaded", "Value #E": "Open files",
        },
    )  # fmt: skip
    words = [
        {"type": "value", "options": {"0": {"text": "failed", "color": BAD}, "1": {"text": "succeeded", "color": GOOD}}}
    ]
    sheet = sheet.override_by_regexp("Started|Configuration loaded", properties({"unit": "dateTimeAsIso"}))
    sheet = sheet.override_by_name("Open files", properties({"unit": "percentunit"}))
    return sheet.override_by_name(
        "Last reload", properties({"mappings": words, "custom.cellOptions": {"type": "color-text"}})
    )


def appliances() -> object:
    """One row for each appliance."""
    sheet = panels.sheet(
        "Appliances", "Breaches created since the start of the ledger are counted. It only changes with a new ledger.",
        "none", (10, 7),
        [
            f"max by (appliance) ({of('darktrace_ledger_start_timestamp_seconds')}) * 1000",
            f"max by (appliance) ({of('darktrace_model_breach_last_creation_timestamp_seconds')}) * 1000",
            f"max by (appliance) ({of('darktrace_models_tracked')})",
        ],
        {"appliance": "Appliance", "Value #A": "Ledger start", "Value #B": "Newest breach", "Value #C": "Models"},
    )  # fmt: skip
    return sheet.override_by_regexp("Ledger start|Newest breach", properties({"unit": "dateTimeAsIso"}))


def made(settings: Settings):
    """The whole dashboard."""
    board = frame(
        "darktrace-collection", "Darktrace / Collection",
        "Health of darktrace-exporter: polls, API, appliance status, limits, and resources of the exporter.",
        ["darktrace", "exporter"], ("Breaches", "darktrace-breaches"),
    )  # fmt: skip
    for panel in numbers(settings):
        board = board.with_panel(panel)
    parts = (
        ("Collection health", health(settings)),
        ("API", api()),
        ("Appliance status", status.own(settings)),
        ("Probes and masters", status.parts()),
        ("Limits", limits(settings)),
        ("Ledger", ledger(settings)),
        ("Exporter", cost()),
    )
    for title, row in parts:
        board = board.with_row(build.Row(title))
        for panel in row:
            board = board.with_panel(panel)
    return board
