"""The generated files are up to date, and use only keys that the types of Grafana define."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import files
import generate
from generator import settings as module
from generator.dashboards import normalized
from generator.settings import Settings


class Generated(unittest.TestCase):
    """The committed files, compared with newly generated ones."""

    def test_files_are_fresh(self):
        made = generate.files(Settings(files.DASHBOARDS / "settings.yml"))
        for name, body in made.items():
            with self.subTest(name):
                self.assertEqual((files.DASHBOARDS / name).read_text(), body, "stale: run `make dashboards`")
        names = ("prometheus/rules", "prometheus/optional-rules", "grafana/dashboards", "grafana/import")
        folders = [files.DASHBOARDS / name for name in names]
        paths = [path for folder in folders for path in folder.iterdir()]
        paths += [path for path in (files.DASHBOARDS / "mixin").glob("*.json") if path.name != "jsonnetfile.json"]
        present = {str(path.relative_to(files.DASHBOARDS)) for path in paths}
        self.assertEqual(present, set(made), "a file that nothing generates")

    def test_rules_are_generated_without_the_library_of_grafana(self):
        program = (
            "import runpy, sys; sys.modules['grafana_foundation_sdk'] = None; path = sys.argv[1]; del sys.argv[0]; "
            "sys.path.insert(0, path.rpartition('/')[0]); runpy.run_path(path, run_name='__main__')"
        )
        script = str(files.DASHBOARDS / "generate.py")
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-B", "-c", program, script, "--output", folder]
            done = subprocess.run([*command, "--only", "rules"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            made = {path.relative_to(folder): path for path in pathlib.Path(folder).rglob("*") if path.is_file()}
            present = {path.relative_to(files.DASHBOARDS) for path in files.rule_files()}
            self.assertLessEqual(present, set(made))
            for name, path in made.items():
                with self.subTest(name):
                    self.assertEqual(path.read_text(), (files.DASHBOARDS / name).read_text())
            # The library is missing in that process: dashboards need it.
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertIn("grafana_foundation_sdk", done.stderr)
            self.assertNotEqual(done.returncode, 0)

    def test_files_that_are_not_generated_any_more_are_deleted(self):
        with tempfile.TemporaryDirectory() as folder:
            mine, own = pathlib.Path(folder, "mine.yml"), pathlib.Path(folder, "prometheus/rules/own.yml")
            optional = own.with_name("optional-alerts.yml")
            for chosen, exists in (("[DarktraceNewModel]", True), ("[]", False)):
                mine.write_text(f"optional_alerts: {chosen}\n")
                command = [sys.executable, "-B", files.DASHBOARDS / "generate.py", "--settings", mine, "--output", folder]
                subprocess.run([*command, "--only", "rules"], capture_output=True, check=True)
                own.write_text("groups: []\n")
                self.assertEqual(optional.exists(), exists, chosen)
            self.assertTrue(own.exists(), "a file of somebody else")

    def test_the_runbooks_of_the_program_are_fresh(self):
        command = [sys.executable, "-B", files.DASHBOARDS / "runbooks.py", "--check"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_dashboards_come_back_the_same_from_the_library_types(self):
        for path in (files.DASHBOARDS / "grafana/dashboards").glob("*.json"):
            with self.subTest(path.name):
                content = json.loads(path.read_text())
                self.assertEqual(normalized(content), content)
                self.assertIn(content["schemaVersion"], (39, 40, 41))

    def test_files_for_import_by_hand_ask_for_the_data_source(self):
        for path in (files.DASHBOARDS / "grafana/import").glob("*.json"):
            with self.subTest(path.name):
                board = json.loads(path.read_text())
                (asked,) = board["__inputs"]
                self.assertEqual((asked["type"], asked["pluginId"]), ("datasource", "prometheus"))
                self.assertNotIn("${datasource}", path.read_text())
                # Grafana puts the chosen source where the placeholder stands, and drops the two keys of the import.
                imported = json.loads(path.read_text().replace(f"${{{asked['name']}}}", "chosen"))
                needed = {entry["id"] for entry in imported.pop("__requires") if entry["type"] == "panel"}
                self.assertEqual(needed, {panel["type"] for panel in files.panels(imported)})
                del imported["__inputs"], imported["id"]
                self.assertEqual(normalized(imported), imported)
                provisioned = json.loads((files.DASHBOARDS / "grafana/dashboards" / path.name).read_text())
                self.assertEqual(
                    [panel["title"] for panel in files.panels(imported)],
                    [panel["title"] for panel in files.panels(provisioned)],
                )

    def test_durations(self):
        for text, length in (
            ("90s", 90),
            ("15m", 900),
            ("1h30m", 5400),
            ("1d", 86400),
            ("500ms", 0.5),
            ("2w", 1209600),
        ):
            self.assertEqual(module.seconds(text), length)
        for text in ("", "90", "1.5h", "m", "1h 30m", "-1h"):
            with self.assertRaises(ValueError, msg=text):
                module.seconds(text)


if __name__ == "__main__":
    unittest.main()
