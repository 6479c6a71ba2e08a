"""The pages of the exporter in a real browser: sizes, colour schemes, many appliances, names and contrast."""

import importlib.util
import pathlib
import tempfile
import unittest

import files
import yaml
from pictures.chromium import Chromium
from programs import BUILT, Program, fetch, until

TOKENS = {"hq": ("1" * 40, "2" * 40), "branch": ("3" * 40, "4" * 40), "plant": ("5" * 40, "6" * 40)}
AXE = pathlib.Path(importlib.util.find_spec("axe_core_python").origin).with_name("axe.min.js")
#: Width, whether it is a phone, and whether the colour scheme is dark.
SCREENS = ((390, True, False), (390, True, True), (1000, False, False), (1600, False, True))
#: The rules of axe that are about one page; WCAG 2.1 AA and good practice.
AUDIT = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"


class Pages(unittest.TestCase):
    """An exporter with three appliances in three states, and one with five hundred."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="darktrace-pages-")))
        pairs = [f"--appliance={name}:{':'.join(tokens)}" for name, tokens in TOKENS.items()]
        cls.simulator = cls.start(
            "simulator", str(BUILT / "darktrace-simulator"), "--listen-address=127.0.0.1:0", "--history=2d",
            "--control.listen-address=127.0.0.1:0", "--ca-file=simulator.pem", *pairs,
        )  # fmt: skip
        https, control = cls.simulator.says(r"ready https=127.0.0.1:(\d+) control=127.0.0.1:(\d+)").groups()
        fetch(f"http://127.0.0.1:{control}/-/faults", appliance="branch", set="revoked-token")
        fetch(f"http://127.0.0.1:{control}/-/faults", appliance="plant", set="silent")
        # This one begins now, because it takes its time; the last test needs it.
        cls.many = cls.export("many", https, {f"site-{number:03d}": "hq" for number in range(500)})
        # Plant never responds, and nothing gives up on it while the tests run: it stays without a poll.
        few = cls.export("few", https, {name: name for name in TOKENS}, poll_interval="20s", poll_timeout="10m")
        cls.few = cls.address(few)
        until("hq is up and branch is not", 60, lambda: all(word in fetch(cls.few) for word in (">up<", ">failing<")))
        cls.browser = cls.enterClassContext(Chromium())

    @classmethod
    def start(cls, name: str, *command: str) -> Program:
        """A program that ends with the tests."""
        program = Program(cls.folder, name, *command)
        cls.addClassCleanup(program.stop)
        return program

    @classmethod
    def export(cls, name: str, port: str, appliances: dict[str, str], **settings: object) -> Program:
        """An exporter of these appliances, each with the tokens of a simulated one."""
        configuration = {
            "global": {"initial_lookback": "1h", **settings},
            "appliances": [
                {
                    "name": appliance, "url": f"https://127.0.0.1:{port}", "public_token": TOKENS[simulated][0],
                    "private_token": TOKENS[simulated][1], "tls_config": {"ca_file": str(cls.folder / "simulator.pem")},
                }
                for appliance, simulated in appliances.items()
            ],
        }  # fmt: skip
        (cls.folder / f"{name}.yml").write_text(yaml.safe_dump(configuration))
        return cls.start(
            name, str(BUILT / "darktrace-exporter"), f"--config.file={name}.yml", f"--state.path={name}.db",
            "--web.listen-address=127.0.0.1:0",
        )  # fmt: skip

    @staticmethod
    def address(exporter: Program) -> str:
        """Where its pages are."""
        return "http://127.0.0.1:" + exporter.says(r"address=\"?127\.0\.0\.1:(\d+)", 60).group(1) + "/"

    def text(self) -> str:
        """What a person reads."""
        return self.browser.run("document.body.innerText")

    def on_every_screen(self, url: str, audited: bool = True):
        """Opens a page on each screen; it may not be wider than the window, and has to pass the audit."""
        for width, phone, dark in SCREENS:
            with self.subTest(url=url.split("/", 3)[3] or "/", width=width, dark=dark):
                self.browser.show(width, dark=dark, phone=phone)
                self.browser.open(url)
                self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
                back = self.browser.run("getComputedStyle(document.body).backgroundColor")
                self.assertEqual(back, "rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)")
                self.assertEqual(self.browser.run("document.scripts.length"), 0)
                yield
                if not audited:
                    continue
                self.browser.run(AXE.read_text(encoding="utf-8"))
                found = self.browser.run(
                    f"{AUDIT}.then(result => result.violations.map(one => one.id + ': ' + one.nodes[0].html))"
                )
                self.assertEqual(found, [])

    def test_three_appliances_one_failing_one_not_polled(self):
        for _ in self.on_every_screen(self.few):
            rows = self.browser.run(
                "[...document.querySelectorAll('tbody tr')].map(row => [row.cells[0].innerText, row.cells[1].innerText])"
            )
            self.assertEqual(rows, [["branch", "failing"], ["plant", "not polled yet"], ["hq", "up"]])
            self.assertIn("3 appliances: 1 failing, 1 not polled yet, 1 up.", self.text())
            self.assertIn("Runbook DarktraceSignatureFailures", self.text())
            self.assertRegex(self.text(), r"\d+ seconds? ago")

    def test_with_five_hundred_appliances(self):
        many = self.address(self.many)

        def polled():
            page = fetch(many)
            return "500 appliances" in page and page.count(">up<") > 10

        until("some are up", 240, polled)
        # The audit of five hundred rows takes minutes, and a row is like that of three appliances.
        for _ in self.on_every_screen(many, audited=False):
            self.assertEqual(self.browser.run("document.querySelectorAll('tbody tr').length"), 500)

    def test_links_lead_to_pages_of_appliances_and_runbooks(self):
        self.browser.show(1000)
        self.browser.open(self.few)
        links = self.browser.run("[...document.querySelectorAll('a')].map(link => link.href)")
        for name in TOKENS:
            self.assertIn(f"{self.few}appliances/{name}", links)
        for link in set(links):
            if not link.endswith("/-/ready"):  # 503 until the first poll of plant ends
                with self.subTest(link):
                    self.assertTrue(fetch(link))

    def test_page_of_an_appliance(self):
        for _ in self.on_every_screen(f"{self.few}appliances/branch"):
            self.assertIn("This appliance is failing", self.text())
            self.assertIn("What is wrong, and what to do", self.text())
        for _ in self.on_every_screen(f"{self.few}appliances/plant"):
            self.assertIn("not polled yet", self.text())
        until("status is polled", 30, lambda: "expires in" in fetch(f"{self.few}appliances/hq"))
        for _ in self.on_every_screen(f"{self.few}appliances/hq"):
            self.assertRegex(self.text(), r"Counted until\s+\d+ seconds? ago")
            self.assertRegex(self.text(), r"Certificate\s+expires in \d+ days")
            self.assertRegex(self.text(), r"Version\s+6\.")

    def test_runbooks(self):
        for _ in self.on_every_screen(f"{self.few}runbooks/"):
            self.assertIn("DarktraceApplianceDown", self.text())
        names = sorted(path.stem for path in (files.DASHBOARDS / "runbooks").glob("*.md"))
        self.browser.open(f"{self.few}runbooks/")
        self.assertEqual(self.browser.run("[...document.querySelectorAll('li a')].map(link => link.innerText)"), names)
        for _ in self.on_every_screen(f"{self.few}runbooks/DarktraceApplianceDown"):
            self.assertIn("What it means", self.text())


if __name__ == "__main__":
    unittest.main()
