"""`download`: HTTP/1.1 GET with keep-alive.

Threads and processes use http.client, event loops use asyncio's streams.
"""
import hashlib
import threading
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from urllib.parse import urlsplit

from .connections import Server, split_endpoint
from .errors import CellError, OperationError, WrongResult
from .pattern import pattern


def split_url(url):
    """Returns host, port and request target of an http URL. Raises CellError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as trouble:
        raise CellError(
            "invalid", f"download: '{url}' is not a URL ({trouble}); write http://HOST:PORT/PATH"
        ) from None
    if parts.scheme == "https":
        raise CellError(
            "unsupported",
            f"download: '{url}' wants encryption, which this workload leaves out; use http://",
        )
    # http.client would reject such a request line later, in each operation.
    printable = all("!" <= letter <= "~" for letter in url)
    if parts.scheme != "http" or not host or parts.username is not None or not printable:
        raise CellError(
            "invalid", f"download: '{url}' is not an http URL; write http://HOST:PORT/PATH"
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
    def __init__(self, values, endpoint):
        self._reference = None  # the expected body; with `url`, the first one received
        self._first = threading.Lock()
        if values["url"]:
            host, port, self.target = split_url(values["url"])
            if values["delay"]:
                raise CellError(
                    "invalid",
                    "download: delay is for crossover's own server; leave it out where a url is given",
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
        with self._first:
            if self._reference is None:
                self._reference = bytes(body)
            expected = self._reference
        if body == expected:
            return
        if until_close and expected.startswith(body):
            raise OperationError("receive", "EOF")  # as after a lost connection
        raise WrongResult(
            f"a body of {len(body)} bytes differs from the {len(expected)} bytes that were expected"
        )

    def open_blocking(self, number):
        check, target = self._check, self.target
        connection = Connection(self.server)
        try:
            connection.connect()
        except OperationError as trouble:
            raise self.server.refused(trouble) from None

        def begin():
            """Sends a request and waits for the head of its reply."""
            reused = connection.sock is not None
            while True:
                phase = "send"
                try:
                    connection.request(
                        "GET", target
                    )  # connects again if an error or a reply has closed the connection
                    phase = "receive"
                    return connection.getresponse()
                except OperationError:
                    connection.close()  # otherwise http.client considers a request pending
                    raise
                except OSError as trouble:
                    connection.close()
                    if not reused:
                        raise OperationError(
                            phase, "EOF" if isinstance(trouble, RemoteDisconnected) else trouble
                        ) from None
                    # A server may close an idle connection. A request that meets the close is sent
                    # again, as in any HTTP client (RFC 9112, section 9.3.1), and is not an error.
                    reused = False

        def operate():
            try:
                reply = begin()
                until_close = reply.length is None and not reply.chunked
                body = reply.read()
            except (IncompleteRead, OSError, HTTPException, ValueError) as trouble:
                connection.close()
                if isinstance(trouble, IncompleteRead):
                    trouble = "EOF"
                elif not isinstance(trouble, OSError):
                    trouble = "MALFORMED"
                raise OperationError("receive", trouble) from None
            check(reply.status, body, until_close)

        return operate

    async def open_async(self, number):
        from .http_reply import Malformed, NothingCame, read_body, read_head

        server, check, limit = self.server, self._check, 1 << 16
        # The same bytes as http.client sends.
        host = server.name[: -len(":80")] if server.name.endswith(":80") else server.name
        request = f"GET {self.target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\r\n".encode(
            "ascii"
        )
        try:
            reader, writer = await server.connect_streams(limit)
        except OperationError as trouble:
            raise server.refused(trouble) from None

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
                except (NothingCame, OSError) as trouble:
                    drop()
                    if not reused:
                        raise OperationError(
                            phase, trouble if isinstance(trouble, OSError) else "EOF"
                        ) from None
                    reused = False  # as in the blocking form: closed while it was idle

        async def operate():
            try:
                head = await begin()
                body = await read_body(reader, head)
            except (EOFError, OSError, Malformed) as trouble:
                drop()
                if isinstance(trouble, EOFError):  # asyncio's IncompleteReadError is one
                    trouble = "EOF"
                elif isinstance(trouble, Malformed):
                    trouble = "MALFORMED"
                raise OperationError("receive", trouble) from None
            if not head.lasting:
                drop()
            check(head.status, body, head.until_close)

        return operate
