"""Security: sockets on loopback, private files, servers that outlast silent clients."""

import glob
import os
import pathlib
import resource
import select
import socket
import stat
import subprocess
import time
import unittest

from program import PROGRAM, TIMEOUT_S, Server, TempDirTest, crossover, descendants_of, listed

LOOPBACK = {"tcp": {"0100007F"}, "tcp6": {"0" * 24 + "01000000"}}
LISTENING = "0A"
CLIENTS = 500
KIB = 1024


def has_postgresql():
    cells = listed("--workload", "query:engine=postgresql", "--model", "serial")["cells"]
    return "no PostgreSQL" not in cells[0]["reason"]


def sockets_of(pids):
    """Returns the inodes of the sockets that these processes have open."""
    inodes = set()
    for pid in pids:
        for entry in glob.glob(f"/proc/{pid}/fd/*"):
            try:
                target = os.readlink(entry)
            except OSError:
                continue  # closed since
            if target.startswith("socket:["):
                inodes.add(target[len("socket:[") : -1])
    return inodes


def listening_addresses(pids):
    """Returns (table, address) of each listening TCP socket of these processes."""
    inodes = sockets_of(pids)
    addresses = set()
    for table in ("tcp", "tcp6"):
        path = pathlib.Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                addresses.add((table, fields[1].split(":")[0]))
    return addresses


