"""`python_asyncio` and `python_uvloop`: one event loop, each lane a task on it."""
import asyncio
import gc
from time import monotonic_ns

from .async_pace import asynchronous_loops
from .connections import AsyncioConnection
from .run import Counts, Run

run_asynchronously, watch_asynchronously = asynchronous_loops(asyncio.sleep)


class EventLoop:
    workers = ()
    library = None
    new_loop = staticmethod(asyncio.new_event_loop)

    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule = workload, schedule
        self._loop = self.new_loop()
        self._lanes = []
        try:
            self._loop.run_until_complete(self._open(workload, in_flight))
        except BaseException:
            self.close()
            raise

    async def _open(self, workload, in_flight):
        for number in range(in_flight):
            self._lanes.append(await workload.open_async(number, asyncio.sleep, AsyncioConnection))

    def run(self, plan):
        """Returns the counts of a run."""
        run = Run(plan, range(plan.lanes))
        self._loop.run_until_complete(self._run(run))
        counts = Counts(run)
        counts.worker_operations = [sum(counts.worker_operations)]
        counts.checksum = self._workload.checksum
        return counts

    async def _run(self, run):
        loop = self._loop
        start = loop.create_future()

        async def run_lane(operate, tally):
            await start
            await run_asynchronously(operate, run, tally, self._schedule)

        async def watch():
            await start
            await watch_asynchronously(run)

        lanes = [run_lane(*lane) for lane in zip(self._lanes, run.tallies)]
        tasks = [loop.create_task(coroutine) for coroutine in (*lanes, watch())]
        end = loop.create_task(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
        await asyncio.sleep(0)  # each task waits for `start` before the run begins
        run.release(monotonic_ns())
        start.set_result(None)
        _, unfinished = await end
        run.finish()
        for task in unfinished:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, asyncio.CancelledError
            ):
                raise outcome

    def close(self):
        self._lanes.clear()
        self._loop.close()
        gc.collect()  # streams are in reference cycles: the collector closes their sockets
