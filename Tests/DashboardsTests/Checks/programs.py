"""Programs of a stack as processes, each with a directory and a log, and waiting for conditions."""

import http.server
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import files

#: The programs of this project: those of the build that the tests belong to.
BUILT = pathlib.Path(os.environ.get("DARKTRACE_PROGRAMS", files.ROOT / ".build/debug"))


def until(what: str, seconds: float, condition):
    """The first true value of a condition; fails after the timeout with the last value or error."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}; last seen: {last}")


def free_port() -> int:
    """A free port, for programs that cannot choose one and report it.

    Below the ports that the kernel assigns: before the program listens, no connection of another one can take it.
    """
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def fetch(url: str, **parameters: str) -> str:
    """The body of a response."""
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    with urllib.request.urlopen(url + query, timeout=20) as answer:
        return answer.read().decode()


class Program:
    """A process that runs until it is stopped."""

    def __init__(self, folder: pathlib.Path, name: str, *command: str):
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)

    def says(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """The first place in the log that matches."""

        def found():
            text = self.log.read_text(errors="replace")
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}: {text[-2000:]}")
            return re.search(pattern, text)

        return until(f"{self.name} says {pattern}", seconds, found)

    def stop(self):
        """Stops the process and waits for its exit."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Prometheus:
    """The API of a Prometheus."""

    def __init__(self, url: str):
        self.url = url

    def call(self, path: str, **parameters: str):
        """The data of a response. An error is raised with its text; one that says "not ready" is retried."""
        try:
            return json.loads(fetch(f"{self.url}/api/v1/{path}", **parameters))["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                raise
            raise AssertionError(f"{path} {parameters}: {error.read().decode()}") from error

    def query(self, expr: str) -> list[dict]:
        """The series of an instant query."""
        return self.call("query", query=expr)["result"]

    def range(self, expr: str, seconds: int, step: int) -> list[dict]:
        """The series of the last seconds."""
        now = time.time()
        return self.call("query_range", query=expr, start=str(now - seconds), end=str(now), step=str(step))["result"]


class Receiver:
    """A webhook receiver for Alertmanager."""

    def __init__(self):
        self.notifications: list[tuple[str, str, str]] = []
        notifications = self.notifications

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # the library calls it by this name
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    labels = alert["labels"]
                    notifications.append((labels["alertname"], labels.get("appliance", ""), alert["status"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                """No log."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        """Stops it."""
        self.server.shutdown()
        self.server.server_close()
