"""`python_asyncio`: one event loop, each lane a task on it."""
import asyncio
import gc
from time import monotonic_ns

from . import async_pace
from .pace import Counts, Tally
from .usage import subtracted, usage_of_this_process


class EventLoop:
    workers = ()

    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule = workload, schedule
        self._loop = asyncio.new_event_loop()
        self._lanes = []
        try:
            self._loop.run_until_complete(self._open(workload, in_flight))
        except BaseException:
            self.close()
            raise

    async def _open(self, workload, in_flight):
        for number in range(in_flight):
            self._lanes.append(await workload.open_async(number))

    def run(self, control):
        """Returns the counts of a run and its resource usage."""
        tallies, used = self._loop.run_until_complete(self._run(control))
        counts = Counts()
        counts.add_worker(tallies)
        counts.checksum = self._workload.checksum
        return counts, used

    async def _run(self, control):
        loop, lanes = self._loop, len(self._lanes)
        start = loop.create_future()

        async def run_lane(number, operate, tally):
            await start
            await async_pace.run_lane(operate, number, lanes, control, self._schedule, tally)

        tallies = [Tally() for _ in self._lanes]
        tasks = [
            loop.create_task(run_lane(number, *lane))
            for number, lane in enumerate(zip(self._lanes, tallies))
        ]
        end = loop.create_task(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
        await asyncio.sleep(0)  # each task waits for `start` before the run begins
        before = usage_of_this_process()
        control.release(monotonic_ns())
        start.set_result(None)
        _, unfinished = await end
        used = subtracted(usage_of_this_process(), before)
        for task in unfinished:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, asyncio.CancelledError
            ):
                raise outcome
        return tallies, used

    def close(self):
        self._lanes.clear()
        self._loop.close()
        gc.collect()  # streams are in reference cycles: the collector closes their sockets
