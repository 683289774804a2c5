"""`check`: two files, two builds of this program, two foreign programs; exit codes and errors."""

import json
import os
import shutil
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
    state_of,
    strict_json,
)

PASS, REGRESSION, INCONCLUSIVE = 0, 1, 2
USAGE, UNREADABLE, UNWRITABLE, INTERRUPTED = 64, 65, 74, 130
CELL = ("--workload", "noop", "--model", "serial", "--cores", 1, "--in-flight", 1)

# Implements the Google Benchmark flags that check uses.
IMITATION = """#!/usr/bin/env python3
import json, random, re, sys
TIMES = {times}
flags = dict(flag.removeprefix("--").split("=", 1) for flag in sys.argv[1:] if "=" in flag)
if "--version" in sys.argv:
    sys.exit("error: unrecognized command-line flag: --version")
chosen = [name for name in TIMES if re.search(flags.get("benchmark_filter", "."), name)]
if "benchmark_list_tests" in flags:
    print("\\n".join(chosen))
    sys.exit()
print("Running the benchmarks, on standard output")
{misconduct}
rows = []
for name in chosen:
    for i in range(int(flags["benchmark_repetitions"])):
        ns = TIMES[name] * random.gauss(1, 0.002)
        cpu_ns = 1 if name.startswith("BM_wait") else ns
        rows.append({{"name": name, "run_name": name, "run_type": "iteration", "repetitions": 3,
                     "repetition_index": i, "threads": 1, "iterations": 1000,
                     "real_time": ns, "cpu_time": cpu_ns, "time_unit": "ns"}})
context = {{"num_cpus": 2, "library_build_type": "release"}}
json.dump({{"context": context, "benchmarks": rows}}, open(flags["benchmark_out"], "w"))
"""

# A build of crossover whose cells invent their samples: a block takes no longer than starting them.
# `process` runs when a cell process starts, `slice` for each sample.
INVENTED_BUILD = """#!/usr/bin/env python3
import json, os, random, sys
if sys.argv[1] != "cell":
    os.execv({program!r}, [{program!r}, *sys.argv[1:]])
operation_s, errors = 1e-5 * random.gauss(1, 0.002), 0
{process}
for line in sys.stdin:
    request = json.loads(line)
    reply = {{"ready": {{"protocol": 2}}}} if "prepare" in request else {{"finished": {{}}}}
    if "run" in request:
        operations = request["run"].get("operations", 8000)
        wall_s = operations * operation_s * random.gauss(1, 0.01)
        {slice}
        reply = {{"sample": {{"operations": operations - errors, "wall_s": wall_s,
                            "errors": {{"invented": errors}} if errors else {{}}}}}}
    print(json.dumps(reply), flush=True)
"""


class Check(TempDirTest):
    def setUp(self):
        super().setUp()
        self.temporary = self.directory / "temporary"
        self.temporary.mkdir()

    def check(self, code, *arguments):
        """Runs check, expects this exit code (or one of these) and returns its document."""
        completed = crossover(
            *("check", *arguments, "--seed", 7, "--out", self.out),
            env=os.environ | {"TMPDIR": str(self.temporary)},
        )
        codes = code if isinstance(code, tuple) else (code,)
        self.assertIn(completed.returncode, codes, completed.stdout + completed.stderr)
        document = self.results()["crossover_check"]
        self.assertEqual(document["exit_code"], completed.returncode)
        self.assertEqual(os.listdir(self.temporary), [], "temporary files remain")
        self.completed = completed
        return document

    def refused(self, code, texts, *arguments):
        completed = crossover("check", *arguments)
        self.assertEqual(completed.returncode, code, completed.stdout + completed.stderr)
        self.assertEqual(completed.stdout, "")
        self.assertRegex(completed.stderr, r"\Acrossover: [^\n]+\n\Z")
        for text in [texts] if isinstance(texts, str) else texts:
            self.assertIn(text, completed.stderr)

    def script(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o755)
        return path


