"""`crossover conform`: our own cells keep the protocol, and each fault breaks its rule."""

import concurrent.futures
import re
import sys
import unittest
import xml.etree.ElementTree

from program import PROGRAM, SOURCE, TempDirTest, crossover, listed

SMALL_CELL = f"{sys.executable} {SOURCE / 'tools/tests/small_cell_for_test.py'}"
PYTHON_CELL = f"{sys.executable} {SOURCE / 'tools/cells/python_cell.py'}"


def conform(command, *flags):
    return crossover("conform", *flags, command)


def broken_rules(completed):
    return re.findall(r"^BROKEN  ([a-z -]+):", completed.stdout, re.M)


class Conform(TempDirTest):
    def test_every_cell_of_the_repository_conforms(self):
        commands = [SMALL_CELL]
        for model in listed()["models"]:
            is_ours = not model["script"]
            short_name = model["name"].removeprefix("python_")
            commands.append(f"{PROGRAM} cell {model['name']}" if is_ours else "")
            commands[-1] = commands[-1] or f"{PYTHON_CELL} {short_name}"
        self.assertGreater(len(commands), 10)
        # They mostly sleep.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for command, completed in zip(commands, pool.map(conform, commands)):
                with self.subTest(command):
                    self.assertEqual(completed.returncode, 0, completed.stdout + completed.stderr)

    def test_fault_breaks_its_rule(self):
        faults = {
            "sleeps_too_short": "number of operations",
            "counts_all": "lead-in",
            "one_too_many": "number of operations",
            "runs_anywhere": "cores",
            "leaves_a_child": "end of input",
            "prints_early": "ready",
            "ends_after_an_error": "errors",
            "exits_with_3": "finish",
        }
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = pool.map(lambda fault: conform(f"{SMALL_CELL} {fault}"), faults)
            for (fault, rule), completed in zip(faults.items(), results):
                with self.subTest(fault):
                    self.assertEqual(completed.returncode, 1, completed.stderr)
                    self.assertIn(rule, broken_rules(completed), completed.stdout)

    def test_results_are_written_as_junit(self):
        out = self.directory / "conform.xml"
        completed = conform(f"{SMALL_CELL} exits_with_3", "--junit", out)
        suite = xml.etree.ElementTree.parse(out).getroot().find("testsuite")
        self.assertEqual(int(suite.get("failures")), len(broken_rules(completed)))
        self.assertEqual(len(suite.findall("testcase")), int(suite.get("tests")))

    def test_missing_program_is_refused(self):
        for command in ("no-such", ""):
            completed = conform(command)
            self.assertEqual((completed.returncode, completed.stdout), (64, ""))
            self.assertEqual(completed.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
