"""What the appliances tell of themselves: load, traffic, probes, licences."""

from . import panels
from .panels import BAD, GOOD, WARN, properties, query
from .queries import of
from .settings import Settings

DAY = 86400
RATE = "$__rate_interval"
#: A name for what may be a probe of an appliance, or of a master behind it.
PLACE = '"place", " ", "appliance", "master", "probe"'


def each(metric: str, by: str = "appliance") -> str:
    """One series for each appliance, however many exporters tell of it."""
    return f"max by ({by}) ({of(metric)})"


def own(settings: Settings) -> list:
    """The appliances themselves."""
    interfaces = "sum by (appliance, interface) (max by (appliance, interface) (rate({}[{}])))"
    received, sent = (
        interfaces.format(of(f"darktrace_appliance_interface_{way}_bytes_total"), RATE)
        for way in ("receive", "transmit")
    )
    ends = f"min by (appliance, license) ({of('darktrace_appliance_license_expiry_timestamp_seconds')} - time())"
    licenses = panels.bars(
        "Licence ends in", "By the API's name of each licence; one that an appliance never had is not there.",
        "s", (8, 8), f"sort({ends})", "{{appliance}} {{license}}",
    ).thresholds(
        panels.thresholds(((None, BAD), (7 * DAY, WARN), (settings.rules["license_days"] * DAY, GOOD)))
    ).decimals(1)  # fmt: skip
    age = f"time() - {each('darktrace_appliance_protocol_last_seen_timestamp_seconds', 'appliance, protocol')}"
    return [
        panels.lines(
            "Processor, load, memory and disk", "As parts of what there is; of the disks, how busy they are.",
            "percentunit", (8, 8),
            [
                query(each(f"darktrace_appliance_{metric}_ratio"), "{{appliance}} " + name)
                for metric, name in (
                    ("cpu", "processor"), ("load", "load"), ("memory_used", "memory"), ("disk_utilization", "disk"),
                )
            ],
            ((None, GOOD), (0.9, BAD)), limit=True,
        ),
        panels.lines(
            "Disk space used", "By mount, as the appliance names it.",
            "percentunit", (8, 8),
            [query(each("darktrace_appliance_disk_space_used_ratio", "appliance, mount"), "{{appliance}} {{mount}}")],
            ((None, GOOD), (0.8, WARN), (0.95, BAD)), limit=True,
        ),
        panels.lines(
            "Behind with its traffic", "Queues of data and of flows, in seconds. They grow when an appliance is given too much.",
            "s", (8, 8),
            [
                query(each("darktrace_appliance_data_queue_seconds"), "{{appliance}} data"),
                query(each("darktrace_appliance_darkflow_queue_seconds"), "{{appliance}} flows"),
            ],
        ),
        panels.lines(
            "Traffic given and looked at", "In the last ten minutes. What is given and not looked at is lost.",
            "Bps", (8, 8),
            [
                query(each("darktrace_appliance_bandwidth_bytes_per_second"), "{{appliance}} given"),
                query(each("darktrace_appliance_processed_bandwidth_bytes_per_second"), "{{appliance}} looked at"),
            ],
        ),
        panels.lines(
            "Connections in a second", "In the traffic that the appliance sees.",
            "short", (8, 8), [query(each("darktrace_appliance_connections_per_second"), "{{appliance}}")],
        ),
        panels.states(
            "Excess traffic", "Whether an appliance is given more than it can look at.",
            (8, 8), query(each("darktrace_appliance_excess_traffic"), "{{appliance}}"),
            {"0": ("fits", GOOD), "1": ("too much", BAD)},
        ),
        panels.lines(
            "Network interfaces", "Bytes in a second, received and sent.",
            "Bps", (8, 8),
            [query(received, "{{appliance}} {{interface}} in"), query(sent, "{{appliance}} {{interface}} out")],
        ),
        panels.states(
            "Links of the interfaces", "An interface that nothing is plugged into is down as well.",
            (8, 8), query(each("darktrace_appliance_interface_up", "appliance, interface"), "{{appliance}} {{interface}}"),
            {"0": ("down", WARN), "1": ("up", GOOD)},
        ),
        panels.lines(
            "Traffic of a protocol was last seen", "So long ago. When DNS or HTTPS stop, a mirror port has stopped.",
            "s", (8, 8), [query(age, "{{appliance}} {{protocol}}")],
        ),
        licenses,
        panels.lines(
            "Devices", "Active within a window before now, and those seen for the first time.",
            "short", (16, 8),
            [
                query(each("darktrace_appliance_active_devices", "appliance, window"), "{{appliance}} active {{window}}"),
                query(each("darktrace_appliance_new_devices", "appliance, window"), "{{appliance}} new {{window}}"),
            ],
        ),
        described(),
    ]  # fmt: skip


def described() -> object:
    """One row for each appliance, by its own account."""
    sheet = panels.sheet(
        "What the appliances are", "By their own account; autonomous response as it is switched, and as it works.",
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
            "Value #D": "Response", "Value #E": "Response works",
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
    """What feeds the appliances: probes, and the masters behind a Unified View."""
    place = "appliance, master, probe"
    probes, masters = each("darktrace_probe_up", place), each("darktrace_master_up", "appliance, master")
    return [
        panels.states(
            "Probes and masters", "Whether the appliance, or the Unified View, reaches them.",
            (12, 8), query(f"label_join({probes} or {masters}, {PLACE})", "{{place}}"),
            {"0": ("lost", BAD), "1": ("reached", GOOD)},
        ),
        panels.lines(
            "Traffic of the probes", "What each was given in the last ten minutes.",
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
        "Value #B": "Processor", "Value #C": "Memory", "Value #D": "Behind by", "Value #E": "Lost since",
    }  # fmt: skip
    sheet = panels.sheet(
        title, "By number or name, as the API has them; what is lost tells nothing but when it was last reached.",
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
    sheet = sheet.override_by_name("Behind by", properties({"unit": "s"}))
    return sheet.override_by_name("Lost since", properties({"unit": "dateTimeAsIso"}))
