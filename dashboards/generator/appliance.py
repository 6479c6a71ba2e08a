"""The dashboard about one appliance: its breaches, its load, its probes and licences, and how it is polled."""

from grafana_foundation_sdk.builders import dashboard as build

from . import panels, parts
from .breaches import DELAYS, delay
from .dashboards import choice, filled, frame
from .overview import RESPONSES, STATES, response, state
from .panels import BAD, CALM, GOOD, LOWEST, WARN, Column, colored, query
from .queries import CRITICAL, EXPORTER, Queries
from .settings import Settings

DAY = 86400
RATE = "$__rate_interval"


def top(q: Queries, settings: Settings) -> list:
    """The state of the appliance."""
    certificate = q.each("darktrace_api_certificate_expiry_timestamp_seconds", by="min")
    return [
        panels.number(
            "State", "Whether the last poll of model breaches succeeded.", "none", f"min({state(q)})",
            [(value, color) for value, (_, color) in STATES.items()], names=STATES,
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
            "Counted until", "Age of the cursor: newer breaches are not counted yet.",
            "s", f"max({q.age('darktrace_poll_cursor_timestamp_seconds')})",
            ((LOWEST, GOOD), (settings.seconds("stale_least"), WARN), (settings.seconds("cursor_lag"), BAD)),
        ),
        panels.number(
            "Autonomous Response", "Whether Autonomous Response (Antigena Network) is enabled and runs.",
            "none", f"max({response(q)})", [(value, color) for value, (_, color) in RESPONSES.items()], names=RESPONSES,
        ),
        panels.number(
            "Certificate", "Time until the first certificate in the chain of the appliance expires.",
            "s", f"min({certificate} - time())",
            ((LOWEST, BAD), (7 * DAY, WARN), (settings.rules["certificate_days"] * DAY, GOOD)), none="no TLS", decimals=1,
        ),
    ]  # fmt: skip


def breaches(q: Queries) -> list:
    """Breaches with exemplars: here they can only be of this appliance, so that a link opens the right one."""
    return [
        colored(panels.lines(
            "Breaches by category",
            "Breaches in each interval. A dot is the newest breach of a model; click it to open the breach in Darktrace.",
            "none", (12, 9), [query(q.in_step(), "{{category}}", exemplar=True)],
            bars=True, stacked=True, step="2m", points=100,
        )),
        panels.bucket_map(
            "Scores",
            "Breaches by score, 0 to 1, in each interval. A dot is a single breach; click it to open it in Darktrace.",
            (12, 9), q.buckets("darktrace_model_breach_score", "$__interval"), "5m", exemplar=True,
        ),
    ]  # fmt: skip


def collection(q: Queries, settings: Settings) -> list:
    """How the exporter reads this appliance."""
    age = f"({q.age('darktrace_poll_last_success_timestamp_seconds')})"
    interval = q.each("darktrace_poll_interval_seconds")
    latency = f"rate({q.of('darktrace_api_request_duration_seconds_bucket')}[{RATE}])"
    failures = f"rate({q.of('darktrace_api_request_failures_total')}[{RATE}])"
    skew = settings.rules["clock_skew"]
    return [
        panels.lines(
            "Age of the last successful poll, in intervals",
            f"About 1 in normal operation. The alert on stale polls fires above {settings.rules['stale_intervals']}.",
            "none", (12, 8), [query(f"{age} / {interval}", "{{feed}}")],
            ((settings.rules["stale_intervals"], BAD),), limit=True,
        ),
        panels.lines(
            "Requests and failed requests", "All requests per minute, and those without a usable answer by reason.",
            "none", (12, 8),
            [query(f"60 * sum(rate({q.of('darktrace_api_requests_total')}[{RATE}]))", "all requests"),
             query(f"60 * sum by (path, reason) ({failures}) > 0", "failed: {{path}} {{reason}}")],
        ),
        panels.lines(
            "Response time by endpoint", "95 % of the requests took less; from DNS lookup to the last byte.", "s", (12, 8),
            [query(f"histogram_quantile(0.95, sum by (path, le) ({latency}))", "{{path}}")],
        ),
        panels.lines(
            "Clock of the appliance minus that of the exporter", "Signatures fail beyond 30 minutes either way.",
            "s", (12, 8), [query(q.each("darktrace_api_clock_skew_seconds"), "difference")],
            ((-skew, GOOD), (skew, BAD)), limit=True,
        ),
        *(delay(q, *each) for each in DELAYS),
    ]  # fmt: skip


def described(q: Queries):
    """Versions, as reported by the appliance."""
    info = q.folded(q.of("darktrace_appliance_info"), by="group")
    up = f"1000 * (time() - {q.each('darktrace_appliance_uptime_seconds')})"
    columns = [
        Column("Info", info, custom__hidden=True),
        Column("Running since", up, unit="dateTimeAsIso"),
        Column(
            "Models updated",
            f"1000 * {q.each('darktrace_appliance_models_updated_timestamp_seconds')}",
            unit="dateTimeAsIso",
        ),
        Column("Counted since", f"1000 * {q.each('darktrace_ledger_start_timestamp_seconds')}", unit="dateTimeAsIso"),
        Column(
            "Newest breach",
            f"1000 * {q.each('darktrace_model_breach_last_creation_timestamp_seconds')}",
            unit="dateTimeAsIso",
        ),
    ]
    labels = {
        "appliance": "Appliance", "hostname": "Host", "type": "Type", "version": "Version",
        "model_package_version": "Models", "bundle_version": "Bundle",
    }  # fmt: skip
    return panels.sheet("Versions and dates", "As the appliance reports them.", (24, 4), labels, columns)


def made(settings: Settings):
    """The whole dashboard."""
    q = Queries(settings)
    board = frame(settings, "darktrace-appliance", "One Darktrace appliance in depth.", one_appliance=True)
    one = f'{EXPORTER}, appliance="$appliance"{q.attached}'
    address = f"label_values(darktrace_appliance_ui_info{{{one}}}, url)"
    board = board.with_variable(choice("appliance_url", address, several=False, hidden=True))
    board = board.link(
        build.DashboardLink("Open Darktrace")
        .type("link")
        .url("${appliance_url}")
        .icon("external link")
        .target_blank(True)
    )
    rows = [
        ("Breaches", True, breaches(q)),
        ("Load", True, [described(q), *parts.load(q)]),
        ("Network and protocols", False, parts.network(q)),
        ("Probes and masters", False, parts.probes(q)),
        ("Licences and devices", False, parts.licences(q, settings)),
        ("Polls", False, collection(q, settings)),
    ]
    return filled(board, top(q, settings), rows)
