"""The simulator as an appliance to poll, and the real exporter that polls it."""
import hashlib
import hmac
import json
import pathlib
import re
import socket
import ssl
import time
import urllib.request

from .programs import BUILT, Program

PUBLIC, PRIVATE = "1" * 40, "2" * 40
UNREACHABLE = "https://127.0.0.1:9"


class Simulator(Program):
    """One appliance called hq."""

    def __init__(self, folder, *arguments):
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = folder / "ca.pem"
        log = folder / "simulator.log"
        super().__init__(
            BUILT / "darktrace-simulator", "--listen-address=127.0.0.1:0", "--control.listen-address=127.0.0.1:0",
            f"--ca-file={self.authority}", f"--appliance=hq:{PUBLIC}:{PRIVATE}", *arguments, address="?", log=log)
        self.address, self.control_address = await_line(self, log, r"ready https=(\S+) control=(\S+)").groups()

    def control(self, path):
        with urllib.request.urlopen(f"http://{self.control_address}{path}", timeout=300) as response:
            return json.loads(response.read() or b"{}")

    def total(self):
        return self.control("/-/oracle?appliance=hq")["total"]

    def download(self, path, minimal):
        """Saves the list of everything, by a request of our own making."""
        target = (
            f"/modelbreaches?creationtime=true&endtime={int(time.time() * 1000)}&includeacknowledged=true"
            f"&minimal={'true' if minimal else 'false'}&starttime=0")
        date = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        signed = hmac.new(PRIVATE.encode(), f"{target}\n{PUBLIC}\n{date}".encode(), hashlib.sha1).hexdigest()
        request = urllib.request.Request(f"https://{self.address}{target}", headers={
            "DTAPI-Token": PUBLIC, "DTAPI-Date": date, "DTAPI-Signature": signed, "User-Agent": "benchmark"})
        trust = ssl.create_default_context(cafile=self.authority)
        with urllib.request.urlopen(request, context=trust, timeout=600) as response, open(path, "wb") as file:
            while piece := response.read(1 << 20):
                file.write(piece)


class Exporter(Program):
    """The real program with the state file `state.db` in the folder."""

    def __init__(self, folder, url, authority, others=(), **settings):
        """Polls hq at this address, and others that cannot be reached."""
        folder.mkdir(parents=True, exist_ok=True)
        common = {
            "poll_interval": "1s", "poll_timeout": "600s", "requests_per_minute": "6000", "overlap": "5m",
            "initial_lookback": "1d", "new_series_hold": "0s", "recheck_interval": "1d", "recheck_window": "1h"}
        lines = [f"  {key}: {value}" for key, value in (common | settings).items()]
        configuration = folder / "darktrace-exporter.yml"
        lines += ["appliances:"]
        for name, address in [("hq", url)] + [(name, UNREACHABLE) for name in others]:
            lines += [
                f"  - name: {name}", f"    url: {address}", f"    public_token: \"{PUBLIC}\"",
                f"    private_token: \"{PRIVATE}\"", f"    tls_config: {{ca_file: \"{authority}\"}}"]
        configuration.write_text("\n".join(["global:"] + lines) + "\n")
        self.state = folder / "state.db"
        super().__init__(
            BUILT / "darktrace-exporter", f"--config.file={configuration}", f"--state.path={self.state}",
            f"--web.listen-address=127.0.0.1:{free_port()}", address="?", log=folder / "exporter.log")
        self.address = next(part for part in self.process.args if "listen-address" in part).split("=")[1]
        self.folder = folder

    def samples(self):
        """{series: value} of a scrape, or nothing while it does not listen yet."""
        try:
            text = self.get().decode()
        except OSError:
            return {}
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {series: float(value) for series, value in pairs}

    def await_value(self, what, condition, within=600.0, pause=0.05):
        """Scrapes until the condition holds of the samples."""
        end = time.monotonic() + within
        while time.monotonic() < end and self.process.poll() is None:
            samples = self.samples()
            if condition(samples):
                return samples
            time.sleep(pause)
        tail = (self.folder / "exporter.log").read_text()[-1500:]
        raise RuntimeError(f"not seen within {within} s: {what}; its log ends: {tail}")

    def state_bytes(self):
        files = [self.state, pathlib.Path(f"{self.state}-wal")]
        return sum(file.stat().st_size for file in files if file.exists())


def breaches(samples):
    """All breaches that the samples show; None while their families are absent."""
    counts = [value for series, value in samples.items() if series.startswith("darktrace_model_breaches_total{")]
    return sum(counts) if counts else None


def value(samples, name):
    return sum(number for series, number in samples.items() if series == name or series.startswith(name + "{"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_line(program, log, pattern, within=30.0):
    end = time.monotonic() + within
    while time.monotonic() < end and program.process.poll() is None:
        if found := re.search(pattern, log.read_text()):
            return found
        time.sleep(0.01)
    raise RuntimeError(f"{program.process.args[0]} did not start: {log.read_text()[-500:]}")
