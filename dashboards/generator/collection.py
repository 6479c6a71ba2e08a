"""The dashboard that an operator looks at: is everything read, and what will break next?"""

from grafana_foundation_sdk.builders import dashboard as build

from . import appliances as told
from . import panels
from .dashboards import frame
from .panels import BAD, GOOD, WARN, fixed, properties, query
from .queries import EXPORTER, of
from .settings import Settings

RATE = "$__rate_interval"
DAY = 86400


def rate(metric: str, *matchers: str, scope: str | None = None) -> str:
    """What a counter grows by in a second."""
    selector = of(metric, *matchers, scope=scope) if scope else of(metric, *matchers)
    return f"rate({selector}[{RATE}])"


def used_budget() -> str:
    """The part of the requests allowed in a minute that is used."""
    used = f"sum by (instance, appliance) ({rate('darktrace_api_requests_total')}) * 60"
    limit = f"max by (instance, appliance) ({of('darktrace_api_requests_per_minute_limit')})"
    return f"({used}) / {limit}"


def lag() -> str:
    """How far behind now the exporter has asked."""
    return f"time() - max by (appliance) ({of('darktrace_poll_cursor_timestamp_seconds')})"


def numbers(settings: Settings) -> list:
    """The row on top: one look tells whether somebody has to do something."""
    ends = f"min({of('darktrace_api_certificate_expiry_timestamp_seconds')} - time())"
    silent = f"count(min by (appliance) ({of('darktrace_up')}) == 0) or vector(0)"
    return [
        panels.number(
            "Appliances not answering", "Appliances whose last poll of model breaches failed.",
            "short", silent, ((None, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Longest cursor lag", "Breaches made before this long ago are counted, on the appliance that is furthest behind.",
            "s", f"max({lag()})",
            ((None, GOOD), (settings.seconds("stale_least"), WARN), (settings.seconds("cursor_lag"), BAD)),
            none="not asked yet",
        ),
        panels.number(
            "Signatures refused in 24 h", "Requests whose signature or date an appliance refused.",
            "short", f"sum(increase({of('darktrace_api_signature_failures_total')}[1d]))",
            ((None, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "Largest clock skew", "Between the clocks of exporter and appliance. Beyond 30 minutes all is refused.",
            "s", f"max(abs({of('darktrace_api_clock_skew_seconds')}))",
            ((None, GOOD), (settings.rules["clock_skew"], WARN), (1200, BAD)), none="no answer",
        ),
        panels.number(
            "First certificate ends in", "The earliest end in the certificate chain of any appliance.",
            "s", ends,
            ((None, BAD), (7 * DAY, WARN), (settings.rules["certificate_days"] * DAY, GOOD)), none="no TLS", decimals=1,
        ),
        panels.number(
            "Highest budget use", "Requests in a minute, of those allowed, on the busiest appliance.",
            "percentunit", f"max({used_budget()})", ((None, GOOD), (0.7, WARN), (0.95, BAD)),
        ),
    ]  # fmt: skip


def reading(settings: Settings) -> list:
    """Is everything read, and is it fresh?"""
    age = f"time() - max by (appliance, feed) ({of('darktrace_poll_last_success_timestamp_seconds')})"
    interval = f"max by (appliance, feed) ({of('darktrace_poll_interval_seconds')})"
    duration = f"max by (appliance, feed) ({of('darktrace_poll_last_duration_seconds')})"
    failures = f"increase({of('darktrace_poll_failures_total')}[{RATE}])"
    polls = f"increase({of('darktrace_polls_total')}[{RATE}])"
    fine = ((None, GOOD), (settings.rules["stale_intervals"], BAD))
    return [
        panels.states(
            "Polls succeed", "Whether the last poll of model breaches succeeded, for each exporter and appliance.",
            (12, 8), query(of("darktrace_up"), "{{appliance}} ({{instance}})"),
            {"0": ("failed", BAD), "1": ("succeeded", GOOD)},
        ),
        panels.lines(
            "Cursor lag", "Breaches made before this long ago are counted. It grows while an appliance does not answer.",
            "s", (12, 8), [query(lag(), "{{appliance}}")],
            ((None, GOOD), (settings.seconds("cursor_lag"), BAD)), limit=True,
        ),
        panels.lines(
            "Age of the last success, in poll intervals",
            f"About 1 when all is well; the alert on stale polls looks at {settings.rules['stale_intervals']}.",
            "none", (8, 8), [query(f"({age}) / {interval}", "{{appliance}} {{feed}}")], fine, limit=True,
        ),
        panels.lines(
            "Polls, and those that failed", "Polls in each interval, and failed ones by reason.",
            "short", (8, 8),
            [query(f"sum({polls})", "all polls"), query(f"sum by (reason) ({failures}) > 0", "failed: {{reason}}")],
        ),
        panels.lines(
            "Duration of a poll, of its interval", "The last poll's duration as a part of the poll interval.",
            "percentunit", (8, 8), [query(f"{duration} / {interval}", "{{appliance}} {{feed}}")],
            ((None, GOOD), (0.5, WARN), (1, BAD)), limit=True,
        ),
    ]  # fmt: skip


def answers() -> list:
    """How the appliances answer."""
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
            "API latency by endpoint", "From name lookup to the last byte, refused and broken requests included.",
            "s", (12, 9), latency,
        ),
        panels.lines(
            "Time of a request by phase", "Mean seconds of a request: where a slow API spends its time.",
            "s", (12, 9), [query(f"sum by (phase) ({spent}) / on () group_left () {each}", "{{phase}}")], stacked=True,
        ),
        panels.lines(
            "Requests, and those that failed",
            "Requests in each interval, and by reason those that gave no usable answer. Signature and date are refusals"
            " of our signature.",
            "short", (12, 8),
            [
                query(f"sum(increase({of('darktrace_api_requests_total')}[{RATE}]))", "all requests"),
                query(f"sum by (appliance, reason) ({failures}) > 0", "{{appliance}}: {{reason}}"),
            ],
        ),
        panels.lines(
            "Traffic", "Bytes of answers in a second, after decompression.",
            "Bps", (12, 8),
            [query(f"sum by (appliance, path) ({rate('darktrace_api_response_bytes_total')})", "{{appliance}} {{path}}")],
        ),
    ]  # fmt: skip


def limits(settings: Settings) -> list:
    """What will break next if nobody does anything."""
    skew = settings.rules["clock_skew"]
    ends = f"min by (appliance) ({of('darktrace_api_certificate_expiry_timestamp_seconds')} - time())"
    certificates = panels.bars(
        "Certificate ends in", "The earliest end in the chain that each appliance presents.",
        "s", (8, 8), f"sort({ends})", "{{appliance}}",
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
            "Request budget used", "Requests in a minute, of those allowed by requests_per_minute.",
            "percentunit", (8, 8), [query(used_budget(), "{{appliance}} ({{instance}})")],
            ((None, GOOD), (0.7, WARN), (0.95, BAD)), limit=True,
        ),
    ]  # fmt: skip


def ledger(settings: Settings) -> list:
    """What is written down, and what could not be."""
    tracked = f"{of('darktrace_models_tracked')} / {of('darktrace_models_limit')}"
    commit = rate("darktrace_exporter_ledger_commit_duration_seconds_bucket", scope=EXPORTER)
    failed = f"increase({of('darktrace_exporter_ledger_commit_failures_total', scope=EXPORTER)}[{RATE}])"
    late = f"increase({of('darktrace_model_breaches_found_late_total')}[{RATE}])"
    commits = panels.lines(
        "Ledger commits", "99 of 100 commits take less than this; bars are commits that failed.",
        "s", (8, 8),
        [
            query(f"histogram_quantile(0.99, sum by (instance, le) ({commit}))", "{{instance}} p99"),
            query(f"sum by (instance) ({failed})", "{{instance}} failed"),
        ],
    )  # fmt: skip
    shape: panels.Properties = {"unit": "short", "custom.drawStyle": "bars", "custom.axisPlacement": "right"}
    return [
        panels.lines(
            "Model labels, of those allowed", "Beyond max_models, models are counted together as other.",
            "percentunit", (8, 8), [query(f"max by (appliance) ({tracked})", "{{appliance}}")],
            ((None, GOOD), (settings.rules["models_ratio"], BAD)), limit=True,
        ),
        commits.override_by_regexp(".* failed", properties(shape | fixed(BAD))),
        panels.lines(
            "Records out of the ordinary",
            "Breaches that only the wider recheck found, records of the last poll that could not be read, and 1 while an"
            " appliance ignores creationtime.",
            "short", (8, 8),
            [
                query(f"sum by (appliance) ({late})", "{{appliance}} found late"),
                query(f"max by (appliance) ({of('darktrace_poll_last_unreadable_records')})", "{{appliance}} unreadable"),
                query(f"max by (appliance) ({of('darktrace_poll_fallback')})", "{{appliance}} fallback"),
            ],
        ),
    ]  # fmt: skip


def cost() -> list:
    """What the exporter itself takes, and who asks it."""
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
            "Processor", "Part of one processor that each exporter uses.",
            "percentunit", (8, 8), [query(f"{processor} {ours}", "{{instance}}")],
        ),
        panels.lines(
            "Scrapes answered, by status", "Answers on the telemetry path in each interval; 503 is too many at once.",
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
        "Exporters", "What runs, since when, and whether its last reload went well.",
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
            "Value #B": "Started", "Value #C": "Reload", "Value #D": "Configuration of", "Value #E": "Open files",
        },
    )  # fmt: skip
    words = [
        {"type": "value", "options": {"0": {"text": "failed", "color": BAD}, "1": {"text": "good", "color": GOOD}}}
    ]
    sheet = sheet.override_by_regexp("Started|Configuration of", properties({"unit": "dateTimeAsIso"}))
    sheet = sheet.override_by_name("Open files", properties({"unit": "percentunit"}))
    return sheet.override_by_name(
        "Reload", properties({"mappings": words, "custom.cellOptions": {"type": "color-text"}})
    )


