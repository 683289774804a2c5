"""Resource usage, memory and environment of this process and its workers."""
import hashlib
import os
import pathlib
import platform
import resource
import sys
from collections import namedtuple

from .errors import CellError

Usage = namedtuple(
    "Usage",
    "cpu_user_s cpu_system_s voluntary_switches involuntary_switches minor_faults major_faults",
)


def usage_of_this_process():
    """Returns the usage of all threads of this process so far; workers report their own."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(
        *(used.ru_utime, used.ru_stime, used.ru_nvcsw, used.ru_nivcsw),
        *(used.ru_minflt, used.ru_majflt),
    )


def added(a, b):
    return Usage(*(x + y for x, y in zip(a, b)))


def subtracted(a, b):
    return Usage(*(x - y for x, y in zip(a, b)))


def environment():
    """Describes this Python. A free-threaded build can run with the lock, so both are reported."""
    with_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    free_threaded = False
    if sys.version_info >= (3, 13):
        import sysconfig  # loaded only if needed: its memory would be measured

        free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return {
        "python": platform.python_version(),
        "python_implementation": sys.implementation.name,
        "python_free_threaded": free_threaded,
        "python_gil": with_gil,
        "python_hashing": "OpenSSL" if hashlib.sha256.__module__ == "_hashlib" else "CPython",
    }


def bind_to_cpus(cpus):
    """Binds this process and its future threads and workers. Raises CellError (unsupported)."""
    try:
        os.sched_setaffinity(0, cpus)
    except (OSError, ValueError, OverflowError) as e:
        reason = e.strerror if isinstance(e, OSError) else str(e)
        raise CellError(
            "unsupported",
            f"cannot bind to CPU {','.join(map(str, cpus))}: {reason}; "
            "choose CPUs that this process may use",
        ) from None


def allowed_cpus(wanted):
    """Returns `wanted` if the process may use all of them, otherwise as many that it may.

    Raises CellError (resource) if there are fewer.
    """
    allowed = sorted(os.sched_getaffinity(0))
    if set(wanted) <= set(allowed):
        return wanted
    if len(allowed) < len(wanted):
        raise CellError(
            "resource",
            f"needs {len(wanted)} CPUs, but the launcher allows only CPU "
            f"{','.join(map(str, allowed))}; let it allow more, or use fewer --cores",
        )
    return allowed[: len(wanted)]


def location_on(cores):
    """Returns the machine and process of the cell as PROTOCOL.md describes; None if unknown."""
    try:
        return {
            "host": platform.node(),
            "boot": pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            "pid_namespace": os.readlink("/proc/self/ns/pid"),
            "pid": os.getpid(),
            "cores": cores,
        }
    except OSError:
        return None


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def memory_line(path, key):
    """Returns the kB value after `key` in a /proc file, in bytes; None if there is none."""
    try:
        with open(path, encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith(key):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def resident_bytes():
    return memory_line("/proc/self/status", "VmRSS:")


def tree_memory_bytes(workers):
    """Returns the resident pages that each process has for itself, and shared pages once.

    Includes what this process has given back since its peak. None if the kernel does not report it.
    """
    peak, now = memory_line("/proc/self/status", "VmHWM:"), resident_bytes()
    if peak is None or now is None:
        return None
    own, shared = max(0, peak - now), 0
    for pid in ["self", *workers]:
        path = f"/proc/{pid}/smaps_rollup"
        resident, *private = (
            memory_line(path, key) for key in ("Rss:", "Private_Clean:", "Private_Dirty:")
        )
        if resident is None or None in private:
            return None
        own += sum(private)
        shared = max(shared, resident - sum(private))
    return own + shared
