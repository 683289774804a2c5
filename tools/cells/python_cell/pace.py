"""The measuring loops: when an operation is issued, when it is timed, when a run is over.

What stands inside these loops is measured together with the operations. So they hold what they need in local variables,
make no objects but time stamps, look at the clock once an operation, and leave bins and sums for after the run.
There are two forms of a closed loop: one that times each operation, and one that times one in `every`, for operations so
short that the clock would be a good part of what is measured. `async_pace` has the same loops for an event loop.
"""
import math
import os
import struct
from array import array
from itertools import repeat
from time import monotonic_ns, perf_counter_ns, sleep

from .errors import CellError, OperationError, WrongResult
from .latency import Distribution

NO_END = 1 << 62


class Schedule:
    """Intended starts of an open-loop run, in ns after the release.

    They lie in a file in memory. Each read advances the offset that all threads and all workers forked later share, so a
    read of 8 bytes claims the earliest start that nobody has taken, atomically, with no lock and under every model.
    """

    MOST = 8_000_000

    def __init__(self):
        self.fd = os.memfd_create("schedule", os.MFD_CLOEXEC)

    def fill(self, rate, seconds, poisson, seed):
        """A Poisson process of `rate` a second (exponential gaps), or one of equal gaps."""
        import random  # costs memory that cells without a schedule need not have

        if rate * seconds > self.MOST:
            raise CellError(
                "invalid",
                f"{rate:g} operations a second for {seconds:g} s are more than "
                f"the {self.MOST} that a schedule can hold",
            )
        gap = random.Random(seed).expovariate
        starts = array("q")
        end_ns = seconds * 1e9
        if poisson:
            at = gap(rate) * 1e9
            while at < end_ns:
                starts.append(int(at))
                at += gap(rate) * 1e9
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
        """The next intended start; None when all are taken."""
        taken = os.read(self.fd, 8)
        return unpack(taken)[0] if taken else None


class Control:
    """What ends a run and what times it; the same for all its lanes."""

    def __init__(self, operations, seconds, sampling_interval, open_loop):
        self.operations = operations  # how many in all; 0: as many as there is time for
        self.seconds = seconds  # 0: the operations are counted
        self.sampling_interval = sampling_interval
        self.open_loop = open_loop
        self.start_ns = self.deadline_ns = 0

    def release(self, start_ns):
        """Sets when the lanes were released."""
        self.start_ns = start_ns
        self.deadline_ns = start_ns + int(self.seconds * 1e9) if self.seconds else NO_END

    def quota(self, number, lanes):
        """Lane `number`'s share of the counted operations."""
        if not self.operations:
            return NO_END
        return self.operations // lanes + (number < self.operations % lanes)

    def first_untimed(self, number, lanes):
        """How many operations a lane begins with before it times one: the lanes' timed ones are spread over the untimed."""
        return (2 * number + 1) * self.sampling_interval // (2 * lanes)


class Tally:
    """What one lane counted in a run. Latencies are kept as they come, 8 bytes each, and put into bins after the run."""

    def __init__(self):
        self.operations = self.begun = self.end_ns = 0
        self.errors = {}
        self.latencies = array("q")
        self.services = array("q")

    def failed(self, trouble):
        self.errors[trouble.name] = self.errors.get(trouble.name, 0) + 1


class Counts:
    """What a run came to, put together from tallies, and from the counts of workers in other processes."""

    def __init__(self):
        self.begun = self.end_ns = 0
        self.worker_operations = []
        self.checksum = None
        self.errors = {}
        self.latency = Distribution()
        self.service = Distribution()

    def add_worker(self, tallies):
        """The lanes of one worker: of a thread, a process, a loop."""
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
    """Runs one lane's blocking operations in the calling thread until the run is over."""
    if control.open_loop:
        run_open_loop(operate, control, schedule, tally)
    elif control.sampling_interval == 1:
        run_timed(operate, control.quota(number, lanes), control, tally)
    else:
        run_sampled(
            operate,
            control.quota(number, lanes),
            control.first_untimed(number, lanes),
            control,
            tally,
        )


def run_timed(operate, left, control, tally):
    """A closed loop that times each operation: from the end of the one before it to its own end."""
    clock, record = monotonic_ns, tally.latencies.append
    issued, deadline = control.start_ns, control.deadline_ns
    while left > 0:
        try:
            for left in range(left - 1, -1, -1):  # what is left after this one
                operate()
                now = clock()
                record(now - issued)
                issued = now
                if now >= deadline:
                    left = 0
                    break
        except OperationError as trouble:
            tally.failed(trouble)
            issued = clock()
            if issued >= deadline:
                break
    tally.operations = len(tally.latencies)
    tally.end_ns = issued


def run_sampled(operate, left, untimed, control, tally):
    """A closed loop that times one operation in `every`, and looks at the deadline as often.

    `untimed` go before the first that is timed: were it each lane's very first, that would stand for `every` others, but
    has waited for the release as none of them has.
    """
    clock, record = monotonic_ns, tally.latencies.append
    now, deadline, every = control.start_ns, control.deadline_ns, control.sampling_interval
    operations = 0
    while left > 0 and now < deadline:
        issued_now = failed = 0
        try:
            for issued_now in range(1, min(untimed, left - 1) + 1):
                operate()
            issued = clock() if issued_now else now
            issued_now += 1
            operate()
            now = clock()
            record(now - issued)
        except OperationError as trouble:
            tally.failed(trouble)
            failed = 1
            now = clock()
        left -= issued_now
        operations += issued_now - failed
        untimed = every - 1
    tally.operations = operations
    tally.end_ns = now


def run_open_loop(operate, control, schedule, tally):
    """Takes intended starts until there are no more, or no time is left."""
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
        except OperationError as trouble:
            tally.failed(trouble)
            tally.end_ns = clock()
            continue
        now = clock()
        tally.operations += 1
        tally.end_ns = now
        record(max(0, now - intended))
        record_service(now - started)


def cost_of_timing_ns():
    """What timing an operation adds to it: one reading of the clock, kept. The least of some tries: trouble only adds."""
    clock, least = monotonic_ns, NO_END
    for _ in range(5):
        record = array("q").append
        begin = perf_counter_ns()
        issued = clock()
        for _ in repeat(None, 1000):
            now = clock()
            record(now - issued)
            issued = now
        least = min(least, perf_counter_ns() - begin)
    return least / 1000


def timed_share(operation_ns, timing_ns):
    """The `every` to time operations of this length with: 1 where timing takes less than 2 % of one, else a power of 2."""
    share = timing_ns / (0.02 * operation_ns)
    if share <= 1:
        return 1
    # Doubled, since one timed operation among untimed ones needs a reading before it as well as after it.
    return min(1024, 1 << math.ceil(2 * share - 1).bit_length())
