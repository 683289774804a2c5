"""`python_threads`: one thread per lane, all under the interpreter lock if this Python has one."""
import threading
from queue import Empty, SimpleQueue
from time import monotonic_ns

from .errors import CellError
from .pace import run_lane, watch
from .run import Counts, Run


class Threads:
    workers = ()

    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule = workload, schedule
        self._outcomes = SimpleQueue()
        # One queue per thread: a single pass over them starts all lanes of a run, without waiting
        # for a thread to take the interpreter lock.
        self._orders = [SimpleQueue() for _ in range(in_flight)]
        self._threads = []
        try:
            lanes = [workload.open_blocking(number) for number in range(in_flight)]
            for number, operate in enumerate(lanes):
                thread = threading.Thread(target=self._serve, args=(number, operate), daemon=True)
                thread.start()
                self._threads.append(thread)
        except RuntimeError as e:
            self.close()
            thread = f"thread {len(self._threads) + 1} of {in_flight}"
            raise CellError("resource", f"{thread}: {e}; reduce in_flight") from None
        except BaseException:
            self.close()
            raise

    def _serve(self, number, operate):
        orders, finished = self._orders[number], self._outcomes.put
        while (order := orders.get()) is not None:
            run, tally = order
            error = None
            try:
                run_lane(operate, run, tally, self._schedule)
            except BaseException as e:  # raised again in `run`
                error = e
                run.cancel()
            finished(error)

    def run(self, plan):
        """Returns the counts of a run."""
        run = Run(plan, range(plan.lanes))
        run.release(monotonic_ns())
        for orders, tally in zip(self._orders, run.tallies):
            orders.put((run, tally))
        errors = self._gather(run)
        watch(run)
        run.finish()
        if errors:
            raise errors[0]
        counts = Counts(run)
        counts.checksum = self._workload.checksum
        return counts

    def _gather(self, run):
        """Returns the errors of all lanes. Until they have ended, it does the work of `watch`."""
        errors, running = [], len(self._orders)
        while running:
            timeout_s = None if run.closed else max(0, run.due_ns - monotonic_ns()) * 1e-9
            try:
                error = self._outcomes.get(timeout=timeout_s)
            except Empty:
                run.observe(monotonic_ns())
                continue
            running -= 1
            if error is not None:
                errors.append(error)
        return errors

    def close(self):
        for orders in self._orders:
            orders.put(None)
        for thread in self._threads:
            thread.join()
