"""`python_trio`: one event loop of trio, each lane a task in a nursery."""
from time import monotonic_ns

import trio

from .async_pace import asynchronous_loops
from .connections import Server
from .run import Counts, Run

run_asynchronously, watch_asynchronously = asynchronous_loops(trio.sleep)


class TrioConnection:
    """A connection on trio's event loop; `receive` returns exactly as many bytes as asked."""

    def __init__(self, stream):
        self._stream = stream

    @classmethod
    async def open(cls, server, size):
        async def connect(connection, address):
            connection = trio.socket.from_stdlib_socket(connection)
            await connection.connect(address)
            return cls(trio.SocketStream(connection))

        return await server.connect_with(connect)

    async def send(self, message):
        try:
            await self._stream.send_all(message)
        except trio.BrokenResourceError as e:
            raise e.__cause__ from None

    async def receive(self, size):
        echo = b""
        while len(echo) < size:
            try:
                chunk = await self._stream.receive_some(size - len(echo))
            except trio.BrokenResourceError as e:
                raise e.__cause__ from None
            if not chunk:
                raise EOFError
            echo = echo + chunk if echo else chunk
        return echo

    def abort(self):
        self._stream.socket.close()


class TrioLoop:
    workers = ()
    library = trio

    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule = workload, schedule
        self._lanes = []
        trio.run(self._open, workload, in_flight)

    async def _open(self, workload, in_flight):
        for number in range(in_flight):
            self._lanes.append(await workload.open_async(number, trio.sleep, TrioConnection))

    def run(self, plan):
        """Returns the counts of a run."""
        run = Run(plan, range(plan.lanes))
        trio.run(self._run, run)
        counts = Counts(run)
        counts.worker_operations = [sum(counts.worker_operations)]
        counts.checksum = self._workload.checksum
        return counts

    async def _run(self, run):
        start, errors = trio.Event(), []

        async def attempt(task, *arguments):
            await start.wait()
            try:
                await task(*arguments)
            except Exception as e:  # raised again below
                errors.append(e)
                nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            for operate, tally in zip(self._lanes, run.tallies):
                nursery.start_soon(attempt, run_asynchronously, operate, run, tally, self._schedule)
            nursery.start_soon(attempt, watch_asynchronously, run)
            for _ in range(2):  # each task waits for `start` before the run begins
                await trio.lowlevel.checkpoint()
            run.release(monotonic_ns())
            start.set()
        run.finish()
        if errors:
            raise errors[0]

    def close(self):
        self._lanes.clear()
