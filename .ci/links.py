"""Finds links in documents to a file or heading that does not exist in this project."""
import pathlib
import re
import subprocess
import sys


def anchors(file):
    """The anchors of the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(document):
    """The broken relative links of one document; no request is sent."""
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield f"{document}: {link}"


listed = subprocess.run(["git", "ls-files", "*.md"], check=True, capture_output=True, text=True).stdout
found = [line for name in listed.split() for line in dead(pathlib.Path(name))]
print("\n".join(found), end="\n" if found else "")
sys.exit(1 if found else 0)
