#!/usr/bin/env python3
"""Writes prometheus/rules and grafana/dashboards from settings.yml.

generate.py [--settings FILE]... [--output DIRECTORY]

Further settings files override the first. The default output is this directory.
"""

import argparse
import pathlib

from generator import appliance, breaches, exporter, overview, response, rules
from generator.dashboards import content, importable, text
from generator.settings import Settings

HERE = pathlib.Path(__file__).resolve().parent


def files(settings: Settings) -> dict[str, str]:
    """All generated files: path in the output directory, and text."""
    made = {f"prometheus/rules/{name}": body for name, body in rules.rendered(settings, HERE / "rules").items()}
    for module in (overview, breaches, response, appliance, exporter):
        board = content(module.made(settings))
        made[f"grafana/dashboards/{board['uid']}.json"] = text(board)
        made[f"grafana/import/{board['uid']}.json"] = text(importable(board))
    return made


def main() -> None:
    """Writes the files whose content differs."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--settings", type=pathlib.Path, action="append", default=[])
    options.add_argument("--output", type=pathlib.Path, default=HERE)
    chosen = options.parse_args()
    for name, body in files(Settings(HERE / "settings.yml", *chosen.settings)).items():
        path = chosen.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != body:
            path.write_text(body, encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
