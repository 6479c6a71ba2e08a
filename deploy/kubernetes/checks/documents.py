"""Checks that the values in docs/kubernetes.md render to valid objects."""

import re
import textwrap
from typing import Any, Iterator

import yaml

from checks import objects
from render import ROOT, rendered
from render import objects as rendered_objects

DOCUMENT = ROOT / "docs/kubernetes.md"
BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.M | re.S)


def values() -> list[dict[str, Any]]:
    """The blocks that are values of the chart; the others are lists, which are files of appliances."""
    blocks = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    found = [yaml.safe_load(textwrap.dedent(block)) for block in blocks]
    return [block for block in found if isinstance(block, dict)]


def faults() -> Iterator[str]:
    """What is wrong with the values; Helm's own refusals are exceptions."""
    if len(values()) < 5:
        yield f"{DOCUMENT.name}: only {len(values())} blocks of values are found"
    for block in values():
        yield from (f"{DOCUMENT.name}: {block}: {fault}" for fault in objects.faults(rendered_objects(rendered(block))))


def replica() -> dict[str, Any]:
    """The values of the first of two releases."""
    [block] = [block for block in values() if "replica" in str(block)]
    return block
