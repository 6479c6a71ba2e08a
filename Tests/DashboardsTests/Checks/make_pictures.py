#!/usr/bin/env python3
"""Draws docs/pictures from a real run: simulated appliances, the exporter and a Prometheus. Use `make pictures`."""

import pathlib
import sys
import tempfile
import time

import files
from pictures.chromium import Chromium
from pictures.draw import page
from pictures.evaluate import Prometheus, Shown, View
from programs import until
from situations import Situation

WIDTH = 1600
#: Dashboards about what has no history in a new Prometheus are drawn over the time since its start.
RECENT = {"darktrace-response", "darktrace-appliance", "darktrace-exporter"}
#: Gauges need some time to become a line.
WARM_UP = 180


def view(situation: Situation, board: dict, recent: int, end: float | None = None) -> View:
    """A dashboard as somebody sees it who opens it now, or at another time."""
    length = recent if board["uid"] in RECENT else 86400
    return View(board, Prometheus(situation.prometheus.url), end=end or time.time(), length=length, scrape=5)


def draw(browser: Chromium, seen: View, path: pathlib.Path, *, opened: bool = False) -> list[Shown]:
    """Writes the picture of a dashboard, and returns what its panels show."""
    shown = seen.panels(opened)
    picture(browser, seen, shown, path, WIDTH, opened)
    return shown


def picture(browser: Chromium, seen: View, shown: list[Shown], path: pathlib.Path, width: int, opened: bool):
    """Writes the picture of panels that have their data, in a window of this width."""
    browser.show(width)
    browser.write(page(seen, shown, width, opened))
    browser.picture(path)


def stopped(situation: Situation) -> float:
    """Ends the exporter; a time at which Prometheus has forgotten its series, and the rules have no counts any more."""
    situation.exporter.stop()
    until("Prometheus sees it", 60, lambda: not situation.prometheus.query("darktrace_up"))
    return time.time() + 1200


def main():
    """Writes all pictures."""
    folder = files.ROOT / "docs/pictures"
    folder.mkdir(exist_ok=True)
    boards = {board["uid"].removeprefix("darktrace-"): board for board in files.boards().values()}
    with tempfile.TemporaryDirectory(prefix="darktrace-pictures-") as place:
        well = Situation(pathlib.Path(place, "well"), ["hq", "branch", "plant"], days=15)
        sixty = None
        try:
            sixty = Situation(pathlib.Path(place, "sixty"), [f"site-{number:02d}" for number in range(1, 61)], days=1)
            well.burst()
            well.acknowledge()
            sixty.break_some()
            print(f"waiting {WARM_UP} s for some history", flush=True)
            time.sleep(WARM_UP)
            with Chromium() as browser:
                for name, board in boards.items():
                    draw(browser, view(well, board, WARM_UP), folder / f"{name}.png")
                draw(browser, view(sixty, boards["overview"], WARM_UP), folder / "overview-60-appliances.png")
                end = stopped(well)
                draw(browser, view(well, boards["overview"], WARM_UP, end), folder / "overview-dead-exporter.png")
        finally:
            well.stop()
            if sixty:
                sixty.stop()
    for path in sorted(folder.glob("*.png")):
        print(f"{path.relative_to(files.ROOT)}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    sys.exit(main())
