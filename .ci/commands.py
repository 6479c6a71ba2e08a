"""Checks that each block of commands in the documents is run by a test, or says why it is not.

The line before a block is a comment. `<!-- run by FILE -->`: FILE contains the program and first word of each command.
`<!-- run by FILE: NAME -->` and `<!-- run by FILE, which reads it here -->`: the test runs the text of the document itself.
`<!-- not run here: reason -->`. Blocks without a command have a language (```yaml) or `<!-- no command -->`.
"""
import pathlib
import re
import subprocess
import sys

OTHERS = ("docs/metrics.md", "dashboards/runbooks/")  # generated; queries, which the tests of the dashboards run
STEPS = pathlib.Path("deploy/debian/test")
MARK = re.compile(r"<!-- (run by (?P<file>[^:, ]+)(: (?P<name>.+)|(?P<read>, which reads it here))?|not run here: (?P<reason>.{10,})|no command) -->$")


def blocks(text: str):
    """Number of the first line, the line before it that is not blank, and the lines of each block of code."""
    lines, fence, block, before, start = text.split("\n"), None, [], "", 0
    for number, line in enumerate(lines + ["end"], 1):
        if fence is not None:
            if line.strip() == "```":
                yield start, before, block, fence
                fence, block, before = None, [], ""
            else:
                block.append(line)
        elif line.strip().startswith("```"):
            fence, start, block = line.strip()[3:], number, []
        # Four spaces, or seven in a list, after a blank line; a list's own text has fewer.
        elif line.startswith("    ") and (block or not lines[number - 2].strip()) and not re.match(r" +[-*] ", line):
            if not block:
                start = number
            block.append(line)
        elif line.strip():
            if block:
                yield start, before, block, ""
                block = []
            before = line.strip()


def commands(block: list[str]) -> set[str]:
    """Program and first argument of each command; continued lines and here-documents belong to the one before."""
    joined = re.sub(r"\\\n *", " ", "\n".join(block))
    words = [re.sub(r"^(\w+=\S+ +)+", "", line.strip()).split() for line in joined.split("\n") if line.strip()]
    return {" ".join(line[:2]) for line in words if line and not line[0].startswith("#")}


def faults(document: pathlib.Path):
    for number, before, block, language in blocks(document.read_text(encoding="utf-8")):
        if language not in ("", "sh", "bash", "console"):
            continue
        mark = MARK.search(before)
        if not mark:
            yield f"{document}:{number}: no mark before `{block[0].strip()}`"
            continue
        if not mark["file"]:
            continue
        test = pathlib.Path(mark["file"])
        if not test.is_file():
            yield f"{document}:{number}: there is no {test}"
        elif mark["name"]:
            # A test that runs a block by name finds it with the words of the mark.
            called = re.compile(f"documented {document} \"?{mark['name']}\\b")
            if not any(called.search(path.read_text(encoding="utf-8")) for path in STEPS.iterdir()):
                yield f"{document}:{number}: no test runs {mark['name']!r}"
        elif mark["read"]:
            if str(document) not in test.read_text(encoding="utf-8"):
                yield f"{document}:{number}: {test} does not read this document"
        else:
            text = test.read_text(encoding="utf-8")
            for missing in sorted(command for command in commands(block) if command not in text):
                yield f"{document}:{number}: {test} does not run `{missing}`"


listed = subprocess.run(["git", "ls-files", "*.md"], check=True, capture_output=True, text=True).stdout.split()
found = [fault for name in listed if not name.startswith(OTHERS) for fault in faults(pathlib.Path(name))]
print("\n".join(found), end="\n" if found else "")
sys.exit(1 if found else 0)
