"""Series of a site that is well, for tests of the rules with promtool. A situation changes some of them.

The value of a series is a function of the minute; None is a missing sample, STALE the end of a series.
"""

import typing

STALE = "stale"
DAY = 86400
#: How the metrics begin that an exporter exposes only while the appliance answers.
STATE = tuple(f"darktrace_appliance_{part}" for part in ("disk", "data", "darkflow", "excess", "antigena", "protocol"))
STATE += ("darktrace_probe_", "darktrace_master_")
Value = typing.Callable[[int], float | str | None]


def steps(first, *later: tuple[int, typing.Any]) -> Value:
    """A value that changes at the given minutes; a value may itself be a function of the minute."""

    def value(minute: int):
        current = first
        for start, then in later:
            current = then if minute >= start else current
        return current(minute) if callable(current) else current

    return value


def clock(behind: float, every: int = 1) -> Value:
    """A time stamp that follows the clock, this many seconds behind it; it changes once in so many minutes."""
    return lambda minute: 60 * (minute - minute % every) - behind


def counter(per_minute: float, start: float = 0) -> Value:
    """A counter that grows steadily, in whole numbers."""
    return lambda minute: start + int(minute * per_minute)


class Exporter:
    """The series of an exporter and its appliances, by name and labels."""

    def __init__(self, instance: str = "a:13947", job: str = "darktrace", **labels: str):
        self.target = {"job": job, "instance": instance, **labels}
        self.series: dict[tuple[str, tuple[tuple[str, str], ...]], Value] = {}
        self.put("up", 1)
        self.put("darktrace_exporter_build_info", 1, version="1.0.0", revision="1", swift_version="6.3")
        self.put("darktrace_exporter_web_info", 1, external_url=f"https://{instance}/")
        self.put("process_start_time_seconds", -1000)
        for name in ("config_last_reload_successful", "state_up"):
            self.put(f"darktrace_exporter_{name}", 1)
        self.put("darktrace_exporter_config_file_success", 1, file="appliances.d/a.yml")
        for name in ("ledger_commit_failures_total", "log_lines_dropped_total"):
            self.put(f"darktrace_exporter_{name}", 0)

    def put(self, name: str, value, **labels: str) -> "Exporter":
        """Sets the series of that name and labels."""
        key = name, tuple(sorted({**self.target, **labels}.items()))
        self.series[key] = value if callable(value) else lambda _: value
        return self

    def appliance(self, name: str = "hq", age_days: float = 60, **labels: str) -> "Appliance":
        """An appliance that is well and that somebody looks after."""
        return Appliance(self, name, age_days, labels)

    def masked(self, when: typing.Callable[[int], bool], by=None, names: str = "") -> "Exporter":
        """Replaces the values of these minutes, of the metrics whose names begin like that."""
        for key, value in self.series.items():
            if key[0].startswith(names):
                self.series[key] = lambda minute, value=value: by if when(minute) else value(minute)
        return self

    def gap(self, start: int, end: int) -> "Exporter":
        """Nothing is scraped from one minute up to the other: no samples, and no end of series."""
        return self.masked(lambda minute: start <= minute < end)

    def stopped(self, start: int, end: int = 10**6) -> "Exporter":
        """The target is gone: the series end, and may begin again."""
        return self.masked(lambda minute: minute == start, STALE).gap(start + 1, end)

    def down(self, start: int, end: int = 10**6) -> "Exporter":
        """Scrapes fail: `up` is 0 and the other series end."""
        up = next(value for key, value in self.series.items() if key[0] == "up")
        self.stopped(start, end)
        return self.put("up", lambda minute: 0 if start <= minute < end else up(minute))


