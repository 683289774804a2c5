"""`crossover run` from the command line to the results file, `crossover list`, and help texts."""

import collections
import os
import re
import unittest

from program import SOURCE, Server, TempDirTest, crossover, listed

TINY = ("--cores", 1, "--in-flight", 2, "--seconds", 0.02, "--repetitions", 2)
TWO_CELLS = ("--workload", "noop", "--workload", "network:bytes=16", "--model", "event_loop", *TINY)
NAMES = [
    "noop/event_loop/cores:1/in_flight:2",
    "network/event_loop/cores:1/in_flight:2/bytes:16/delay:0",
]


class Run(TempDirTest):
    def run_tiny(self, *arguments, code=0, **options):
        completed = crossover("run", *arguments, "--out", self.out, "--force", **options)
        self.assertEqual(completed.returncode, code, (completed.stderr, completed.stdout))
        return completed

    def test_measures_two_cells_twice(self):
        completed = self.run_tiny(*TWO_CELLS, "--seed", 7)
        document = self.results()
        section = document["crossover"]
        self.assertEqual([cell["name"] for cell in section["cells"]], NAMES)
        self.assertEqual(
            (section["schema"], section["status"], section["seed"]), (2, "complete", 7)
        )
        self.assertEqual(section["command"][:3], ["crossover", "run", "--workload"])
        for cell in section["cells"]:
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
            sorted(s["sequence"] for c in section["cells"] for s in c["samples"]), [0, 1, 2, 3]
        )
        self.assertEqual(section["cells"][1]["parameters"], {"bytes": "16", "delay": "0"})
        for sample in section["cells"][1]["samples"]:
            self.assertIn("server_cpu_s", sample)
        self.assertIn(str(self.out), completed.stdout)
        for workload in ("noop", "network"):
            self.assertRegex(
                completed.stdout, rf"(?m)^{workload}", "a summary section per workload"
            )
        for cell in section["cells"]:
            self.assertEqual(len({s["block"] for s in cell["samples"]}), 2)
            for sample in cell["samples"]:
                self.assertGreaterEqual(sample["start_s"], 0)
                self.assertGreaterEqual(sample["drain_s"], 0)
        self.assertEqual(os.listdir(self.directory), ["results.json"])

    def test_models_of_a_contest_share_their_blocks(self):
        self.run_tiny("--workload", "noop", "--model", "event_loop", "--model", "fibers", *TINY)
        blocks = [[s["block"] for s in cell["samples"]] for cell in self.cells().values()]
        self.assertEqual(blocks, [[0, 1], [0, 1]])

    def test_whole_operations_have_the_figures_of_their_server(self):
        cell = ("--workload", "network:delay=20ms", "--model", "event_loop", "--cores", 1)
        plan = ("--in-flight", 1, "--repetitions", 1, "--seconds", 0.1)
        self.run_tiny(*cell, *plan)
        (cell,) = self.cells().values()
        self.assertLessEqual({"server_cpu_s", "server_cpus", "steal_s"}, cell["samples"][0].keys())

    def test_a_seed_repeats_every_order(self):
        models = ("--model", "event_loop", "--model", "fibers", "--in-flight", "1,2")
        orders = []
        for _ in range(2):
            cell = ("--workload", "noop", *models, "--cores", 1, "--seconds", 0.02)
            self.run_tiny(*cell, "--repetitions", 3, "--seed", 11)
            orders.append(
                {name: [s["block"] for s in c["samples"]] for name, c in self.cells().items()}
            )
        self.assertEqual(orders[0], orders[1])

    def test_a_budget_below_one_block_is_refused(self):
        cells = ("--workload", "noop", "--model", "event_loop")
        completed = self.run_tiny(*cells, "--budget", "1ms", code=64)
        self.assertRegex(
            completed.stderr, r"--budget 0.001s: one block of each of the \d+ contests"
        )

    def test_listing_benchmarks_writes_nothing(self):
        completed = self.run_tiny(*TWO_CELLS, "--benchmark_list_tests")
        self.assertEqual(completed.stdout.split(), NAMES)
        self.assertEqual(os.listdir(self.directory), [])

    def test_python_cell_reports_its_environment(self):
        self.run_tiny("--workload", "noop", "--model", "python_threads", *TINY)
        environment = self.results()["crossover"]["environment"]
        self.assertRegex(environment["python"], r"^3\.\d+")
        self.assertIn(environment["python_free_threaded"], ("true", "false"))
        self.run_tiny("--workload", "noop", "--model", "serial", *TINY)
        self.assertNotIn("python", self.results()["crossover"]["environment"])

    def test_writes_google_benchmark_rows(self):
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

    def test_accepts_google_benchmark_flags(self):
        self.run_tiny(*TWO_CELLS, "--benchmark_filter=noop/.*", "--benchmark_repetitions=3")
        cells = self.cells()
        self.assertEqual(list(cells), NAMES[:1])
        self.assertEqual(len(cells[NAMES[0]]["samples"]), 3)

    def test_one_repetition_is_enough(self):
        self.run_tiny("--workload", "noop", "--model", "serial", *TINY[:-1], 1)
        self.assertEqual(len(self.results()["benchmarks"]), 1)

    def test_open_loop_stores_rate_and_service_time(self):
        self.run_tiny("--workload", "noop", "--model", "event_loop", *TINY, "--rate", 2000)
        ((name, cell),) = self.cells().items()
        self.assertTrue(name.endswith("/rate:2000"))
        for sample in cell["samples"]:
            self.assertEqual(sample["rate"], 2000)
            self.assertEqual(sorted(sample["arrivals"]), ["begun", "due", "late"])
            self.assertIn("service", sample)

    def test_serial_has_the_finding_in_flight_ignored(self):
        self.run_tiny("--workload", "noop", "--model", "serial", *TINY)
        ((name, cell),) = self.cells().items()
        self.assertEqual(name, "noop/serial/cores:1/in_flight:1")
        self.assertIn("in_flight_ignored", [f["code"] for f in cell["findings"]])

    def test_results_contain_skipped_cells(self):
        models = ("--model", "reference", "--model", "event_loop")
        self.run_tiny("--workload", "noop", *models, *TINY, "--rate", 2000)
        skipped = [cell for cell in self.cells().values() if cell["status"] == "skipped"]
        self.assertEqual([cell["model"] for cell in skipped], ["reference"])
        self.assertIn("closed loop", skipped[0]["reason"])

    def test_existing_server_is_used(self):
        with Server("network", "--bytes", 16) as server:
            cell = ("--workload", "network:bytes=16", "--model", "reference", *TINY)
            self.run_tiny(*cell, "--endpoint", f"network={server.endpoint}")
        ((name, cell),) = self.cells().items()
        self.assertTrue(name.endswith(f"/endpoint:{server.endpoint}"), name)
        self.assertEqual(cell["endpoint"], server.endpoint)
        self.assertEqual(cell["status"], "ok")
        for sample in cell["samples"]:
            self.assertNotIn("server_cpu_s", sample, "unknown for an existing server")

    def test_launcher_starts_the_cell(self):
        self.run_tiny(
            "--workload", "noop", "--model", "serial", *TINY, "--launcher", "env CROSSOVER_TEST=1"
        )
        self.assertEqual([cell["status"] for cell in self.cells().values()], ["ok"])