def family_of(process):
    return {process.pid} | descendants_of(process.pid)


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Listening(TempDirTest):
    def assert_loopback(self, addresses):
        for table, address in addresses:
            self.assertIn(address, LOOPBACK[table], table)

    def test_servers_listen_on_loopback_unless_an_address_is_given(self):
        for workload in ("network", "download"):
            with self.subTest(workload), Server(workload) as server:
                addresses = listening_addresses(family_of(server.process))
                self.assertEqual(len(addresses), 1)
                self.assert_loopback(addresses)
        with Server("network", "--address", "0.0.0.0") as server:
            self.assertEqual(
                listening_addresses(family_of(server.process)),
                {("tcp", "00000000")},
                "the test sees other addresses",
            )

    def test_run_listens_on_loopback_only(self):
        workloads = ["network", "download"] + ["query:engine=postgresql"] * has_postgresql()
        flags = [flag for name in workloads for flag in ("--workload", name)]
        models = ["--model", "event_loop", "--model", "processes", "--model", "python_asyncio"]
        seen = set()
        with subprocess.Popen(
            [PROGRAM, "run", *flags, *models, "--cores", "1", "--in-flight", "2"]
            + ["--seconds", "0.2", "--repetitions", "1", "--out", str(self.out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as run:
            while run.poll() is None:
                seen |= listening_addresses(family_of(run))
                time.sleep(0.02)
        self.assertEqual(run.returncode, 0)
        self.assertTrue(seen)
        self.assert_loopback(seen)


class Private(TempDirTest):
    def test_files_of_servers_are_private(self):
        engines = ["sqlite"] + ["postgresql"] * has_postgresql()
        self.directory.chmod(0o711)  # PostgreSQL runs as another user if the test runs as root
        os.environ["TMPDIR"] = str(self.directory)
        self.addCleanup(os.environ.pop, "TMPDIR")
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        for engine in engines:
            with self.subTest(engine), Server("query", "--engine", engine, "--rows", 10) as server:
                (directory,) = self.directory.glob("crossover-*")
                self.assertRegex(directory.name, r"^crossover-.*\w{6}$")
                self.assertIn(str(directory), server.endpoint)
                self.assertEqual(stat.S_IMODE(directory.stat().st_mode), 0o700)
                for path in directory.rglob("*"):
                    mode = path.lstat().st_mode
                    if not stat.S_ISSOCK(mode):
                        self.assertEqual(mode & 0o077, 0, path)
                for path in directory.rglob("pg_hba.conf"):
                    self.assert_no_trust_over_tcp(path.read_text())
                    self.assertEqual(listening_addresses(family_of(server.process)), set())
        self.assertEqual(list(self.directory.glob("crossover-*")), [])

    def assert_no_trust_over_tcp(self, text):
        rules = [line.split() for line in text.splitlines() if line and line[0] != "#"]
        methods = {rule[-1] for rule in rules if rule[0].startswith("host")}
        self.assertEqual(methods, {"reject"})

    def test_links_beside_the_output_are_not_followed(self):
        victim = self.directory / "victim"
        victim.write_text("precious")
        out = self.directory / "out" / "results.json"
        out.parent.mkdir()
        out.symlink_to(victim)
        for pid in range(os.getpid(), os.getpid() + 200):  # guesses of a temporary name
            (out.parent / f"results.json.{pid}.tmp").symlink_to(victim)
        cell = "--workload noop --model serial --cores 1 --in-flight 1 --seconds 0.02"
        completed = crossover("run", *cell.split(), "--repetitions", "1", "--out", out, "--force")
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertEqual(victim.read_text(), "precious")
        self.assertFalse(out.is_symlink())


class Hostile:
    """Clients of one server that send nothing, a part of a request, or a byte now and then."""

    def __init__(self, endpoint, part):
        host, port = endpoint.rsplit(":", 1)
        self.part = part
        self.sockets = [socket.create_connection((host, int(port))) for _ in range(CLIENTS)]
        for client in self.sockets:
            client.setblocking(False)
        for client in self.sockets[::3]:
            self.send(client, part)
        self.slow = self.sockets[1::3]

    def send_slowly(self, position):
        for client in self.slow:
            self.send(client, self.part[position % len(self.part) :][:1])

    def send(self, client, data):
        try:
            client.send(data)
        except OSError:
            pass  # the server has closed it

    def closed(self):
        """Returns how many connections the server has closed."""
        ready = select.poll()
        for client in self.sockets:
            ready.register(client, select.POLLIN | select.POLLRDHUP)
        return sum(1 for _, event in ready.poll(0) if event & (select.POLLRDHUP | select.POLLHUP))

    def close(self):
        for client in self.sockets:
            client.close()


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


class Servers(unittest.TestCase):
    """`--idle 2s` stands for the ten minutes of the default."""

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        if hard < 2 * CLIENTS:
            self.skipTest(f"needs a descriptor limit of {2 * CLIENTS}")

    def exchange(self, endpoint, request, size):
        host, port = endpoint.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
            for _ in range(20):
                connection.sendall(request)
                received = 0
                while received < size:
                    piece = connection.recv(size - received)
                    self.assertTrue(piece, "closed during an exchange")
                    received += len(piece)

    def check_silent_and_slow_clients(self, arguments, part, request, reply_size):
        with Server(*arguments, "--idle", "2s") as server:
            self.exchange(server.endpoint, request, reply_size)
            before = resident_bytes(server.process.pid)
            hostile = Hostile(server.endpoint, part)
            self.addCleanup(hostile.close)
            self.exchange(server.endpoint, request, reply_size)
            cost = (resident_bytes(server.process.pid) - before) / CLIENTS
            self.assertLess(cost, 64 * KIB)
            position = -1

            def all_closed():
                nonlocal position
                position += 1
                hostile.send_slowly(position)
                return hostile.closed() == CLIENTS

            self.assertTrue(wait_until(all_closed), f"{hostile.closed()} of {CLIENTS} are closed")
            self.exchange(server.endpoint, request, reply_size)

    def test_echo_server_closes_silent_and_slow_clients(self):
        size = 64 * KIB
        self.check_silent_and_slow_clients(
            ("network", "--bytes", size), b"x" * 10, b"x" * size, size
        )

    def test_http_server_closes_silent_and_slow_clients(self):
        request = b"GET /body?bytes=1 HTTP/1.1\r\nHost: x\r\n\r\n"
        with Server("download") as server:
            host, port = server.endpoint.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
                connection.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                size = len(b"".join(iter(lambda: connection.recv(4096), b"")))
        size -= len(b"Connection: close\r\n")
        self.check_silent_and_slow_clients(("download",), request[:-3], request, size)

    def test_client_that_uses_its_connection_stays(self):
        with Server("network", "--bytes", 8, "--idle", "3s") as server:
            host, port = server.endpoint.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
                for _ in range(9):
                    time.sleep(0.5)
                    connection.sendall(b"12345678")
                    self.assertEqual(connection.recv(8, socket.MSG_WAITALL), b"12345678")

    def test_delay_longer_than_the_idle_time_is_not_idle(self):
        with Server("network", "--bytes", 8, "--idle", "0.1s", "--delay", "1s") as server:
            host, port = server.endpoint.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
                connection.sendall(b"12345678")
                self.assertEqual(connection.recv(8, socket.MSG_WAITALL), b"12345678")

    def test_more_clients_than_descriptors_are_refused_at_once(self):
        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        process = subprocess.Popen(
            [PROGRAM, "serve", "network", "--bytes", "8", "--idle", "2s"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=few_descriptors,
        )
        with process:
            endpoint = process.stdout.readline().removeprefix("listening ").strip()
            hostile = Hostile(endpoint, b"x")
            self.addCleanup(hostile.close)
            self.assertTrue(wait_until(lambda: hostile.closed() >= CLIENTS - 60))
            self.assertTrue(wait_until(lambda: hostile.closed() == CLIENTS))
            self.exchange(endpoint, b"12345678", 8)
            process.stdin.close()
            self.assertEqual(process.wait(TIMEOUT_S), 0)


if __name__ == "__main__":
    unittest.main()
