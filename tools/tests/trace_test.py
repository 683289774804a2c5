"""`crossover run --trace FILE`: the times at which each operation ran on a core or waited."""

import collections
import unittest

from program import Cell, TempDirTest, crossover, listed, strict_json

ROUNDING_US = 0.002  # times in the file are µs with three decimals


def refusal():
    with Cell() as cell:
        answer = cell.prepare(trace=True)
    return answer.get("error", {}).get("message")


REFUSED = refusal()
MODELS = [model["name"] for model in listed()["models"] if not model["name"].startswith("python")]


@unittest.skipIf(REFUSED, REFUSED)
class TraceTest(TempDirTest):
    def trace(self, workload, model, cores=2, in_flight=6, more=()):
        file = self.directory / "trace.json"
        done = crossover(
            "run",
            "--workload",
            workload,
            "--model",
            model,
            "--cores",
            cores,
            "--in-flight",
            in_flight,
            "--seconds",
            0.05,
            "--repetitions",
            1,
            "--out",
            self.out,
            "--trace",
            file,
            *more
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(file), done.stdout)
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

    def test_adds_up_under_every_model(self):
        for model in MODELS:
            for workload in ("hashing", "network"):
                with self.subTest(model=model, workload=workload):
                    self.check(self.trace(workload, model))

    def test_of_other_ways_to_wait(self):
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

    def test_of_sleeps_shows_that_a_loop_waits_for_all_of_them_at_a_time(self):
        operations, cores = self.check(
            self.trace("sleep:delay=2ms", "event_loop", cores=1, in_flight=8)
        )
        for event in operations:
            self.assertGreaterEqual(event["args"]["waits_us"], 1900)
        self.assertEqual(len(cores), 1)
        starts = collections.Counter(round(event["ts"] / 2000) for event in operations)
        self.assertGreater(max(starts.values()), 1, "none of them overlap")

    def test_of_hashing_on_a_loop_shows_one_lane_after_the_other(self):
        operations, cores = self.check(self.trace("hashing", "event_loop", cores=1, in_flight=4))
        lanes = [
            event["name"] for event in next(iter(cores.values())) if event["cat"] == "operation"
        ]
        turns = sum(a != b for a, b in zip(lanes, lanes[1:]))
        self.assertGreater(turns, 0.9 * len(operations))

    def together_us(self, cores):
        """Returns the times in µs during which operations ran on both cores and on any core."""
        edges = sorted(
            (at, step)
            for events in cores.values()
            for event in events
            if event["cat"] == "operation"
            for at, step in ((event["ts"], 1), (event["ts"] + event["dur"], -1))
        )
        both = some = depth = last = 0
        for at, step in edges:
            both += (at - last) * (depth > 1)
            some += (at - last) * (depth > 0)
            depth, last = depth + step, at
        return both, some

    def test_of_the_global_lock_shows_that_two_cores_compute_no_more_than_one(self):
        """Under the lock no two operations compute at the same time, but all can wait."""
        operations, cores = self.check(self.trace("hashing", "gil_threads", cores=2, in_flight=4))
        both, some = self.together_us(cores)
        switches = sum(event["args"]["waits_us"] > 0 for event in operations)
        # A thread that releases the lock stays on its CPU for some µs, while the next one runs.
        self.assertLess(both, 0.05 * some + 50 * switches)
        self.assertGreater(
            len({event["tid"] for event in operations}), 1, "the lock never changed hands"
        )

        waiting, _ = self.check(self.trace("sleep:delay=5ms", "gil_threads", cores=2, in_flight=4))
        waits = sum(event["args"]["waits_us"] for event in waiting)
        self.assertGreater(
            waits,
            1.5 * max(event["ts"] + event["dur"] for event in waiting),
            "waits do not overlap",
        )

    def test_of_digests_outside_the_lock_shows_two_cores_at_work(self):
        """With releases_gil=true, digests of over 2047 bytes release the lock, as in CPython."""
        best = 0
        for _ in range(15):  # other work on this machine may occupy a core
            _, cores = self.check(
                self.trace(
                    "hashing:bytes=1MiB,releases_gil=true", "gil_threads", cores=2, in_flight=4
                )
            )
            both, some = self.together_us(cores)
            best = max(best, both / some)
            if best > 0.1:
                break
        self.assertGreater(best, 0.1)
        _, cores = self.check(
            self.trace("hashing:bytes=2047,releases_gil=true", "gil_threads", cores=2, in_flight=4)
        )
        both, some = self.together_us(cores)
        self.assertLess(both, 0.1 * some)

    def test_of_an_open_loop(self):
        operations, _ = self.check(
            self.trace("sleep:delay=1ms", "event_loop", cores=1, in_flight=4, more=("--rate", 500))
        )
        for event in operations:
            self.assertGreaterEqual(event["args"]["waits_us"], 900)

    def test_is_kept_of_one_run_alone(self):
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
    def test_of_many_cells(self):
        done = crossover("run", "--quick", "--out", self.out, "--trace", self.directory / "t.json")
        self.assertEqual(done.returncode, 64)
        self.assertRegex(
            done.stderr, r"^crossover: --trace needs exactly one cell, \d+ selected: .*\n$"
        )
        self.assertFalse(self.out.exists())

    def test_of_another_language(self):
        done = crossover(
            "run",
            "--workload",
            "noop",
            "--model",
            "python_asyncio",
            "--cores",
            1,
            "--in-flight",
            1,
            "--out",
            self.out,
            "--trace",
            self.directory / "t.json",
        )
        self.assertEqual((done.returncode, done.stderr.count("\n")), (64, 1), done.stderr)

    @unittest.skipIf(REFUSED, REFUSED)
    def test_that_cannot_be_written(self):
        done = crossover(
            "run",
            "--workload",
            "noop",
            "--model",
            "serial",
            "--cores",
            1,
            "--in-flight",
            1,
            "--out",
            self.out,
            "--trace",
            self.directory / "no/t.json",
        )
        self.assertEqual((done.returncode, done.stderr.count("\n")), (74, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
