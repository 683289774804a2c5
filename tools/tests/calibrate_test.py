"""`calibrate`: banks whole suites, goes on where it stopped, keeps them through an interrupt, and makes the page of the bank."""

import json
import pathlib
import signal
import subprocess
import time
import unittest

from program import PATIENCE_S, PROGRAM, InADirectory, processes_of_group

CALIBRATE = str(pathlib.Path(PROGRAM).with_name("calibrate"))
CELLS = (
    "--workload",
    "hashing:bytes=4KiB",
    "--workload",
    "noop",
    "--model",
    "serial",
    "--cores",
    "1",
    "--in-flight",
    "1",
)


class Calibrate(InADirectory):
    def setUp(self):
        super().setUp()
        self.bank = self.directory / "bank"
        self.page = self.directory / "page.md"

    def command(self, *arguments):
        return [
            CALIBRATE,
            PROGRAM,
            PROGRAM,
            "--bank",
            self.bank,
            "--page",
            self.page,
            "--replays",
            "50",
            "--slower-every",
            "2",
            "--slower",
            "60",
            *CELLS,
            *arguments,
        ]

    def suites(self):
        return [json.loads(line) for line in (self.bank / "suites.jsonl").read_text().splitlines()]

    def run_for(self, minutes):
        done = subprocess.run(
            self.command("--minutes", str(minutes)),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_whole_suites_are_banked_and_the_next_run_goes_on(self):
        self.run_for(0.0001)
        (first,) = self.suites()
        self.assertEqual(
            [cell["name"].split("/")[0] for cell in first["cells"]], ["hashing", "noop"]
        )
        self.assertEqual(first["slower_cell"], "")
        for cell in first["cells"]:
            for block in cell["screen"] + cell["confirm"]:
                self.assertEqual(len(block["old"]), len(block["new"]))
                self.assertGreaterEqual(len(block["old"]), 4)
        self.assertIn("suite 2 (hashing/serial", self.run_for(0.0001))
        second = self.suites()[1]
        self.assertTrue(second["slower_cell"].startswith("hashing/"))
        self.assertNotEqual(first["seed"], second["seed"])
        page = self.page.read_text()
        for words in (
            "# Measured error rates",
            "false alarm in a suite of identical builds | ",
            "of 1:",
            "cell slowed down by 60 %",
            "U-test",
        ):
            self.assertIn(words, page)
        for path in (str(self.directory), PROGRAM):
            self.assertNotIn(path, page)

    def test_an_interrupt_keeps_whole_suites_and_leaves_nothing_behind(self):
        self.run_for(0.0001)
        process = subprocess.Popen(
            self.command("--minutes", "60"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(processes_of_group(process.pid), [])
        self.assertGreaterEqual(len(self.suites()), 1)
        self.assertIn("# Measured error rates", self.page.read_text())

    def test_bad_input(self):
        def refused(code, words, *arguments):
            done = subprocess.run(
                [CALIBRATE, *map(str, arguments)],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertRegex(done.stderr, r"\Acalibrate: [^\n]+\n\Z")
            self.assertIn(words, done.stderr)

        refused(64, "give OLD and NEW")
        refused(65, "no completed suite", "--minutes", 0, "--bank", self.bank)
        refused(65, "cannot be read", self.directory / "none", PROGRAM, "--bank", self.bank)
        refused(74, "nowhere", "--minutes", 0, "--page", self.directory / "nowhere" / "page.md")
        self.bank.mkdir()
        (self.bank / "suites.jsonl").write_text("{}\n")
        refused(65, "suites.jsonl, line 1", "--minutes", 0, "--bank", self.bank)


if __name__ == "__main__":
    unittest.main()
