"""Every metric in dashboards and rules exists, and every metric of the exporter is used or excluded."""

import unittest

import contract
import files
import yaml


class Metrics(unittest.TestCase):
    """Names in dashboards and rules, against the promised families."""

    def test_names_exist(self):
        names = {name for name in files.used() if name not in files.recorded() | contract.OF_PROMETHEUS}
        samples = set(contract.COUNTERS) | set(contract.GAUGES)
        samples |= {f"{name}_{part}" for name in contract.HISTOGRAMS for part in ("bucket", "sum", "count")}
        self.assertEqual(names - samples, set())

    def test_every_family_is_used_or_excused(self):
        excused = yaml.safe_load((files.DASHBOARDS / "unused-metrics.yml").read_text())
        self.assertTrue(all(excused.values()), "a metric without a reason")
        shown = {name if name in contract.FAMILIES else files.base(name) for name in files.used()}
        self.assertEqual(contract.FAMILIES - shown, set(excused))


if __name__ == "__main__":
    unittest.main()
