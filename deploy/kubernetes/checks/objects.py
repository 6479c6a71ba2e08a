"""Checks rendered objects against the schemas of Kubernetes and of Prometheus Operator, and against each other."""

import json
import pathlib
import re
from typing import Any, Iterator

import jsonschema
import kubernetes_validate
import yaml

#: From the oldest version that Chart.yaml allows to the newest whose schemas are at hand.
VERSIONS = ("1.27", "1.30", "1.33", "1.37")
SCHEMA = pathlib.Path(__file__).with_name("operator.schema.json")
LABEL = re.compile(r"(?!.{64})([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
#: kubectl stores an applied object in an annotation, and all annotations together have this limit.
LARGEST = 256 * 1024
Object = dict[str, Any]


def faults(objects: list[Object]) -> Iterator[str]:
    """What is wrong with the objects of one rendering."""
    operator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    seen = set()
    for each in objects:
        name = f"{each['kind']} {each['metadata']['name']}"
        if (key := (name, each["metadata"].get("namespace"))) in seen:
            yield f"{name}: there are two of this name"
        seen.add(key)
        if each["apiVersion"].startswith("monitoring.coreos.com/"):
            yield from (f"{name}: {error.json_path}: {error.message}" for error in operator.iter_errors(each))
        else:
            yield from (f"{name}: {fault}" for fault in _refusals(each))
        if len(each["metadata"]["name"]) > 63 or len(json.dumps(each)) > LARGEST:
            yield f"{name}: name or object is too long"
        for label, value in _labels(each):
            if not isinstance(value, str) or not LABEL.fullmatch(value):
                yield f"{name}: {value!r} is no value of a label ({label})"
    yield from _connections(objects)
    for pod in pods(objects):
        yield from _hardening(pod)


def copy_faults(job: Object, single: list[Object], fleet: list[Object]) -> Iterator[str]:
    """What is wrong with the Job that copies the state, given the objects of the single form and of a fleet."""
    pod = job["spec"]["template"]
    yield from _refusals(job)
    yield from _hardening(pod)
    [container], volumes = pod["spec"]["containers"], {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    options = dict(argument.split("=", 1) for argument in container["args"] if argument.startswith("--"))
    [before], [after] = workloads(single), workloads(fleet)
    flags, sources = (each["spec"]["template"]["spec"] for each in (before, after))
    if f"--state.path={options['--state.path']}" not in flags["containers"][0]["args"]:
        yield "Job: the state file is not that of the chart"
    if volumes["state"]["persistentVolumeClaim"]["claimName"] != f"state-{before['metadata']['name']}-0":
        yield "Job: the volume is not that of the chart"
    used = {mount["name"]: mount["mountPath"] for mount in sources["containers"][0]["volumeMounts"]}
    if options["--to"] != f"{places['database']}/url" or places["database"] != used["database"]:
        yield "Job: the file with the URI is not that of the chart"


def workloads(objects: list[Object]) -> list[Object]:
    """What runs the exporter: a StatefulSet, or the Deployment of a fleet."""
    return [each for each in objects if each["kind"] in ("StatefulSet", "Deployment")]


def pods(objects: list[Object]) -> list[Object]:
    """The pods, and the templates of pods."""
    return [each if each["kind"] == "Pod" else each["spec"]["template"]
            for each in [each for each in objects if each["kind"] == "Pod"] + workloads(objects)]


def _refusals(each: Object) -> Iterator[str]:
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(each, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            yield f"Kubernetes {version}: {getattr(error, 'message', error)}"


def _labels(found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, dict):
        for key, value in found.items():
            if key in ("labels", "matchLabels") and isinstance(value, dict):
                yield from value.items()
            yield from _labels(value)
    elif isinstance(found, list):
        for each in found:
            yield from _labels(each)


def _connections(objects: list[Object]) -> Iterator[str]:
    """References between objects, which no schema describes."""
    [workload] = workloads(objects)
    [service] = [each for each in objects if each["kind"] == "Service"]
    spec, labels = workload["spec"], workload["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in spec["template"]["spec"]["containers"][0]["ports"]}

    def selects(selector: Object, found: Object) -> bool:
        return bool(selector) and selector.items() <= found.items()

    for what, selector, found in _selectors(objects):
        if not selects(selector, labels if found is None else found):
            yield f"{what}: the selector selects nothing"
    for pod in pods(objects):
        if "kind" in pod and selects(service["spec"]["selector"], pod["metadata"]["labels"]):
            yield "the test pod would be an endpoint of the Service"
        claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])]
        volumes = [volume["name"] for volume in pod["spec"].get("volumes", [])] + (claims if "kind" not in pod else [])
        containers = pod["spec"]["containers"]
        mounts = {mount["name"] for container in containers for mount in container.get("volumeMounts", [])}
        if len(set(volumes)) != len(volumes) or mounts != set(volumes):
            yield f"{containers[0]['name']}: volumes {volumes} and mounts {mounts} do not match"
    is_fleet = workload["kind"] == "Deployment"
    if not is_fleet and spec["serviceName"] != service["metadata"]["name"] or len(workload["metadata"]["name"]) > 52:
        yield f"{workload['kind']}: serviceName or the length of the name is wrong"
    if is_fleet and (claims or "state" in mounts):
        yield "Deployment: its replicas would share a volume"
    for constraint in spec["template"]["spec"].get("topologySpreadConstraints", []):
        if not selects(constraint["labelSelector"]["matchLabels"], labels):
            yield f"topologySpreadConstraints: {constraint['topologyKey']} spreads nothing"
    if not {port["targetPort"] for port in service["spec"]["ports"]} <= ports:
        yield "Service: the port does not exist in the pod"
    for policy in [each for each in objects if each["kind"] == "NetworkPolicy"]:
        sources = policy["spec"]["ingress"][0].get("from")
        allowed = [source["podSelector"]["matchLabels"] for source in sources or [] if "podSelector" in source]
        for pod in [each for each in objects if each["kind"] == "Pod"] if sources else []:
            if not any(selects(selector, pod["metadata"]["labels"]) for selector in allowed):
                yield "NetworkPolicy: the test pod may not reach the exporter"
    account = spec["template"]["spec"]["serviceAccountName"]
    created = [each["metadata"]["name"] for each in objects if each["kind"] == "ServiceAccount"]
    if created not in ([], [account]):
        yield f"the pod uses the service account {account}, {created} is created"
    for claim in spec.get("volumeClaimTemplates", []):
        if re.search(r"helm\.sh/|app\.kubernetes\.io/version", yaml.safe_dump(claim)):
            yield "StatefulSet: the claim changes with the version, so Kubernetes would refuse an upgrade"


def _selectors(objects: list[Object]) -> Iterator[tuple[str, Object, Object | None]]:
    """Each selector, and the labels that it must select; none stands for those of the pod."""
    for each in objects:
        spec, kind = each.get("spec", {}), each["kind"]
        if kind == "Service":
            yield kind, spec["selector"], None
        elif kind in ("StatefulSet", "Deployment", "PodMonitor", "PodDisruptionBudget"):
            yield kind, spec["selector"]["matchLabels"], None
        elif kind == "NetworkPolicy":
            yield kind, spec["podSelector"]["matchLabels"], None
        elif kind == "ServiceMonitor":
            [service] = [other for other in objects if other["kind"] == "Service"]
            yield kind, spec["selector"]["matchLabels"], service["metadata"]["labels"]


def _hardening(pod: Object) -> Iterator[str]:
    spec = pod["spec"]
    container = spec["containers"][0]
    required = {
        "no token of a service account": spec["automountServiceAccountToken"] is False,
        "no variables of Services": spec["enableServiceLinks"] is False,
        "not root": spec["securityContext"]["runAsNonRoot"] is True,
        "seccomp": spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault",
        "read-only root": container["securityContext"]["readOnlyRootFilesystem"] is True,
        "no escalation": container["securityContext"]["allowPrivilegeEscalation"] is False,
        "no capability": container["securityContext"]["capabilities"] == {"drop": ["ALL"]},
        "memory limit": "memory" in container["resources"]["limits"],
        "no single file": not any("subPath" in mount for mount in container.get("volumeMounts", [])),
    }
    yield from (f"{container['name']}: {name} is missing" for name, met in required.items() if not met)
