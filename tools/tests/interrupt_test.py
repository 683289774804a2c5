"""Ctrl-C: the run ends soon, keeps its samples and leaves no process behind."""

import os
import signal
import subprocess
import time
import unittest

from program import PROGRAM, TIMEOUT_S, TempDirTest, processes_of_group

# Takes minutes unless it is interrupted.
LONG = [
    "--workload",
    "sleep",
    "--workload",
    "network",
    "--model",
    "event_loop",
    "--model",
    "processes",
    "--model",
    "thread_pool",
    "--cores",
    "1",
    "--in-flight",
    "3",
    "--repetitions",
    "50",
]


class Interrupt(TempDirTest):
    def start(self, *arguments):
        run = subprocess.Popen(
            [PROGRAM, "run", *LONG, *arguments, "--out", str(self.out)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(lambda: run.poll() is None and (run.kill(), run.communicate()))
        return run

    def wait_for_samples(self, run, count):
        while run.poll() is None:
            if self.out.exists() and sum(len(c["samples"]) for c in self.cells().values()) >= count:
                return
            time.sleep(0.02)
        self.fail(f"the run ended by itself: {run.communicate()}")

    def interrupt(self, run, what=signal.SIGINT):
        began = time.monotonic()
        run.send_signal(what)
        out, err = run.communicate(timeout=TIMEOUT_S)
        self.assertLess(
            time.monotonic() - began,
            20,
            "the work would have lasted minutes; a second is the aim on an idle machine",
        )
        self.assertEqual(run.returncode, 130, err)
        deadline = time.monotonic() + 10
        while (left := processes_of_group(run.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(left, [], "processes are left")
        return out, err

    def test_keeps_what_was_measured(self):
        run = self.start("--seconds", "0.1")
        self.wait_for_samples(run, 3)
        out, _ = self.interrupt(run)
        ours = self.results()["crossover"]
        self.assertEqual(ours["status"], "interrupted")
        self.assertEqual(len(ours["cells"]), 6)
        self.assertGreaterEqual(sum(len(cell["samples"]) for cell in ours["cells"]), 3)
        for cell in ours["cells"]:
            if cell["samples"]:
                self.assertEqual(cell["status"], "ok")
            else:
                self.assertEqual(
                    (cell["status"], cell["reason"]),
                    ("skipped", "not measured: the run was interrupted"),
                )
        self.assertIn(str(self.out), out, "where the results are is said")
        self.assertEqual(os.listdir(self.directory), ["results.json"], "no temporary file is left")

    def test_does_not_wait_for_the_repetition_in_progress(self):
        run = self.start("--seconds", "120", "--grace", "300")
        time.sleep(1)
        self.interrupt(run)
        ours = self.results()["crossover"]
        self.assertEqual(ours["status"], "interrupted")
        self.assertEqual(sum(len(cell["samples"]) for cell in ours["cells"]), 0)

    def test_a_request_to_terminate_is_the_same(self):
        run = self.start("--seconds", "0.1")
        self.wait_for_samples(run, 1)
        self.interrupt(run, signal.SIGTERM)
        self.assertEqual(self.results()["crossover"]["status"], "interrupted")

    def test_a_killed_run_leaves_no_process_and_a_valid_file(self):
        run = self.start("--seconds", "0.1")
        self.wait_for_samples(run, 1)
        run.kill()
        run.communicate(timeout=TIMEOUT_S)
        deadline = time.monotonic() + 10
        while (left := processes_of_group(run.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(left, [])
        self.assertEqual(
            self.results()["crossover"]["status"],
            "interrupted",
            "what nobody completed is not called complete",
        )
        self.assertGreaterEqual(sum(len(cell["samples"]) for cell in self.cells().values()), 1)


if __name__ == "__main__":
    unittest.main()
