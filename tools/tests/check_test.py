"""`check`: two files, two builds of this program, two foreign programs; exit codes and errors."""

import json
import os
import signal
import subprocess
import time
import unittest
from xml.etree import ElementTree

from program import (
    PROGRAM,
    TIMEOUT_S,
    TempDirTest,
    crossover,
    descendants_of,
    processes_of_group,
    strict_json,
)

PASS, REGRESSION, INCONCLUSIVE, USAGE, UNREADABLE, UNWRITABLE, INTERRUPTED = (
    0,
    1,
    2,
    64,
    65,
    74,
    130,
)
CELL = ("--workload", "noop", "--model", "serial", "--cores", 1, "--in-flight", 1)

# Implements the Google Benchmark flags that check uses.
IMITATION = """#!/usr/bin/env python3
import json, random, re, sys
TIMES = {times}
flags = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:] if "=" in word)
if "--version" in sys.argv:
    sys.exit("error: unrecognized command-line flag: --version")
chosen = [name for name in TIMES if re.search(flags.get("benchmark_filter", "."), name)]
if "benchmark_list_tests" in flags:
    print("\\n".join(chosen))
    sys.exit()
print("Running something, on standard output, as they do")
{misconduct}
rows = []
for name in chosen:
    for i in range(int(flags["benchmark_repetitions"])):
        ns = TIMES[name] * random.gauss(1, 0.002)
        rows.append({{"name": name, "run_name": name, "run_type": "iteration", "repetitions": 3, "repetition_index": i, "threads": 1,
                     "iterations": 1000, "real_time": ns, "cpu_time": ns, "time_unit": "ns"}})
json.dump({{"context": {{"num_cpus": 2, "library_build_type": "release"}}, "benchmarks": rows}}, open(flags["benchmark_out"], "w"))
"""


class Check(TempDirTest):
    def setUp(self):
        super().setUp()
        self.temporary = self.directory / "temporary"
        self.temporary.mkdir()

    def check(self, code, *arguments):
        """Runs check, expects this exit code (or one of these) and returns its document."""
        done = crossover(
            "check",
            *arguments,
            "--seed",
            7,
            "--out",
            self.out,
            env=os.environ | {"TMPDIR": str(self.temporary)},
        )
        codes = code if isinstance(code, tuple) else (code,)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        found = self.results()["crossover_check"]
        self.assertEqual(found["exit_code"], done.returncode)
        self.assertEqual(os.listdir(self.temporary), [], "temporary files are gone")
        self.said = done
        return found

    def refused(self, code, words, *arguments):
        done = crossover("check", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Acrossover: [^\n]+\n\Z")
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, done.stderr)

    def script(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o755)
        return path


