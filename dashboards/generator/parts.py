"""Rows about the state of one appliance: load, network, probes, licences."""

from . import panels
from .panels import BAD, GOOD, LOWEST, WARN, Column, query
from .queries import Queries
from .settings import Settings

DAY = 86400
RATE = "$__rate_interval"
UP = {0: ("down", BAD), 1: ("up", GOOD)}


def load(q: Queries) -> list:
    """What the appliance has to do, and whether it can."""
    return [
        panels.lines(
            "CPU, load, memory and disk",
            "Utilisation as reported by the appliance; for disks the share of time that they are busy.",
            "percentunit", (8, 8),
            [
                query(q.each(f"darktrace_appliance_{metric}_ratio"), name)
                for metric, name in (
                    ("cpu", "CPU"), ("load", "load"), ("memory_used", "memory"), ("disk_utilization", "disk"),
                )
            ],
            ((0.9, BAD),), limit=True,
        ),
        panels.lines(
            "Disk space used", "Used share of each mount point.", "percentunit", (8, 8),
            [query(q.each("darktrace_appliance_disk_space_used_ratio"), "{{mount}}")],
            ((0.8, WARN), (0.95, BAD)), limit=True,
        ),
        panels.lines(
            "Processing delay",
            "Queues of data and of flows in seconds. They grow when an appliance receives too much traffic.",
            "s", (8, 8),
            [
                query(q.each("darktrace_appliance_data_queue_seconds"), "data"),
                query(q.each("darktrace_appliance_darkflow_queue_seconds"), "flows"),
            ],
        ),
        panels.lines(
            "Traffic received and processed",
            "Mean of the last ten minutes. Traffic that is received and not processed is lost.",
            "Bps", (8, 8),
            [
                query(q.each("darktrace_appliance_bandwidth_bytes_per_second"), "received"),
                query(q.each("darktrace_appliance_processed_bandwidth_bytes_per_second"), "processed"),
            ],
        ),
        panels.lines(
            "Connections per second", "Connections in the traffic of the appliance.",
            "none", (8, 8), [query(q.each("darktrace_appliance_connections_per_second"), "connections")],
        ),
        panels.states(
            "Excess traffic", "Whether the appliance receives more traffic than it can process.",
            (8, 8), query(q.each("darktrace_appliance_excess_traffic"), "traffic"),
            {0: ("normal", GOOD), 1: ("excess", BAD)},
        ),
    ]  # fmt: skip


def network(q: Queries) -> list:
    """Interfaces and protocols; /status is polled once a minute, so rates need five minutes."""
    received, sent = (
        q.folded(f"rate({q.of(f'darktrace_appliance_interface_{direction}_bytes_total')}[5m])")
        for direction in ("receive", "transmit")
    )
    seen = Column("Last seen", q.age("darktrace_appliance_protocol_last_seen_timestamp_seconds"), unit="s", decimals=0)
    return [
        panels.lines(
            "Network interfaces", "Bytes per second, received and sent, of the ten busiest interfaces.", "Bps", (8, 8),
            [query(q.worst(received), "{{interface}} in"), query(q.worst(sent), "{{interface}} out")],
        ),
        panels.states(
            "Interface state", "An interface without a cable is down, too.",
            (8, 8), query(q.each("darktrace_appliance_interface_up"), "{{interface}}"),
            {0: ("down", WARN), 1: ("up", GOOD)},
        ),
        panels.sheet(
            "Protocols", "Time since traffic of each protocol was last seen. If DNS or HTTPS stop, check the mirror port.",
            (8, 8), {"protocol": "Protocol"}, [seen], sort=("Last seen", True), hidden=("job", "appliance"),
        ),
    ]  # fmt: skip


def probes(q: Queries) -> list:
    """Probes, and the masters behind a Unified View."""
    return [
        place(q, "Probes", "darktrace_probe", {
            "master": "Master", "probe": "Probe", "label": "Label", "type": "Type", "address": "Address",
            "version": "Version",
        }),
        place(q, "Masters", "darktrace_master", {
            "master": "Master", "label": "Label", "hostname": "Host", "address": "Address", "version": "Version",
        }),
    ]  # fmt: skip


def place(q: Queries, title: str, metric: str, labels: dict[str, str]):
    """One row for each probe or master, those that are down first."""
    received = Column("Traffic", q.each(f"{metric}_bandwidth_bytes_per_second"), unit="Bps", decimals=1)
    traffic = [received] if metric == "darktrace_probe" else []
    columns = [
        Column.worded("State", q.each(f"{metric}_up"), UP),
        Column("Info", q.folded(q.of(f"{metric}_info"), by="group"), custom__hidden=True),
        Column("CPU", q.each(f"{metric}_cpu_ratio"), unit="percentunit", decimals=0),
        Column("Memory", q.each(f"{metric}_memory_used_ratio"), unit="percentunit", decimals=0),
        Column("Delay", q.each(f"{metric}_data_queue_seconds"), unit="s", decimals=0),
        *traffic,
        Column("Last contact", f"1000 * {q.each(f'{metric}_last_contact_timestamp_seconds')}", unit="dateTimeAsIso"),
    ]
    return panels.sheet(
        title, "By number or name in the API. One that is down only has the time of its last contact.",
        (24, 7), labels, columns, sort=("State", False), hidden=("job", "appliance"),
    )  # fmt: skip


def licences(q: Queries, settings: Settings) -> list:
    """Licences and the devices that they are for."""
    left = f"{q.each('darktrace_appliance_license_expiry_timestamp_seconds', by='min')} - time()"
    steps = ((LOWEST, BAD), (7 * DAY, WARN), (settings.rules["license_days"] * DAY, GOOD))
    active, new = (q.each(f"darktrace_appliance_{kind}_devices") for kind in ("active", "new"))
    return [
        panels.bars(
            "Licence expiry", "Time until each licence expires, by its name in the API.", "s", (8, 8),
            f"sort({left})", "{{license}}", steps, decimals=1,
        ),
        panels.lines(
            "Active devices", "Devices that were active within each window.", "none", (8, 8),
            [query(active, "{{window}}")],
        ),
        panels.lines(
            "New devices", "Devices that were seen for the first time within each window.", "none", (8, 8),
            [query(new, "{{window}}")],
        ),
    ]  # fmt: skip
