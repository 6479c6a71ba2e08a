"""Fleets: the whole program with 10 to 1 000 appliances, scraped in different ways, next to an earlier version of it.

Both programs poll the same feeds of the same simulated appliances at the same time and are scraped in the same way, so
that other work on the machine affects both alike. What they are compared by is the ratio.
"""
import contextlib
import dataclasses
import gzip
import pathlib
import shutil
import threading
import time

from .appliance import PRIVATE, PUBLIC, Simulator, breaches, free_port, value
from .collecting import polled
from .load import median, wrk
from .programs import BUILT, WORK, Program

# How a program is scraped: seconds between the scrapes of one scraper, and the number of scrapers.
LOADS = {"never scraped": (None, 0), "one scraper, 15 s": (15, 1), "pair of scrapers, 15 s": (15, 2),
         "one scraper, 1 s": (1, 1)}
# What the load may cost of the earlier version's CPU, with 300 appliances.
BOUNDS = {"never scraped": 1 / 4, "one scraper, 15 s": 1 / 6, "pair of scrapers, 15 s": 1 / 5,
          "one scraper, 1 s": 1 / 4}


@dataclasses.dataclass
class Usage:
    """What one program did under one load."""
    cpu: float
    resident: float
    seconds: list
    # Seconds of the scrape before it, which may have found nothing rendered.
    first: float | None


def measure(report, plan):
    folder = WORK / "fleet"
    shutil.rmtree(folder, ignore_errors=True)
    binaries = {"previous": pathlib.Path(plan.previous).resolve()} if plan.previous else {}
    binaries["now"] = BUILT / "darktrace-exporter"
    for count in plan.fleets:
        fleet(report, plan, folder / str(count), count, binaries)
    shutil.rmtree(folder, ignore_errors=True)


def fleet(report, plan, folder, count, binaries):
    group = f"{count} appliances"
    tokens = [(PUBLIC if number == 0 else f"{number:040d}") for number in range(count)]
    arguments = [f"--appliance={name(number)}:{token}:{PRIVATE}" for number, token in enumerate(tokens) if number > 0]
    with Simulator(folder, f"--history={plan.fleet_days}d", "--rate=100", *arguments) as simulator:
        configurations = {which: configure(folder, simulator, tokens, plan, which) for which in binaries}
        state = first_lookback(report, plan, group, folder, configurations, binaries, count)
        start(report, plan, group, folder, configurations, binaries, state)
        with contextlib.ExitStack() as stack:
            running = {
                which: stack.enter_context(FleetExporter(folder / which, configurations[which], binary, state[which]))
                for which, binary in binaries.items()}
            # Without a scrape: a version may go on rendering for ten minutes after one. The first polls are spread.
            time.sleep(min(count / 10, 60) + 10)
            loads = LOADS if count in plan.fleets_under_load else {
                what: LOADS[what] for what in ("never scraped", "one scraper, 15 s")}
            for what, (pause, scrapers) in loads.items():
                compare(report, plan, group, what, running, pause, scrapers, count)
            # Prometheus requests gzip. For a scraper without it the exporter also keeps the plain text.
            peaks(report, group, "peak memory before a plain scrape", running, count)
            size(report, group, running)
            if count in plan.fleets_under_load:
                hammering(report, plan, group, running)
            lag(report, group, running["now"])
            peaks(report, group, "peak memory", running, count)


def peaks(report, group, what, running, count):
    for which, program in running.items():
        report.add(group, f"{what}, {which}", program.peak_megabytes(), "MB",
                   at_most=250 if which == "now" and count == 1_000 else None)


def name(number):
    return "hq" if number == 0 else f"site-{number}"


def configure(folder, simulator, tokens, plan, which):
    """Settings as in production, but for the lookback; without the feeds that a previous version does not have."""
    lines = ["global:", f"  initial_lookback: {plan.fleet_days}d", "  poll_interval: 60s"]
    if plan.previous and plan.previous_feeds and which == "now":
        lines.append(f"  feeds: {polled(*plan.previous_feeds.split(','), interval='60s')}")
    lines.append("appliances:")
    for number, token in enumerate(tokens):
        lines += [
            f"  - name: {name(number)}", f"    url: https://{simulator.address}", f"    public_token: \"{token}\"",
            f"    private_token: \"{PRIVATE}\"", f"    tls_config: {{ca_file: \"{simulator.authority}\"}}"]
    path = folder / f"{which}.yml"
    path.write_text("\n".join(lines) + "\n")
    return path


