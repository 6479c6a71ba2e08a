"""Situations of fleets: series of an appliance have no label instance, because its replica may be another one soon."""

from alert_situations import CRITICAL, STALE_POLLS, Situation
from sites import STALE, Exporter, Value, steps


def fleet(replicas: int = 1) -> list[Exporter]:
    """Replicas, of which the first one exposes the appliances."""
    return [Exporter(f"darktrace-exporter-{number}") for number in range(replicas)]


def relabelled(exporters: list[Exporter]) -> list[Exporter]:
    """The replicas with the series that Prometheus makes of theirs."""
    for exporter in exporters:
        for (name, labels), value in list(exporter.series.items()):
            if "appliance" in dict(labels):
                del exporter.series[name, labels]
                exporter.series[name, tuple(label for label in labels if label[0] != "instance")] = value
    return exporters


def epochs(*handovers: int) -> Value:
    """The epoch of a lease that changes hands at these minutes."""
    return lambda minute: 7 + sum(minute >= handover for handover in handovers)


def handovers():
    """Appliances change their replica."""
    moving = fleet()
    moving[0].appliance().critical(steps(3, (80, 4))).fails(180)
    # At each handover the series may be absent for one scrape.
    moving[0].series = {
        key: value if "appliance" not in dict(key[1]) else
        lambda minute, value=value: STALE if minute % 5 == 0 else value(minute)
        for key, value in moving[0].series.items()
    }  # fmt: skip
    yield Situation(
        "A fleet with a handover every five minutes", relabelled(moving),
        {75: [], 85: [CRITICAL], 150: [], 205: ["DarktraceApplianceDown hq", *STALE_POLLS[2:]]},
    )  # fmt: skip
    rollout = fleet(3)
    rollout[0].appliance().put("darktrace_lease_epoch", epochs(80, 81, 83, 86, 88, 90))
    yield Situation("A rollout of a fleet", relabelled(rollout), {79: [], 95: [], 130: []})
    unstable = fleet(2)
    unstable[0].appliance().put("darktrace_lease_epoch", epochs(*range(80, 140, 4)))
    unstable[0].appliance("branch").put("darktrace_lease_epoch", 3)
    yield Situation(
        "An appliance changes its replica every four minutes", relabelled(unstable),
        {100: [], 130: ["DarktraceLeasesUnstable"], 190: []},
    )  # fmt: skip


def shares():
    """How the appliances are distributed."""
    idle = fleet(3)
    for exporter, leases in zip(idle, (20, 20, steps(20, (80, 0), (150, 20)))):
        exporter.put("darktrace_exporter_leases", leases)
    yield Situation("A replica of a fleet has no appliance", idle, {100: [], 120: ["DarktraceReplicaIdle"], 155: []})
    few = fleet(3)
    for exporter, leases in zip(few, (3, 2, 0)):
        exporter.put("darktrace_exporter_leases", leases)
    yield Situation("Few appliances, all of other replicas", few, {60: [], 120: []})
    cut = fleet(3)
    for exporter, leases in zip(cut, (2, 3, steps(1, (80, 0)))):
        exporter.put("darktrace_exporter_leases", leases)
    cut[2].put("darktrace_exporter_state_up", steps(1, (80, 0)))
    yield Situation("A replica cannot reach the database, others can", cut, {79: [], 120: ["DarktraceReplicaIdle"]})
    away = fleet(2)
    away[0].appliance().masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    for exporter in away:
        exporter.put("darktrace_exporter_leases", steps(1, (100, 0))).put("darktrace_exporter_state_up", steps(1, (100, 0)))
    yield Situation(
        "The database of a fleet is lost", relabelled(away),
        {99: [], 130: ["DarktraceApplianceVanished hq", *["DarktraceStateUnreachable"] * 2]},
    )  # fmt: skip
    restarted = fleet(2)
    restarted[0].appliance()
    restarted[1].put("darktrace_exporter_ledger_commit_failures_total", steps(0, (80, 3)))
    for exporter in restarted:
        exporter.put("darktrace_exporter_leases", 1)
    yield Situation("The database of a fleet restarts", relabelled(restarted), {79: [], 82: [], 90: [], 96: [], 100: []})
    free = fleet(2)
    free[0].appliance().put("darktrace_lease_epoch", 7).put("darktrace_lease_info", 1, replica="darktrace-exporter-0")
    free[0].appliance("branch").masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    yield Situation("No replica has an appliance any more", relabelled(free), {112: [], 130: ["DarktraceApplianceVanished branch"]})
    alone = fleet(2)
    alone[0].appliance().masked(lambda minute: minute == 100, STALE).masked(lambda minute: minute > 100)
    yield Situation(
        "A replica is down, and the other one does not take its appliance over",
        relabelled([alone[0].down(100), alone[1]]),
        {112: [], 130: ["DarktraceApplianceVanished hq", "DarktraceExporterDown"]},
    )  # fmt: skip
    disabled = fleet(2)
    branch = disabled[0].appliance("branch").masked(lambda minute: minute == 100, STALE)
    branch.masked(lambda minute: minute > 100)
    # Another replica exposes it from the third minute after the first one was killed.
    branch.put("darktrace_appliance_enabled", lambda minute: STALE if 150 <= minute < 153 else int(minute < 101))
    yield Situation(
        "All replicas disable an appliance, and one is killed", relabelled(disabled),
        {101: [], 130: [], 152: [], 200: []},
    )  # fmt: skip


MAKERS = (handovers, shares)
