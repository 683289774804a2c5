"""A cell process and its children stay on the cell's CPUs; its server gets others if possible."""

import os
import pathlib
import select
import subprocess
import unittest

from program import (
    PROGRAM,
    TIMEOUT_S,
    Cell,
    Server,
    TempDirTest,
    crossover,
    descendants_of,
    listed,
    sanitizers,
)

CPUS = sorted(os.sched_getaffinity(0))
RUN = "run --workload network --model event_loop --in-flight 2 --repetitions 2".split()


def tasks_of(pid):
    """Returns the /proc directories of a process's threads."""
    return list(pathlib.Path(f"/proc/{pid}/task").iterdir())


def cpu_list(task):
    """Returns the CPUs that a thread may use as the kernel writes them, for example `0-3,8`."""
    text = (task / "status").read_text()
    return text.split("Cpus_allowed_list:")[1].split("\n")[0].strip()


def cpus_allowed(pid):
    """Returns the union of the CPUs that a process's threads may use, and the number of threads."""
    allowed, threads = set(), 0
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            text = cpu_list(task)
        except OSError:
            continue  # the thread has ended
        threads += 1
        for part in text.split(","):
            first, _, last = part.partition("-")
            allowed |= set(range(int(first), int(last or first) + 1))
    return allowed, threads


class Affinity(unittest.TestCase):
    def watch(self, model, cpus, in_flight):
        """Runs a cell that sleeps and checks the CPUs of its threads and processes.

        Returns the maximum number of threads seen.
        """
        with Cell() as cell:
            reply = cell.prepare(
                "sleep", model, cores=cpus, in_flight=in_flight, parameters={"delay": "20ms"}
            )
            self.assertIn("ready", reply, model)
            self.check_cpus(cell, cpus)
            cell.send({"run": {"operations": 12 * in_flight}})
            max_threads = 0
            while not select.select([cell.process.stdout], [], [], 0.005)[0]:
                max_threads = max(max_threads, self.check_cpus(cell, cpus))
            self.assertIn('"sample"', cell.process.stdout.readline(), model)
            return max_threads

    def check_cpus(self, cell, cpus):
        """Checks every thread of a cell process and its children; returns their number."""
        count = 0
        for pid in [cell.process.pid, *descendants_of(cell.process.pid)]:
            allowed, threads = cpus_allowed(pid)
            self.assertLessEqual(allowed, set(cpus), f"CPUs of process {pid}")
            count += threads
        return count

    def test_every_model_stays_on_the_cpus_of_its_cell(self):
        cpu_sets = [[CPUS[0]], [CPUS[-1]]] + ([CPUS[:2]] if len(CPUS) > 1 else [])
        for model in [m["name"] for m in listed()["models"] if not m["program"]]:
            for cpus in cpu_sets:
                with self.subTest(model=model, cpus=cpus):
                    self.assertGreaterEqual(self.watch(model, cpus, 5), 1)

    def test_watch_sees_all_threads_and_processes(self):
        for model, least, message in (
            ("thread_pool", 5, "one thread per operation in flight"),
            ("processes", 6, "one process per operation in flight, and their parent"),
        ):
            self.assertGreaterEqual(self.watch(model, [CPUS[0]], 5), least, message)
        if len(CPUS) > 1:
            for model in ("event_loop", "shared_loop", "reference"):
                threads = self.watch(model, CPUS[:2], 5)
                self.assertGreaterEqual(threads, 2, f"{model}: one thread per core")

    @unittest.skipIf("thread" in sanitizers(), "the thread sanitizer has a thread of its own")
    def test_event_loop_binds_each_loop_to_one_core(self):
        if len(CPUS) < 2:
            self.skipTest("needs 2 CPUs")
        with Cell() as cell:
            cell.prepare("noop", "event_loop", cores=CPUS[:2], in_flight=4)
            cell.ask({"run": {"operations": 10}})
            cpu_lists = [cpu_list(task) for task in tasks_of(cell.process.pid)]
            self.assertEqual(sorted(cpu_lists), sorted(map(str, CPUS[:2])))

    @unittest.skipIf("thread" in sanitizers(), "the thread sanitizer has a thread of its own")
    def test_serve_binds_its_loops_to_the_given_cpus(self):
        with Server("network", "--cpus", CPUS[-1]) as server:
            pid = server.process.pid
            loops = [cpu_list(task) for task in tasks_of(pid) if task.name != str(pid)]
            self.assertEqual(loops, [str(CPUS[-1])])


class DisjointCores(TempDirTest):
    def test_cell_and_server_use_disjoint_cpus(self):
        if len(CPUS) < 2:
            self.skipTest("needs 2 CPUs")
        run = subprocess.Popen(
            [PROGRAM, *RUN, "--cores", "1", "--seconds", "0.3", "--out", self.out],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        seen = {"cell": set(), "serve": set()}
        while run.poll() is None:
            for pid in descendants_of(run.pid):
                try:
                    arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                    command = arguments[1].decode()
                    # A cell is bound when it prepares. A server's event loops are bound, but not
                    # its main thread, which only waits.
                    for task in tasks_of(pid):
                        cpus = cpu_list(task)
                        if command in seen and cpus.isdigit():
                            seen[command].add(int(cpus))
                except (OSError, IndexError):
                    continue
        self.assertEqual(run.wait(TIMEOUT_S), 0)
        self.assertEqual(seen["cell"], {CPUS[0]})
        self.assertTrue(seen["serve"])
        self.assertFalse(seen["cell"] & seen["serve"])
        (cell,) = self.cells().values()
        self.assertNotIn("shared_cores", [f["code"] for f in cell["findings"]])

    def test_cell_on_all_cores_has_the_finding_shared_cores(self):
        completed = crossover(*RUN, "--cores", len(CPUS), "--seconds", 0.02, "--out", self.out)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        (cell,) = self.cells().values()
        self.assertIn("shared_cores", [f["code"] for f in cell["findings"]])


if __name__ == "__main__":
    unittest.main()