class FleetExporter(Program):
    """The exporter with a copy of a state file, or a new one."""

    def __init__(self, folder, configuration, binary, state=None):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.state = folder / "state.db"
        if state:
            shutil.copy(state, self.state)
        address = f"127.0.0.1:{free_port()}"
        super().__init__(
            binary, f"--config.file={configuration}", f"--state.path={self.state}", f"--web.listen-address={address}",
            address=address, log=folder / "exporter.log")

    def cpu(self):
        """Seconds of CPU of all threads so far."""
        # CPUCLOCK_SCHED of another process, as clock_getcpuclockid(3) makes it: /proc counts in hundredths.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def samples(self):
        lines = (line.rsplit(" ", 1) for line in self.get().decode().splitlines() if line and line[0] != "#")
        return {series: float(number) for series, number in lines}

    def await_lookback(self, count, within=1_800):
        """Waits until the first lookback of each appliance is complete; scrapes rarely, for that costs as well."""
        end = time.monotonic() + within
        self.first_response()
        while time.monotonic() < end:
            samples = self.samples()
            complete = sum(series.startswith("darktrace_model_breach_last_creation_") for series in samples)
            if value(samples, "darktrace_up") == count and complete == count:
                return samples
            time.sleep(2)
        raise RuntimeError(f"{complete} of {count} first lookbacks are complete after {within} s")


def first_lookback(report, plan, group, folder, configurations, binaries, count):
    """One after the other, from nothing: the CPU for each breach from the socket to the disk. Gives the state files.

    A large fleet only does it once, with the previous version if there is one: a later one reads its state.
    """
    states, cost = {}, {}
    measured = binaries if count <= 100 else dict(list(binaries.items())[:1])
    for which, binary in measured.items():
        with FleetExporter(folder / f"first-{which}", configurations[which], binary) as program:
            samples = program.await_lookback(count)
            counted = breaches(samples)
            cost[which] = program.cpu() / counted
            states[which] = program.state
        report.add(group, f"CPU of the first lookback for each breach, {which}", cost[which] * 1e6, "µs",
                   note=f"{counted:.0f} breaches, the start and the scrapes included")
        report.add(group, f"state file, {which}", states[which].stat().st_size / 1e6, "MB")
    if len(cost) == 2:
        ratio(report, group, "CPU of the first lookback", [cost["now"] / cost["previous"]])
    return {which: states.get(which, program.state) for which in binaries}


def start(report, plan, group, folder, configurations, binaries, state):
    """From the start of the process to the end of the first response, in turns."""
    seconds = {which: [] for which in binaries}
    for _ in range(plan.rounds):
        for which, binary in binaries.items():
            with FleetExporter(folder / "start", configurations[which], binary, state[which]) as program:
                seconds[which].append(program.first_response())
    for which, found in seconds.items():
        report.add(group, f"start to first response, {which}", median(found) * 1000, "ms",
                   note=f"{min(found) * 1000:.0f} to {max(found) * 1000:.0f} ms")
    ratio(report, group, "start to first response", [
        one / other for one, other in zip(seconds["now"], seconds.get("previous", ()))])


def compare(report, plan, group, what, running, pause, scrapers, count):
    """All programs under the same load at the same time."""
    usages = used(running, plan.fleet_seconds, pause, scrapers)
    for which, usage in usages.items():
        report.add(group, f"{what}: CPU, {which}", usage.cpu * 100, "% of a core",
                   at_most=10 if which == "now" and count == 1_000 else None, note=f"{usage.resident:.0f} MB resident")
        if usage.first and what == "one scraper, 15 s":
            report.add(group, f"cold scrape, {which}", usage.first * 1000, "ms",
                       at_most=200 if which == "now" and count == 300 else None, note="no client had asked before")
        if usage.seconds:
            milliseconds = sorted(second * 1000 for second in usage.seconds)
            report.add(group, f"{what}: p50 of a scrape, {which}", median(milliseconds), "ms",
                       note=f"{len(milliseconds)} scrapes from the fourth on, the slowest {milliseconds[-1]:.1f} ms")
    if "previous" in usages:
        ratio(report, group, f"{what}: CPU", [usages["now"].cpu / usages["previous"].cpu],
              at_most=BOUNDS[what] if count == 300 else None)


