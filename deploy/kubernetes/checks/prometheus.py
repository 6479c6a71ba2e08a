"""Scrapes an exporter with a real Prometheus and the relabelings of a monitor, and checks the labels of the series."""

import contextlib
import json
import pathlib
import re
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterator

import yaml

from checks.waiting import Unmet, awaited
from render import HERE

EXAMPLE = HERE / "prometheus.yml"
#: What service discovery in Kubernetes attaches, what it is read from, and a label that is configured as well.
TARGET = {"customer": "other",
          "namespace": "monitoring", "service": "darktrace-exporter", "pod": "darktrace-exporter-0",
          "container": "exporter", "endpoint": "http", "node": "node-1",
          "__meta_kubernetes_pod_name": "darktrace-exporter-0", "__meta_kubernetes_namespace": "monitoring",
          "__meta_kubernetes_pod_label_app_kubernetes_io_name": "darktrace-exporter",
          "__meta_kubernetes_pod_container_port_name": "http", "__meta_kubernetes_pod_phase": "Running"}
#: What it attaches to a pod that has ended and still has its address.
ENDED = {"__meta_kubernetes_pod_name": "darktrace-exporter-ended", "__meta_kubernetes_pod_phase": "Succeeded"}
#: Labels that differ from pod to pod.
OF_THE_POD = {"instance", "pod", "container", "endpoint", "node"}
RENAMED = {"exported_customer"}
#: The query, and the labels that its series must have and must not have.
EXPECTED = {
    "darktrace_appliance_enabled": ({"appliance", "customer", "job", "namespace", "service"}, OF_THE_POD),
    "darktrace_poll_failures_total": ({"appliance", "customer", "job", "namespace"}, OF_THE_POD),
    "up": ({"job", "namespace"} | OF_THE_POD, set()),
    "darktrace_exporter_build_info": ({"job", "namespace"} | OF_THE_POD, set()),
}


def series(address: str, endpoint: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the series of an exporter that is scraped as the endpoint of a monitor says."""
    yield from (f"ServiceMonitor: {fault}" for fault in _scraped(address, job(endpoint), EXPECTED))


def replicated(address: str, endpoint: dict[str, Any]) -> Iterator[str]:
    """The same for one of two releases, whose series differ in the label replica alone."""
    query = "darktrace_appliance_enabled{replica='a', job='darktrace-exporter', service='darktrace-exporter'}"
    expected = EXPECTED | {query: EXPECTED["darktrace_appliance_enabled"]}
    yield from (f"two releases: {fault}" for fault in _scraped(address, job(endpoint), expected))


def job(endpoint: dict[str, Any]) -> dict[str, Any]:
    """The part of a job that the endpoint of a monitor decides."""
    made = {key: endpoint[name] for key, name in (("metrics_path", "path"), ("honor_labels", "honorLabels"))}
    made |= {"relabel_configs": _configs(endpoint["relabelings"])}
    return made | {"metric_relabel_configs": _configs(endpoint["metricRelabelings"])}


def example(address: str) -> Iterator[str]:
    """The same for the job of a Prometheus without operator."""
    [job] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["scrape_configs"]
    # Debian's Prometheus is built without the service discovery of Kubernetes; TARGET has what it would attach.
    if job.pop("kubernetes_sd_configs") != [{"role": "pod"}]:
        yield f"{EXAMPLE.name}: TARGET does not have the labels of this service discovery"
    del job["scrape_interval"], job["job_name"]
    target = {name: value for name, value in TARGET.items() if name.startswith("__") or name == "customer"}
    job["static_configs"] = [{"targets": [address], "labels": labels} for labels in (target, target | ENDED)]
    expected = {query: (wanted - OF_THE_POD - {"service"} | (wanted & {"instance"}), unwanted)
                for query, (wanted, unwanted) in EXPECTED.items()}
    yield from (f"{EXAMPLE.name}: {fault}" for fault in _scraped(address, job, expected))


def _configs(relabelings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Relabelings of a monitor as Prometheus Operator writes them for Prometheus."""
    return [{re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key): value for key, value in each.items()}
            for each in relabelings]


def _scraped(address: str, job: dict[str, Any], expected: dict[str, tuple[set[str], set[str]]]) -> Iterator[str]:
    job = {"job_name": "darktrace", "scrape_interval": "1s", "scrape_timeout": "1s",
           "static_configs": [{"targets": [address], "labels": TARGET}]} | job
    with server({"scrape_configs": [job]}) as url:
        for query, (wanted, unwanted) in expected.items():
            for each in awaited(f"series of {query}", lambda query=query: found(url, query)):
                labels = set(each["metric"])
                if not wanted <= labels or labels & (unwanted | RENAMED):
                    yield f"{query}: the labels are {sorted(labels)}"
                if each["metric"].get("instance", "darktrace-exporter-0") != "darktrace-exporter-0":
                    yield f"{query}: the instance is {each['metric']['instance']}"


@contextlib.contextmanager
def server(config: dict[str, Any]) -> Iterator[str]:
    """A Prometheus with a configuration, on any free port."""
    with tempfile.TemporaryDirectory() as folder:
        path, log = pathlib.Path(folder, "prometheus.yml"), pathlib.Path(folder, "log")
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        with log.open("wb") as output:
            process = subprocess.Popen(["prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/data",
                                        "--web.listen-address=127.0.0.1:0"], stderr=output, stdout=output)
        try:
            yield "http://" + awaited("the address of Prometheus", lambda: _address(process, log))
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: pathlib.Path) -> str | None:
    text = log.read_text(encoding="utf-8")
    if process.poll() is not None:
        raise Unmet(f"Prometheus ended: {text}")
    match = re.search(r'Listening on" address=(127\.0\.0\.1:\d+)', text)
    return match and match[1]


def found(url: str, query: str) -> list[dict[str, Any]]:
    """The series of a query; none while Prometheus starts."""
    try:
        with urllib.request.urlopen(f"{url}/api/v1/query?query={urllib.parse.quote(query)}", timeout=10) as response:
            return json.load(response)["data"]["result"]
    except urllib.error.HTTPError:
        return []
