"""Situations, and the alerts that fire in each: at the given minutes exactly these, with all optional alerts switched on.

An alert is written as its name, the appliance, and the labels that tell one from another: model, category, customer.
"""

import dataclasses

from sites import Exporter

CRITICAL = "DarktraceCriticalBreach hq model=Usual::Critical"
#: What fires when no poll of an appliance succeeds: for each of its two feeds.
STALE_POLLS = ["DarktracePollsFailing hq"] * 2 + ["DarktracePollsStale hq"] * 2


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
