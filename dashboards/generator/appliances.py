"""Rows about the state of the appliances: load, traffic, probes, licences."""

from . import panels
from .panels import BAD, GOOD, WARN, properties, query
from .queries import of
from .settings import Settings

DAY = 86400
RATE = "$__rate_interval"
#: The name of a probe of an appliance, or of a master behind it.
PLACE = '"place", " ", "appliance", "master", "probe"'


def each(metric: str, by: str = "appliance") -> str:
    """One series for each appliance, independent of the number of exporters."""
    return f"max by ({by}) ({of(metric)})"


def own(settings: Settings) -> list:
    """The appliances, without their probes and masters."""
    interfaces = "sum by (appliance, interface) (max by (appliance, interface) (rate({}[{}])))"
    received, sent = (
        interfaces.format(of(f"darktrace_appliance_interface_{direction}_bytes_total"), RATE)
        for direction in ("receive", "transmit")
    )
    expiry = f"min by (appliance, license) ({of('darktrace_appliance_license_expiry_timestamp_seconds')} - time())"
    licenses = panels.bars(
        "Licence expiry", "Time until each licence expires, by its name in the API.",
        "s", (8, 8), f"sort({expiry})", "{{appliance}} {{license}}",
    ).thresholds(
        panels.thresholds(((None, BAD), (7 * DAY, WARN), (settings.rules["license_days"] * DAY, GOOD)))
    ).decimals(1)  # fmt: skip
    age = f"time() - {each('darktrace_appliance_protocol_last_seen_timestamp_seconds', 'appliance, protocol')}"
    return [
        panels.lines(
            "CPU, load, memory and disk",
            "Utilisation as reported by the appliance; for disks the share of time that they are busy.",
            "percentunit", (8, 8),
            [
                query(each(f"darktrace_appliance_{metric}_ratio"), "{{appliance}} " + name)
                for metric, name in (
                    ("cpu", "CPU"), ("load", "load"), ("memory_used", "memory"), ("disk_utilization", "disk"),
                )
            ],
            ((None, GOOD), (0.9, BAD)), limit=True,
        ),
        panels.lines(
            "Disk space used", "Used share of each mount point.",
            "percentunit", (8, 8),
            [query(each("darktrace_appliance_disk_space_used_ratio", "appliance, mount"), "{{appliance}} {{mount}}")],
            ((None, GOOD), (0.8, WARN), (0.95, BAD)), limit=True,
        ),
        panels.lines(
            "Processing delay",
            "Queues of data and of flows in seconds. They grow when an appliance receives too much traffic.",
            "s", (8, 8),
            [
                query(each("darktrace_appliance_data_queue_seconds"), "{{appliance}} data"),
                query(each("darktrace_appliance_darkflow_queue_seconds"), "{{appliance}} flows"),
            ],
        ),
        panels.lines(
            "Traffic received and processed",
            "Mean of the last ten minutes. Traffic that is received and not processed is lost.",
            "Bps", (8, 8),
            [
                query(each("darktrace_appliance_bandwidth_bytes_per_second"), "{{appliance}} received"),
                query(each("darktrace_appliance_processed_bandwidth_bytes_per_second"), "{{appliance}} processed"),
            ],
        ),
        panels.lines(
            "Connections per second", "Connections in the traffic of each appliance.",
            "short", (8, 8), [query(each("darktrace_appliance_connections_per_second"), "{{appliance}}")],
        ),
        panels.states(
            "Excess traffic", "Whether an appliance receives more traffic than it can process.",
            (8, 8), query(each("darktrace_appliance_excess_traffic"), "{{appliance}}"),
            {"0": ("normal", GOOD), "1": ("excess", BAD)},
        ),
        panels.lines(
            "Network interfaces", "Bytes per second, received and sent.",
            "Bps", (8, 8),
            [query(received, "{{appliance}} {{interface}} in"), query(sent, "{{appliance}} {{interface}} out")],
        ),
        panels.states(
            "Interface state", "An interface without a cable is down, too.",
            (8, 8),
            query(each("darktrace_appliance_interface_up", "appliance, interface"), "{{appliance}} {{interface}}"),
            {"0": ("down", WARN), "1": ("up", GOOD)},
        ),
        panels.lines(
            "Protocol last seen",
            "Time since traffic of each protocol was last seen. If DNS or HTTPS stop, check the mirror port.",
            "s", (8, 8), [query(age, "{{appliance}} {{protocol}}")],
        ),
        licenses,
        panels.lines(
            "Devices", "Devices that were active, or seen for the first time, within each window.",
            "short", (16, 8),
            [
                query(each("darktrace_appliance_active_devices", "appliance, window"), "{{appliance}} active {{window}}"),
                query(each("darktrace_appliance_new_devices", "appliance, window"), "{{appliance}} new {{window}}"),
            ],
        ),
        described(),
    ]  # fmt: skip


