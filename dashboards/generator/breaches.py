"""The dashboard for a SOC: model breaches."""

from . import panels
from .dashboards import choice, filled, frame
from .overview import here, most, now_and_usual
from .panels import BAD, CALM, GOOD, WARN, Column, colored, link, properties, query, words
from .queries import CATEGORY, CRITICAL, Queries
from .settings import Settings

INGESTION = "darktrace_model_breach_ingestion_delay_seconds"
CREATION = "darktrace_model_breach_creation_delay_seconds"


def top(q: Queries, settings: Settings) -> list:
    """Today compared with other days, and freshness."""
    newest = q.age("darktrace_model_breach_last_creation_timestamp_seconds")
    return [
        panels.number(
            "Breaches in 24 h", "Model breaches counted in the last 24 hours, acknowledged ones included.",
            "none", q.breaches("1d", CATEGORY), ((0, CALM),),
        ),
        panels.number(
            "Usual in 24 h", "Mean of the previous days, up to four weeks if the retention of Prometheus allows.",
            "none", q.usual(CATEGORY), ((0, CALM),), none="no history",
        ),
        panels.number(
            "Critical in 24 h", "Breaches of category critical in the last 24 hours.",
            "none", q.breaches("1d", CRITICAL), ((0, GOOD), (0.5, BAD)),
        ),
        panels.number(
            "New models, 24 h", "Models that breached and were not known the day before.",
            "none", q.new_models(), ((0, GOOD), (0.5, WARN)),
        ),
        panels.number(
            "Newest breach", "Time since the creation of the newest breach on the selected appliances.",
            "s", f"min({newest})", ((-1e9, GOOD), (settings.seconds("silence_least"), WARN)), decimals=1,
        ),
        panels.number(
            "Counted within", "Within this time of their creation, 95 % of the breaches of the last hour were counted.",
            "s", q.recent_quantile(0.95, INGESTION), ((0, GOOD), (300, WARN), (settings.seconds("cursor_lag"), BAD)),
            idle="no breach", decimals=1,
        ),
    ]  # fmt: skip


def by_time(q: Queries) -> list:
    """When breaches happened."""
    return [
        colored(
            panels.lines(
                "Breaches by category",
                "Breaches counted in each interval. Those counted after a gap are in the interval that ends it.",
                "none", (16, 9), [query(q.in_step(CATEGORY), "{{category}}")], bars=True, stacked=True, step="2m", points=100,
            )
        ),
        colored(
            panels.bars(
                "Count by category in 24 h", "Breaches of the last 24 hours.", "none", (8, 9),
                f"sort_desc({q.breaches('1d', CATEGORY, by='category')})", "{{category}}",
            )
        ),
        now_and_usual(q, (12, 8)),
        most(q, (12, 8)),
    ]  # fmt: skip


def by_model(q: Queries) -> list:
    """Which models breached."""
    by = "appliance, model, category"
    today = f"topk(100, {q.model_breaches('1d', by)} > 0)"
    columns = [
        Column("Last 24 h", today, unit="none", custom__cellOptions={"type": "gauge"}, custom__width=130),
        Column("Usual day", q.usual_of(today, by), unit="none", decimals=1, noValue="no history", custom__width=85,
               mappings=words({-1: ("new", WARN)}, none="no history")),
        Column("Address", f"group by (appliance, url) ({q.of('darktrace_appliance_ui_info')})", custom__hidden=True),
    ]  # fmt: skip
    table = panels.sheet(
        "Models: last 24 h and usual day",
        "The hundred models with the most breaches in the last 24 hours, and their breaches on a usual day: the mean of"
        " up to four weeks before. New: not known a day ago. Click a model to open the appliance.",
        (16, 13), {"model": "Model", "category": "Category", "appliance": "Appliance"}, columns,
        sort=("Last 24 h", True), first=1,
    )  # fmt: skip
    there = link("Open Darktrace on ${__data.fields.Appliance}", "${__data.fields.url}")
    table = table.override_by_name("Model", properties({"links": [there], "custom.minWidth": 230}))
    table = table.override_by_name("Category", properties({"custom.width": 105}))
    table = table.override_by_name("Appliance", properties({"links": [here(q)], "custom.width": 105}))
    table = table.override_by_name("url", properties({"custom.hidden": True}))
    return [
        table,
        panels.bars(
            "Top models in 24 h",
            "The twelve models with the most breaches of the last 24 hours, on all appliances.",
            "none",
            (8, 13),
            f"topk(12, {q.model_breaches('1d', 'model')} > 0)",
            "{{model}}",
            names_on_top=True,
        ),
    ]


def by_score(q: Queries) -> list:
    """Scores and delays."""
    scores = panels.bucket_map(
        "Scores",
        "Breaches by score, 0 to 1, in each interval.",
        (24, 8),
        q.buckets("darktrace_model_breach_score", "$__interval", CATEGORY),
        "5m",
    )
    return [scores, *(delay(q, *each) for each in DELAYS)]


DELAYS = (
    ("Ingestion delay", INGESTION,
     "Time of counting minus creation of the record, on the appliance's clock. Usually below the poll interval."),
    ("Creation delay", CREATION,
     "Creation of the record minus activity: the delay of the appliance. Hours are usual for third-party data."),
)  # fmt: skip


def delay(q: Queries, title: str, histogram: str, description: str):
    """The median and the 95th percentile of a delay, of an hour or more: shorter ones would be those of single breaches."""
    shares = ((0.5, "median"), (0.95, "95 % below"))
    return panels.lines(
        title, description, "s", (12, 8),
        [query(q.quantile(share, histogram, "$__interval"), name) for share, name in shares], step="1h",
    )  # fmt: skip


def made(settings: Settings):
    """The whole dashboard."""
    q = Queries(settings)
    board = frame(settings, "darktrace-breaches", "Model breaches of all selected appliances.")
    known = f'job=~"$job", appliance=~"$appliance"{q.attached}'
    board = board.with_variable(
        choice("category", f"label_values(darktrace_model_breaches_by_category_total{{{known}}}, category)")
    ).with_variable(choice("model", f"label_values(darktrace_model_breaches_total{{{known}}}, model)"))
    rows = [
        ("When", True, by_time(q)),
        ("Models (the variable Model applies here)", True, by_model(q)),
        ("Scores and delays", False, by_score(q)),
    ]
    return filled(board, top(q, settings), rows)
