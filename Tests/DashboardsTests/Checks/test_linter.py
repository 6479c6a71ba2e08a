"""The rules of dashboard-linter, and further ones, for every panel."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import files
import yaml

UNITS = {"none", "short", "percentunit", "s", "bytes", "Bps", "dateTimeAsIso"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


class Linter(unittest.TestCase):
    """One method for each rule; the name of the linter's rule is its comment."""

    def test_data_source_variable(self):  # template-datasource-rule
        for board in files.boards().values():
            first = board["templating"]["list"][0]
            self.assertEqual((first["name"], first["type"], first["query"]), ("datasource", "datasource", "prometheus"))
            self.assertEqual(first["label"], "Data source")

    def test_scope_variables(self):  # template-job-rule, template-instance-rule, template-on-time-change-reload-rule
        for title, board in files.boards().items():
            variables = {variable["name"]: variable for variable in board["templating"]["list"]}
            for name in ("job", "instance", "appliance"):
                with self.subTest(dashboard=title, variable=name):
                    variable = variables[name]
                    self.assertEqual(variable["type"], "query")
                    self.assertEqual(variable["label"], name.capitalize())
                    self.assertEqual(variable["datasource"], SOURCE)
                    self.assertTrue(variable["multi"] and variable["includeAll"])
                    self.assertEqual(variable["allValue"], ".+")
                    self.assertEqual(variable["refresh"], 2)
                    self.assertRegex(variable["query"]["query"], rf"^label_values\(darktrace_\S+.*, {name}\)$")

    def test_dashboard(self):  # uneditable-rule, and stable links
        uids = set()
        for title, board in files.boards().items():
            with self.subTest(dashboard=title):
                self.assertFalse(board["editable"])
                self.assertRegex(board["uid"], r"^darktrace-[a-z]+$")
                self.assertTrue(board["description"])
                self.assertIsNone(board.get("id"))
                uids.add(board["uid"])
        for board in files.boards().values():
            self.assertLessEqual({link["url"].removeprefix("/d/") for link in board["links"]}, uids)

    def test_panels_say_what_they_show(self):  # panel-title-description-rule, panel-datasource-rule, panel-units-rule
        for title, board in files.boards().items():
            for panel in files.panels(board):
                with self.subTest(dashboard=title, panel=panel["title"]):
                    self.assertTrue(panel["title"])
                    self.assertRegex(panel["description"], r"\.$")
                    self.assertEqual(panel["datasource"], SOURCE)
                    self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)
                    self.assertTrue(panel["targets"])  # panel-no-targets-rule
                    self.assertIsNone(panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"])
                    for target in panel["targets"]:
                        self.assertEqual(target["datasource"], SOURCE)

    def test_titles_and_numbers_are_unique(self):
        for board in files.boards().values():
            shown = files.panels(board)
            self.assertEqual(len({panel["title"] for panel in shown}), len(shown))
            self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))

    def test_numbers_stand_on_top_and_rows_are_full(self):
        for title, board in files.boards().items():
            rows: dict[int, list[dict]] = {}
            for panel in board["panels"]:
                rows.setdefault(panel["gridPos"]["y"], []).append(panel)
            self.assertEqual({panel["type"] for panel in rows[0]}, {"stat"}, title)
            for panels in rows.values():
                with self.subTest(dashboard=title, row=panels[0]["title"]):
                    self.assertEqual(sum(panel["gridPos"]["w"] for panel in panels), 24)
                    self.assertEqual(len({panel["gridPos"]["h"] for panel in panels}), 1)
                    self.assertTrue(all(panel["gridPos"]["w"] >= 8 for panel in panels) or panels[0]["type"] == "stat")

    def test_scope(self):  # target-job-rule, target-instance-rule
        for title, board in files.boards().items():
            for panel, target in files.queries(board):
                with self.subTest(dashboard=title, panel=panel):
                    found = list(files.SELECTOR.finditer(target["expr"]))
                    self.assertTrue(found)
                    for name, matchers in (match.groups() for match in found):
                        wanted = ["job", "instance"]
                        if name.startswith("darktrace_") and not name.startswith("darktrace_exporter_"):
                            wanted.append("appliance")
                        for label in wanted:
                            self.assertIn(f'{label}=~"${label}"', matchers)

    def test_rates_use_the_rate_interval(self):  # target-rate-interval-rule
        for title, board in files.boards().items():
            for panel, target in files.queries(board):
                with self.subTest(dashboard=title, panel=panel):
                    for window in re.findall(r"\bi?rate\([^\[]*\[([^\]]+)\]", target["expr"]):
                        self.assertEqual(window, "$__rate_interval")
                    # A fixed window is one that the title or the description names; in a graph that is an hour.
                    for window in re.findall(r"\bincrease\([^\[]*\[([^\]]+)\]", target["expr"]):
                        self.assertIn(window, ("$__rate_interval", "$__range", "1d", "1h"))

    def test_counters_are_not_shown_raw(self):  # target-counter-agg-rule
        seen = set()
        for title, board in files.boards().items():
            for panel, target in files.queries(board):
                for match in re.finditer(r"(\w+\()?\w+_total\{[^}]*\}(\[)?", target["expr"]):
                    if match[1] not in ("rate(", "irate(", "increase(") or not match[2]:
                        seen.add(("target-counter-agg-rule", title, panel))
        self.assertEqual(seen, set(files.exclusions()), "raw counters, against the list in .lint")
        self.assertTrue(all(files.exclusions().values()), "an exclusion without a reason")

    def test_expressions_parse(self):  # target-promql-rule, template-label-promql-rule
        exprs = [target["expr"] for board in files.boards().values() for _, target in files.queries(board)]
        exprs += [note["expr"] for board in files.boards().values() for note in board["annotations"]["list"]]
        rules = [{"record": f"expression:number:{number}", "expr": files.filled(e)} for number, e in enumerate(exprs)]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rules.yml"
            path.write_text(yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}))
            result = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertNotIn("$", "".join(rule["expr"].replace('"0$1"', "") for rule in rules), "an unknown variable")

    def test_exemplars_link_to_the_appliance(self):
        board = files.boards()["Darktrace / Breaches"]
        with_exemplars = {panel for panel, target in files.queries(board) if target.get("exemplar")}
        self.assertEqual(with_exemplars, {"Breaches by category", "Scores"})
        path = files.DASHBOARDS / "grafana/provisioning/datasources/prometheus.yml"
        source = yaml.safe_load(path.read_text())["datasources"][0]
        (link,) = source["jsonData"]["exemplarTraceIdDestinations"]
        self.assertEqual(link["name"], "pbid")
        variables = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
        name = re.match(r"\$\$\{(\w+)\}/#modelbreach/\$\$\{__value.raw\}$", link["url"])[1]
        self.assertEqual(variables[name], "textbox")


if __name__ == "__main__":
    unittest.main()
