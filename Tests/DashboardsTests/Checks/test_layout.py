"""What stands where in each dashboard: what fails or waits is on top, and what is rarely needed is in closed rows."""

import unittest

import files

#: The variables of every dashboard, in their order; those of one dashboard follow.
EVERYWHERE = ["datasource", "job", "instance", "customer", "appliance", "labels"]
VARIABLES = {
    "Overview": [], "Breaches": ["category", "model"], "Response times": ["category"], "Appliance": ["appliance_url"],
    "Exporter": [],
}  # fmt: skip
#: Rows by dashboard, in their order: the title, which is empty for the numbers on top, and the panels.
ROWS = {
    "Overview": {
        "": ["Appliances failing", "Breaches in 24 h", "Critical in 24 h", "Critical open", "Actions waiting", "Alerts firing"],
        "Appliances": ["Appliances"],
        "Breaches": ["Breaches per hour and usual rate", "Appliances with most breaches in 24 h"],
    },
    "Breaches": {
        "": ["Breaches in 24 h", "Usual in 24 h", "Critical in 24 h", "New models, 24 h", "Newest breach", "Counted within"],
        "When": [
            "Breaches by category", "Count by category in 24 h", "Breaches per hour and usual rate",
            "Appliances with most breaches in 24 h",
        ],
        "Models (the variable Model applies here)": ["Models: last 24 h and usual day", "Top models in 24 h"],
        "Scores and delays": ["Scores", "Ingestion delay", "Creation delay"],
    },
    "Response times": {
        "": [
            "Breaches open", "Critical open", "Oldest critical open", "Acknowledged within", "Incidents open",
            "Actions waiting",
        ],
        "Acknowledgement": [
            "Open breaches by category", "Acknowledged per hour", "Time to acknowledgement", "Backlog by appliance",
        ],
        "AI Analyst": ["Open AI Analyst incidents", "AI Analyst events per hour", "AI Analyst by appliance"],
        "Autonomous Response": [
            "Actions by state", "Actions started and expired per hour", "Autonomous Response by appliance",
        ],
    },
    "Appliance": {
        "": ["State", "Breaches in 24 h", "Critical in 24 h", "Counted until", "Autonomous Response", "Certificate"],
        "Breaches": ["Breaches by category", "Scores"],
        "Load": [
            "Versions and dates", "CPU, load, memory and disk", "Disk space used", "Processing delay",
            "Traffic received and processed", "Connections per second", "Excess traffic",
        ],
        "Network and protocols": ["Network interfaces", "Interface state", "Protocols"],
        "Probes and masters": ["Probes", "Masters"],
        "Licences and devices": ["Licence expiry", "Active devices", "New devices"],
        "Polls": [
            "Age of the last successful poll, in intervals", "Requests and failed requests", "Response time by endpoint",
            "Clock of the appliance minus that of the exporter", "Ingestion delay", "Creation delay",
        ],
    },
    "Exporter": {
        "": [
            "Exporters running", "Appliances failing", "Longest lag", "Refused signatures", "Certificate expiry",
            "Budget used",
        ],
        "Appliances": ["Appliances", "Feeds", "Polls and failed polls per hour", "Lag of the ten appliances furthest behind"],
        "API": [
            "Response time by endpoint", "Where a request spends its time", "Requests and failed requests", "Response traffic",
        ],
        "Process": ["Exporters", "Memory", "CPU", "Scrapes by status"],
        "Ledger": ["Ledger commits", "Breaches found late per hour"],
        "Fleet": ["Appliances by replica", "Handovers per hour", "Replica of each appliance"],
    },
}  # fmt: skip
#: Rows that Grafana loads only when somebody opens them.
CLOSED = {
    "Overview": [], "Breaches": ["Scores and delays"], "Response times": [], "Exporter": ["Ledger", "Fleet"],
    "Appliance": ["Network and protocols", "Probes and masters", "Licences and devices", "Polls"],
}  # fmt: skip
#: What the tables of appliances begin with, or are sorted by: a failure, or what waits longest, is on top.
SORTED = {
    ("Overview", "Appliances"): ("State", False), ("Exporter", "Appliances"): ("State", False),
    ("Exporter", "Feeds"): ("State", False), ("Breaches", "Models: last 24 h and usual day"): ("Last 24 h", True),
    ("Response times", "Backlog by appliance"): ("Oldest critical open", True),
    ("Response times", "AI Analyst by appliance"): ("Highest score", True),
    ("Response times", "Autonomous Response by appliance"): ("Waiting", True),
    ("Appliance", "Protocols"): ("Last seen", True), ("Appliance", "Probes"): ("State", False),
    ("Appliance", "Masters"): ("State", False), ("Exporter", "Replica of each appliance"): ("Handovers in 1 h", True),
}  # fmt: skip


