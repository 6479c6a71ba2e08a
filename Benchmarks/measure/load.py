"""wrk, and the statistics of rounds that take turns."""
import dataclasses
import pathlib
import statistics

from .programs import run

SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")


@dataclasses.dataclass
class Load:
    """What one run of wrk saw; times in milliseconds."""
    requests: int
    per_second: float
    p50: float
    p99: float
    errors: int


def wrk(url, encoding, connections, seconds):
    output = run(
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", SCRIPT,
        "-H", "Accept: text/plain;version=0.0.4", *(["-H", "Accept-Encoding: gzip"] if encoding == "gzip" else []), url)
    line = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    requests, _, duration, p50, p99, errors = (float(word) for word in line[1:])
    return Load(int(requests), requests / duration * 1e6, p50 / 1000, p99 / 1000, int(errors))


def median(values):
    """The middle of the values that there are."""
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def ratios(ours, theirs, what):
    """The middle of the ratios of each round, so that drift of the machine hits both sides alike."""
    return median([
        getattr(one, what) / getattr(other, what) if getattr(other, what) else None
        for one, other in zip(ours, theirs)])
