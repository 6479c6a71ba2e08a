#!/usr/bin/env python3
"""Writes the plain manifests, the golden files and the table of values; checks and packages the chart.

make.py [--check] [--output DIRECTORY]     --check: a file that is not up to date is a fault, and nothing is written
"""

import argparse
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
from typing import Any, Iterator

import yaml
from helm_python import lint, package

import generated
from checks import documents, exporter, fleet, objects, refusals, rules
from render import CHART, HERE, ROOT, quiet, rendered, value_sets
from render import objects as rendered_objects


def stale() -> Iterator[str]:
    """Generated files that are not up to date, and golden files of sets that do not exist any more."""
    made = generated.files()
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.relative_to(ROOT)} is not up to date; run make chart"
    for path in sorted(set((HERE / "golden").iterdir()) - set(made)):
        yield f"{path.relative_to(ROOT)} belongs to no set of values; delete it"


def write() -> None:
    """Writes the generated files whose content differs, until none does: Chart.yaml is part of what is rendered."""
    differs = True
    while differs:
        differs = False
        for path, text in generated.files().items():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                print(path.relative_to(ROOT))
                differs = True


def chart_faults() -> Iterator[str]:
    """Lint, objects of each set, descriptions of values, and the manifests as kustomize reads them."""
    for name, values in value_sets().items():
        with quiet():
            messages = lint(str(CHART), values=values, strict=True)["messages"]
        for message in messages:
            if message["error"] != "icon is recommended":
                yield f"{name}: lint: {message['error']}"
        yield from (f"{name}: {fault}" for fault in objects.faults(rendered_objects(rendered(values))))
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    described = {path for path, _ in generated.described(text)}
    yield from (f"values.yaml: {path} has no description" for path in leaves(yaml.safe_load(text))
                if not any(f"{path}.".startswith(f"{known}.") for known in described))
    [recreated] = objects.workloads(rendered_objects(rendered(generated.FLEET | {"strategy": {"type": "Recreate"}})))
    if recreated["spec"]["strategy"] != {"type": "Recreate"}:
        yield f"Kubernetes refuses the strategy {recreated['spec']['strategy']}"
    forms = [rendered_objects(rendered(values)) for values in ({}, generated.FLEET)]
    yield from objects.copy_faults(yaml.safe_load(generated.COPY.read_text(encoding="utf-8")), *forms)
    written = [generated.COPY, HERE / "prometheus.yml", HERE / "manifests/kustomization.yaml",
               HERE / "manifests/fleet/kustomization.yaml", CHART / "ci", CHART / "values.yaml",
               CHART / "Chart.yaml"]
    done = subprocess.run(["yamllint", "--strict", *written], cwd=ROOT, capture_output=True, text=True, check=False)
    yield from done.stdout.splitlines()
    yield from (fault for directory in ("manifests", "manifests/fleet") for fault in kustomize_faults(directory))


def leaves(values: dict[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all values."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{above}{key}.")
        else:
            yield above + key


def kustomize_faults(directory: str) -> Iterator[str]:
    """What kustomize makes of the manifests of a directory in another namespace, with another image."""
    with tempfile.TemporaryDirectory() as folder:
        overlay = {"resources": [os.path.relpath(HERE / directory, folder)], "namespace": "security",
                   "images": [{"name": "darktrace-exporter", "newName": "registry.example/darktrace-exporter"}]}
        pathlib.Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
        done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"{directory}: kubectl kustomize: {done.stderr}"
        return
    found = list(yaml.safe_load_all(done.stdout))
    yield from (f"{directory}: {fault}" for fault in objects.faults(found))
    yield from (f"{directory}: {each['kind']} is not in the namespace" for each in found
                if each["metadata"].get("namespace") != "security")
    if "image: registry.example/darktrace-exporter:" not in done.stdout or re.search("helm", done.stdout, re.I):
        yield f"{directory}: the image is not replaced, or a label of Helm is left"


def packaged(output: pathlib.Path) -> Iterator[str]:
    """Packages the chart; what is wrong with the package."""
    output.mkdir(parents=True, exist_ok=True)
    with quiet():
        path = pathlib.Path(package(str(CHART), destination=str(output)))
    with tarfile.open(path) as archive, tempfile.TemporaryDirectory() as folder:
        if links := [member.name for member in archive if not member.isreg()]:
            yield f"{path.name}: these are no files: {', '.join(links)}"
        archive.extractall(folder)
        for name, values in value_sets().items():
            if rendered(values, pathlib.Path(folder, "darktrace-exporter")) != rendered(values):
                yield f"{path.name}: the package renders {name} differently from the directory"
    print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def main() -> int:
    """Runs everything; the exit status is 1 if there is a fault."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    options.add_argument("--output", type=pathlib.Path, default=ROOT / ".build/dist")
    chosen = options.parse_args()
    if not chosen.check:
        write()
    found = 0
    for fault in itertools.chain(stale(), chart_faults(), documents.faults(), refusals.faults(), rules.faults(),
                                 exporter.faults(), fleet.faults(), packaged(chosen.output)):
        print(f"chart: {fault}", file=sys.stderr)
        found += 1
    if not found:
        print(f"chart: {len(value_sets())} sets of values are valid for Kubernetes {', '.join(objects.VERSIONS)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
