"""`crossover run` from the command line to the results file, `crossover list`, and help texts."""

import os
import pty
import re
import subprocess
import unittest

from program import Server, TempDirTest, crossover, listed

TINY = ("--cores", 1, "--in-flight", 2, "--seconds", 0.02, "--repetitions", 2)
TWO_CELLS = ("--workload", "noop", "--workload", "network:bytes=16", "--model", "event_loop", *TINY)
NAMES = [
    "noop/event_loop/cores:1/in_flight:2",
    "network/event_loop/cores:1/in_flight:2/bytes:16/delay:0",
]


class Run(TempDirTest):
    def run_tiny(self, *arguments, code=0, **options):
        done = crossover("run", *arguments, "--out", self.out, **options)
        self.assertEqual(done.returncode, code, (done.stderr, done.stdout))
        return done

    def test_two_cells_are_measured_twice(self):
        done = self.run_tiny(*TWO_CELLS, "--seed", 7)
        document = self.results()
        ours = document["crossover"]
        self.assertEqual([cell["name"] for cell in ours["cells"]], NAMES)
        self.assertEqual((ours["schema"], ours["status"], ours["seed"]), (2, "complete", 7))
        self.assertEqual(ours["command"][:3], ["crossover", "run", "--workload"])
        for cell in ours["cells"]:
            self.assertEqual(
                (cell["status"], cell["reason"], cell["cores"], cell["in_flight"], cell["model"]),
                ("ok", "", 1, 2, "event_loop"),
            )
            self.assertEqual(len(cell["samples"]), 2)
            for sample in cell["samples"]:
                self.assertGreater(sample["operations"], 0)
                self.assertGreater(sample["wall_s"], 0)
                self.assertGreater(sample["startup_s"], 0)
        self.assertEqual(
            sorted(s["sequence"] for c in ours["cells"] for s in c["samples"]), [0, 1, 2, 3]
        )
        self.assertEqual(ours["cells"][1]["parameters"], {"bytes": "16", "delay": "0"})
        for sample in ours["cells"][1]["samples"]:
            self.assertIn("server_cpu_s", sample)
        self.assertIn(str(self.out), done.stdout)
        for word in ("noop", "network"):
            self.assertRegex(done.stdout, rf"(?m)^{word}", "the summary has a section a workload")
        self.assertEqual(
            sorted(os.listdir(self.directory)), ["results.json"], "nothing else is left"
        )

    def test_a_cell_in_another_language_tells_of_itself(self):
        self.run_tiny("--workload", "noop", "--model", "python_threads", *TINY)
        environment = self.results()["crossover"]["environment"]
        self.assertRegex(environment["python"], r"^3\.\d+")
        self.assertIn(environment["python_free_threaded"], ("true", "false"))
        self.assertNotIn("python", self.run_without_python()["crossover"]["environment"])

    def run_without_python(self):
        self.run_tiny("--workload", "noop", "--model", "serial", *TINY)
        return self.results()

    def test_rows_are_google_benchmarks(self):
        self.run_tiny(*TWO_CELLS)
        rows = self.results()["benchmarks"]
        self.assertEqual([row["run_type"] for row in rows[:4]], ["iteration"] * 4)
        for row in rows[:4]:
            self.assertIn(row["name"], NAMES)
            self.assertAlmostEqual(
                row["items_per_second"],
                1e9 / row["real_time"],
                delta=1e-6 * row["items_per_second"],
            )
        aggregates = [row for row in rows if row["run_type"] == "aggregate"]
        self.assertEqual(
            sorted(row["name"] for row in aggregates),
            sorted(
                f"{name}_{kind}" for name in NAMES for kind in ("mean", "median", "stddev", "cv")
            ),
        )
        for row in aggregates:
            if row["aggregate_name"] == "mean":
                times = [r["real_time"] for r in rows[:4] if r["name"] == row["run_name"]]
                self.assertAlmostEqual(
                    row["real_time"], sum(times) / 2, delta=1e-6 * row["real_time"]
                )

    def test_flags_of_google_benchmark_are_passed_through(self):
        self.run_tiny(*TWO_CELLS, "--benchmark_filter=noop/.*", "--benchmark_repetitions=3")
        cells = self.cells()
        self.assertEqual(list(cells), NAMES[:1])
        self.assertEqual(len(cells[NAMES[0]]["samples"]), 3)

    def test_one_repetition_is_enough(self):
        self.run_tiny(
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
            1,
        )
        self.assertEqual(len(self.results()["benchmarks"]), 1)

    def test_an_open_loop_stores_rate_and_service_time(self):
        self.run_tiny("--workload", "noop", "--model", "event_loop", *TINY, "--rate", 2000)
        ((name, cell),) = self.cells().items()
        self.assertTrue(name.endswith("/rate:2000"))
        for sample in cell["samples"]:
            self.assertEqual(sample["rate"], 2000)
            self.assertIn("achieved_rate", sample)
            self.assertIn("service", sample)

    def test_serial_says_that_it_ignores_in_flight(self):
        self.run_tiny("--workload", "noop", "--model", "serial", *TINY)
        ((name, cell),) = self.cells().items()
        self.assertEqual(name, "noop/serial/cores:1/in_flight:1")
        self.assertIn("in_flight_ignored", [f["code"] for f in cell["findings"]])

    def test_cells_that_cannot_be_stand_in_the_file(self):
        self.run_tiny(
            "--workload",
            "noop",
            "--model",
            "reference",
            "--model",
            "event_loop",
            *TINY,
            "--rate",
            2000,
        )
        skipped = [cell for cell in self.cells().values() if cell["status"] == "skipped"]
        self.assertEqual([cell["model"] for cell in skipped], ["reference"])
        self.assertIn("closed loop", skipped[0]["reason"])

    def test_a_server_of_the_users(self):
        with Server("network", "--bytes", 16) as server:
            self.run_tiny(
                "--workload",
                "network:bytes=16",
                "--model",
                "reference",
                *TINY,
                "--endpoint",
                f"network={server.endpoint}",
            )
        ((_, cell),) = self.cells().items()
        self.assertEqual(cell["status"], "ok")
        for sample in cell["samples"]:
            self.assertNotIn(
                "server_cpu_s", sample, "of a server that is not ours we know no CPU time"
            )

    def test_a_launcher_is_put_before_the_cell(self):
        self.run_tiny(
            "--workload", "noop", "--model", "serial", *TINY, "--launcher", "env CROSSOVER_TEST=1"
        )
        self.assertEqual([cell["status"] for cell in self.cells().values()], ["ok"])

    def test_results_replace_an_older_file(self):
        self.out.write_text("old")
        self.run_tiny("--workload", "noop", "--model", "serial", *TINY)
        self.assertEqual(self.results()["crossover"]["status"], "complete")

    def test_plain_progress_lines_where_there_is_no_terminal(self):
        done = self.run_tiny(*TWO_CELLS)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertNotIn("\r", done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"^\[1/4\] estimating · (noop|network)/event_loop")

    def test_a_progress_line_that_is_rewritten_on_a_terminal(self):
        ours, theirs = pty.openpty()
        done = self.run_tiny(
            *TWO_CELLS, capture_output=False, stdout=subprocess.DEVNULL, stderr=theirs, text=False
        )
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:
            pass  # end of output
        os.close(ours)
        text = shown.decode()
        self.assertEqual(re.findall(r"\r\x1b\[2K\[(\d)/4\]", text), ["1", "2", "3", "4"])
        self.assertRegex(text, r"\[4/4\] \d+ s left · ")
        self.assertTrue(text.endswith("\r\x1b[2K"), "the line is wiped at the end")
        self.assertEqual(done.returncode, 0)


