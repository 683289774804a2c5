"""`network`: send a message and wait for its echo."""
import struct
from socket import MSG_WAITALL

from .connections import Server, split_endpoint
from .errors import OperationError, WrongResult


def message_of(number, size):
    """Returns lane `number`'s message; each operation overwrites its first bytes with a counter."""
    period = bytes((31 * number + 7 * i) & 255 for i in range(256))
    return bytearray((period * (size // 256 + 1))[:size])


class Network:
    waits = True

    def __init__(self, values, endpoint):
        self.bytes = values["bytes"]
        self.server = Server(*split_endpoint(endpoint))
        self.checksum = None

    def _counter_writer(self, message):
        """Returns a function that writes a counter, little-endian, into the first 8 bytes."""
        if self.bytes >= 8:
            pack_into = struct.Struct("<Q").pack_into
            return lambda counter: pack_into(message, 0, counter)

        def write_short(counter):
            message[:] = counter.to_bytes(8, "little")[: len(message)]

        return write_short

    def open_blocking(self, number):
        server, size = self.server, self.bytes
        message, echo = message_of(number, self.bytes), bytearray(size)
        rest_of_echo = memoryview(echo)
        write_counter = self._counter_writer(message)
        counter = 0
        try:
            connection = server.connect()
        except OperationError as e:
            raise server.connection_error(e) from None

        def operate():
            nonlocal connection, counter
            if connection is None:
                connection = server.connect()
            counter += 1
            write_counter(counter)
            phase = "send"
            try:
                connection.sendall(message)
                phase = "receive"
                received = connection.recv_into(echo, size, MSG_WAITALL)
                while received < size:  # a signal or the end of the connection can truncate it
                    more = connection.recv_into(rest_of_echo[received:])
                    if more == 0:
                        raise OperationError(phase, "EOF")
                    received += more
            except OSError as e:
                connection.close()
                connection = None
                raise OperationError(phase, e) from None
            except OperationError:
                connection.close()
                connection = None
                raise
            if echo != message:
                raise WrongResult("an echo differs from what was sent")

        return operate

    async def open_async(self, number, sleep, connection_type):
        server, size = self.server, self.bytes
        message = message_of(number, self.bytes)
        write_counter = self._counter_writer(message)
        counter = 0
        try:
            connection = await connection_type.open(server, size)
        except OperationError as e:
            raise server.connection_error(e) from None

        async def operate():
            nonlocal connection, counter
            if connection is None:
                connection = await connection_type.open(server, size)
            counter += 1
            write_counter(counter)
            phase = "send"
            try:
                await connection.send(message)
                phase = "receive"
                echo = await connection.receive(size)
            except (OSError, EOFError) as e:  # asyncio's IncompleteReadError is an EOFError
                connection.abort()
                connection = None
                raise OperationError(phase, "EOF" if isinstance(e, EOFError) else e) from None
            if echo != message:
                raise WrongResult("an echo differs from what was sent")

        return operate
