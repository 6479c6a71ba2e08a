"""Looks for links of the documents that lead to no file of this project, or to no heading in it."""
import pathlib
import re
import subprocess
import sys


def anchors(file):
    """The headings of a document as their links write them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(document):
    """The links of one document that lead nowhere, relative ones alone: nothing outside is asked."""
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
