"""Situations in which breaches are counted: outages, restarts, replicas, ledgers, new models, bursts."""

from alert_situations import CRITICAL, Situation
from sites import DAY, Exporter, counter, steps


def gaps():
    """Nothing is scraped for a while, and a critical breach is counted in that time."""
    exporters, expected = [], {79: []}
    for minutes in (3, 5, 50, 120):
        exporter = Exporter(f"{minutes}:13947")
        exporter.appliance(f"away-{minutes}").critical(steps(3, (81, 4)))
        exporters.append(exporter.gap(80, 80 + minutes))
    found = {minutes: CRITICAL.replace("hq", f"away-{minutes}") for minutes in (3, 5, 50, 120)}
    # Each is found after the gap, for an hour.
    expected |= {84: [found[3]], 86: [found[3], found[5]]}
    gone = "DarktraceApplianceVanished away-120"
    expected |= {132: [found[3], found[5], found[50], gone], 150: [found[50], gone], 202: [found[120]], 258: [found[120]], 262: []}
    yield Situation("No scrapes for 3, 5, 50 and 120 minutes", exporters, expected)
    slow = Exporter()
    slow.appliance().critical(steps(3, (80, 4)))
    yield Situation("A scrape every five minutes", [slow], {75: [], 85: [CRITICAL], 130: [CRITICAL], 150: []}, 5)
    first = Exporter()
    first.appliance().category("critical", steps(3, (80, 4))).model("New::One", "critical", steps(None, (80, 1)))
    one = ["DarktraceCriticalBreach hq model=New::One", "DarktraceNewModel hq model=New::One"]
    yield Situation("The first breach of a model between scrapes five minutes apart", [first], {75: [], 85: one, 150: []}, 5)


def restarts():
    """The exporter or Prometheus starts again."""
    same = Exporter()
    same.appliance().critical(steps(3, (81, 4)))
    same.put("process_start_time_seconds", steps(-1000, (82, 82 * 60))).stopped(80, 82)
    yield Situation("The exporter restarts", [same], {79: [], 83: [CRITICAL], 120: [CRITICAL], 145: []})
    old, new = Exporter("10.0.0.1:13947", pod="a"), Exporter("10.0.0.2:13947", pod="b")
    old.appliance().critical(3)
    new.appliance().critical(4)
    yield Situation(
        "A pod is replaced by one with another address", [old.stopped(80), new.gap(0, 82)],
        {79: [], 83: [CRITICAL], 120: [CRITICAL], 145: [], 180: []},
    )  # fmt: skip
    # A Prometheus that stops marks no series as ended. Unlike here it evaluates no rules while it is away.
    seen = Exporter()
    seen.appliance().critical(steps(3, (84, 4)))
    yield Situation(
        "Prometheus restarts, and a critical breach is counted while it is away", [seen.gap(80, 90)],
        {79: [], 91: [CRITICAL], 130: [CRITICAL], 152: []},
    )  # fmt: skip
    loop = Exporter()
    loop.appliance()
    loop.put("process_start_time_seconds", steps(-1000, (60, lambda minute: 60 * (minute - minute % 8))))
    yield Situation("The exporter restarts again and again", [loop], {60: [], 100: ["DarktraceExporterRestarting"]})


def replicas():
    """Several exporters of one appliance."""
    first, lost = Exporter("a:1"), Exporter("b:1")
    first.appliance().critical(steps(3, (130, 4)))
    lost.appliance().critical(steps(3, (80, 1), (130, 2))).put(
        "darktrace_ledger_start_timestamp_seconds", steps(-60 * DAY, (80, -DAY)))
    yield Situation(
        "Two exporters, one loses its ledger", [first, lost],
        {79: [], 90: ["DarktraceLedgerReplaced hq"], 131: [CRITICAL, "DarktraceLedgerReplaced hq"], 195: []},
    )  # fmt: skip
    small, large = Exporter("a:1"), Exporter("b:1")
    small.appliance(age_days=20).critical(steps(3, (80, 4)))
    large.appliance().critical(steps(30, (80, 31)))
    yield Situation(
        "Two exporters with ledgers of different age, the larger is away", [small, large.stopped(40, 110)],
        {39: [], 60: [], 82: [CRITICAL], 112: [CRITICAL], 180: []},
    )  # fmt: skip


def ledgers():
    """The state was lost or replaced, or the exporter was upgraded."""
    start = "darktrace_ledger_start_timestamp_seconds"
    lost = Exporter()
    lost.appliance().critical(steps(90, (80, 80), (110, 81))).put(start, steps(-60 * DAY, (80, -30 * DAY)))
    replaced = "DarktraceLedgerReplaced hq"
    yield Situation("The ledger is lost", [lost], {81: [replaced], 111: [CRITICAL, replaced], 175: []})
    old, new = Exporter("10.0.0.1:13947"), Exporter("10.0.0.2:13947")
    old.appliance().critical(90)
    new.appliance(age_days=30).critical(steps(80, (120, 81)))
    yield Situation(
        "A pod is replaced, and its ledger is lost", [old.stopped(80), new.gap(0, 82)],
        {84: [], 110: [replaced], 121: [CRITICAL, replaced], 180: []},
    )  # fmt: skip
    longer = Exporter()
    longer.appliance().critical(steps(5, (80, 400), (180, 401))).put(start, steps(-20 * DAY, (80, -90 * DAY)))
    yield Situation("A new ledger with a longer lookback", [longer], {81: [replaced], 135: [replaced], 145: [], 181: [CRITICAL]})
    upgraded = Exporter()
    hq = upgraded.appliance().category("critical", steps(None, (80, 3), (90, 4)))
    hq.model("Usual::Critical", "critical", steps(3, (90, 4)))
    for category in ("suspicious", "compliance", "informational"):
        hq.category(category, steps(None, (80, 3)))
    yield Situation("The upgrade to a counter by category", [upgraded], {82: [], 89: [], 91: [CRITICAL], 152: []})
    joined = Exporter()
    joined.appliance().critical(counter(1 / 60)).category("suspicious", counter(1 / 30)).model(
        "Usual::Suspicious", "suspicious", counter(1 / 30))
    backfilled = dict(joined.series)
    for key, value in backfilled.items():
        history = key[0].startswith(("darktrace_model_breach", "darktrace_ledger"))
        joined.series[key] = lambda minute, value=value, history=history: (
            value(minute) if minute > 180 or (history and minute % 5 == 0 and minute < 170) else None)
    # Breaches go on once an hour, as before the exporter was started.
    yield Situation("A backfilled history joins", [joined], {182: [CRITICAL], 239: [CRITICAL]})
    future = Exporter()
    future.appliance().put(start, 3 * 3600)
    yield Situation("A ledger starts in the future", [future], {30: ["DarktraceLedgerStartInFuture hq"], 170: []})