class Files(Check):
    def file(self, name, **times):
        """Writes a Google Benchmark file with these times (ns) per benchmark."""
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

    def test_verdicts_of_files(self):
        old = self.file("old.json", a=self.steady, b=self.steady)
        self.check(PASS, old, old, "--detect", "10%")
        self.refused(USAGE, "--launcher starts programs", old, old, "--launcher", "env")
        slower = self.file("slower.json", a=self.steady, b=[1.3 * t for t in self.steady])
        document = self.check(REGRESSION, old, slower, "--detect", "10%")
        self.assertEqual(
            {c["name"]: c["verdict"] for c in document["cells"]}, {"a": "pass", "b": "regression"}
        )
        scattered = self.file("scattered.json", a=self.steady, b=[90, 120, 100, 80])
        self.check(INCONCLUSIVE, old, scattered)
        self.check(PASS, old, scattered, "--detect", "10%", "--benchmark_filter=^a$")
        removed = self.file("removed.json", a=self.steady)
        document = self.check(INCONCLUSIVE, old, removed, "--detect", "10%")
        self.assertEqual([c["name"] for c in document["removed"]], ["b"])

    def test_writes_several_formats(self):
        old = self.file("old.json", a=self.steady)
        self.check(
            *(PASS, old, old, "--detect=10%", "--format", "text"),
            *("--format", f"junit:{self.directory / 'o.xml'}"),
            *("--format", f"html:{self.directory / 'o.html'}"),
            *("--format", f"sarif:{self.directory / 'o.sarif'}"),
        )
        self.assertIn("pass: 1 cell compared", self.completed.stdout)
        self.assertEqual(len(ElementTree.parse(self.directory / "o.xml").findall(".//testcase")), 1)
        self.assertIn("default-src 'none'", (self.directory / "o.html").read_text())
        strict_json((self.directory / "o.sarif").read_text())

    def test_rejects_bad_files(self):
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

    def test_rejects_wrong_usage(self):
        old = self.file("old.json", a=self.steady)
        for text, *flags in (
            ("expected OLD NEW",),
            ("--detect much: not a share; write 5% or 0.05", "--detect", "much"),
            ("--detect 5: write 5% or 0.05", "--detect", "5"),
            ("--regimes 0%: must be between 0% and 100%", "--regimes", "0%"),
            ("--power 100%: must be between 0% and 100%", "--power", "100%"),
            ("--false-alarms 0: must be between 0% and 100%", "--false-alarms", "0"),
            ("--budget 5", "--budget", "5"),
            ("--format x: unknown", "--format", "x"),
            ("--metric x: unknown", "--metric", "x"),
            ("must be below --detect", "--tolerate", "5%"),
            ("--inject-slowdown 5: write 5% or 0.05", "--inject-slowdown", "5"),
            ("did you mean '--detect'?", "--detcet", "1%"),
            ("--benchmark_fitler", "--benchmark_fitler=a"),
            ("not a regular expression", "--benchmark_filter=("),
            ("--history", "--commit", "abc"),
        ):
            files = [old] if text == "expected OLD NEW" else [old, old]
            self.refused(USAGE, text, *files, *flags)
        self.refused(
            UNREADABLE, "rules.json", old, old, "--thresholds", self.directory / "rules.json"
        )

    def test_expressions_that_could_backtrack_forever_end(self):
        name = "a" * 200
        old = self.file("old.json", **{name: self.steady, "c": self.steady})
        found = self.check(PASS, old, old, "--benchmark_filter=-(a+)+b")
        self.assertEqual(len(found["cells"]), 2)
        rules = self.directory / "rules.json"
        rules.write_text('{"thresholds": [{"regex": "(a+)+b", "detect": "10%"}]}')
        self.check(PASS, old, old, "--thresholds", rules)
        slow = self.script("slow", IMITATION.format(times={name: 100.0}, misconduct=""))
        self.refused(
            UNREADABLE,
            "no benchmark listed that --benchmark_filter matches",
            slow,
            slow,
            "--benchmark_filter=(a+)+b",
        )

    def test_rejects_deeply_nested_json(self):
        old, deep = self.file("old.json", a=self.steady), self.directory / "deep.json"
        for document in (
            "[" * 120_000 + "]" * 120_000,
            '{"benchmarks":[' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "]}",
        ):
            deep.write_text(document)
            self.refused(UNREADABLE, ["deep.json: not JSON", "deeper than 64"], old, deep)
            self.refused(UNREADABLE, ["deep.json: not JSON", "deeper than 64"], deep, old)
            self.refused(UNREADABLE, ["deep.json: not JSON"], old, old, "--thresholds", deep)
        store = self.directory / "history"
        self.check(INCONCLUSIVE, old, "--history", store, "--commit", "first")
        (entry,) = store.glob("*/*.json")
        entry.write_text(deep.read_text())
        self.refused(UNREADABLE, [entry.name, "deeper than 64"], old, "--history", store)
        listing = self.script(
            "listing",
            f'#!/bin/sh\nif [ "$1" = list ]; then cat {deep}; exit; fi\nexec {PROGRAM} "$@"\n',
        )
        self.refused(USAGE, "`list --json` printed no list of cells", listing, listing, *CELL)

    def test_compares_with_a_history(self):
        store = self.directory / "history"
        for i in range(6):
            now = self.file("now.json", a=[t * (1 + 0.001 * (i % 2)) for t in self.steady])
            document = self.check(
                INCONCLUSIVE if i < 4 else PASS, now, "--history", store, "--commit", f"c{i}"
            )
        self.assertEqual(len(list(store.glob("*/*.json"))), 6)
        self.check(
            REGRESSION, self.file("now.json", a=[1.3 * t for t in self.steady]), "--history", store
        )
        self.assertEqual(len(list(store.glob("*/*.json"))), 6, "only runs with --commit are stored")


