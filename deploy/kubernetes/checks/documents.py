"""Checks that the values in documents render to valid objects, and that a job for Prometheus is the one that is tested."""

import pathlib
import re
import textwrap
from typing import Any, Iterator

import yaml

from checks import objects
from checks.prometheus import EXAMPLE
from render import ROOT, rendered
from render import objects as rendered_objects

DOCUMENT = ROOT / "docs/kubernetes.md"
#: Only its blocks with replicas are values of the chart.
FLEET = ROOT / "docs/fleet.md"
BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.M | re.S)


def mappings(document: pathlib.Path) -> list[dict[str, Any]]:
    """The blocks of a document that are mappings; the others are lists, which are files of appliances."""
    blocks = [yaml.safe_load(textwrap.dedent(block)) for block in BLOCK.findall(document.read_text(encoding="utf-8"))]
    return [block for block in blocks if isinstance(block, dict)]


def values() -> list[dict[str, Any]]:
    """The blocks that are values of the chart."""
    return mappings(DOCUMENT) + [block for block in mappings(FLEET) if "replicaCount" in block]


def faults() -> Iterator[str]:
    """What is wrong with the values; Helm's own refusals are exceptions."""
    if len(values()) < 5:
        yield f"{DOCUMENT.name}: only {len(values())} blocks of values are found"
    for block in values():
        yield from (f"{block}: {fault}" for fault in objects.faults(rendered_objects(rendered(block))))
    rules = [[job["metric_relabel_configs"] for job in mapping["scrape_configs"]]
             for mapping in (yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), *mappings(FLEET))
             if "scrape_configs" in mapping]
    if len(rules) != 2 or rules[0] != rules[1]:
        yield f"{FLEET.name}: the relabelings are not those of {EXAMPLE.name}"


def replica() -> dict[str, Any]:
    """The values of the first of two releases."""
    [block] = [block for block in values() if "'replica'" in str(block)]
    return block
