"""Drives a real python_cell.py process in tests."""
import contextlib
import importlib.util
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

from python_cell.cell import reject_constant

SCRIPT = pathlib.Path(__file__).resolve().with_name("python_cell.py")
LIBRARIES = [name for name in ("uvloop", "trio", "gevent") if importlib.util.find_spec(name)]
LOOPS = ["python_asyncio", *(f"python_{name}" for name in LIBRARIES)]  # one worker
MODELS = [*LOOPS, "python_threads", "python_processes"]
CPUS = sorted(os.sched_getaffinity(0))
TIMEOUT_S = 60


class Session:
    """A cell process of a model, or of the model that is prepared.

    As a context manager it kills the process group at the end.
    """

    def __init__(self, model=""):
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *model.split("_")[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self._pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def send(self, line):
        self.process.stdin.write(line + b"\n")

    def receive(self):
        while b"\n" not in self._pending:
            if not select.select([self.process.stdout], [], [], TIMEOUT_S)[0]:
                raise AssertionError("no reply")
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise AssertionError(
                    "the cell process has exited: " + self.process.stderr.read().decode()
                )
            self._pending += chunk
        line, self._pending = self._pending.split(b"\n", 1)
        return json.loads(line, parse_constant=reject_constant)

    def ask(self, **request):
        """Sends a request and returns the reply."""
        self.send(json.dumps(request).encode())
        return self.receive()

    def prepare(self, model, workload, in_flight=1, parameters=None, endpoint=None, cores=None):
        body = {
            "workload": workload,
            "parameters": parameters or {},
            "model": model,
            "model_parameters": {},
            "cores": cores or CPUS[:2],
            "in_flight": in_flight,
        }
        if endpoint:
            body["endpoint"] = endpoint
        return self.ask(prepare=body)

    def prepared(self, *arguments, **options):
        """Like `prepare`, but returns the content of `ready` and raises if there is none."""
        reply = self.prepare(*arguments, **options)
        if "ready" not in reply:
            raise AssertionError(reply)
        return reply["ready"]

    def sample(self, **run):
        """Runs the cell and returns the sample; raises if there is none."""
        reply = self.ask(run=run)
        if "sample" not in reply:
            raise AssertionError(reply)
        return reply["sample"]

    def workers(self):
        """Returns the children of the cell process."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def group(self):
        """Returns all live processes of the cell's group."""
        pids = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state != "Z":
                    pids.append(int(stat.parent.name))
        return pids


def eventually(condition):
    """Waits until a condition holds; returns whether it does before the timeout."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
