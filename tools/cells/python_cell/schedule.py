"""Intended starts of an open-loop run, shared by all its lanes."""
import os
import struct
from array import array
from bisect import bisect_left

from .errors import CellError


class Schedule:
    """Intended starts in ns after the release of the lanes, ascending.

    They are stored in a file in memory. All threads and all workers forked later share its offset,
    so a read of 8 bytes claims the earliest unclaimed start, atomically and without a lock.
    """

    MAX_STARTS = 8_000_000

    def __init__(self):
        self.fd = os.memfd_create("schedule", os.MFD_CLOEXEC)
        self.due = 0

    def fill(self, rate, lead_ns, window_ns, poisson, seed):
        """Writes `rate` starts per second, with exponential (Poisson process) or equal gaps.

        They cover the lead-in and the window. `due` becomes the number of those in the window.
        """
        import random  # costs memory that a cell without a schedule does not need

        end_ns = lead_ns + window_ns
        total_s = end_ns / 1e9
        if rate * total_s > self.MAX_STARTS:
            raise CellError(
                "invalid",
                f"{rate:g} operations per second for {total_s:g} s: "
                f"a schedule holds at most {self.MAX_STARTS}; reduce one of them",
            )
        gap = random.Random(seed).expovariate
        starts = array("q")
        if poisson:
            start_ns = gap(rate) * 1e9
            while start_ns < end_ns:
                starts.append(int(start_ns))
                start_ns += gap(rate) * 1e9
        else:
            starts.extend(
                int(i / rate * 1e9)
                for i in range(int(rate * total_s) + 1)
                if i / rate * 1e9 < end_ns
            )
        if not starts:
            raise CellError(
                "invalid",
                f"{rate:g} operations per second for {total_s:g} s: nothing to start; "
                "increase the time or the rate",
            )
        self.due = len(starts) - bisect_left(starts, lead_ns)
        os.ftruncate(self.fd, 0)
        with open(self.fd, "wb", closefd=False) as out:
            out.seek(0)
            starts.tofile(out)
        os.lseek(self.fd, 0, os.SEEK_SET)

    def claim(self, unpack=struct.Struct("q").unpack):
        """Returns the next intended start, or None after the last one."""
        entry = os.read(self.fd, 8)
        return unpack(entry)[0] if entry else None
