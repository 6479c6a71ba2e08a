"""The parts of the stack use the same names, ports and paths."""

import re
import unittest

import files
import yaml


def loaded(path: str):
    """A YAML file in dashboards/."""
    return yaml.safe_load((files.DASHBOARDS / path).read_text())


class Compose(unittest.TestCase):
    """compose.yaml, against the files that it mounts."""

    services = loaded("compose.yaml")["services"]

    def port(self, service: str, flag: str) -> str:
        """The port in a flag of a service."""
        (value,) = [text.split("=", 1)[1] for text in self.services[service]["command"] if text.startswith(flag + "=")]
        return value.rsplit(":", 1)[1]

    def test_what_is_mounted_exists(self):
        volumes = loaded("compose.yaml")["volumes"]
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                with self.subTest(service=name, volume=volume):
                    source = volume.split(":")[0]
                    if source.startswith("."):
                        self.assertTrue((files.DASHBOARDS / source).exists())
                    else:
                        self.assertIn(source, volumes)

    def test_files_named_on_command_lines_are_mounted(self):
        for name, service in self.services.items():
            mounted = [volume.split(":")[1] for volume in service.get("volumes", [])]
            for text in service.get("command", []):
                for path in re.findall(r"=(/\S+)", text):
                    with self.subTest(service=name, path=path):
                        self.assertTrue(any(path == mount or path.startswith(mount + "/") for mount in mounted))

    def test_prometheus_finds_exporter_and_alertmanager(self):
        configuration = loaded("prometheus/prometheus.yml")
        (exporter,) = configuration["scrape_configs"][0]["static_configs"][0]["targets"]
        (alertmanager,) = configuration["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
        self.assertEqual((exporter, alertmanager), ("exporter:13947", "alertmanager:9093"))
        self.assertLessEqual({"exporter", "alertmanager"}, set(self.services))
        self.assertIn("--enable-feature=exemplar-storage", self.services["prometheus"]["command"])
        # Alerts that wait for five minutes and fire must not begin to wait again when Prometheus restarts.
        self.assertIn("--rules.alert.for-grace-period=1m", self.services["prometheus"]["command"])

    def test_exporter_finds_the_simulated_appliances(self):
        port = self.port("simulator", "--listen-address")
        for appliance in loaded("stack/exporter.yml")["appliances"]:
            self.assertEqual(appliance["url"], f"https://simulator:{port}")
            tls = appliance["tls_config"]
            self.assertIn(f"--ca-file={tls['ca_file']}", self.services["simulator"]["command"])
            self.assertEqual(tls["server_name"], "localhost")

    def test_grafana_finds_prometheus_and_the_dashboards(self):
        (source,) = loaded("grafana/provisioning/datasources/prometheus.yml")["datasources"]
        self.assertEqual(source["url"], "http://prometheus:9090")
        self.assertEqual(
            source["jsonData"]["timeInterval"], loaded("prometheus/prometheus.yml")["global"]["scrape_interval"]
        )
        (provider,) = loaded("grafana/provisioning/dashboards/darktrace.yml")["providers"]
        self.assertIn(f"./grafana/dashboards:{provider['options']['path']}:ro", self.services["grafana"]["volumes"])
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertTrue((files.DASHBOARDS / "grafana/dashboards" / home.rsplit("/", 1)[1]).exists())

    def test_images_are_pinned(self):
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertTrue("build" in service or re.search(r":v?\d+\.\d+\.\d+$", service["image"]))


if __name__ == "__main__":
    unittest.main()
