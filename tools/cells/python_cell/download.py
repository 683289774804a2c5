"""`download`: HTTP/1.1 GET with keep-alive.

Threads and processes use http.client, event loops use asyncio's streams.
"""
import hashlib
import threading
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from urllib.parse import urlsplit

from .connections import AsyncioConnection, Server, split_endpoint
from .errors import CellError, OperationError, WrongResult
from .pattern import pattern


def split_url(url):
    """Returns host, port and request target of an http URL. Raises CellError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as e:
        raise CellError(
            "invalid", f"download: '{url}' is not a URL ({e}); expected http://HOST:PORT/PATH"
        ) from None
    if parts.scheme == "https":
        raise CellError("unsupported", f"download: '{url}' is not supported (no TLS); use http://")
    # http.client would reject such a request line later, in each operation.
    printable = all("!" <= character <= "~" for character in url)
    if parts.scheme != "http" or not host or parts.username is not None or not printable:
        raise CellError(
            "invalid", f"download: '{url}' is not an http URL; expected http://HOST:PORT/PATH"
        )
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Connection(HTTPConnection):
    """http.client's connection, over sockets that `Server` opens."""

    def __init__(self, server):
        super().__init__(server.name)
        self._server = server

    def connect(self):
        self.sock = self._server.connect()


class Download:
    waits = True

    def __init__(self, values, endpoint):
        self._reference = None  # the expected body; with `url`, the first one received
        self._reference_lock = threading.Lock()
        if values["url"]:
            host, port, self.target = split_url(values["url"])
            if values["delay"]:
                raise CellError(
                    "invalid",
                    "download: delay applies only to the built-in server; remove it or url",
                )
        else:
            host, port = split_endpoint(endpoint)
            self.target = f"/body?bytes={values['bytes']}"
            self._reference = pattern(values["bytes"])
        self.server = Server(host, port)

    @property
    def checksum(self):
        return None if self._reference is None else hashlib.sha256(self._reference).hexdigest()

    def _check(self, status, body, until_close):
        """Compares a reply with the reference.

        `until_close`: only the end of the connection delimits the body.
        """
        if status != 200:
            raise OperationError("status", str(status))
        if body == self._reference:
            return
        with self._reference_lock:
            if self._reference is None:
                self._reference = bytes(body)
            expected = self._reference
        if body == expected:
            return
        if until_close and expected.startswith(body):
            raise OperationError("receive", "EOF")  # as after a lost connection
        raise WrongResult(
            f"a body of {len(body)} bytes differs from the expected {len(expected)} bytes"
        )

    def open_blocking(self, number):
        check, target = self._check, self.target
        connection = Connection(self.server)
        try:
            connection.connect()
        except OperationError as e:
            raise self.server.connection_error(e) from None

        def begin():
            """Sends a request and waits for the head of its reply."""
            reused = connection.sock is not None
            while True:
                phase = "send"
                try:
                    # Connects again if an error or a reply has closed the connection.
                    connection.request("GET", target)
                    phase = "receive"
                    return connection.getresponse()
                except OperationError:
                    connection.close()  # otherwise http.client considers a request pending
                    raise
                except OSError as e:
                    connection.close()
                    if not reused:
                        reason = "EOF" if isinstance(e, RemoteDisconnected) else e
                        raise OperationError(phase, reason) from None
                    # A server may close an idle connection. A request that meets the close is sent
                    # again, as in any HTTP client (RFC 9112, section 9.3.1), and is not an error.
                    reused = False

        def operate():
            try:
                reply = begin()
                until_close = reply.length is None and not reply.chunked
                body = reply.read()
            except IncompleteRead:
                connection.close()
                raise OperationError("receive", "EOF") from None
            except OSError as e:
                connection.close()
                raise OperationError("receive", e) from None
            except (HTTPException, ValueError):
                connection.close()
                raise OperationError("receive", "MALFORMED") from None
            check(reply.status, body, until_close)

        return operate

    async def open_async(self, number, sleep, connection_type):
        if connection_type is not AsyncioConnection:
            raise CellError("unsupported", "download: only asyncio's streams are supported")
        from .http_reply import ClosedBeforeReply, Malformed, read_body, read_head

        server, check, limit = self.server, self._check, 1 << 16
        # The same bytes as http.client sends.
        host = server.name[: -len(":80")] if server.name.endswith(":80") else server.name
        head = f"GET {self.target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\r\n"
        request = head.encode("ascii")
        try:
            reader, writer = await server.connect_streams(limit)
        except OperationError as e:
            raise server.connection_error(e) from None

        def drop():
            nonlocal writer
            writer.transport.abort()
            writer = None

        async def begin():
            nonlocal reader, writer
            reused = writer is not None
            while True:
                if writer is None:
                    reader, writer = await server.connect_streams(limit)
                phase = "send"
                try:
                    writer.write(request)
                    await writer.drain()
                    phase = "receive"
                    return await read_head(reader)
                except (ClosedBeforeReply, OSError) as e:
                    drop()
                    if not reused:
                        reason = "EOF" if isinstance(e, ClosedBeforeReply) else e
                        raise OperationError(phase, reason) from None
                    reused = False  # as in the blocking form: closed while it was idle

        async def operate():
            try:
                head = await begin()
                body = await read_body(reader, head)
            except EOFError:  # asyncio's IncompleteReadError is one
                drop()
                raise OperationError("receive", "EOF") from None
            except OSError as e:
                drop()
                raise OperationError("receive", e) from None
            except Malformed:
                drop()
                raise OperationError("receive", "MALFORMED") from None
            if not head.keep_alive:
                drop()
            check(head.status, body, head.until_close)

        return operate
