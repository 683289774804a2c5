"""Errors of requests, operations and results."""
import errno
import traceback


class CellError(Exception):
    """Error reply to a request. `kind`: invalid, unsupported, resource or failed."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class WrongResult(CellError):
    """An operation returned a wrong result: no figure of this cell may be published."""

    def __init__(self, message):
        super().__init__("failed", message)


class OperationError(Exception):
    """A failed operation, counted by `name` (for example `receive:EOF`); the run continues."""

    def __init__(self, phase, reason):
        super().__init__(phase, reason)
        self.phase = phase
        self.name = f"{phase}:{reason_of(reason)}"


# Errors that asyncio itself raises have a type, but no error number.
TYPE_NAMES = (
    (ConnectionResetError, "ECONNRESET"),
    (BrokenPipeError, "EPIPE"),
    (ConnectionAbortedError, "ECONNABORTED"),
    (ConnectionRefusedError, "ECONNREFUSED"),
    (TimeoutError, "ETIMEDOUT"),
)

EXHAUSTED = (
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.ENOBUFS,
    errno.EADDRNOTAVAIL,
)


def reason_of(reason):
    """Returns a short name for a reason: the string itself, or the name of an OSError's number."""
    if isinstance(reason, str):
        return reason
    if reason.errno is not None:
        return errno.errorcode.get(reason.errno, f"E{reason.errno}")
    return next((name for kind, name in TYPE_NAMES if isinstance(reason, kind)), "EIO")


def as_cell_error(error):
    """Converts any exception to a CellError. Prints the traceback of an unexpected one."""
    if isinstance(error, CellError):
        return error
    if isinstance(error, MemoryError):
        return CellError("resource", "out of memory; reduce in_flight")
    if isinstance(error, OSError) and error.errno in EXHAUSTED:
        return CellError("resource", f"{error.strerror}; reduce in_flight")
    traceback.print_exception(type(error), error, error.__traceback__)
    return CellError(
        "failed",
        f"unexpected {type(error).__name__}: {error}; see the traceback on standard error",
    )


def one_line(text):
    """Returns a message for the harness: one line, at most 1000 characters, valid UTF-8."""
    return " ".join(str(text)[:1000].encode("utf-8", "replace").decode("utf-8").split())


def suggestion(name, known):
    """Returns advice for a user who wrote `name` instead of one of the `known` names."""
    import difflib  # rarely needed, slow to load

    closest = difflib.get_close_matches(name, known, n=1)
    names = f"known: {', '.join(sorted(known))}"
    return f"did you mean '{closest[0]}'? ({names})" if closest else names
