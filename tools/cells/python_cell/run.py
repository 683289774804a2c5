"""One run: its plan, the counters of its lanes, and their readings at the edges of its window."""
import threading
from array import array
from collections import namedtuple
from itertools import repeat
from operator import length_hint

from .errors import WrongResult
from .latency import Distribution
from .usage import added, subtracted, usage_of_this_process

NO_END = 1 << 62
SERIES_STEP_NS = 10_000_000

# Exactly one of `operations` (the number in total) and `window_ns` is not 0.
Plan = namedtuple(
    "Plan",
    "lanes operations window_ns lead_ns stagger_ns series sampling_interval open_loop",
    defaults=(1, 0, 0, 0, 0, False, 1, False),
)

# Lists have one entry per lane.
Edge = namedtuple("Edge", "operations timed errors used")


class Tally:
    """Counters and latencies (8 bytes each) of one lane. Only the lane changes them."""

    def __init__(self, plan, number):
        self.number = number
        self.quota = NO_END
        if plan.operations:
            self.quota = plan.operations // plan.lanes + (number < plan.operations % plan.lanes)
        # One item per operation. The iterator counts operations that are not timed, at no cost.
        self.turns = repeat(None, self.quota)
        self.all_timed = plan.sampling_interval == 1
        self.in_flight = self.lag_ns = self.end_ns = 0
        self.lead_in = self.begun = self.late = 0  # open loop
        self.errors = {}
        self.latencies = array("q")
        self.services = array("q")

    def operations(self):
        """Returns the number of successful operations so far."""
        if self.all_timed:
            return len(self.latencies)
        begun = self.quota - length_hint(self.turns)
        return begun - self.in_flight - sum(self.errors.values())

    def failed(self, error):
        self.errors[error.name] = self.errors.get(error.name, 0) + 1


class Run:
    """A run in this process: the tallies of its lanes here, and the edges of its window.

    All tallies and the resource usage are read by the first lane that finds an edge due at the end
    of an operation, when it reads the clock anyway. If all lanes wait, `watch` reads them. A
    separate thread would often wait for the interpreter lock until long after the edge.
    """

    def __init__(self, plan, numbers):
        self.plan = plan
        self.tallies = [Tally(plan, number) for number in numbers]
        self.start_ns = self.open_ns = self.close_ns = 0
        self.due_ns = NO_END  # next edge
        self.closed = False
        self.open = self.close = None
        self.totals = []  # operations of all lanes here at each edge
        self._lock = threading.Lock()

    def release(self, start_ns):
        """Sets the start time of the lanes. A run by operations is one window."""
        plan = self.plan
        self.start_ns = start_ns
        self.open_ns = self.due_ns = start_ns + plan.lead_ns
        self.close_ns = self.open_ns + plan.window_ns if plan.window_ns else NO_END
        self.observe(start_ns)

    def begin_of(self, number):
        """Returns when a lane is due to begin."""
        return self.start_ns + self.plan.stagger_ns * number // self.plan.lanes

    def observe(self, now):
        """Reads the counters of edges that are due. Returns whether the window has closed.

        A lane calls it before it counts an operation that has ended at `now`.
        """
        with self._lock:
            while now >= self.due_ns and not self.closed:
                self._pass_edge()
        return self.closed

    def _pass_edge(self):
        tallies = self.tallies
        edge = Edge(
            [tally.operations() for tally in tallies],
            [len(tally.latencies) for tally in tallies],
            [dict(tally.errors) for tally in tallies],
            usage_of_this_process(),
        )
        self.totals.append(sum(edge.operations))
        self.open = self.open or edge
        self.close = edge
        self.closed = self.due_ns == self.close_ns
        if not self.closed:
            step_ns = self.due_ns + SERIES_STEP_NS
            series = self.plan.series and step_ns < self.close_ns
            self.due_ns = step_ns if series else self.close_ns

    def finish(self):
        """Reads the remaining edges when all lanes here have ended."""
        self.observe(NO_END)

    def cancel(self):
        """Ends the lanes early; no figure of the run is valid."""
        with self._lock:
            self.due_ns, self.closed = 0, True


class Counts:
    """Outcome of a run in one process, or merged from several."""

    def __init__(self, run):
        before, after = run.open, run.close
        self.start_ns = run.start_ns
        self.used = subtracted(after.used, before.used)
        self.worker_operations = [b - a for a, b in zip(before.operations, after.operations)]
        self.series = []
        if run.plan.series:
            totals = run.totals[: run.plan.window_ns // SERIES_STEP_NS + 1]  # of full steps
            self.series = [b - a for a, b in zip(totals, totals[1:])]
        self.begun = sum(tally.begun for tally in run.tallies)
        self.late = sum(tally.late for tally in run.tallies)
        self.lag_ns = max((tally.lag_ns for tally in run.tallies), default=0)
        self.end_ns = max((tally.end_ns for tally in run.tallies), default=0)
        self.checksum = None
        self.errors = {}
        self.latency = Distribution()
        self.service = Distribution()
        for i, tally in enumerate(run.tallies):
            new = {name: n - before.errors[i].get(name, 0) for name, n in after.errors[i].items()}
            self._add_errors(new)
            if run.plan.open_loop:  # those that were due in the window, even if they ended later
                self.latency.add(tally.latencies[tally.lead_in :])
                self.service.add(tally.services[tally.lead_in :])
            else:
                self.latency.add(tally.latencies[before.timed[i] : after.timed[i]])

    def merge(self, other):
        """Adds the counts of another process."""
        if self.checksum and other.checksum and self.checksum != other.checksum:
            raise WrongResult("the results of two workers differ")
        self.checksum = self.checksum or other.checksum
        self.used = added(self.used, other.used)
        self.worker_operations += other.worker_operations
        self.series = [a + b for a, b in zip(self.series, other.series)]
        self.begun += other.begun
        self.late += other.late
        self.lag_ns = max(self.lag_ns, other.lag_ns)
        self.end_ns = max(self.end_ns, other.end_ns)
        self._add_errors(other.errors)
        self.latency.merge(other.latency)
        self.service.merge(other.service)

    def _add_errors(self, errors):
        for name, count in errors.items():
            if count:
                self.errors[name] = self.errors.get(name, 0) + count
