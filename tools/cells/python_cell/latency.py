"""Latency distributions with the protocol's log-linear bins, 64 per octave."""
from collections import Counter


def bin_index(ns):
    """Returns the index of a latency's bin. Below 64 ns each value has its own bin."""
    shift = ns.bit_length() - 7
    return ns if shift <= 0 else (shift << 6) + (ns >> shift)


def bin_lower(index):
    """Returns the lower bound (ns) of a bin; its upper bound is the lower bound of the next bin."""
    if index < 64:
        return index
    shift = (index >> 6) - 1
    return ((index & 63) + 64) << shift


class Distribution:
    """Counts per bin, with exact maximum and mean."""

    def __init__(self):
        self.bins = Counter()
        self.count = self.sum_ns = self.max_ns = 0

    def add(self, latencies):
        """Adds a sequence of latencies in ns."""
        if not latencies:
            return
        self.bins.update(map(bin_index, latencies))
        self.count += len(latencies)
        self.sum_ns += sum(latencies)
        self.max_ns = max(self.max_ns, max(latencies))

    def merge(self, other):
        self.bins.update(other.bins)
        self.count += other.count
        self.sum_ns += other.sum_ns
        self.max_ns = max(self.max_ns, other.max_ns)

    def to_json(self, sampling_interval):
        """`sampling_interval`: one operation in N was timed."""
        bins = [
            [bin_lower(index), bin_lower(index + 1), count]
            for index, count in sorted(self.bins.items())
        ]
        return {
            "unit": "ns",
            "count": self.count,
            "mean": self.sum_ns / max(1, self.count),
            "max": self.max_ns,
            "sampling_interval": sampling_interval,
            "bins": bins,
        }
