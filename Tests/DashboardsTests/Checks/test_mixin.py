"""The mixin, rendered by jsonnet in a folder of its own, has the same rules and dashboards as the generator."""

import json
import pathlib
import shutil
import tempfile
import unittest

import _gojsonnet
import files
import generate
import yaml
from generator.settings import Settings

OVERRIDES = {
    "links": {"grafana": "https://grafana.example.net/", "runbooks": "https://wiki.example.net/dt"},
    "labels": {"replicas": ["instance", "pod"]},
    "optional_alerts": ["DarktraceNewModel", "DarktraceExporterAbsent"],
    "rules": {"selector": 'job="dt", site=~"a|b"', "disk_ratio": "0.8", "queue": "1h30m", "spike_history": "14d"},
}


class Mixin(unittest.TestCase):
    """What jsonnet renders, against the files that Python writes."""

    def rendered(self, name: str, overrides: str = "{}") -> dict:
        """A field of the mixin, from a copy of its folder as jsonnet-bundler installs it."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(files.DASHBOARDS / "mixin", pathlib.Path(folder) / "vendor/darktrace-exporter-mixin")
            snippet = f"((import 'darktrace-exporter-mixin/mixin.libsonnet') + {{_config+:: {overrides}}}).{name}"
            return json.loads(_gojsonnet.evaluate_snippet("mixin", snippet, jpathdir=[f"{folder}/vendor"]))

    def groups(self, overrides: str = "{}") -> list[dict]:
        """All groups of rules."""
        return self.rendered("prometheusRules", overrides)["groups"] + self.rendered("prometheusAlerts", overrides)["groups"]

    def assert_same(self, groups: list[dict], settings: Settings):
        """The groups are those that the generator writes with these settings."""
        made = generate.rule_files(settings)
        texts = [text for name, text in made.items() if name.startswith("prometheus/rules/")]
        wanted = {group["name"]: group for text in texts for group in yaml.safe_load(text)["groups"]}
        self.assertEqual([group["name"] for group in groups], list(dict.fromkeys(group["name"] for group in groups)))
        for group in groups:
            wanted_rules = {rule.get("alert") or rule["record"]: rule for rule in wanted.pop(group["name"])["rules"]}
            for rule in group["rules"]:
                with self.subTest(rule.get("alert") or rule["record"]):
                    self.assertEqual(rule, wanted_rules.pop(rule.get("alert") or rule["record"]))
            self.assertEqual(wanted_rules, {})
        self.assertEqual(wanted, {})

    def test_rules_are_those_of_the_generator(self):
        self.assert_same(self.groups(), Settings(files.DASHBOARDS / "settings.yml"))

    def test_settings_have_the_same_effect(self):
        with tempfile.TemporaryDirectory() as folder:
            mine = pathlib.Path(folder) / "mine.yml"
            mine.write_text(yaml.safe_dump(OVERRIDES))
            settings = Settings(files.DASHBOARDS / "settings.yml", mine)
            nested = ", ".join(
                f"{part}{'+' if isinstance(value, dict) else ''}: {json.dumps(value)}" for part, value in OVERRIDES.items())
            self.assert_same(self.groups(f"{{{nested}}}"), settings)

    def test_dashboards_are_those_of_the_generator(self):
        shipped = {path.name: json.loads(path.read_text()) for path in (files.DASHBOARDS / "grafana/dashboards").glob("*.json")}
        self.assertEqual(self.rendered("grafanaDashboards"), shipped)

    def test_jsonnet_bundler_finds_a_package_without_dependencies(self):
        package = json.loads((files.DASHBOARDS / "mixin/jsonnetfile.json").read_text())
        self.assertEqual((package["version"], package["dependencies"]), (1, []))


if __name__ == "__main__":
    unittest.main()
