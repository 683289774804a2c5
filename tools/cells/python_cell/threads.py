"""`python_threads`: one thread per lane, all under the interpreter lock if this Python has one."""
import threading
from queue import SimpleQueue
from time import monotonic_ns

from .errors import CellError
from .pace import Counts, Tally, run_lane
from .usage import subtracted, usage_of_this_process


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
            control, tally = order
            error = None
            try:
                run_lane(operate, number, len(self._orders), control, self._schedule, tally)
            except BaseException as e:  # raised again in `run`
                error = e
            finished(error)

    def run(self, control):
        """Returns the counts of a run and its resource usage."""
        tallies = [Tally() for _ in self._orders]
        before = usage_of_this_process()
        control.release(monotonic_ns())
        for orders, tally in zip(self._orders, tallies):
            orders.put((control, tally))
        errors = [self._outcomes.get() for _ in self._orders]
        used = subtracted(usage_of_this_process(), before)
        for error in errors:
            if error is not None:
                raise error
        counts = Counts()
        for tally in tallies:
            counts.add_worker([tally])
        counts.checksum = self._workload.checksum
        return counts, used

    def close(self):
        for orders in self._orders:
            orders.put(None)
        for thread in self._threads:
            thread.join()