def appliances() -> object:
    """One row for each appliance."""
    sheet = panels.sheet(
        "Appliances", "Breaches made since the ledger's start are counted; it changes only with a new ledger.",
        "none", (10, 7),
        [
            f"max by (appliance) ({of('darktrace_ledger_start_timestamp_seconds')}) * 1000",
            f"max by (appliance) ({of('darktrace_model_breach_last_creation_timestamp_seconds')}) * 1000",
            f"max by (appliance) ({of('darktrace_models_tracked')})",
        ],
        {"appliance": "Appliance", "Value #A": "Ledger since", "Value #B": "Newest breach", "Value #C": "Models"},
    )  # fmt: skip
    return sheet.override_by_regexp("Ledger since|Newest breach", properties({"unit": "dateTimeAsIso"}))


def made(settings: Settings):
    """The whole dashboard."""
    board = frame(
        "darktrace-collection", "Darktrace / Collection",
        "How darktrace-exporter reads its appliances: freshness, the API's answers, limits, and the exporter's own cost.",
        ["darktrace", "exporter"], ("Breaches", "darktrace-breaches"),
    )  # fmt: skip
    for panel in numbers(settings):
        board = board.with_panel(panel)
    parts = (
        ("Is everything read?", reading(settings)),
        ("How the appliances answer", answers()),
        ("The appliances, as they tell it", told.own(settings)),
        ("Probes and masters, as the appliances tell it", told.parts()),
        ("Limits ahead", limits(settings)),
        ("Ledger", ledger(settings)),
        ("The exporter itself", cost()),
    )
    for title, row in parts:
        board = board.with_row(build.Row(title))
        for panel in row:
            board = board.with_panel(panel)
    return board