class OwnPrograms(Check):
    def broken(self, misconduct):
        """Returns a wrapper of this program whose cell processes run `misconduct` first."""
        return self.script(
            "broken",
            f'#!/bin/sh\nif [ "$1" = cell ]; then {misconduct}; fi\nexec {PROGRAM} "$@"\n',
        )

    def listing(self, name, script):
        """Returns a wrapper of this program whose `list` command runs `script`."""
        return self.script(
            name, f'#!/bin/sh\nif [ "$1" = list ]; then {script}; fi\nexec {PROGRAM} "$@"\n'
        )

    def test_identical_builds_never_regress(self):
        document = self.check(
            (PASS, INCONCLUSIVE), PROGRAM, PROGRAM, *CELL, "--budget", "60s", "--detect", "50%"
        )
        (cell,) = document["cells"]
        self.assertEqual(
            (cell["name"], cell["decided_by"]), ("noop/serial/cores:1/in_flight:1", "confirmation")
        )
        self.assertEqual(len(cell["block_log_ratios"]), cell["blocks"])
        self.assertEqual(len(cell["block_orders"]), cell["blocks"])
        self.assertRegex(cell["block_orders"][0], r"^(ABBA|BAAB)( (ABBA|BAAB))+$")
        self.assertGreaterEqual(cell["blocks"], 7)
        self.assertLess(cell["lower"], cell["upper"])
        self.assertEqual(
            (document["plan"]["seed"], document["plan"]["order"]),
            (7, "slices alternate ABBA or BAAB at random"),
        )
        self.assertRegex(self.completed.stderr, r"1 cell: \d+ blocks each, about \d+ s")

    def test_compares_other_metrics_if_measured(self):
        document = self.check(
            (PASS, INCONCLUSIVE), PROGRAM, PROGRAM, *CELL, "--detect", "50%", "--metric", "memory"
        )
        self.assertEqual(
            (document["cells"][0]["metric"], document["metric_label"]), ("memory", "peak memory")
        )
        self.assertGreaterEqual(document["cells"][0]["blocks"], 7)
        document = self.check(INCONCLUSIVE, PROGRAM, PROGRAM, *CELL, "--metric", "errors")
        self.assertIn("choose another --metric", document["cells"][0]["remedy"])

    def test_injected_slowdown_is_a_regression(self):
        document = self.check(
            REGRESSION,
            *(PROGRAM, PROGRAM, "--workload", "hashing:bytes=4KiB", *CELL[2:]),
            *("--inject-slowdown", "60%"),
        )
        self.assertGreater(document["cells"][0]["ratio"], 1.2)

    def test_small_budget_is_inconclusive_with_a_remedy(self):
        document = self.check(INCONCLUSIVE, PROGRAM, PROGRAM, *CELL, "--budget", "300ms")
        self.assertRegex(
            document["cells"][0]["remedy"], "at least 7|no block completed|raise --budget"
        )
        self.assertIn("the budget of 0.3 s ran out", " ".join(document["notes"]))

    def test_crash_of_new_only_is_a_regression(self):
        crashing = self.broken("echo boom >&2; exit 3")
        self.assert_fails_more(self.check(REGRESSION, PROGRAM, crashing, *CELL), "boom")
        self.assertIn(
            "boom", self.check(INCONCLUSIVE, crashing, crashing, *CELL)["failing"][0]["reason"]
        )
        self.assertIn(
            "failed before",
            self.check(INCONCLUSIVE, crashing, PROGRAM, *CELL)["added"][0]["reason"],
        )

    def assert_fails_more(self, document, reason):
        """Expects a regression of one cell only by its failures, with the reason in a note."""
        (cell,) = document["cells"]
        self.assertEqual((cell["verdict"], cell["worse"]), ("regression", ["failures"]))
        self.assertRegex(cell["notes"][0], rf"^the candidate failed in \d+ of \d+ .*{reason}")
        self.assertRegex(self.completed.stdout, "worse: .* of processes fail, 0 % in the baseline")

    def test_crash_of_new_in_some_blocks_is_a_regression(self):
        count = self.directory / "count"
        sometimes = self.broken(
            f"echo x >>{count}; if [ $(wc -l <{count}) -ge 5 ]; then exit 3; fi"
        )
        document = self.check((REGRESSION, INCONCLUSIVE), PROGRAM, sometimes, *CELL)
        self.assert_fails_more(document, "code 3")
        # Three working blocks tell the controls little about the scatter on a busy machine.
        if not any(control["problem"] for control in document["controls"]):
            self.assertEqual(document["exit_code"], REGRESSION)
        count.unlink()
        document = self.check(INCONCLUSIVE, sometimes, PROGRAM, *CELL)
        self.assertIn("the baseline failed in", document["cells"][0]["notes"][0])

    def test_hang_of_new_is_a_regression(self):
        document = self.check(
            REGRESSION, PROGRAM, self.broken("exec sleep 600"), *CELL, "--grace", 0.2
        )
        self.assert_fails_more(document, "was killed")

    def invented(self, name, process="pass", slice="pass"):
        return self.script(
            name, INVENTED_BUILD.format(program=PROGRAM, process=process, slice=slice)
        )

    def test_one_exit_of_a_process_is_neither_a_regression_nor_a_pass(self):
        old, marker = self.invented("old"), self.directory / "marker"
        once = self.invented(
            "once",
            f"marker = {str(marker)!r}\nif not os.path.exists(marker):"
            " open(marker, 'w'); sys.exit('boom')",
        )
        (cell,) = self.check(INCONCLUSIVE, old, once, *CELL)["cells"]
        self.assertIn("a candidate that fails more does not pass", cell["remedy"])
        self.assertRegex(cell["notes"][0], "the candidate failed in 1 of .*boom")
        self.assertTrue(marker.exists())
        marker.unlink()
        self.check(PASS, once, old, *CELL)

    def test_failed_operations_never_pass(self):
        old = self.invented("old")
        failing = self.invented("failing", slice="errors = round(0.9 * operations)")
        (cell,) = self.check(REGRESSION, old, failing, *CELL)["cells"]
        self.assertIn("errors", cell["worse"])
        self.assertRegex(
            self.completed.stdout, r"worse: metric; .*(89|90)\S* % of operations fail, 0 % in the b"
        )
        # It is as fast as the old one: the time of an operation is that of a successful one.
        quick = self.invented(
            "quick", slice="errors = round(0.9 * operations); wall_s *= 1 - errors / operations"
        )
        (cell,) = self.check(REGRESSION, old, quick, *CELL)["cells"]
        self.assertEqual(cell["worse"], ["errors"])
        self.check(PASS, failing, failing, *CELL)

    def test_stalls_that_location_ignores_are_a_regression(self):
        stalling = self.invented(
            "stalling",
            process="clock = 0.05 * random.random()",
            slice="clock += wall_s; wall_s += clock // 0.05 * 0.01; clock %= 0.05",
        )
        (cell,) = self.check(REGRESSION, self.invented("old"), stalling, *CELL)["cells"]
        self.assertLessEqual(set(cell["worse"]), {"total", "tail"})
        self.assertLess(abs(cell["ratio"] - 1), 0.01)

    def test_regimes_of_processes(self):
        old = self.invented("old")
        regime = self.invented("regime", "if random.random() < 0.2: operation_s *= 1.63")
        document = self.check(PASS, old, old, *CELL)
        self.assertRegex(document["notes"][0], "do not exclude a slow regime .*--regimes")
        self.assertGreater(document["cells"][0]["unseen_share"], 0.2)
        document = self.check(PASS, old, old, *CELL, "--regimes", "20%")
        self.assertLess(document["cells"][0]["unseen_share"], 0.2)
        document = self.check((REGRESSION, INCONCLUSIVE), old, regime, *CELL, "--regimes", "20%")
        self.assertIn("two regimes", " ".join(document["cells"][0]["notes"]))

    def test_controls(self):
        old = self.invented("old")
        document = self.check(PASS, old, old, *CELL)
        same, slowed = document["controls"]
        self.assertEqual((same["added"], same["added_to"], same["problem"]), (0, "none", ""))
        self.assertEqual((slowed["added"], slowed["added_to"]), (0.05, "readings"))
        self.assertGreater(slowed["ratio"], 1.02)
        self.assertLess(same["seconds"], document["plan"]["wall_s"] / 2)
        models = ("--model", "serial,event_loop,thread_pool,offload", *CELL[4:])
        for _ in range(3):  # on a busy machine, the cells that can be slowed may scatter most
            document = self.check(
                *(PASS, PROGRAM, PROGRAM, "--workload", "hashing", *models, "--detect", "50%")
            )
            slowed = document["controls"][1]
            if slowed["added_to"] == "work":
                break
        else:
            self.skipTest("the machine is busy: no cell has its CPU to itself")
        self.assertGreater(slowed["ratio"], 1.3)

    @unittest.skipUnless(shutil.which("taskset"), "not installed: util-linux")
    def test_launcher_starts_the_cells_of_both_sides(self):
        cpu = max(os.sched_getaffinity(0))
        note = self.script("note", '#!/bin/sh\ntaskset -cp $$ >>"$0s"\nexec "$@"\n')
        launcher = f"taskset -c {cpu} {note}"
        sides = (self.invented("old"), self.invented("new"))
        document = self.check(PASS, *sides, *CELL, "--launcher", launcher)
        notes = (self.directory / "notes").read_text().splitlines()
        self.assertEqual({note.split(": ")[1] for note in notes}, {str(cpu)})
        self.assertGreaterEqual(len(notes), 2 * document["cells"][0]["blocks"])
        self.assertIn(f"--launcher: '{launcher}' started the cells", document["notes"])

    def test_baseline_that_differs_from_itself_is_inconclusive(self):
        # A process is slow beside an older one of its program: only the controls have two of OLD.
        jealous = self.invented(
            "jealous",
            "def is_older_twin(pid):\n"
            "    if not pid.isdigit() or int(pid) >= os.getpid(): return False\n"
            "    try: text = open(f'/proc/{pid}/stat').read() + open(f'/proc/{pid}/cmdline').read()"
            "\n"
            "    except OSError: return False\n"
            "    return 'jealous' in text and f' {os.getppid()} ' in text\n"
            "if any(map(is_older_twin, os.listdir('/proc'))): operation_s *= 1.3",
        )
        document = self.check(INCONCLUSIVE, jealous, self.invented("new"), *CELL)
        self.assertEqual(document["cells"][0]["verdict"], "pass")
        self.assertIn("a control came out wrong", document["headline"])
        self.assertIn("differs from itself", document["controls"][0]["problem"])

    def test_removed_cells_are_listed(self):
        older = self.listing("older", 'echo "crossover: no such suite" >&2; exit 64')
        self.refused(UNREADABLE, "no cell in common", older, PROGRAM, *CELL)
        rename = "sed s/noop.serial/noop-serial/"
        fewer = self.listing("fewer", f'{PROGRAM} "$@" | {rename}; exit')
        document = self.check(
            INCONCLUSIVE,
            *(PROGRAM, fewer, *CELL, "--model", "event_loop", "--detect", "50%"),
        )
        self.assertEqual(
            [c["name"] for c in document["removed"]], ["noop/serial/cores:1/in_flight:1"]
        )
        self.assertEqual(
            [c["name"] for c in document["cells"]], ["noop/event_loop/cores:1/in_flight:1"]
        )

    def test_rejects_unusable_selection(self):
        self.refused(USAGE, "did you mean 'noop'?", PROGRAM, PROGRAM, "--workload", "nop")
        self.refused(
            USAGE, "widen the selection", PROGRAM, PROGRAM, *CELL, "--benchmark_filter=nothing"
        )

    def test_each_block_runs_in_copies_that_leave_nothing(self):
        sides = self.directory / "sides"
        sides.mkdir()
        for name in ("old", "new"):
            shutil.copy(PROGRAM, sides / name)
        process = subprocess.Popen(
            # Regimes ask for many blocks: the check is still running when it is killed.
            [PROGRAM, "check", sides / "old", sides / "new", *map(str, CELL), "--regimes", "5%"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        copies = {}  # of each process; the number of a file that is gone is used again
        deadline = time.monotonic() + TIMEOUT_S
        while len(copies) < 6 and time.monotonic() < deadline:
            for child in descendants_of(process.pid):
                try:
                    running = os.readlink(f"/proc/{child}/exe")
                    copy = os.stat(f"/proc/{child}/exe").st_ino
                except OSError:
                    continue
                if running.startswith(f"{sides}/#"):
                    copies[child] = copy
        process.kill()
        process.wait()
        self.assertGreaterEqual(len(copies), 6)
        self.assertGreaterEqual(len(set(copies.values())), 2)
        self.assertEqual(set(os.listdir(sides)), {"old", "new"})

    def test_interrupt_leaves_no_process(self):
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
        self.assertEqual(processes_of_group(process.pid), [])
        self.assertTrue(children)


class ForeignPrograms(Check):
    def imitation(self, name, times, misconduct=""):
        return self.script(name, IMITATION.format(times=times, misconduct=misconduct))

    def test_verdicts_of_programs(self):
        old = self.imitation(
            "old", {"BM_copy/8": 100, "BM_map<int, std::string>/64": 50, "BM_gone": 1}
        )
        new = self.imitation(
            "new", {"BM_copy/8": 100, "BM_map<int, std::string>/64": 60, "BM_new(1+1)": 1}
        )
        document = self.check(REGRESSION, old, new)
        self.assertEqual(
            {c["name"]: c["verdict"] for c in document["cells"]},
            {"BM_copy/8": "pass", "BM_map<int, std::string>/64": "regression"},
        )
        self.assertEqual(
            [[c["name"] for c in document[key]] for key in ("removed", "added")],
            [["BM_gone"], ["BM_new(1+1)"]],
        )
        self.check(PASS, old, new, "--benchmark_filter=copy")

    def test_crash_of_new_in_some_blocks_is_a_regression(self):
        old = self.imitation("old", {"BM_a": 100, "BM_b": 100})
        new = self.imitation(
            "new",
            {"BM_a": 100, "BM_b": 100},
            "if random.random() < 0.9: sys.exit('boom')",
        )
        document = self.check(REGRESSION, old, new)
        self.assertEqual(
            {c["name"]: c["worse"] for c in document["cells"]},
            {"BM_a": ["failures"], "BM_b": ["failures"]},
        )

    def test_benchmarks_that_cannot_be_frozen_are_compared_by_real_time(self):
        times = {"BM_copy": 100, "BM_wait": 100, "BM_wait/threads:2": 50}
        old = self.imitation("old", times)
        new = self.imitation("new", times | {"BM_wait": 130})
        document = self.check(REGRESSION, old, new)
        self.assertEqual(
            {c["name"]: c["verdict"] for c in document["cells"]},
            {"BM_copy": "pass", "BM_wait": "regression", "BM_wait/threads:2": "pass"},
        )
        (note,) = [note for note in document["notes"] if "real time" in note]
        self.assertIn("BM_wait (waits), BM_wait/threads:2 (several threads)", note)
        self.assertNotIn("BM_copy", note)

    def test_killed_check_leaves_no_process(self):
        real = os.path.join(os.path.dirname(PROGRAM), "foreign_benchmark_for_test")
        # The shell is the child of check; the program is the shell's.
        wrapper = self.script("wrapper", f'#!/bin/sh\n{real} "$@"\nexit $?\n')
        process = subprocess.Popen(
            # Regimes ask for many blocks: the check is still running when it is killed.
            [PROGRAM, "check", wrapper, wrapper, "--benchmark_filter=/4$", "--regimes", "5%"]
            + ["--benchmark_min_time=0.05"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def family():
            """Both shells and programs, and the guard, if a program is frozen."""
            children = descendants_of(process.pid)
            frozen = [child for child in children if state_of(child) == "T"]
            return children if len(children) == 5 and frozen else []

        # The benchmark may seem to wait on a busy machine; then nothing is frozen.
        patience = time.monotonic() + 20
        while not (children := family()) and time.monotonic() < patience:
            time.sleep(0.001)
        children = children or descendants_of(process.pid)
        deadline = time.monotonic() + TIMEOUT_S
        process.kill()
        process.wait()
        self.assertTrue(children)
        while any(map(state_of, children)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual([child for child in children if state_of(child)], [])

    def test_google_benchmark_programs(self):
        real = os.path.join(os.path.dirname(PROGRAM), "foreign_benchmark_for_test")
        slower = self.script("slower", f'#!/bin/sh\nROUNDS=10000 exec {real} "$@"\n')
        # The control is slowed by --detect, which must exceed the noise of a busy machine.
        wide = ("--detect", "50%")
        document = self.check(REGRESSION, real, slower, "--benchmark_filter=/1$", *wide)
        (cell,) = document["cells"]
        self.assertEqual((cell["name"], cell["verdict"]), ("mix<int, (a|b)>/1", "regression"))
        self.assertEqual(set(" ".join(cell["block_orders"]).split()), {"ABBA", "BAAB"})
        self.assertEqual(document["environment_differences"], [])
        place = "the programs' place in memory is not averaged over: "
        self.assertIn(f"{place}{slower}: it is a script", document["notes"])
        document = self.check((PASS, INCONCLUSIVE), real, real, *wide)
        self.assertNotIn(place, " ".join(document["notes"]))

    def test_rejects_other_programs(self):
        old = self.imitation("old", {"BM_a": 100})
        self.refused(UNREADABLE, "not a crossover or Google Benchmark program", old, "/bin/echo")
        self.refused(UNREADABLE, "not a crossover or Google Benchmark program", old, "/bin/false")
        self.refused(UNREADABLE, "no benchmark", "/bin/true", "/bin/true")
        self.refused(UNREADABLE, "no cell in common", old, self.imitation("other", {"BM_z": 1}))
        self.refused(UNREADABLE, "compare two of the same kind", old, PROGRAM)
        self.refused(USAGE, "selects cells of crossover", old, old, "--quick")
        self.refused(USAGE, "--launcher: not supported", old, old, "--launcher", "env")


if __name__ == "__main__":
    unittest.main()
