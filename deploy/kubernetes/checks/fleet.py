"""Runs two pods of a fleet with a real PostgreSQL, and a real Prometheus that scrapes both: one ends, the other goes on."""

import contextlib
import signal
import subprocess
import time
from typing import Any, Iterator

from checks.exporter import PROBES, Exporter, running
from checks.postgres import database
from checks.prometheus import OF_THE_POD, TARGET, found, job, server
from checks.waiting import Unmet, awaited
from render import objects, of_kind, rendered

VALUES: dict[str, Any] = {"replicaCount": 2, "serviceMonitor": {"enabled": True},
                          "database": {"existingSecret": "darktrace-database", "lease": "5s"}}
APPLIANCE = "darktrace_appliance_enabled"


def faults() -> Iterator[str]:
    """What a fleet does not do."""
    try:
        with contextlib.ExitStack() as stack:
            secrets = {"darktrace-database": {"url": stack.enter_context(database())}}
            pods = [stack.enter_context(running(VALUES, secrets)) for _ in range(2)]
            yield from _fleet(pods)
    except Unmet as unmet:
        yield f"fleet: {unmet}"


def _fleet(pods: list[Exporter]) -> Iterator[str]:
    for pod in pods:
        awaited("the probes of a pod", lambda pod=pod: all(pod.probe(pod.volumes.container[kind]) for kind in PROBES))
    [monitor] = of_kind(objects(rendered(VALUES)), "ServiceMonitor")
    targets = [{"targets": [pod.address], "labels": _labels(number)} for number, pod in enumerate(pods)]
    scrape = {"job_name": "darktrace", "scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": targets}
    with server({"scrape_configs": [scrape | job(monitor["spec"]["endpoints"][0])]}) as prometheus:
        awaited("acme and two pods in Prometheus", lambda: found(prometheus, APPLIANCE)
                and len(found(prometheus, "darktrace_exporter_leases")) == 2)
        holder = awaited("one pod alone that exposes acme", lambda: _holder(pods))
        [other] = [pod for pod in pods if pod is not holder]
        holder.process.send_signal(signal.SIGTERM)
        try:
            if (status := holder.process.wait(holder.volumes.spec["terminationGracePeriodSeconds"])) != 0:
                yield f"fleet: the pod that was stopped ended with status {status}"
        except subprocess.TimeoutExpired:
            yield "fleet: the pod does not stop within terminationGracePeriodSeconds"
        ended = time.time()
        awaited("the other pod that exposes acme", lambda: _holder([other]))
        awaited("its value in Prometheus", lambda: found(prometheus, f"timestamp({APPLIANCE}) > {ended}"))
        every = found(prometheus, f"last_over_time({APPLIANCE}[5m])")
        if len(every) != 1 or set(every[0]["metric"]) & OF_THE_POD:
            yield f"fleet: Prometheus has {[each['metric'] for each in every]}, not one series without the pod"
        if len(found(prometheus, "last_over_time(up[5m])")) != 2:
            yield "fleet: the pods do not have a series `up` each"


def _holder(pods: list[Exporter]) -> Exporter | None:
    found_at = [pod for pod in pods if 'appliance="acme"' in pod.enabled("/metrics")]
    return found_at[0] if len(found_at) == 1 else None


def _labels(number: int) -> dict[str, str]:
    """What service discovery attaches to a pod of this number."""
    return {name: f"darktrace-exporter-{number}" if value == "darktrace-exporter-0" else value
            for name, value in TARGET.items() if name != "customer"}
