"""`python_processes`: one forked worker per lane, each with its own interpreter.

A worker and its parent communicate over a socket pair. To start a run, all workers read one byte
from one pipe, so a single write starts them. The start time is in shared memory.
"""
import ctypes
import mmap
import os
import pickle
import signal
import socket
import struct
import sys
import time

from .errors import CellError, WrongResult, as_cell_error
from .pace import run_lane, watch
from .run import Counts, Run

PR_SET_PDEATHSIG = 1
EXIT_TIMEOUT_S = 1
START_TIME = struct.Struct("q")


class Worker:
    """Parent's handle of a worker process."""

    def __init__(self, pid, connection):
        self.pid = pid
        self.connection = connection
        self.replies = connection.makefile("rb")
        self._status = None

    def send(self, order):
        try:
            self.connection.sendall(pickle.dumps(order))
        except OSError:
            pass  # it has died: `receive` will report that

    def receive(self, when):
        """Returns the next reply. Raises CellError if the worker reports an error or has died."""
        try:
            wrong, kind, value = pickle.load(self.replies)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise CellError(
                "failed", f"worker process {self.pid} died {when}: {self._cause()}"
            ) from None
        if wrong:
            raise WrongResult(value)
        if kind != "done":
            raise CellError(kind, value)
        return value

    def _cause(self):
        if not self.wait_exit(EXIT_TIMEOUT_S):
            return "it closed its connection"
        if os.WIFSIGNALED(self._status):
            return f"killed by {signal.Signals(os.WTERMSIG(self._status)).name}"
        return f"exited with code {os.WEXITSTATUS(self._status)}"

    def wait_exit(self, timeout_s):
        """Waits up to `timeout_s` for the process to exit; returns whether it has."""
        deadline = time.monotonic() + timeout_s
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = status
            elif time.monotonic() > deadline:
                return False
            else:
                time.sleep(0.001)
        return True


class Processes:
    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule = workload, schedule
        self._start_time = mmap.mmap(-1, 8)
        self._start_gate, self._gate_opener = os.pipe()
        self._workers = []
        # Looked up before the first fork: a worker must call it before anything that takes time.
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        try:
            for number in range(in_flight):
                self._fork(number)
            self._gather("during preparation")
        except BaseException:
            self.close()
            raise

    @property
    def workers(self):
        return [worker.pid for worker in self._workers]

    def _fork(self, number):
        parent_end, worker_end = socket.socketpair()
        parent_pid = os.getpid()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            try:
                self._prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                if os.getppid() == parent_pid:  # otherwise it died before prctl was called
                    parent_end.close()
                    self._serve(number, worker_end)
            finally:
                os._exit(0)  # a worker must not run the parent's code: no forks, no replies
        worker_end.close()
        self._workers.append(Worker(pid, parent_end))

    def _serve(self, number, connection):
        """Worker main: opens a lane, then runs it on each order until the connection is closed."""
        os.close(self._gate_opener)
        for sibling in self._workers:
            os.close(sibling.connection.detach())
        # Standard input and output belong to the cell process. A worker that kept them open would
        # hide their end from the harness.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.close(null)

        orders, lane = connection.makefile("rb"), []

        def attempt(action):
            wrong, kind = False, "done"
            try:
                value = action()
            except Exception as e:
                error = as_cell_error(e)
                wrong, kind, value = isinstance(error, WrongResult), error.kind, str(error)
            connection.sendall(pickle.dumps((wrong, kind, value)))

        attempt(lambda: lane.append(self._workload.open_blocking(number)))
        while True:
            try:
                plan = pickle.load(orders)
            except EOFError:
                return
            attempt(lambda: None)
            if not os.read(self._start_gate, 1):
                return
            attempt(lambda: self._run_lane(number, lane[0], plan))

    def _run_lane(self, number, operate, plan):
        run = Run(plan, [number])
        run.release(START_TIME.unpack(self._start_time)[0])
        run_lane(operate, run, run.tallies[0], self._schedule)
        run.finish()
        counts = Counts(run)
        counts.checksum = self._workload.checksum
        return counts

    def run(self, plan):
        """Returns the counts of a run. Workers observe its edges by their own clock readings."""
        for worker in self._workers:
            worker.send(plan)
        self._gather("before the run")
        run = Run(plan, [])  # for the usage of this process
        start_ns = time.monotonic_ns()
        START_TIME.pack_into(self._start_time, 0, start_ns)
        run.release(start_ns)
        os.write(self._gate_opener, bytes(len(self._workers)))
        watch(run)
        outcomes = self._gather("during the run")
        run.finish()
        counts = Counts(run)
        for outcome in outcomes:
            counts.merge(outcome)
        return counts

    def _gather(self, when):
        """Returns one reply per worker. Reads all before it raises: none may be left unread."""
        replies, errors = [], []
        for worker in self._workers:
            try:
                replies.append(worker.receive(when))
            except CellError as e:
                errors.append(e)
        if errors:
            raise errors[0]
        return replies

    def close(self):
        """Closes the connections, which ends the workers. Kills those that do not exit in time."""
        for worker in self._workers:
            worker.connection.close()
            worker.replies.close()
        os.close(self._gate_opener)
        os.close(self._start_gate)
        for worker in self._workers:
            if not worker.wait_exit(EXIT_TIMEOUT_S):
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait_exit(EXIT_TIMEOUT_S)
