"""The cell process: handles requests, one JSON object per line (bench/cell/PROTOCOL.md)."""
import json
import math
import os
import signal
import sys
import time

from . import VERSION
from .errors import CellError, WrongResult, as_cell_error, one_line, suggestion
from .pace import choose_sampling_interval, cost_of_timing_ns
from .parameters import values_of
from .run import Plan
from .schedule import Schedule
from .usage import (
    allowed_cpus,
    bind_to_cpus,
    environment,
    location_on,
    raise_descriptor_limit,
    resident_bytes,
    tree_memory_bytes,
)
from .workloads import WORKLOADS

MAX_SECONDS = 3600
MAX_IN_FLIGHT = 1_000_000


# The libraries of a model are loaded only if it is used: they cost time and memory.
def asyncio_model():
    from .event_loop import EventLoop

    return EventLoop


def uvloop_model():
    import uvloop
    from .event_loop import EventLoop

    class Uvloop(EventLoop):
        library = uvloop
        new_loop = staticmethod(uvloop.new_event_loop)

    return Uvloop


def trio_model():
    from .trio_loop import TrioLoop

    return TrioLoop


def gevent_model():
    from gevent.monkey import is_module_patched
    from .greenlets import Greenlets

    if not is_module_patched("time"):
        raise CellError("unsupported", "start this model as `python_cell.py gevent`")
    return Greenlets


def threads_model():
    from .threads import Threads

    return Threads


def processes_model():
    from .processes import Processes

    return Processes


MODELS = {
    "python_asyncio": asyncio_model,
    "python_threads": threads_model,
    "python_processes": processes_model,
    "python_uvloop": uvloop_model,
    "python_trio": trio_model,
    "python_gevent": gevent_model,
}


def model_class_of(name):
    """Returns the class of a model. Raises CellError (unsupported) if its library is missing."""
    try:
        return MODELS[name]()
    except ModuleNotFoundError as e:
        raise CellError(
            "unsupported",
            f"{sys.executable} has no module '{e.name}': apt-get install python3-{e.name}",
        ) from None


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool)


def member(body, key, kind, default=None):
    """Returns a member of a request, or `default` if it is missing.

    Raises CellError (invalid) unless it is a `kind`.
    """
    value = body.get(key, default)
    if not isinstance(value, kind):
        raise CellError(
            "invalid", f"'{key}' is missing or of the wrong type; see bench/cell/PROTOCOL.md"
        )
    return value


