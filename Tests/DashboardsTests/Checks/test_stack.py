"""From end to end: real programs, real alerts, and every query of every panel."""

import http.client
import json
import math
import pathlib
import re
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import contract
import files
import history
import yaml
from programs import BUILT, fetch, until
from stack import Stack

#: Panels that may be empty, by dashboard and title, with the reason.
MAY_BE_EMPTY: dict[tuple[str, str], str] = {
    ("Darktrace / Response times", name): "whether anybody acknowledges a breach in these minutes depends on the time of day"
    for name in ("Acknowledged within", "Time to acknowledgement")
} | {
    ("Darktrace / Exporter", name): "the exporter of the stack is no replica of a fleet"
    for name in ("Appliances by replica", "Handovers per hour", "Replica of each appliance")
}
#: The same of single queries of a panel, by their number.
QUERY_MAY_BE_EMPTY = {
    ("Darktrace / Breaches", "Models: last 24 h and usual day", 1): "the only history is that of an appliance without breaches",
}
#: Plausible values of each unit.
PLAUSIBLE = {
    "none": (-1e4, 1e6),
    "percentunit": (0, 5),
    "s": (-60, 50 * 365 * 86400),
    "bytes": (1e6, 1e9),
    "Bps": (0, 1e9),
    "dateTimeAsIso": (1.6e12, 4.2e12),
}
FILLED = files.EXAMPLE | {"$__rate_interval": "15s", "$__interval": "5s"}