def models():
    """Models that breach for the first time."""
    flood = Exporter()
    hq = flood.appliance().category("informational", steps(3, (80, 63)))
    for number in range(60):
        hq.model(f"Update::{number}", "informational", steps(None, (80, 0), (82, 1)))
    yield Situation("An update brings 60 models", [flood], {80: [], 84: ["DarktraceManyNewModels hq"], 155: []})
    first = Exporter()
    hq = first.appliance().category("critical", steps(3, (80, 4))).model("New::One", "critical", steps(None, (80, 0), (82, 1)))
    hq.model("Usual::Suspicious", "compliance", steps(None, (80, 0), (82, 1)))
    one = ["DarktraceCriticalBreach hq model=New::One", "DarktraceNewModel hq model=New::One"]
    yield Situation("The first breach of a model, and another category of one", [first], {81: [], 83: one, 135: one, 145: []})
    two = Exporter()
    two.appliance().category("critical", steps(3, (80, 4), (130, 6))).model(
        "Usual::Critical", "critical", steps(3, (80, 4))).model("Usual::Two", "critical", steps(1, (130, 3)))
    both = [CRITICAL, "DarktraceCriticalBreach hq model=Usual::Two"]
    yield Situation("Critical breaches of two models", [two], {81: [CRITICAL], 131: both, 142: both[1:], 192: []})


def spikes():
    """Counts above the usual, and regular changes that are not."""
    hours = 30 * 60
    burst = Exporter()
    burst.appliance().category("suspicious", steps(0, (hours, lambda minute: min((minute - hours) // 5, 8))))
    spike = ["DarktraceBreachSpike hq category=suspicious", "DarktraceBreachSpikeOverall hq"]
    yield Situation("Eight breaches after a quiet day", [burst], {hours: [], hours + 50: spike, hours + 150: []}, 10)
    spread = Exporter()
    hq = spread.appliance()
    for category in ("critical", "suspicious", "compliance"):
        hq.category(category, steps(0, (hours, lambda minute: min((minute - hours) // 10, 4))))
    yield Situation(
        "Twelve breaches over three categories", [spread],
        {hours: [], hours + 50: ["DarktraceBreachSpikeOverall hq"], hours + 150: []}, 10,
    )  # fmt: skip
    single = Exporter()
    single.appliance().category("suspicious", steps(0, (hours, 1), (hours + 60, 5)))
    yield Situation("One breach, and four an hour later", [single], {hours + 10: [], hours + 70: [], hours + 100: []}, 10)
    busy = Exporter()
    busy.appliance().category("suspicious", steps(counter(0.2), (hours, lambda minute: 360 + int((minute - hours) * 0.33))))
    yield Situation("Twelve an hour, then twenty", [busy], {hours + 60: [], hours + 180: []}, 10)
    # By day ten times as many as at night; the clocks change after two days, so the third day begins an hour early.
    day = 24 * 60

    def by_day(minute: int) -> int:
        total, shifted = 0, minute + (60 if minute >= 2 * day else 0)
        for start in range(0, 4 * day, day // 2):
            rate = 0.02 if start % day == 0 else 0.2
            total += int(rate * max(0, min(shifted - start, day // 2)))
        return total

    clocks = Exporter()
    clocks.appliance().category("compliance", by_day)
    times = {minute: [] for minute in range(36 * 60, 4 * day, 60)}
    yield Situation("Day and night, and the clocks change", [clocks], times, 15)


def weeks():
    """Weekends without breaches, and the end of all breaches."""
    day = 24 * 60

    def working_days(minute: int) -> int:
        full, rest = divmod(minute, 7 * day)
        return full * 50 + min(rest // (day // 10), 50)

    def newest(minute: int) -> int:
        full, rest = divmod(minute, 7 * day)
        last = min(rest // (day // 10) * (day // 10), 5 * day - day // 10)
        return (full * 7 * day + last) * 60

    stops = 11 * day

    def until(value):
        return lambda minute: value(min(minute, stops))

    week = Exporter()
    hq = week.appliance().category("suspicious", until(working_days))
    hq.put("darktrace_model_breach_last_creation_timestamp_seconds", until(newest))
    yield Situation(
        "Weekends without breaches, then none any more", [week],
        {5 * day: [], 7 * day + 60: [], 8 * day: [], 11 * day: [], 16 * day: ["DarktraceBreachesStopped hq"]}, 15, 60,
    )  # fmt: skip


MAKERS = (gaps, restarts, replicas, ledgers, models, spikes, weeks)
