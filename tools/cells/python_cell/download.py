"""`download`: GET over HTTP/1.1 with keep-alive. http.client on threads and in processes, asyncio's streams on a loop."""
import hashlib
import threading
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from urllib.parse import urlsplit

from .connections import Server, split_endpoint
from .errors import CellError, OperationError, WrongResult
from .pattern import pattern


def split_url(url):
    """Host, port and request target of an http URL. Raises CellError."""
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
    # What http.client would refuse in a request line later, it is better to refuse now.
    printable = all("!" <= letter <= "~" for letter in url)
    if parts.scheme != "http" or not host or parts.username is not None or not printable:
        raise CellError(
            "invalid", f"download: '{url}' is not an http URL; write http://HOST:PORT/PATH"
        )
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Connection(HTTPConnection):
    """http.client's connection, over sockets that are opened the way all of this cell are."""

    def __init__(self, server):
        super().__init__(server.name)
        self._server = server

    def connect(self):
        self.sock = self._server.connect()


class Download:
    def __init__(self, values, endpoint):
        self._reference = None  # the body that is asked for, or, with `url`, the first that came
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
        """Compares a reply with the reference. `until_close`: nothing but the connection's end told where the body ends."""
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
            raise OperationError("receive", "EOF")  # a lost connection looks like that
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
            """Sends a request and awaits the head of its reply."""
            reused = connection.sock is not None
            while True:
                phase = "send"
                try:
                    connection.request(
                        "GET", target
                    )  # connects, where an error or a reply has ended the connection
                    phase = "receive"
                    return connection.getresponse()
                except OperationError:
                    connection.close()  # or else http.client takes its request for one that is under way
                    raise
                except OSError as trouble:
                    connection.close()
                    if not reused:
                        raise OperationError(
                            phase, "EOF" if isinstance(trouble, RemoteDisconnected) else trouble
                        ) from None
                    # A server may close a connection that rests. The request that meets the close is sent again, as any
                    # HTTP client does (RFC 9112, section 9.3.1): no error.
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
        # Byte for byte what http.client sends.
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
                    reused = False  # as in the blocking form: it was closed while it rested

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
