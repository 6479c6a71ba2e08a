"""Measures this exporter against other implementations and prints whether each target is met.

usage: run.py [--quick] [--only serving|program|collecting|fleet] [--keep] [--previous BINARY [--previous-feeds a,b]]

--keep copies the tables of what was measured into README.md. --previous is an earlier version of the exporter to measure
fleets against, and --previous-feeds are the feeds that it has in addition to model breaches, for those that came later
cost as well.
"""
import argparse
import dataclasses

from measure import collecting, fleet, program, serving
from measure.programs import WORK, compile_peers
from measure.report import Report, now


@dataclasses.dataclass
class Plan:
    """How long and how often to measure."""
    sizes: tuple = (1_000, 10_000, 100_000)
    peer_sizes: tuple = (1_000, 10_000, 100_000)
    rounds: int = 5
    peer_rounds: int = 2
    seconds: int = 2
    patience: float = 15
    idle_seconds: int = 10
    short_records: int = 200_000
    full_records: int = 20_000
    responses: tuple = (10, 100, 1_000)
    history: int = 500_000
    month_rate: int = 1_000
    month_step: int = 1
    fleets: tuple = (10, 100, 300, 1_000)
    fleets_under_load: tuple = (100, 300)
    fleet_days: int = 10
    fleet_seconds: int = 60
    previous: str = ""
    previous_feeds: str = ""


QUICK = Plan(
    sizes=(10_000, 100_000), peer_sizes=(10_000,), rounds=2, peer_rounds=1, seconds=1, patience=4, idle_seconds=5,
    short_records=50_000, full_records=20_000, responses=(10, 100), history=100_000, month_rate=1_000, month_step=3,
    fleets=(10, 100), fleets_under_load=(), fleet_days=3, fleet_seconds=30)
PARTS = {"serving": serving.measure, "program": program.measure, "collecting": collecting.measure,
         "fleet": fleet.measure}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--previous", default="")
    parser.add_argument("--previous-feeds", default="")
    arguments = parser.parse_args()
    plan, mode, start, report = (QUICK, "quick", now(), Report()) if arguments.quick else (Plan(), "full", now(), Report())
    plan = dataclasses.replace(plan, previous=arguments.previous, previous_feeds=arguments.previous_feeds)
    WORK.mkdir(parents=True, exist_ok=True)
    if arguments.only in (None, "serving"):
        compile_peers()
    for name, measure in PARTS.items():
        if arguments.only in (None, name):
            report.part = name
            measure(report, plan)
    report.write(start, mode)
    if arguments.keep:
        report.keep(start, mode)
    print(f"\n{report.table()}\n\n{mode} run of {(now() - start).total_seconds():.0f} s; Benchmarks/results.json has it all")


if __name__ == "__main__":
    main()
