"""Runs every model with every workload in the real python_cell.py, and against faulty servers."""
import hashlib
import platform
import struct
import unittest

from python_cell.pattern import pattern
from servers_for_test import EchoServer, HttpServer
from session_for_test import LOOPS, MODELS, TIMEOUT_S, Session

DOWNLOADERS = [model for model in MODELS if model != "python_trio"]


class MatrixTest(unittest.TestCase):
    """Every model with every workload and 1, 3 or 7 lanes: exact counts and complete samples."""

    WORKLOADS = {
        "noop": {},
        "sleep": {"delay": "1ms"},
        "hashing": {"bytes": "4KiB"},
        "network": {"bytes": 100},
        "download": {"bytes": "2KiB"},
        "mixed": {"cpu": "100us", "wait": "1ms"},
        "mixed:network": {"cpu": "0", "io": "network"},
    }

    def check_sample(self, sample, operations, lanes, model):
        self.assertEqual(sample["operations"], operations)
        shares = [operations // lanes + (i < operations % lanes) for i in range(lanes)]
        self.assertEqual(sample["worker_operations"], [operations] if model in LOOPS else shares)
        self.assertEqual(sample["errors"], {})
        self.assertGreater(sample["wall_s"], 0)
        for member in (
            "cpu_user_s",
            "cpu_system_s",
            "voluntary_switches",
            "involuntary_switches",
            "minor_faults",
            "major_faults",
        ):
            self.assertGreaterEqual(sample[member], 0)
        if operations == 2 and "latency" not in sample:
            return  # neither was drawn to be timed
        latency = sample["latency"]
        self.assertEqual(sum(count for _, _, count in latency["bins"]), latency["count"])
        self.assertTrue(
            any(lower <= latency["max"] < upper for lower, upper, _ in latency["bins"][-1:])
        )
        self.assertLessEqual(latency["max"], sample["wall_s"] * 1e9 + 1)
        if latency["sampling_interval"] == 1:
            self.assertEqual(latency["count"], operations)

    def run_cell(self, model, workload, lanes, endpoint):
        with Session(model) as cell:
            ready = cell.prepared(
                model, workload.partition(":")[0], lanes, self.WORKLOADS[workload], endpoint
            )
            self.assertEqual((ready["protocol"], ready["program"]), (2, "python_cell.py"))
            self.assertGreater(ready["base_rss_bytes"], 1 << 20)
            self.assertEqual(ready["environment"]["python"], platform.python_version())
            self.assertIs(type(ready["environment"]["python_free_threaded"]), bool)
            for operations in (11, 2):  # 2 operations are fewer than 3 lanes
                sample = cell.sample(operations=operations)
                self.check_sample(sample, operations, lanes, model)
            if workload == "hashing":
                self.assertEqual(sample["checksum"], hashlib.sha256(pattern(4096)).hexdigest())
            self.assertEqual(len(cell.workers()), lanes if model == "python_processes" else 0)
            self.assertGreater(cell.ask(finish={})["finished"]["peak_rss_bytes"], 1 << 20)
            self.assertEqual(cell.process.wait(TIMEOUT_S), 0)
            self.assertEqual(cell.process.stderr.read(), b"")
            self.assertEqual(cell.group(), [])

    def test_every_model_with_every_workload(self):
        with EchoServer(100) as echo, EchoServer(64) as short_echo, HttpServer() as http:
            endpoints = {
                "network": echo.endpoint,
                "mixed:network": short_echo.endpoint,
                "download": http.endpoint,
            }
            for model in MODELS:
                for i, workload in enumerate(self.WORKLOADS):
                    if workload == "download" and model not in DOWNLOADERS:
                        continue
                    for lanes in (
                        (1, 3, 7)
                        if workload in ("noop", "network", "download")
                        else ((1, 3, 7)[i % 3],)
                    ):
                        with self.subTest(model=model, workload=workload, lanes=lanes):
                            self.run_cell(model, workload, lanes, endpoints.get(workload))

    def test_runs_for_a_duration(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "noop", 3)
                first, second = cell.sample(seconds=0.05), cell.sample(seconds=0.05)
                for sample in (first, second):
                    self.assertEqual(sample["wall_s"], 0.05)
                    self.assertEqual(sum(sample["worker_operations"]), sample["operations"])
                self.assertEqual(first["latency"]["sampling_interval"], 1)
                # A noop is not timed every time, unless a busy machine made it long.
                every = second["latency"]["sampling_interval"]
                count = second["latency"]["count"]
                self.assertLessEqual(count, second["operations"])
                # Six standard deviations; the s.d. of a distance is at most 0.58 of the mean.
                self.assertAlmostEqual(
                    count,
                    second["operations"] / every,
                    delta=6 * 0.58 * count**0.5 + len(second["worker_operations"]),
                )
                self.assertEqual(cell.sample(operations=1001)["operations"], 1001)

    def test_counts_what_ends_in_the_window(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "sleep", 16, {"delay": "10ms"})
                sample = cell.sample(seconds=0.1, lead_s=0.015, stagger_s=0.01, series=True)
                self.assertEqual(sample["wall_s"], 0.1)
                # A lane ends at most 10 operations in 10 delays.
                self.assertGreater(sample["operations"], 0)
                self.assertLessEqual(sample["operations"], 160)
                self.assertEqual(sum(sample["worker_operations"]), sample["operations"])
                self.assertEqual(sample["latency"]["count"], sample["operations"])
                self.assertEqual(len(sample["series"]), 10)
                self.assertEqual(sum(sample["series"]), sample["operations"])
                self.assertGreaterEqual(sample["start_s"], 0)
                self.assertGreater(sample["drain_s"], 0)

    def test_lead_in_is_not_counted(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "sleep", 2, {"delay": "20ms"})
                with_lead = cell.sample(seconds=0.1, lead_s=0.2)
                self.assertLessEqual(with_lead["operations"], 2 * 5)
                self.assertEqual(with_lead["wall_s"], 0.1)

    def test_window_without_an_end_has_no_operations(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "sleep", 2, {"delay": "300ms"})
                sample = cell.sample(seconds=0.01, lead_s=0.01)
                self.assertEqual((sample["operations"], sample["errors"]), (0, {}))
                self.assertEqual(sum(sample["worker_operations"]), 0)
                self.assertNotIn("latency", sample)
                self.assertGreaterEqual(sample["drain_s"], 0.27)
                self.assertEqual(cell.sample(operations=2)["operations"], 2)

    def test_runs_an_open_loop(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "sleep", 3, {"delay": "1ms"})
                sample = cell.sample(seconds=0.3, lead_s=0.1, rate=100, schedule="constant")
                arrivals = sample["arrivals"]
                self.assertEqual(arrivals["due"], 30)
                self.assertLessEqual(arrivals["begun"], arrivals["due"])
                self.assertLessEqual(arrivals["late"], arrivals["begun"])
                self.assertEqual(sample["latency"]["count"], arrivals["begun"])
                self.assertEqual(sample["service"]["count"], arrivals["begun"])
                self.assertGreaterEqual(sample["latency"]["mean"], sample["service"]["mean"])
                self.assertGreaterEqual(sample["service"]["bins"][0][1], 1_000_000)
                self.assertEqual(sample["rate"], 100)
                self.assertGreater(cell.sample(seconds=0.2, rate=200, seed=7)["operations"], 0)
                for run in {"seconds": 0.01, "rate": 0.001}, {"seconds": 3600, "rate": 1e6}:
                    self.assertEqual(cell.ask(run=run)["error"]["kind"], "invalid")
                self.assertEqual(cell.sample(operations=5)["operations"], 5)

    def test_overloaded_open_loop_accounts_for_every_arrival(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "sleep", 2, {"delay": "50ms"})
                sample = cell.sample(seconds=0.3, rate=200, schedule="constant")
                arrivals = sample["arrivals"]
                self.assertEqual(arrivals["due"], 60)
                # Each of two lanes begins an operation every 50 ms, the first two on time.
                self.assertLessEqual(arrivals["begun"], 12)
                self.assertGreaterEqual(arrivals["late"], arrivals["begun"] - 2)
                self.assertEqual(sample["latency"]["count"], arrivals["begun"])

    def test_wrong_result_ends_a_long_run_at_once(self):
        with EchoServer(64, wrong=True) as echo:
            for model in (*LOOPS, "python_threads"):
                with self.subTest(model=model), Session(model) as cell:
                    cell.prepared(model, "network", 2, {}, echo.endpoint)
                    error = cell.ask(run={"seconds": 3600})["error"]  # otherwise it times out
                    self.assertEqual(error["kind"], "failed")


class NetworkTest(unittest.TestCase):
    def test_sends_the_documented_messages(self):
        for model in MODELS:
            for size in (5, 300):
                with self.subTest(model=model, size=size), EchoServer(size) as echo, Session(
                    model
                ) as cell:
                    cell.prepared(model, "network", 2, {"bytes": size}, echo.endpoint)
                    cell.sample(operations=4)
                    expected = []
                    for lane in range(2):
                        for turn in (1, 2):
                            message = bytes((31 * lane + 7 * i) % 256 for i in range(size))
                            expected.append((struct.pack("<Q", turn)[:size] + message[8:])[:size])
                    self.assertEqual(sorted(echo.seen), sorted(expected))
                    self.assertEqual(echo.accepted, 2)

    def test_sends_large_messages(self):
        for model in MODELS:
            with self.subTest(model=model), EchoServer(3 << 20) as echo, Session(model) as cell:
                cell.prepared(model, "network", 1, {"bytes": "3MiB"}, echo.endpoint)
                self.assertEqual(cell.sample(operations=2)["operations"], 2)

    def test_closed_connection_is_counted_and_the_lane_reconnects(self):
        for model in MODELS:
            for reset, name in ((False, "receive:EOF"), (True, "receive:ECONNRESET")):
                with self.subTest(model=model, name=name), EchoServer(
                    64, messages=2, reset=reset
                ) as echo, Session(model) as cell:
                    cell.prepared(model, "network", 3, {}, echo.endpoint)
                    sample = cell.sample(operations=18)
                    self.assertEqual((sample["operations"], sample["errors"]), (12, {name: 6}))
                    self.assertEqual(sample["latency"]["count"], 12)

    def test_wrong_echo_fails_the_cell(self):
        for model in MODELS:
            with self.subTest(model=model), EchoServer(64, wrong=True) as echo, Session(
                model
            ) as cell:
                cell.prepared(model, "network", 3, {}, echo.endpoint)
                for _ in range(2):
                    error = cell.ask(run={"operations": 6})["error"]
                    self.assertEqual(error["kind"], "failed")
                    self.assertIn("echo differs", error["message"])
                self.assertIn("finished", cell.ask(finish={}))

    def test_missing_server_fails_prepare(self):
        echo = EchoServer(64)
        echo.close()
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                error = cell.prepare(model, "network", 3, {}, echo.endpoint)["error"]
                self.assertEqual(error["kind"], "failed")
                self.assertIn("connect:ECONNREFUSED", error["message"])
                self.assertEqual(cell.workers(), [])
                cell.prepared(model, "noop")  # the cell process is still usable

    def test_lost_server_fails_the_run(self):
        for model in MODELS:
            echo = EchoServer(64)
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "network", 3, {}, echo.endpoint)
                cell.sample(operations=3)
                echo.close()
                error = cell.ask(run={"operations": 9})["error"]
                self.assertEqual(error["kind"], "failed")
                self.assertIn(
                    "no operation succeeded, connect:ECONNREFUSED 6 times", error["message"]
                )


class DownloadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.http = HttpServer()
        cls.addClassCleanup(cls.http.close)

    def prepare_path(self, cell, model, path, lanes=1):
        cell.prepared(model, "download", lanes, {"url": f"http://{self.http.endpoint}{path}"})

    def test_accepts_correct_replies(self):
        for model in DOWNLOADERS:
            connections = {
                "/body": 2,
                "/chunked": 2,
                "/continue": 2,
                "/last": 6,
                "/until-close": 6,
                "/idle-close": 4,
            }
            for path, expected in connections.items():
                with self.subTest(model=model, path=path), Session(model) as cell:
                    before = self.http.accepted
                    self.prepare_path(cell, model, path, 2)
                    sample = cell.sample(operations=6)
                    self.assertEqual((sample["operations"], sample["errors"]), (6, {}))
                    self.assertEqual(sample["checksum"], hashlib.sha256(pattern(1000)).hexdigest())
                    self.assertEqual(self.http.accepted - before, expected)

    def test_counts_faulty_replies(self):
        names = {
            "/moved": "status:302",
            "/missing": "status:404",
            "/truncated": "receive:EOF",
            "/silent": "receive:EOF",
            "/chunked-truncated": "receive:EOF",
            "/not-http": "receive:MALFORMED",
        }
        for model in DOWNLOADERS:
            for path, name in names.items():
                with self.subTest(model=model, path=path), Session(model) as cell:
                    self.prepare_path(cell, model, path)
                    error = cell.ask(run={"operations": 4})["error"]
                    self.assertEqual(error["kind"], "failed")
                    self.assertIn(f"{name} 4 times", error["message"])

    def test_continues_after_errors(self):
        for model in DOWNLOADERS:
            with self.subTest(model=model), Session(model) as cell:
                self.prepare_path(cell, model, "/every-third-fails", 2)
                sample = cell.sample(operations=12)
                self.assertEqual((sample["operations"], sample["errors"]), (8, {"status:503": 4}))

    def test_truncated_body_without_length_is_an_error(self):
        with HttpServer() as server:
            for model in DOWNLOADERS:
                with self.subTest(model=model), Session(model) as cell:
                    server.requests.clear()
                    cell.prepared(model, "download", 1, {"url": f"http://{server.endpoint}/cut"})
                    sample = cell.sample(operations=3)
                    self.assertEqual(
                        (sample["operations"], sample["errors"]), (2, {"receive:EOF": 1})
                    )

    def test_different_body_fails_the_cell(self):
        for model in DOWNLOADERS:
            with self.subTest(model=model), Session(model) as cell:
                self.prepare_path(cell, model, "/changing")
                error = cell.ask(run={"operations": 2})["error"]
                self.assertEqual(error["kind"], "failed")
                self.assertIn("differs from the", error["message"])

    def test_all_models_send_the_same_request(self):
        self.http.requests.clear()
        for model in DOWNLOADERS:
            with Session(model) as cell:
                cell.prepared(model, "download", 1, {"bytes": 10}, self.http.endpoint)
                cell.sample(operations=1)
        self.assertEqual(len(self.http.requests), len(DOWNLOADERS))
        self.assertEqual(len(set(self.http.requests)), 1)
        expected = f"GET /body?bytes=10 HTTP/1.1\r\nHost: {self.http.endpoint}\r\n".encode()
        self.assertTrue(self.http.requests[0].startswith(expected))

    def test_lost_server_fails_the_run(self):
        for model in DOWNLOADERS:
            server = HttpServer()
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "download", 2, {}, server.endpoint)
                cell.sample(operations=2)
                server.close()
                for _ in range(2):
                    error = cell.ask(run={"operations": 6})["error"]
                    self.assertIn(
                        "no operation succeeded, connect:ECONNREFUSED 6 times", error["message"]
                    )

    def test_rejects_malformed_urls(self):
        with Session() as cell:
            for url in (
                "ftp://127.0.0.1/",
                "127.0.0.1:80",
                "http://",
                "http://127.0.0.1:port/",
                "http://127.0.0.1/a b",
                "http://[::1/",
            ):
                error = cell.prepare("python_threads", "download", 1, {"url": url})["error"]
                self.assertEqual(error["kind"], "invalid", url)
            error = cell.prepare("python_threads", "download", 1, {"url": "https://127.0.0.1/"})[
                "error"
            ]
            self.assertEqual(error["kind"], "unsupported")


class MixedTest(unittest.TestCase):
    def test_calibrates_the_work(self):
        with Session() as cell:
            ready = cell.prepared("python_threads", "mixed", 1, {"cpu": "500us", "wait": "0"})
            self.assertLess(abs(ready["calibrated_cpu_s"] / 500e-6 - 1), 0.02)
            self.assertEqual(cell.sample(operations=3)["operations"], 3)

    def test_long_applies_to_one_lane(self):
        for model in DOWNLOADERS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "mixed", 3, {"cpu": "50us", "wait": "0", "long": "20ms"})
                sample = cell.sample(operations=6)
                self.assertEqual(sample["operations"], 6)
                self.assertGreater(sample["latency"]["max"], 10_000_000)

    def test_rejects_too_short_cpu_work(self):
        with Session() as cell:
            self.assertEqual(
                cell.prepare("python_threads", "mixed", 1, {"cpu": "1ns"})["error"]["kind"],
                "unsupported",
            )

    def test_runs_without_work_and_wait(self):
        for model in DOWNLOADERS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "mixed", 2, {"cpu": "0", "wait": "0"})
                self.assertEqual(cell.sample(operations=5)["operations"], 5)


if __name__ == "__main__":
    unittest.main()
