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

VERSION = crossover("--version").stdout.split()[1]


def ready(program="crossover"):
    """Returns code that answers `prepare`, and reads the first request for a sample."""
    reply = f'{{"ready":{{"protocol":1,"program":"{program}","version":"{VERSION}"}}}}'
    return f"print('{reply}', flush=True); sys.stdin.readline()"


READY = ready()
RUN = "run --workload noop --cores 1 --in-flight 1 --seconds 0.02 --repetitions 2".split()


def replying(line):
    """Returns code that answers `prepare` correctly and `run` with this line."""
    return f"{READY}; print('{line}', flush=True); sys.stdin.read()"


class BrokenCells(TempDirTest):
    def reason_of(self, misconduct, *arguments):
        """Runs a correct and a broken cell; returns the reason of the latter's failure."""
        launcher = self.directory / "launcher"
        launcher.write_text(LAUNCHER.replace("{misconduct}", misconduct))
        launcher.chmod(0o755)
        completed = crossover(
            *RUN,
            *("--model", "processes", "--model", "serial"),
            *("--launcher", launcher, "--out", self.out, "--force"),
            *arguments,
        )
        self.assertEqual(completed.returncode, 1, completed.stderr + completed.stdout)
        cells = self.cells()
        good = cells["noop/serial/cores:1/in_flight:1"]
        bad = cells["noop/processes/cores:1/in_flight:1"]
        self.assertEqual((good["status"], good["reason"], len(good["samples"])), ("ok", "", 2))
        self.assertEqual((bad["status"], bad["samples"]), ("failed", []))
        self.assertIn(bad["reason"][:50], completed.stdout, "the summary shows the reason")
        rows = [row for row in self.results()["benchmarks"] if row["name"] == bad["name"]]
        self.assertEqual(
            [(row["error_occurred"], row["error_message"]) for row in rows],
            [(True, bad["reason"])],
        )
        self.assertEqual(sorted(os.listdir(self.directory)), ["launcher", "results.json"])
        return bad["reason"]

    def test_crash(self):
        reason = self.reason_of("os.kill(os.getpid(), 11)")
        self.assertEqual(reason, "the process was killed by signal 11 (SIGSEGV)")

    def test_crash_during_the_run(self):
        reason = self.reason_of(
            READY + "; print('assertion failed: x', file=sys.stderr, flush=True); os.abort()"
        )
        self.assertEqual(
            reason, "the process was killed by signal 6 (SIGABRT); stderr: assertion failed: x"
        )

    def test_exit(self):
        self.assertEqual(
            self.reason_of("sys.exit('no such node')"),
            "the process exited with code 1 without replying; stderr: no such node",
        )

    def test_hang(self):
        start = time.monotonic()
        reason = self.reason_of("import time; time.sleep(600)", "--grace", 1.5)
        self.assertIn("no reply within 1.5", reason.replace("1.51", "1.5"))
        self.assertIn("the process was killed", reason)
        self.assertLess(time.monotonic() - start, 60)

    def test_hang_during_the_run_that_ignores_signals(self):
        reason = self.reason_of(
            "import signal; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]\n"
            + READY
            + "; import time; time.sleep(600)",
            *("--grace", 1.5),
        )
        self.assertIn("the process was killed", reason)

    def test_output_that_is_not_json(self):
        reason = self.reason_of("print('Last login: today', flush=True); sys.stdin.read()")
        self.assertEqual(
            reason, "invalid reply from the cell process (expected 'ready'): Last login: today"
        )

    def test_launcher_that_starts_another_program(self):
        reason = self.reason_of(ready("other_cell") + "; sys.stdin.read()")
        self.assertEqual(
            reason,
            f"the cell process is other_cell {VERSION}, not crossover {VERSION}; a launcher must "
            "start the command that follows it",
        )
        anonymous = READY.replace("program", "programme")
        self.assertIn("a program that does not give its name", self.reason_of(anonymous))

    def test_sample_with_an_invalid_member(self):
        reason = self.reason_of(replying('{"sample":{"operations":"many","wall_s":1}}'))
        self.assertEqual(reason, "invalid reply from the cell process: operations: not a number")

    def test_wrong_result(self):
        message = "an echo differs from what was sent"
        line = '{"error":{"kind":"failed","message":"' + message + '"}}'
        self.assertEqual(self.reason_of(replying(line)), message)

    def test_missing_launcher(self):
        completed = crossover(
            *RUN, "--model", "serial", "--launcher", "no-such-launcher -x", "--out", self.out
        )
        self.assertEqual(completed.returncode, 1)
        (cell,) = self.cells().values()
        self.assertEqual(
            (cell["status"], cell["reason"]),
            ("failed", "cannot start 'no-such-launcher': No such file or directory"),
        )


if __name__ == "__main__":
    unittest.main()