def boards() -> dict[str, dict]:
    """The dashboards by the part of the title that differs."""
    return {title.removeprefix("Darktrace / "): board for title, board in files.boards().items()}


def rows(board: dict) -> dict[str, list[dict]]:
    """The panels by the title of their row, from top to bottom and from left to right."""
    found: dict[str, list[dict]] = {"": []}
    for panel in sorted(board["panels"], key=lambda one: (one["gridPos"]["y"], one["gridPos"]["x"])):
        if panel["type"] == "row":
            found[panel["title"]] = list(panel["panels"])
        else:
            found[list(found)[-1]].append(panel)
    return found


class Layout(unittest.TestCase):
    """The dashboards, against the tables above."""

    def test_every_dashboard_is_listed(self):
        self.assertEqual(set(boards()), set(ROWS))

    def test_variables_have_an_order(self):
        for name, board in boards().items():
            with self.subTest(dashboard=name):
                self.assertEqual([one["name"] for one in board["templating"]["list"]], EVERYWHERE + VARIABLES[name])
                hidden = [one["name"] for one in board["templating"]["list"] if one.get("hide")]
                self.assertEqual(hidden, [one for one in VARIABLES[name] if one == "appliance_url"])

    def test_panels_have_an_order(self):
        for name, board in boards().items():
            with self.subTest(dashboard=name):
                shown = {title: [one["title"] for one in panels] for title, panels in rows(board).items()}
                # The order of rows counts as well.
                self.assertEqual(list(shown.items()), list(ROWS[name].items()))

    def test_only_rows_that_are_rarely_needed_are_closed(self):
        for name, board in boards().items():
            with self.subTest(dashboard=name):
                closed = [one["title"] for one in board["panels"] if one["type"] == "row" and one["collapsed"]]
                self.assertEqual(closed, CLOSED[name])

    def test_tables_begin_with_what_needs_attention(self):
        found = {}
        for name, board in boards().items():
            for panel in files.panels(board):
                for step in panel.get("transformations", []):
                    if step["id"] == "sortBy":
                        (order,) = step["options"]["sort"]
                        found[name, panel["title"]] = (order["field"], order["desc"])
        self.assertEqual(found, SORTED)

    def test_tables_fit_a_small_window(self):
        """The columns of Overview, by the widths that are set for them; Grafana gives all others at least 150 pixels."""
        (table,) = [one for one in files.panels(boards()["Overview"]) if one["type"] == "table"]
        widths = {}
        for change in table["fieldConfig"]["overrides"]:
            shown = {one["id"]: one["value"] for one in change["properties"]}
            if not shown.get("custom.hidden"):
                known = widths.get(change["matcher"]["options"], 150)
                widths[change["matcher"]["options"]] = shown.get("custom.width", shown.get("custom.minWidth", known))
        self.assertEqual(len(widths), 11)
        self.assertLessEqual(sum(widths.values()), 1000)

    def test_windows_of_whole_samples_are_short(self):
        """What a query reads of a window grows with the number of scrapes; that of a subquery or an offset does not."""
        for name in ("Overview", "Breaches"):
            for title, target in files.queries(boards()[name]):
                with self.subTest(dashboard=name, panel=title):
                    windows = set(files.WINDOW.findall(target["expr"]))
                    self.assertLessEqual(windows, {"2m", "1h", "$__rate_interval"})


if __name__ == "__main__":
    unittest.main()