class List(unittest.TestCase):
    def test_the_matrix_as_text(self):
        done = crossover("list", "--quick")
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in (
            "workloads",
            "models",
            "suites",
            "cells",
            "sleep",
            "delay=10ms",
            "thread_pool",
            "hashing/reference/cores:1/in_flight:16/bytes:64KiB/algorithm:sha256",
        ):
            self.assertIn(word, done.stdout)
        self.assertRegex(done.stdout, r"\d+ cells, \d+ of them skipped\n$")

    def test_the_matrix_as_json(self):
        document = listed(
            "--workload",
            "noop",
            "--workload",
            "network:bytes=1KiB",
            "--model",
            "serial",
            "--model",
            "processes",
            "--cores",
            1,
            "--in-flight",
            "1,8",
        )
        self.assertLessEqual(
            {"noop", "sleep", "hashing", "network"}, {w["name"] for w in document["workloads"]}
        )
        self.assertLessEqual(
            {"serial", "event_loop", "shared_loop", "thread_pool", "processes", "reference"},
            {m["name"] for m in document["models"]},
        )
        self.assertEqual([s["name"] for s in document["suites"]][:1], ["standard"])
        self.assertEqual(
            [cell["name"] for cell in document["cells"]],
            [
                "noop/serial/cores:1/in_flight:1",
                "noop/processes/cores:1/in_flight:1",
                "noop/processes/cores:1/in_flight:8",
                "network/serial/cores:1/in_flight:1/bytes:1KiB/delay:0",
                "network/processes/cores:1/in_flight:1/bytes:1KiB/delay:0",
                "network/processes/cores:1/in_flight:8/bytes:1KiB/delay:0",
            ],
        )
        for cell in document["cells"]:
            self.assertEqual((cell["status"], cell["reason"]), ("runnable", ""))

    def test_what_is_skipped_is_listed_with_its_reason(self):
        document = listed(
            "--workload",
            "noop",
            "--model",
            "reference",
            "--cores",
            1,
            "--in-flight",
            1,
            "--rate",
            100,
        )
        self.assertEqual([cell["status"] for cell in document["cells"]], ["skipped"])
        self.assertIn("closed loop", document["cells"][0]["reason"])

    def test_list_shows_what_run_measures(self):
        self.assertEqual(
            len({cell["name"] for cell in listed()["cells"]}),
            len(listed()["cells"]),
            "names are distinct",
        )
        self.assertGreater(len(listed("--thorough")["cells"]), len(listed()["cells"]))
        self.assertLess(len(listed("--quick")["cells"]), len(listed()["cells"]))

    def test_every_help_fits_one_screen_and_has_an_example(self):
        for command in ("list", "run", "report", "check", "serve", "cell"):
            done = crossover(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertIn("crossover " + command, done.stdout)
            self.assertIn("Example", done.stdout, command)
            self.assertLessEqual(len(done.stdout.splitlines()), 24, command)
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80, command)
        for arguments in (("--help",), ("help",)):
            self.assertEqual(crossover(*arguments).returncode, 0)
        self.assertRegex(crossover("--version").stdout, r"^crossover \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
