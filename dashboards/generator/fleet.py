"""The row about a fleet: which replica polls which appliance. It is empty where an exporter has its state alone."""

from . import panels
from .overview import here
from .panels import Column, properties, query
from .queries import Queries
from .settings import Settings

NONE = "no fleet"


def row(q: Queries, settings: Settings) -> list:
    """Leases by replica, how often they change hands, and who has them."""
    epoch = q.of("darktrace_lease_epoch")
    # The holder is a label of the series here, so it must not be folded.
    folded = ", ".join(label for label in settings.labels["replicas"] if label != "replica")
    columns = [
        Column("Info", f"group without ({folded}) ({q.of('darktrace_lease_info')})", custom__hidden=True),
        Column("Handovers in 1 h", q.folded(f"changes({epoch}[1h])"), unit="none"),
        Column("Epoch", q.folded(epoch), unit="none"),
    ]
    holders = panels.sheet(
        "Replica of each appliance", "Only with the state in PostgreSQL. Most handovers first.", (24, 8),
        {"appliance": "Appliance", "replica": "Replica"}, columns, sort=("Handovers in 1 h", True),
    )  # fmt: skip
    return [
        panels.lines(
            "Appliances by replica", "How many appliances each replica polls; of the ten replicas with most.", "none", (12, 8),
            [query(q.worst(q.own("darktrace_exporter_leases")), "{{instance}}")],
        ).no_value(NONE),
        panels.lines(
            "Handovers per hour", "How often appliances got another replica.",
            "none", (12, 8), [query(f"sum({q.folded(f'changes({epoch}[1h])')})", "handovers")],
        ).no_value(NONE),
        holders.override_by_name("Appliance", properties({"links": [here(q)]})).no_value(NONE),
    ]  # fmt: skip