def ratio(report, group, what, ratios, **bound):
    if ratios:
        report.add(group, f"{what}, of the previous version's", median(ratios), "x", **bound)


def used(running, seconds, pause, scrapers):
    """The share of a core that each program used for so long, while its scrapers asked for gzip."""
    found = {which: [] for which in running}
    first = {}
    if scrapers:
        # What the first scrape costs is not what the load costs, and it comes once.
        for which, program in running.items():
            begin = time.monotonic()
            program.get(Accept_Encoding="gzip")
            first[which] = time.monotonic() - begin
        time.sleep(2)
    # The exporter knows the interval of a scraper after three scrapes; the measurement begins then.
    start = time.monotonic() + (3 * pause if scrapers else 0)
    until = start + seconds

    def scrape(program, which, offset):
        due = time.monotonic() + offset
        while due < until:
            time.sleep(max(0, due - time.monotonic()))
            begin = time.monotonic()
            program.get(Accept_Encoding="gzip")
            if due >= start:
                found[which].append(time.monotonic() - begin)
            due += pause

    threads = [
        threading.Thread(target=scrape, args=(program, which, (number + 0.5 + 0.25 * place) * pause / (scrapers + 1)))
        for place, (which, program) in enumerate(running.items()) for number in range(scrapers)]
    for thread in threads:
        thread.start()
    time.sleep(max(0, start - time.monotonic()))
    before = {which: program.cpu() for which, program in running.items()}
    time.sleep(max(0, until - time.monotonic()))
    for thread in threads:
        thread.join()
    return {which: Usage((program.cpu() - before[which]) / seconds, program.resident_megabytes(), found[which],
                         first.get(which))
            for which, program in running.items()}


def hammering(report, plan, group, running):
    """Eight connections without a pause while polls go on, in turns."""
    rates, slowest = {which: [] for which in running}, {which: [] for which in running}
    for _ in range(plan.rounds):
        for which, program in running.items():
            load = wrk(program.url(), "gzip", 8, plan.seconds + 1)
            rates[which].append(load.per_second)
            slowest[which].append(load.p99)
    for which, found in rates.items():
        report.add(group, f"eight hammering: scrapes per second, {which}", median(found), "/s",
                   note=f"p99 {median(slowest[which]):.1f} ms")
    if "previous" in rates:
        ratio(report, group, "eight hammering: scrapes per second", [
            one / other for one, other in zip(rates["now"], rates["previous"])])


def size(report, group, running):
    for which, program in running.items():
        plain, compressed = program.get(), program.get(Accept_Encoding="gzip")
        series = sum(1 for line in plain.splitlines() if line and not line.startswith(b"#"))
        report.add(group, f"series, {which}", series)
        report.add(group, f"body, plain, {which}", len(plain) / 1e6, "MB")
        whole = len(gzip.compress(plain, 1))
        report.add(group, f"body, gzip, {which}", len(compressed) / 1e6, "MB")
        report.add(group, f"body, gzip, against the whole body at level 1, {which}", len(compressed) / whole, "x",
                   at_most=1.2 if which == "now" and series > 10_000 else None)


def lag(report, group, program):
    """How long ago the oldest successful poll of model breaches was: an interval at most, and what a poll takes."""
    samples = program.samples()
    ages = [time.time() - number for series, number in samples.items()
            if series.startswith("darktrace_poll_last_success_timestamp_seconds{") and 'feed="modelbreaches"' in series]
    report.add(group, "age of the oldest poll", max(ages, default=None), "s", note="polls of model breaches every 60 s")
