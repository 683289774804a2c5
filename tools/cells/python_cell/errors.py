"""What can go wrong: with a request, with an operation, with a result."""
import errno
import traceback


class CellError(Exception):
    """What a request is answered with in place of its answer. `kind`: invalid, unsupported, resource or failed."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class WrongResult(CellError):
    """An operation gave a wrong result: no figure of this cell may be published."""

    def __init__(self, message):
        super().__init__("failed", message)


class OperationError(Exception):
    """An operation ended in error. It is counted by `name` (as `receive:EOF`), and the run goes on."""

    def __init__(self, phase, reason):
        super().__init__(phase, reason)
        self.phase = phase
        self.name = f"{phase}:{reason_of(reason)}"


# Errors that asyncio raises by itself have a type, but no number.
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
    """A short name for a reason: a string is one already, of an OSError it is that of its number."""
    if isinstance(reason, str):
        return reason
    if reason.errno is not None:
        return errno.errorcode.get(reason.errno, f"E{reason.errno}")
    return next((name for kind, name in TYPE_NAMES if isinstance(reason, kind)), "EIO")


def explained(trouble):
    """Any exception as a CellError. What nobody expected leaves its traceback on standard error."""
    if isinstance(trouble, CellError):
        return trouble
    if isinstance(trouble, MemoryError):
        return CellError("resource", "out of memory; ask for fewer in flight")
    if isinstance(trouble, OSError) and trouble.errno in EXHAUSTED:
        return CellError("resource", f"{trouble.strerror}; ask for fewer in flight")
    traceback.print_exception(type(trouble), trouble, trouble.__traceback__)
    return CellError(
        "failed",
        f"unexpected {type(trouble).__name__}: {trouble}; its traceback is on standard error",
    )


def one_line(text):
    """A message for the harness: one line, not endless, and nothing in it that JSON readers refuse."""
    return " ".join(str(text)[:1000].encode("utf-8", "replace").decode("utf-8").split())


def suggestion(name, known):
    """Words that help someone who asked for `name`, which is none of `known`."""
    import difflib  # seldom needed, slow to load

    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(sorted(known))}"
