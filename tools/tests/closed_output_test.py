"""Lost outputs: a reader that closes the pipe, a full disk, a file size limit, a closed stream."""

import json
import os
import resource
import unittest

from program import TempDirTest, crossover, strict_json

REGRESSION, UNWRITABLE = 1, 74
RUN = (
    "run",
    "--workload",
    "noop",
    "--model",
    "event_loop",
    "--cores",
    1,
    "--in-flight",
    "1,2",
    "--seconds",
    0.02,
    "--repetitions",
    2,
)


def closed_pipe():
    """Returns the write end of a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


class ClosedOutput(TempDirTest):
    def run_into(self, output, *arguments, both=False, **options):
        """Runs with this descriptor as standard output (and standard error, with `both`)."""
        options |= {"stdout": output, "capture_output": False}
        options["stderr"] = output if both else -1
        try:
            return crossover(*arguments, cwd=self.directory, **options)
        finally:
            os.close(output)

    def assert_complete(self):
        self.assertEqual(self.results()["crossover"]["status"], "complete")
        self.assertEqual([len(cell["samples"]) for cell in self.cells().values()], [2, 2])
        self.assertEqual(os.listdir(self.directory), ["results.json"], "temporary files are gone")

    def benchmarks(self, name, *times):
        rows = [
            {"name": "BM", "iterations": 1, "real_time": t, "cpu_time": t, "time_unit": "ns"}
            for t in times
        ]
        path = self.directory / name
        path.write_text(json.dumps({"benchmarks": rows}))
        return path

    def test_a_closed_pipe_does_not_end_a_run(self):
        for both in (False, True):
            completed = self.run_into(closed_pipe(), *RUN, both=both)
            self.assertEqual(completed.returncode, 0, completed.stderr)
            self.assertFalse(
                completed.stderr and "crossover:" in completed.stderr, completed.stderr
            )
            self.assert_complete()
            self.out.unlink()

    def test_a_closed_pipe_is_not_an_error(self):
        old = self.benchmarks("old.json", *[100, 101] * 5)
        for command in (
            ("list",),
            ("list", "--json"),
            ("run", "--help"),
            ("--version",),
            ("report", old, "--format", "json"),
            ("report", old),
            ("check", old, old, "--detect", "20%"),
        ):
            completed = self.run_into(closed_pipe(), *command)
            self.assertEqual((completed.returncode, completed.stderr), (0, ""), command)

    def test_a_closed_pipe_does_not_change_the_verdict(self):
        old = self.benchmarks("old.json", *[100, 101] * 5)
        new = self.benchmarks("new.json", *[150, 151] * 5)
        for form in ("text", f"junit:{self.directory}/check.xml"):
            completed = self.run_into(closed_pipe(), "check", old, new, "--format", form)
            self.assertEqual((completed.returncode, completed.stderr), (REGRESSION, ""), form)

    def test_a_full_disk_is_an_error_and_keeps_the_results(self):
        old = self.benchmarks("old.json", 1, 2)
        for command in (
            ("list",),
            ("--help",),
            ("report", old, "--format", "csv"),
            ("serve", "network"),
        ):
            completed = self.run_into(os.open("/dev/full", os.O_WRONLY), *command)
            self.assertEqual(completed.returncode, UNWRITABLE, command)
            self.assertEqual(
                completed.stderr,
                "crossover: standard output: cannot be written: No space left on device\n",
                command,
            )
        old.unlink()
        completed = self.run_into(os.open("/dev/full", os.O_WRONLY), *RUN)
        self.assertEqual(completed.returncode, UNWRITABLE)
        self.assertRegex(
            completed.stderr, r"(?m)^crossover: standard output: cannot be written: [^\n]+\n\Z"
        )
        self.assert_complete()

    def test_closed_descriptors_do_not_become_files(self):
        for closed in ((1,), (0, 1), (0, 1, 2)):
            completed = crossover(
                *RUN,
                "--out",
                self.out,
                "--force",
                cwd=self.directory,
                preexec_fn=lambda: [os.close(fd) for fd in closed],
            )
            self.assertEqual(completed.returncode, UNWRITABLE, completed.stderr)
            self.assert_complete()

    def test_a_limit_on_file_sizes_leaves_no_temporary_file(self):
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))

        old = self.benchmarks("old.json", 1, 2)
        for command in (
            RUN,
            ("report", old),
            ("check", old, old, "--out", "check.json"),
        ):
            completed = crossover(*command, cwd=self.directory, preexec_fn=small_files)
            self.assertEqual(completed.returncode, UNWRITABLE, completed.stderr)
            self.assertRegex(completed.stderr, r"(?m)^crossover: [^\n]+: File too large$")
            self.assertEqual(os.listdir(self.directory), ["old.json"])

    def test_a_truncated_benchmark_out_is_an_error(self):
        completed = crossover(*RUN, "--benchmark_out=/dev/full", cwd=self.directory)
        self.assertEqual(completed.returncode, UNWRITABLE, completed.stderr)
        self.assertIn("crossover: --benchmark_out: cannot be written in full", completed.stderr)
        self.assert_complete()
        copy = self.directory / "copy.json"
        completed = crossover(*RUN, f"--benchmark_out={copy}", cwd=self.directory)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertGreater(len(strict_json(copy.read_text())["benchmarks"]), 0)


if __name__ == "__main__":
    unittest.main()
