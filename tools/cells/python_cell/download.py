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
        raise CellError("invalid", f"download: '{url}' is not a URL ({trouble}); write http://HOST:PORT/PATH") from None
    if parts.scheme == "https":
        raise CellError("unsupported", f"download: '{url}' wants encryption, which this workload leaves out; use http://")
    # What http.client would refuse in a request line later, it is better to refuse now.
    printable = all("!" <= letter <= "~" for letter in url)
    if parts.scheme != "http" or not host or parts.username is not None or not printable:
        raise CellError("invalid", f"download: '{url}' is not an http URL; write http://HOST:PORT/PATH")
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
        self._known = None  # the reference digest: of the known body, or, with `url`, of the first reply
        self._first = threading.Lock()
        if values["url"]:
            host, port, self.target = split_url(values["url"])
            self.bytes = None
        else:
            host, port = split_endpoint(endpoint)
            self.bytes = values["bytes"]
            self.target = f"/body?bytes={self.bytes}"
            self._known = hashlib.sha256(pattern(self.bytes)).digest()
        self.server = Server(host, port)

    @property
    def checksum(self):
        return self._known.hex() if self._known else None

    def _check(self, body):
        """Compares a body, whose length is that which its own header told, with the reference."""
        digest = hashlib.sha256(body).digest()
        if digest == self._known:
            return
        with self._first:
            if self._known is None:
                self._known = digest
            if digest != self._known:
                other = "the first one" if self.bytes is None else f"the {self.bytes} bytes asked for"
                raise WrongResult(f"a body of {len(body)} bytes differs from {other}")

    def open_blocking(self, number):
        check, target = self._check, self.target
        connection = Connection(self.server)
        try:
            connection.connect()
        except OperationError as trouble:
            raise self.server.refused(trouble) from None

        def failed(phase, reason):
            connection.close()
            return OperationError(phase, reason)

        def operate():
            phase = "send"
            try:
                connection.request("GET", target)  # connects anew after an error, and where a reply ended the connection
                phase = "receive"
                reply = connection.getresponse()
                status = reply.status
                body = reply.read() if status == 200 else None
            except (IncompleteRead, RemoteDisconnected):
                raise failed(phase, "EOF") from None
            except OSError as trouble:
                raise failed(phase, trouble) from None
            except (HTTPException, ValueError):
                raise failed(phase, "MALFORMED") from None
            if status != 200:
                raise failed("status", str(status))
            check(body)
        return operate

    async def open_async(self, number):
        from .http_reply import Malformed, read_reply

        server, check, limit = self.server, self._check, 1 << 16
        # Byte for byte what http.client sends.
        host = server.name[:-len(":80")] if server.name.endswith(":80") else server.name
        request = f"GET {self.target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\r\n".encode("ascii")
        try:
            reader, writer = await server.connect_streams(limit)
        except OperationError as trouble:
            raise server.refused(trouble) from None

        def failed(phase, reason):
            nonlocal writer
            writer.transport.abort()
            writer = None
            return OperationError(phase, reason)

        async def operate():
            nonlocal reader, writer
            if writer is None:
                reader, writer = await server.connect_streams(limit)
            phase = "send"
            try:
                writer.write(request)
                await writer.drain()
                phase = "receive"
                status, body, lasting = await read_reply(reader)
            except EOFError:  # asyncio's IncompleteReadError is one
                raise failed(phase, "EOF") from None
            except OSError as trouble:
                raise failed(phase, trouble) from None
            except Malformed:
                raise failed(phase, "MALFORMED") from None
            if status != 200:
                raise failed("status", str(status))
            if not lasting:
                writer.close()
                writer = None
            check(body)
        return operate
