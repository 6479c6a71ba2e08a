"""PromQL that counts model breaches in a window. Rules, dashboards and documents use these expressions, and no other.

A breach counter never decreases and survives a restart of the exporter, so a count is the difference between the counter
and its own past. `increase()` is wrong here: it loses what happens while nothing is scraped, and at each change of the
label `instance`. Replicas are folded before the difference, by their maximum, because each counts every breach.
"""

import dataclasses

#: The counters of model breaches by what they are counted for, and the labels that this adds to those of an appliance.
METRICS = {
    "category": ("darktrace_model_breaches_by_category_total", "category"),
    "model": ("darktrace_model_breaches_total", "model, category"),
}


@dataclasses.dataclass(frozen=True)
class Counts:
    """The selection of series, and how to treat replicas and gaps."""

    #: Matchers of every selector, for example `job=~"$job", appliance=~"$appliance"`.
    matchers: str
    #: Labels that differ between replicas of one exporter, comma-separated.
    replicas: str
    #: How long a series may be absent and still count as present: several scrape intervals.
    present: str = "15m"
    #: How far before the window the past of a counter is looked for: the longest outage that is bridged.
    memory: str = "1d"

    def now(self, metric: str, *matchers: str, offset: str = "") -> str:
        """The value of a metric, over all replicas the largest; also shortly after an exporter went away."""
        return self._folded(metric, matchers, self.present, offset)

    def past(self, metric: str, window: str, *matchers: str) -> str:
        """The value of a metric before the window, or before the outage in which the window began."""
        return self._folded(metric, matchers, self.memory, window)

    def earliest(self, metric: str, window: str, offset: str = "") -> str:
        """The latest value in a window, over all replicas the smallest."""
        return _call(f"min without ({self.replicas})", self._latest(metric, (), window, offset))

    def over(self, function: str, metric: str, window: str, *matchers: str) -> str:
        """A function over a window of a metric, such as max_over_time, over all replicas the largest."""
        return _call(f"max without ({self.replicas})", f"{function}({self._of(metric, matchers)}[{window}])")

    def breaches(self, by: str, window: str, *matchers: str) -> str:
        """The number of breaches in a window by "category" or by "model": a whole number for each series.

        Without a past (a new appliance, a label that was attached within the window) and after the loss of a ledger the
        count begins with the first sample in the window. A model that is new on a known appliance counts from 0. Absent
        while a ledger that starts earlier than the last one is in the window: its counts include older breaches.
        """
        metric, labels = METRICS[by]
        start = "darktrace_ledger_start_timestamp_seconds"
        now = self.now(metric, *matchers)
        before = self.past(metric, window, *matchers)
        if by == "category":
            # The counter by category is younger than the counter by model: the first hours after an upgrade need this.
            models = self.past(METRICS["model"][0], window, *matchers)
            before += f"\nor\n{_call('sum without (model)', models)}"
        else:
            before += f"\nor\n0 * {now}\nand ignoring ({labels})\n{self.past(start, window)}"
        # By replica: two ledgers of different age have different counts, and neither has a past to be compared with.
        least = f"min_over_time({self._of(metric, matchers)}[{window}])"
        since = _call(f"max without ({self.replicas})", f"{self._latest(metric, matchers, self.present)}\n- {least}")
        started, had_started = self.earliest(start, self.present), self.earliest(start, self.memory, window)
        return (
            f"(\n{indented(now)}\n  - (\n{indented(before, 4)}\n  ) >= 0\n  or\n{indented(since)}\n)\n"
            f"unless ignoring ({labels}) (\n{indented(started)}\n{indented('< ' + had_started)}\n)"
        )

    def new_models(self, window: str) -> str:
        """The models that breached for the first time in the window, on an appliance that was there before it.

        A model whose category changed has a new series, and is not new.
        """
        metric = METRICS["model"][0]
        fold = f"max without ({self.replicas}, category)"
        today = _call(fold, self._latest(metric, ('model!="other"',), self.present))
        before = _call(fold, self._latest(metric, (), self.memory, window))
        known = self.past("darktrace_ledger_start_timestamp_seconds", window)
        return f"(\n{indented(today)} > 0\n  unless\n{indented(before)} > 0\n)\nand ignoring (model)\n{known}"

    def vanished_appliances(self) -> str:
        """The appliances that were exposed within the memory and are not any more, with the labels they had.

        An appliance of the same name whose cursor began where this one's ended is the same one with another label.
        Absent while the exporter that exposed it is down, or all of the job are: it is not the appliance that vanished. The
        appliances of a fleet have no instance, because the other replicas are to take them over. A job in Kubernetes may
        have the exporters of several namespaces.
        """
        cursor = f"{self._of('darktrace_poll_cursor_timestamp_seconds', ())}[{self.memory}]"
        now = self._latest("darktrace_up", (), self.present)
        # The cursor of a new process is that of a poll up to five minutes before.
        vanished = self._vanished("darktrace_up", now, self.replicas, "job, appliance", cursor, seconds=900)
        last, up = self._latest("darktrace_up", (), self.memory), self._latest("up", (), self.present)
        of_down = _call(f"group without ({self.replicas})", f"{last}\nand on (job, instance)\n{up} == 0")
        # A job with a target for each customer never had an exporter of its own.
        info = "darktrace_exporter_build_info"
        had, has = self._latest(info, (), self.memory), self._latest(info, (), self.present)
        of_gone = indented(f"{had}\nunless on (job, namespace)\n{has}")
        return f"{vanished}\nunless\n{of_down}\nunless on (job, namespace) (\n{of_gone}\n)"

    def vanished_exporters(self, exporter_memory: str) -> str:
        """The jobs that had an exporter within the memory and have none among their targets, with the labels they had.

        A target that was an exporter within the exporter memory still is one, although its scrapes may fail. If an
        exporter of the same job began when this one ended, the labels of the job were changed.
        """
        info = "darktrace_exporter_build_info"
        seen = f"timestamp({self._of(info, ())})[{self.memory}:{self.present}]"
        exporters = f"and on (job, instance)\ncount_over_time({self._of(info, ())}[{exporter_memory}])"
        targets = f"{self._latest('up', (), self.present)}\n{exporters}"
        return self._vanished(info, targets, f"{self.replicas}, version, revision, swift_version", "job", seen)

    def _vanished(self, metric: str, present: str, labels: str, same: str, times: str, seconds: int = 0) -> str:
        had = _call(f"group without ({labels})", self._latest(metric, (), self.memory))
        has = _call(f"group without ({labels})", present)
        last = _call(f"max without ({labels})", f"max_over_time({times})")
        still_there = f"and\n{self._latest(metric, (), self.present)}"
        first = _call(f"min without ({labels})", f"min_over_time({times})\n{still_there}")
        if seconds:
            last += f" - {seconds}"
        newest = f"<= on ({same}) group_left ()\n{_call(f'max by ({same})', first)}"
        return f"{had}\nunless\n{has}\nunless (\n{indented(last)}\n{indented(newest)}\n)"

    def _of(self, metric: str, matchers: tuple[str, ...]) -> str:
        return f"{metric}{{{', '.join((*matchers, self.matchers))}}}"

    def _latest(self, metric: str, matchers: tuple[str, ...], window: str, offset: str = "") -> str:
        ago = f" offset {offset}" if offset else ""
        return f"last_over_time({self._of(metric, matchers)}[{window}]{ago})"

    def _folded(self, metric: str, matchers: tuple[str, ...], window: str, offset: str) -> str:
        return _call(f"max without ({self.replicas})", self._latest(metric, matchers, window, offset))


def recorded(by: str, window: str) -> str:
    """The name of the recorded count: by "category" or "model", in "1h" or "1d". Models without breaches are left out."""
    return f"appliance_{by}:darktrace_model_breaches:count{window}"


def _call(function: str, argument: str) -> str:
    """A call on three lines or more."""
    return f"{function} (\n{indented(argument)}\n)"


def indented(text: str, columns: int = 2) -> str:
    """The lines of a text, each moved to the right."""
    return "\n".join(" " * columns + line for line in text.splitlines())
