"""The measuring loops: they decide when an operation starts, when it is timed and when a run ends.

The code inside these loops is measured together with the operations. It therefore uses only local
variables, creates no objects except time stamps and reads the clock once per operation. Bins and
sums are computed after the run.

There are two closed loops: one times each operation, the other one operation in
`sampling_interval`, because reading the clock would cost too much of a short operation.
`async_pace` generates the same loops for an event loop.
"""
import _random  # `random` costs memory that a cell without a schedule does not need
import math
import os
import struct
from array import array
from itertools import repeat
from time import monotonic_ns, perf_counter_ns, sleep

from .errors import CellError, OperationError, WrongResult
from .latency import Distribution

NO_END = 1 << 62

_generator = _random.Random()
os.register_at_fork(after_in_child=_generator.seed)
uniform = _generator.random  # returns a number in [0, 1)


class Schedule:
    """Intended starts of an open-loop run, in ns after the release.

    They are stored in a file in memory. All threads and all workers forked later share its offset,
    so a read of 8 bytes claims the earliest unclaimed start, atomically and without a lock.
    """

    MAX_STARTS = 8_000_000

    def __init__(self):
        self.fd = os.memfd_create("schedule", os.MFD_CLOEXEC)

    def fill(self, rate, seconds, poisson, seed):
        """Writes `rate` starts per second, with exponential (Poisson process) or equal gaps."""
        import random  # costs memory that a cell without a schedule does not need

        if rate * seconds > self.MAX_STARTS:
            raise CellError(
                "invalid",
                f"{rate:g} operations per second for {seconds:g} s: "
                f"a schedule holds at most {self.MAX_STARTS}; reduce one of them",
            )
        gap = random.Random(seed).expovariate
        starts = array("q")
        end_ns = seconds * 1e9
        if poisson:
            start_ns = gap(rate) * 1e9
            while start_ns < end_ns:
                starts.append(int(start_ns))
                start_ns += gap(rate) * 1e9
        else:
            starts.extend(
                int(i / rate * 1e9)
                for i in range(int(rate * seconds) + 1)
                if i / rate * 1e9 < end_ns
            )
        os.ftruncate(self.fd, 0)
        with open(self.fd, "wb", closefd=False) as out:
            out.seek(0)
            starts.tofile(out)
        os.lseek(self.fd, 0, os.SEEK_SET)

    def claim(self, unpack=struct.Struct("q").unpack):
        """Returns the next intended start, or None after the last one."""
        entry = os.read(self.fd, 8)
        return unpack(entry)[0] if entry else None


class Control:
    """End and sampling interval of a run, the same for all its lanes."""

    def __init__(self, operations, seconds, sampling_interval, open_loop):
        self.operations = operations  # total number; 0: `seconds` ends the run
        self.seconds = seconds  # 0: `operations` ends the run
        self.sampling_interval = sampling_interval
        self.open_loop = open_loop
        self.start_ns = self.deadline_ns = 0

    def release(self, start_ns):
        """Sets the start time of the lanes."""
        self.start_ns = start_ns
        self.deadline_ns = start_ns + int(self.seconds * 1e9) if self.seconds else NO_END

    def quota(self, number, lanes):
        """Returns lane `number`'s share of the operations."""
        if not self.operations:
            return NO_END
        return self.operations // lanes + (number < self.operations % lanes)


class Tally:
    """Counters and latencies (8 bytes each) of one lane in a run."""

    def __init__(self):
        self.operations = self.begun = self.end_ns = 0
        self.errors = {}
        self.latencies = array("q")
        self.services = array("q")

    def failed(self, error):
        self.errors[error.name] = self.errors.get(error.name, 0) + 1


class Counts:
    """Outcome of a run: the sum of its tallies and of the counts of its worker processes."""

    def __init__(self):
        self.begun = self.end_ns = 0
        self.worker_operations = []
        self.checksum = None
        self.errors = {}
        self.latency = Distribution()
        self.service = Distribution()

    def add_worker(self, tallies):
        """Adds the lanes of one worker (a thread, a process or an event loop)."""
        self.worker_operations.append(sum(tally.operations for tally in tallies))
        for tally in tallies:
            self._add(tally)
            self.latency.add(tally.latencies)
            self.service.add(tally.services)

    def merge(self, other):
        if self.checksum and other.checksum and self.checksum != other.checksum:
            raise WrongResult("the results of two workers differ")
        self.checksum = self.checksum or other.checksum
        self.worker_operations += other.worker_operations
        self._add(other)
        self.latency.merge(other.latency)
        self.service.merge(other.service)

    def _add(self, other):
        self.begun += other.begun
        self.end_ns = max(self.end_ns, other.end_ns)
        for name, count in other.errors.items():
            self.errors[name] = self.errors.get(name, 0) + count


