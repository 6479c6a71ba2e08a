"""What an alert says and links to, as Prometheus evaluates it: numbers, models, the right appliance, no dead link."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import files
import yaml
from sites import Exporter, notation, steps

RUNBOOK = "https://a:13947/runbooks/DarktraceCriticalBreach"


class Annotations(unittest.TestCase):
    """The annotations of a critical breach, and of an alert about an exporter."""

    def evaluated(self, name: str, minute: int, expected: list[tuple[dict, dict]], *exporters: Exporter):
        """Asserts the labels and annotations of all alerts of that name."""
        series = [
            {"series": name + "{" + ", ".join(f"{label}={json.dumps(text)}" for label, text in labels) + "}",
             "values": notation(value, minute, 1)}
            for exporter in exporters for (name, labels), value in exporter.series.items()
        ]  # fmt: skip
        alerts = [{"exp_labels": labels, "exp_annotations": notes} for labels, notes in expected]
        test = {
            "rule_files": [str(path) for path in files.rule_files()],
            "evaluation_interval": "2m",
            "tests": [{
                "interval": "1m", "input_series": series,
                "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": name, "exp_alerts": alerts}],
            }],
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "test.yml"
            path.write_text(yaml.safe_dump(test))
            result = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def critical(self, customer: str, count: str, url: str, runbook: str) -> tuple[dict, dict]:
        """The expected alert."""
        labels = {"job": "darktrace", "appliance": "hq", "category": "critical", "model": "Usual::Critical"}
        return {**labels, "customer": customer, "severity": "critical"}, {
            "summary": "Critical model breach.",
            "description": f"hq counted {count} of Usual::Critical within the last 1h.",
            "ui_url": url,
            "runbook_url": runbook,
        }  # fmt: skip

    def test_a_critical_breach_names_model_number_and_appliance(self):
        acme, umbrella = Exporter("a:13947", customer="acme"), Exporter("a:13947", customer="umbrella")
        acme.appliance().critical(steps(3, (70, 4)))
        umbrella.appliance().critical(steps(3, (70, 6)))
        self.evaluated(
            "DarktraceCriticalBreach", 72,
            [
                self.critical("acme", "1 critical model breach", "https://acme.example.net", RUNBOOK),
                self.critical("umbrella", "3 critical model breaches", "https://umbrella.example.net", RUNBOOK),
            ],
            acme, umbrella,
        )  # fmt: skip

    def test_what_is_not_known_is_empty(self):
        plain = Exporter("a:13947", customer="acme")
        plain.appliance().critical(steps(3, (70, 4)))
        plain.series = {key: value for key, value in plain.series.items() if not key[0].endswith(("_ui_info", "_web_info"))}
        self.evaluated(
            "DarktraceCriticalBreach", 72, [self.critical("acme", "1 critical model breach", "", "")], plain)

    def test_an_alert_about_an_exporter_names_its_instance(self):
        loop = Exporter("b:13947").put("process_start_time_seconds", lambda minute: 60 * (minute - minute % 8))
        self.evaluated(
            "DarktraceExporterRestarting", 60,
            [({"job": "darktrace", "instance": "b:13947", "severity": "warning"}, {
                "summary": "A darktrace-exporter restarts again and again.",
                "description": "b:13947 restarted 7 times within 1h.",
                "runbook_url": "https://b:13947/runbooks/DarktraceExporterRestarting",
            })],
            loop,
        )  # fmt: skip


if __name__ == "__main__":
    unittest.main()
