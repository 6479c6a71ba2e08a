"""A PostgreSQL server of its own for a check."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
from typing import Iterator

from checks.waiting import Unmet


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The URI of an empty database, over a unix socket."""
    installed = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    places = os.pathsep.join([*(str(place) for place in installed), os.environ["PATH"]])
    # It refuses to run as root.
    user = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="dt-pg-") as folder:
        if user is not None:
            os.chown(folder, user, -1)

        def run(program: str, *arguments: str) -> None:
            found = shutil.which(program, path=places)
            if not found:
                raise Unmet(f"{program} is not installed; run .ci/setup install chart")
            # The server keeps what it inherits, so that a pipe would not end.
            with pathlib.Path(folder, "log").open("ab") as log:
                done = subprocess.run([found, *arguments], stdout=log, stderr=log, user=user, cwd=folder, check=False)
            if done.returncode != 0:
                raise Unmet(f"{program}: {pathlib.Path(folder, 'log').read_text(encoding='utf-8')}")

        data = f"{folder}/data"
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-w", "-D", data, "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-D", data, "-m", "immediate", "stop")
