"""The thread sanitizer finds a data race in operations under every model with threads.

It stays silent if there is none, although the libraries that start the threads are not
instrumented.
"""

import os
import unittest

from program import BUILD, TIMEOUT_S, Cell, listed

PLANTED_RACE = BUILD / "planted_race_for_test"
THREADS_SHARE = {
    "async_future",
    "event_loop",
    "fibers",
    "offload",
    "openmp",
    "thread_per_operation",
    "thread_pool",
}
# Models without threads, with a lock around each operation, and only for built-in workloads.
NO_RACE = {"serial", "processes", "process_loops", "gil_threads"}
NOT_MEASURED = {"shared_loop", "reference"}


def reports_of(model, counter):
    """Returns what the thread sanitizer writes about one cell."""
    with Cell(command=(PLANTED_RACE, "cell")) as cell:
        in_flight = 1 if model == "serial" else 4
        cores = [0] if model == "serial" else sorted(os.sched_getaffinity(0))[:2]
        ready = cell.prepare("count", model, cores, in_flight, parameters={"counter": counter})
        assert "ready" in ready, ready
        sample = cell.ask({"run": {"operations": 200}})["sample"]
        assert sample["operations"] == 200, sample
        cell.ask({"finish": {}})
        reports = cell.process.stderr.read()
        cell.process.wait(TIMEOUT_S)
        return reports


class PlantedRace(unittest.TestCase):
    def setUp(self):
        if not PLANTED_RACE.exists():
            self.skipTest("not built with the thread sanitizer: tools/test --preset tsan")

    def test_every_model_with_threads_is_known(self):
        models = {model["name"] for model in listed()["models"] if not model["program"]}
        self.assertEqual(models, THREADS_SHARE | NO_RACE | NOT_MEASURED)

    def test_race_is_reported(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one CPU: some models start one thread")
        for model in sorted(THREADS_SHARE):
            with self.subTest(model):
                reports = reports_of(model, "unprotected")
                self.assertIn("ThreadSanitizer: data race", reports)
                self.assertIn("planted_race_for_test.cpp", reports)

    def test_nothing_is_reported_without_a_race(self):
        for model in sorted(THREADS_SHARE | NO_RACE):
            for counter in ("atomic",) if model in THREADS_SHARE else ("atomic", "unprotected"):
                with self.subTest(model, counter=counter):
                    self.assertEqual(reports_of(model, counter), "")


if __name__ == "__main__":
    unittest.main()
