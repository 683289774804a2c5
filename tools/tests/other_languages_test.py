"""The cells in other languages than C++ and Python, with each workload and with faulty servers."""

import hashlib
import os
import pathlib
import signal
import sys
import time
import unittest

from program import SOURCE, Cell, TempDirTest, crossover, listed

sys.path.insert(0, str(SOURCE / "tools/cells"))
from servers_for_test import EchoServer

CLOSED = {False: "receive:EOF", True: "receive:ECONNRESET"}  # by whether the server resets


def commands():
    """Returns the command of each cell that is installed, by its model."""
    document = listed("--workload", "sleep", "--cores", 1, "--in-flight", 1)
    reasons = {cell["model"]: cell["reason"] for cell in document["cells"]}
    found = {}
    for model in document["models"]:
        if not model["program"] or model["program"].endswith(".py"):
            continue
        if reasons[model["name"]]:
            print(f"not tested: {model['name']}: {reasons[model['name']]}")
        else:
            found[model["name"]] = model["command"]
    return found


COMMANDS = commands()


class OtherLanguages(unittest.TestCase):
    def each_cell(self, workload, in_flight=3, endpoint="", **parameters):
        """Yields each cell, prepared, with the reply to prepare."""
        for model, command in COMMANDS.items():
            with self.subTest(model=model, workload=workload), Cell(command=command) as cell:
                reply = cell.prepare(
                    workload, "any", (0, 1), in_flight, parameters=parameters, endpoint=endpoint
                )
                yield cell, reply

    def check_sample(self, reply, operations):
        self.assertIn("sample", reply)
        sample = reply["sample"]
        self.assertEqual((sample["operations"], sample["errors"]), (operations, {}))
        self.assertEqual(sum(sample["worker_operations"]), operations)
        latency = sample["latency"]
        self.assertEqual(latency["count"], operations)
        self.assertEqual(sum(count for _, _, count in latency["bins"]), operations)
        lower, upper, _ = latency["bins"][-1]
        self.assertTrue(lower <= latency["max"] < upper, latency)
        self.assertGreaterEqual(sample["drain_s"], 0)
        self.assertGreater(sample["cpu_user_s"] + sample["cpu_system_s"], 0)
        return sample

    def check_workload(self, *arguments, **options):
        for cell, reply in self.each_cell(*arguments, **options):
            ready = reply["ready"]
            self.assertEqual(ready["protocol"], 2)
            self.assertGreater(ready["base_rss_bytes"], 1 << 20)
            self.assertTrue([key for key in ready["environment"] if key.endswith("_hashing")])
            for operations in (20, 4, 1):  # 1 is fewer than the lanes
                self.check_sample(cell.ask({"run": {"operations": operations}}), operations)
            windows = {"seconds": 0.1, "lead_s": 0.02, "stagger_s": 0.01}
            sample = cell.ask({"run": windows})["sample"]
            self.assertGreater(sample["operations"], 0)
            self.assertGreaterEqual(sample["wall_s"], 0.1)
            yield sample
            finished = cell.ask({"finish": {}})["finished"]
            self.assertGreater(finished["peak_rss_bytes"], 1 << 20)
            self.assertEqual(cell.process.wait(60), 0)
            self.assertEqual(cell.process.stderr.read(), "")

    def test_hashing(self):
        pattern = bytes((131 * i + i // 256) % 256 for i in range(4096))
        for sample in self.check_workload("hashing", bytes="4KiB"):
            self.assertEqual(sample["checksum"], hashlib.sha256(pattern).hexdigest())

    def test_network(self):
        for size in (5, 64, 100_000):
            with EchoServer(size) as echo:
                for _ in self.check_workload("network", bytes=str(size), endpoint=echo.endpoint):
                    pass

    def test_mixed(self):
        for sample in self.check_workload("mixed", cpu="200us", wait="2ms"):
            self.assertGreaterEqual(sample["latency"]["bins"][0][1], 2_000_000)
        with EchoServer(64) as echo:
            for _ in self.check_workload("mixed", io="network", endpoint=echo.endpoint):
                pass

    def test_messages_are_the_documented_ones(self):
        for model in COMMANDS:
            with EchoServer(10) as echo, Cell(command=COMMANDS[model]) as cell:
                with self.subTest(model):
                    cell.prepare(
                        "network", "any", (0,), 2, parameters={"bytes": 10}, endpoint=echo.endpoint
                    )
                    cell.ask({"run": {"operations": 4}})
                    expected = [
                        turn.to_bytes(8, "little")
                        + bytes((31 * lane + 7 * i) % 256 for i in (8, 9))
                        for lane in (0, 1)
                        for turn in (1, 2)
                    ]
                    self.assertEqual(sorted(map(bytes, echo.seen)), sorted(expected))

    def test_closed_connection_is_counted_and_the_lane_reconnects(self):
        for reset, name in CLOSED.items():
            with EchoServer(64, messages=2, reset=reset) as echo:
                for cell, _ in self.each_cell("network", endpoint=echo.endpoint):
                    sample = cell.ask({"run": {"operations": 18}})["sample"]
                    self.assertEqual((sample["operations"], sample["errors"]), (12, {name: 6}))

    def test_wrong_echo_fails_the_cell(self):
        with EchoServer(64, wrong=True) as echo:
            for cell, _ in self.each_cell("network", endpoint=echo.endpoint):
                for run in {"operations": 6}, {"seconds": 3600}:  # the second one ends early
                    error = cell.ask({"run": run})["error"]
                    self.assertEqual(error["kind"], "failed")
                self.assertIn("finished", cell.ask({"finish": {}}))

    def test_missing_server_fails_prepare(self):
        echo = EchoServer(64)
        echo.close()
        for _, reply in self.each_cell("network", endpoint=echo.endpoint):
            self.assertEqual(reply["error"]["kind"], "failed")
            self.assertIn("ECONNREFUSED", reply["error"]["message"])

    def test_malformed_parameters_are_refused(self):
        for name, text in (("delay", "ten"), ("delay", "10"), ("delay", "-1ms")):
            for _, reply in self.each_cell("sleep", **{name: text}):
                self.assertEqual(reply["error"]["kind"], "invalid", text)
        for _, reply in self.each_cell("hashing", algorithm="md5"):
            self.assertEqual(reply["error"]["kind"], "unsupported")


class WithoutOpenLoop(TempDirTest):
    def test_cell_is_skipped_with_the_reason(self):
        if not COMMANDS:
            self.skipTest("no cell in another language is installed")
        completed = crossover(
            *("run", "--workload", "sleep:delay=1ms", "--model", next(iter(COMMANDS))),
            *("--cores", 1, "--in-flight", 2, "--rate", 100, "--repetitions", 1, "--out", self.out),
        )
        self.assertEqual(completed.returncode, 0, completed.stdout + completed.stderr)
        (cell,) = self.results()["crossover"]["cells"]
        self.assertEqual(cell["status"], "skipped")
        self.assertIn("no open loop", cell["reason"])


class Crash(TempDirTest):
    def test_leaves_no_file(self):
        before = set(pathlib.Path("/tmp").glob("hsperfdata_*/*"))
        for model, command in COMMANDS.items():
            with self.subTest(model=model):
                with Cell("env", "-C", self.directory, command=command) as cell:
                    self.assertIn("ready", cell.prepare("hashing", "any", (0,), 2))
                    while cell.process.poll() is None:  # Rust ignores the first one
                        cell.process.send_signal(signal.SIGSEGV)
                        time.sleep(0.02)
                    self.assertNotEqual(cell.process.returncode, 0)
                self.assertEqual(os.listdir(self.directory), [])
        left = set(pathlib.Path("/tmp").glob("hsperfdata_*/*")) - before
        self.assertEqual(left, set())


if __name__ == "__main__":
    unittest.main()
