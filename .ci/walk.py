"""Checks the walks through the code in docs/architecture.md: every file exists, and declares what its row names.

A row is `| step | `Sources/...swift` | `name` or `name`, ... | text |`; a name is that of a type, function or property.
"""
import pathlib
import re
import sys

ROW = re.compile(r"^\| \d+ \| `(Sources/[^`]+)` \| ([^|]+) \|", re.MULTILINE)
DECLARATION = r"\b(?:func|struct|class|enum|actor|protocol|var|let|case|typealias|extension) `?{}\b|^\s*(?:\w+ )*{}[(<]"

document = pathlib.Path(sys.argv[1])
text = document.read_text(encoding="utf-8")
rows = ROW.findall(text)
wrong = [] if len(rows) > 10 else [f"only {len(rows)} steps were found"]
for path, names in rows:
    file = pathlib.Path(path)
    if not file.exists():
        wrong.append(f"{path} does not exist")
        continue
    source = file.read_text(encoding="utf-8")
    for name in re.findall(r"`([^`]+)`", names):
        # `Type.member` and `member(label:)` name the member.
        member = re.sub(r"\(.*", "", name).split(".")[-1]
        if not re.search(DECLARATION.format(member, member), source, re.MULTILINE):
            wrong.append(f"{path} does not declare {name}")
for line in wrong:
    print(f"{document}: {line}")
sys.exit(1 if wrong else 0)
