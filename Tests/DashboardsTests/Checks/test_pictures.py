"""Every dashboard is drawn from the answers of a real Prometheus: all well, a dead exporter, sixty appliances."""

import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import files
from make_pictures import picture, stopped, view
from pictures.chromium import Chromium
from pictures.evaluate import Prometheus, View
from pictures.values import NONE, mapping, stepped
from programs import until
from situations import Situation

#: What is empty when everything is well: there is nothing of it.
NOTHING = {"Masters", "Appliances by replica", "Handovers per hour", "Replica of each appliance"}
#: What needs a few minutes, or some days, until there is something to show or to compare with.
LATER = {
    "Ingestion delay", "Creation delay", "Usual in 24 h", "Time to acknowledgement", "Breaches found late per hour",
    "Polls and failed polls per hour", "Lag of the ten appliances furthest behind", "Scores",
}  # fmt: skip
MAY_BE_EMPTY = NOTHING | LATER
#: The same of the dashboard of an appliance, which is drawn over the last minute.
MAY_BE_EMPTY_ON_APPLIANCE = MAY_BE_EMPTY | {"Breaches by category"}
#: A window on a large screen, and one on a small one or next to another window.
WIDTHS = (1600, 1000)
#: Texts that do not fit where they are. Bars and cells end with dots, and the whole text is in a tooltip.
CUT = """[...document.querySelectorAll('h1, .panel h2, .stat p, .legend, .bar b')]
    .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"""


def is_empty(shown) -> bool:
    """Whether a panel has no value."""
    return not (shown.rows() if shown.panel["type"] == "table" else shown.series())


def empty_panels(board: dict, panels: list) -> list[str]:
    """The titles of panels without a value that should have one when everything is well."""
    may_be_empty = MAY_BE_EMPTY_ON_APPLIANCE if board["uid"] == "darktrace-appliance" else MAY_BE_EMPTY
    found = [one for one in panels if one.panel["type"] != "row" and is_empty(one)]
    return [one.panel["title"] for one in found if one.panel["title"] not in may_be_empty]


