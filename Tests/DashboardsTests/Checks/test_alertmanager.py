"""A real Alertmanager with the example for providers: who gets which message, and what is in it."""

import http.server
import json
import pathlib
import shutil
import tempfile
import threading
import unittest
import urllib.request

import files
import yaml
from programs import Program, fetch, free_port, until

EXAMPLE = files.DASHBOARDS / "alertmanager/by-customer.yml"


class Inbox:
    """A receiver of messages as Slack takes them; the path names the team."""

    def __init__(self):
        self.messages: list[tuple[str, str, str]] = []
        messages = self.messages

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # the library calls it by this name
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                (attachment,) = body["attachments"]
                messages.append((self.path.strip("/"), attachment["title"], attachment["text"]))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                """No log."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        """Stops it."""
        self.server.shutdown()
        self.server.server_close()


def critical(customer: str, model: str, count: int, **links: str) -> dict:
    """A critical breach as Prometheus sends it."""
    labels = {"alertname": "DarktraceCriticalBreach", "severity": "critical", "job": "dt", "appliance": "hq", "model": model}
    notes = {"summary": "Critical model breach.", "description": f"hq counted {count} critical model breaches of {model}.", **links}
    return {"labels": {**labels, "customer": customer}, "annotations": notes}


class Alertmanager(unittest.TestCase):
    """Messages of the example, with shorter times and addresses on this machine."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="darktrace-alertmanager-")
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        configuration = yaml.safe_load(EXAMPLE.read_text())
        shutil.copy(EXAMPLE.with_name("darktrace.tmpl"), path)
        for receiver in configuration["receivers"]:
            for slack in receiver["slack_configs"]:
                del slack["api_url_file"]
                slack["api_url"] = f"{self.inbox.url}/{receiver['name']}"
        routes = [configuration["route"]]
        for route in routes:
            route |= {"group_wait": "1s", "group_interval": "1s"}
            routes += route.get("routes", [])
        (path / "alertmanager.yml").write_text(yaml.safe_dump(configuration))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api/v2/"
        name = shutil.which("prometheus-alertmanager") or "alertmanager"
        program = Program(
            path, "alertmanager", name, "--config.file=alertmanager.yml", "--storage.path=data",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
        )  # fmt: skip
        self.addCleanup(program.stop)
        until("Alertmanager is ready", 30, lambda: fetch(self.url + "status"))

    def send(self, *alerts: dict):
        """Sends alerts as Prometheus does."""
        request = urllib.request.Request(
            self.url + "alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=20).close()

    def test_each_customer_gets_its_own_message_with_models_counts_and_links(self):
        self.send(
            critical("acme", "Compromise::One", 1, ui_url="https://hq.example.net", runbook_url=""),
            critical("acme", "Compromise::Two", 3, ui_url="https://hq.example.net", runbook_url=""),
            critical("umbrella", "Compromise::One", 2, ui_url="", runbook_url="https://exporter/runbooks/DarktraceCriticalBreach"),
            {"labels": {"alertname": "DarktraceExporterDown", "job": "dt", "severity": "critical", "instance": "a"},
             "annotations": {"summary": "Down.", "description": "Scrapes of a failed."}},
        )  # fmt: skip
        until("three messages", 30, lambda: len({team for team, _, _ in self.inbox.messages}) == 3)
        found = {team: (title, text) for team, title, text in self.inbox.messages}
        self.assertEqual(found["acme"], (
            "[FIRING 2] DarktraceCriticalBreach at hq (acme)",
            "- hq counted 1 critical model breaches of Compromise::One.\n"
            "- hq counted 3 critical model breaches of Compromise::Two.\n"
            "Appliance: https://hq.example.net\n",
        ))  # fmt: skip
        self.assertEqual(found["umbrella"], (
            "[FIRING 1] DarktraceCriticalBreach at hq (umbrella)",
            "- hq counted 2 critical model breaches of Compromise::One.\n"
            "Runbook: https://exporter/runbooks/DarktraceCriticalBreach\n",
        ))  # fmt: skip
        self.assertEqual(found["operators"], ("[FIRING 1] DarktraceExporterDown", "- Scrapes of a failed.\n"))
        # Another model later is a message of its own.
        self.send(critical("acme", "Compromise::Three", 1))
        until("the third model", 30, lambda: any("Three" in text for _, _, text in self.inbox.messages))

    def test_one_customer_does_not_mute_the_other(self):
        down = {"job": "dt", "appliance": "hq", "severity": "warning"}
        self.send(
            {"labels": {**down, "alertname": "DarktraceApplianceDown", "customer": "acme"}, "annotations": {"description": "down"}},
            {"labels": {**down, "alertname": "DarktracePollsStale", "customer": "acme"}, "annotations": {"description": "stale"}},
            {"labels": {**down, "alertname": "DarktracePollsStale", "customer": "umbrella"}, "annotations": {"description": "stale"}},
        )  # fmt: skip
        until("both customers", 30, lambda: {team for team, _, _ in self.inbox.messages} >= {"acme", "umbrella"})
        suppressed = [
            (alert["labels"]["alertname"], alert["labels"]["customer"])
            for alert in self.alerts() if alert["status"]["state"] == "suppressed"
        ]  # fmt: skip
        self.assertEqual(suppressed, [("DarktracePollsStale", "acme")])
        self.assertNotIn("stale", "".join(text for team, _, text in self.inbox.messages if team == "acme"))

    def test_one_exporter_of_several_mutes_no_appliance_of_the_others(self):
        def alert(name: str, **labels: str) -> dict:
            return {"labels": {"alertname": f"Darktrace{name}", "job": "dt", **labels}, "annotations": {}}

        self.send(
            alert("ExporterDown", instance="a"), alert("LedgerCommitFailing", instance="a"),
            alert("ApplianceVanished", appliance="hq"), alert("ApplianceLost", appliance="hq"),
            alert("ApplianceDown", appliance="branch"), alert("ExporterRestarting", instance="b"),
            alert("ExporterRestarting", instance="a"),
            {"labels": {**alert("ExporterVanished")["labels"], "job": "gone"}, "annotations": {}},
            {"labels": {**alert("ApplianceVanished", appliance="lab")["labels"], "job": "gone"}, "annotations": {}},
        )  # fmt: skip
        until("all are there", 30, lambda: len(self.alerts()) == 9)
        until("the symptoms are muted", 30, lambda: self.suppressed() == {"ExporterRestarting a", "ApplianceVanished lab"})
        self.send(alert("StateUnreachable", instance="a"))
        until("no exporter can poll", 30, lambda: self.suppressed() == {
            "ExporterRestarting a", "ApplianceVanished lab", "ApplianceVanished hq", "ApplianceLost hq",
            "ApplianceDown branch", "LedgerCommitFailing a",
        })  # fmt: skip

    def alerts(self) -> list[dict]:
        """What Alertmanager has."""
        return json.loads(fetch(self.url + "alerts"))

    def suppressed(self) -> set[str]:
        """The muted alerts by name, and instance or appliance."""
        labels = (one["labels"] for one in self.alerts() if one["status"]["state"] == "suppressed")
        return {f"{one['alertname'].removeprefix('Darktrace')} {one.get('instance') or one['appliance']}" for one in labels}

    def test_the_example_has_the_same_inhibitions(self):
        shipped = yaml.safe_load(EXAMPLE.with_name("alertmanager.yml").read_text())
        self.assertEqual(yaml.safe_load(EXAMPLE.read_text())["inhibit_rules"], shipped["inhibit_rules"])


if __name__ == "__main__":
    unittest.main()
