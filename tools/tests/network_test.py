"""Cells and their server in two network namespaces, joined by a link with a delay."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

from program import PROGRAM, TIMEOUT_S, TempDirTest
from slurm_for_test import SEARCH_PATH, die_with_parent

DELAY_S = 0.005
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
IN_FLIGHT = 4


def relay(listening, port, delay_s):
    """Forwards connections to `port` on this host. What the client sends arrives after a delay."""

    def forward(source, target, wait_s):
        while piece := source.recv(65536):
            time.sleep(wait_s)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)

    while True:
        client, _ = listening.accept()
        server = socket.create_connection((SERVER, port))
        for a, b, wait_s in ((client, server, delay_s), (server, client, 0)):
            a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=forward, args=(a, b, wait_s), daemon=True).start()


class Namespace:
    """A network namespace that ends with this process."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo ready; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.holder.stdout.readline()
        self.enter = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]

    def run(self, command, **options):
        return subprocess.run(
            [*self.enter, *command.split()], env=TOOLS, capture_output=True, text=True, **options
        )

    def close(self):
        self.holder.communicate()


TOOLS = os.environ | {"PATH": SEARCH_PATH}


def reason_to_skip():
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program, package in (("ip", "iproute2"), ("nsenter", "util-linux")):
        if not shutil.which(program, path=SEARCH_PATH):
            return f"not installed: {package}"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        return "no network namespaces"
    return ""


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class Network(TempDirTest):
    def setUp(self):
        super().setUp()
        self.far, self.near = Namespace(), Namespace()
        self.addCleanup(self.far.close)
        self.addCleanup(self.near.close)
        self.far.run(
            f"ip link add far type veth peer name near netns {self.near.holder.pid}", check=True
        )
        for space, device, address in ((self.far, "far", SERVER), (self.near, "near", CLIENT)):
            space.run("ip link set lo up", check=True)
            space.run(f"ip address add {address}/24 dev {device}", check=True)
            space.run(f"ip link set {device} up", check=True)

    def start(self, *command):
        """Starts a program on the far side; returns the port that it prints."""
        process = subprocess.Popen(
            [*self.far.enter, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.terminate)
        return int(process.stdout.readline().rsplit(":")[-1])

    def serve(self, workload="network"):
        return self.start(PROGRAM, "serve", workload, "--address", SERVER)

    def delayed(self, port):
        """Delays what the near side sends, with netem if the kernel has it; returns the port."""
        netem = f"tc qdisc add dev near root netem delay {DELAY_S * 1000:g}ms"
        if shutil.which("tc", path=SEARCH_PATH) and self.near.run(netem).returncode == 0:
            return port
        return self.start(sys.executable, "-B", __file__, "relay", port)

    def measure(self, command, endpoint, *arguments, workload="network"):
        completed = subprocess.run(
            [*command, PROGRAM, "run", "--workload", workload]
            + ["--model", "event_loop,thread_pool,python_asyncio", "--cores", "1"]
            + ["--in-flight", str(IN_FLIGHT), "--repetitions", "2", "--seconds", "0.1"]
            + ["--endpoint", f"{workload}={endpoint}", *arguments, "--out", str(self.out)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
        samples = []
        for name, cell in self.cells().items():
            self.assertEqual((cell["status"], len(cell["samples"])), ("ok", 2), name)
            for sample in cell["samples"]:
                self.assertEqual(sample["errors"], {}, name)
                self.assertGreater(sample["operations"], 0, name)
            samples += cell["samples"]
        return samples

    def check_arithmetic(self, samples):
        """Checks that no operation was shorter than the delay, and no throughput above it."""
        for sample in samples:
            shortest_ns = sample["latency"]["bins"][0][1]
            self.assertGreaterEqual(shortest_ns, DELAY_S * 1e9)
            # The two edges of a window cut up to one operation per lane.
            most = IN_FLIGHT * (sample["wall_s"] / DELAY_S + 2)
            self.assertLessEqual(sample["operations"], most)

    def test_endpoint_in_another_namespace(self):
        self.measure(self.near.enter, f"{SERVER}:{self.serve()}")

    def test_cells_behind_a_launcher_reach_the_endpoint(self):
        launcher = " ".join(self.near.enter)
        self.measure([], f"{SERVER}:{self.serve()}", "--launcher", launcher)

    def test_delay_of_the_link_is_in_every_operation(self):
        port = self.delayed(self.serve())
        self.check_arithmetic(self.measure(self.near.enter, f"{SERVER}:{port}"))

    def test_delay_of_the_link_is_in_every_download(self):
        port = self.delayed(self.serve("download"))
        samples = self.measure(self.near.enter, f"{SERVER}:{port}", workload="download")
        self.check_arithmetic(samples)

    def test_lost_packets_are_sent_again(self):
        netem = "tc qdisc add dev near root netem delay 5ms loss 0.5%"
        if not shutil.which("tc", path=SEARCH_PATH) or self.near.run(netem).returncode != 0:
            self.skipTest("the kernel or iproute2 has no netem")
        self.check_arithmetic(self.measure(self.near.enter, f"{SERVER}:{self.serve()}"))

    def test_hosts_run_servers_for_each_other(self):
        hosts = self.directory / "hosts"
        hosts.write_text(
            f"{SERVER} {' '.join(self.far.enter)} {PROGRAM} host\n"
            f"{CLIENT} {' '.join(self.near.enter)} {PROGRAM} host\n"
        )
        completed = subprocess.run(
            [PROGRAM, "run", "--workload", "network", "--model", "event_loop,python_asyncio"]
            + ["--cores", "1", "--in-flight", "4", "--repetitions", "4", "--seconds", "0.04"]
            + ["--hosts", hosts, "--server-on", "other", "--out", str(self.out)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, 0, completed.stderr)
        for cell in self.cells().values():
            pairs = {(sample["host"], sample["server_host"]) for sample in cell["samples"]}
            self.assertEqual(pairs, {(0, 1), (1, 0)})

    def test_server_that_the_cells_cannot_reach_is_named(self):
        completed = subprocess.run(
            [PROGRAM, "run", "--workload", "network", "--model", "event_loop"]
            + [
                "--launcher",
                " ".join(self.near.enter),
                "--cores",
                "1",
                "--in-flight",
                "1",
                "--endpoint",
                f"network={SERVER}:9",
            ]
            + ["--repetitions", "1", "--grace", "1", "--out", str(self.out)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, 1, completed.stderr)
        (cell,) = self.cells().values()
        self.assertEqual((cell["status"], cell["samples"]), ("failed", []))
        self.assertIn(SERVER, cell["reason"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["relay"]:
        listening = socket.create_server((SERVER, 0))
        print(f"listening {SERVER}:{listening.getsockname()[1]}", flush=True)
        relay(listening, int(sys.argv[2]), DELAY_S)
    else:
        unittest.main()