class Appliance:
    """The series of one appliance, with methods that change them."""

    def __init__(self, exporter: Exporter, name: str, age_days: float, labels: dict[str, str]):
        self.exporter, self.labels = exporter, {"appliance": name, **labels}
        self.put("darktrace_up", 1).put("darktrace_appliance_enabled", 1)
        self.put("darktrace_appliance_ui_info", 1, url=f"https://{exporter.target.get('customer', name)}.example.net")
        self.put("darktrace_ledger_start_timestamp_seconds", -age_days * DAY)
        self.put("darktrace_model_breach_last_creation_timestamp_seconds", clock(600))
        for category in ("critical", "suspicious", "compliance", "informational"):
            self.category(category, 3)
            self.model(f"Usual::{category.capitalize()}", category, 3)
            self.put("darktrace_model_breaches_unacknowledged", 2, category=category)
            self.put("darktrace_model_breach_oldest_unacknowledged_timestamp_seconds", clock(1800), category=category)
            self.put("darktrace_model_breaches_acknowledged_total", counter(1 / 30), category=category)
        self.put("darktrace_models_tracked", 4).put("darktrace_models_limit", 500)
        self.put("darktrace_poll_cursor_timestamp_seconds", clock(20))
        for feed, path, every in (("modelbreaches", "/modelbreaches", 1), ("status", "/status", 1)):
            self.put("darktrace_poll_last_success_timestamp_seconds", clock(20, every), feed=feed)
            self.put("darktrace_poll_interval_seconds", 60 * every, feed=feed)
            self.put("darktrace_polls_total", counter(1), feed=feed)
            self.put("darktrace_poll_failures_total", 0, feed=feed, reason="request")
            self.put("darktrace_poll_last_unreadable_records", 0, feed=feed)
            self.put("darktrace_api_request_duration_seconds_sum", counter(1), path=path)
            self.put("darktrace_api_request_duration_seconds_count", counter(2), path=path)
        self.put("darktrace_api_clock_skew_seconds", 1)
        self.put("darktrace_api_certificate_expiry_timestamp_seconds", 200 * DAY)
        self.put("darktrace_appliance_disk_space_used_ratio", 0.5, mount="/")
        self.put("darktrace_appliance_data_queue_seconds", 1).put("darktrace_appliance_darkflow_queue_seconds", 1)
        self.put("darktrace_appliance_excess_traffic", 0)
        self.put("darktrace_appliance_license_expiry_timestamp_seconds", 300 * DAY, license="detect")
        self.put("darktrace_appliance_license_usage", 500, kind="ip")
        self.put("darktrace_appliance_license_limit", 1000, kind="ip")
        self.put("darktrace_appliance_models_updated_timestamp_seconds", -DAY)
        self.put("darktrace_appliance_protocol_last_seen_timestamp_seconds", clock(60), protocol="dns")
        self.put("darktrace_appliance_antigena_network_enabled", 1)
        self.put("darktrace_appliance_antigena_network_running", 1)
        self.put("darktrace_antigena_actions", 0, state="pending").put("darktrace_antigena_actions", 3, state="active")
        self.put("darktrace_probe_up", 1, probe="1").put("darktrace_master_up", 1, master="2")
        self.put("darktrace_probe_info", 1, probe="1", label="Lab", type="vSensor", address="10.0.0.1", version="6")
        self.put("darktrace_master_info", 1, master="2", label="West", hostname="w", address="10.0.0.2", version="6")

    def put(self, name: str, value, **labels: str) -> "Appliance":
        """Sets a series of the appliance."""
        self.exporter.put(name, value, **self.labels, **labels)
        return self

    def category(self, category: str, value) -> "Appliance":
        """The breaches of a category."""
        return self.put("darktrace_model_breaches_by_category_total", value, category=category)

    def model(self, model: str, category: str, value) -> "Appliance":
        """The breaches of a model."""
        return self.put("darktrace_model_breaches_total", value, model=model, category=category)

    def critical(self, value, model: str = "Usual::Critical") -> "Appliance":
        """The critical breaches, all of one model."""
        return self.category("critical", value).model(model, "critical", value)

    def masked(self, when: typing.Callable[[int], bool], by=None) -> "Appliance":
        """Replaces the values of these minutes in all series of the appliance."""
        own = set(self.labels.items())
        for key, value in self.exporter.series.items():
            if own <= set(key[1]):
                self.exporter.series[key] = lambda minute, value=value: by if when(minute) else value(minute)
        return self

    def fails(self, start: int, end: int = 10**6) -> "Appliance":
        """Every poll fails from one minute up to the other: times stand still, and the state of the appliance ends."""
        for key, value in list(self.exporter.series.items()):
            if not set(self.labels.items()) <= set(key[1]):
                continue
            if key[0].endswith("_timestamp_seconds") and key[0].startswith(("darktrace_poll_", "darktrace_model_breach_")):
                self.exporter.series[key] = lambda minute, value=value: value(start if start <= minute < end else minute)
            elif key[0].startswith(STATE):
                self.exporter.series[key] = lambda minute, value=value: (
                    None if start + 3 <= minute < end else value(minute))
        for feed in ("modelbreaches", "status"):
            failures = steps(0, (start, lambda minute: minute - start), (end, end - start))
            self.put("darktrace_poll_failures_total", failures, feed=feed, reason="request")
        return self.put("darktrace_up", steps(1, (start, 0), (end, 1)))


def notation(value: Value, end: int, interval: int) -> str:
    """The values from minute 0 to the end as promtool writes them: runs of steady growth, and of missing samples."""
    values = [value(minute) for minute in range(0, end + 1, interval)]
    parts, at = [], 0
    while at < len(values):
        first, run = values[at], 1
        if first is None:
            while at + run < len(values) and values[at + run] is None:
                run += 1
            parts.append(f"_x{run}")
        elif first == STALE:
            parts.append(STALE)
        else:
            following = values[at + 1] if at + 1 < len(values) else None
            delta = following - first if isinstance(following, (int, float)) else 0
            while at + run < len(values) and values[at + run] == first + delta * run:
                run += 1
            parts.append(f"{first:.10g}{delta:+.10g}x{run - 1}" if run > 1 else f"{first:.10g}")
        at += run
    return " ".join(parts)
