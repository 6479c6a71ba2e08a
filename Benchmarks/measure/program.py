"""The real program with a state of its own: its memory, its start, its idling, its cost of a commit."""
import shutil
import time

from .appliance import UNREACHABLE, Exporter, Simulator, value
from .load import median, wrk
from .programs import BUILT, WORK, run


def measure(report, plan):
    folder = WORK / "program"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for count, encodings, bound in (
            (10_000, ("plain", "gzip"), 30), (100_000, ("plain", "gzip"), 90), (100_000, ("gzip",), 45)):
        peak(report, folder, count, encodings, bound)
    start(report, plan, folder)
    idle(report, plan, folder)
    for count in (8_000, 100_000):
        commits(report, plan, folder, count)
    shutil.rmtree(folder, ignore_errors=True)


def exporter(folder, count, url=UNREACHABLE, authority=None, **settings):
    """An exporter whose ledger holds so many series."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run(BUILT / "collecting-benchmark", "state", count, folder / "state.db")
    authority = authority or write_authority(folder)
    others = [f"hq{number}" for number in range(1, -(-count // 8_000))]
    return Exporter(folder, url, authority, others=others, max_models="8000", **settings)


def write_authority(folder):
    """Any valid CA certificate works, because no appliance is reached."""
    with Simulator(folder / "authority") as simulator:
        return simulator.authority


def peak(report, folder, count, encodings, bound):
    with exporter(folder / "peak", count, poll_interval="10s") as ours:
        # A variant is made when it is first asked for, and kept for ten minutes.
        ours.first_response(**({} if "plain" in encodings else {"Accept_Encoding": "gzip"}))
        for encoding in encodings:
            wrk(ours.url(), encoding, 8, 2)
        # The exporter retries the unreachable appliances while it is measured, as it would in production.
        report.add(
            "program", f"peak memory, {count} series, {' and '.join(encodings)}", ours.peak_megabytes(), "MB",
            at_most=bound, note="the real exporter, 8 connections")


def start(report, plan, folder):
    """From the start of the process to the end of the first response, its first variant rendered for it."""
    for count, bound in ((1_000, 100), (10_000, 100), (100_000, None)):
        seconds = []
        for _ in range(2 * plan.rounds):
            with exporter(folder / "start", count, poll_interval="10s") as ours:
                seconds.append(ours.first_response())
        report.add(
            "program", f"start to first response, {count} series", median(seconds) * 1000, "ms", at_most=bound,
            note=f"{min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f} ms")


def idle(report, plan, folder):
    """Between two polls, without scrapes."""
    with exporter(folder / "idle", 1_000, poll_interval="1h") as ours:
        ours.first_response()
        time.sleep(3)
        before = ours.wakeups()
        time.sleep(plan.idle_seconds)
        after = ours.wakeups()
        per_second = {
            f"{name} {number}": (count - before.get((number, name), 0)) / plan.idle_seconds
            for (number, name), count in after.items()}
        report.details["idle wakeups of the program per second"] = per_second
        report.add("program", "idle wakeups", sum(per_second.values()), "/s", at_most=1.2,
                   note=", ".join(f"{name} {rate:.1f}" for name, rate in per_second.items() if rate > 0))
        report.add("program", "resident while idle", ours.resident_megabytes(), "MB")


def commits(report, plan, folder, count):
    """What a poll that finds something costs when so many series are there already."""
    with Simulator(folder / "simulator", "--history=1h", "--rate=1000000") as simulator:
        address, authority = f"https://{simulator.address}", simulator.authority
        with exporter(folder / "commits", count, address, authority, overlap="1s", new_series_hold="0s") as ours:
            def settled(samples):
                return value(samples, "darktrace_up") == 1

            ours.await_value("the first poll", settled)
            time.sleep(3)
            before, start = ours.samples(), time.monotonic()
            time.sleep(plan.idle_seconds)
            after, ended = ours.samples(), time.monotonic()
    cpu = value(after, "process_cpu_seconds_total") - value(before, "process_cpu_seconds_total")
    polls = value(after, "darktrace_exporter_ledger_commit_duration_seconds_count") - value(
        before, "darktrace_exporter_ledger_commit_duration_seconds_count")
    report.add(
        "program", f"CPU of a poll with a commit to 8 000 of {count} series", cpu / polls * 1000, "ms",
        note=f"{polls:.0f} commits in {ended - start:.0f} s, its snapshot included")
