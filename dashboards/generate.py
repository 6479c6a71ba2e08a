#!/usr/bin/env python3
"""Writes the rules, the dashboards, and the data of the mixin from settings.yml.

generate.py [--settings FILE]... [--output DIRECTORY] [--only rules]

Further settings files override the first. The default output is this directory. Dashboards need the package
grafana-foundation-sdk; rules need PyYAML alone.
"""

import argparse
import pathlib

from generator import mixin, rules
from generator.settings import Settings

HERE = pathlib.Path(__file__).resolve().parent


def rule_files(settings: Settings) -> dict[str, str]:
    """The generated rule files: path in the output directory, and text."""
    return {f"prometheus/{path}": body for path, body in rules.rendered(settings, HERE / "rules").items()}


def mixin_files(settings: Settings) -> dict[str, str]:
    """The generated files of the mixin that need no dashboards: path in the output directory, and text."""
    return {f"mixin/{name}": body for name, body in mixin.files(settings, HERE / "rules").items()}


def dashboard_files(settings: Settings) -> dict[str, str]:
    """The generated dashboards: path in the output directory, and text."""
    # Here and not above: rules are generated without the library of Grafana.
    from generator import appliance, breaches, exporter, overview, response
    from generator.dashboards import content, importable, text

    made, boards = {}, {}
    for module in (overview, breaches, response, appliance, exporter):
        board = content(module.made(settings))
        made[f"grafana/dashboards/{board['uid']}.json"] = text(board)
        made[f"grafana/import/{board['uid']}.json"] = text(importable(board))
        boards[f"{board['uid']}.json"] = board
    return made | {f"mixin/{name}": body for name, body in mixin.dashboards(boards).items()}


def files(settings: Settings) -> dict[str, str]:
    """All generated files: path in the output directory, and text."""
    return rule_files(settings) | mixin_files(settings) | dashboard_files(settings)


def main() -> None:
    """Writes the files whose content differs, and deletes those that are not generated any more."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--settings", type=pathlib.Path, action="append", default=[])
    options.add_argument("--output", type=pathlib.Path, default=HERE)
    options.add_argument("--only", choices=["rules"])
    chosen = options.parse_args()
    settings = Settings(HERE / "settings.yml", *chosen.settings)
    made = rule_files(settings) | mixin_files(settings) if chosen.only == "rules" else files(settings)
    for name, body in made.items():
        path = chosen.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != body:
            path.write_text(body, encoding="utf-8")
            print(path)
    for path in leftovers(chosen.output, made):
        path.unlink()
        print(f"{path} is not generated any more: deleted")


def leftovers(output: pathlib.Path, made: dict[str, str]) -> list[pathlib.Path]:
    """The rule files that were generated with other settings; all other files of these directories are left alone."""
    note = rules.NOTE.partition("{")[0]
    present = [path for folder in ("rules", "optional-rules") for path in (output / "prometheus" / folder).glob("*.yml")]
    old = [path for path in present if path.relative_to(output).as_posix() not in made]
    return [path for path in old if path.read_text(encoding="utf-8").startswith(note)]


if __name__ == "__main__":
    main()
