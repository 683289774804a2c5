"""The command line: lists, `-` for standard streams, kept results, and help."""

import json
import os
import re
import unittest

from program import TempDirTest, crossover, listed, strict_json

NOOP = "--workload noop --model serial --cores 1 --seconds 0.01 --repetitions 2".split()


class Lists(unittest.TestCase):
    def names(self, *arguments):
        return [cell["name"] for cell in listed(*arguments, "--cores", 1)["cells"]]

    def test_commas_separate_names_and_parameters(self):
        separate = self.names(
            *("--workload", "network:bytes=1KiB,delay=1ms", "--workload", "noop"),
            *("--model", "serial", "--model", "fibers", "--in-flight", 8),
        )
        self.assertEqual(len(separate), 4)
        self.assertEqual(
            self.names(
                *("--workload", "network:bytes=1KiB,delay=1ms,noop"),
                *("--model", "serial,fibers", "--in-flight", 8),
            ),
            separate,
        )

    def test_a_repeated_list_adds_and_a_repeated_value_replaces(self):
        cells = self.names(*NOOP[:2], "--model=fibers", "--in-flight=1,2", "--in-flight", 3)
        self.assertEqual([name.rsplit(":", 1)[1] for name in cells], ["1", "2", "3"])
        cells = self.names(*NOOP[:2], "--model=fibers", "--rate", 5, "--rate", 7)
        self.assertTrue(cells[0].endswith("/rate:7"), cells)


class Files(TempDirTest):
    def run_here(self, *arguments, code=0, **options):
        completed = crossover(*arguments, cwd=self.directory, **options)
        self.assertEqual(completed.returncode, code, completed.stderr)
        return completed

    def test_existing_results_are_kept(self):
        self.out.write_text("precious")
        completed = self.run_here("run", *NOOP)
        self.assertIn("results.json is kept; writing results.1.json", completed.stderr)
        self.assertTrue(completed.stdout.endswith("results: results.1.json\n"), completed.stdout)
        self.run_here("run", *NOOP, "--out", self.out)
        self.assertEqual(self.out.read_text(), "precious")
        names = ["results.1.json", "results.2.json", "results.json"]
        self.assertEqual(sorted(os.listdir(self.directory)), names)
        for name in names[:2]:
            document = strict_json((self.directory / name).read_text())
            self.assertEqual(document["crossover"]["status"], "complete")

    def test_force_replaces_results(self):
        self.out.write_text("old")
        completed = self.run_here("run", *NOOP, "--force")
        self.assertIn("replacing results.json\n", completed.stderr)
        self.assertEqual(self.results()["crossover"]["status"], "complete")
        self.assertEqual(os.listdir(self.directory), ["results.json"])

    def test_listing_writes_nothing(self):
        self.out.write_text("precious")
        for arguments in (
            ("run", *NOOP, "--benchmark_list_tests", "--force"),
            ("run", *NOOP, "--benchmark_list_tests", "--benchmark_out=rows.json"),
            ("list", *NOOP[:6]),
            ("list", "--suites"),
        ):
            self.run_here(*arguments)
            self.assertEqual(os.listdir(self.directory), ["results.json"])
            self.assertEqual(self.out.read_text(), "precious")

    def test_a_dash_is_standard_output_or_input(self):
        completed = self.run_here("run", *NOOP, "--out", "-")
        text = completed.stdout
        self.assertEqual(strict_json(text)["crossover"]["status"], "complete")
        self.assertIn("results: standard output\n", completed.stderr)
        self.out.write_text(text)
        for arguments, beginning in (
            (("report", "-", "--format", "csv"), "name,"),
            (("report", "-", "--out", "-"), "<!doctype html>"),
            (("report", self.out, "--baseline", "-", "--format", "md"), "## "),
            (("check", self.out, "-", "--format", "json:-"), "{"),
            (("check", "-", self.out, "--format", "text:check.txt", "--out", "-"), "{"),
        ):
            completed = crossover(*arguments, cwd=self.directory, input=text, stdin=None)
            self.assertIn(completed.returncode, (0, 2), completed.stderr)
            self.assertTrue(completed.stdout.startswith(beginning), completed.stdout[:80])
        self.assertEqual(sorted(os.listdir(self.directory)), ["check.txt", "results.json"])
        completed = crossover("report", "-", input="{", stdin=None)
        self.assertEqual(completed.returncode, 65)
        self.assertIn("standard input: not JSON", completed.stderr)
        thresholds = json.dumps({"thresholds": [{"cells": "*", "detect": 5}]})
        check = ("check", self.out, self.out, "--thresholds", "-")
        completed = crossover(*check, input=thresholds, stdin=None)
        self.assertEqual(completed.returncode, 65)
        self.assertIn("standard input: rule 1: 'detect' 5: write 5% or 0.05", completed.stderr)

    def test_standard_output_has_one_purpose(self):
        completed = self.run_here("run", *NOOP, "--out=-", "--benchmark_format=csv", code=64)
        self.assertIn("both write to standard output", completed.stderr)

    def test_a_device_is_written_and_not_replaced(self):
        device = self.directory / "null"
        os.symlink("/dev/null", device)
        self.run_here("run", *NOOP, "--out", device)
        self.run_here("report", "-", "--out", device, stdin=None, input='{"benchmarks":[]}')
        self.assertTrue(device.is_char_device())
        self.assertEqual(os.listdir(self.directory), ["null"])


class Help(unittest.TestCase):
    def test_every_help_fits_one_screen_and_has_an_example(self):
        overview = crossover("--help")
        commands = re.findall(r"(?m)^  (\w+) ", overview.stdout)
        commands.remove("help")  # its help is the overview
        self.assertGreater(len(commands), 5)
        pages = [overview.stdout]
        for command in (*commands, *(f"serve {name}" for name in ("network", "download", "query"))):
            completed = crossover(*command.split(), "--help")
            self.assertEqual((completed.returncode, completed.stderr), (0, ""), command)
            self.assertRegex(completed.stdout, rf"(?m)^Example:  .*\bcrossover {command}\b")
            self.assertEqual(crossover("help", *command.split()).stdout, completed.stdout)
            pages.append(completed.stdout)
        for page in pages:
            self.assertIn("\nExample:  ", page)
            self.assertLessEqual(len(page.splitlines()), 24, page)
            self.assertLessEqual(max(map(len, page.splitlines())), 80, page)

    def test_help_and_version(self):
        self.assertEqual(crossover("help").stdout, crossover("--help").stdout)
        self.assertRegex(crossover("--version").stdout, r"^crossover \d+\.\d+\.\d+\n$")
        for arguments, text in (
            (("help", "rnu"), "did you mean 'run'?"),
            (("--verison",), "did you mean '--version'?"),
        ):
            completed = crossover(*arguments)
            self.assertEqual(completed.returncode, 64)
            self.assertIn(text, completed.stderr)


if __name__ == "__main__":
    unittest.main()
