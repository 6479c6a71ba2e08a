"""The files of a pod on this machine: the volumes of a rendered pod, written as the kubelet writes them."""

import itertools
import pathlib
import shutil
from typing import Any

from checks.objects import workloads

#: The directories of the image in which a pod mounts its volumes.
PLACES = ("/etc/darktrace-exporter", "/var/lib/darktrace-exporter", "/run/secrets")


class Volumes:
    """The mounted directories of a pod below a directory of this machine."""

    def __init__(self, root: pathlib.Path, objects: list[dict[str, Any]], secrets: dict[str, dict[str, str]]):
        [workload] = workloads(objects)
        self.spec = workload["spec"]["template"]["spec"]
        self.container = self.spec["containers"][0]
        self.root = root
        self.secrets = secrets
        self.maps = {each["metadata"]["name"]: each["data"] for each in objects if each["kind"] == "ConfigMap"}
        self._versions = itertools.count()
        self.update()

    def local(self, arguments: list[str]) -> list[str]:
        """Arguments of the container with the paths of this machine, and any free port."""
        for place in PLACES:
            arguments = [argument.replace(place, f"{self.root}{place}") for argument in arguments]
        return [argument.replace("address=:13947", "address=127.0.0.1:0") for argument in arguments]

    def update(self) -> None:
        """Writes what ConfigMaps and Secrets contain now, as the kubelet does some time after a change."""
        volumes = {volume["name"]: volume for volume in self.spec["volumes"]}
        for mount in self.container["volumeMounts"]:
            directory = pathlib.Path(f"{self.root}{mount['mountPath']}")
            directory.mkdir(parents=True, exist_ok=True)
            volume = volumes.get(mount["name"], {})
            if (files := self._content(volume)) is not None:
                [source] = [value for key, value in volume.items() if key != "name"]
                self._write(directory, files, source.get("defaultMode", 0o644))

    def _content(self, volume: dict[str, Any]) -> dict[str, str] | None:
        if "configMap" in volume:
            return self.maps[volume["configMap"]["name"]]
        if "secret" in volume:
            return self.secrets[volume["secret"]["secretName"]]
        if "projected" not in volume:
            return None
        files: dict[str, str] = {}
        for source in (source["secret"] for source in volume["projected"]["sources"]):
            if not source.get("optional") or source["name"] in self.secrets:
                content = self.secrets[source["name"]]
                items = source.get("items", [{"key": key, "path": key} for key in content])
                files |= {item["path"]: content[item["key"]] for item in items}
        return files

    def _write(self, directory: pathlib.Path, files: dict[str, str], mode: int) -> None:
        """A new directory with all files, to which `..data` then points, so that all change at once."""
        new, link = directory / f"..{next(self._versions)}", directory / "..data"
        old = link.resolve() if link.is_symlink() else None
        new.mkdir()
        for name, text in files.items():
            # The configuration of the values names a mount of its own.
            for place in PLACES:
                text = text.replace(f" {place}/", f" {self.root}{place}/")
            (new / name).write_text(text, encoding="utf-8")
            (new / name).chmod(mode)
        temporary = directory / "..data_tmp"
        temporary.symlink_to(new.name)
        temporary.replace(link)
        for name in files:
            if not (directory / name).is_symlink():
                (directory / name).symlink_to(f"..data/{name}")
        for path in directory.iterdir():
            if not path.name.startswith("..") and path.name not in files:
                path.unlink()
        if old:
            shutil.rmtree(old)
