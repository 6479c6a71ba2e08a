"""In each situation exactly the expected alerts fire: promtool evaluates the shipped rules, and all optional ones."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import count_situations
import files
import fleet_situations
import state_situations
import yaml
from alert_situations import Situation
from sites import notation

#: The firing alerts by the labels that tell one from another. The category of a model is left out.
EXPRESSION = (
    "count by (alertname, appliance, model, category, customer) "
    '(label_replace(ALERTS{alertstate="firing"}, "category", "", "model", ".+"))'
)


def written(situation: Situation) -> dict:
    """The situation as a file of promtool: all alerts are compared at each of its minutes."""
    end, interval = max(situation.expected), situation.interval
    series = {key: value for exporter in situation.exporters for key, value in exporter.series.items()}
    return {
        "rule_files": [str(path) for path in files.rule_files()],
        "evaluation_interval": f"{max(interval, situation.evaluation)}m",
        # Alerts after what they use.
        "group_eval_order": sorted((group["name"] for group in files.rule_groups()), key=lambda name: "recording" not in name),
        "tests": [{
            "name": situation.name,
            "interval": f"{interval}m",
            "input_series": [
                {"series": name + "{" + ", ".join(f"{label}={json.dumps(text)}" for label, text in labels) + "}",
                 "values": notation(value, end, interval)}
                for (name, labels), value in series.items()
            ],
            "promql_expr_test": [
                {"expr": EXPRESSION, "eval_time": f"{minute}m", "exp_samples": samples(alerts)}
                for minute, alerts in situation.expected.items()
            ],
        }],
    }  # fmt: skip


def all_situations() -> list[Situation]:
    """Every situation, those first that take long."""
    makers = (*count_situations.MAKERS, *fleet_situations.MAKERS, *state_situations.MAKERS)
    return sorted((made for maker in makers for made in maker()), key=lambda made: -max(made.expected) // made.interval)


def samples(alerts: list[str]) -> list[dict]:
    """The expected result: the number of alerts that are written alike."""
    return [{"labels": labels(alert), "value": alerts.count(alert)} for alert in sorted(set(alerts))]


def labels(alert: str) -> str:
    """The labels of an alert that is written as "Name appliance label=value"."""
    name, *others = alert.split()
    pairs = {"alertname": name}
    for other in others:
        label, _, value = other.rpartition("=")
        pairs[label or "appliance"] = value
    return "{" + ", ".join(f"{label}={json.dumps(value)}" for label, value in pairs.items()) + "}"


class Situations(unittest.TestCase):
    """One file of promtool for each situation."""

    def test_exactly_the_expected_alerts_fire(self):
        made = [situation for situation in all_situations() if os.environ.get("ONLY", "") in situation.name]
        with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
            for situation, result in zip(made, pool.map(lambda one: run(one, pathlib.Path(folder)), made)):
                with self.subTest(situation.name):
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_alert_fires_somewhere(self):
        fired = {alert.split()[0] for made in all_situations() for alerts in made.expected.values() for alert in alerts}
        self.assertEqual(fired, set(files.alerts()))


def run(situation: Situation, folder: pathlib.Path) -> subprocess.CompletedProcess:
    """Writes the file and runs it."""
    path = folder / (situation.name.replace(" ", "-").replace(",", "") + ".yml")
    path.write_text(yaml.safe_dump(written(situation), sort_keys=False))
    return subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    unittest.main()