class TheStack(unittest.TestCase):
    """One stack for all tests, with three problems in it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="darktrace-stack-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.began = time.time()
        cls.stack = Stack(pathlib.Path(cls.folder.name))
        cls.addClassCleanup(cls.stack.stop)
        try:
            cls.cause_problems()
        except AssertionError as error:
            raise AssertionError(f"{error}\n{cls.stack.logs()}") from error

    @classmethod
    def cause_problems(cls):
        """Waits for successful polls and a history; then a burst, a revoked token, and an appliance that stops."""
        prometheus = cls.stack.prometheus
        until("all appliances are polled", 90, lambda: len(prometheus.query("darktrace_up == 1")) == 3)
        recorded = 'count_over_time(appliance_category:darktrace_model_breaches:count1h{appliance="hq"}[1m]) > 12'
        until("there is a history to compare with", 120, lambda: len(prometheus.query(recorded)) == 4)
        forbidden = 'darktrace_feed_available{appliance="lab"} + darktrace_feed_up{appliance="lab"} == 0'

        def feeds() -> set[str]:
            return {series["metric"]["feed"] for series in prometheus.query(forbidden)}

        until("lab has no optional feed", 60, lambda: feeds() == set(contract.OPTIONAL_FEEDS))
        cls.assert_quiet()
        # The breaches of the burst are acknowledged soon.
        fetch(f"{cls.stack.control}/-/faults", appliance="hq", set="acknowledged-after=2")
        fetch(f"{cls.stack.control}/-/burst", appliance="hq", count="30", model=history.MODELS[0][0])
        fetch(f"{cls.stack.control}/-/faults", appliance="branch", set="revoked-token")
        cls.stack.lab.stop()

    @classmethod
    def assert_quiet(cls):
        """No alert fires without a problem."""
        firing = cls.stack.prometheus.query('ALERTS{alertstate="firing"}')
        if firing:
            raise AssertionError(f"fires without a problem: {[series['metric'] for series in firing]}")

    def await_notification(self, name: str, appliance: str, status: str, seconds: float):
        """Waits until the receiver has the notification."""
        notifications = self.stack.receiver.notifications
        try:
            expected = (name, appliance, status)
            until(f"notification {expected}", seconds, lambda: expected in notifications)
        except AssertionError as error:
            raise AssertionError(f"{error}; notifications so far: {notifications}\n{self.stack.logs()}") from error

    def test_alerts_reach_the_receiver_and_resolve(self):
        self.await_notification("DarktraceBreachSpike", "hq", "firing", 60)
        self.await_notification("DarktraceSignatureFailures", "branch", "firing", 60)
        self.await_notification("DarktraceApplianceDown", "lab", "firing", 60)
        self.assert_symptom_inhibited()
        alerts = self.alerts()
        fetch(f"{self.stack.control}/-/faults", appliance="branch", clear="all")
        self.stack.start_lab()
        self.await_notification("DarktraceBreachSpike", "hq", "resolved", 90)
        self.await_notification("DarktraceSignatureFailures", "branch", "resolved", 90)
        self.await_notification("DarktraceApplianceDown", "lab", "resolved", 90)
        self.assert_links_resolve(alerts)
        # This one fires for minutes, whatever happens while it does.
        fetch(f"{self.stack.control}/-/faults", appliance="branch", set="unreadable-every=1")
        fetch(f"{self.stack.control}/-/burst", appliance="branch", count="3", model=history.MODELS[0][0])
        self.await_notification("DarktraceUnreadableRecords", "branch", "firing", 60)
        # Of the feeds of model breaches and of acknowledgements.
        self.assert_silent_restart("DarktraceUnreadableRecords", "branch", 2)
        fetch(f"{self.stack.control}/-/faults", appliance="branch", clear="all")
        expected = {
            "DarktraceBreachSpike", "DarktraceSignatureFailures", "DarktraceApplianceDown",
            "DarktraceUnreadableRecords", "BeforeRestart", "AfterRestart",
        }  # fmt: skip
        # The sum of all categories may be above its usual a little longer than the category.
        found = {name for name, _, _ in self.stack.receiver.notifications}
        self.assertEqual(found - {"DarktraceBreachSpikeOverall"}, expected)

    def assert_symptom_inhibited(self):
        """The appliance that rejects the signature is down, too, but that sends no second notification."""

        def states() -> list[str]:
            return [alert["status"]["state"] for alert in self.alerts("DarktraceApplianceDown", "branch")]

        until("the symptom is suppressed", 30, lambda: states() == ["suppressed"])

    def alerts(self, name: str = "", appliance: str = "") -> list[dict]:
        """What Alertmanager has: every alert, or those of an appliance."""
        every = json.loads(fetch(self.stack.alertmanager_url))
        wanted = {"alertname": name, "appliance": appliance} if name else {}
        return [alert for alert in every if wanted.items() <= alert["labels"].items()]

    def assert_silent_restart(self, name: str, appliance: str, count: int):
        """Prometheus restarts while alerts fire: they stay, and no notification is repeated."""
        until(f"{count} alerts", 60, lambda: len(self.alerts(name, appliance)) == count)
        self.await_marker("BeforeRestart")
        before, known = len(self.stack.receiver.notifications), self.alerts(name, appliance)
        updated = {one["fingerprint"]: one["updatedAt"] for one in known}
        self.stack.restart_prometheus()

        def sent_again() -> bool:
            now = {one["fingerprint"]: one["updatedAt"] for one in self.alerts(name, appliance)}
            self.assertEqual(set(now), set(updated))
            return all(now[one] > updated[one] for one in now)

        until("the restarted Prometheus sends the alerts", 90, sent_again)
        self.await_marker("AfterRestart")
        again = [one for one in self.stack.receiver.notifications[before:] if one[:2] == (name, appliance)]
        self.assertEqual(again, [])

    def await_marker(self, name: str):
        """Sends an alert to Alertmanager and awaits its notification: those of earlier alerts are sent by then."""
        marker = {"labels": {"alertname": name, "appliance": "none"}}
        send = urllib.request.Request(
            self.stack.alertmanager_url, json.dumps([marker]).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(send, timeout=20).close()
        self.await_notification(name, "none", "firing", 30)

    def assert_links_resolve(self, alerts: list[dict]):
        """Every link of these alerts opens what it says: the exporter's runbook, the appliance, and a dashboard of it."""
        boards = {board["uid"]: board for board in files.boards().values()}
        self.assertGreaterEqual(len(alerts), 4)
        for alert in alerts:
            name, appliance, notes = alert["labels"]["alertname"], alert["labels"]["appliance"], alert["annotations"]
            with self.subTest(name, appliance=appliance):
                self.assertIn(f"<h1>{name}</h1>", fetch(notes["runbook_url"]))
                address, authority = self.stack.addresses[appliance]
                self.assertEqual(notes["ui_url"], address)
                self.assertIn(self.opened(address, authority), (200, 302))
                link = urllib.parse.urlsplit(notes["dashboard_url"])
                self.assertEqual(link.netloc, "grafana.example.net")
                variables = {one["name"] for one in boards[link.path.split("/")[2]]["templating"]["list"]}
                (chosen,) = urllib.parse.parse_qs(link.query).items()
                self.assertEqual(chosen, ("var-appliance", [appliance]))
                self.assertIn("appliance", variables)

    def opened(self, address: str, authority: str) -> int:
        """The status of the first page at an address with HTTPS; the login page that it may lead to is not opened."""
        trust = ssl.create_default_context(cafile=authority)
        connection = http.client.HTTPSConnection(urllib.parse.urlsplit(address).netloc, timeout=20, context=trust)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()

    def test_every_alert_has_its_page_at_the_exporter(self):
        for name in files.alerts():
            with self.subTest(name):
                self.assertIn(f"<h1>{name}</h1>", fetch(f"http://127.0.0.1:{self.stack.port}/runbooks/{name}"))

    def test_data_links_open_the_appliances(self):
        found = self.stack.prometheus.query("darktrace_appliance_ui_info")
        shown = {series["metric"]["appliance"]: series["metric"]["url"] for series in found}
        self.assertEqual(shown, {name: url for name, (url, _) in self.stack.addresses.items()})

    def test_exporter_exposes_all_documented_metrics(self):
        def difference() -> set[str]:
            text = fetch(f"http://127.0.0.1:{self.stack.port}/metrics")
            return (contract.FAMILIES ^ set(re.findall(r"^# TYPE (\S+) ", text, re.M))) - contract.SOMETIMES

        # The state of an appliance is absent for a short time when a slow machine is late with its polls.
        seen = [difference()]
        until(f"all metrics; at first the difference was {seen[0]}", 60, lambda: not seen[-1] or seen.append(difference()))
        excused = yaml.safe_load((files.DASHBOARDS / "unused-metrics.yml").read_text())
        self.assertLessEqual(set(excused), contract.FAMILIES)

    def test_exporter_accepts_the_configuration_of_the_stack(self):
        text = (files.DASHBOARDS / "stack/exporter.yml").read_text()
        path = pathlib.Path(self.folder.name) / "stack-exporter.yml"
        path.write_text(text.replace("/ca/ca.pem", str(path.with_name("simulator.pem"))))
        command = [str(BUILT / "darktrace-exporter"), "--config.check", f"--config.file={path}"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_exemplars_link_to_breaches(self):
        prometheus = self.stack.prometheus
        for panel, target in files.queries(files.boards()["Darktrace / Breaches"]):
            if target.get("exemplar"):
                expr = files.filled(target["expr"], FILLED)

                def exemplars(expr=expr):
                    found = prometheus.call(
                        "query_exemplars", query=expr, start=str(self.began - 60), end=str(time.time() + 60)
                    )
                    return [exemplar for series in found for exemplar in series["exemplars"]]

                with self.subTest(panel):
                    found = until(f"exemplars of {panel}", 20, exemplars)
                    for exemplar in found:
                        self.assertRegex(exemplar["labels"]["pbid"], r"^-?\d+$")

    def test_panels_show_plausible_values(self):
        for title, board in files.boards().items():
            for panel in files.panels(board):
                for number, target in enumerate(panel["targets"]):
                    with self.subTest(dashboard=title, panel=panel["title"], target=number):
                        self.assert_plausible(title, panel, target, number)

    def assert_plausible(self, title: str, panel: dict, target: dict, number: int):
        """Runs one query like Grafana."""
        expr = files.filled(target["expr"], FILLED)
        prometheus = self.stack.prometheus

        def shown():
            found = prometheus.query(expr) if target.get("instant") else prometheus.range(expr, 300, 5)
            values = [
                float(value)
                for series in found
                for _, value in ([series["value"]] if "value" in series else series["values"])
            ]
            return found, [value for value in values if not math.isnan(value)]

        if (title, panel["title"]) not in MAY_BE_EMPTY and (title, panel["title"], number) not in QUERY_MAY_BE_EMPTY:
            until(f"values of {expr}", 60, lambda: shown()[1])
        found, values = shown()
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            for series in found:
                self.assertIn(label, series["metric"])
        units = {panel["fieldConfig"]["defaults"]["unit"]}
        units |= {
            change["value"]
            for override in panel["fieldConfig"]["overrides"]
            for change in override["properties"]
            if change["id"] == "unit"
        }
        low, high = min(PLAUSIBLE[unit][0] for unit in units), max(PLAUSIBLE[unit][1] for unit in units)
        for value in values:
            self.assertTrue(low <= value <= high, f"{value} is no value of {units}")

    def test_variables_have_values(self):
        for title, board in files.boards().items():
            for variable in board["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
                with self.subTest(dashboard=title, variable=variable["name"]):
                    values = self.stack.prometheus.call(f"label/{label}/values", **{"match[]": files.filled(selector)})
                    if label not in ("customer", "url"):
                        self.assertTrue(values)
                    if label == "appliance":
                        self.assertLessEqual({"hq", "branch", "lab"}, set(values))

    def test_firing_alerts_are_marked(self):
        for title, board in files.boards().items():
            for note in board["annotations"]["list"]:
                with self.subTest(dashboard=title):
                    expr = files.filled(note["expr"])
                    since = int(time.time() - self.began)
                    until("a mark", 20, lambda expr=expr, since=since: self.stack.prometheus.range(expr, since, 1))


if __name__ == "__main__":
    unittest.main()