def run_lane(operate, number, lanes, control, schedule, tally):
    """Runs one lane in the calling thread, or as a coroutine, until the run ends."""
    if control.open_loop:
        run_open_loop(operate, control, schedule, tally)
    elif control.sampling_interval == 1:
        run_timed(operate, control.quota(number, lanes), control, tally)
    else:
        run_sampled(operate, control.quota(number, lanes), control, tally)


def run_timed(operate, left, control, tally):
    """Closed loop that times each operation, from the end of the previous one to its own end."""
    clock, record = monotonic_ns, tally.latencies.append
    issued, deadline = control.start_ns, control.deadline_ns
    while left > 0:
        try:
            for left in range(left - 1, -1, -1):  # operations left after this one
                operate()
                now = clock()
                record(now - issued)
                issued = now
                if now >= deadline:
                    left = 0
                    break
        except OperationError as e:
            tally.failed(e)
            issued = clock()
            if issued >= deadline:
                break
    tally.operations = len(tally.latencies)
    tally.end_ns = issued


def run_sampled(operate, left, control, tally):
    """Closed loop that times one operation in N and checks the deadline as often.

    The number of untimed operations before a timed one is drawn uniformly from 0 to 2 (N - 1). At
    fixed distances, the timed operations could keep step with what the lanes do together.
    """
    clock, record, draw = monotonic_ns, tally.latencies.append, uniform
    now, deadline = control.start_ns, control.deadline_ns
    choices = 2 * control.sampling_interval - 1
    operations = 0
    while left > 0 and now < deadline:
        issued_now = failed = 0
        try:
            for issued_now in range(1, min(int(choices * draw()), left) + 1):
                operate()
            issued = now = clock() if issued_now else now
            if issued_now < left:
                issued_now += 1
                operate()
                now = clock()
                record(now - issued)
        except OperationError as e:
            tally.failed(e)
            failed = 1
            now = clock()
        left -= issued_now
        operations += issued_now - failed
    tally.operations = operations
    tally.end_ns = now


def run_open_loop(operate, control, schedule, tally):
    """Claims intended starts until there are none left or the deadline has passed."""
    clock, claim = monotonic_ns, schedule.claim
    record, record_service = tally.latencies.append, tally.services.append
    start, deadline = control.start_ns, control.deadline_ns
    while (after := claim()) is not None:
        intended = start + after
        wait = intended - clock()
        if wait > 0:
            sleep(wait * 1e-9)
        started = clock()
        if started >= deadline:
            break
        tally.begun += 1
        try:
            operate()
        except OperationError as e:
            tally.failed(e)
            tally.end_ns = clock()
            continue
        now = clock()
        tally.operations += 1
        tally.end_ns = now
        record(max(0, now - intended))
        record_service(now - started)


def cost_of_timing_ns():
    """Returns the cost of timing an operation (ns): reading the clock and storing the result.

    The minimum of 5 attempts, because disturbances only add time.
    """
    clock, minimum_ns = monotonic_ns, NO_END
    for _ in range(5):
        record = array("q").append
        begin = perf_counter_ns()
        issued = clock()
        for _ in repeat(None, 1000):
            now = clock()
            record(now - issued)
            issued = now
        minimum_ns = min(minimum_ns, perf_counter_ns() - begin)
    return minimum_ns / 1000


def choose_sampling_interval(operation_ns, timing_ns):
    """Returns the sampling interval, a power of 2: 1 if timing costs under 2 % of an operation."""
    share = timing_ns / (0.02 * operation_ns)
    if share <= 1:
        return 1
    # Four times: a timed operation among untimed ones needs a clock reading before and after it,
    # and the draw takes about as long as two more.
    return min(1024, 1 << math.ceil(4 * share - 1).bit_length())
