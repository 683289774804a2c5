"""Loopback servers for tests of cells, with correct or chosen faulty replies."""
import socket
import struct
import threading
from urllib.parse import parse_qs, urlsplit


class Server:
    """Accepts connections and serves each in a thread until it is closed. A context manager."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open = set()
        self.accepted = 0
        self.endpoint = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._listener.shutdown(
            socket.SHUT_RDWR
        )  # close alone does not wake a thread that waits in accept
        self._listener.close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(connection)
        try:
            with connection:
                self.serve(connection)
        except OSError:
            pass
        finally:
            self._open.discard(connection)


class EchoServer(Server):
    """Echoes messages of `size` bytes.

    `messages`: a connection is closed after this number; None: never. `reset`: it is closed with a
    reset. `wrong`: the last byte of each echo is changed.
    """

    def __init__(self, size, messages=None, reset=False, wrong=False):
        self.size, self.messages, self.reset, self.wrong = size, messages, reset, wrong
        self.seen = []
        super().__init__()

    def serve(self, connection):
        answered = 0
        while message := receive(connection, self.size):
            self.seen.append(message)
            if answered == self.messages:
                if self.reset:
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                return
            if self.wrong:
                message = message[:-1] + bytes([message[-1] ^ 1])
            connection.sendall(message)
            answered += 1


def receive(connection, size):
    """Receives exactly `size` bytes. Returns none if the peer has closed the connection."""
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            return b""
        received += more
    return received


class HttpServer(Server):
    """The path chooses the reply; `/body?bytes=N` gets the same one as from crossover's server."""

    def __init__(self):
        self.requests = []
        super().__init__()

    def serve(self, connection):
        lines = connection.makefile("rb")
        for number in range(1 << 30):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = lines.readline()
                if not line:
                    return
                head += line
            self.requests.append(head)
            url = urlsplit(head.split()[1].decode())
            if url.path == "/sleepy" and number == 2:
                return  # as after an idle timeout
            if url.path == "/cut":
                number = len(self.requests)
            reply, lasting = self.reply(url.path, parse_qs(url.query), number)
            connection.sendall(reply)
            if not lasting:
                lines.close()
                return

    @staticmethod
    def reply(path, query, number):
        """Returns the bytes of a reply, and whether to keep the connection.

        `number`: index of the request on its connection.
        """

        def whole(body, status="200 OK", more="", length=None):
            length = len(body) if length is None else length
            return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n".encode() + body

        body = bytes(
            (131 * i + i // 256) % 256 for i in range(int(query.get("bytes", ["1000"])[0]))
        )
        good = (whole(body), True)
        chunks = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1f4;x=y\r\n" + body[:500] + b"\r\n1F4\r\n" + body[500:1000] + b"\r\n"
        )
        return {
            "/body": good,
            "/sleepy": good,
            "/hinting": (b"HTTP/1.1 100 Continue\r\n\r\n" + good[0], True),
            "/moved": (whole(b"", "302 Found", "Location: /body\r\n"), True),
            "/missing": (whole(b"no", "404 Not Found"), True),
            "/truncated": (whole(body[:10], length=1000), False),
            "/silent": (b"", False),
            "/nonsense": (b"220 mail.example ESMTP\r\n\r\n", True),
            "/chunked": (chunks + b"0\r\nTrailer: x\r\n\r\n", True),
            "/chunked-truncated": (chunks, False),
            "/last": (whole(body, more="Connection: close\r\n"), False),
            "/cut": (b"HTTP/1.0 200 OK\r\n\r\n" + body[: 10 if number == 3 else 1000], False),
            "/until-close": (b"HTTP/1.0 200 OK\r\n\r\n" + body, False),
            "/changing": (whole(b"%d" % number), True),
            "/every-third-fails": (whole(b"", "503 Busy"), True) if number % 3 == 2 else good,
        }[path]
