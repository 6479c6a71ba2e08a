"""Serving: this exporter against a static C server, client_golang and prometheus_client, on the same series."""
import contextlib
import http.client
import json
import sys
import time

from .load import median, ratios, wrk
from .programs import BUILT, ROOT, WORK, Program, exposition, run

ENCODINGS = ("plain", "gzip")
CONNECTIONS = (1, 8)


def measure(report, plan):
    for count in plan.sizes:
        compare(report, plan, count)
    memory(report)
    rendering(report, plan)
    changing(report, plan)
    idle(report, plan)


def compare(report, plan, count):
    """All four programs at once, idle but for the one whose turn it is."""
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(exposition(count))
        bodies = [WORK / f"body-{count}{suffix}" for suffix in ("", ".gz")]
        bodies[0].write_bytes(ours.get(Accept="text/plain;version=0.0.4"))
        bodies[1].write_bytes(ours.get(Accept="text/plain;version=0.0.4", Accept_Encoding="gzip"))
        servers = {"ours": ours, "C": stack.enter_context(Program(WORK / "static", *bodies))}
        for server in servers.values():
            require_keep_alive(server)
        if count in plan.peer_sizes:
            servers["Go"] = stack.enter_context(Program(WORK / "promhttp", count))
            peer = ROOT / "Benchmarks" / "peers" / "prometheus_client_server.py"
            servers["Python"] = stack.enter_context(Program(sys.executable, peer, count))
        for encoding in ENCODINGS:
            for connections in CONNECTIONS:
                figures(report, count, encoding, connections, take_turns(servers, encoding, connections, plan))
        peaks = {name: server.peak_megabytes() for name, server in servers.items()}
    report.details[f"{count} series, peak memory in MB"] = peaks
    for name, peak in peaks.items():
        if name not in ("ours", "C"):
            report.add(f"{count} series", f"peak memory: {name}", peak, "MB")


def require_keep_alive(server):
    """A peer that closes each connection would make a comparison that flatters."""
    connection = http.client.HTTPConnection(server.address, timeout=60)
    for encoding in ("identity", "gzip"):
        connection.request("GET", "/metrics", headers={"Accept-Encoding": encoding})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or response.will_close or (body[:2] == b"\x1f\x8b") != (encoding == "gzip"):
            raise RuntimeError(f"{server.process.args[0]} does not serve {encoding} as the comparison requires")
    connection.close()


def take_turns(servers, encoding, connections, plan):
    rounds = {name: [] for name in servers}
    patience = {name: seconds_needed(server, encoding, connections, plan) for name, server in servers.items()}
    for turn in range(plan.rounds):
        names = list(servers) if turn % 2 == 0 else list(reversed(servers))
        for name in names:
            if patience[name] is None or (name in ("Go", "Python") and turn >= plan.peer_rounds):
                continue
            rounds[name].append(wrk(servers[name].url(), encoding, connections, patience[name]))
    return rounds


def seconds_needed(server, encoding, connections, plan):
    """Long enough for each connection to get a few responses; None if that takes too long."""
    headers = {"Accept_Encoding": "gzip"} if encoding == "gzip" else {}
    start = time.monotonic()
    server.get(**headers)
    needed = 3 * connections * (time.monotonic() - start)
    return None if needed > plan.patience else max(plan.seconds, round(needed + 0.5))


