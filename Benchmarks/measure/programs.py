"""Programs that are measured: started, asked for their address, watched in /proc, stopped."""
import os
import pathlib
import re
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build" / "release"
WORK = ROOT / ".build" / "bench"


class Program:
    """One process, ended with its `with` block."""

    def __init__(self, *command, address=None, log=None, environment=None):
        self.start = time.monotonic()
        self.log = open(log, "wb") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE,
            stdout=self.log if address else subprocess.PIPE, stderr=self.log, env=environment)
        self.address = address or self.process.stdout.readline().decode().strip().split("://")[-1]
        if not self.address:
            raise RuntimeError(f"{command[0]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.log is not subprocess.DEVNULL:
            self.log.close()

    def url(self, path="/metrics"):
        return f"http://{self.address}{path}"

    def get(self, path="/metrics", **headers):
        """The body as it was sent."""
        request = urllib.request.Request(
            self.url(path), headers={name.replace("_", "-"): text for name, text in headers.items()})
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.read()

    def first_response(self, path="/metrics", within=10.0, **headers):
        """Seconds from the start of the process to the end of its first response."""
        while True:
            try:
                self.get(path, **headers)
                return time.monotonic() - self.start
            except OSError:
                if self.process.poll() is not None or time.monotonic() - self.start > within:
                    raise
                time.sleep(0.0005)

    def peak_megabytes(self):
        """VmHWM: the most memory that was ever resident."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def resident_megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def wakeups(self):
        """Voluntary context switches of each thread so far: {(number, name): count}."""
        found = {}
        for thread in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            status = (thread / "status").read_text()
            name = (thread / "comm").read_text().strip()
            found[(int(thread.name), name)] = int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status).group(1))
        return found


def exposition(count, changes=0):
    """The scrape endpoint and HTTP server of this exporter, without the rest."""
    return Program(BUILT / "exposition-benchmark", "serve", count, changes)


def run(*command, **options):
    """The standard output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}: {done.stderr.decode()[-2000:]}")
    return done.stdout.decode()


def compile_peers():
    WORK.mkdir(parents=True, exist_ok=True)
    peers = ROOT / "Benchmarks" / "peers"
    run("gcc", "-O2", "-Wall", "-Wextra", "-o", WORK / "static", peers / "static.c", "-lmicrohttpd")
    go = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(WORK / "go-cache")}
    run("go", "build", "-o", WORK / "promhttp", peers / "promhttp.go", env=go)
