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
        self._answers = SimpleQueue()
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
        except BaseException as trouble:
            self.close()
            if isinstance(trouble, RuntimeError):
                which = f"thread {len(self._threads) + 1} of {in_flight}"
                raise CellError(
                    "resource", f"{trouble}: {which}; ask for fewer in flight"
                ) from None
            raise

    def _serve(self, number, operate):
        orders, answer = self._orders[number], self._answers.put
        while (order := orders.get()) is not None:
            control, tally = order
            trouble = None
            try:
                run_lane(operate, number, len(self._orders), control, self._schedule, tally)
            except BaseException as caught:  # raised again in `run`
                trouble = caught
            answer(trouble)

    def run(self, control):
        """Returns the counts of a run and its resource usage."""
        tallies = [Tally() for _ in self._orders]
        before = usage_of_this_process()
        control.release(monotonic_ns())
        for orders, tally in zip(self._orders, tallies):
            orders.put((control, tally))
        troubles = [self._answers.get() for _ in self._orders]
        used = subtracted(usage_of_this_process(), before)
        for trouble in troubles:
            if trouble is not None:
                raise trouble
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
