"""Tests what a run counts, with a clock that only operations and waits advance."""
import os
import unittest
from unittest import mock

from python_cell import pace
from python_cell.errors import OperationError
from python_cell.run import Counts, Plan, Run
from python_cell.schedule import Schedule

MS = 1_000_000


class Clock:
    """A clock at 0 ns that replaces the clock and the waits of the measuring loops."""

    def __init__(self):
        self.now = 0

    def read(self):
        return self.now

    def sleep(self, seconds):
        self.now += round(seconds * 1e9)


class WindowTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        for name, function in (("monotonic_ns", self.clock.read), ("sleep", self.clock.sleep)):
            patch = mock.patch.object(pace, name, function)
            patch.start()
            self.addCleanup(patch.stop)

    def lasting(self, *milliseconds):
        """Returns an operation of these durations in turn; it fails instead of a negative one."""
        calls = iter(range(1 << 30))

        def operate():
            duration = milliseconds[next(calls) % len(milliseconds)]
            self.clock.now += abs(duration) * MS
            if duration < 0:
                raise OperationError("receive", "EOF")

        return operate

    def run_lane(self, plan, operate, number=0, schedule=None):
        run = Run(plan, [number])
        run.release(0)
        pace.run_lane(operate, run, run.tallies[0], schedule)
        run.finish()
        return Counts(run)

    def run_open_loop(self, rate, operate):
        """Runs one lane with constant gaps: a lead-in of 20 ms and a window of 100 ms."""
        schedule = Schedule()
        schedule.fill(rate, 20 * MS, 100 * MS, poisson=False, seed=1)
        plan = Plan(window_ns=100 * MS, lead_ns=20 * MS, open_loop=True)
        counts = self.run_lane(plan, operate, schedule=schedule)
        os.close(schedule.fd)
        return schedule.due, counts

    def test_counts_what_ends_in_the_window(self):
        # They end at 3, 6, … 27 ms. The window is from 5 to 25 ms.
        plan = Plan(window_ns=20 * MS, lead_ns=5 * MS)
        counts = self.run_lane(plan, self.lasting(3))
        self.assertEqual(counts.worker_operations, [7])
        self.assertEqual((counts.latency.count, counts.latency.max_ns), (7, 3 * MS))
        self.assertEqual(counts.end_ns, 27 * MS)

    def test_counts_untimed_operations_in_the_window(self):
        plan = Plan(window_ns=2000 * MS, lead_ns=500 * MS, sampling_interval=8)
        counts = self.run_lane(plan, self.lasting(1))
        # An edge is seen at the next timed operation; up to 14 untimed ones lie between two.
        self.assertLessEqual(abs(counts.worker_operations[0] - 2000), 15)
        # Six standard deviations; the s.d. of a distance is at most 0.58 of the mean.
        self.assertLessEqual(abs(counts.latency.count - 2000 / 8), 6 * 0.58 * 250**0.5)

    def test_counts_errors_in_the_window(self):
        for interval in (1, 2):
            self.clock.now = 0
            plan = Plan(window_ns=20 * MS, lead_ns=10 * MS, sampling_interval=interval)
            counts = self.run_lane(plan, self.lasting(2, -2))
            self.assertEqual(counts.errors, {"receive:EOF": 5})
            self.assertLessEqual(abs(counts.worker_operations[0] - 5), interval - 1)

    def test_window_without_an_end_counts_nothing(self):
        for duration in (100, -100):
            self.clock.now = 0
            plan = Plan(window_ns=20 * MS, lead_ns=5 * MS)
            counts = self.run_lane(plan, self.lasting(duration))
            self.assertEqual((counts.worker_operations, counts.errors), ([0], {}))
            self.assertEqual(counts.end_ns, 100 * MS)

    def test_series_counts_steps_of_10_ms(self):
        plan = Plan(window_ns=35 * MS, lead_ns=5 * MS, series=True)
        counts = self.run_lane(plan, self.lasting(3))  # steps end at 15, 25 and 35 ms
        self.assertEqual(counts.series, [3, 4, 3])
        self.assertEqual(counts.worker_operations, [12])

    def test_lanes_begin_staggered(self):
        for number, first in ((0, 3), (1, 8), (3, 18)):
            self.clock.now = 0
            plan = Plan(lanes=4, window_ns=100 * MS, stagger_ns=20 * MS)
            counts = self.run_lane(plan, self.lasting(3), number)
            self.assertEqual(counts.lag_ns, 0)
            self.assertEqual(counts.worker_operations, [1 + (99 - first) // 3])

    def test_lane_due_after_the_window_never_begins(self):
        plan = Plan(lanes=2, window_ns=10 * MS, stagger_ns=40 * MS)
        counts = self.run_lane(plan, self.lasting(3), number=1)
        self.assertEqual((counts.worker_operations, self.clock.now), ([0], 0))

    def test_operations_count_from_the_release(self):
        counts = self.run_lane(Plan(operations=5), self.lasting(3))
        self.assertEqual(counts.worker_operations, [5])
        self.assertEqual(counts.end_ns, 15 * MS)

    def test_arrivals_on_time_are_all_begun(self):
        due, counts = self.run_open_loop(100, self.lasting(4))
        self.assertEqual((due, counts.begun, counts.late), (10, 10, 0))
        self.assertEqual(counts.worker_operations, [10])
        self.assertEqual((counts.latency.count, counts.latency.max_ns), (10, 4 * MS))

    def test_idle_open_loop_is_not_late(self):
        due, counts = self.run_open_loop(9, self.lasting(1))
        self.assertEqual((due, counts.begun, counts.late), (1, 1, 0))
        self.assertEqual(counts.worker_operations, [1])

    def test_overload_leaves_arrivals_late_and_never_begun(self):
        # Due at 0, 10, … 110 ms; begun at 0, 25, 50, 75 and 100 ms.
        due, counts = self.run_open_loop(100, self.lasting(25))
        self.assertEqual((due, counts.begun, counts.late), (10, 3, 3))
        # Those begun at 0, 25, 50 and 75 ms end in the window, the last one in the drain.
        self.assertEqual(counts.worker_operations, [4])
        # Latencies are those of the arrivals due in the window, at 20, 30 and 40 ms.
        self.assertEqual((counts.latency.count, counts.latency.max_ns), (3, 85 * MS))
        self.assertEqual((counts.service.count, counts.service.max_ns), (3, 25 * MS))

    def test_open_loop_counts_errors_in_the_window(self):
        due, counts = self.run_open_loop(100, self.lasting(4, -4))
        self.assertEqual((due, counts.begun, counts.errors), (10, 10, {"receive:EOF": 5}))
        self.assertEqual((counts.worker_operations, counts.latency.count), ([5], 5))


class ObserverTest(unittest.TestCase):
    """Several lanes in one process share one reading of each edge."""

    def test_first_to_see_an_edge_reads_all_lanes(self):
        run = Run(Plan(lanes=2, window_ns=20 * MS, lead_ns=5 * MS), range(2))
        run.release(0)
        first, second = run.tallies
        first.latencies.extend([4 * MS])
        second.latencies.extend([2 * MS, 2 * MS])
        self.assertFalse(run.observe(6 * MS))
        first.latencies.extend([10 * MS, 9 * MS])
        self.assertFalse(run.observe(24 * MS))
        self.assertTrue(run.observe(25 * MS))
        second.latencies.extend([30 * MS])
        self.assertTrue(run.observe(34 * MS))
        counts = Counts(run)
        self.assertEqual(counts.worker_operations, [2, 0])
        self.assertEqual((counts.latency.count, counts.latency.max_ns), (2, 10 * MS))

    def test_one_late_observation_passes_both_edges(self):
        run = Run(Plan(window_ns=20 * MS, lead_ns=5 * MS, series=True), [0])
        run.release(0)
        self.assertTrue(run.observe(1000 * MS))
        self.assertEqual(Counts(run).series, [0, 0])

    def test_cancelled_run_ends_the_lanes(self):
        run = Run(Plan(operations=10), [0])
        run.release(0)
        self.assertFalse(run.observe(1))
        run.cancel()
        self.assertTrue(run.observe(1))


if __name__ == "__main__":
    unittest.main()