class Files(Check):
    def file(self, name, **times):
        rows = [
            {
                "name": cell,
                "run_name": cell,
                "run_type": "iteration",
                "repetitions": len(ns),
                "repetition_index": i,
                "iterations": 1,
                "real_time": t,
                "cpu_time": t,
                "time_unit": "ns",
            }
            for cell, ns in times.items()
            for i, t in enumerate(ns)
        ]
        path = self.directory / name
        path.write_text(json.dumps({"context": {"num_cpus": 2}, "benchmarks": rows}))
        return path

    # check assumes a noise of 1 % for one process per side: 10 % is far beyond that.
    steady = [100 + 0.1 * (i % 3) for i in range(10)]

    def test_the_verdicts(self):
        old = self.file("old.json", a=self.steady, b=self.steady)
        self.check(PASS, old, old, "--detect", "10%")
        slower = self.file("slower.json", a=self.steady, b=[1.3 * t for t in self.steady])
        found = self.check(REGRESSION, old, slower, "--detect", "10%")
        self.assertEqual(
            {c["name"]: c["verdict"] for c in found["cells"]}, {"a": "pass", "b": "regression"}
        )
        restless = self.file("restless.json", a=self.steady, b=[90, 120, 100, 80])
        self.check(INCONCLUSIVE, old, restless)
        self.check(PASS, old, restless, "--detect", "10%", "--benchmark_filter=^a$")
        removed = self.file("removed.json", a=self.steady)
        self.assertEqual(
            [
                c["name"]
                for c in self.check(INCONCLUSIVE, old, removed, "--detect", "10%")["removed"]
            ],
            ["b"],
        )

    def test_several_formats_at_once(self):
        old = self.file("old.json", a=self.steady)
        self.check(
            PASS,
            old,
            old,
            "--detect=10%",
            "--format",
            "text",
            "--format",
            f"junit:{self.directory / 'o.xml'}",
            "--format",
            f"html:{self.directory / 'o.html'}",
            "--format",
            f"sarif:{self.directory / 'o.sarif'}",
        )
        self.assertIn("pass: 1 cell compared", self.said.stdout)
        self.assertEqual(len(ElementTree.parse(self.directory / "o.xml").findall(".//testcase")), 1)
        self.assertIn("default-src 'none'", (self.directory / "o.html").read_text())
        strict_json((self.directory / "o.sarif").read_text())

    def test_bad_files(self):
        old = self.file("old.json", a=self.steady)
        text = self.directory / "text"
        text.write_text("hello\n")
        self.refused(UNREADABLE, str(text), old, text)
        self.refused(UNREADABLE, "no such file", old, self.directory / "missing")
        self.refused(UNREADABLE, "not a file", old, self.directory)
        self.refused(UNREADABLE, "no cell in common", old, self.file("other.json", z=self.steady))
        self.refused(USAGE, "expected two programs or two results files", old, PROGRAM)
        self.refused(USAGE, "--benchmark_filter", old, old, "--model", "serial")
        self.refused(
            UNWRITABLE, "missing", old, old, "--format", f"json:{self.directory}/missing/o.json"
        )

    def test_usage(self):
        old = self.file("old.json", a=self.steady)
        for words, *flags in (
            ("expected OLD NEW",),
            ("--detect much", "--detect", "much"),
            ("--budget 5", "--budget", "5"),
            ("--format x: unknown", "--format", "x"),
            ("--metric x: unknown", "--metric", "x"),
            ("must be below --detect", "--tolerate", "5%"),
            ("--inject-slowdown x: expected", "--inject-slowdown", "x"),
            ("did you mean '--detect'?", "--detcet", "1%"),
            ("--benchmark_fitler", "--benchmark_fitler=a"),
            ("not a regular expression", "--benchmark_filter=("),
            ("--history", "--commit", "abc"),
        ):
            self.refused(
                USAGE, words, *([old] if words == "expected OLD NEW" else [old, old]), *flags
            )
        self.refused(
            UNREADABLE, "rules.json", old, old, "--thresholds", self.directory / "rules.json"
        )

    def test_a_history(self):
        store = self.directory / "history"
        for i in range(6):
            now = self.file("now.json", a=[t * (1 + 0.001 * (i % 2)) for t in self.steady])
            found = self.check(
                INCONCLUSIVE if i < 4 else PASS, now, "--history", store, "--commit", f"c{i}"
            )
        self.assertEqual(len(list(store.glob("*/*.json"))), 6)
        self.check(
            REGRESSION, self.file("now.json", a=[1.3 * t for t in self.steady]), "--history", store
        )
        self.assertEqual(len(list(store.glob("*/*.json"))), 6, "what has no --commit is not kept")


