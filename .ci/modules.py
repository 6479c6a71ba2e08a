"""Compares the table of modules in docs/architecture.md with the manifest, which comes as JSON on standard input."""
import json
import re
import sys

ABOVE = "all of the above"


def documented(text):
    """What each module imports according to the table, in the table's order."""
    section = text.split("\n## Modules\n")[1].split("\n## ")[0]
    modules = {}
    for line in section.splitlines():
        if cells := re.match(r"\| `([^`]+)` \|([^|]*)\|", line):
            name, imports = cells.groups()
            modules[name] = set(re.findall("`([^`]+)`", imports)) | (set(modules) if ABOVE in imports else set())
    return modules


def declared(manifest):
    """What each module may import according to the manifest."""
    modules = {}
    for target in manifest["targets"]:
        directory = target.get("path") or ""
        if target["type"] not in ("system", "test") and not directory.startswith(
                ("Benchmarks/", "Sources/CLibraries/", "Tests/")):
            modules[target["name"]] = {each["byName"][0] for each in target["dependencies"]}
    return modules


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        table, manifest = documented(file.read()), declared(json.load(sys.stdin))
    wrong = [name for name in sorted(table.keys() | manifest.keys()) if table.get(name) != manifest.get(name)]
    for name in wrong:
        print(f"{sys.argv[1]}: {name}: the table has {sorted(table.get(name, []))}, "
              f"Package.swift has {sorted(manifest.get(name, []))}")
    upward = [name for place, name in enumerate(table) if table[name] & set(list(table)[place:])]
    for name in upward:
        print(f"{sys.argv[1]}: {name} imports a module that is below it in the table")
    sys.exit(1 if wrong or upward else 0)


main()
