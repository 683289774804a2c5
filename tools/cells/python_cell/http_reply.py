"""As much of HTTP/1.1 as replies to GET need, read from an asyncio stream: the standard library has no client for loops."""
from asyncio import LimitOverrunError


class Malformed(Exception):
    """What came is not HTTP."""


async def read_reply(reader):
    """A reply's status, its body (None where the status is not 200), and whether the connection may be used again.

    Raises Malformed, OSError, and EOFError where the connection ends too early.
    """
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        version, status = lines[0].split(None, 2)[:2]
        if not version.startswith(b"HTTP/1."):
            raise Malformed
        headers = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        if status != b"200":
            return int(status), None, False
        lasting = headers.get(b"connection", b"").lower() != b"close" if version == b"HTTP/1.1" else False
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            return 200, await read_chunks(reader), lasting
        if b"content-length" in headers:
            return 200, await reader.readexactly(length_in(headers[b"content-length"], 10)), lasting
        return 200, await reader.read(), False  # its end is the connection's
    except (LimitOverrunError, ValueError):
        raise Malformed from None


async def read_chunks(reader):
    body = bytearray()
    while True:
        size = length_in((await reader.readuntil(b"\r\n")).partition(b";")[0].strip(), 16)
        if size == 0:
            break
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":  # trailers
        pass
    return body


def length_in(digits, base):
    if not digits.isalnum():  # int() would take signs, spaces and underscores
        raise Malformed
    return int(digits, base)
