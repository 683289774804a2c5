"""Tests the parts of python_cell that need no process."""
import asyncio
import contextlib
import io
import itertools
import os
import unittest
from collections import Counter
from unittest import mock

from python_cell import pace
from python_cell.async_pace import asynchronous_loops
from python_cell.cell import Cell, reply_to
from python_cell.errors import OperationError
from python_cell.latency import Distribution, bin_index, bin_lower
from python_cell.pace import choose_sampling_interval, run_lane
from python_cell.parameters import DURATIONS, SIZES, quantity
from python_cell.pattern import pattern
from python_cell.run import Counts, Plan, Run
from python_cell.schedule import Schedule

run_asynchronously, _ = asynchronous_loops(asyncio.sleep)


class ArithmeticTest(unittest.TestCase):
    def test_bins_contain_their_values_and_are_narrow(self):
        for value in [*range(2000), *(int(1.37**i) for i in range(20, 130))]:
            lower, upper = bin_lower(bin_index(value)), bin_lower(bin_index(value) + 1)
            self.assertLessEqual(lower, value)
            self.assertLess(value, upper)
            if value < 64:
                self.assertEqual((lower, upper), (value, value + 1))
            else:
                self.assertLess(abs((lower + upper) / 2 - value) / value, 0.01)

    def test_bins_have_the_documented_bounds(self):
        for value in (64, 127, 128, 753664, 780000, 10**12):
            shift = value.bit_length() - 1 - 6
            self.assertEqual(bin_lower(bin_index(value)), (value >> shift) << shift)
            self.assertEqual(bin_lower(bin_index(value) + 1), ((value >> shift) + 1) << shift)

    def test_maximum_and_mean_are_exact(self):
        both, other = Distribution(), Distribution()
        both.add([1_000_003, 5])
        other.add([2_000_007])
        both.merge(other)
        document = both.to_json(sampling_interval=4)
        self.assertEqual(
            (document["count"], document["max"], document["mean"], document["sampling_interval"]),
            (3, 2_000_007, 3_000_015 / 3, 4),
        )
        self.assertEqual(sorted(document["bins"]), document["bins"])
        self.assertEqual(sum(count for _, _, count in document["bins"]), 3)

    def test_parses_quantities(self):
        for text, value in {
            "64": 64,
            "16KiB": 16384,
            "1.5KiB": 1536,
            "2B": 2,
            "1GiB": 1 << 30,
        }.items():
            self.assertEqual(quantity(text, SIZES), value)
        for text, value in {
            "100us": 100_000,
            "10ms": 10**7,
            "0.1s": 10**8,
            "5ns": 5,
        }.items():
            self.assertEqual(quantity(text, DURATIONS), value)
        for text in ("", "-1", "1.5", "0.3B", "KiB", "1 KiB", "1e3", "1kb", "٣", "9" * 40):
            self.assertIsNone(quantity(text, SIZES), text)
        self.assertIsNone(quantity("10", DURATIONS))

    def test_pattern_has_the_documented_bytes(self):
        expected = bytes((131 * i + i // 256) % 256 for i in range(200_000))
        for length in (1, 255, 65536, 200_000):
            self.assertEqual(pattern(length), expected[:length])

    def test_operations_are_divided_evenly(self):
        run = Run(Plan(lanes=4, operations=10), range(4))
        self.assertEqual([tally.quota for tally in run.tallies], [3, 3, 2, 2])

    def timed_of(self, sampling_interval, operations, coroutine=False):
        """Runs one lane; returns the indices of its timed operations."""
        run = Run(Plan(operations=operations, sampling_interval=sampling_interval), [0])
        run.release(0)
        tally, issued = run.tallies[0], []

        async def operate():
            issued.append(1)

        # Operation k takes (k + 1)² - k² = 2 k + 1 by this clock.
        names = (run_asynchronously if coroutine else run_lane).__globals__
        with mock.patch.dict(names, monotonic_ns=lambda: len(issued) ** 2):
            if coroutine:
                asyncio.run(run_asynchronously(operate, run, tally, None))
            else:
                run_lane(lambda: issued.append(1), run, tally, None)
        self.assertEqual((tally.operations(), len(issued)), (operations, operations))
        return [latency // 2 for latency in tally.latencies]

    def test_timed_operations_are_one_in_n(self):
        for coroutine in (False, True):
            for interval, operations in ((2, 4_000), (8, 8_000), (64, 64_000)):
                timed = len(self.timed_of(interval, operations, coroutine))
                expected = operations / interval
                # Six standard deviations; the s.d. of a distance is at most 0.58 of the mean.
                self.assertAlmostEqual(timed, expected, delta=6 * 0.58 * expected**0.5)

    def test_timed_operations_are_drawn_at_random(self):
        for coroutine in (False, True):
            timed = self.timed_of(8, 8_000, coroutine)
            distances = [after - before for before, after in itertools.pairwise(timed)]
            self.assertEqual((min(distances), max(distances)), (1, 15))
            count = Counter(distances)
            for distance in range(1, 16):  # 67 of each on average
                self.assertAlmostEqual(count[distance], 67, delta=50, msg=distance)

    def test_the_first_and_the_last_operation_are_not_always_timed(self):
        firsts = sum(0 in self.timed_of(4, 2) for _ in range(400))
        lasts = sum(1 in self.timed_of(4, 2) for _ in range(400))
        for timed in (firsts, lasts):  # 57 and 65 on average
            self.assertGreater(timed, 0)
            self.assertLess(timed, 200)

    def test_a_forked_worker_draws_its_own_distances(self):
        reader, writer = os.pipe()
        pid = os.fork()
        drawn = bytes(int(256 * pace.uniform()) for _ in range(100))
        if pid == 0:
            os.write(writer, drawn)
            os._exit(0)
        os.waitpid(pid, 0)
        self.assertNotEqual(os.read(reader, 100), drawn)
        os.close(reader)
        os.close(writer)

    def test_errors_are_counted_whether_operations_are_timed_or_not(self):
        for every in (1, 8):
            run, calls = Run(Plan(operations=100, sampling_interval=every), [0]), []

            def operate():
                calls.append(1)
                if len(calls) % 10 == 0:
                    raise OperationError("receive", "EOF")

            run.release(0)
            run_lane(operate, run, run.tallies[0], None)
            run.finish()
            counts = Counts(run)
            self.assertEqual(
                (len(calls), counts.worker_operations, counts.errors),
                (100, [90], {"receive:EOF": 10}),
            )

    def test_only_short_operations_are_sampled(self):
        self.assertEqual(choose_sampling_interval(operation_ns=5_000, timing_ns=100), 1)
        for length in (10, 100, 1000, 4000):
            every = choose_sampling_interval(length, 100)
            self.assertTrue(every == 1024 or 2 * 100 / every <= 0.02 * length, (length, every))
            self.assertEqual(every & (every - 1), 0)

    def test_schedule_is_ordered_and_repeatable(self):
        def starts(rate, seconds, poisson, seed):
            schedule = Schedule()
            schedule.fill(rate, 0, int(seconds * 1e9), poisson, seed)
            times = []
            while (start := schedule.claim()) is not None:
                times.append(start)
            os.close(schedule.fd)
            return times

        self.assertEqual(starts(1000, 0.01, False, 1), [i * 1_000_000 for i in range(10)])
        random = starts(10_000, 1, True, 7)
        self.assertEqual(random, sorted(random))
        self.assertEqual(random, starts(10_000, 1, True, 7))
        self.assertNotEqual(random, starts(10_000, 1, True, 8))
        self.assertLess(random[-1], 10**9)
        self.assertLess(abs(len(random) - 10_000), 600)  # 6 standard deviations of a Poisson count

    def test_schedule_covers_the_lead_in_and_the_window(self):
        schedule = Schedule()
        schedule.fill(1000, lead_ns=4_000_000, window_ns=10_000_000, poisson=False, seed=1)
        times = list(iter(schedule.claim, None))
        os.close(schedule.fd)
        self.assertEqual((len(times), times[-1], schedule.due), (14, 13_000_000, 10))

    def test_unexpected_exception_is_reported_with_a_traceback_on_stderr(self):
        class Broken:
            def run(self, control):
                raise ZeroDivisionError("of all\nthings")

        cell, stderr = Cell(), io.StringIO()
        cell.model = Broken()
        with contextlib.redirect_stderr(stderr):
            reply = reply_to(cell, b'{"run": {"seconds": 1}}')
        self.assertEqual(reply["error"]["kind"], "failed")
        self.assertIn("ZeroDivisionError: of all things", reply["error"]["message"])
        self.assertIn("Traceback", stderr.getvalue())


if __name__ == "__main__":
    unittest.main()