def described() -> object:
    """A table with one row for each appliance."""
    sheet = panels.sheet(
        "Appliance versions",
        "As reported by each appliance; Autonomous Response (Antigena) as configured and as running.",
        "none", (24, 6),
        [
            of_info("darktrace_appliance_info", "appliance, hostname, type, version, model_package_version"),
            f"time() * 1000 - {each('darktrace_appliance_uptime_seconds')} * 1000",
            f"{each('darktrace_appliance_models_updated_timestamp_seconds')} * 1000",
            each("darktrace_appliance_antigena_network_enabled"),
            each("darktrace_appliance_antigena_network_running"),
        ],
        {
            "appliance": "Appliance", "hostname": "Host", "type": "Type", "version": "Version",
            "model_package_version": "Models", "Value #B": "Up since", "Value #C": "Models updated",
            "Value #D": "Response enabled", "Value #E": "Response running",
        },
    )  # fmt: skip
    words = [{"type": "value", "options": {"0": {"text": "no", "color": WARN}, "1": {"text": "yes", "color": GOOD}}}]
    sheet = sheet.override_by_regexp("Up since|Models updated", properties({"unit": "dateTimeAsIso"}))
    return sheet.override_by_regexp(
        "Response.*", properties({"mappings": words, "custom.cellOptions": {"type": "color-text"}})
    )


def of_info(metric: str, by: str) -> str:
    """The labels of an info metric that a table shows."""
    return f"max by ({by}) ({of(metric)})"


def parts() -> list:
    """Probes, and the masters behind a Unified View."""
    place = "appliance, master, probe"
    probes, masters = each("darktrace_probe_up", place), each("darktrace_master_up", "appliance, master")
    return [
        panels.states(
            "Probes and masters", "Whether the appliance, or the Unified View, can reach each of them.",
            (12, 8), query(f"label_join({probes} or {masters}, {PLACE})", "{{place}}"),
            {"0": ("down", BAD), "1": ("up", GOOD)},
        ),
        panels.lines(
            "Probe traffic", "Traffic that each probe received, mean of the last ten minutes.",
            "Bps", (12, 8),
            [query(f"label_join({each('darktrace_probe_bandwidth_bytes_per_second', place)}, {PLACE})", "{{place}}")],
            stacked=True,
        ),
        table(
            "Probes", "darktrace_probe", place, "label, type, address, version",
            {
                "appliance": "Appliance", "master": "Master", "probe": "Probe", "label": "Label", "type": "Type",
                "address": "Address", "version": "Version",
            },
        ),
        table(
            "Masters", "darktrace_master", "appliance, master", "label, hostname, address, version",
            {
                "appliance": "Appliance", "master": "Master", "label": "Label", "hostname": "Host",
                "address": "Address", "version": "Version",
            },
        ),
    ]  # fmt: skip


def table(title: str, metric: str, place: str, more: str, columns: dict[str, str]) -> object:
    """One row for each probe or master."""
    values = {
        "Value #B": "CPU", "Value #C": "Memory", "Value #D": "Delay", "Value #E": "Last contact",
    }  # fmt: skip
    sheet = panels.sheet(
        title, "By number or name in the API. One that is down only has the time of its last contact.",
        "percentunit", (24, 6),
        [
            of_info(f"{metric}_info", f"{place}, {more}"),
            each(f"{metric}_cpu_ratio", place),
            each(f"{metric}_memory_used_ratio", place),
            each(f"{metric}_data_queue_seconds", place),
            f"{each(f'{metric}_last_contact_timestamp_seconds', place)} * 1000",
        ],
        columns | values,
    )  # fmt: skip
    sheet = sheet.override_by_name("Delay", properties({"unit": "s"}))
    return sheet.override_by_name("Last contact", properties({"unit": "dateTimeAsIso"}))
