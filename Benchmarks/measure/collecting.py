"""Collecting: the real exporter with large responses and long histories, and how they are read."""
import contextlib
import gzip
import json
import shutil
import sys
import time

from .appliance import Exporter, Simulator, breaches, value
from .load import median
from .programs import BUILT, ROOT, WORK, Program, run

BENCHMARK = BUILT / "collecting-benchmark"


def measure(report, plan):
    folder = WORK / "collecting"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    short, full = bodies(folder, plan)
    ingestion(report, plan, folder, short)
    python(report, plan, folder, full)
    commits(report, folder)
    flat(report, plan, folder)
    history(report, plan, folder)
    month(report, plan, folder)
    feeds(report, plan, folder)
    shutil.rmtree(folder, ignore_errors=True)


def bodies(folder, plan):
    """Lists as an appliance makes them, in the short and in the long form."""
    short, full = folder / "short.json", folder / "full.json"
    with Simulator(folder / "bodies", "--history=10d", f"--rate={plan.short_records // 10}") as simulator:
        simulator.download(short, minimal=True)
    with Simulator(folder / "bodies", "--history=10d", f"--rate={plan.full_records // 10}") as simulator:
        simulator.download(full, minimal=False)
    with open(short, "rb") as source, gzip.open(f"{short}.gz", "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target)
    return short, full


def taken(*command):
    return json.loads(run(BENCHMARK, *command))


def served(stack, folder, file):
    """Serves a file over TLS; its host, port and authority."""
    folder.mkdir(exist_ok=True)
    authority = folder / "ca.pem"
    program = stack.enter_context(Program(BENCHMARK, "serve", file, authority))
    host, port = program.address.rsplit(":", 1)
    return host, port, authority


def ingestion(report, plan, folder, short):
    """The same list from memory, over TLS, and over TLS compressed, in turns."""
    plain_only = folder / "plain.json"
    plain_only.symlink_to(short)
    memory, plain, compressed = [], [], []
    with contextlib.ExitStack() as stack:
        plain_server, gzip_server = served(stack, folder / "a", plain_only), served(stack, folder / "b", short)
        for _ in range(plan.rounds):
            memory.append(taken("memory", short, 3))
            plain.append(taken("fetch", *plain_server, 3))
            compressed.append(taken("fetch", *gzip_server, 3))
    report.details["ingestion"] = {"memory": memory, "TLS": plain, "TLS and gzip": compressed}
    one = memory[0]
    note = f"{one['records']} records of {one['bytes'] // one['records']} bytes"
    rate = median([found["records"] / found["seconds"] for found in memory])
    report.add("ingestion", "short records, splitter and decoder in memory", rate, "/s", at_least=50_000, note=note)
    # Decoding takes less than TLS at both ends, which run on the same cores.
    for name, found, bound in (("over TLS", plain, 0.5), ("over TLS with gzip", compressed, 0.5)):
        ratio = median([one["seconds"] / other["seconds"] for one, other in zip(memory, found)])
        rate = median([one["records"] / one["seconds"] for one in found])
        report.add("ingestion", f"{name} against memory", ratio, "x", at_least=bound, note=f"{rate:,.0f} records/s")


def python(report, plan, folder, full):
    """Full records against requests and json, over the same TLS server."""
    ours, theirs = [], []
    with contextlib.ExitStack() as stack:
        host, port, authority = served(stack, folder / "c", full)
        for _ in range(plan.peer_rounds + 1):
            ours.append(taken("fetch", host, port, authority))
            peer = ROOT / "Benchmarks" / "peers" / "python_client.py"
            theirs.append(json.loads(run(sys.executable, peer, f"https://{host}:{port}/modelbreaches", authority)))
    if (ours[0]["records"], ours[0]["models"]) != (theirs[0]["records"], theirs[0]["models"]):
        raise RuntimeError("the Python client counted something else")
    report.details["full records"] = {"ours": ours, "Python": theirs}
    megabytes = ours[0]["bytes"] / 1e6
    note = f"{megabytes:.0f} MB: ours {median([one['seconds'] for one in ours]):.2f} s, " \
        f"Python {median([one['seconds'] for one in theirs]):.2f} s"
    report.add(
        "full records", "speed against Python, requests and json",
        median([other["seconds"] / one["seconds"] for one, other in zip(ours, theirs)]), "x", at_least=3, note=note)
    mine, other = (max(one["peak_kilobytes"] for one in found) / 1024 for found in (ours, theirs))
    report.add(
        "full records", "peak memory, of Python's", mine / other, "x", at_most=0.05,
        note=f"ours {mine:.0f} MB, Python {other:.0f} MB")


def commits(report, folder):
    found = taken("commit", 10_000, folder / "commits.db")
    report.add(
        "ledger", "commit of 10 000 records", found["seconds"] * 1000, "ms", note=f"the slowest of ten {found['worst'] * 1000:.0f} ms")


def flat(report, plan, folder):
    """Peak memory of the exporter by the size of the one response that it polls: records of 100 KB."""
    peaks = {}
    for megabytes in plan.responses:
        here = folder / f"flat-{megabytes}"
        arguments = ("--history=1d", f"--rate={megabytes * 12}", "--fault=padding=100000")
        with Simulator(here, *arguments) as simulator:
            with Exporter(here, f"https://{simulator.address}", simulator.authority) as exporter:
                samples = exporter.await_value("breaches", lambda samples: breaches(samples) is not None, pause=0.5)
                received = value(samples, "darktrace_api_response_bytes_total") / 1e6
                peaks[megabytes] = exporter.peak_megabytes()
                seconds = value(samples, "darktrace_api_request_duration_seconds_sum")
        report.add(
            "polling", f"peak memory, a response of {megabytes} MB", peaks[megabytes], "MB", at_most=40,
            note=f"{breaches(samples):.0f} records, {received:.0f} MB received in {seconds:.1f} s")
    report.add("polling", "difference between the sizes", max(peaks.values()) - min(peaks.values()), "MB", at_most=3)


def history(report, plan, folder):
    """A year of a busy system, in one catch-up."""
    here = folder / "history"
    with Simulator(here, "--history=365d", f"--rate={plan.history // 365}") as simulator:
        expected = simulator.total()
        with Exporter(here, f"https://{simulator.address}", simulator.authority, initial_lookback="365d") as exporter:
            start = time.monotonic()
            samples = exporter.await_value("the year", lambda samples: breaches(samples) is not None, pause=0.2)
            seconds = time.monotonic() - start
            counted = breaches(samples)
            note = f"{counted:.0f} of {expected} breaches, {value(samples, 'darktrace_api_requests_total'):.0f} requests"
            # The lookback is a year to the minute, the simulator's history begins with a day.
            if not 0.98 * expected <= counted <= expected + 50:
                raise RuntimeError(f"caught up with {note}")
            cpu = value(samples, "process_cpu_seconds_total")
            report.add("a year", "complete catch-up", seconds, "s", note=f"{note}, {cpu:.1f} s of CPU")
            report.add("a year", "peak memory", exporter.peak_megabytes(), "MB")
            report.add("a year", "state file", exporter.state_bytes() / 1e6, "MB")


def month(report, plan, folder):
    """The state file under constant load: a month of lookback, then a simulated month day by day.

    Only the simulator's clock moves. Records are forgotten by the earlier clock, so that none is, and the file grows
    with what is counted; what must not grow is its size for each record.
    """
    here = folder / "month"
    day = 86_400
    with Simulator(here, "--history=40d", f"--rate={plan.month_rate}", "--fault=date-window=0") as simulator:
        def exporter():
            # Rechecks, which ids wait for, go by a clock that no simulator moves: each poll of these long days has one.
            return Exporter(
                here, f"https://{simulator.address}", simulator.authority, initial_lookback="30d", recheck_interval="1s")

        # Closed for each look, so that what counts is the file and not a log of changes that waits to be moved into it.
        with exporter() as polling:
            samples = polling.await_value("the first month", lambda samples: breaches(samples) is not None)
        first, before = polling.state_bytes(), breaches(samples)
        if before < 20 * plan.month_rate:
            raise RuntimeError(f"counted {before:.0f} breaches in the first month")
        with exporter() as polling:
            for _ in range(30 // plan.month_step):
                simulator.control(f"/-/clock?advance={plan.month_step * day}")
                polls = value(polling.samples(), "darktrace_polls_total")
                samples = polling.await_value(
                    "the next day", lambda samples: value(samples, "darktrace_polls_total") >= polls + 2, pause=0.02)
        last, after = polling.state_bytes(), breaches(samples)
    report.add(
        "ledger", "state file after a simulated month", last / 1e6, "MB",
        note=f"{first / 1e6:.2f} MB before it; {before:.0f} breaches, then {after:.0f}")
    report.add(
        "ledger", "its size for each breach, of that before the month", last / after / (first / before), "x",
        at_most=1.2)


SECONDARY = (
    "status", "acknowledgements", "antigena", "antigena_actions", "incidents", "incident_events", "statistics")


def polled(*names, interval):
    """The setting `feeds` with these feeds on and the others off."""
    each = (f"{name}: " + (f"{{interval: {interval}}}" if name in names else "{enabled: false}") for name in SECONDARY)
    return f"{{{', '.join(each)}}}"


def feeds(report, plan, folder):
    """What the other feeds cost in addition to model breaches, with a month of 250 breaches a day."""
    arguments = ("--history=30d", "--rate=250")
    peaks = {True: [], False: []}
    for turn in range(plan.rounds):
        for all_feeds, found in peaks.items():
            here = folder / f"feeds-{turn}-{all_feeds}"
            names = SECONDARY if all_feeds else ()
            with Simulator(here, *arguments) as simulator, Exporter(
                    here, f"https://{simulator.address}", simulator.authority, initial_lookback="30d",
                    feeds=polled(*names, interval="1s")) as exporter:
                exporter.await_value("ten polls of each feed", lambda samples: all(
                    samples.get(f'darktrace_polls_total{{appliance="hq",feed="{name}"}}', 0) >= 10
                    for name in ("modelbreaches",) + names))
                found.append(exporter.peak_megabytes())
    more = median([one - other for one, other in zip(peaks[True], peaks[False])])
    report.add(
        "feeds", "peak memory, all feeds against model breaches alone", more, "MB", at_most=2,
        note=f"{median(peaks[True]):.1f} against {median(peaks[False]):.1f} MB")
    # Full records are requested in the first lookback alone, and only where short ones lack acknowledgements.
    for form, fault, bound in (("short", (), 1), ("full", ("--fault=short-form-lacks=acknowledged",), None)):
        here = folder / f"acknowledgements-{form}"
        with Simulator(here, *arguments, *fault) as simulator, Exporter(
                here, f"https://{simulator.address}", simulator.authority, poll_interval="60s",
                feeds=polled("acknowledgements", interval="300s")) as exporter:
            samples = exporter.await_value(
                "acknowledgements", lambda samples: value(samples, "darktrace_model_breaches_acknowledged_total") > 0)
            counted = value(samples, "darktrace_model_breaches_acknowledged_total")
            note = f"{counted:.0f} of {simulator.total()} breaches, the start of the exporter included"
            report.add(
                "feeds", f"CPU of a month of acknowledgements in {form} records",
                value(samples, "process_cpu_seconds_total"), "s", at_most=bound, note=note)
