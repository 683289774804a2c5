"""`python_gevent`: one event loop of gevent, each lane a greenlet with blocking calls that switch.

`python_cell.py` has patched the standard library, so `open_blocking` and `pace` need no change.
"""
from time import monotonic_ns

import gevent
import gevent.event

from .pace import run_lane, watch
from .run import Counts, Run


def yielding_once(operate):
    def operate_after_others():
        gevent.sleep(0)
        operate()

    return operate_after_others


class Greenlets:
    workers = ()
    library = gevent

    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule = workload, schedule
        self._lanes = [workload.open_blocking(number) for number in range(in_flight)]
        if not workload.waits:
            self._lanes = list(map(yielding_once, self._lanes))

    def run(self, plan):
        """Returns the counts of a run."""
        run = Run(plan, range(plan.lanes))
        start, errors = gevent.event.Event(), []

        def attempt(task, *arguments):
            start.wait()
            try:
                task(*arguments)
            except Exception as e:  # raised again below
                errors.append(e)

        greenlets = [
            gevent.spawn(attempt, run_lane, operate, run, tally, self._schedule)
            for operate, tally in zip(self._lanes, run.tallies)
        ]
        greenlets.append(gevent.spawn(attempt, watch, run))
        gevent.sleep(0)  # each waits for `start` before the run begins
        run.release(monotonic_ns())
        start.set()
        for _ in gevent.iwait(greenlets):
            if errors:
                gevent.killall(greenlets)
                raise errors[0]
        run.finish()
        counts = Counts(run)
        counts.worker_operations = [sum(counts.worker_operations)]
        counts.checksum = self._workload.checksum
        return counts

    def close(self):
        self._lanes.clear()
