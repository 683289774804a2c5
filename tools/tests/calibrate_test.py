"""`calibrate` records suites, continues earlier ones, can be interrupted, and writes the page."""

import json
import pathlib
import signal
import subprocess
import time
import unittest

from program import PROGRAM, TIMEOUT_S, TempDirTest, processes_of_group

CALIBRATE = str(pathlib.Path(PROGRAM).with_name("calibrate"))
CELLS = (
    "--workload hashing:bytes=4KiB --workload noop --model serial --cores 1 --in-flight 1".split()
)
OPTIONS = "--resamples 10 --slowdown-every 2 --slowdown 60%".split()


def calibrate(*arguments):
    return subprocess.run(
        [CALIBRATE, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT_S
    )


class Calibrate(TempDirTest):
    def setUp(self):
        super().setUp()
        self.data = self.directory / "data"
        self.page = self.directory / "page.md"
        self.arguments = [PROGRAM, PROGRAM, "--data", self.data, "--out", self.page]
        self.arguments += [*OPTIONS, *CELLS]

    def suites(self):
        return [json.loads(line) for line in (self.data / "suites.jsonl").read_text().splitlines()]

    def run_for(self, minutes):
        """Runs calibrate and returns its standard error."""
        completed = calibrate(*self.arguments, "--minutes", minutes)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        return completed.stderr

    def test_next_run_continues_the_recorded_suites(self):
        self.run_for(0.0001)
        (first,) = self.suites()
        self.assertEqual(
            [cell["name"].split("/")[0] for cell in first["cells"]], ["hashing", "noop"]
        )
        self.assertEqual(first["slower_cell"], "")
        for cell in first["cells"]:
            for block in cell["screen"] + cell["confirm"]:
                self.assertEqual(len(block["figures"]), len(block["order"]))
                self.assertEqual(block["order"].count("o"), block["order"].count("n"))
                self.assertGreaterEqual(len(block["figures"]), 16)
        self.assertIn("suite 2 (hashing/serial", self.run_for(0.0001))
        second = self.suites()[1]
        self.assertTrue(second["slower_cell"].startswith("hashing/"))
        self.assertNotEqual(first["seed"], second["seed"])
        page = self.page.read_text()
        for text in (
            "# Measured error rates",
            "false alarm in a suite of identical builds | ",
            "of 1:",
            "cell slowed down by 60 %",
        ):
            self.assertIn(text, page)
        for path in (str(self.directory), PROGRAM):
            self.assertNotIn(path, page)

    def test_interrupt_keeps_completed_suites_and_leaves_no_process(self):
        self.run_for(0.0001)
        process = subprocess.Popen(
            [CALIBRATE, *self.arguments, "--minutes", "60"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(processes_of_group(process.pid), [])
        self.assertGreaterEqual(len(self.suites()), 1)
        self.assertIn("# Measured error rates", self.page.read_text())

    def test_bad_input(self):
        def refused(code, text, *arguments):
            completed = calibrate(*arguments)
            self.assertEqual(completed.returncode, code, completed.stderr)
            self.assertRegex(completed.stderr, r"\Acalibrate: [^\n]+\n\Z")
            self.assertIn(text, completed.stderr)

        refused(64, "expected OLD and NEW")
        refused(65, "no completed suite", "--minutes", 0, "--data", self.data)
        refused(65, "cannot be read", self.directory / "none", PROGRAM, "--data", self.data)
        refused(74, "nowhere", "--minutes", 0, "--out", self.directory / "nowhere" / "page.md")
        self.data.mkdir()
        (self.data / "suites.jsonl").write_text("{}\n")
        refused(65, "suites.jsonl, line 1", "--minutes", 0, "--data", self.data)


if __name__ == "__main__":
    unittest.main()
