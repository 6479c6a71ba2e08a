"""Writes the SBOM of one program as CycloneDX JSON: what is linked into it, and what it loads.

usage: sbom.py PROGRAM VERSION REVISION SECONDS > FILE     SECONDS: its timestamp, since 1970
       sbom.py --check FILE...                             validates files against the schema of CycloneDX

The libraries are those that the dynamic loader loads for the program; names and versions are those of the Debian
packages that contain them on this machine.
"""
import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import uuid

SCHEMA = "1.6"
# Licence of the library, by Debian source package; /usr/share/doc/PACKAGE/copyright covers all its files.
LICENCES = {
    "libmicrohttpd": "LGPL-2.1-or-later",
    "curl": "curl",
    "gnutls28": "LGPL-2.1-or-later",
    "sqlite3": "blessing",
    "libyaml": "MIT",
    "zlib": "Zlib",
    "libxcrypt": "LGPL-2.1-or-later",
    "glibc": "LGPL-2.1-or-later",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
}


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def loaded_files(program: str) -> list[str]:
    """The files of the libraries that the program itself names, as the loader finds them."""
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", program))
    found = {name: path for name, path in re.findall(r"(\S+) => (/\S+)", output("ldd", program))}
    return [found[name] for name in needed if name in found]


def package(file: str) -> dict:
    """The Debian package that holds a library, as a component."""
    # dpkg knows files by the folders that were links before /usr was merged.
    real = pathlib.Path(file).resolve()
    candidates = [str(real), str(real).removeprefix("/usr"), f"/usr{real}"]
    for candidate in candidates:
        answer = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
        if answer.returncode == 0:
            break
    else:
        raise SystemExit(f"sbom: no Debian package holds {file}")
    name = answer.stdout.split(":")[0]
    fields = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Upstream-Version}"
    shown = output("dpkg-query", "-W", "-f", fields, answer.stdout.split(": ")[0])
    name, version, architecture, source, upstream = shown.split("\t")
    component = {
        "type": "library",
        "bom-ref": name,
        "name": name,
        "version": version,
        "scope": "required",
        "purl": f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={architecture}",
        "properties": [
            {"name": "linkage", "value": "dynamic"},
            {"name": "soname", "value": pathlib.Path(file).name},
            {"name": "upstream", "value": f"{source} {upstream}"},
        ],
    }
    if source in LICENCES:
        component["licenses"] = [{"expression": LICENCES[source]}]
    return component


def swift_runtime(program: str) -> dict:
    """Swift's standard library and libdispatch, and FoundationEssentials if it is used, which are inside the program."""
    uses_foundation = b"FoundationEssentials" in pathlib.Path(program).read_bytes()
    version = re.search(r"Swift version (\S+)", output("swift", "--version"))
    return {
        "type": "library",
        "bom-ref": "swift-runtime",
        "name": "swift-runtime",
        "description": "Swift's standard library" + (
            ", FoundationEssentials and libdispatch" if uses_foundation else " and libdispatch"),
        "version": version[1] if version else "unknown",
        "scope": "required",
        "licenses": [{"expression": "Apache-2.0 WITH Swift-exception"}],
        "properties": [{"name": "linkage", "value": "static"}],
    }


def rapidjson() -> dict:
    """RapidJSON, whose headers are compiled into the program."""
    version = output("dpkg-query", "-W", "-f", "${Version}", "rapidjson-dev")
    return {
        "type": "library",
        "bom-ref": "rapidjson",
        "name": "rapidjson",
        "version": version,
        "scope": "required",
        "licenses": [{"expression": "MIT"}],
        "purl": f"pkg:deb/debian/rapidjson-dev@{version.replace('+', '%2B')}?arch=all",
        "properties": [{"name": "linkage", "value": "static"}],
    }


def bill(program: str, version: str, revision: str, seconds: int) -> dict:
    name = pathlib.Path(program).name
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    by_name = {component["name"]: component for component in map(package, loaded_files(program))}
    components = [swift_runtime(program), rapidjson()] + [by_name[key] for key in sorted(by_name)]
    reference = f"{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SCHEMA,
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, f"{reference} {revision} {digest}").urn,
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(),
            "component": {
                "type": "application",
                "bom-ref": reference,
                "name": name,
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "properties": [{"name": "revision", "value": revision}],
            },
        },
        "components": components,
        "dependencies": [{"ref": reference, "dependsOn": [component["bom-ref"] for component in components]}],
    }


def check(files: list[str]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion.from_version(SCHEMA))
    for file in files:
        text = pathlib.Path(file).read_text()
        error = validator.validate_str(text)
        if error:
            raise SystemExit(f"sbom: {file} is not good CycloneDX {SCHEMA}: {str(error)[:500]}")
        # A validator that lets everything pass would say the same.
        if not validator.validate_str(json.dumps({**json.loads(text), "components": "none"})):
            raise SystemExit("sbom: the schema check finds no fault in a broken bill")


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(sys.argv[2:])
    else:
        json.dump(bill(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])), sys.stdout, indent=2)
        print()
