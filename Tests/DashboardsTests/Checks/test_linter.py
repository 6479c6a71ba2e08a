"""The rules of dashboard-linter, and further ones, for every panel."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import files
import yaml

#: Without "short": it shows 1 499 as "1 K".
UNITS = {"none", "percentunit", "s", "bytes", "Bps", "dateTimeAsIso"}
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
                    if name != "appliance" or title != "Darktrace / Appliance":
                        self.assertTrue(variable["multi"] and variable["includeAll"])
                        # A fleet has no instance, and a label that somebody attaches may be absent.
                        self.assertEqual(variable["allValue"], ".*" if name == "instance" else ".+")
                    self.assertEqual(variable["refresh"], 2)
                    self.assertRegex(variable["query"]["query"], rf"^label_values\(darktrace_\S+.*, {name}\)$")

    def test_any_label_can_be_chosen(self):
        for title, board in files.boards().items():
            with self.subTest(dashboard=title):
                variables = {variable["name"]: variable for variable in board["templating"]["list"]}
                self.assertEqual(variables["labels"]["type"], "adhoc")
                self.assertEqual(variables["customer"]["allValue"], ".*")

    def test_every_dashboard_has_the_time_zone_of_the_viewer(self):
        for title, board in files.boards().items():
            self.assertEqual(board["timezone"], "browser", title)
            for panel, target in files.queries(board):
                # These functions of PromQL only know UTC.
                self.assertNotRegex(target["expr"], r"\b(hour|day_of_week|day_of_month)\(", (title, panel))

    def test_missing_data_is_grey_and_named(self):
        for title, board in files.boards().items():
            for panel in files.panels(board):
                with self.subTest(dashboard=title, panel=panel["title"]):
                    defaults = panel["fieldConfig"]["defaults"]
                    self.assertEqual(defaults["thresholds"]["steps"][0], {"value": None, "color": "#7b8087"})
                    self.assertTrue(defaults["noValue"])
                    for target in panel["targets"]:
                        self.assertNotRegex(target["expr"], r"\bor\s+(vector|on)\b")

    def test_lines_are_few_whatever_the_number_of_appliances(self):
        for title, board in files.boards().items():
            for panel in files.panels(board):
                if title == "Darktrace / Appliance" or panel["type"] == "table":
                    continue
                for target in panel["targets"]:
                    if "appliance" in target["legendFormat"] or "model" in target["legendFormat"]:
                        with self.subTest(dashboard=title, panel=panel["title"]):
                            self.assertLessEqual(int(re.search(r"topk\((\d+)", target["expr"])[1]), 12)

    def test_data_links_open_what_they_say(self):
        boards = files.boards()
        uids = {board["uid"] for board in boards.values()}
        for title, board in boards.items():
            for panel in files.panels(board):
                for change in panel["fieldConfig"]["overrides"]:
                    for value in (one["value"] for one in change["properties"] if one["id"] == "links"):
                        for link in value:
                            with self.subTest(dashboard=title, panel=panel["title"], link=link["title"]):
                                self.assert_link(panel, link["url"], uids)

    def assert_link(self, panel: dict, url: str, uids: set[str]):
        """The link opens a dashboard of ours for the appliance in its cell, or an address of the same row."""
        kept = r"\?\$\{datasource:queryparam\}&\$\{job:queryparam\}&\$\{customer:queryparam\}"
        inner = re.match(rf"/d/([a-z-]+){kept}&var-appliance=\$\{{__value.text\}}$", url)
        if inner:
            self.assertIn(inner[1], uids)
        else:
            field = re.match(r"\$\{__data\.fields\.(\w+)\}$", url)[1]
            self.assertRegex("".join(target["expr"] for target in panel["targets"]), rf"\b{field}\b")

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
            others = {link["url"].removeprefix("/d/") for link in board["links"] if link["url"].startswith("/d/")}
            self.assertEqual(others, uids - {board["uid"]})

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
            for panel in [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", []))]:
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
                        if not name.startswith(("darktrace_exporter_", "process_")) and name != "up":
                            wanted += ["customer", "appliance"]
                        # Alerts about exporters have neither an appliance nor its labels.
                        either = "|" if name == "ALERTS" else ""
                        for label in wanted:
                            if name != "ALERTS" or label != "instance":
                                self.assertIn(f'{label}=~"${label}{either if label != "job" else ""}"', matchers)
            for note in board["annotations"]["list"]:
                for label in ("appliance", "customer"):
                    self.assertIn(f'{label}=~"${label}|"', note["expr"], title)
            for variable in board["templating"]["list"]:
                if "appliance" in str(variable.get("query")) and variable["name"] not in ("appliance", "labels"):
                    self.assertIn('customer=~"$customer"', variable["query"]["query"], (title, variable["name"]))

    def test_rates_use_the_rate_interval(self):  # target-rate-interval-rule
        for title, board in files.boards().items():
            for panel, target in files.queries(board):
                with self.subTest(dashboard=title, panel=panel):
                    for window in re.findall(r"\bi?rate\([^\[]*\[([^\]]+)\]", target["expr"]):
                        self.assertIn(window, ("$__rate_interval", "5m", "10m"))
                    # A fixed window is at least two intervals of its source, and named by title or description.
                    for window in re.findall(r"\bincrease\([^\[]*\[([^\]]+)\]", target["expr"]):
                        self.assertIn(window, ("$__rate_interval", "1h", "1d", "7d"))

    def test_counts_are_differences(self):  # increase() forgets what happens at a change of instance, and between scrapes
        for title, board in files.boards().items():
            for panel, target in files.queries(board):
                with self.subTest(dashboard=title, panel=panel):
                    self.assertNotRegex(target["expr"], r"(increase|rate)\(darktrace_model_breaches_(by_category_)?total")

    def test_counters_are_not_shown_raw(self):  # target-counter-agg-rule
        for title, board in files.boards().items():
            for panel, target in files.queries(board):
                with self.subTest(dashboard=title, panel=panel):
                    expr = target["expr"]
                    raw = [match[1] for match in re.finditer(r"(?:(\w+)\(\(?)?\b\w+_total\{[^}]*\}", expr)]
                    compared = " offset " in expr or "darktrace_exporter_log_lines_dropped_total" in expr
                    self.assertTrue(compared or set(raw) <= {"rate", "increase"}, raw)

    def test_expressions_parse(self):  # target-promql-rule, template-label-promql-rule
        exprs = [target["expr"] for board in files.boards().values() for _, target in files.queries(board)]
        exprs += [note["expr"] for board in files.boards().values() for note in board["annotations"]["list"]]
        rules = [{"record": f"expression:number:{number}", "expr": files.filled(e)} for number, e in enumerate(exprs)]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rules.yml"
            path.write_text(yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}))
            result = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertNotIn("$", "".join(rule["expr"] for rule in rules), "an unknown variable")

    def test_exemplars_link_to_the_appliance(self):
        """Only where one appliance is chosen: a link cannot open another appliance's breach there."""
        boards = files.boards()
        with_exemplars = {
            (title, panel) for title, board in boards.items() for panel, target in files.queries(board)
            if target.get("exemplar")
        }  # fmt: skip
        board = boards["Darktrace / Appliance"]
        self.assertEqual(with_exemplars, {(board["title"], "Breaches by category"), (board["title"], "Scores")})
        path = files.DASHBOARDS / "grafana/provisioning/datasources/prometheus.yml"
        source = yaml.safe_load(path.read_text())["datasources"][0]
        (link,) = source["jsonData"]["exemplarTraceIdDestinations"]
        self.assertEqual(link["name"], "pbid")
        variables = {variable["name"]: variable for variable in board["templating"]["list"]}
        name = re.match(r"\$\$\{(\w+)\}/#modelbreach/\$\$\{__value.raw\}$", link["url"])[1]
        self.assertFalse(variables["appliance"]["multi"])
        query = variables[name]["query"]["query"]
        self.assertRegex(query, r'^label_values\(darktrace_appliance_ui_info\{.*appliance="\$appliance".*\}, url\)$')
        for label in ("job", "instance", "customer"):
            self.assertIn(f'{label}=~"${label}"', query)


if __name__ == "__main__":
    unittest.main()
