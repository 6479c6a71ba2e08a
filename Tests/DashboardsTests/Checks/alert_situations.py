"""Situations, and the alerts that fire in each: at the given minutes exactly these, with all optional alerts switched on.

An alert is written as its name, the appliance, and the labels that tell one from another: model, category, customer.
"""

import dataclasses

from sites import DAY, STALE, Exporter, clock, counter, steps

CRITICAL = "DarktraceCriticalBreach hq model=Usual::Critical"


@dataclasses.dataclass
class Situation:
    """What happens at a site, and the alerts that fire at some minutes."""

    name: str
    exporters: list[Exporter]
    expected: dict[int, list[str]]
    #: Minutes between scrapes.
    interval: int = 1
    #: Minutes between evaluations: every second one takes half the time.
    evaluation: int = 2


def all_situations() -> list[Situation]:
    """Every situation, in the order of this file."""
    return [made for function in MAKERS for made in function()]


def quiet():
    """A site that is well, from its first day on."""
    well = Exporter()
    well.appliance()
    yield Situation("Nothing happens", [well], {30: [], 120: []})
    new = Exporter()
    hq = new.appliance(age_days=0).critical(0).put("darktrace_appliance_models_updated_timestamp_seconds", -40 * DAY)
    for category in ("critical", "suspicious", "compliance", "informational"):
        hq.put("darktrace_model_breach_oldest_unacknowledged_timestamp_seconds", None, category=category)
        hq.put("darktrace_model_breaches_unacknowledged", 0, category=category)
        hq.put("darktrace_model_breaches_acknowledged_total", 0, category=category)
    yield Situation("The first day of a quiet site", [new.gap(0, 5)], {6: [], 30: [], 180: ["DarktraceModelsOutdated hq"]})
    added = Exporter()
    added.appliance("old")
    added.appliance("hq", 30).critical(40).masked(lambda minute: minute < 60)
    yield Situation("An appliance is added, with 40 critical breaches in its lookback", [added], {61: [], 75: [], 130: []})


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
    # A fleet: no label instance on series of appliances, and a gap of one scrape at each handover.
    fleet = Exporter()
    fleet.appliance().critical(steps(3, (80, 4))).fails(180)
    moving = {key: value for key, value in fleet.series.items() if "appliance" in dict(key[1])}
    for (name, labels), value in moving.items():
        del fleet.series[name, labels]
        kept = tuple(label for label in labels if label[0] != "instance")
        fleet.series[name, kept] = lambda minute, value=value: STALE if minute % 5 == 0 else value(minute)
    yield Situation(
        "A fleet with a handover every five minutes", [fleet],
        {75: [], 85: [CRITICAL], 150: [], 205: ["DarktraceApplianceDown hq", *STALE_POLLS[2:]]},
    )  # fmt: skip


STALE_POLLS = ["DarktracePollsFailing hq", "DarktracePollsFailing hq", "DarktracePollsStale hq", "DarktracePollsStale hq"]


def labels():
    """Labels that people attach, and federation."""
    acme, umbrella = Exporter("a:1", customer="acme"), Exporter("b:1", customer="umbrella")
    acme.appliance().critical(steps(100, (80, 101))).fails(120)
    umbrella.appliance().critical(steps(5, (180, 6)))
    lost = ["DarktraceApplianceDown hq customer=acme", "DarktraceCursorLagging hq customer=acme", *(f"{alert} customer=acme" for alert in STALE_POLLS)]
    yield Situation(
        "Two customers with an appliance of the same name", [acme, umbrella],
        {81: [f"{CRITICAL} customer=acme"], 181: [f"{CRITICAL} customer=umbrella", *lost]},
    )  # fmt: skip
    vanishing, staying = Exporter("a:1", customer="acme"), Exporter("b:1", customer="umbrella")
    vanishing.appliance()
    staying.appliance()
    yield Situation(
        "One of two customers with an appliance of the same name leaves", [vanishing.stopped(100), staying],
        {100: [], 130: ["DarktraceApplianceVanished hq customer=acme", "DarktraceExporterVanished customer=acme"]},
    )  # fmt: skip
    before, after = Exporter(), Exporter(customer="acme")
    before.appliance().critical(3)
    after.appliance(site="london").critical(steps(3, (95, 4)))
    yield Situation(
        "A label is added", [before.stopped(80), after.gap(0, 80)],
        {79: [], 85: [], 96: [f"{CRITICAL} customer=acme"], 130: [f"{CRITICAL} customer=acme"], 160: [], 210: []},
    )  # fmt: skip
    one, two = (
        Exporter("prometheus:9090", "federate", exported_job="darktrace", exported_instance=f"10.0.0.{number}:13947",
                 prometheus_replica=f"p-{number}")
        for number in (1, 2))  # fmt: skip
    one.appliance().critical(3)
    two.appliance().critical(steps(4, (180, 5)))
    yield Situation(
        "Federation, and the exporter behind it is replaced", [one.stopped(80), two.gap(0, 82)],
        {79: [], 84: [CRITICAL], 145: [], 182: [CRITICAL]},
    )  # fmt: skip