def figures(report, count, encoding, connections, rounds):
    group = f"{count} series"
    what = f"{encoding}, {connections} conn."
    ours = rounds["ours"]
    report.details[f"{group}, {what}"] = {
        name: [vars(one) for one in loads] for name, loads in rounds.items()}
    target = 0.85 if count >= 10_000 else None
    report.add(
        group, f"{what}: throughput against static C", ratios(ours, rounds["C"], "per_second"), "x", at_least=target,
        note=", ".join(f"{name} {rate(loads)}/s" for name, loads in rounds.items()))
    spread = [
        f"{name} {time_of(loads, 'p50')} / {time_of(loads, 'p99')}" for name, loads in rounds.items() if name != "ours"]
    report.add(group, f"{what}: scrapes per second", median([one.per_second for one in ours]), "/s")
    report.add(
        group, f"{what}: p50", median([one.p50 for one in ours]), "ms", note="p50 / p99 ms: " + ", ".join(spread))
    report.add(group, f"{what}: p99", median([one.p99 for one in ours]), "ms")
    if "Go" not in rounds:
        return
    wanted = {"plain": 50, "gzip": 500}[encoding] if count == 10_000 else None
    report.add(
        group, f"{what}: static C against Go", ratios(rounds["C"], rounds["Go"], "per_second"), "x",
        note="the physical limit of the next line")
    for name in ("Go", "Python"):
        report.add(
            group, f"{what}: throughput against {name}", ratios(ours, rounds[name], "per_second"), "x",
            at_least=wanted if name == "Go" else None)


def rate(loads):
    middle = median([one.per_second for one in loads])
    return "-" if middle is None else f"{middle:,.0f}".replace(",", " ") if middle >= 10 else f"{middle:.1f}"


def time_of(loads, what):
    middle = median([getattr(one, what) for one in loads])
    return "-" if middle is None else f"{middle:.3g}"


def memory(report):
    """Peaks of fresh programs, with snapshots that change under load: two stand side by side for an instant."""
    for count, encodings, bound in ((10_000, ENCODINGS, 30), (100_000, ENCODINGS, 90), (100_000, ("gzip",), 45)):
        with exposition(count, 50) as ours:
            for encoding in encodings:
                wrk(ours.url(), encoding, 8, 2)
            report.add(
                "memory", f"peak, {count} series, {' and '.join(encodings)}", ours.peak_megabytes(), "MB",
                at_most=bound, note="50 changes per second, 8 connections")


def rendering(report, plan):
    best = {}
    for _ in range(3):
        for line in run(BUILT / "exposition-benchmark", "render", plan.sizes[-1]).splitlines():
            found = json.loads(line)
            best[found["format"]] = min(found["nanoseconds_per_series"], best.get(found["format"], 1e9))
    for name, nanoseconds in best.items():
        report.add("rendering", f"{name}, {plan.sizes[-1]} series", nanoseconds, "ns/series", at_most=80)


def changing(report, plan):
    """The p99 of a saturating client while values change, against the p99 at rest, in turns."""
    for count in (10_000, 100_000):
        with exposition(count) as rest, exposition(count, 50) as changing:
            for encoding in ENCODINGS:
                for server in (rest, changing):
                    wrk(server.url(), encoding, 1, 1)
                pairs = [
                    (wrk(changing.url(), encoding, 1, plan.seconds + 1), wrk(rest.url(), encoding, 1, plan.seconds + 1))
                    for _ in range(plan.rounds)]
                ratio = ratios([one for one, _ in pairs], [other for _, other in pairs], "p99")
                report.details[f"p99 under change, {count}, {encoding}"] = [
                    [vars(one), vars(other)] for one, other in pairs]
                report.add(
                    "changes", f"p99 at 50 changes/s over p99 at rest, {count} series, {encoding}", ratio, "x",
                    at_most=2,
                    note=f"{time_of([one for one, _ in pairs], 'p99')} against "
                    f"{time_of([other for _, other in pairs], 'p99')} ms")


def idle(report, plan):
    with exposition(1_000) as ours:
        ours.get()
        time.sleep(1)
        before = ours.wakeups()
        time.sleep(plan.idle_seconds)
        after = ours.wakeups()
    per_second = {
        key: (count - before.get(key, 0)) / plan.idle_seconds for key, count in after.items()}
    report.details["idle wakeups per second"] = {f"{name} {number}": rate for (number, name), rate in per_second.items()}
    served = sum(rate for (_, name), rate in per_second.items() if name.startswith("MHD"))
    report.add("idle", "wakeups of libmicrohttpd's thread", served, "/s", at_most=0)
    report.add("idle", "wakeups of the server's process", sum(per_second.values()), "/s", at_most=1.2)
