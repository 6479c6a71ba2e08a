"""The recorded counts of the past, computed by promtool as the README says, are those of the counters."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import files
from programs import Program, Prometheus, free_port, until

HOUR = 3600
LABELS = 'job="dt",appliance="hq"'
#: Breaches a day by category; the exporter moves to another instance in the middle of the second day.
A_DAY = {"critical": 24, "suspicious": 240}


def counters(start: int, end: int) -> str:
    """OpenMetrics of the counters, a sample every five minutes."""
    samples: dict[str, list[str]] = {}
    for category, a_day in A_DAY.items():
        for at in range(start, end, 300):
            count = (at - start) * a_day // 86400
            instance = "a" if at < start + 36 * HOUR else "b"
            own = f'{LABELS},instance="{instance}",category="{category}"'
            samples.setdefault(f"darktrace_model_breaches_by_category_total{{{own}}}", []).append(f"{count} {at}")
            samples.setdefault(f'darktrace_model_breaches_total{{{own},model="M"}}', []).append(f"{count} {at}")
    lines = []
    for family in ("darktrace_model_breaches_by_category", "darktrace_model_breaches"):
        lines.append(f"# TYPE {family} counter")
        for name, values in samples.items():
            if name.startswith(family + "_total"):
                lines += [f"{name} {value}" for value in values]
    lines.append("# TYPE darktrace_ledger_start_timestamp_seconds gauge")
    for instance, low, high in (("a", start, start + 36 * HOUR), ("b", start + 36 * HOUR, end)):
        own = f'darktrace_ledger_start_timestamp_seconds{{{LABELS},instance="{instance}"}}'
        lines += [f"{own} {start - 86400} {at}" for at in range(low, high, 300)]
    return "\n".join([*lines, "# EOF", ""])


class RecordedHistory(unittest.TestCase):
    """Three days of counters, and a Prometheus that never had the rules."""

    def promtool(self, *arguments: str):
        """Runs a command of promtool that must succeed."""
        result = subprocess.run(["promtool", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def prometheus(self) -> Prometheus:
        """Starts Prometheus on the data."""
        port = free_port()
        (self.folder / "prometheus.yml").write_text("{}\n")
        self.program = Program(
            self.folder, "prometheus", "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=30d", f"--web.listen-address=127.0.0.1:{port}",
        )  # fmt: skip
        self.addCleanup(self.program.stop)
        server = Prometheus(f"http://127.0.0.1:{port}")
        until("Prometheus is ready", 60, lambda: server.query("vector(1)"))
        return server

    def test_promtool_computes_what_the_rules_would_have_recorded(self):
        directory = tempfile.TemporaryDirectory(prefix="darktrace-history-")
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name)
        end = int(time.time()) // HOUR * HOUR - 3 * HOUR
        start = end - 3 * 86400
        (self.folder / "counters.om").write_text(counters(start, end))
        (self.folder / "data").mkdir()
        self.promtool("tsdb", "create-blocks-from", "--max-block-duration=144h", "openmetrics", "--quiet", "counters.om", "data")
        server = self.prometheus()
        shutil.copy(files.DASHBOARDS / "prometheus/rules/recording.yml", self.folder)
        command = self.command()
        command += [f"--url={server.url}", f"--start={start}", f"--end={end}", "--output-dir=blocks", "recording.yml"]
        self.promtool(*command)
        self.program.stop()
        for block in (self.folder / "blocks").iterdir():
            shutil.move(block, self.folder / "data")
        server = self.prometheus()
        for hours in (30, 37, 50, 70):
            at = str(start + hours * HOUR)
            for name, expected in (
                ("appliance_category:darktrace_model_breaches:count1h", {"critical": 1, "suspicious": 10}),
                ("appliance_category:darktrace_model_breaches:count1d", A_DAY),
                ("appliance_model:darktrace_model_breaches:count1d", A_DAY),
            ):
                with self.subTest(name, hours=hours):
                    series = server.call("query", query=name, time=at)["result"]
                    found = {one["metric"]["category"]: float(one["value"][1]) for one in series}
                    self.assertEqual(found, expected)
        total = server.call("query", query="appliance:darktrace_model_breaches:count1h", time=str(start + 50 * HOUR))["result"]
        self.assertEqual([float(one["value"][1]) for one in total], [11])

    def command(self) -> list[str]:
        """The command of the README without what depends on the site."""
        text = (files.DASHBOARDS / "README.md").read_text()
        (found,) = re.findall(r"^    promtool (tsdb create-blocks-from rules(?:.*\\\n)*.*)", text, re.M)
        return [word for word in found.replace("\\\n", " ").split()
                if not word.startswith(("--url", "--start", "--end", "--output-dir", "rules/"))]  # fmt: skip


if __name__ == "__main__":
    unittest.main()
