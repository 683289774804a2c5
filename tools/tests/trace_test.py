"""`crossover run --trace FILE`: when each operation ran on a core, and when it waited."""

import collections
import unittest

from program import Cell, TempDirTest, crossover, listed, strict_json

ROUNDING_US = 0.002  # times in the file are µs with three decimals


def error_of_tracing():
    """Returns the error message if this machine cannot record traces, otherwise None."""
    with Cell() as cell:
        reply = cell.prepare(trace=True)
    return reply.get("error", {}).get("message")


UNSUPPORTED = error_of_tracing()
RUN = "run --cores 1 --in-flight 1".split()
MODELS = [model["name"] for model in listed()["models"] if not model["program"]]


@unittest.skipIf(UNSUPPORTED, UNSUPPORTED)
class TraceTest(TempDirTest):
    def trace(self, workload, model, cores=2, in_flight=6, more=()):
        file = self.directory / "trace.json"
        completed = crossover(
            *("run", "--workload", workload, "--model", model),
            *("--cores", cores, "--in-flight", in_flight, "--seconds", 0.05, "--repetitions", 1),
            *("--out", self.out, "--force", "--trace", file, *more),
        )
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertIn(str(file), completed.stdout)
        return strict_json(file.read_text())

    def check(self, document):
        """Checks that a core's slices do not overlap and that times add up to the sample's."""
        figures = document["otherData"]
        tracks = collections.defaultdict(list)
        for event in document["traceEvents"]:
            if event["ph"] == "X":
                self.assertGreaterEqual(event["ts"], 0)
                tracks[
                    event["pid"], event["tid"], event["cat"] if event["pid"] == 2 else ""
                ].append(event)
            else:
                self.assertEqual(event["ph"], "M")
        for events in tracks.values():
            events.sort(key=lambda event: event["ts"])
            for before, after in zip(events, events[1:]):
                self.assertLessEqual(before["ts"] + before["dur"], after["ts"] + ROUNDING_US)
                self.assertLessEqual(
                    after["ts"] + after["dur"], figures["wall_s"] * 1e6 + ROUNDING_US
                )

        operations = [
            event
            for (group, _, kind), events in tracks.items()
            if group == 2 and kind == "operation"
            for event in events
        ]
        self.assertEqual(len(operations), figures["operations"])
        for event in operations:
            parts = (
                event["args"]["on_cpu_us"]
                + event["args"]["waits_us"]
                + event["args"]["preempted_us"]
            )
            self.assertAlmostEqual(parts, event["dur"], delta=ROUNDING_US)

        cores = {track: events for (group, track, _), events in tracks.items() if group == 1}
        self.assertTrue(set(cores) <= {0, 1}, cores.keys())
        busy_s = sum(event["dur"] for events in cores.values() for event in events) * 1e-6
        self.assertLessEqual(busy_s, figures["wall_s"] * len(cores) * 1.0001)
        # cpu_s is the kernel's figure. It includes context switches (some tens of µs each in a
        # virtual machine), which are outside the slices.
        switches = figures["voluntary_switches"] + figures["involuntary_switches"]
        self.assertAlmostEqual(
            busy_s, figures["cpu_s"], delta=0.35 * figures["cpu_s"] + 1e-3 + 2e-4 * switches
        )
        ends = [event["ts"] + event["dur"] for event in operations]
        self.assertLessEqual(max(ends), figures["wall_s"] * 1e6 + ROUNDING_US)
        on_cpu_s = sum(event["args"]["on_cpu_us"] for event in operations) * 1e-6
        sliced_s = (
            sum(
                event["dur"]
                for events in cores.values()
                for event in events
                if event["cat"] == "operation"
            )
            * 1e-6
        )
        self.assertAlmostEqual(on_cpu_s, sliced_s, delta=1e-6 * len(operations) + 1e-6)
        return operations, cores

    def test_times_add_up_for_every_model(self):
        for model in MODELS:
            for workload in ("hashing", "network"):
                with self.subTest(model=model, workload=workload):
                    self.check(self.trace(workload, model))

    def test_times_add_up_for_other_ways_to_wait(self):
        for model, workload in (
            ("reference:backend=poll", "network"),
            ("reference:backend=epoll", "sleep:delay=1ms"),
            ("reference:backend=blocking", "network"),
            ("event_loop", "download"),
            ("fibers", "download"),
            ("reference", "download"),
            ("offload", "mixed:cpu=200us,wait=1ms"),
            ("event_loop", "query"),
        ):
            with self.subTest(model=model, workload=workload):
                self.check(self.trace(workload, model))

    def test_event_loop_overlaps_sleeps(self):
        operations, cores = self.check(
            self.trace("sleep:delay=2ms", "event_loop", cores=1, in_flight=8)
        )
        for event in operations:
            self.assertGreater(event["args"]["waits_us"], 0)
            self.assertGreaterEqual(event["dur"], 1900)
        self.assertEqual(len(cores), 1)
        starts = collections.Counter(round(event["ts"] / 2000) for event in operations)
        self.assertGreater(max(starts.values()), 1, "sleeps overlap")

    def test_event_loop_alternates_between_hashing_lanes(self):
        operations, cores = self.check(self.trace("hashing", "event_loop", cores=1, in_flight=4))
        lanes = [
            event["name"] for event in next(iter(cores.values())) if event["cat"] == "operation"
        ]
        turns = sum(a != b for a, b in zip(lanes, lanes[1:]))
        self.assertGreater(turns, 0.9 * len(operations))

    def times_on_both_and_any_us(self, cores):
        """Returns the times in µs during which operations ran on both cores and on any core."""
        edges = sorted(
            (at, step)
            for events in cores.values()
            for event in events
            if event["cat"] == "operation"
            for at, step in ((event["ts"], 1), (event["ts"] + event["dur"], -1))
        )
        both = any_core = running = last = 0
        for at, step in edges:
            both += (at - last) * (running > 1)
            any_core += (at - last) * (running > 0)
            running, last = running + step, at
        return both, any_core

    def test_global_lock_computes_on_one_core_at_a_time(self):
        """No two operations compute at the same time, but all can wait."""
        operations, cores = self.check(self.trace("hashing", "gil_threads", cores=2, in_flight=4))
        both, any_core = self.times_on_both_and_any_us(cores)
        switches = sum(event["args"]["waits_us"] > 0 for event in operations)
        # A thread that releases the lock stays on its CPU for some µs, while the next one runs.
        self.assertLess(both, 0.05 * any_core + 50 * switches)
        self.assertGreater(
            len({event["tid"] for event in operations}), 1, "several threads held the lock"
        )

        waiting, _ = self.check(self.trace("sleep:delay=5ms", "gil_threads", cores=2, in_flight=4))
        waits = sum(event["args"]["waits_us"] for event in waiting)
        self.assertGreater(
            waits,
            1.5 * max(event["ts"] + event["dur"] for event in waiting),
            "waits overlap",
        )

    def test_digests_that_release_the_lock_use_two_cores(self):
        """Digests of over 2047 bytes release the lock if releases_gil=true, as in CPython."""
        best = 0
        for _ in range(15):  # other work on this machine may occupy a core
            _, cores = self.check(
                self.trace(
                    "hashing:bytes=1MiB,releases_gil=true", "gil_threads", cores=2, in_flight=4
                )
            )
            both, any_core = self.times_on_both_and_any_us(cores)
            best = max(best, both / any_core)
            if best > 0.1:
                break
        self.assertGreater(best, 0.1)
        _, cores = self.check(
            self.trace("hashing:bytes=2047,releases_gil=true", "gil_threads", cores=2, in_flight=4)
        )
        both, any_core = self.times_on_both_and_any_us(cores)
        self.assertLess(both, 0.1 * any_core)

    def test_traces_an_open_loop(self):
        operations, _ = self.check(
            self.trace("sleep:delay=1ms", "event_loop", cores=1, in_flight=4, more=("--rate", 500))
        )
        for event in operations:
            self.assertGreater(event["args"]["waits_us"], 0)
            self.assertGreaterEqual(event["dur"], 900)

    def test_traces_one_run_per_cell_process(self):
        with Cell() as cell:
            cell.prepare("hashing", trace=True)
            self.assertNotIn("trace", cell.ask({"run": {"operations": 5}})["sample"])
            self.assertIn("trace", cell.ask({"run": {"operations": 5, "trace": True}})["sample"])
            self.assertEqual(
                cell.ask({"run": {"operations": 5, "trace": True}})["error"]["kind"], "invalid"
            )
        with Cell() as cell:
            cell.prepare("hashing")
            self.assertEqual(
                cell.ask({"run": {"operations": 5, "trace": True}})["error"]["kind"], "invalid"
            )


class TraceErrorTest(TempDirTest):
    def test_rejects_several_cells(self):
        completed = crossover(
            "run", "--quick", "--out", self.out, "--force", "--trace", self.directory / "t.json"
        )
        self.assertEqual(completed.returncode, 64)
        self.assertRegex(
            completed.stderr, r"^crossover: --trace needs exactly one cell, \d+ selected: .*\n$"
        )
        self.assertFalse(self.out.exists())

    def test_rejects_python_model(self):
        completed = crossover(
            *(*RUN, "--workload", "noop", "--model", "python_asyncio"),
            *("--out", self.out, "--force", "--trace", self.directory / "t.json"),
        )
        self.assertEqual(
            (completed.returncode, completed.stderr.count("\n")), (64, 1), completed.stderr
        )

    @unittest.skipIf(UNSUPPORTED, UNSUPPORTED)
    def test_rejects_unwritable_file(self):
        completed = crossover(
            *(*RUN, "--workload", "noop", "--model", "serial"),
            *("--out", self.out, "--force", "--trace", self.directory / "no/t.json"),
        )
        self.assertEqual(
            (completed.returncode, completed.stderr.count("\n")), (74, 1), completed.stderr
        )


if __name__ == "__main__":
    unittest.main()