def configuration():
    """Appliances leave, or are switched off."""
    exporter = Exporter()
    exporter.appliance("hq")
    exporter.appliance("branch").masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    yield Situation(
        "A reload removes an appliance", [exporter],
        {100: [], 112: [], 130: ["DarktraceApplianceVanished branch"], 200: ["DarktraceApplianceVanished branch"]},
    )  # fmt: skip
    disabled = Exporter()
    branch = disabled.appliance("branch").masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    branch.put("darktrace_appliance_enabled", steps(1, (100, 0)))
    yield Situation("An appliance is disabled", [disabled], {101: [], 130: [], 200: []})
    gone, other = Exporter("a:1", "one"), Exporter("b:1", "two")
    gone.appliance("hq")
    other.appliance("branch")
    yield Situation(
        "A job with its only exporter leaves", [gone.stopped(100), other],
        {110: [], 130: ["DarktraceApplianceVanished hq", "DarktraceExporterVanished"]},
    )  # fmt: skip
    down = Exporter()
    down.appliance()
    yield Situation(
        "An exporter cannot be scraped, and comes back", [down.down(100, 160)],
        {110: [], 130: ["DarktraceApplianceVanished hq", "DarktraceExporterAbsent", "DarktraceExporterDown"], 170: []},
    )  # fmt: skip


def outages():
    """An appliance does not answer."""
    update = Exporter()
    update.appliance().fails(100, 145)
    down = ["DarktraceApplianceDown hq", *STALE_POLLS]
    yield Situation("An appliance restarts for an update", [update], {105: [], 135: down, 230: []})
    lost = Exporter()
    lost.appliance().fails(100)
    yield Situation(
        "An appliance is lost", [lost],
        {200: [*down, "DarktraceCursorLagging hq"], 235: [*down, "DarktraceCursorLagging hq", "DarktraceApplianceLost hq"]},
    )  # fmt: skip
    back = Exporter()
    hq = back.appliance().fails(200, 380).critical(steps(3, (380, 6))).model("Usual::Critical", "critical", steps(3, (380, 6)))
    hq.category("suspicious", steps(counter(0.2), (200, 40), (380, counter(0.2))))
    hq.put("darktrace_poll_failures_total", 0, feed="modelbreaches", reason="request")
    hq.put("darktrace_poll_failures_total", 0, feed="status", reason="request")
    yield Situation(
        "The exporter catches up after three hours", [back],
        {190: [], 400: [CRITICAL], 430: [CRITICAL], 500: [], 600: []}, 10,
    )  # fmt: skip


def ledgers():
    """The state was lost or replaced, or the exporter was upgraded."""
    start = "darktrace_ledger_start_timestamp_seconds"
    lost = Exporter()
    lost.appliance().critical(steps(90, (80, 80), (110, 81))).put(start, steps(-60 * DAY, (80, -30 * DAY)))
    replaced = "DarktraceLedgerReplaced hq"
    yield Situation("The ledger is lost", [lost], {81: [replaced], 111: [CRITICAL, replaced], 175: []})
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


def people():
    """Acknowledgements and Autonomous Response, where they are used and where not."""
    unacknowledged = "darktrace_model_breach_oldest_unacknowledged_timestamp_seconds"
    late = Exporter()
    late.appliance().put(unacknowledged, steps(clock(1800), (60, 3600), (700, clock(60))), category="critical")
    yield Situation(
        "A critical breach waits for nine hours", [late],
        {400: [], 600: ["DarktraceCriticalUnacknowledged hq category=critical"], 720: []}, 10,
    )  # fmt: skip
    unread = Exporter()
    hq = unread.appliance()
    for category in ("critical", "suspicious", "compliance", "informational"):
        hq.put(unacknowledged, -29 * DAY, category=category)
        hq.put("darktrace_model_breaches_acknowledged_total", 7, category=category)
    yield Situation("Breaches are never acknowledged", [unread], {60: [], 600: []}, 10)
    waiting = Exporter()
    hq = waiting.appliance().put("darktrace_antigena_actions", steps(0, (60, 2), (130, 0)), state="pending")
    hq.put("darktrace_antigena_action_oldest_pending_timestamp_seconds", steps(None, (60, 3600), (130, None)))
    yield Situation("An action waits for a person", [waiting], {85: [], 100: ["DarktraceResponsePending hq"], 131: [], 140: []})
    stopped = Exporter()
    stopped.appliance().put("darktrace_appliance_antigena_network_running", steps(1, (60, 0), (180, 1)))
    yield Situation("Autonomous Response stops", [stopped], {80: [], 110: ["DarktraceResponseNotRunning hq"], 190: []})
    licensed = Exporter()
    licensed.appliance().put("darktrace_appliance_antigena_network_running", 0)
    yield Situation("Autonomous Response is licensed and never runs", [licensed], {60: [], 300: []})


