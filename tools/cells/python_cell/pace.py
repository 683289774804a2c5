"""Measuring loops: they decide when an operation starts, which one is timed and when a run ends.

The code inside these loops is measured together with the operations. It therefore uses only local
variables, creates no objects except time stamps and reads the clock once per operation. Bins and
sums are computed after the run.

`async_pace` generates the same functions for an event loop.
"""
import _random  # `random` costs memory that a cell without a schedule does not need
import math
import os
from itertools import islice
from time import monotonic_ns, perf_counter_ns, sleep

from .errors import OperationError
from .run import NO_END, Plan, Run

LATE_NS = 5_000_000  # an arrival that begins later than this after it was due is late

_generator = _random.Random()
os.register_at_fork(after_in_child=_generator.seed)
uniform = _generator.random  # returns a number in [0, 1)


def run_lane(operate, run, tally, schedule):
    """Runs one lane in the calling thread, or as a coroutine, until the run ends."""
    begin_ns = run.begin_of(tally.number)
    if begin_ns >= run.close_ns:
        return
    wait_ns = begin_ns - monotonic_ns()
    if wait_ns > 0:
        sleep(wait_ns * 1e-9)
    tally.lag_ns = max(0, monotonic_ns() - begin_ns)
    tally.in_flight = 1
    if run.plan.open_loop:
        run_open_loop(operate, run, tally, schedule)
    else:
        run_closed_loop(operate, run, tally)
    tally.in_flight = 0
    tally.end_ns = monotonic_ns()


def run_closed_loop(operate, run, tally):
    """Issues an operation when the previous one has ended, until the quota or the window ends.

    It times one operation in `sampling_interval`, from the end of the previous one to its own end,
    because reading the clock would cost too much of a short operation. The number of untimed
    operations before a timed one is drawn at random: at fixed distances, the timed operations could
    be in step with patterns that the lanes have in common.
    """
    clock, record, turns, draw = monotonic_ns, tally.latencies.append, tally.turns, uniform
    choices = 2 * run.plan.sampling_interval - 1  # 0 to 2 (N - 1) untimed operations
    untimed = int(choices * draw())
    issued = clock()
    while True:
        try:
            if untimed:
                for _ in islice(turns, untimed):
                    operate()
                issued = clock()
            for _ in turns:
                operate()
                now = clock()
                if now >= run.due_ns and run.observe(now):
                    return
                record(now - issued)
                issued = now
                if choices > 1:
                    break
            else:
                return  # the quota is used up
        except OperationError as e:
            issued = clock()
            if issued >= run.due_ns and run.observe(issued):
                return
            tally.failed(e)
        untimed = int(choices * draw())


def run_open_loop(operate, run, tally, schedule):
    """Claims intended starts until there are none left or the window has closed."""
    clock, claim = monotonic_ns, schedule.claim
    record, record_service = tally.latencies.append, tally.services.append
    start, opens, closes = run.start_ns, run.open_ns, run.close_ns
    while (after := claim()) is not None:
        intended = start + after
        wait = intended - clock()
        if wait > 0:
            sleep(wait * 1e-9)
        started = clock()
        if started >= closes:
            return
        if intended >= opens:
            tally.begun += 1
            tally.late += started - intended > LATE_NS
        try:
            operate()
        except OperationError as e:
            now = clock()
            if now >= run.due_ns:
                run.observe(now)
            tally.failed(e)
            continue
        now = clock()
        if now >= run.due_ns:
            run.observe(now)
        record(max(0, now - intended))
        record_service(now - started)
        tally.lead_in += intended < opens


def watch(run):
    """Observes the edges of a window until it has closed, in case all lanes wait."""
    while run.plan.window_ns and not run.closed:
        wait_ns = run.due_ns - monotonic_ns()
        if wait_ns > 0:
            sleep(wait_ns * 1e-9)
        run.observe(monotonic_ns())


def cost_of_timing_ns():
    """Returns the cost of timing an operation (ns): reading the clock and storing the result.

    The minimum of 5 attempts, because disturbances only add time.
    """
    operations, minimum_ns = 1000, {}
    for interval in 5 * (1, 1024):  # all or none are timed
        run = Run(Plan(operations=operations, sampling_interval=interval), [0])
        begin = perf_counter_ns()
        run_closed_loop(bool, run, run.tallies[0])
        elapsed_ns = perf_counter_ns() - begin
        minimum_ns[interval] = min(minimum_ns.get(interval, NO_END), elapsed_ns)
    return max(1, minimum_ns[1] - minimum_ns[1024]) / operations


def choose_sampling_interval(operation_ns, timing_ns):
    """Returns the sampling interval, a power of 2: 1 if timing costs under 2 % of an operation."""
    share = timing_ns / (0.02 * operation_ns)
    if share <= 1:
        return 1
    # Four times: a timed operation among untimed ones needs a clock reading before and after it,
    # and the draw takes about as long as two more.
    return min(1024, 1 << math.ceil(4 * share - 1).bit_length())
