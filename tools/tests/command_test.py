"""Commands as operations, and contests of commands."""

import unittest

from program import TempDirTest, crossover, models_in_other_languages

SPIN = """python3 -c 'x = b"x" * 40_000_000; [i for i in range(300_000)]'"""


class Command(TempDirTest):
    def measure(self, *arguments):
        completed = crossover(
            *("run", "--out", self.out, "--force", "--seconds", 0.02, "--repetitions", 1),
            *arguments,
        )
        return completed

    def cells_of(self, *arguments):
        completed = self.measure(*arguments)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        return self.results()["crossover"]["cells"]

    def test_every_model_that_can_wait_runs_commands(self):
        cells = self.cells_of("--workload", "command", "--cores", 1, "--in-flight", 4)
        statuses = {cell["model"]: cell["status"] for cell in cells}
        in_other_languages = models_in_other_languages()
        for model, status in statuses.items():
            is_other = model in {"reference", "shared_loop"} | in_other_languages
            self.assertEqual(status, "skipped" if is_other else "ok", model)
        self.assertGreater(len(statuses), 8)

    def test_cpu_time_and_memory_include_the_programs(self):
        for model in ("event_loop", "thread_pool", "processes"):
            with self.subTest(model):
                (cell,) = self.cells_of(
                    *("--workload", f"command:run={SPIN}", "--model", model),
                    *("--cores", 1, "--in-flight", 2),
                )
                (sample,) = cell["samples"]
                cpu_s = sample["cpu_user_s"] + sample["cpu_system_s"]
                # The cell itself waits, so nearly all CPU time is that of the programs.
                self.assertGreater(cpu_s, 0.2 * sample["wall_s"])
                self.assertGreater(sample["peak_rss_bytes"], 2 * 40_000_000)

    def test_contest_of_commands_has_one_contender_per_command(self):
        commands = ("true", "sh -c 'exit 0'")
        cells = self.cells_of("--command", commands[0], "--command", commands[1])
        self.assertEqual(
            [(cell["workload"], cell["model"]) for cell in cells],
            [
                ("command", commands[0]),
                ("command", commands[1]),
            ],
        )
        self.assertEqual({cell["status"] for cell in cells}, {"ok"})
        self.assertEqual({cell["in_flight"] for cell in cells}, {1})
        # They took turns in the same block.
        self.assertEqual({cell["samples"][0]["block"] for cell in cells}, {0})
        page = crossover("report", self.out, "--format", "md").stdout
        for command in commands:
            self.assertIn(command, page)
        crossover("report", self.out, "--out", self.directory / "page.html")
        self.assertIn("Which command is best here?", (self.directory / "page.html").read_text())

    def test_failing_command_fails_the_cell_with_its_status(self):
        for run, reason in (
            ("false", "'false' exited with status 1"),
            ("ls /no/such", "'ls /no/such' exited with status 2; stderr: ls: "),
            ("sh -c 'kill -9 $$'", "was killed by signal 9"),
        ):
            for model in ("event_loop", "serial", "processes"):
                with self.subTest(run=run, model=model):
                    completed = self.measure(
                        *("--workload", f"command:run={run}", "--model", model),
                        *("--cores", 1, "--in-flight", 1),
                    )
                    self.assertEqual(completed.returncode, 1, completed.stderr)
                    (cell,) = self.results()["crossover"]["cells"]
                    self.assertEqual(cell["status"], "failed")
                    self.assertIn(reason, cell["reason"])

    def test_command_that_cannot_start_is_refused_before_anything_runs(self):
        for arguments, message in (
            (("--workload", "command:run=no-such"), "'no-such' not found in PATH"),
            (("--workload", "command:run='a"), "missing closing '"),
            (("--command", "no-such -k"), "--command no-such -k: 'no-such' not found in PATH"),
            (("--command", "true", "--command", "true"), "there is already a model 'true'"),
            (("--command", "true", "--workload", "noop"), "mutually exclusive"),
        ):
            with self.subTest(arguments):
                completed = self.measure(*arguments)
                self.assertEqual(completed.returncode, 64)
                self.assertIn(message, completed.stderr)
                self.assertEqual(completed.stderr.count("\n"), 1)
                self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