class Pictures(unittest.TestCase):
    """One browser for all situations."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="darktrace-pictures-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.browser = cls.enterClassContext(Chromium())

    def situation(self, name: str, appliances: list[str], **size: int) -> Situation:
        """A situation that ends with the test."""
        made = Situation(pathlib.Path(self.folder.name, name), appliances, **size)
        self.addCleanup(made.stop)
        return made

    def drawn(self, situation: Situation, board: dict, end: float | None = None, opened: bool = True):
        """The panels of pictures that are pictures, and that are not wider than the window."""
        path = pathlib.Path(self.folder.name, f"{board['uid']}.png")
        seen = view(situation, board, 60, end)
        shown = seen.panels(opened)
        for width in WIDTHS:
            with self.subTest(dashboard=board["title"], width=width):
                picture(self.browser, seen, shown, path, width, opened)
                self.assertEqual(path.read_bytes()[:4], b"\x89PNG")
                self.assertGreater(path.stat().st_size, 10_000)
                self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
                boxes = self.browser.run("document.querySelectorAll('.panel').length")
                self.assertEqual(boxes, len(files.panels(board)))
                self.assertEqual(self.browser.run(CUT), [])
                if board["uid"] == "darktrace-overview":
                    wide = "[...document.querySelectorAll('table')].map(one => one.scrollWidth - one.parentElement.clientWidth)"
                    self.assertLessEqual(max(self.browser.run(wide)), 0)
        return [one for one in shown if one.panel["type"] != "row"]

    def assert_filled(self, situation: Situation, board: dict, panels: list):
        """Each panel that should have a value has one."""
        empty = empty_panels(board, panels)
        end = time.monotonic() + 90
        # On a busy machine a poll may be late by more than its values last: they come back.
        while empty and time.monotonic() < end:
            empty = empty_panels(board, view(situation, board, 60).panels(True))
        self.assertEqual(empty, [])

    def test_all_well_and_then_a_dead_exporter(self):
        well = self.situation("well", ["hq", "branch"], days=2)
        recorded = "appliance_category:darktrace_model_breaches:count1d"
        until("the rules count", 30, lambda: well.prometheus.query(recorded))
        well.burst()
        well.acknowledge()
        for board in files.boards().values():
            panels = self.drawn(well, board)
            with self.subTest(dashboard=board["title"]):
                self.assert_filled(well, board, panels)
        self.assert_cheap(well)
        self.assert_recorded_counts_have_a_past(well)
        end = stopped(well)
        dead = {title: self.drawn(well, board, end) for title, board in files.boards().items()}
        for title, panels in dead.items():
            for shown in panels:
                with self.subTest(dashboard=title, panel=shown.panel["title"], exporter="dead"):
                    self.assert_no_good_news(shown)
        table = next(one for one in dead["Darktrace / Overview"] if one.panel["title"] == "Appliances")
        # Prometheus has no order for those in the same state.
        states = sorted((row["Appliance"], row["State"]) for row in table.rows())
        self.assertEqual(states, [("branch", 1), ("hq", 1)])

    def assert_recorded_counts_have_a_past(self, well: Situation):
        """The command of README.md for the time before the rules were loaded."""
        now = int(time.time())
        rules = well.folder / "rules/recording.yml"
        command = [
            "promtool", "tsdb", "create-blocks-from", "rules", f"--start={now - 8 * 3600}", f"--end={now - 4 * 3600}",
            f"--url={well.prometheus.url}", f"--output-dir={well.folder}/blocks", "--eval-interval=1h", str(rules),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        (well.folder / "blocks/wal").mkdir()  # without it promtool does not dump
        dumped = subprocess.run(["promtool", "tsdb", "dump", f"{well.folder}/blocks"], check=True, capture_output=True)
        names = set(re.findall(r'__name__="([^"]+)"', dumped.stdout.decode()))
        self.assertLessEqual({name for name in files.recorded() if ":count" in name}, names)

    def assert_cheap(self, well: Situation):
        """A refresh of Breaches reads a tenth of what the sum of whole windows took, 0.76 million samples.

        With every row opened, and samples of the last hours 15 seconds apart.
        """
        samples = "min(count_over_time(darktrace_model_breaches_by_category_total[30m] offset 10m))"
        self.assertGreater(well.sum(samples), 110)
        seen = View(files.boards()["Darktrace / Breaches"], Prometheus(well.prometheus.url))
        self.assertLess(sum(shown.samples for shown in seen.panels(opened=True)), 76_000)

    def assert_no_good_news(self, shown):
        """Nothing is green without an exporter; the past may still be shown."""
        if shown.panel["type"] != "stat":
            return
        defaults = shown.panel["fieldConfig"]["defaults"]
        series = shown.series()
        value = series[0][2][-1][1] if series else None
        found = mapping(value, defaults["mappings"])
        color = found[1] if found else stepped(value, defaults["thresholds"]) if value is not None else NONE
        self.assertNotIn(color, ("#73bf69", "green"), value)

    def test_sixty_appliances_with_failures_first(self):
        sixty = self.situation("sixty", [f"site-{number:02d}" for number in range(1, 61)], days=1, rate=40)
        broken = sixty.break_some()
        drawn = {title: self.drawn(sixty, board) for title, board in files.boards().items()}
        table = next(one for one in drawn["Darktrace / Overview"] if one.panel["title"] == "Appliances")
        rows = table.rows()
        self.assertEqual(len(rows), 60)
        self.assertEqual({row["Appliance"] for row in rows[: len(broken)]}, set(broken))
        self.assertEqual([row["State"] for row in rows], [0] * len(broken) + [3] * (60 - len(broken)))
        # Overview also works for more than two hundred.
        count = sixty.multiply(4)
        panels = self.drawn(sixty, files.boards()["Darktrace / Overview"])
        rows = next(one for one in panels if one.panel["title"] == "Appliances").rows()
        self.assertEqual(len(rows), count)
        self.assertEqual([row["State"] for row in rows], [0] * 4 * len(broken) + [3] * (count - 4 * len(broken)))
        bars = next(one for one in panels if one.panel["type"] == "bargauge")
        self.assertEqual(len(bars.series()), 10)


if __name__ == "__main__":
    unittest.main()