class Cell:
    """One cell: prepared once, run any number of times, then finished."""

    def __init__(self, only_model=None):
        self.model = None
        self._only_model = only_model
        self.finished = False
        self._in_flight = 1
        self._sampling_interval = None  # decided by the first closed-loop run
        self._wrong_result = None

    def handle(self, request):
        if not isinstance(request, dict) or len(request) != 1:
            raise CellError(
                "invalid", "expected one JSON object with one key: prepare, run or finish"
            )
        ((verb, body),) = request.items()
        verbs = {"prepare": self.prepare, "run": self.run, "finish": self.finish}
        if verb not in verbs:
            raise CellError("invalid", f"unknown request '{verb}': {suggestion(verb, verbs)}")
        if not isinstance(body, dict):
            raise CellError("invalid", f"'{verb}' must be an object")
        return verbs[verb](body)

    def prepare(self, body):
        begin_ns = time.monotonic_ns()
        if self.model:
            raise CellError("invalid", "already prepared: a cell process measures one cell")
        name = member(body, "workload", str)
        if name not in WORKLOADS:
            raise CellError("invalid", f"unknown workload '{name}': {suggestion(name, WORKLOADS)}")
        workload = WORKLOADS[name]
        values = values_of(name, workload.parameters, member(body, "parameters", dict, {}))
        model = member(body, "model", str)
        if self._only_model:
            model = f"python_{self._only_model}"
        if model not in MODELS:
            raise CellError("invalid", f"unknown model '{model}': {suggestion(model, MODELS)}")
        values_of(model, {}, member(body, "model_parameters", dict, {}))
        cores = member(body, "cores", list)
        if not cores or not all(is_count(cpu) and cpu >= 0 for cpu in cores):
            raise CellError("invalid", "'cores' must be an array of CPU numbers, at least one")
        in_flight = body.get("in_flight")
        if not is_count(in_flight) or not 1 <= in_flight <= MAX_IN_FLIGHT:
            raise CellError("invalid", f"'in_flight' must be 1 to {MAX_IN_FLIGHT}")
        endpoint = member(body, "endpoint", str, "")
        if workload.needs_endpoint(values) and not endpoint:
            raise CellError("invalid", f"{name} needs an 'endpoint', for example 127.0.0.1:4000")

        if body.get("any_cores"):
            cores = allowed_cpus(cores)
        bind_to_cpus(cores)
        raise_descriptor_limit()
        self._timing_ns = cost_of_timing_ns()
        parallel = model == "python_processes" or (
            model == "python_threads" and not environment()["python_gil"]
        )
        self._in_flight = in_flight
        self._parallelism = min(len(cores), in_flight) if parallel else 1
        self._schedule = Schedule()
        model_class = model_class_of(model)
        instance = workload.make(values, endpoint)
        base = resident_bytes()
        self.model = model_class(instance, in_flight, self._schedule)
        ready = {
            "protocol": 2,
            "program": "python_cell.py",
            "version": VERSION,
            "setup_s": (time.monotonic_ns() - begin_ns) * 1e-9,
            "environment": environment(),
        }
        if location := location_on(cores):
            ready["location"] = location
        if library := getattr(model_class, "library", None):
            ready["environment"][f"python_{library.__name__}"] = library.__version__
        if base is not None:
            ready["base_rss_bytes"] = base
        if getattr(instance, "cpu_ns", None):
            ready["calibrated_cpu_s"] = instance.cpu_ns * 1e-9
        return {"ready": ready}

    def run(self, body):
        if not self.model:
            raise CellError("invalid", "'run' before 'prepare'")
        if self._wrong_result:
            raise CellError(
                "failed", f"an earlier operation returned a wrong result: {self._wrong_result}"
            )
        rate = body.get("rate")
        plan = self._plan_of(body)
        if rate is not None:
            self._schedule_starts(rate, plan, body)
            plan = plan._replace(open_loop=True)
        else:
            plan = plan._replace(sampling_interval=self._sampling_interval or 1)
        try:
            counts = self.model.run(plan)
        except WrongResult as e:
            self._wrong_result = e
            raise
        return {"sample": self._sample(plan, counts, rate)}

    def _plan_of(self, body):
        """Returns the plan of a run. The lead-in and the stagger concern only runs by seconds."""
        seconds, operations = body.get("seconds"), body.get("operations")
        if (seconds is None) == (operations is None):
            raise CellError("invalid", "'run' needs exactly one of 'seconds' and 'operations'")
        lead_ns, stagger_ns = (self._ns_of(body, name) for name in ("lead_s", "stagger_s"))
        series = member(body, "series", bool, False)
        if operations is not None:
            if not (is_count(operations) and 0 < operations < 1 << 60):
                raise CellError("invalid", "'operations' must be a whole number greater than 0")
            return Plan(lanes=self._in_flight, operations=operations)
        if seconds == 0:
            raise CellError("invalid", "'seconds' must be greater than 0")
        return Plan(
            lanes=self._in_flight,
            window_ns=max(1, self._ns_of(body, "seconds")),
            lead_ns=lead_ns,
            stagger_ns=stagger_ns,
            series=series,
        )

    @staticmethod
    def _ns_of(body, name):
        value = body.get(name, 0)
        if not (is_number(value) and 0 <= value <= MAX_SECONDS):
            raise CellError("invalid", f"'{name}' must be a number of seconds, 0 to {MAX_SECONDS}")
        return round(value * 1e9)

    def _schedule_starts(self, rate, plan, body):
        if not (is_number(rate) and rate > 0):
            raise CellError("invalid", "'rate' must be a number greater than 0")
        if not plan.window_ns:
            raise CellError("invalid", "'rate' requires 'seconds'")
        schedule, seed = body.get("schedule", "poisson"), body.get("seed", 1)
        if schedule not in ("poisson", "constant"):
            raise CellError("invalid", "'schedule' must be poisson or constant")
        if not is_count(seed):
            raise CellError("invalid", "'seed' must be a whole number")
        self._schedule.fill(rate, plan.lead_ns, plan.window_ns, schedule == "poisson", seed)

    def _sample(self, plan, counts, rate):
        operations = sum(counts.worker_operations)
        if operations == 0 and counts.errors:
            errors = [f", {name} {count} times" for name, count in sorted(counts.errors.items())]
            raise CellError("failed", "no operation succeeded" + "".join(errors))
        wall_ns = plan.window_ns or max(1, counts.end_ns - counts.start_ns)
        close_ns = counts.start_ns + plan.lead_ns + wall_ns
        sample = {
            "operations": operations,
            "wall_s": wall_ns / 1e9,
            "start_s": counts.lag_ns / 1e9,
            "drain_s": max(0, counts.end_ns - close_ns) / 1e9,
            **counts.used._asdict(),
            "errors": counts.errors,
            "worker_operations": counts.worker_operations,
        }
        if counts.series:
            sample["series"] = counts.series
        if counts.latency.count:
            sample["latency"] = counts.latency.to_json(plan.sampling_interval)
        if counts.checksum:
            sample["checksum"] = counts.checksum
        if rate:
            sample["rate"] = rate
            sample["service"] = counts.service.to_json(1)
            sample["arrivals"] = {
                "due": self._schedule.due,
                "begun": counts.begun,
                "late": counts.late,
            }
        elif self._sampling_interval is None and operations:
            self._sampling_interval = choose_sampling_interval(
                wall_ns * self._parallelism / operations, self._timing_ns
            )
        return sample

    def finish(self, body):
        memory = tree_memory_bytes(self.model.workers if self.model else ())
        self.close()
        self.finished = True
        return {"finished": {} if memory is None else {"peak_rss_bytes": memory}}

    def close(self):
        if self.model:
            self.model.close()
        self.model = None


def reject_constant(name):
    raise ValueError(f"{name} is not JSON")


def reply_to(cell, line):
    """Returns the reply to a line with a request; any exception becomes an error reply."""
    try:
        try:
            request = json.loads(line.decode("utf-8"), parse_constant=reject_constant)
        except (ValueError, RecursionError):
            raise CellError("invalid", "request is not JSON") from None
        return cell.handle(request)
    except Exception as e:
        error = as_cell_error(e)
        return {"error": {"kind": error.kind, "message": one_line(error)}}


def serve(requests, output, only_model=None):
    """Handles requests (lines of bytes) until `finish` or the end of input.

    Writes replies to the descriptor `output` and returns the exit code of the process. `only_model`
    (asyncio, threads, …) replaces the model of the requests.
    """
    sys.stdout = sys.stderr  # output of a library must not mix with the replies
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's handler would print a traceback
    cell = Cell(only_model)
    try:
        for line in requests:
            if not line.strip():
                continue
            reply = json.dumps(reply_to(cell, line), allow_nan=False).encode("ascii") + b"\n"
            while reply:
                reply = reply[os.write(output, reply) :]
            if cell.finished:
                break
    except BrokenPipeError:
        return 1  # the harness no longer reads
    finally:
        cell.close()
    return 0
