"""Runs the real exporter with the flags, files and probes of rendered pods, and a real Prometheus that scrapes it."""

import base64
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from typing import Any, Iterator

from checks import documents
from checks.prometheus import example, replicated, series
from checks.volumes import Volumes
from checks.waiting import Unmet, awaited
from render import ROOT, objects, of_kind, rendered, value_sets

#: EXPORTER names another program than that of `make build`.
PROGRAM = pathlib.Path(os.environ.get("EXPORTER", ROOT / ".build/debug/darktrace-exporter"))
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
#: The hash is that of docs/examples/web.yml.
WEB = "basic_auth_users: {alice: $2y$10$QbrzYIGJrnx5q2nOmNrWL.U3RikoWCGeSir8VjIfISRzvv1IZWwQK}\n"
PASSWORD = "alice:change me"


def appliance(name: str) -> dict[str, str]:
    """The keys of a Secret for one appliance, whose address no one answers."""
    text = f"- {{name: {name}, url: 'http://127.0.0.1:9', public_token_file: {name}.public," \
           f" private_token_file: {name}.private}}\n"
    return {f"{name}.yml": text, f"{name}.public": "1" * 40, f"{name}.private": "2" * 40}


SECRETS = {
    "darktrace-appliances": appliance("acme"),
    "acme": appliance("acme"),
    "hq": {"hq.public": "1" * 40, "hq.private": "2" * 40},
    "darktrace-web": {"web.yml": WEB},
    "darktrace-database": {"url": "postgresql://exporter:secret@database.example/exporter"},
    "darktrace-app": {"uri": "postgresql://exporter:secret@database.example/exporter", "password": "secret"},
    "database-ca": {"ca.crt": "certificate"},
    "darktrace-fleet-configuration": {"darktrace-exporter.yml": "appliance_files: [../appliances.d/*.yml]\n"
                                      "state: {postgres_url_file: /etc/darktrace-exporter/database/url}\n"},
    "darktrace-configuration": {"darktrace-exporter.yml": "appliance_files: [../appliances.d/*.yml]\n"},
}


class Exporter:
    """A running exporter with the files of a pod."""

    def __init__(self, volumes: Volumes):
        self.volumes = volumes
        self.log = volumes.root / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [PROGRAM, *volumes.local(volumes.container["args"])], stderr=log, stdout=log, cwd=volumes.root)
        self.address = ""

    def listening(self) -> str | None:
        """The address, as soon as the log has it."""
        text = self.log.read_text(encoding="utf-8")
        if self.process.poll() is not None:
            raise Unmet(f"the exporter ended: {text}")
        match = re.search(r'(?:address=|"address": ?")(127\.0\.0\.1:\d+)', text)
        return match and match[1]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; the password is ignored where none is needed."""
        credentials = base64.b64encode(PASSWORD.encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def probe(self, probe: dict[str, Any]) -> bool:
        """Whether a probe of the pod succeeds."""
        if "httpGet" in probe:
            return self.get(probe["httpGet"]["path"])[0] == 200
        command = self.volumes.local(probe["exec"]["command"])
        command = [argument.replace("127.0.0.1:0", self.address) for argument in command]
        return subprocess.run([PROGRAM, *command[1:]], capture_output=True, check=False).returncode == 0

    def enabled(self, path: str) -> str:
        """The lines of the appliances that are polled."""
        lines = self.get(path)[1].splitlines()
        return "\n".join(line for line in lines if line.startswith("darktrace_appliance_enabled{"))


@contextlib.contextmanager
def running(values: dict[str, Any], changed: dict[str, dict[str, str]] | None = None) -> Iterator[Exporter]:
    """The exporter of a set of values, with some Secrets changed; it is killed at the end unless it has stopped."""
    with tempfile.TemporaryDirectory() as folder:
        secrets = {name: dict(files) for name, files in (SECRETS | (changed or {})).items()}
        exporter = Exporter(Volumes(pathlib.Path(folder), objects(rendered(values)), secrets))
        try:
            exporter.address = awaited("the address of the exporter", exporter.listening)
            yield exporter
        finally:
            exporter.process.kill()
            exporter.process.wait()


def faults() -> Iterator[str]:
    """What the exporter refuses, or does not do."""
    if not os.access(PROGRAM, os.X_OK):
        yield f"{PROGRAM}: no program; run make build"
        return
    yield from (f"{name}: {fault}" for name, values in value_sets().items() for fault in _refused(values))
    try:
        yield from _password(value_sets()["web"])
        with running({"serviceMonitor": {"enabled": True}}) as exporter:
            yield from _life(exporter)
    except Unmet as unmet:
        yield str(unmet)


def _password(values: dict[str, Any]) -> Iterator[str]:
    """The probes where a page needs a password, and the path of the scrapes below a prefix."""
    with running(values) as exporter:
        for kind in PROBES:
            if not exporter.probe(exporter.volumes.container[kind]):
                yield f"web: the {kind} fails"
        [monitor] = of_kind(objects(rendered(values)), "PodMonitor")
        path = monitor["spec"]["podMetricsEndpoints"][0]["path"]
        awaited(f"acme at {path}", lambda: 'appliance="acme"' in exporter.enabled(path))


def _refused(values: dict[str, Any]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        volumes = Volumes(pathlib.Path(folder), objects(rendered(values)), SECRETS)
        done = subprocess.run([PROGRAM, *volumes.local(volumes.container["args"]), "--config.check"],
                              capture_output=True, text=True, check=False, cwd=folder)
        # A warning is a fault as well: the chart must not write what the exporter advises against.
        if done.returncode != 0 or "warning" in (done.stdout + done.stderr).lower():
            yield f"--config.check: {done.stdout}{done.stderr}"


def _life(exporter: Exporter) -> Iterator[str]:
    """Probes, a new appliance, a new configuration, a scrape, a stop."""
    volumes, container = exporter.volumes, exporter.volumes.container
    awaited("the probes", lambda: all(exporter.probe(container[kind]) for kind in PROBES))
    for name in ("umbrella", "hq"):
        volumes.secrets["darktrace-appliances"] = appliance(name)
        volumes.update()
        awaited(f"{name} alone, which the Secret has now", lambda name=name: re.fullmatch(
            rf'darktrace_appliance_enabled{{appliance="{name}"[^\n]*', exporter.enabled("/metrics")))
    [map_] = volumes.maps.values()
    map_["darktrace-exporter.yml"] += "global: {labels: {customer: acme}}\n"
    volumes.update()
    awaited("a label in a changed ConfigMap", lambda: 'customer="acme"' in exporter.enabled("/metrics"))

    one, replica = (of_kind(objects(rendered(values)), "ServiceMonitor")[0]["spec"]["endpoints"][0]
                    for values in ({"serviceMonitor": {"enabled": True}}, documents.replica()))
    yield from series(exporter.address, one)
    yield from replicated(exporter.address, replica)
    yield from example(exporter.address)

    exporter.process.send_signal(signal.SIGTERM)
    try:
        status = exporter.process.wait(volumes.spec["terminationGracePeriodSeconds"])
    except subprocess.TimeoutExpired:
        yield "the exporter does not stop within terminationGracePeriodSeconds"
    else:
        if status != 0:
            yield f"the exporter ended with status {status}"
