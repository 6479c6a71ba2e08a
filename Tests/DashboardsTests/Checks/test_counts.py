"""The expression that counts breaches, evaluated by promtool over days with restarts, replicas and an upgrade."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import files
import yaml
from generator.counts import Counts
from generator.settings import Settings

SETTINGS = Settings(files.DASHBOARDS / "settings.yml")
COUNTS = Counts('job="d"', SETTINGS.replicas)
BY_CATEGORY = 'darktrace_model_breaches_by_category_total{job="d", appliance="hq", category="critical"'
BY_MODEL = 'darktrace_model_breaches_total{job="d", appliance="hq", category="critical", model="M"'
START = 'darktrace_ledger_start_timestamp_seconds{job="d", appliance="hq"'
ONE_A_MINUTE = "0+1x720"


def evaluated(expr: str, hours: int, *series: tuple[str, str]) -> list[float]:
    """The values of an expression at the end of so many hours with one sample a minute."""
    return [float(value) for value in re.findall(r"(?:^|[},]) ?\s*([-+0-9.]+E[-+]\d+)", shown(expr, hours, *series))]


def shown(expr: str, hours: int, *series: tuple[str, str]) -> str:
    """The same as promtool writes it, with labels."""
    test = {
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": name + "}", "values": values} for name, values in series],
            # A wrong expectation, so that promtool shows what it got.
            "promql_expr_test": [{"expr": expr, "eval_time": f"{hours}h", "exp_samples": [{"labels": "wanted", "value": 0}]}],
        }],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "test.yml"
        path.write_text(yaml.safe_dump(test))
        result = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True, check=False)
    got = re.search(r"got:\s*(.*)", result.stdout + result.stderr, re.S)
    assert got, result.stdout + result.stderr
    return got[1]


class Panels(unittest.TestCase):
    """Expressions of dashboards."""

    @staticmethod
    def expr(title: str, panel: str, target: int = 0, **values: str) -> str:
        """The expression of a panel, with its variables filled in."""
        found = [each["expr"] for name, each in files.queries(files.boards()[title]) if name == panel]
        return files.filled(found[target], files.EXAMPLE | {f"${name}": value for name, value in values.items()})

    def test_bars_do_not_overlap_in_any_time_zone(self):
        for title in ("Darktrace / Breaches", "Darktrace / Appliance"):
            for step, hours in (("2h", (36, 37)), ("6h", (30, 31, 34)), ("1d", (35, 43))):
                expr = self.expr(title, "Breaches by category", __interval=step)
                length = {"2h": 120, "6h": 360, "1d": 1440}[step]
                for at in hours:
                    with self.subTest(dashboard=title, step=step, hours=at):
                        self.assertEqual(evaluated(expr, at, (BY_CATEGORY + ', instance="a"', "0+1x3000")), [length])

    def test_bars_have_what_a_gap_held_back(self):
        expr = self.expr("Darktrace / Breaches", "Breaches by category", __interval="10m")
        self.assertEqual(evaluated(expr, 20, (BY_CATEGORY + ', instance="a"', "0+1x1100 _x98 1199+1x300")), [100])

    def test_an_exporter_that_is_down_is_not_running(self):
        def exporter(name: str, *ups: str) -> list[tuple[str, str]]:
            target = f'job="d", instance="{name}"'
            return [(f"up{{{target}", ups[0]), (f"darktrace_exporter_build_info{{{target}", ups[1])]

        expr = self.expr("Darktrace / Exporter", "Exporters running")
        other = ('up{job="d", instance="node:9100"', "0x600")
        well, down = exporter("a", "1x600", "1x600"), exporter("b", "1x500 0x99", "1x500 stale")
        gone = exporter("c", "1x99 stale", "1x99 stale")
        self.assertEqual(evaluated(expr, 8, *well, *down, *gone, other), [2])
        self.assertEqual(evaluated(expr, 9, *well, *down, *gone, other), [-1])
        self.assertEqual(evaluated(expr, 9, *down, other), [-1])
        self.assertEqual(evaluated(expr, 9, *gone, other), [])

    def test_known_models_are_not_new(self):
        """More models than the table has rows, all busy on a usual day and silent today, and some others today."""
        day = 1440

        def model(name: str, values: str) -> tuple[str, str]:
            return BY_MODEL.replace('"M"', f'"{name}"') + ', instance="a"', values

        busy = [model(f"busy-{number}", f"0+9x{2 * day} {18 * day}x{day}") for number in range(101)]
        today = [model("rare", f"5x{3 * day - 60} 6x100"), model("new", f"_x{3 * day - 60} 2x100")]
        others = [model("daily", "0+1x5000"), model("yesterday", f"_x{day + day // 2} 1x{2 * day}")]
        series = (*busy, *today, *others, (START + ', instance="a"', "-9x5000"))
        names = "Darktrace / Breaches", "Models: last 24 h and usual day"
        for target, expected in ((0, {"rare": 1, "daily": day, "new": 2}), (1, {"rare": 0, "daily": day, "new": -1})):
            text = shown(self.expr(*names, target), 3 * 24, *series)
            found = re.findall(r'model=\\?"([a-z0-9-]+)\\?"[^}]*} ([-+0-9.E]+)', text)
            self.assertEqual({name: float(value) for name, value in found}, expected)
        # A Prometheus that knows less than a day has no history of any model, and none of them is new.
        self.assertEqual(evaluated(self.expr(*names, 1), 20, model("young", "5x1100 6x200")), [])


class TheCount(unittest.TestCase):
    """Whole numbers, each breach once."""

    def test_a_day_with_a_new_instance_at_noon(self):
        series = [(BY_CATEGORY + ', instance="a"', ONE_A_MINUTE + " stale"), (BY_CATEGORY + ', instance="b"', "_x722 722+1x900")]
        self.assertEqual(evaluated(COUNTS.breaches("category", "1d"), 25, *series), [1440])

    def test_two_replicas_of_which_one_is_away(self):
        series = [(BY_CATEGORY + ', instance="a"', "0+1x1500"), (BY_CATEGORY + ', instance="b"', "0+1x600 _x300 901+1x599")]
        self.assertEqual(evaluated(COUNTS.breaches("category", "1h"), 20, *series), [60])
        self.assertEqual(evaluated(COUNTS.breaches("category", "12h"), 20, *series), [720])

    def test_the_hours_after_an_upgrade(self):
        series = [
            (BY_MODEL, "0+1x1500"), (BY_MODEL.replace('"M"', '"N"'), "0+1x1500"), (START, "-2592000x1500"),
            (BY_CATEGORY, "_x1190 2380+2x300"),
        ]  # fmt: skip
        self.assertEqual(evaluated(COUNTS.breaches("category", "1h"), 20, *series), [120])

    def test_a_new_appliance_counts_from_its_first_sample(self):
        series = [(BY_CATEGORY, "_x1190 4000x5 4003x300"), (START, "_x1190 -2592000x300")]
        self.assertEqual(evaluated(COUNTS.breaches("category", "1h"), 20, *series), [3])
        models = [(BY_MODEL, "_x1190 4000x5 4003x300"), (START, "_x1190 -2592000x300")]
        self.assertEqual(evaluated(COUNTS.breaches("model", "1h"), 20, *models), [3])

    def test_a_new_model_of_a_known_appliance_counts_from_0(self):
        self.assertEqual(evaluated(COUNTS.breaches("model", "1h"), 20, (BY_MODEL, "_x1190 2x300"), (START, "-9x1500")), [2])

    def test_a_ledger_is_lost(self):
        series = [(BY_CATEGORY, "90x1190 80x5 81x300"), (START, "-5000000x1190 -2592000x300")]
        self.assertEqual(evaluated(COUNTS.breaches("category", "1h"), 20, *series), [1])

    def test_a_new_ledger_starts_earlier(self):
        series = [(BY_CATEGORY, "5x1190 400x300"), (START, "-2592000x1190 -5000000x300")]
        self.assertEqual(evaluated(COUNTS.breaches("category", "1h"), 20, *series), [])

    def test_the_documents_have_the_same_form(self):
        text = (files.ROOT / "docs/operating.md").read_text()
        (query,) = re.findall(r"^    (max without.*(?:\n        .*)*)", text, re.M)
        name = BY_MODEL.split("{")[0]
        for instances in (("a", "a"), ("a", "b")):
            series = [(BY_MODEL + f', instance="{instances[0]}"', "0+1x1000"), (BY_MODEL + f', instance="{instances[1]}"', "_x1001 1001+1x900")]
            series = series if instances[0] != instances[1] else [(BY_MODEL + ', instance="a"', "0+1x1900")]
            with self.subTest(instances):
                self.assertIn(name, query)
                self.assertEqual(evaluated(query, 17, *series), [60])

    def test_no_document_counts_with_increase(self):
        documents = [files.ROOT / "README.md", files.DASHBOARDS / "README.md"]
        documents += [*(files.ROOT / "docs").glob("*.md"), *(files.DASHBOARDS / "runbooks").glob("*.md")]
        self.assertGreater(len(documents), 40)
        for path in documents:
            for found in re.findall(r".*\bincrease\(darktrace_model_breaches(?:_by_category)?_total.*", path.read_text()):
                self.fail(f"{path.relative_to(files.ROOT)} counts otherwise: {found}")


if __name__ == "__main__":
    unittest.main()
