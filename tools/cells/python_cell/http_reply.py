"""Reads HTTP/1.1 replies to GET from an asyncio stream.

The standard library has no asynchronous HTTP client.
"""
from asyncio import IncompleteReadError, LimitOverrunError
from collections import namedtuple


class Malformed(Exception):
    """Malformed HTTP."""


class ClosedBeforeReply(Exception):
    """The connection was closed before the first byte of a reply."""


# `length`: None if the body is chunked or ends with the connection.
# `keep_alive`: the connection may be used again.
Head = namedtuple("Head", "status length chunked until_close keep_alive")


async def read_head(reader):
    """Reads the head of a reply.

    Raises ClosedBeforeReply, Malformed, OSError, or EOFError if it is truncated.
    """
    while True:
        try:
            text = await reader.readuntil(b"\r\n\r\n")
        except IncompleteReadError as e:
            if e.partial:
                raise
            raise ClosedBeforeReply from None
        except LimitOverrunError:
            raise Malformed from None
        head = parse_head(text.split(b"\r\n"))
        if head.status // 100 != 1:  # "continue", "early hints": the reply follows
            return head


def parse_head(lines):
    status_line = lines[0].split(None, 2)
    if len(status_line) < 2 or not status_line[0].startswith(b"HTTP/1."):
        raise Malformed
    status, headers = whole_number(status_line[1], 10), {}
    for line in lines[1:-2]:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    bodiless = status // 100 == 1 or status in (204, 304)
    chunked = headers.get(b"transfer-encoding", b"").lower() == b"chunked" and not bodiless
    length = None
    if bodiless:
        length = 0
    elif not chunked and b"content-length" in headers:
        length = whole_number(headers[b"content-length"], 10)
    until_close = length is None and not chunked
    keep_alive = (
        status_line[0] == b"HTTP/1.1"
        and headers.get(b"connection", b"").lower() != b"close"
        and not until_close
    )
    return Head(status, length, chunked, until_close, keep_alive)


async def read_body(reader, head):
    """Reads the body that follows this head.

    Raises Malformed, OSError, or EOFError if it is truncated.
    """
    if head.length is not None:
        return await reader.readexactly(head.length)
    if head.until_close:
        return await reader.read()
    try:
        return await read_chunks(reader)
    except LimitOverrunError:
        raise Malformed from None


async def read_chunks(reader):
    body = bytearray()
    while True:
        size = whole_number((await reader.readuntil(b"\r\n")).partition(b";")[0].strip(), 16)
        if size == 0:
            break
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":  # trailers
        pass
    return body


def whole_number(digits, base):
    if not digits.isalnum():  # int() accepts signs, spaces and underscores
        raise Malformed
    try:
        return int(digits, base)
    except ValueError:
        raise Malformed from None
