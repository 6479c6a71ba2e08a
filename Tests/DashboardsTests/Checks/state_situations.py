"""Situations in which something else than a breach happens: days without events, labels, outages, people, limits."""

import contract
from alert_situations import CRITICAL, STALE_POLLS, Situation
from sites import DAY, STALE, Exporter, clock, counter, steps


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
    forbidding = Exporter()
    hq = forbidding.appliance()
    for feed in contract.OPTIONAL_FEEDS:
        # What an exporter exposes: polls and refused requests, but neither a failed nor a successful poll.
        hq.put("darktrace_feed_available", 0, feed=feed).put("darktrace_feed_up", 0, feed=feed)
        hq.put("darktrace_polls_total", counter(1 / 60), feed=feed)
        hq.put("darktrace_poll_failures_total", 0, feed=feed, reason="request")
        hq.put("darktrace_poll_interval_seconds", 300, feed=feed)
        # It asks again about every hour.
        refused = counter(1 / 60, start=1)
        hq.put("darktrace_api_request_failures_total", refused, path=contract.OPTIONAL_FEEDS[feed], reason="permission")
    for state in ("pending", "active"):
        hq.put("darktrace_antigena_actions", None, state=state)
    yield Situation("An appliance forbids every optional feed", [forbidding], {30: [], 120: [], 240: []})


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
    # The first scrape comes before the first poll, with the cursor that was written last.
    after.appliance(site="london").critical(steps(3, (95, 4))).put(
        "darktrace_poll_cursor_timestamp_seconds", lambda minute: clock(20)(minute - 5 * (minute == 80)))
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
        {110: [], 130: ["DarktraceExporterVanished"]},
    )  # fmt: skip
    down = Exporter()
    down.appliance()
    yield Situation(
        "An exporter cannot be scraped, and comes back", [down.down(100, 160)],
        {110: [], 130: ["DarktraceExporterAbsent", "DarktraceExporterDown"], 170: []},
    )  # fmt: skip
    moved, other = Exporter("a:1", "moved"), Exporter("b:1", "other")
    moved.appliance()
    other.appliance("branch")
    target = Exporter("a:2", "moved").down(0).gap(0, 100)
    yield Situation(
        "An exporter moves to an address where it cannot be scraped", [moved.stopped(100), target, other],
        {110: [], 130: ["DarktraceExporterVanished"], 200: ["DarktraceExporterVanished"]},
    )  # fmt: skip
    gone, page = Exporter("a:1", "pods"), Exporter("page:80", "pods")
    gone.appliance()
    page.series = {key: value for key, value in page.series.items() if key[0] == "up"}
    yield Situation(
        "An exporter leaves a job that has other programs", [gone.stopped(100), page, other],
        {110: [], 130: ["DarktraceExporterVanished"]},
    )  # fmt: skip
    program, customer = Exporter("a:1", "exporter"), Exporter("a:1", "acme")
    customer.appliance("branch").masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    customer.series = {key: value for key, value in customer.series.items() if key[0] == "up" or "appliance" in dict(key[1])}
    yield Situation(
        "The appliance of a customer with a target of its own leaves", [program, customer],
        {100: [], 130: ["DarktraceApplianceVanished branch"]},
    )  # fmt: skip
    first, second = Exporter("a:1"), Exporter("b:1")
    first.appliance()
    second.appliance("branch").masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    yield Situation(
        "One of two exporters is down, and the other one loses an appliance", [first.down(100), second],
        {110: [], 130: ["DarktraceApplianceVanished branch", "DarktraceExporterDown"]},
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
    full = Exporter()
    full.appliance()
    # After a failure the exporter retries at most five minutes later.
    full.put("darktrace_exporter_ledger_commit_failures_total", steps(0, (60, lambda m: 1 + (m - 60) // 5), (100, 9)))
    full.put("darktrace_exporter_state_up", steps(1, (60, 0), (100, 1)))
    yield Situation(
        "The disk of a quiet exporter is full", [full],
        {65: [], 95: ["DarktraceLedgerCommitFailing", "DarktraceStateUnreachable"], 130: []},
    )  # fmt: skip
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


MAKERS = (quiet, labels, configuration, outages, people, limits)
