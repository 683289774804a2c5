"""A cell process and its children stay on the cell's CPUs; its server gets others if possible."""

import os
import pathlib
import select
import subprocess
import unittest

from program import PROGRAM, TIMEOUT_S, Cell, Server, TempDirTest, crossover, descendants_of, listed

CPUS = sorted(os.sched_getaffinity(0))


def cpus_allowed(pid):
    """Returns the union of the CPUs that a process's threads may use, and the number of threads."""
    allowed, threads = set(), 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue  # the thread has ended
        threads += 1
        for part in text.split("Cpus_allowed_list:")[1].split("\n")[0].strip().split(","):
            first, _, last = part.partition("-")
            allowed |= set(range(int(first), int(last or first) + 1))
    return allowed, threads


class Affinity(unittest.TestCase):
    def watch(self, model, cpus, in_flight):
        """Runs a cell that sleeps, checking the CPUs of its threads and processes meanwhile.

        Returns the maximum number of threads seen.
        """
        with Cell() as cell:
            ready = cell.prepare(
                "sleep", model, cores=cpus, in_flight=in_flight, parameters={"delay": "20ms"}
            )
            self.assertIn("ready", ready, model)
            self.look(cell, cpus)
            cell.send({"run": {"operations": 12 * in_flight}})
            most = 0
            while not self.answered(cell):
                most = max(most, self.look(cell, cpus))
            self.assertIn('"sample"', cell.process.stdout.readline(), model)
            return most

    def look(self, cell, cpus):
        tasks = 0
        for pid in [cell.process.pid, *descendants_of(cell.process.pid)]:
            allowed, threads = cpus_allowed(pid)
            self.assertLessEqual(allowed, set(cpus), f"a thread of process {pid} may run elsewhere")
            tasks += threads
        return tasks

    def answered(self, cell):
        return bool(select.select([cell.process.stdout], [], [], 0.005)[0])

    def test_every_thread_and_process_of_every_model_is_within_the_cells_cpus(self):
        choices = [[CPUS[0]], [CPUS[-1]]] + ([CPUS[:2]] if len(CPUS) > 1 else [])
        for model in [m["name"] for m in listed()["models"] if not m["script"]]:
            for cpus in choices:
                with self.subTest(model=model, cpus=cpus):
                    self.assertGreaterEqual(self.watch(model, cpus, 5), 1)

    def test_there_were_threads_and_processes_to_look_at(self):
        self.assertGreaterEqual(
            self.watch("thread_pool", [CPUS[0]], 5), 5, "a thread an operation in flight"
        )
        self.assertGreaterEqual(
            self.watch("processes", [CPUS[0]], 5),
            6,
            "a process an operation in flight, and their parent",
        )
        if len(CPUS) > 1:
            for model in ("event_loop", "shared_loop", "reference"):
                self.assertGreaterEqual(
                    self.watch(model, CPUS[:2], 5), 2, f"{model}: a thread a core"
                )

    def test_a_loop_a_core_is_bound_to_that_core(self):
        if len(CPUS) < 2:
            self.skipTest("needs 2 CPUs")
        with Cell() as cell:
            cell.prepare("noop", "event_loop", cores=CPUS[:2], in_flight=4)
            cell.ask({"run": {"operations": 10}})
            each = []
            for task in pathlib.Path(f"/proc/{cell.process.pid}/task").iterdir():
                each.append(
                    (task / "status")
                    .read_text()
                    .split("Cpus_allowed_list:")[1]
                    .split("\n")[0]
                    .strip()
                )
            self.assertEqual(sorted(each), sorted(map(str, CPUS[:2])))

    def test_a_fixtures_loops_are_on_the_cpus_that_it_is_given(self):
        with Server("network", "--cpus", CPUS[-1]) as server:
            loops = []
            for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
                if task.name != str(server.process.pid):
                    loops.append(
                        (task / "status")
                        .read_text()
                        .split("Cpus_allowed_list:")[1]
                        .split("\n")[0]
                        .strip()
                    )
            self.assertEqual(loops, [str(CPUS[-1])])


class DisjointCores(TempDirTest):
    def test_cell_and_fixture_of_a_run_share_no_cpu_where_there_are_enough(self):
        if len(CPUS) < 2:
            self.skipTest("needs 2 CPUs")
        command = [
            PROGRAM,
            "run",
            "--workload",
            "network",
            "--model",
            "event_loop",
            "--cores",
            "1",
            "--in-flight",
            "2",
            "--seconds",
            "0.3",
            "--repetitions",
            "2",
            "--out",
            str(self.out),
        ]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = {"cell": set(), "serve": set()}
        while run.poll() is None:
            for pid in descendants_of(run.pid):
                try:
                    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                    which = words[1].decode()
                    # A cell is bound when it prepares. A server's event loops are bound, but
                    # not its main thread, which only waits.
                    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                        text = (task / "status").read_text()
                        list_text = text.split("Cpus_allowed_list:")[1].split("\n")[0].strip()
                        if which in seen and list_text.isdigit():
                            seen[which].add(int(list_text))
                except (OSError, IndexError):
                    continue
        self.assertEqual(run.wait(TIMEOUT_S), 0)
        self.assertEqual(seen["cell"], {CPUS[0]})
        self.assertTrue(seen["serve"])
        self.assertFalse(seen["cell"] & seen["serve"])
        (cell,) = self.cells().values()
        self.assertNotIn("shared_cores", [f["code"] for f in cell["findings"]])

    def test_a_cell_on_all_cores_says_that_it_shares_them(self):
        done = crossover(
            "run",
            "--workload",
            "network",
            "--model",
            "event_loop",
            "--cores",
            len(CPUS),
            "--in-flight",
            2,
            "--seconds",
            0.02,
            "--repetitions",
            2,
            "--out",
            self.out,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        (cell,) = self.cells().values()
        self.assertIn("shared_cores", [f["code"] for f in cell["findings"]])


if __name__ == "__main__":
    unittest.main()
