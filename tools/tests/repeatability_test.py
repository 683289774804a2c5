"""`repeatability.py` counts the intervals and verdicts that differ between runs."""

import json
import subprocess
import unittest

from program import PROGRAM, SOURCE, TIMEOUT_S, TempDirTest

SCRIPT = SOURCE / "tools/repeatability.py"
# Scatters without trend. The models have different phases, so that their ratios scatter too.
PATTERN = (1, -1, 1, 1, -1, -1, 1, -1)


def cell(model, throughput, scatter, phase):
    """A cell with eight blocks of one second."""
    return {
        "name": f"network/{model}/cores:1/in_flight:64/bytes:64",
        "workload": "network",
        "parameters": {"bytes": "64"},
        "model": model,
        "cores": 1,
        "in_flight": 64,
        "status": "ok",
        "reason": "",
        "findings": [],
        "samples": [
            {
                "block": block,
                "wall_s": 1.0,
                "operations": round(throughput * (1 + scatter * PATTERN[(block + phase) % 8])),
            }
            for block in range(8)
        ],
    }


class Repeatability(TempDirTest):
    def file(self, name, scatter=0.002, **throughputs):
        path = self.directory / name
        cells = [
            cell(model, throughput, scatter, phase)
            for phase, (model, throughput) in enumerate(throughputs.items())
        ]
        crossover = {"schema": 1, "status": "complete", "seed": 1, "command": []}
        crossover |= {"environment": {}, "cells": cells}
        path.write_text(json.dumps({"context": {}, "benchmarks": [], "crossover": crossover}))
        return path

    def compared(self, *files, code=0):
        completed = subprocess.run(
            [SCRIPT, "--program", PROGRAM, *files],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, code, completed.stderr)
        return completed.stdout.splitlines() if code == 0 else completed.stderr

    def test_equal_runs_agree(self):
        runs = [self.file(name, event_loop=100_000, thread_pool=60_000) for name in ("a", "b", "c")]
        self.assertEqual(
            self.compared(*runs),
            [
                "3 runs, 3 contests",
                "decided: 3 of 3 (100.0%)",
                "pairs of intervals that exclude each other: 0 of 6 (0.0%)",
                "pairs of decided contests that contradict each other: 0 of 3 (0.0%)",
            ],
        )

    def test_run_with_other_ratios_is_counted_against_each_of_the_others(self):
        runs = [
            self.file("a", event_loop=100_000, thread_pool=60_000),
            self.file("b", event_loop=100_000, thread_pool=60_000),
            self.file("c", event_loop=100_000, thread_pool=80_000),
        ]
        lines = self.compared(*runs)
        self.assertIn("pairs of intervals that exclude each other: 4 of 6 (66.7%)", lines)
        self.assertIn("pairs of decided contests that contradict each other: 0 of 3 (0.0%)", lines)
        self.assertIn(
            "  intervals of thread_pool, network bytes=64 cores=1 in_flight=64: 2 of 3 (66.7%)",
            lines,
        )

    def test_another_best_model_is_a_contradiction(self):
        runs = [
            self.file("a", event_loop=100_000, thread_pool=60_000),
            self.file("b", event_loop=60_000, thread_pool=100_000),
        ]
        self.assertIn(
            "  contradictions, network bytes=64 cores=1 in_flight=64: 1 of 1 (100.0%)",
            self.compared(*runs),
        )

    def test_equivalence_with_the_best_does_not_contradict(self):
        runs = [
            self.file("a", event_loop=100_000, thread_pool=97_000),
            self.file("b", event_loop=100_000, thread_pool=100_000),
        ]
        self.assertIn(
            "pairs of decided contests that contradict each other: 0 of 1 (0.0%)",
            self.compared(*runs),
        )

    def test_undecided_contests_contradict_nothing(self):
        runs = [
            self.file("a", event_loop=100_000, thread_pool=60_000),
            self.file("b", scatter=0.4, event_loop=98_000, thread_pool=100_000),
        ]
        lines = self.compared(*runs)
        self.assertIn("decided: 1 of 2 (50.0%)", lines)
        self.assertIn("pairs of decided contests that contradict each other: 0 of 0", lines)

    def test_invalid_arguments_name_the_remedy(self):
        run = self.file("a", event_loop=100_000, thread_pool=60_000)
        self.assertIn("two or more runs", self.compared(run, code=2))
        self.assertIn("missing.json", self.compared(run, "missing.json", code=1))


if __name__ == "__main__":
    unittest.main()