class List(unittest.TestCase):
    def test_prints_the_matrix_as_text(self):
        completed = crossover("list", "--quick")
        self.assertEqual(completed.returncode, 0, completed.stderr)
        for text in (
            *("workloads", "models", "suites", "cells", "sleep", "delay=10ms", "thread_pool"),
            "network/reference/cores:1/in_flight:64/bytes:64",
        ):
            self.assertIn(text, completed.stdout)
        self.assertRegex(completed.stdout, r"\d+ cells, \d+ of them skipped\n$")

    def test_prints_the_matrix_as_json(self):
        workloads = "--workload noop --workload network:bytes=1KiB"
        models = "--model serial --model processes --cores 1 --in-flight 1,8"
        document = listed(*workloads.split(), *models.split())
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

    def test_suite_of_runtimes_has_every_language(self):
        document = listed("--suite", "runtimes")
        planned = collections.defaultdict(set)
        for cell in document["cells"]:
            planned[cell["workload"], cell["in_flight"]].add(cell["model"])
        languages = {m["name"] for m in document["models"] if m["name"].startswith("python_")}
        self.assertEqual(
            set(planned),
            {("hashing", 64), ("network", 64), ("mixed", 64)}
            | {("sleep", in_flight) for in_flight in (1, 1000, 10_000)},
        )
        for (_, in_flight), models in planned.items():
            left_out = {"python_processes"} if in_flight >= 1000 else set()
            left_out |= {"python_threads"} if in_flight >= 10_000 else set()
            self.assertEqual(languages - models, left_out)
            self.assertIn("event_loop", models)

    def test_lists_skipped_cells_with_the_reason(self):
        document = listed(
            *"--workload noop --model reference --cores 1 --in-flight 1 --rate 100".split()
        )
        self.assertEqual([cell["status"] for cell in document["cells"]], ["skipped"])
        self.assertIn("closed loop", document["cells"][0]["reason"])

    def test_suites_select_different_numbers_of_cells(self):
        names = [cell["name"] for cell in listed()["cells"]]
        self.assertEqual(len(set(names)), len(names), "names are distinct")
        self.assertGreater(len(listed("--thorough")["cells"]), len(names))
        self.assertLess(len(listed("--quick")["cells"]), len(names))

    def test_findings_are_documented(self):
        rows = [
            f"| `{f['code']}` | {f['meaning']} | {f['threshold']} | {f['effect']} | {f['remedy']} |"
            for f in listed()["findings"]
        ]
        lines = (SOURCE / "docs" / "findings.md").read_text().splitlines()
        self.assertEqual([line for line in lines if line.startswith("| `")], rows)

    def test_lists_only_suites(self):
        self.assertIn("crossover list --suites", crossover("run", "--help").stdout)
        suites = listed()["suites"]
        self.assertGreater(len(suites), 5)
        self.assertEqual(listed("--suites"), {"suites": suites})
        completed = crossover("list", "--suites")
        self.assertEqual((completed.returncode, completed.stderr), (0, ""))
        lines = completed.stdout.splitlines()
        self.assertLessEqual(max(map(len, lines)), 80)
        names = [line.split()[0] for line in lines if not line.startswith("   ")]
        self.assertEqual(names, [suite["name"] for suite in suites])
        for suite in suites:
            self.assertIn(
                " ".join(suite["description"].split()), " ".join(completed.stdout.split())
            )


if __name__ == "__main__":
    unittest.main()
