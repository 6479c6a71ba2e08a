"""The dashboard for a SOC: model breaches."""

from grafana_foundation_sdk.builders import dashboard as build

from . import panels
from .dashboards import frame
from .panels import BAD, CALM, CATEGORIES, GOOD, WARN, fixed, properties, query
from .queries import breaches, model_breaches, of, quantile
from .settings import Settings

INGESTION = "darktrace_model_breach_ingestion_delay_seconds"
CREATION = "darktrace_model_breach_creation_delay_seconds"


def colored(panel):
    """The panel with fixed colours for the categories."""
    for name, color in CATEGORIES.items():
        panel = panel.override_by_name(name, properties(fixed(color)))
    return panel


def numbers(settings: Settings) -> list:
    """The top row: today compared with other days, and freshness."""
    usual = f"avg_over_time(({breaches('1d')})[4w:1d] offset 1d)"
    total = of("darktrace_model_breaches_total")
    fresh = (
        f"count((max by (appliance, model) ({total}) > 0)"
        f" unless (max by (appliance, model) (last_over_time({total}[1d] offset 1d)) > 0)"
        f" and on (appliance) max by (appliance) (count_over_time("
        f"{of('darktrace_model_breaches_by_category_total')}[1d] offset 1d))) or vector(0)"
    )
    newest = f"min(time() - {of('darktrace_model_breach_last_creation_timestamp_seconds')})"
    return [
        panels.number(
            "Breaches in 24 h", "Model breaches counted in the last 24 hours, acknowledged ones included.",
            "short", breaches("1d"), ((None, CALM),),
        ),
        panels.number(
            "Usual in 24 h", "Mean of the previous days, up to four weeks if the retention of Prometheus allows.",
            "short", usual, ((None, CALM),), none="no history",
        ),
        panels.number(
            "Critical in 24 h", "Breaches of category critical in the last 24 hours.",
            "short", breaches("1d", 'category="critical"'), ((None, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "New models in 24 h", "Models that breached and were not known the day before.",
            "short", fresh, ((None, GOOD), (0.5, WARN)),
        ),
        panels.number(
            "Newest breach", "Time since the creation of the newest breach on the selected appliances.",
            "s", newest, ((None, GOOD), (settings.seconds("silence_least"), WARN)), decimals=1,
        ),
        panels.number(
            "Ingestion delay (p95)",
            "Within this time of their creation, 95 % of the breaches of the last 24 hours were counted.",
            "s", quantile(0.95, INGESTION, "1d"),
            ((None, GOOD), (300, WARN), (settings.seconds("cursor_lag"), BAD)), decimals=1,
        ),
    ]  # fmt: skip


def by_category() -> list:
    """Breaches by category."""
    return [
        colored(
            panels.lines(
                "Breaches by category",
                "Breaches counted in each interval. A dot is the newest breach of a model; click it to open the breach"
                " on the appliance, at the address in the variable Appliance URL.",
                "short", (16, 9),
                [query(model_breaches("$__rate_interval", "category"), "{{category}}", exemplar=True)],
                bars=True, stacked=True, step="15m",
            )
        ),
        colored(
            panels.bars(
                "Count by category", "Breaches counted in the selected time range.", "short", (8, 9),
                f"sort_desc({breaches('$__range', by='category')})", "{{category}}",
            )
        ),
    ]  # fmt: skip


def by_model() -> list:
    """Breaches by model, and compared with a usual day."""
    today = model_breaches("1d", "model")
    usual = f"avg_over_time(({today})[4w:1d] offset 1d)"
    sheet = panels.sheet(
        "Models: last 24 h and usual day",
        "Breaches of the last 24 hours by model, and the mean per day of up to four weeks before.",
        "short", (12, 11), [f"sort_desc({today} > 0.5)", f"{usual} and on (model) ({today} > 0.5)"],
        {"model": "Model", "Value #A": "Last 24 h", "Value #B": "Usual day"},
    )  # fmt: skip
    sheet = sheet.override_by_name("Model", properties({"custom.minWidth": 280}))
    sheet = sheet.override_by_name("Last 24 h", properties({"decimals": 0, "custom.cellOptions": {"type": "gauge"}}))
    sheet = sheet.override_by_name("Usual day", properties({"decimals": 1, "noValue": "never"}))
    return [
        panels.bars(
            "Top models", "The fifteen models with the most breaches in the selected time range.",
            "short", (12, 11), f"topk(15, {model_breaches('$__range', 'model')} > 0.5)", "{{model}}",
        ),
        sheet,
    ]  # fmt: skip


def by_time() -> list:
    """This hour compared with other hours, and the time of day of the peaks."""
    weeks = " or ".join(
        f'label_replace({breaches("1h", offset=f"{week}w")}, "week", "{week}", "", "")' for week in (1, 2, 3, 4)
    )
    hour = 'count_values("hour", hour(vector(time() - 3600)))'
    clock = f"avg_over_time(({breaches('1h')} * on () group_right () {hour})[4w:1h])"
    padded = f'label_replace({clock}, "hour", "0$1", "hour", "(.)")'
    now = panels.lines(
        "Breaches per hour and usual rate",
        "Breaches of the previous hour, and the mean of the same hour and weekday of up to four weeks before.",
        "short", (12, 9), [query(breaches("1h"), "now"), query(f"avg({weeks})", "usual")],
    )  # fmt: skip
    now = now.override_by_name(
        "usual", properties(fixed("text") | {"custom.lineStyle": {"fill": "dash", "dash": [8, 8]}})
    )
    return [
        now,
        panels.columns(
            "Time of day", "Mean breaches by hour of the day in UTC, over up to four weeks.",
            "short", (12, 9), padded, "hour",
        ),
    ]  # fmt: skip


def by_score() -> list:
    """Breaches by score and by appliance."""
    buckets = f"increase({of('darktrace_model_breach_score_bucket')}[$__rate_interval])"
    return [
        panels.bucket_map(
            "Scores",
            "Breaches by score, 0 to 1, in each interval. A dot is a single breach; click it to open the breach on"
            " the appliance.",
            (12, 9), f"sum by (le) (max by (appliance, category, le) ({buckets}))", "30m",
        ),
        panels.lines(
            "Breaches per hour by appliance", "Breaches of the previous hour on each appliance.",
            "short", (12, 9), [query(breaches("1h", by="appliance"), "{{appliance}}")], calcs=("mean", "max"),
        ),
    ]  # fmt: skip


def by_delay(settings: Settings) -> list:
    """Delays of the exporter and of the appliance."""

    def delays(histogram: str):
        window = "$__rate_interval"
        return [query(quantile(0.5, histogram, window), "median"), query(quantile(0.95, histogram, window), "p95")]

    return [
        panels.lines(
            "Ingestion delay",
            "Time of counting minus creation of the record, on the appliance's clock. Usually below the poll interval.",
            "s", (12, 8), delays(INGESTION), ((None, GOOD), (settings.seconds("cursor_lag"), BAD)), step="1h",
        ),
        panels.lines(
            "Creation delay",
            "Creation of the record minus activity: the delay of the appliance. Hours are usual for third-party data.",
            "s", (12, 8), delays(CREATION), step="1h",
        ),
    ]  # fmt: skip


def made(settings: Settings):
    """The whole dashboard."""
    board = frame(
        "darktrace-breaches", "Darktrace / Breaches",
        "Model breaches of the Darktrace appliances that darktrace-exporter polls.",
        ["darktrace", "security"], ("Collection", "darktrace-collection"),
    )  # fmt: skip
    address = settings.links["appliance"]
    board = board.with_variable(
        build.TextBoxVariable("appliance_url").label("Appliance URL").default_value(address)
        .description("Base URL of links to breaches.")
    )  # fmt: skip
    rows = (numbers(settings), by_category(), by_model(), by_time(), by_score(), by_delay(settings))
    for panel in (panel for row in rows for panel in row):
        board = board.with_panel(panel)
    return board
