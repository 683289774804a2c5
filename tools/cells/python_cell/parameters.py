"""Parameters of workloads: sizes, durations and choices, checked before a workload is created."""
import re
from collections import namedtuple

from .errors import CellError, suggestion

SIZES = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
DURATIONS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}

MINUTE_NS = 60_000_000_000

size = namedtuple("size", "default minimum maximum")
duration = namedtuple("duration", "default minimum_ns maximum_ns")
choice = namedtuple("choice", "default choices")
text = namedtuple("text", "default")

EXPECTED = {
    size: "a size; expected for example 64, 64KiB or 1MiB",
    duration: "a duration; expected for example 100us, 10ms or 1s",
}


def quantity(text, units):
    """Parses a quantity such as "1.5KiB". Returns a whole number, or None if it is malformed."""
    match = re.fullmatch(r"([0-9]{1,19})(?:\.([0-9]{1,19}))?([a-zA-Zµ]*)", text)
    if not match or match.group(3) not in units or (match.group(2) and not match.group(3)):
        return None
    decimals = match.group(2) or ""
    value, remainder = divmod(
        int(match.group(1) + decimals) * units[match.group(3)], 10 ** len(decimals)
    )
    return None if remainder else value


def parse(kind, text):
    if isinstance(kind, size):
        return quantity(text, SIZES)
    return 0 if text == "0" else quantity(text, DURATIONS)


def value_of(owner, name, kind, given):
    """Returns the value of one parameter, from a string or a number. Raises CellError (invalid)."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        raise CellError("invalid", f"{owner}: the parameter '{name}' must be a string or a number")
    written = str(given)
    if isinstance(kind, text):
        return written
    if isinstance(kind, choice):
        if written not in kind.choices:
            raise CellError(
                "invalid",
                f"{owner}: {name}={written} is unknown: {suggestion(written, kind.choices)}",
            )
        return written
    value = parse(kind, written)
    if value is None:
        raise CellError("invalid", f"{owner}: {name}={written} is not {EXPECTED[type(kind)]}")
    _, minimum, maximum = kind
    if not minimum <= value <= maximum:
        unit = "ns" if isinstance(kind, duration) else "bytes"
        raise CellError(
            "invalid",
            f"{owner}: {name}={written} is outside the allowed range {minimum} to {maximum} {unit}",
        )
    return value


def values_of(owner, known, given):
    """Returns all values by name, with defaults for those not given. Raises CellError (invalid)."""
    for name in given:
        if name not in known:
            if not known:
                raise CellError("invalid", f"{owner} has no parameters; remove '{name}'")
            advice = suggestion(name, known)
            raise CellError("invalid", f"{owner} has no parameter '{name}': {advice}")
    return {
        name: value_of(owner, name, kind, given.get(name, kind.default))
        for name, kind in known.items()
    }
