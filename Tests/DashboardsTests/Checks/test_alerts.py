"""Every alert has a severity, annotations, a runbook, and tests in which it fires and in which it does not."""

import re
import unittest

import files
import yaml


class Alerts(unittest.TestCase):
    """The alerts, compared with their tests, runbooks and the README."""

    def cases(self) -> dict[str, set[bool]]:
        """For each alert, whether a case exists in which it fires (true), and one in which it does not (false)."""
        found: dict[str, set[bool]] = {}
        for path in (files.DASHBOARDS / "prometheus/tests").glob("*.yml"):
            for test in yaml.safe_load(path.read_text())["tests"]:
                self.assertTrue(test.get("name"), path)
                for case in test.get("alert_rule_test", []):
                    found.setdefault(case["alertname"], set()).add(bool(case.get("exp_alerts")))
        return found

    def test_every_alert_has_cases(self):
        self.assertEqual(self.cases(), {name: {True, False} for name in files.alerts()})

    def test_every_alert_has_annotations(self):
        for name, alert in files.alerts().items():
            with self.subTest(name):
                self.assertRegex(name, r"^Darktrace[A-Z]\w+$")
                self.assertIn(alert["labels"].get("severity"), ("critical", "warning", "info"))
                notes = alert["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook_url", "dashboard_url"})
                self.assertRegex(notes["summary"], r"^[A-Z][^{}]+\.$")
                self.assertRegex(notes["description"], r"\.$")
                uid = re.search(r"/d/([^/]+)/", notes["dashboard_url"])[1]
                self.assertIn(uid, {board["uid"] for board in files.boards().values()})
                self.assertTrue(notes["runbook_url"].endswith(f"/{name}.md"))

    def test_every_alert_has_a_runbook(self):
        pages = {path.stem: path.read_text() for path in (files.DASHBOARDS / "runbooks").glob("*.md")}
        self.assertEqual(set(pages), set(files.alerts()))
        for name, page in pages.items():
            with self.subTest(name):
                self.assertTrue(page.startswith(f"# {name}\n"))
                self.assertIn(f"Severity: {files.alerts()[name]['labels']['severity']}.", page)
                self.assertEqual(
                    re.findall(r"^## (.+)$", page, re.M), ["What it means", "What to look at", "What to do"]
                )
                self.assertLess(page.count("\n"), 60)

    def test_runbooks_name_panels_that_exist(self):
        titles = {panel["title"] for board in files.boards().values() for panel in files.panels(board)}
        for path in (files.DASHBOARDS / "runbooks").glob("*.md"):
            text = " ".join(path.read_text().split())
            for sentence in re.findall(r"\*(?:Breaches|Collection)\* dashboard, ((?:`[^`]+`(?:, | and )?)+)", text):
                for title in re.findall(r"`([^`]+)`", sentence):
                    self.assertIn(title, titles, path.name)

    def test_readme_lists_every_alert(self):
        text = (files.DASHBOARDS / "README.md").read_text()
        table = "".join(line for line in text.splitlines() if line.startswith("| `Darktrace"))
        self.assertEqual(set(re.findall(r"`(Darktrace\w+)`", table)), set(files.alerts()))
        self.assertLess(text.count("\n"), 80)

    def test_inhibitions_name_alerts_that_exist(self):
        text = (files.DASHBOARDS / "alertmanager/alertmanager.yml").read_text()
        named = set(re.findall(r"Darktrace[A-Z]\w+", text))
        self.assertTrue(named)
        self.assertLessEqual(named, set(files.alerts()))


if __name__ == "__main__":
    unittest.main()
