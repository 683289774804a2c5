"""`crossover conform`: our own cells keep the protocol, and each fault breaks its rule."""

import concurrent.futures
import re
import shlex
import sys
import unittest
import xml.etree.ElementTree

from program import PROGRAM, SOURCE, TempDirTest, crossover, listed

SMALLEST = SOURCE / "tools/cells/smallest_cell.py"
SMALLEST_CELL = f"{sys.executable} {SMALLEST}"

# Per fault: the rule that it breaks, the text of the smallest cell and its replacement.
FAULTS = {
    "sleeps_too_short": ("number of operations", "time.sleep(delay_s)", "time.sleep(delay_s / 20)"),
    "counts_all": ("lead-in", "opens <= time.monotonic() < closes", "1"),
    "one_too_many": ("number of operations", "sum(counts)", "sum(counts) + 1"),
    "runs_anywhere": ("cores", "os.sched_setaffinity", "bool if 1 else"),
    "leaves_a_child": (
        "end of input",
        "    os.sched_setaffinity",
        "    __import__('subprocess').Popen(['sleep', '600'], stdout=2)\n    os.sched_setaffinity",
    ),
    "prints_early": ("ready", "for line in sys.stdin:", "print('hi')\nfor line in sys.stdin:"),
    "ends_after_an_error": (
        "errors",
        'reply = {"error": {"kind": "invalid"',
        'break\n        reply = {"error": {"kind": "invalid"',
    ),
    "exits_with_3": ("finish", "        break", "        sys.exit(3)"),
}

# A program between `conform` and a cell that conforms, with a fault.
FAULTY_PROXY = f"""
import select, subprocess, sys

pipes = {{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}}
command = ["{sys.executable}", "{SOURCE}/tools/cells/python_cell.py", "threads"]
cell = subprocess.Popen(command, **pipes)
for line in sys.stdin:
    print(line, end="", file=cell.stdin, flush=True)
    reply = cell.stdout.readline()
    FAULT
    print(reply, end="", flush=True)
"""
SAMPLE = '{"sample":{"operations":80,"wall_s":1,"errors":{}}}\\n'


def conform(command, *flags):
    return crossover("conform", *flags, command)


def broken_rules(completed):
    return re.findall(r"^BROKEN  ([a-z -]+):", completed.stdout, re.M)


class Conform(TempDirTest):
    def test_every_cell_of_the_repository_conforms(self):
        commands = [SMALLEST_CELL]
        document = listed("--workload", "sleep", "--cores", 1, "--in-flight", 1)
        missing = {cell["model"]: cell["reason"] for cell in document["cells"]}
        for model in document["models"]:
            if reason := missing.get(model["name"]):
                print(f"not tested: {model['name']}: {reason}")
            else:
                command = model["command"] or [PROGRAM, "cell", model["name"]]
                commands.append(shlex.join(map(str, command)))
        self.assertGreater(len(commands), 10)
        # They mostly sleep.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for command, completed in zip(commands, pool.map(conform, commands)):
                with self.subTest(command):
                    if package := re.search(
                        r"has no module .*apt-get install \S+", completed.stdout
                    ):
                        self.skipTest(package[0])
                    self.assertEqual(completed.returncode, 0, completed.stdout + completed.stderr)

    def faulty_cell(self, fault):
        """Returns the command of the smallest cell with a fault."""
        _, text, replacement = FAULTS[fault]
        source = SMALLEST.read_text()
        self.assertEqual(source.count(text), 1, text)
        script = self.directory / f"{fault}.py"
        script.write_text(source.replace(text, replacement))
        return f"{sys.executable} {script}"

    def test_smallest_cell_is_short(self):
        self.assertLessEqual(len(SMALLEST.read_text().splitlines()), 60)

    def test_fault_breaks_its_rule(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = pool.map(conform, map(self.faulty_cell, FAULTS))
            for (fault, (rule, _, _)), completed in zip(FAULTS.items(), results):
                with self.subTest(fault):
                    self.assertEqual(completed.returncode, 1, completed.stderr)
                    self.assertIn(rule, broken_rules(completed), completed.stdout)

    def test_fault_beside_the_operations_breaks_its_rule(self):
        proxy = self.directory / "proxy.py"
        is_ended = "select.select([sys.stdin], [], [], 0)[0]"
        for fault, rule in (
            (f"""if '"failed"' in reply: reply = '{SAMPLE}'""", "wrong results"),
            (f"""if '"run"' in line and {is_ended}: sys.exit(1)""", "end of input during a run"),
        ):
            with self.subTest(rule):
                proxy.write_text(FAULTY_PROXY.replace("FAULT", fault))
                completed = conform(f"{sys.executable} {proxy}")
                self.assertIn(rule, broken_rules(completed), completed.stdout)

    def test_results_are_written_as_junit(self):
        out = self.directory / "conform.xml"
        completed = conform(self.faulty_cell("exits_with_3"), "--junit", out)
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
