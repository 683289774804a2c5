"""A cell that crashes, hangs or sends an invalid reply fails; the others are measured."""

import os
import time
import unittest

from program import TempDirTest, crossover

# A launcher that breaks the cells of one model and starts all others unchanged. It reads the first
# request to find out the model.
LAUNCHER = """#!/usr/bin/env python3
import os, select, subprocess, sys
request = b""
while not request.endswith(b"\\n"):
    request += os.read(0, 1)
if b'"model":"processes"' not in request:
    cell = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
    cell.stdin.write(request)
    cell.stdin.flush()
    while chunk := os.read(0, 4096):
        cell.stdin.write(chunk)
        cell.stdin.flush()
    cell.stdin.close()
    sys.exit(cell.wait())
{misconduct}
"""

READY = 'print(\'{"ready":{"protocol":1}}\', flush=True); sys.stdin.readline()'


class BrokenCells(TempDirTest):
    def run_with(self, misconduct, *arguments):
        launcher = self.directory / "launcher"
        launcher.write_text(LAUNCHER.replace("{misconduct}", misconduct))
        launcher.chmod(0o755)
        done = crossover(
            "run",
            "--workload",
            "noop",
            "--model",
            "processes",
            "--model",
            "serial",
            "--cores",
            1,
            "--in-flight",
            1,
            "--seconds",
            0.02,
            "--repetitions",
            2,
            "--launcher",
            launcher,
            "--out",
            self.out,
            *arguments
        )
        self.assertEqual(done.returncode, 1, done.stderr + done.stdout)
        cells = self.cells()
        good, bad = (
            cells["noop/serial/cores:1/in_flight:1"],
            cells["noop/processes/cores:1/in_flight:1"],
        )
        self.assertEqual((good["status"], good["reason"], len(good["samples"])), ("ok", "", 2))
        self.assertEqual((bad["status"], bad["samples"]), ("failed", []))
        self.assertIn(bad["reason"][:50], done.stdout, "the summary says why")
        row = [r for r in self.results()["benchmarks"] if r["name"] == bad["name"]]
        self.assertEqual(
            [(r["error_occurred"], r["error_message"]) for r in row], [(True, bad["reason"])]
        )
        self.assertEqual(sorted(os.listdir(self.directory)), ["launcher", "results.json"])
        return bad["reason"]

    def test_a_crash(self):
        reason = self.run_with("os.kill(os.getpid(), 11)")
        self.assertEqual(reason, "the process was killed by signal 11 (SIGSEGV)")

    def test_a_crash_during_the_run(self):
        reason = self.run_with(
            READY + "; print('assertion failed: x', file=sys.stderr, flush=True); os.abort()"
        )
        self.assertEqual(
            reason, "the process was killed by signal 6 (SIGABRT); stderr: assertion failed: x"
        )

    def test_an_exit(self):
        self.assertEqual(
            self.run_with("sys.exit('no such node')"),
            "the process exited with code 1 without replying; stderr: no such node",
        )

    def test_a_hang(self):
        began = time.monotonic()
        reason = self.run_with("import time; time.sleep(600)", "--grace", 1.5)
        self.assertIn("no reply within 1.5", reason.replace("1.51", "1.5"))
        self.assertIn("the process was killed", reason)
        self.assertLess(time.monotonic() - began, 60)

    def test_a_hang_during_the_run_that_is_deaf_to_requests_to_end(self):
        reason = self.run_with(
            "import signal; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]\n"
            + READY
            + "; import time; time.sleep(600)",
            "--grace",
            1.5,
        )
        self.assertIn("the process was killed", reason)

    def test_nonsense(self):
        reason = self.run_with("print('Last login: today', flush=True); sys.stdin.read()")
        self.assertEqual(
            reason, "invalid reply from the cell process (expected 'ready'): Last login: today"
        )

    def test_nonsense_of_a_well_formed_kind(self):
        reason = self.run_with(
            READY
            + '; print(\'{"sample":{"operations":"many","wall_s":1}}\', flush=True); sys.stdin.read()'
        )
        self.assertEqual(reason, "invalid reply from the cell process: operations: not a number")

    def test_a_wrong_result(self):
        reason = self.run_with(
            READY
            + '; print(\'{"error":{"kind":"failed","message":"an echo differs from what was sent"}}\', flush=True); sys.stdin.read()'
        )
        self.assertEqual(reason, "an echo differs from what was sent")

    def test_a_launcher_that_is_not_there(self):
        done = crossover(
            "run",
            "--workload",
            "noop",
            "--model",
            "serial",
            "--cores",
            1,
            "--in-flight",
            1,
            "--seconds",
            0.02,
            "--repetitions",
            2,
            "--launcher",
            "no-such-launcher -x",
            "--out",
            self.out,
        )
        self.assertEqual(done.returncode, 1)
        ((_, cell),) = self.cells().items()
        self.assertEqual(
            (cell["status"], cell["reason"]),
            ("failed", "cannot start 'no-such-launcher': No such file or directory"),
        )


if __name__ == "__main__":
    unittest.main()
