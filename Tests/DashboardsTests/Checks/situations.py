"""Real situations that dashboards are drawn in: exporters, simulated appliances and a Prometheus with history."""

import pathlib
import re
import signal
import subprocess

import contract
import files
import generate
import yaml
from generator.settings import Settings
from programs import BUILT, Program, Prometheus, fetch, free_port, until

LABELS = {"job": "darktrace", "instance": "exporter:13947"}
#: Seconds between samples of the history: fine near its end, where queries read whole windows.
COARSE, FINE, FINE_HOURS = 300, 15, 2


class Situation:
    """Some appliances, one exporter that knows their last month, and a Prometheus that does as well."""

    def __init__(self, folder: pathlib.Path, appliances: list[str], days: int = 30, rate: int = 120):
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.appliances = appliances
        self.is_small = len(appliances) < 10
        try:
            self.start(days, rate)
        except BaseException:
            self.stop()
            raise

    def start(self, days: int, rate: int):
        """Starts the appliances, then the exporter, then Prometheus with the history of the exporter."""
        folder, appliances = self.folder, self.appliances
        tokens = {name: (f"{number:040d}", f"{number + 500:040d}") for number, name in enumerate(appliances, 1)}
        self.simulator = Program(
            folder, "simulator", str(BUILT / "darktrace-simulator"), "--listen-address=127.0.0.1:0",
            "--control.listen-address=127.0.0.1:0", "--ca-file=simulator.pem", f"--history={days + 1}d",
            *(f"--appliance={name}:{':'.join(tokens[name])}:rate={rate * (1 + number % 5) // 2}:seed={number}"
              for number, name in enumerate(appliances)),
        )  # fmt: skip
        https, control = self.simulator.says(r"ready https=127.0.0.1:(\d+) control=127.0.0.1:(\d+)", 60).groups()
        self.control = f"http://127.0.0.1:{control}"
        configuration = {
            "global": {
                # Sixty appliances every five seconds would take a whole processor.
                "poll_interval": "5s" if self.is_small else "20s", "poll_timeout": "5s" if self.is_small else "60s",
                "requests_per_minute": 6000, "status_interval": "5s" if self.is_small else "20s",
                "initial_lookback": f"{days}d", "feeds": self.feeds(),
            },
            "appliances": [
                {
                    "name": name, "url": f"https://127.0.0.1:{https}", "public_token": tokens[name][0],
                    "private_token": tokens[name][1], "tls_config": {"ca_file": str(folder / "simulator.pem")},
                }
                for name in appliances
            ],
        }  # fmt: skip
        (folder / "exporter.yml").write_text(yaml.safe_dump(configuration))
        self.start_exporter()
        until("every appliance is counted", 240, lambda: self.ledger_starts().keys() == set(appliances))
        self.write_history(days)
        self.start_prometheus()

    def feeds(self) -> dict:
        """Few appliances are polled at once again when a poll of a few seconds did not complete a first lookback."""
        if not self.is_small:
            return {"acknowledgements": {"window": "1d"}}
        return {name: {"interval": "5s"} for name in ("acknowledgements", *contract.OPTIONAL_FEEDS)}

    def start_exporter(self):
        """Starts the exporter at an address of its own."""
        self.exporter = Program(
            self.folder, "exporter", str(BUILT / "darktrace-exporter"), "--config.file=exporter.yml",
            "--state.path=state.db", "--web.listen-address=127.0.0.1:0",
        )  # fmt: skip
        self.port = int(self.exporter.says(r"address=\"?127\.0\.0\.1:(\d+)").group(1))

    def metrics(self) -> str:
        """The exposition."""
        return fetch(f"http://127.0.0.1:{self.port}/metrics")

    def ledger_starts(self) -> dict[str, str]:
        """The start of the ledger of each appliance whose first lookback is complete."""
        text = self.metrics()
        counted = set(re.findall(r'^darktrace_model_breaches_by_category_total\{appliance="([^"]+)"', text, re.M))
        start = r'^darktrace_ledger_start_timestamp_seconds\{appliance="([^"]+)"[^}]*\} (\S+)'
        starts = dict(re.findall(start, text, re.M))
        return {name: start for name, start in starts.items() if name in counted}

    def write_history(self, days: int):
        """The counts up to the first start of the exporter, as `backfill` writes them, in the data of Prometheus."""
        starts = self.ledger_starts()
        end = int(min(float(start) for start in starts.values())) + days * 86400
        command = [
            str(BUILT / "darktrace-exporter"), "backfill", "--config.file=exporter.yml",
            f"--start={end - days * 86400 - 3600}", f"--end={end}", f"--step={COARSE}s",
            *(f"--label={name}={value}" for name, value in LABELS.items()),
            *(f"--ledger-start={name}={start}" for name, start in starts.items()),
        ]  # fmt: skip
        with (self.folder / "coarse.om").open("wb") as output:
            subprocess.run(command, stdout=output, stderr=subprocess.PIPE, cwd=self.folder, check=True)
        self.refine(end - FINE_HOURS * 3600 if self.is_small else end, end)
        blocks = ["promtool", "tsdb", "create-blocks-from", f"--max-block-duration={days * 24 + 24}h", "openmetrics",
                  "--quiet", "history.om", "data"]  # fmt: skip
        (self.folder / "data").mkdir()
        subprocess.run(blocks, cwd=self.folder, check=True, capture_output=True)

    def refine(self, since: int, end: int):
        """Repeats each sample from that time on until the next one, as scrapes do."""
        with (self.folder / "coarse.om").open() as coarse, (self.folder / "history.om").open("w") as history:
            for line in coarse:
                history.write(line)
                if not line.startswith("#") and (at := float(line.rsplit(" ", 1)[1])) >= since:
                    sample = line.rsplit(" ", 1)[0]
                    following = (at + more for more in range(FINE, COARSE, FINE))
                    history.writelines(f"{sample} {later}\n" for later in following if later <= end)

    def start_prometheus(self):
        """Prometheus with the shipped rules at a quicker pace, and a scrape every second; slower with many."""
        made = generate.files(Settings(files.DASHBOARDS / "settings.yml"))
        (self.folder / "rules").mkdir(exist_ok=True)
        for name, body in made.items():
            if name.startswith("prometheus/rules/"):
                loaded = yaml.safe_load(body)
                for group in loaded["groups"]:
                    group["interval"] = "5s" if self.is_small else "15s"
                (self.folder / "rules" / pathlib.Path(name).name).write_text(yaml.safe_dump(loaded))
        self.configure_prometheus([self.target()], "rules/*.yml")
        port = free_port()
        self.prometheus = Prometheus(f"http://127.0.0.1:{port}")
        self.server = Program(
            self.folder, "prometheus", "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=60d", f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
        )  # fmt: skip
        count = len(self.appliances)
        until("Prometheus has every appliance", 240, lambda: len(self.prometheus.query("darktrace_up == 1")) == count)

    def target(self, **renamed: object) -> dict:
        """The exporter as a job of Prometheus."""
        targets = {"targets": [f"127.0.0.1:{self.port}"], "labels": dict(LABELS)}
        return {"job_name": LABELS["job"], "static_configs": [targets], **renamed}

    def configure_prometheus(self, targets: list[dict], *rules: str):
        """Writes the configuration with these targets and files of rules."""
        configuration = {
            "global": {"scrape_interval": "1s" if self.is_small else "5s", "evaluation_interval": "5s"},
            "rule_files": list(rules),
            "scrape_configs": targets,
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))

    def multiply(self, times: int) -> int:
        """Scrapes the exporter so many times, each time with other names of appliances; their number.

        Without rules from then on: dashboards work without them, and they would take the time of the tests.
        """
        targets = [self.target()]
        for number in range(2, times + 1):
            rename = {"source_labels": ["appliance"], "regex": "(.+)", "target_label": "appliance",
                      "replacement": f"region-{number}-$1"}  # fmt: skip
            copy = self.target(job_name=f"copy-{number}", metric_relabel_configs=[rename])
            copy["static_configs"][0]["labels"]["instance"] = f"exporter-{number}:13947"
            targets.append(copy)
        self.configure_prometheus(targets)
        self.server.process.send_signal(signal.SIGHUP)
        count = times * len(self.appliances)
        until("Prometheus has them all", 240, lambda: len(self.prometheus.query("darktrace_up")) == count)
        return count

    def sum(self, expr: str) -> float:
        """The sum of a query's values; 0 without any."""
        return sum(float(series["value"][1]) for series in self.prometheus.query(expr))

    def burst(self):
        """Some breaches now, and a wait until Prometheus has them."""
        seen = 'sum(darktrace_model_breach_ingestion_delay_seconds_count)'
        before = self.sum(seen)
        fetch(f"{self.control}/-/burst", appliance=self.appliances[0], model="Device::Threat Indicator", count="20")
        until("the burst is counted", 60, lambda: self.sum(seen) >= before + 20)

    def acknowledge(self):
        """Some breaches that are acknowledged soon; waits until Prometheus knows of them."""
        name = self.appliances[-1]
        seen = f'sum(darktrace_model_breaches_acknowledged_total{{appliance="{name}"}})'
        # Panels look at the past in steps of 15 seconds: what happens before the first one has no past to grow from.
        until("acknowledgements are counted", 60, lambda: self.sum(f"min_over_time({seen}[1h:15s])"))
        before = self.sum(seen)
        fetch(f"{self.control}/-/faults", appliance=name, set="acknowledged-after=2")
        fetch(f"{self.control}/-/burst", appliance=name, model="Device::Threat Indicator", count="10")
        until("the new ones are counted", 60, lambda: self.sum(seen) >= before + 10)
        fetch(f"{self.control}/-/faults", appliance=name, clear="acknowledged-after")

    def break_some(self) -> list[str]:
        """Revokes the tokens of some appliances, and waits until Prometheus knows that their polls fail."""
        broken = self.appliances[6::20]
        for name in broken:
            fetch(f"{self.control}/-/faults", appliance=name, set="revoked-token")
        until("some fail", 180, lambda: len(self.prometheus.query("darktrace_up == 0")) == len(broken))
        return broken

    def stop(self):
        """Stops all processes."""
        for name in ("server", "exporter", "simulator"):
            if hasattr(self, name):
                getattr(self, name).stop()
