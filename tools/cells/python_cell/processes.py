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

from .errors import CellError, WrongResult, explained
from .pace import Counts, Tally, run_lane
from .usage import added, subtracted, usage_of_this_process

PR_SET_PDEATHSIG = 1
SECONDS_TO_END = 1
START = struct.Struct("q")


class Worker:
    """Parent's handle of a worker process."""

    def __init__(self, pid, connection):
        self.pid = pid
        self.connection = connection
        self.answers = connection.makefile("rb")
        self._status = None

    def tell(self, order):
        try:
            self.connection.sendall(pickle.dumps(order))
        except OSError:
            pass  # it has died: `answer` will report that

    def answer(self, when):
        """Returns the next answer. Raises CellError if the worker reports an error or has died."""
        try:
            wrong, kind, value = pickle.load(self.answers)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise CellError(
                "failed", f"worker process {self.pid} died {when}: {self._how()}"
            ) from None
        if wrong:
            raise WrongResult(value)
        if kind != "done":
            raise CellError(kind, value)
        return value

    def _how(self):
        if not self.ended(SECONDS_TO_END):
            return "it closed its connection"
        if os.WIFSIGNALED(self._status):
            return f"{signal.Signals(os.WTERMSIG(self._status)).name} ended it"
        return f"it ended with code {os.WEXITSTATUS(self._status)}"

    def ended(self, patience_s):
        """Waits up to `patience_s` for the process to exit; returns whether it has."""
        give_up = time.monotonic() + patience_s
        while self._status is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self._status = status
            elif time.monotonic() > give_up:
                return False
            else:
                time.sleep(0.001)
        return True


class Processes:
    def __init__(self, workload, in_flight, schedule):
        self._workload, self._schedule, self._lanes = workload, schedule, in_flight
        self._start = mmap.mmap(-1, 8)
        self._gate, self._opener = os.pipe()
        self._members = []
        # Looked up before the first fork: a worker must call it before anything that takes time.
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        try:
            for number in range(in_flight):
                self._fork(number)
            self._gather("while it was made ready")
        except BaseException:
            self.close()
            raise

    @property
    def workers(self):
        return [worker.pid for worker in self._members]

    def _fork(self, number):
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            try:
                self._prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                if os.getppid() == parent:  # otherwise it died before prctl was called
                    ours.close()
                    self._serve(number, theirs)
            finally:
                os._exit(0)  # a worker must not run the parent's code: no forks, no replies
        theirs.close()
        self._members.append(Worker(pid, ours))

    def _serve(self, number, connection):
        """Worker main: opens a lane, then runs it on each order until the connection is closed."""
        os.close(self._opener)
        for sibling in self._members:
            os.close(sibling.connection.detach())
        for standard in (
            0,
            1,
        ):  # they belong to the cell: waiting for their end must not mean waiting for a worker
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, standard)
            os.close(null)

        orders, lane = connection.makefile("rb"), []

        def attempt(action):
            wrong, kind = False, "done"
            try:
                value = action()
            except Exception as caught:
                trouble = explained(caught)
                wrong, kind, value = isinstance(trouble, WrongResult), trouble.kind, str(trouble)
            connection.sendall(pickle.dumps((wrong, kind, value)))

        attempt(lambda: lane.append(self._workload.open_blocking(number)))
        while True:
            try:
                control = pickle.load(orders)
            except EOFError:
                return
            attempt(lambda: None)
            if not os.read(self._gate, 1):
                return
            control.release(START.unpack(self._start)[0])
            attempt(lambda: self._run_lane(number, lane[0], control))

    def _run_lane(self, number, operate, control):
        tally, counts = Tally(), Counts()
        before = usage_of_this_process()
        run_lane(operate, number, self._lanes, control, self._schedule, tally)
        used = subtracted(usage_of_this_process(), before)
        counts.add_worker([tally])
        counts.checksum = self._workload.checksum
        return counts, used

    def run(self, control):
        """Returns the counts of a run and the resource usage of the workers and this process."""
        for worker in self._members:
            worker.tell(control)
        self._gather("before the run")
        before = usage_of_this_process()
        start_ns = time.monotonic_ns()
        START.pack_into(self._start, 0, start_ns)
        control.release(start_ns)
        os.write(self._opener, bytes(self._lanes))
        outcomes = self._gather("during the run")
        used = subtracted(usage_of_this_process(), before)
        counts = Counts()
        for worker_counts, worker_used in outcomes:
            counts.merge(worker_counts)
            used = added(used, worker_used)
        return counts, used

    def _gather(self, when):
        """Returns one answer per worker. Reads all before it raises: none may be left unread."""
        answers, troubles = [], []
        for worker in self._members:
            try:
                answers.append(worker.answer(when))
            except CellError as trouble:
                troubles.append(trouble)
        if troubles:
            raise troubles[0]
        return answers

    def close(self):
        """Closes the connections, which ends the workers. Kills those that do not exit in time."""
        for worker in self._members:
            worker.connection.close()
            worker.answers.close()
        os.close(self._opener)
        os.close(self._gate)
        for worker in self._members:
            if not worker.ended(SECONDS_TO_END):
                os.kill(worker.pid, signal.SIGKILL)
                worker.ended(SECONDS_TO_END)
