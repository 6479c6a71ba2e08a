"""Compares the table of rooms in docs/architecture.md with the manifest, which comes as JSON on standard input."""
import json
import re
import sys

ABOVE = "all of the above"


def stated(text):
    """What each room knows by the table, in the table's order."""
    section = text.split("\n## Rooms\n")[1].split("\n## ")[0]
    rooms = {}
    for line in section.splitlines():
        if cells := re.match(r"\| `([^`]+)` \|([^|]*)\|", line):
            name, known = cells.groups()
            rooms[name] = set(re.findall("`([^`]+)`", known)) | (set(rooms) if ABOVE in known else set())
    return rooms


def built(manifest):
    """What each room may import, as the build holds it to."""
    rooms = {}
    for target in manifest["targets"]:
        folder = target.get("path") or ""
        if target["type"] not in ("system", "test") and not folder.startswith(("Benchmarks/", "Sources/CLibraries/")):
            rooms[target["name"]] = {each["byName"][0] for each in target["dependencies"]}
    return rooms


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        table, manifest = stated(file.read()), built(json.load(sys.stdin))
    wrong = [name for name in sorted(table.keys() | manifest.keys()) if table.get(name) != manifest.get(name)]
    for name in wrong:
        print(f"{sys.argv[1]}: {name}: the table has {sorted(table.get(name, []))}, "
              f"Package.swift has {sorted(manifest.get(name, []))}")
    upward = [name for place, name in enumerate(table) if table[name] & set(list(table)[place:])]
    for name in upward:
        print(f"{sys.argv[1]}: {name} knows a room that stands below it in the table")
    sys.exit(1 if wrong or upward else 0)


main()
