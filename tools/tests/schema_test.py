"""Real results match bench/results/results.schema.json, and the schema rejects faulty ones."""

import copy
import json
import signal
import subprocess
import time
import unittest

import jsonschema

from program import PROGRAM, SOURCE, TIMEOUT_S, TempDirTest, crossover

SCHEMA = json.loads((SOURCE / "bench/results/results.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LONG = (
    "--workload sleep --model event_loop --model thread_pool --cores 1 --in-flight 2 "
    "--seconds 0.1 --repetitions 500"
).split()
TINY = ("--cores", 1, "--in-flight", 3, "--seconds", 0.02, "--repetitions", 2)


class Schema(TempDirTest):
    def valid_run(self, *arguments, code=0):
        completed = crossover("run", *arguments, *TINY, "--out", self.out, "--force")
        self.assertEqual(completed.returncode, code, completed.stderr)
        return self.valid_file()

    def valid_file(self):
        document = self.results()
        self.assertEqual(
            [
                f"{list(e.absolute_path)}: {e.message[:300]}"
                for e in VALIDATOR.iter_errors(document)
            ],
            [],
        )
        return document

    def test_schema_is_a_valid_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_results_of_every_workload_and_model(self):
        workloads = ("noop", "sleep:delay=1ms", "hashing:bytes=1KiB", "network")
        document = self.valid_run(*(text for name in workloads for text in ("--workload", name)))
        self.assertGreaterEqual(len(document["crossover"]["cells"]), 24)

    def test_results_of_open_loop_and_skipped_cell(self):
        document = self.valid_run(
            "--workload", "noop", "--model", "event_loop", "--model", "reference", "--rate", 2000
        )
        self.assertEqual({c["status"] for c in document["crossover"]["cells"]}, {"ok", "skipped"})

    def test_results_of_failed_cells(self):
        document = self.valid_run(
            "--workload", "noop", "--model", "serial", "--launcher", "false", code=1
        )
        self.assertEqual({c["status"] for c in document["crossover"]["cells"]}, {"failed"})

    def test_results_of_running_and_interrupted_run(self):
        run = subprocess.Popen(
            [PROGRAM, "run", *LONG, "--out", self.out, "--force"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while run.poll() is None and not self.out.exists():
            time.sleep(0.02)
        self.valid_file()  # also valid during the run
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(TIMEOUT_S), 130)
        self.assertEqual(self.valid_file()["crossover"]["status"], "interrupted")

    def test_schema_rejects_faulty_results(self):
        document = self.valid_run("--workload", "sleep:delay=1ms", "--model", "serial")

        def invalid_after(change):
            changed = copy.deepcopy(document)
            cell = changed["crossover"]["cells"][0]
            change(changed, cell, cell["samples"][0])
            return not VALIDATOR.is_valid(changed)

        def add_fleet(document, cell, sample):
            document["crossover"]["hosts"] = [{"name": "node1", "environment": {"cpus": "2"}}]
            sample["host"] = sample["server_host"] = 0
            document["crossover"]["plan"]["server_on"] = "other"

        self.assertFalse(invalid_after(lambda d, c, s: None))
        self.assertFalse(invalid_after(add_fleet))
        for name, change in {
            "a missing part": lambda d, c, s: d.pop("context"),
            "an unknown status": lambda d, c, s: c.update(status="fine"),
            "a failure without a reason": lambda d, c, s: c.update(status="failed"),
            "an ok cell without samples": lambda d, c, s: c.update(samples=[]),
            "a measured cell that was skipped": lambda d, c, s: c.update(
                status="skipped", reason="so"
            ),
            "a sample without operations": lambda d, c, s: s.update(operations=0),
            "a sample without time": lambda d, c, s: s.update(wall_s=0),
            "a time as string": lambda d, c, s: s.update(wall_s="1"),
            "an unknown member": lambda d, c, s: s.update(walls=1),
            "a bin of two numbers": lambda d, c, s: s["latency"]["bins"].append([1, 2]),
            "another unit": lambda d, c, s: s["latency"].update(unit="us"),
            "a service time without a rate": lambda d, c, s: s.update(service=s["latency"]),
            "a parameter as a number": lambda d, c, s: c["parameters"].update(delay=1),
            "a counter as string": lambda d, c, s: d["benchmarks"][0].update(p50="fast"),
            "a row without a name": lambda d, c, s: d["benchmarks"][0].pop("name"),
            "a fleet without hosts": lambda d, c, s: d["crossover"].update(hosts=[]),
            "a host without its machine": lambda d, c, s: d["crossover"].update(
                hosts=[{"name": "node1"}]
            ),
            "a host by name": lambda d, c, s: s.update(host="node1"),
            "another schema": lambda d, c, s: d["crossover"].update(schema=1),
        }.items():
            self.assertTrue(invalid_after(change), name)


if __name__ == "__main__":
    unittest.main()