def limits():
    """What is measured against a limit: all of it too high for three hours, and good again."""
    bad = Exporter()

    def while_bad(good, wrong):
        return steps(good, (60, wrong), (240, good))

    bad.put("darktrace_exporter_state_up", while_bad(1, 0))
    bad.put("darktrace_exporter_config_last_reload_successful", while_bad(1, 0))
    bad.put("darktrace_exporter_config_file_success", while_bad(1, 0), file="appliances.d/a.yml")
    hq = bad.appliance()
    hq.put("darktrace_models_tracked", while_bad(4, 480))
    hq.put("darktrace_api_clock_skew_seconds", while_bad(1, -400))
    hq.put("darktrace_api_certificate_expiry_timestamp_seconds", while_bad(200 * DAY, 20 * DAY))
    hq.put("darktrace_appliance_disk_space_used_ratio", while_bad(0.5, 0.95), mount="/")
    hq.put("darktrace_appliance_darkflow_queue_seconds", while_bad(1, 900))
    hq.put("darktrace_appliance_excess_traffic", while_bad(0, 1))
    hq.put("darktrace_appliance_license_expiry_timestamp_seconds", while_bad(300 * DAY, 20 * DAY), license="detect")
    hq.put("darktrace_appliance_license_usage", while_bad(500, 950), kind="ip")
    hq.put("darktrace_appliance_models_updated_timestamp_seconds", while_bad(-DAY, -40 * DAY))
    hq.put("darktrace_probe_up", while_bad(1, 0), probe="1").put("darktrace_master_up", while_bad(1, 0), master="2")
    hq.put("darktrace_poll_last_unreadable_records", while_bad(0, 2), feed="modelbreaches")
    exporter = ["ConfigFileUnusable", "ConfigReloadFailed", "StateUnreachable"]
    appliance = [
        "CertificateExpiring", "ClockSkew", "DiskFull", "ExcessTraffic", "LicenseExpiring", "LicenseUse", "MasterDown",
        "ModelsOutdated", "ModelsOverflow", "ProbeDown", "ProcessingDelay", "UnreadableRecords",
    ]  # fmt: skip
    everything = [f"Darktrace{name}" for name in exporter] + [f"Darktrace{name} hq" for name in appliance]
    yield Situation("Everything is beyond its limit", [bad], {59: [], 200: everything, 290: []})
    failing = Exporter()
    failing.put("darktrace_exporter_ledger_commit_failures_total", steps(0, (60, lambda m: m - 60), (100, 40)))
    failing.put("darktrace_exporter_log_lines_dropped_total", steps(0, (60, 50)))
    hq = failing.appliance()
    hq.put("darktrace_api_signature_failures_total", steps(0, (60, lambda m: (m - 50) // 10), (100, 5)), reason="date")
    for reason in ("rate_limited", "permission"):
        hq.put("darktrace_api_request_failures_total", steps(0, (60, lambda m: (m - 50) // 10), (100, 5)),
               path="/modelbreaches", reason=reason)  # fmt: skip
    hq.put("darktrace_poll_failures_total", steps(0, (60, lambda m: (m - 50) // 10), (100, 5)), feed="status", reason="budget")
    names = ["AccessRefused hq", "LedgerCommitFailing", "LogLinesDropped", "RateLimited hq", "RequestBudgetExhausted hq",
             "SignatureFailures hq"]  # fmt: skip
    yield Situation("Requests and commits fail", [failing], {59: [], 100: [f"Darktrace{name}" for name in names], 200: []})
    refused = Exporter()
    refused.appliance().put("darktrace_api_request_failures_total", counter(1 / 50), path="/status", reason="permission")
    yield Situation("The status is refused, and tried once an hour", [refused], {40: [], 170: ["DarktraceStatusRefused hq"]})
    slow = Exporter()
    slow.appliance().put("darktrace_api_request_duration_seconds_sum",
                         steps(counter(1), (2000, lambda m: 2000 + (m - 2000) * 8), (2200, lambda m: m + 1400)),
                         path="/modelbreaches")  # fmt: skip
    yield Situation("The API becomes slow", [slow], {1990: [], 2100: ["DarktraceAPISlow hq"], 2300: []}, 10)
    silent = Exporter()
    silent.appliance().put("darktrace_appliance_protocol_last_seen_timestamp_seconds",
                           steps(clock(60), (1500, 1500 * 60), (2100, clock(60))), protocol="dns").put(
        "darktrace_appliance_protocol_last_seen_timestamp_seconds", clock(60, 600), protocol="ftp")  # fmt: skip
    yield Situation("A protocol is silent, another is seen now and then", [silent],
                    {1400: [], 1700: [], 1900: ["DarktraceProtocolSilent hq"], 2200: []}, 10)  # fmt: skip


MAKERS = (quiet, gaps, restarts, replicas, labels, configuration, outages, ledgers, models, spikes, weeks, people, limits)
