"""`--cell`: any program that implements the protocol is a model."""

import pathlib
import sys
import unittest

from program import PROGRAM, SOURCE, TempDirTest, crossover, listed

# A cell that supports only `noop`. It counts on its clock.
TINY_CELL = """
import json, sys, time

for line in sys.stdin:
    ((verb, body),) = json.loads(line).items()
    if verb == "prepare" and body["workload"] != "noop":
        reply = {"error": {"kind": "unsupported", "message": "only noop"}}
    elif verb == "prepare":
        reply = {"ready": {"protocol": 2}}
    elif verb == "run":
        time.sleep(body.get("lead_s", 0))
        begin = time.monotonic()
        end = begin + body.get("seconds", 0)
        operations = 0
        while operations < body.get("operations", 0) or time.monotonic() < end:
            operations += 1
        wall_s = time.monotonic() - begin
        reply = {"sample": {"operations": operations, "wall_s": wall_s, "errors": {}}}
    else:
        reply = {"finished": {}}
    print(json.dumps(reply), flush=True)
    if verb == "finish":
        break
"""


def is_alive(pid):
    """Returns whether a process runs; a zombie does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class CellFlag(TempDirTest):
    def setUp(self):
        super().setUp()
        self.script = self.directory / "tiny_cell.py"
        self.script.write_text(TINY_CELL)
        self.tiny_command = f"{sys.executable} {self.script}"
        self.tiny = f"tiny={self.tiny_command}"

    def measure(self, *arguments):
        return crossover(
            *("run", "--out", self.out, "--force", "--seconds", 0.02, "--repetitions", 1),
            *("--cores", 1, "--in-flight", 1),
            *arguments,
        )

    def test_program_takes_turns_with_other_models(self):
        flags = ("--workload", "noop,sleep:delay=1ms", "--model", "serial")
        completed = self.measure(*flags, "--cell", self.tiny)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        cells = self.cells()
        self.assertEqual(cells["noop/tiny/cores:1/in_flight:1"]["status"], "ok")
        refused = cells["sleep/tiny/cores:1/in_flight:1/delay:1ms"]
        self.assertEqual((refused["status"], refused["reason"]), ("skipped", "only noop"))
        self.assertEqual(cells["sleep/serial/cores:1/in_flight:1/delay:1ms"]["status"], "ok")
        self.assertIn("tiny", crossover("report", self.out, "--format", "md").stdout)

    def test_program_is_listed_and_is_in_suites(self):
        document = listed("--suite", "quick", "--cell", self.tiny)
        (row,) = [row for row in document["models"] if row["name"] == "tiny"]
        self.assertEqual(row["command"], [sys.executable, str(self.script)])
        self.assertIn("tiny", {cell["model"] for cell in document["cells"]})

    def test_own_cells_run_one_model_under_any_name(self):
        python = f"{sys.executable} {SOURCE / 'tools/cells/python_cell.py'}"
        completed = self.measure(
            *("--workload", "noop", "--model", "serial"),
            *("--cell", f"old={PROGRAM} cell event_loop", "--cell", f"py={python} threads"),
        )
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertEqual({cell["status"] for cell in self.cells().values()}, {"ok"})
        self.assertEqual(len(self.cells()), 3)

    def test_two_versions_are_checked(self):
        slow = self.directory / "slow_cell.py"
        slow.write_text(TINY_CELL.replace("operations += 1", "operations += 1; sum(range(500))"))
        for new, code in ((self.script, 0), (slow, 1)):
            with self.subTest(new):
                completed = crossover(
                    *("check", "--cell", self.tiny),
                    *("--cell", f"tiny={sys.executable} '{new}'", "--workload", "noop"),
                    *("--cores", 1, "--in-flight", 1, "--detect", "50%", "--tolerate", "20%"),
                )
                self.assertEqual(completed.returncode, code, completed.stdout + completed.stderr)
                self.assertIn(str(new), completed.stdout)
        completed = crossover("check", "--cell", self.tiny, "old", "new")
        self.assertEqual(completed.returncode, 64)
        self.assertIn("give --cell twice with one name", completed.stderr)

    def test_broken_program_fails_its_own_cells_only(self):
        for program, reason in (
            ("sh -c 'echo nonsense; cat'", "invalid reply from the cell process"),
            ("sh -c 'sleep 600 & wait'", "no reply"),
            (f"sh -c 'echo welcome; exec {self.tiny_command}'", "(expected 'ready'): welcome"),
            ("sh -c 'echo lib.so: cannot open >&2; exit 127'", "lib.so: cannot open"),
        ):
            with self.subTest(program):
                flags = ("--workload", "noop", "--model", "serial", "--grace", 0.5)
                completed = self.measure(*flags, "--cell", f"broken={program}")
                self.assertEqual(completed.returncode, 1, completed.stderr)
                cells = self.cells()
                broken = cells["noop/broken/cores:1/in_flight:1"]
                self.assertEqual(broken["status"], "failed")
                self.assertIn(reason, broken["reason"])
                self.assertEqual(cells["noop/serial/cores:1/in_flight:1"]["status"], "ok")

    def test_children_of_a_program_are_killed_with_it(self):
        pid_file = self.directory / "pid"
        child = f"sleep 600 & echo $! >{pid_file}"
        for rest, code in (("wait", 1), (f"exec {self.tiny_command}", 0)):
            with self.subTest(rest):
                flags = ("--workload", "noop", "--model", "serial", "--grace", 0.5)
                completed = self.measure(*flags, "--cell", f"forking=sh -c '{child}; {rest}'")
                self.assertEqual(completed.returncode, code, completed.stderr)
                self.assertFalse(is_alive(int(pid_file.read_text())))
                self.assertEqual(self.cells()["noop/serial/cores:1/in_flight:1"]["status"], "ok")

    def test_malformed_flag_is_refused(self):
        for text, message in (
            ("tiny", "expected NAME=COMMAND"),
            ("a b=cat", "expected NAME=COMMAND"),
            ("tiny=", "missing command"),
            ("tiny=no-such", "'no-such' not found in PATH"),
            ("serial=cat", "there is already a model 'serial'"),
        ):
            with self.subTest(text):
                completed = self.measure("--cell", text)
                self.assertEqual(completed.returncode, 64)
                self.assertIn(message, completed.stderr)
                self.assertEqual(completed.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