class OwnPrograms(Check):
    def spoiled(self, misconduct):
        """Returns a wrapper of this program whose cell processes run `misconduct` first."""
        return self.script(
            "spoiled",
            f'#!/bin/sh\nif [ "$1" = cell ]; then {misconduct}; fi\nexec {PROGRAM} "$@"\n',
        )

    def test_a_build_against_itself(self):
        found = self.check(
            (PASS, INCONCLUSIVE), PROGRAM, PROGRAM, *CELL, "--budget", "60s", "--detect", "50%"
        )
        (cell,) = found["cells"]
        self.assertEqual(
            (cell["name"], cell["decided_by"]), ("noop/serial/cores:1/in_flight:1", "confirmation")
        )
        self.assertEqual(len(cell["block_log_ratios"]), cell["blocks"])
        self.assertEqual(len(cell["block_orders"]), cell["blocks"])
        self.assertRegex(cell["block_orders"][0], r"^(ABBA|BAAB)( (ABBA|BAAB))+$")
        self.assertGreaterEqual(cell["blocks"], 7)
        self.assertLess(cell["lower"], cell["upper"])
        self.assertEqual(
            (found["plan"]["seed"], found["plan"]["order"]),
            (7, "slices alternate ABBA or BAAB at random"),
        )
        self.assertRegex(self.said.stderr, r"1 cell: \d+ blocks each, about \d+ s")

    def test_another_metric_and_one_that_is_not_measured(self):
        found = self.check(
            (PASS, INCONCLUSIVE), PROGRAM, PROGRAM, *CELL, "--detect", "50%", "--metric", "memory"
        )
        self.assertEqual(
            (found["cells"][0]["metric"], found["metric_label"]), ("memory", "peak memory")
        )
        self.assertGreaterEqual(found["cells"][0]["blocks"], 7)
        found = self.check(INCONCLUSIVE, PROGRAM, PROGRAM, *CELL, "--metric", "errors")
        self.assertIn("choose another --metric", found["cells"][0]["remedy"])

    def test_a_slowdown_of_known_size_is_found(self):
        found = self.check(
            REGRESSION,
            PROGRAM,
            PROGRAM,
            "--workload",
            "hashing:bytes=4KiB",
            "--model",
            "serial",
            "--cores",
            1,
            "--in-flight",
            1,
            "--inject-slowdown",
            "60",
        )
        self.assertGreater(found["cells"][0]["ratio"], 1.2)

    def test_too_small_a_budget_says_how_many_blocks_are_needed(self):
        found = self.check(INCONCLUSIVE, PROGRAM, PROGRAM, *CELL, "--budget", "300ms")
        self.assertRegex(found["cells"][0]["remedy"], "at least 7|no block of it|raise --budget")
        self.assertIn("raise --budget", " ".join(found["notes"]))

    def test_crashes(self):
        crashing = self.spoiled("echo boom >&2; exit 3")
        found = self.check(REGRESSION, PROGRAM, crashing, *CELL)
        self.assertIn("boom", found["newly_failing"][0]["reason"])
        self.assertIn(
            "boom", self.check(INCONCLUSIVE, crashing, crashing, *CELL)["failing"][0]["reason"]
        )
        self.assertIn(
            "failed before",
            self.check(INCONCLUSIVE, crashing, PROGRAM, *CELL)["added"][0]["reason"],
        )

    def test_a_crash_in_some_blocks(self):
        count = self.directory / "count"
        sometimes = self.spoiled(
            f"echo x >>{count}; if [ $(wc -l <{count}) -ge 5 ]; then exit 3; fi"
        )
        found = self.check(REGRESSION, PROGRAM, sometimes, *CELL)
        self.assertRegex(found["newly_failing"][0]["reason"], r"^in block \d: .*code 3")
        count.unlink()
        self.assertIn(
            "baseline in block",
            self.check(INCONCLUSIVE, sometimes, PROGRAM, *CELL)["failing"][0]["reason"],
        )

    def test_a_hang(self):
        found = self.check(REGRESSION, PROGRAM, self.spoiled("exec sleep 600"), *CELL, "--grace", 1)
        self.assertIn("was killed", found["newly_failing"][0]["reason"])

    def test_cells_that_one_program_does_not_have(self):
        older = self.script(
            "older",
            f'#!/bin/sh\nif [ "$1" = list ]; then echo "crossover: no such suite" >&2; exit 64; fi\nexec {PROGRAM} "$@"\n',
        )
        self.refused(UNREADABLE, "no cell in common", older, PROGRAM, *CELL)
        fewer = self.script(
            "fewer",
            f'#!/bin/sh\nif [ "$1" = list ]; then {PROGRAM} "$@" | sed s/noop.serial/noop-serial/; exit; fi\nexec {PROGRAM} "$@"\n',
        )
        found = self.check(
            INCONCLUSIVE,
            PROGRAM,
            fewer,
            "--workload",
            "noop",
            "--model",
            "serial",
            "--model",
            "event_loop",
            "--cores",
            1,
            "--in-flight",
            1,
            "--detect",
            "50%",
        )
        self.assertEqual([c["name"] for c in found["removed"]], ["noop/serial/cores:1/in_flight:1"])
        self.assertEqual(
            [c["name"] for c in found["cells"]], ["noop/event_loop/cores:1/in_flight:1"]
        )

    def test_a_selection_that_makes_no_sense(self):
        self.refused(USAGE, "did you mean 'noop'?", PROGRAM, PROGRAM, "--workload", "nop")
        self.refused(
            USAGE, "widen the selection", PROGRAM, PROGRAM, *CELL, "--benchmark_filter=nothing"
        )

    def test_an_interrupt_leaves_nothing_behind(self):
        process = subprocess.Popen(
            [PROGRAM, "check", PROGRAM, PROGRAM, "--workload", "network"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + TIMEOUT_S
        while not (children := descendants_of(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertEqual([p for p in processes_of_group(process.pid)], [])
        self.assertTrue(children)


class ForeignPrograms(Check):
    def imitation(self, name, times, misconduct=""):
        return self.script(name, IMITATION.format(times=times, misconduct=misconduct))

    def test_the_verdicts(self):
        old = self.imitation(
            "old", {"BM_copy/8": 100, "BM_map<int, std::string>/64": 50, "BM_gone": 1}
        )
        new = self.imitation(
            "new", {"BM_copy/8": 100, "BM_map<int, std::string>/64": 60, "BM_new(1+1)": 1}
        )
        found = self.check(REGRESSION, old, new)
        self.assertEqual(
            {c["name"]: c["verdict"] for c in found["cells"]},
            {"BM_copy/8": "pass", "BM_map<int, std::string>/64": "regression"},
        )
        self.assertEqual(
            [[c["name"] for c in found[key]] for key in ("removed", "added")],
            [["BM_gone"], ["BM_new(1+1)"]],
        )
        self.check(PASS, old, new, "--benchmark_filter=copy")

    def test_a_crash_in_some_blocks(self):
        old = self.imitation("old", {"BM_a": 100, "BM_b": 100})
        new = self.imitation(
            "new",
            {"BM_a": 100, "BM_b": 100},
            "if 'BM_b' in chosen and random.random() < 0.5: sys.exit('boom')",
        )
        found = self.check(REGRESSION, old, new)
        self.assertEqual([c["name"] for c in found["newly_failing"]], ["BM_b"])
        self.assertEqual([c["verdict"] for c in found["cells"]], ["pass"])

    def test_real_ones(self):
        real = os.path.join(os.path.dirname(PROGRAM), "foreign_benchmark_for_test")
        slower = self.script("slower", f'#!/bin/sh\nROUNDS=10000 exec {real} "$@"\n')
        found = self.check(REGRESSION, real, slower, "--benchmark_filter=/1$")
        (cell,) = found["cells"]
        self.assertEqual((cell["name"], cell["verdict"]), ("mix<int, (a|b)>/1", "regression"))
        self.assertEqual(set(cell["block_orders"]), {"AB", "BA"})
        self.assertEqual(found["environment_differences"], [])
        self.check((PASS, INCONCLUSIVE), real, real, "--detect", "50%")

    def test_what_is_no_benchmark(self):
        old = self.imitation("old", {"BM_a": 100})
        self.refused(UNREADABLE, "not a crossover or Google Benchmark program", old, "/bin/echo")
        self.refused(UNREADABLE, "not a crossover or Google Benchmark program", old, "/bin/false")
        self.refused(UNREADABLE, "no benchmark", "/bin/true", "/bin/true")
        self.refused(UNREADABLE, "no cell in common", old, self.imitation("other", {"BM_z": 1}))
        self.refused(UNREADABLE, "compare two of the same kind", old, PROGRAM)
        self.refused(USAGE, "selects cells of crossover", old, old, "--quick")


if __name__ == "__main__":
    unittest.main()
