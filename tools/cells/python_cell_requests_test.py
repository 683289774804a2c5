"""Sends invalid requests to the real python_cell.py, and checks that no process is left over."""
import hashlib
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
import unittest

from python_cell.pattern import pattern
from servers_for_test import EchoServer
from session_for_test import CPUS, LOOPS, MODELS, TIMEOUT_S, SCRIPT, Session, eventually


class RequestTest(unittest.TestCase):
    VALID = {"workload": "noop", "model": "python_threads", "cores": CPUS[:1], "in_flight": 1}

    def test_rejects_malformed_requests_and_continues(self):
        lines = [
            b"nonsense",
            b"{",
            b"[]",
            b"1",
            b"null",
            b"{}",
            b'{"a":1,"b":2}',
            b'{"prepar":{}}',
            b'{"prepare":1}',
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"run":{"seconds":NaN}}',
            b'{"\\ud800":{}}',
            b'{"run":{}}',
            b'{"run":{"seconds":1}}',
        ]
        with Session() as cell:
            for line in lines:
                cell.send(line)
                self.assertEqual(cell.receive()["error"]["kind"], "invalid", line)
            cell.send(b"")  # empty lines are ignored
            cell.prepared("python_threads", "noop")

    def test_rejects_invalid_prepare(self):
        changes = [
            {"workload": "slep"},
            {"workload": None},
            {"model": "python_thread"},
            {"model": 1},
            {"cores": []},
            {"cores": None},
            {"cores": ["0"]},
            {"cores": [-1]},
            {"cores": [True]},
            {"in_flight": 0},
            {"in_flight": 1.5},
            {"in_flight": True},
            {"in_flight": 10**9},
            {"parameters": {"delay": "1ms"}},
            {"parameters": []},
            {"model_parameters": {"x": "1"}},
            {"workload": "network"},
            {"workload": "network", "endpoint": "nowhere"},
            {"workload": "network", "endpoint": "127.0.0.1:99999"},
            {"workload": "network", "endpoint": 1},
            {"workload": "network", "endpoint": "no-such-host.invalid:80"},
            {"workload": "mixed", "parameters": {"io": "network"}},
            {"workload": "mixed", "parameters": {"io": "disk"}},
            {"workload": "download"},
            {"workload": "download", "parameters": {"url": "http://127.0.0.1/", "delay": "1ms"}},
            {"workload": "sleep", "parameters": {"delay": "10"}},
            {"workload": "sleep", "parameters": {"delay": "2h"}},
            {"workload": "sleep", "parameters": {"delay": None}},
            {"workload": "hashing", "parameters": {"algorithm": "sha257"}},
            {"workload": "hashing", "parameters": {"bytes": 0}},
            {"workload": "hashing", "parameters": {"bytes": "1e3"}},
        ]
        with Session() as cell:
            for change in changes:
                reply = cell.ask(prepare={**self.VALID, **change})
                self.assertEqual(reply.get("error", {}).get("kind"), "invalid", (change, reply))
                self.assertNotIn("\n", reply["error"]["message"])
            self.assertIn(
                "did you mean 'sleep'?",
                cell.ask(prepare={**self.VALID, "workload": "slep"})["error"]["message"],
            )
            for cpu in (10**4, 2**70):
                self.assertEqual(
                    cell.ask(prepare={**self.VALID, "cores": [cpu]})["error"]["kind"], "unsupported"
                )
            self.assertIn("ready", cell.ask(prepare=self.VALID))
            self.assertEqual(cell.ask(prepare=self.VALID)["error"]["kind"], "invalid")

    def test_rejects_invalid_run(self):
        runs = [
            {},
            {"seconds": 1, "operations": 1},
            {"seconds": 0},
            {"seconds": -1},
            {"seconds": 1e9},
            {"seconds": "1"},
            {"seconds": True},
            {"operations": 0},
            {"operations": 1.5},
            {"operations": -1},
            {"operations": 10**30},
            {"seconds": 1, "lead_s": -1},
            {"seconds": 1, "lead_s": "1"},
            {"seconds": 1, "stagger_s": 1e9},
            {"seconds": 1, "series": 1},
            {"seconds": 1, "rate": 0},
            {"seconds": 1, "rate": "1"},
            {"operations": 5, "rate": 10},
            {"seconds": 1, "rate": 1, "schedule": "now"},
            {"seconds": 1, "rate": 1, "seed": "x"},
        ]
        with Session() as cell:
            cell.prepared("python_threads", "noop")
            for run in runs:
                self.assertEqual(cell.ask(run=run).get("error", {}).get("kind"), "invalid", run)
            self.assertEqual(cell.sample(operations=1)["operations"], 1)

    def test_accepts_numbers_and_strings_as_parameters(self):
        for size in (4096, "4096", "4KiB"):
            with Session() as cell:
                cell.prepared("python_threads", "hashing", 1, {"bytes": size})
                self.assertEqual(
                    cell.sample(operations=1)["checksum"], hashlib.sha256(pattern(4096)).hexdigest()
                )

    def test_computes_every_digest(self):
        functions = {
            "sha256": hashlib.sha256,
            "sha512": hashlib.sha512,
            "sha1": hashlib.sha1,
            "md5": hashlib.md5,
            "sha3-256": hashlib.sha3_256,
            "blake2b512": hashlib.blake2b,
        }
        for name, function in functions.items():
            with Session() as cell:
                cell.prepared("python_threads", "hashing", 1, {"bytes": 3000, "algorithm": name})
                self.assertEqual(
                    cell.sample(operations=1)["checksum"], function(pattern(3000)).hexdigest()
                )

    def test_exhausted_limit_is_kind_resource(self):
        with EchoServer(64) as echo:
            files, memory = (resource.RLIMIT_NOFILE, 40), (resource.RLIMIT_AS, 300 << 20)
            for model, (limit, maximum) in (
                ("python_asyncio", files),
                ("python_threads", files),
                ("python_processes", files),
                ("python_threads", memory),
            ):
                with self.subTest(model=model, limit=limit), Session() as cell:
                    resource.prlimit(cell.process.pid, limit, (maximum, maximum))
                    error = cell.prepare(model, "network", 100, {}, echo.endpoint)["error"]
                    self.assertEqual(error["kind"], "resource", error)
                    self.assertEqual(cell.workers(), [])
                    cell.prepared(model, "noop", 2)

    def test_answers_requests_sent_in_advance(self):
        requests = [
            {"prepare": {**self.VALID, "model": "python_processes"}},
            {"run": {"operations": 3}},
            {"finish": {}},
        ]
        completed = subprocess.run(
            [sys.executable, SCRIPT],
            input="\n".join(map(json.dumps, requests)),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        replies = [next(iter(json.loads(line))) for line in completed.stdout.splitlines()]
        self.assertEqual(replies, ["ready", "sample", "finished"])
        self.assertEqual((completed.returncode, completed.stderr), (0, ""))


class ProcessCleanupTest(unittest.TestCase):
    """No process is left over when a cell, a worker or the harness ends."""

    def test_end_of_input_leaves_no_process(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "noop", 3)
                cell.sample(operations=3)
                cell.process.stdin.close()
                self.assertEqual(cell.process.wait(TIMEOUT_S), 0)
                self.assertEqual(cell.group(), [])
                self.assertEqual(cell.process.stderr.read(), b"")
                cell.process.stdin = None

    def test_killed_cell_leaves_no_worker(self):
        for run in (None, {"seconds": 600}):
            with self.subTest(run=run), Session() as cell:
                cell.prepared("python_processes", "hashing", 3)
                workers = cell.workers()
                self.assertEqual(len(workers), 3)
                if run:
                    cell.send(json.dumps({"run": run}).encode())
                    time.sleep(0.05)
                cell.process.kill()
                cell.process.wait(TIMEOUT_S)
                self.assertTrue(eventually(lambda: not cell.group()), cell.group())

    def test_killed_worker_fails_the_run(self):
        with Session() as cell:
            cell.prepared("python_processes", "sleep", 3, {"delay": "1s"})
            cell.send(b'{"run": {"operations": 3}}')
            time.sleep(0.2)
            os.kill(cell.workers()[1], signal.SIGKILL)
            error = cell.receive()["error"]
            self.assertEqual(error["kind"], "failed")
            self.assertIn("SIGKILL", error["message"])
            self.assertEqual(cell.ask(run={"operations": 3})["error"]["kind"], "failed")
            self.assertIn("finished", cell.ask(finish={}))
            self.assertEqual(cell.process.wait(TIMEOUT_S), 0)
            self.assertEqual(cell.group(), [])

    def test_closed_output_ends_the_process(self):
        with Session() as cell:
            cell.prepared("python_processes", "noop", 2)
            cell.process.stdout.close()
            cell.send(b'{"run": {"operations": 3}}')
            self.assertEqual(cell.process.wait(TIMEOUT_S), 1)
            self.assertEqual(cell.group(), [])
            cell.process.stdout = None

    def test_threads_and_workers_are_bound(self):
        for model in MODELS:
            with self.subTest(model=model), Session(model) as cell:
                cell.prepared(model, "noop", 3, cores=CPUS[-1:])
                processes = [cell.process.pid, *cell.workers()]
                allowed = [
                    line.split()[1]
                    for pid in processes
                    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status")
                    for line in status.read_text().splitlines()
                    if line.startswith("Cpus_allowed_list:")
                ]
                self.assertEqual(allowed, [str(CPUS[-1])] * (1 if model in LOOPS else 4))


if __name__ == "__main__":
    unittest.main()
