"""TCP connections to a workload's server."""
import socket

from .errors import CellError, OperationError


def split_endpoint(endpoint):
    """Returns host and port of `HOST:PORT` or `[HOST]:PORT`. Raises CellError (invalid)."""
    host, _, port = endpoint.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise CellError(
            "invalid",
            f"'{endpoint}' is not an endpoint; expected HOST:PORT, for example 127.0.0.1:4000",
        )
    return host, int(port)


class Server:
    """Addresses of a server, resolved once, so that reconnecting does not wait for a resolver."""

    def __init__(self, host, port):
        self.name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            self.addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as e:
            raise CellError(
                "invalid", f"cannot resolve the host '{host}': {e}; correct the endpoint"
            ) from None

    def connect(self):
        """Returns a connected, blocking socket with TCP_NODELAY. Raises OperationError."""
        failure = None
        for family, kind, protocol, _, address in self.addresses:
            connection = self._open(family, kind, protocol)
            try:
                connection.connect(address)
                return connection
            except OSError as e:
                connection.close()
                failure = e
        raise OperationError("connect", failure)

    async def connect_streams(self, limit=1 << 16):
        """Returns asyncio's reader, which buffers about `limit` bytes, and writer.

        Raises OperationError.
        """
        import asyncio  # already loaded by the model; models without an event loop never need it

        async def connect(connection, address):
            await asyncio.get_running_loop().sock_connect(connection, address)
            return await asyncio.open_connection(sock=connection, limit=limit)

        return await self.connect_with(connect)

    async def connect_with(self, connect):
        """Returns a non-blocking socket that the coroutine `connect` has connected to an address.

        Raises OperationError.
        """
        failure = None
        for family, kind, protocol, _, address in self.addresses:
            connection = self._open(family, kind, protocol)
            connection.setblocking(False)
            try:
                return await connect(connection, address)
            except OSError as e:
                connection.close()
                failure = e
        raise OperationError("connect", failure)

    def connection_error(self, error):
        """Returns the error to report if the first connection of a lane fails."""
        if error.phase == "socket":
            return CellError("resource", f"no socket for a lane ({error.name}); reduce in_flight")
        return CellError(
            "failed",
            f"no connection to {self.name} ({error.name}); "
            "start a server there or correct the endpoint",
        )

    @staticmethod
    def _open(family, kind, protocol):
        try:
            connection = socket.socket(family, kind, protocol)
        except OSError as e:
            raise OperationError("socket", e) from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class AsyncioConnection:
    """A connection on asyncio's event loop; `receive` returns exactly as many bytes as asked."""

    def __init__(self, reader, writer):
        self.receive = reader.readexactly
        self._writer = writer

    @classmethod
    async def open(cls, server, size):
        return cls(*await server.connect_streams(max(1 << 16, size)))

    async def send(self, message):
        self._writer.write(message)
        await self._writer.drain()

    def abort(self):
        self._writer.transport.abort()
