"""Renders the chart with the library of Helm, without a cluster."""

import contextlib
import os
import pathlib
from typing import Any, Iterator

import yaml
from helm_python import Chart

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CHART = HERE / "chart"
RELEASE = "darktrace-exporter"
NAMESPACE = "monitoring"


def value_sets() -> dict[str, dict[str, Any]]:
    """The sets of values to render, by name."""
    suffix = "-values.yaml"
    paths = sorted((CHART / "ci").glob("*" + suffix))
    return {path.name.removesuffix(suffix): yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without standard error, where Helm logs every link in files/; its errors are exceptions."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def rendered(values: dict[str, Any], chart: pathlib.Path = CHART, release: str = RELEASE) -> dict[str, str]:
    """The texts that the templates produce, by name of the template; raises HelmError if Helm refuses the values."""
    with quiet():
        texts = Chart.load(str(chart)).render(values, name=release, namespace=NAMESPACE)
    return {name.partition("/templates/")[2]: text for name, text in sorted(texts.items())}


def documents(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Template and text of each object; a template may produce several or none."""
    found = []
    for name, text in texts.items():
        if name.endswith(".yaml"):
            parts = (part.strip("\n") for part in ("\n" + text).split("\n---\n"))
            found += [(name, part + "\n") for part in parts if part.strip()]
    return found


def objects(texts: dict[str, str]) -> list[dict[str, Any]]:
    """The objects that the templates produce."""
    return [yaml.safe_load(text) for _, text in documents(texts)]


def of_kind(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The objects of one kind."""
    return [each for each in found if each["kind"] == kind]
