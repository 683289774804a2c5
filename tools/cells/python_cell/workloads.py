"""The workloads, each with a blocking and an asynchronous form.

A workload opens lanes: `open_blocking(number)` returns a function that runs one operation,
`open_async(number, sleep, connection_type)` a coroutine function for the loop of these two. They
are closures, because local and enclosed variables are the cheapest in Python. Both raise
OperationError for a failed operation and WrongResult for a wrong result. `checksum` is the result
of all operations in hex, or None. `waits`: an operation waits, and other lanes run in that time.
"""
import hashlib
import time
from collections import namedtuple

from .calibration import calibrated_work
from .errors import CellError, WrongResult
from .network import Network
from .parameters import MINUTE_NS, choice, duration, size, text
from .pattern import pattern

LONGEST_WORK_NS = 10_000_000_000

ALGORITHMS = {
    "sha256": "sha256",
    "sha512": "sha512",
    "sha1": "sha1",
    "md5": "md5",
    "sha3-256": "sha3_256",
    "blake2b512": "blake2b",
}


def yielding_once(operate, sleep):
    """CPU work on an event loop: it yields to the other tasks once, then blocks them all."""

    async def operate_async():
        await sleep(0)
        operate()

    return operate_async


class Inline:
    """A workload with only a blocking form."""

    checksum = None
    waits = False

    async def open_async(self, number, sleep, connection_type):
        return yielding_once(self.open_blocking(number), sleep)


class Noop(Inline):
    def __init__(self, values, endpoint):
        pass

    def open_blocking(self, number):
        def operate():
            pass

        return operate


class Hashing(Inline):
    def __init__(self, values, endpoint):
        self.input = pattern(values["bytes"])
        try:
            self.digest = getattr(hashlib, ALGORITHMS[values["algorithm"]])
            reference = self.digest()
        except (AttributeError, ValueError):
            raise CellError(
                "unsupported",
                f"this Python has no digest '{values['algorithm']}'; choose another algorithm",
            ) from None
        # The reference result uses 1000-byte pieces, so that it is computed differently.
        for begin in range(0, len(self.input), 1000):
            reference.update(self.input[begin : begin + 1000])
        self.expected = reference.digest()
        self.checksum = reference.hexdigest()

    def open_blocking(self, number):
        digest, data, expected = self.digest, self.input, self.expected

        def operate():
            if digest(data).digest() != expected:
                raise WrongResult("a digest differs from the reference digest of the same bytes")

        return operate


def check_duration(end_ns, delay_ns):
    early_ns = end_ns - time.monotonic_ns()
    if early_ns > 0:
        raise WrongResult(f"a sleep of {delay_ns} ns ended {early_ns} ns too early")


class Sleep:
    checksum = None
    waits = True

    def __init__(self, values, endpoint):
        self.delay_ns = values["delay"]

    def open_blocking(self, number):
        delay_ns, delay_s = self.delay_ns, self.delay_ns * 1e-9
        clock, sleep = time.monotonic_ns, time.sleep

        def operate():
            end = clock() + delay_ns
            sleep(delay_s)
            if clock() < end:
                check_duration(end, delay_ns)

        return operate

    async def open_async(self, number, sleep, connection_type):
        delay_ns, delay_s = self.delay_ns, self.delay_ns * 1e-9
        clock = time.monotonic_ns

        async def operate():
            end = clock() + delay_ns
            await sleep(delay_s)
            while clock() < end:  # uvloop's timers, in whole ms, can end up to 1 ms early
                await sleep(0.001)

        return operate


class Mixed:
    """Calibrated CPU work, then a wait. `long`: work of lane 0, long among short operations."""

    checksum = None

    def __init__(self, values, endpoint):
        self.work, self.cpu_ns = calibrated_work(values["cpu"]) if values["cpu"] else (None, None)
        self.long_work = calibrated_work(values["long"])[0] if values["long"] else self.work
        if values["io"] == "network":
            self.wait = Network({"bytes": 64}, endpoint)
        else:
            self.wait = Sleep({"delay": values["wait"]}, endpoint) if values["wait"] else None
        self.waits = self.wait is not None

    def open_blocking(self, number):
        work = self.work if number else self.long_work
        wait = self.wait.open_blocking(number) if self.wait else None
        if not (work and wait):
            return work or wait or Noop({}, "").open_blocking(number)

        def operate():
            work()
            wait()

        return operate

    async def open_async(self, number, sleep, connection_type):
        work = self.work if number else self.long_work
        if not self.wait:
            return yielding_once(self.open_blocking(number), sleep)
        wait = await self.wait.open_async(number, sleep, connection_type)
        if not work:
            return wait

        async def operate():
            work()
            await wait()

        return operate


def make_download(values, endpoint):
    from .download import Download  # loads an HTTP client that other workloads do not need

    return Download(values, endpoint)


workload = namedtuple("workload", "parameters make needs_endpoint")

WORKLOADS = {
    "noop": workload({}, Noop, lambda values: False),
    "sleep": workload({"delay": duration("10ms", 1_000, MINUTE_NS)}, Sleep, lambda values: False),
    # `releases_gil` is for models that imitate CPython. CPython's hashlib always releases the lock
    # from 2048 bytes on.
    "hashing": workload(
        {
            "bytes": size("64KiB", 1, 1 << 30),
            "algorithm": choice("sha256", tuple(ALGORITHMS)),
            "releases_gil": choice("false", ("false", "true")),
        },
        Hashing,
        lambda values: False,
    ),
    "network": workload(
        {"bytes": size("64", 1, 16 << 20), "delay": duration("0", 0, MINUTE_NS)},
        Network,
        lambda values: True,
    ),
    "download": workload(
        {"bytes": size("16KiB", 0, 1 << 30), "delay": duration("0", 0, MINUTE_NS), "url": text("")},
        make_download,
        lambda values: not values["url"],
    ),
    "mixed": workload(
        {
            "cpu": duration("100us", 0, LONGEST_WORK_NS),
            "wait": duration("1ms", 0, MINUTE_NS),
            "io": choice("sleep", ("sleep", "network")),
            "long": duration("0", 0, LONGEST_WORK_NS),
        },
        Mixed,
        lambda values: values["io"] == "network",
    ),
}
