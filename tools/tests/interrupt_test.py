"""Ctrl-C: the run ends soon, keeps its samples and leaves no process behind."""

import os
import pathlib
import signal
import subprocess
import time
import unittest

from program import PROGRAM, TIMEOUT_S, TempDirTest, processes_of_group

# Takes minutes unless it is interrupted.
LONG = (
    "--workload sleep --workload network --model event_loop --model processes --model thread_pool "
    "--cores 1 --in-flight 3 --repetitions 50"
).split()


def cells_of(parent):
    """Returns the cell processes that a run has started."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status = (process / "stat").read_text()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status.rsplit(")", 1)[1].split()[1]) == parent and b"\0cell\0" in command:
            found.append(int(process.name))
    return found


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
        self.fail(f"the run ended early: {run.communicate()}")

    def check_no_process_remains(self, run):
        deadline = time.monotonic() + 10
        while (remaining := processes_of_group(run.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(remaining, [])

    def interrupt(self, run, number=signal.SIGINT):
        start = time.monotonic()
        run.send_signal(number)
        out, err = run.communicate(timeout=TIMEOUT_S)
        # About 1 s on an idle machine; without the interrupt, the run takes minutes.
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(run.returncode, 130, err)
        self.check_no_process_remains(run)
        return out

    def test_keeps_completed_samples(self):
        run = self.start("--seconds", "0.1")
        self.wait_for_samples(run, 3)
        out = self.interrupt(run)
        section = self.results()["crossover"]
        self.assertEqual(section["status"], "interrupted")
        self.assertEqual(len(section["cells"]), 6)
        self.assertGreaterEqual(sum(len(cell["samples"]) for cell in section["cells"]), 3)
        for cell in section["cells"]:
            if cell["samples"]:
                self.assertEqual((cell["status"], cell["reason"]), ("ok", ""), cell["name"])
            else:
                self.assertEqual(
                    (cell["status"], cell["reason"]),
                    ("skipped", "not measured: the run was interrupted"),
                )
        self.assertIn(str(self.out), out, "the path of the results is printed")
        self.assertEqual(os.listdir(self.directory), ["results.json"], "no temporary file remains")

    def test_cells_that_get_the_signal_first_have_not_failed(self):
        """The end of a job signals all its processes, in any order."""
        run = self.start("--seconds", "0.5")
        self.wait_for_samples(run, 3)
        while not (cells := cells_of(run.pid)):
            time.sleep(0.01)
        for pid in cells:
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)
        self.interrupt(run, signal.SIGTERM)
        self.assertNotIn("failed", [cell["status"] for cell in self.cells().values()])

    def test_does_not_wait_for_the_current_repetition(self):
        run = self.start("--seconds", "120", "--grace", "300")
        time.sleep(1)
        self.interrupt(run)
        section = self.results()["crossover"]
        self.assertEqual(section["status"], "interrupted")
        self.assertEqual(sum(len(cell["samples"]) for cell in section["cells"]), 0)

    def test_sigterm_acts_like_sigint(self):
        run = self.start("--seconds", "0.1")
        self.wait_for_samples(run, 1)
        self.interrupt(run, signal.SIGTERM)
        self.assertEqual(self.results()["crossover"]["status"], "interrupted")

    def test_killed_run_leaves_no_process_and_a_valid_file(self):
        run = self.start("--seconds", "0.1")
        self.wait_for_samples(run, 1)
        run.kill()
        run.communicate(timeout=TIMEOUT_S)
        self.check_no_process_remains(run)
        self.assertEqual(self.results()["crossover"]["status"], "interrupted")
        self.assertGreaterEqual(sum(len(cell["samples"]) for cell in self.cells().values()), 1)


if __name__ == "__main__":
    unittest.main()
