"""The stack of compose.yaml as processes: two simulators, the exporter, Prometheus, Alertmanager, a receiver."""

import pathlib
import shutil
import time

import contract
import files
import generate
import history
import yaml
from generator.settings import Settings
from programs import BUILT, Program, Prometheus, Receiver, fetch, free_port

TOKENS = {"hq": ("1" * 40, "2" * 40), "branch": ("3" * 40, "4" * 40), "lab": ("5" * 40, "6" * 40)}


class Stack:
    """All processes, in one directory."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.receiver = Receiver()
        self.lab_port, self.lab_control = free_port(), free_port()
        self.data = history.write(folder, time.time())
        self.simulator = self.simulate("simulator", "127.0.0.1:0", "127.0.0.1:0", "hq", "branch")
        https, control = self.simulator.says(r"ready https=127.0.0.1:(\d+) control=127.0.0.1:(\d+)").groups()
        self.control = f"http://127.0.0.1:{control}"
        self.start_lab()
        self.forbid_feeds()
        self.exporter = self.export(int(https))
        self.port = int(self.exporter.says(r"address=\"?127\.0\.0\.1:(\d+)").group(1))
        self.alertmanager = self.route()
        self.prometheus_program = self.scrape()
        fetch(f"{self.control}/-/pause")
        # A Unified View with a master and a probe that are down, so that every panel has data.
        for fault in ("instances", "ids=view", "probe-error"):
            fetch(f"{self.control}/-/faults", appliance="hq", set=fault)

    def simulate(self, name: str, address: str, control: str, *appliances: str) -> Program:
        """The appliances of one simulator; each has some breaches a day in its history."""
        pairs = [f"--appliance={appliance}:{':'.join(TOKENS[appliance])}" for appliance in appliances]
        return Program(
            self.folder, name, str(BUILT / "darktrace-simulator"), f"--listen-address={address}",
            f"--control.listen-address={control}", f"--ca-file={name}.pem", "--rate=40", *pairs,
        )  # fmt: skip

    def start_lab(self):
        """The appliance that stops and starts again at the same address."""
        self.lab = self.simulate("lab", f"127.0.0.1:{self.lab_port}", f"127.0.0.1:{self.lab_control}", "lab")
        self.lab.says("ready https=")

    def forbid_feeds(self):
        """Lab lacks or forbids every optional feed, in each of the ways that appliances have."""
        for fault, path in (("permission=403", "/summarystatistics"), ("not-found", "/antigena"), ("server-error", "/aianalyst")):
            fetch(f"http://127.0.0.1:{self.lab_control}/-/faults", set=fault, path=path)

    def export(self, port: int) -> Program:
        """The exporter, with short intervals."""
        ports = {"hq": (port, "simulator"), "branch": (port, "simulator"), "lab": (self.lab_port, "lab")}
        configuration = {
            "global": {
                "poll_interval": "1s", "poll_timeout": "5s", "requests_per_minute": 6000, "new_series_hold": "2s",
                "feeds": {feed: {"interval": "2s"} for feed in contract.OPTIONAL_FEEDS} | {
                    "status": {"interval": "1s"}, "acknowledgements": {"interval": "2s"},
                },
            },
            "appliances": [
                {
                    "name": name, "url": f"https://127.0.0.1:{port}", "public_token": TOKENS[name][0],
                    "private_token": TOKENS[name][1], "tls_config": {"ca_file": str(self.folder / f"{simulator}.pem")},
                    "license_limits": {"ip": 5000},
                }
                for name, (port, simulator) in ports.items()
            ],
        }  # fmt: skip
        (self.folder / "exporter.yml").write_text(yaml.safe_dump(configuration))
        self.addresses = {one["name"]: (one["url"], one["tls_config"]["ca_file"]) for one in configuration["appliances"]}
        # The address that alerts link to is the one where it is.
        address = f"127.0.0.1:{free_port()}"
        return Program(
            self.folder, "exporter", str(BUILT / "darktrace-exporter"), "--config.file=exporter.yml",
            "--state.path=state.db", f"--web.listen-address={address}", f"--web.external-url=http://{address}/",
        )  # fmt: skip

    def route(self) -> Program:
        """Alertmanager with the shipped routes and inhibitions, without delays."""
        shipped = yaml.safe_load((files.DASHBOARDS / "alertmanager/alertmanager.yml").read_text())
        for route in (shipped["route"], *shipped["route"]["routes"]):
            route |= {"group_wait": "1s", "group_interval": "1s"}
        for receiver in shipped["receivers"]:
            receiver["webhook_configs"] = [{"url": self.receiver.url, "send_resolved": True}]
        (self.folder / "alertmanager.yml").write_text(yaml.safe_dump(shipped))
        self.alertmanager_port = free_port()
        self.alertmanager_url = f"http://127.0.0.1:{self.alertmanager_port}/api/v2/alerts"
        name = shutil.which("prometheus-alertmanager") or "alertmanager"
        return Program(
            self.folder, "alertmanager", name, "--config.file=alertmanager.yml", "--storage.path=alertmanager",
            f"--web.listen-address=127.0.0.1:{self.alertmanager_port}", "--cluster.listen-address=",
        )  # fmt: skip

    def scrape(self) -> Program:
        """Prometheus with the shipped configuration and rules, with short intervals."""
        for name, body in generate.rule_files(
            Settings(files.DASHBOARDS / "settings.yml", pathlib.Path(__file__).with_name("short.yml"))
        ).items():
            if name.startswith("prometheus/rules/"):
                (self.folder / "rules").mkdir(exist_ok=True)
                (self.folder / "rules" / pathlib.Path(name).name).write_text(body)
        shipped = yaml.safe_load((files.DASHBOARDS / "prometheus/prometheus.yml").read_text())
        shipped["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        shipped["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [
            f"127.0.0.1:{self.alertmanager_port}"
        ]
        (job,) = shipped["scrape_configs"]
        (name,) = job["static_configs"][0]["targets"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{self.port}"], "labels": {"instance": name}}]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(shipped))
        self.prometheus_address = f"127.0.0.1:{free_port()}"
        self.prometheus = Prometheus(f"http://{self.prometheus_address}")
        return self.start_prometheus()

    def start_prometheus(self) -> Program:
        """Prometheus with the data that it has, at its address."""
        return Program(
            self.folder, "prometheus", "prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={self.data}",
            "--storage.tsdb.retention.time=30d", f"--web.listen-address={self.prometheus_address}",
            "--enable-feature=exemplar-storage", "--rules.alert.for-grace-period=1s",
        )  # fmt: skip

    def restart_prometheus(self):
        """Stops Prometheus and starts it again."""
        self.prometheus_program.stop()
        self.prometheus_program = self.start_prometheus()

    def logs(self) -> str:
        """The end of every program's log."""
        tails = {path.name: path.read_text(errors="replace").splitlines()[-15:] for path in self.folder.glob("*.log")}
        return "\n".join(f"--- {name}\n" + "\n".join(tail) for name, tail in sorted(tails.items()))

    def stop(self):
        """Stops all processes in reverse order."""
        for name in ("prometheus_program", "alertmanager", "exporter", "lab", "simulator"):
            if hasattr(self, name):
                getattr(self, name).stop()
        self.receiver.stop()
