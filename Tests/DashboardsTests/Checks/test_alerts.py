"""Every alert has a severity, annotations with links that work, and a runbook."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import contract
import files
import generate
import yaml
from generator.settings import Settings

HEADINGS = ["What it means", "Triage", "Queries", "What a false alarm looks like", "What to do"]


class Alerts(unittest.TestCase):
    """The alerts, compared with their runbooks and the README."""

    def test_every_alert_has_annotations(self):
        for name, alert in files.alerts().items():
            with self.subTest(name):
                self.assertRegex(name, r"^Darktrace[A-Z]\w+$")
                self.assertIn(alert["labels"].get("severity"), ("critical", "warning", "info"))
                notes = alert["annotations"]
                self.assertLessEqual(set(notes), {"summary", "description", "runbook_url", "ui_url"})
                self.assertRegex(notes["summary"], r"^[A-Z][^{}]+\.$")
                self.assertRegex(notes["description"], r"\.$")
                # The page of an exporter that states its address; without one, nothing is left of the annotation.
                self.assertRegex(notes["runbook_url"], rf"^{{{{ with .+}}}}/runbooks/{name}{{{{ end }}}}$")
                self.assertEqual("ui_url" in notes, "{{ $labels.appliance }}" in notes["description"])

    def test_links_of_the_settings_are_used(self):
        with tempfile.TemporaryDirectory() as folder:
            mine = pathlib.Path(folder) / "mine.yml"
            mine.write_text("links: {grafana: https://grafana.example.net/, runbooks: https://wiki.example.net/dt}\n")
            made = generate.rule_files(Settings(files.DASHBOARDS / "settings.yml", mine))
        uids = {board["uid"] for board in files.boards().values()}
        groups = [group for text in made.values() for group in yaml.safe_load(text)["groups"]]
        for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
            with self.subTest(rule["alert"]):
                notes = rule["annotations"]
                self.assertEqual(notes["runbook_url"], f"https://wiki.example.net/dt/{rule['alert']}")
                uid = re.match(r"https://grafana\.example\.net/d/([a-z-]+)/", notes["dashboard_url"])[1]
                self.assertIn(uid, uids)

    def test_optional_alerts_are_switched_on_by_name(self):
        optional = yaml.safe_load((files.DASHBOARDS / "prometheus/optional-rules/optional-alerts.yml").read_text())
        names = [rule["alert"] for group in optional["groups"] for rule in group["rules"] if "alert" in rule]
        settings = Settings(files.DASHBOARDS / "settings.yml")
        self.assertNotIn("prometheus/rules/optional-alerts.yml", generate.rule_files(settings))
        settings.optional_alerts = names[1:2]
        chosen = yaml.safe_load(generate.rule_files(settings)["prometheus/rules/optional-alerts.yml"])
        rules = [rule["alert"] for group in chosen["groups"] for rule in group["rules"] if "alert" in rule]
        self.assertEqual(rules, names[1:2])
        settings.optional_alerts = ["DarktraceNoSuchAlert"]
        self.assertRaisesRegex(ValueError, "DarktraceNoSuchAlert", generate.rule_files, settings)

    def test_every_alert_has_a_runbook(self):
        pages = {path.stem: path.read_text() for path in (files.DASHBOARDS / "runbooks").glob("*.md")}
        self.assertEqual(set(pages), set(files.alerts()))
        for name, page in pages.items():
            with self.subTest(name):
                self.assertTrue(page.startswith(f"# {name}\n"))
                self.assertIn(f"Severity: {files.alerts()[name]['labels']['severity']}.", page)
                self.assertEqual(re.findall(r"^## (.+)$", page, re.M), HEADINGS)
                self.assertTrue(re.search(r"^1\. .+", page, re.M))
                self.assertLess(page.count("\n"), 60)
                for other in re.findall(r"`(Darktrace\w+)`", page):
                    self.assertIn(other, files.alerts())

    def test_queries_of_runbooks_work(self):
        queries = {path.stem: QUERY.findall(path.read_text()) for path in (files.DASHBOARDS / "runbooks").glob("*.md")}
        self.assertTrue(all(queries.values()))
        known = contract.FAMILIES | contract.OF_PROMETHEUS | files.recorded()
        rules = []
        for page, found in queries.items():
            for query in found:
                for name in re.findall(r"\b(darktrace_\w+|process_\w+|\w+:darktrace_\w+:\w+)\b", query):
                    if not query.count(f'"{name}') and name not in known:
                        self.assertIn(files.base(name), known, f"{page}: {query}")
                rules.append({"record": f"query:{len(rules)}", "expr": query})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "queries.yml"
            path.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": rules}]}))
            result = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_readme_lists_every_alert(self):
        text = (files.DASHBOARDS / "README.md").read_text()
        table = "".join(line for line in text.splitlines() if line.startswith("| `Darktrace"))
        self.assertEqual(set(re.findall(r"`(Darktrace\w+)`", table)), set(files.alerts()))

    def test_inhibitions_name_alerts_that_exist(self):
        text = (files.DASHBOARDS / "alertmanager/alertmanager.yml").read_text()
        named = set(re.findall(r"Darktrace[A-Z]\w+", text))
        self.assertTrue(named)
        self.assertLessEqual(named, set(files.alerts()))


#: A query of a runbook: a line that is indented as code.
QUERY = re.compile(r"^    (\S.*)$", re.M)

if __name__ == "__main__":
    unittest.main()
