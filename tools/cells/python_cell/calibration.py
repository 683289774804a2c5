"""CPU work of a given duration: SHA-256 over a number of bytes that is found by measuring."""
import hashlib
from itertools import repeat
from time import monotonic, thread_time_ns

from .errors import CellError, WrongResult
from .pattern import pattern

# hashlib releases the interpreter lock for inputs of more than 2047 bytes. This work represents
# computing in Python, which does not release the lock, so its pieces are shorter.
PIECE = pattern(1024)
BLOCK = 64  # bytes per SHA-256 block; smaller steps would not change the duration

WANTED = 0.01  # relative error at which calibration stops
PROMISED = 0.02  # maximum relative error
LONGEST_MEASURED_NS = 20_000_000  # longer work is extrapolated: it repeats the same bytes
TIMEOUT_S = 3


def make_work(size):
    """Returns a function that digests `size` bytes, piece by piece, and checks the digest."""
    sha256, pieces, rest = hashlib.sha256, size // len(PIECE), PIECE[: size % len(PIECE)]
    # The reference result uses larger pieces, so that it is computed differently.
    reference, many = sha256(), PIECE * 256
    for _ in repeat(None, pieces // 256):
        reference.update(many)
    reference.update(PIECE * (pieces % 256) + rest)
    expected = reference.digest()

    def work():
        digest = sha256()
        update = digest.update
        for _ in repeat(None, pieces):
            update(PIECE)
        update(rest)
        if digest.digest() != expected:
            raise WrongResult("a digest differs from the reference digest of the same bytes")

    return work


def duration_of(work, about_ns):
    """Returns the CPU time of one call in ns: the minimum over batches of at least 1 ms.

    The minimum, because disturbances only add time.
    """
    calls = max(1, int(1_000_000 / about_ns))
    durations = []
    for _ in range(10 if about_ns < 5_000_000 else 3):
        begin = thread_time_ns()  # stops while other threads run
        for _ in repeat(None, calls):
            work()
        durations.append((thread_time_ns() - begin) / calls)
    return min(durations)


def calibrated_work(wanted_ns):
    """Returns work that takes `wanted_ns` of CPU time, within 2 %, and its measured duration in ns.

    Raises CellError: unsupported if Python's overhead is longer than `wanted_ns` or its steps are
    too coarse, failed if the machine's speed changes too much.
    """
    target_ns = min(wanted_ns, LONGEST_MEASURED_NS)
    shortest_ns = duration_of(make_work(0), 1_000)
    byte_ns = (duration_of(make_work(1 << 16), 50_000) - shortest_ns) / (1 << 16)
    if shortest_ns > target_ns or BLOCK * byte_ns > 2 * PROMISED * target_ns:
        raise CellError(
            "unsupported",
            f"mixed: cpu={wanted_ns}ns is too short for this Python, which takes {shortest_ns:.0f} ns "
            f"to digest nothing and {BLOCK * byte_ns:.0f} ns a step; ask for a longer one",
        )
    size = max(0.0, (target_ns - shortest_ns) / byte_ns)
    best_size, best_ns = 0, shortest_ns
    give_up = monotonic() + TIMEOUT_S
    while monotonic() < give_up:
        whole = round(size / BLOCK) * BLOCK
        measured_ns = duration_of(make_work(whole), target_ns)
        if abs(measured_ns - target_ns) < abs(best_ns - target_ns) or whole == best_size:
            best_size, best_ns = whole, measured_ns
        if abs(measured_ns / target_ns - 1) <= WANTED:
            break
        size = max(0.0, whole + (target_ns - measured_ns) / byte_ns)
        if round(size / BLOCK) * BLOCK == whole:
            break
    times = wanted_ns / target_ns
    if abs(best_ns / target_ns - 1) > PROMISED:
        raise CellError(
            "failed",
            f"mixed: cpu={wanted_ns}ns could not be calibrated within {PROMISED:.0%}: "
            "this machine's speed changes too much; stop what else runs on it",
        )
    return make_work(round(best_size * times)), best_ns * times
