"""Checks that the errors that docs/troubleshooting.md quotes in bold exist in the code.

Each part of a quotation must be in a string of Sources. Errors of other programs are in EXTERNAL.
"""
import pathlib
import re
import sys

DOCUMENT = pathlib.Path("docs/troubleshooting.md")
EXTERNAL = (
    "server returned HTTP status", "next: data does not end", "bad certificate", "certificate required",
)

# Concatenated strings are one text.
sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(pathlib.Path("Sources").rglob("*.swift")))
sources = re.sub(r'"\s*\+\s*"', "", sources)
quotations = re.findall(r"\*\*`([^`]+)`|(?<=`, )`([^`]+)`(?=\*\*|,|:)", DOCUMENT.read_text(encoding="utf-8"))
wrong = []
for quotation in filter(None, (one or other for one, other in quotations)):
    if quotation.startswith(EXTERNAL):
        continue
    # Interpolated values, and what a type puts around a message, separate the parts.
    parts = [part.strip() for part in re.split(r"…|: |; |'", quotation) if len(part.strip()) > 3]
    if missing := [part for part in parts if part not in sources]:
        wrong.append(f"{DOCUMENT}: {quotation!r}: no string of Sources has {missing[0]!r}")
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(1 if wrong or len(quotations) < 15 else 0)
