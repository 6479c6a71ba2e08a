"""Finds names that two modules of Sources give to a top-level type: a reader who searches for one must find one."""
import collections
import pathlib
import re
import sys

DECLARATION = re.compile(
    r"^(?:@\w+(?:\([^)]*\))? )*(?:(?:public|package|internal|fileprivate|private|final|indirect|nonisolated|distributed) )*"
    r"(?:struct|class|enum|actor|protocol|typealias) (\w+)", re.MULTILINE)

modules = collections.defaultdict(set)
for path in pathlib.Path("Sources").rglob("*.swift"):
    if path.parts[1].startswith("darktrace-"):
        continue  # a program: no other module can import it
    for name in DECLARATION.findall(path.read_text(encoding="utf-8")):
        modules[name].add(path.parts[1])
shared = {name: found for name, found in modules.items() if len(found) > 1}
for name, found in sorted(shared.items()):
    print(f"{name}: a top-level type in {', '.join(sorted(found))}")
sys.exit(1 if shared else 0)
