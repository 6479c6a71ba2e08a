"""Finds words that this project does not use, in names, comments, messages and documents; see docs/glossary.md.

They are everyday words that stood for a standard term (or for nothing), so that a reader had to guess. Names are
split where their case changes: `makeRoom` holds the word "room". `.ci/words-allowed` lists the exceptions.

usage: words.py [FILE...]     every file of the repository unless some are named
"""
import pathlib
import re
import subprocess
import sys

#: What is wrong, and what to write instead.
AVOIDED = {
    "told|tells": "exposed, reports, states, shows",
    "anew": "again, from scratch",
    "errands?": "query, request",
    "chronicles?": "history, backfill",
    "bell": "wakeup",
    "welcome": "priority",
    "fellows?": "the other ...",
    "lest": "so that ... not",
    "mended|mends?": "fixed, repair",
    "heeds?|heeded": "honour, support",
    "unasked": "automatically",
    "rooms?": "module",
    "stretch|stretches": "range",
    "tally": "counts",
    "whoever": "name the actor",
    "nobody": "no client, no operator",
    "besides?": "next to, in addition to",
    "for good": "permanently",
    "by (?:itself|themselves)": "automatically, on its own",
    "meanwhile": "while ...",
    "wants? to": "must, requires",
    "stands? in": "is in, replaces",
    "the way there": "network path",
    "without a word": "without arguments",
    "at all events": "in any case",
    "sweeps?": "catch-up, scan",
    "witness(?:es)?": "callback, detector",
    "moments?": "instant, point in time",
    "merits?": "rank",
    "harms?": "damage",
    "tolls?": "statistics",
    "aims?": "target",
    "diary|diaries": "recorder",
    "climates?": "fault profile",
    "weather": "faults",
    "dice": "random numbers",
}
SUFFIXES = {
    ".swift", ".md", ".py", ".in", ".yml", ".yaml", ".service", ".socket", ".default", ".go", ".c", ".h", ".lua", ".txt", "",
}
ALLOWED = pathlib.Path(__file__).with_name("words-allowed")
SELF = {".ci/words.py", ".ci/words-allowed", "LICENSE"}
# A phrase may continue on the next line, behind the mark of a comment.
GAP = r"(?:\s|[/#*])+"
PATTERN = re.compile(r"\b(?:" + "|".join(AVOIDED).replace(" ", GAP) + r")\b")


def spaced(text):
    """The text in lower case, with names split into their words; lines stay where they are."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", text)
    return text.lower()


def found(path):
    """Line numbers and words of one file; the words of its path come with line 0."""
    for match in PATTERN.finditer(spaced(str(path).replace("-", " "))):
        yield 0, match[0]
    text = spaced(path.read_text(encoding="utf-8"))
    for match in PATTERN.finditer(text):
        word = " ".join(re.sub(GAP, " ", match[0]).split())
        yield text.count("\n", 0, match.start()) + 1, word


def advice(word):
    """What to write in place of a word."""
    return next(better for avoided, better in AVOIDED.items() if re.fullmatch(avoided, word))


def exceptions():
    """Path and word of each exception; a line is `path: word: reason`."""
    rows = set()
    for line in ALLOWED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            path, word, reason = line.split(": ", 2)
            assert reason, line
            rows.add((path, word))
    return rows


def main():
    names = sys.argv[1:] or subprocess.run(
        ["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
    allowed, used, wrong = exceptions(), set(), 0
    for name in names:
        path = pathlib.Path(name)
        if name in SELF or path.suffix not in SUFFIXES or "/Corpus/" in name or not path.is_file():
            continue
        for number, word in found(path):
            if (name, word) in allowed:
                used.add((name, word))
                continue
            wrong += 1
            print(f"{name}:{number}: {word!r}: write {advice(word)}")
    if not sys.argv[1:]:
        for name, word in sorted(allowed - used):
            wrong += 1
            print(f"{ALLOWED.name}: {name} does not use {word!r}: delete the line")
    sys.exit(1 if wrong else 0)


main()
