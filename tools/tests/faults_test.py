"""Faults during `run` and `check`: what is lost, what is reported, and what is left behind.

Each test makes one fault for real and describes its outcome, which docs/faults.md has as a row of
its table. `faults_test.py --write` writes the table.
"""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import jsonschema

from program import PROGRAM, SOURCE, TIMEOUT_S, TempDirTest, command_of, descendants_of, listed
from program import remaining_memory, sanitizers, shared_memory, strict_json

TESTS = pathlib.Path(__file__).resolve().parent
DOCUMENT = SOURCE / "docs/faults.md"
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((SOURCE / "bench/results/results.schema.json").read_text())
)
OK, FAILED, UNREADABLE, UNWRITABLE, INTERRUPTED = 0, 1, 65, 74, 130
PYTHON_CELL = f"{sys.executable} {SOURCE}/tools/cells/python_cell.py"
WAITS = ("--workload", "sleep:delay=1ms", "--model", "serial")


def plan(repetitions=2, in_flight="2", seconds=0.2, grace=1):
    flags = {"cores": 1, "seed": 1, "in-flight": in_flight}
    flags |= {"repetitions": repetitions, "seconds": seconds, "grace": grace}
    return [text for name, value in flags.items() for text in (f"--{name}", str(value))]


LONG = plan(repetitions=1000, grace=20)
POSTGRESQL = listed("--workload", "query:engine=postgresql", "--model", "serial")["cells"][0]

written_rows = {}  # by fault, with --write


def read_rows():
    """Returns the rows of the document's table by fault."""
    table = DOCUMENT.read_text().split(BEGIN)[1].split(END)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def without_numbers(text, directory):
    """Returns a reason without what differs from run to run."""
    text = text.replace(str(directory) + "/", "")
    text = re.sub(r"within [\d.]+ s", "within N s", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST:PORT", text)
    text = re.sub(r"\d+ times", "N times", text)
    text = re.sub(r"worker process \d of \d", "worker process N of N", text)
    text = re.sub(r"worker process \d+ died", "worker process N died", text)
    text = re.sub(r"for this user is \d+", "for this user is N", text)
    text = re.sub(r"x{20,}", "xx", text)
    # If the machine is busy, a cell has the fault before its first block.
    text = text.replace("(expected 'ready')", "(expected 'sample')")
    return re.sub(r"during startup|during preparation|before the run", "during the run", text)


def processes_in(directory):
    """Returns the processes whose working directory is within this one."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd").startswith(f"{directory}/"):
                found.append(int(process.name))
    return found


class FaultTest(TempDirTest):
    """Starts crossover in its own directory: no other process works there or in a part of it."""

    def setUp(self):
        super().setUp()
        self.output = self.directory / "output"
        self.temporary = self.directory / "temporary"
        self.output.mkdir()
        self.temporary.mkdir()
        self.directory.chmod(0o755)  # for PostgreSQL, which does not run as root
        self.out = self.output / "results.json"
        self.environment = os.environ | {"TMPDIR": str(self.temporary)}
        self.memory_before = shared_memory()

    def processes(self):
        """Returns all processes of the test."""
        return processes_in(self.directory)

    def start(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            env=self.environment,
            cwd=self.output,
            start_new_session=True,
            **options,
        )
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.communicate()))
        return process

    def run_to_end(self, *arguments, **options):
        """Runs crossover to its end; returns its exit code."""
        process = self.start(*arguments, **options)
        self.text, self.errors = process.communicate(timeout=TIMEOUT_S)
        return process.returncode

    def measure(self, *arguments, **options):
        """Measures `sleep` with serial and the given cells, in two blocks."""
        return self.run_to_end("run", *WAITS, *plan(), *arguments, **options)

    def wait_for(self, what, condition):
        deadline = time.monotonic() + 20
        while not (value := condition()):
            if time.monotonic() > deadline:
                self.fail(f"no {what} within 20 s; {self.processes()}")
            time.sleep(0.01)
        return value

    def wait_for_samples(self, count=1, workload=""):
        """Waits until the cells of this workload have `count` samples."""
        self.wait_for(
            "samples",
            lambda: self.out.exists()
            and sum(len(cell["samples"]) for name, cell in self.cells().items() if workload in name)
            >= count,
        )

    def wait_for_process(self, run, *words):
        """Waits for a descendant of `run` with these arguments; returns it."""
        return self.wait_for(
            f"{words}",
            lambda: next(
                (pid for pid in descendants_of(run.pid) if set(words) <= set(command_of(pid))),
                None,
            ),
        )

    def require_postgresql(self):
        if POSTGRESQL["status"] == "skipped":
            self.skipTest(f"apt-get install postgresql: {POSTGRESQL['reason']}")

    def assert_valid(self, file):
        document = strict_json(file.read_text())
        problems = [
            f"{list(e.absolute_path)}: {e.message[:200]}" for e in SCHEMA.iter_errors(document)
        ]
        self.assertEqual(problems, [])
        return document["crossover"]

    def assert_nothing_left(self, *files, temporary=()):
        """Nothing is left but these files in the directory of the output."""
        deadline = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual({pid: command_of(pid) for pid in left}, {}, "processes remain")
        self.assertEqual(sorted(os.listdir(self.output)), sorted(files))
        self.assertEqual(sorted(os.listdir(self.temporary)), sorted(temporary))
        # Other tests create shared memory a moment before they map it.
        while (memory := remaining_memory(self.memory_before)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(memory, [], "shared memory remains")

    def outcome(self, code, *, others=2):
        """Checks the results of a run: nothing is left and `serial` has `others` samples. Returns
        the outcome of the other cells as a text."""
        section = self.assert_valid(self.out)
        self.assert_nothing_left("results.json")
        self.assertEqual(section["status"], "complete")
        words = set()
        for cell in section["cells"]:
            if cell["model"] == "serial":
                self.assertEqual(
                    (cell["status"], len(cell["samples"])), ("ok", others), self.errors
                )
            elif cell["status"] == "ok":
                words.add("measured" if len(cell["samples"]) == 2 else "incomplete")
            else:
                words.add(f"{cell['status']}: {without_numbers(cell['reason'], self.directory)}")
        failed = any(cell["status"] == "failed" for cell in section["cells"])
        self.assertEqual(code, FAILED if failed else OK, self.errors)
        return ", ".join(sorted(words))

    def row(self, fault, outcome, code):
        """Compares a row with that of the document, or takes it down with --write."""
        row = [outcome.replace("|", "\\|"), str(code)]
        written_rows[fault] = row
        if "--write" not in sys.argv:
            self.assertEqual(read_rows().get(fault), row, f"{fault}: run faults_test.py --write")


class Cells(FaultTest):
    """A fault in one cell of two."""

    def once(self, fault):
        return f"{fault}@{self.directory}/made"

    def test_killed(self):
        self.fault("SIGKILL of a cell process, once", self.once("kill"))
        self.fault("SIGKILL of a cell process, in each block", "kill")

    def fault(self, name, fault, cell=f"{PROGRAM} cell event_loop", *arguments):
        code = self.measure(
            *("--cell", f"faulty={sys.executable} {TESTS}/faulty_cell.py {fault} {cell}"),
            *("--force", *arguments),
        )
        self.row(name, self.outcome(code), code)

    def test_stopped(self):
        self.fault("SIGSTOP of a cell process", "stop")

    def test_killed_worker(self):
        self.fault("SIGKILL of a forked worker", "kill_worker", f"{PROGRAM} cell processes")

    def test_stopped_worker(self):
        self.fault("SIGSTOP of a forked worker", "stop_worker", f"{PROGRAM} cell processes")

    def test_killed_python(self):
        self.fault("SIGKILL of a CPython cell", "kill", f"{PYTHON_CELL} asyncio")

    def test_stopped_python(self):
        self.fault("SIGSTOP of a CPython cell", "stop", f"{PYTHON_CELL} asyncio")

    def test_killed_python_worker(self):
        self.fault("SIGKILL of a CPython worker", "kill_worker", f"{PYTHON_CELL} processes")

    def test_stopped_python_worker(self):
        self.fault("SIGSTOP of a CPython worker", "stop_worker", f"{PYTHON_CELL} processes")

    def test_flood(self):
        self.fault("a cell floods its standard error", "flood")

    def test_long_line(self):
        self.fault("a cell prints a line of 100 MB", "long_line")


class Servers(FaultTest):
    """A fault in a server that we start, beside a cell without one."""

    def fault(self, name, workload, make_fault):
        """`make_fault` gets the run."""
        run = self.start(
            *("run", *WAITS, "--workload", workload, "--model", "event_loop"),
            *plan(repetitions=6),
        )
        make_fault(run)
        self.text, self.errors = run.communicate(timeout=TIMEOUT_S)
        section = self.assert_valid(self.out)
        self.assert_nothing_left("results.json")
        words = set()
        for cell in section["cells"]:
            if cell["workload"] == "sleep":
                self.assertEqual((cell["status"], len(cell["samples"])), ("ok", 6), self.errors)
            elif cell["status"] == "ok":
                self.assertEqual(len(cell["samples"]), 6)
                words.add("measured")
            else:
                words.add(f"{cell['status']}: {without_numbers(cell['reason'], self.directory)}")
        failed = any(cell["status"] == "failed" for cell in section["cells"])
        self.assertEqual(run.returncode, FAILED if failed else OK, self.errors)
        self.row(name, ", ".join(sorted(words)), run.returncode)

    def signal_server(self, run, number):
        self.wait_for_samples(workload="network")
        os.kill(self.wait_for_process(run, "serve"), number)

    def test_killed(self):
        self.fault(
            "SIGKILL of a server, once",
            "network",
            lambda run: self.signal_server(run, signal.SIGKILL),
        )

    def test_killed_again_and_again(self):
        def kill(run):
            while run.poll() is None:
                for pid in descendants_of(run.pid):
                    if "serve" in command_of(pid):
                        with contextlib.suppress(ProcessLookupError):
                            time.sleep(0.1)
                            os.kill(pid, signal.SIGKILL)
                time.sleep(0.01)

        self.fault("SIGKILL of each server", "network", kill)

    def test_stopped(self):
        self.fault(
            "SIGSTOP of a server", "network", lambda run: self.signal_server(run, signal.SIGSTOP)
        )

    def signal_postgresql(self, run, number):
        self.wait_for_samples(workload="query")
        os.kill(self.wait_for_process(run, "-D", "-k"), number)

    def test_killed_postgresql(self):
        self.require_postgresql()
        self.fault(
            "SIGKILL of PostgreSQL",
            "query:engine=postgresql",
            lambda run: self.signal_postgresql(run, signal.SIGKILL),
        )

    def test_stopped_postgresql(self):
        self.require_postgresql()
        self.fault(
            "SIGSTOP of PostgreSQL",
            "query:engine=postgresql",
            lambda run: self.signal_postgresql(run, signal.SIGSTOP),
        )


class BadServer:
    """A user's server for messages of 64 bytes, with a fault in each of its replies."""

    def __init__(self, reply):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.reply = reply
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client:
            while message := client.recv(64, socket.MSG_WAITALL):
                self.reply(client, message)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def reset(client, message):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def send_short(client, message):
    client.sendall(message[:32])
    client.close()


class BadServers(FaultTest):
    """A server of the user that keeps no promise."""

    def fault(self, name, reply):
        with BadServer(reply) as server:
            code = self.run_to_end(
                *("run", *WAITS, "--workload", "network"),
                *("--endpoint", f"network={server.endpoint}"),
                *plan(),
            )
        cells = self.assert_valid(self.out)["cells"]
        self.assert_nothing_left("results.json")
        by_workload = {cell["workload"]: cell for cell in cells}
        self.assertEqual(
            (by_workload["sleep"]["status"], len(by_workload["sleep"]["samples"])), ("ok", 2)
        )
        cell = by_workload["network"]
        self.assertEqual(code, FAILED, self.errors)
        self.row(name, f"{cell['status']}: {without_numbers(cell['reason'], self.directory)}", code)

    def test_reset(self):
        self.fault("a server resets connections", reset)

    def test_stall(self):
        self.fault("a server stalls", lambda client, message: time.sleep(30))

    def test_short(self):
        self.fault("a server sends short replies", send_short)

    def test_long(self):
        self.fault("a server sends long replies", lambda client, m: client.sendall(m + b"more"))

    def test_wrong(self):
        self.fault("a server sends wrong replies", lambda client, m: client.sendall(m[::-1]))


def threads_of_user(user):
    """Returns how many threads the user has: the limit on processes counts them."""
    threads = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                threads += len(os.listdir(process / "task"))
    return threads


class Limits(FaultTest):
    """A limit of the whole run that one of two cells exceeds."""

    def fault(self, name, workload, model, limit):
        """`limit` runs in the process that becomes crossover."""
        code = self.run_to_end(
            *("run", "--workload", workload, "--model", model, *plan(in_flight="2,500")),
            preexec_fn=limit,
        )
        section = self.assert_valid(self.out)
        self.assert_nothing_left("results.json")
        small, large = section["cells"]
        self.assertEqual((small["status"], len(small["samples"])), ("ok", 2), self.errors)
        self.assertEqual(code, FAILED if large["status"] == "failed" else OK, self.errors)
        reason = without_numbers(large["reason"], self.directory)
        self.row(name, f"{large['status']}: {reason}", code)

    def test_descriptors(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
        self.fault("too few descriptors", "network", "event_loop", few)

    @unittest.skipIf(sanitizers(), "a sanitizer reserves terabytes of addresses")
    def test_memory(self):
        little = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        self.fault("too little memory", "noop", "thread_per_operation", little)

    def fault_of_processes(self, name, model):
        user = os.getuid() or 65534  # root has no such limit
        limit = threads_of_user(user) + 100

        def few():
            if os.getuid() != user:
                os.setgid(user)
                os.setuid(user)
            resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))

        for directory in (self.directory, self.output, self.temporary):
            directory.chmod(0o777)
        try:
            subprocess.run([PROGRAM, "--version"], preexec_fn=few, stdout=subprocess.DEVNULL)
        except PermissionError:
            self.skipTest("other users cannot start the program")
        self.fault(name, "noop", model, few)

    def test_processes(self):
        self.fault_of_processes("too few processes", "processes")

    def test_threads(self):
        self.fault_of_processes("too few threads", "thread_per_operation")


class Program(FaultTest):
    """A signal to crossover itself."""

    def interrupted(self, name, *signals):
        run = self.start(
            "run",
            "--workload",
            "sleep:delay=1ms,network",
            "--model",
            "serial",
            "--model",
            "processes",
            *LONG,
        )
        self.wait_for_samples(2)
        for number in signals:
            run.send_signal(number)
        run.communicate(timeout=TIMEOUT_S)
        section = self.assert_valid(self.out)
        left = ["results.json"]
        if signal.SIGKILL in signals:  # perhaps while it wrote: the next run removes that file
            self.assertEqual(self.measure(), OK, self.errors)
            left.insert(0, "results.1.json")
        self.assert_nothing_left(*left)
        self.assertEqual(section["status"], "interrupted")
        self.assertGreaterEqual(sum(len(cell["samples"]) for cell in section["cells"]), 2)
        self.row(name, "samples so far are kept", run.returncode)

    def test_interrupt(self):
        self.interrupted("SIGINT of crossover", signal.SIGINT)

    def test_two_interrupts(self):
        self.interrupted("SIGINT of crossover, twice", signal.SIGINT, signal.SIGINT)

    def test_terminate(self):
        self.interrupted("SIGTERM of crossover", signal.SIGTERM)

    def test_hangup(self):
        self.interrupted("SIGHUP of crossover", signal.SIGHUP)

    def test_kill(self):
        self.interrupted("SIGKILL of crossover", signal.SIGKILL)

    def test_pipe(self):
        run = self.start("run", *WAITS, *plan())
        self.wait_for_samples()
        run.send_signal(signal.SIGPIPE)
        run.stdout.close()
        self.errors = run.stderr.read()
        run.wait(TIMEOUT_S)
        run.stderr.close()
        self.row("SIGPIPE of crossover", "measured" + self.outcome(run.returncode), run.returncode)

    def test_second_interrupt_does_not_wait_for_a_server(self):
        run = self.start("run", "--workload", "network", "--model", "serial", *LONG)
        self.wait_for_samples()
        server = self.wait_for_process(run, "serve")
        with open(f"/proc/{server}/fd/0", "w", encoding="utf-8"):  # no end of its input
            run.send_signal(signal.SIGINT)
            with self.assertRaises(subprocess.TimeoutExpired, msg="it waits for the server"):
                run.wait(1.5)
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=10)
        self.assertEqual(run.returncode, INTERRUPTED)
        self.assert_nothing_left("results.json")

    def test_kill_of_all(self):
        self.require_postgresql()
        run = self.start("run", "--workload", "query:engine=postgresql", "--model", "serial", *LONG)
        self.wait_for_samples()
        # Stopped first, from the parents on, so that none cleans up after another. A supervisor
        # whose parent ends continues, so children are killed first.
        processes = sorted(self.processes())
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        for pid in reversed(processes):
            os.kill(pid, signal.SIGKILL)
        run.communicate(timeout=TIMEOUT_S)
        self.wait_for("the end of all processes", lambda: not self.processes())
        (directory,) = os.listdir(self.temporary)
        unfinished = pathlib.Path(f"{self.out}.crossover-0123abcd.tmp")
        unfinished.write_text("{")
        foreign = self.temporary / "crossover-foreign"
        foreign.mkdir()
        self.assert_valid(self.out)
        self.assertEqual(self.measure(), OK)
        self.assert_valid(self.output / "results.1.json")
        self.assert_nothing_left("results.json", "results.1.json", temporary=[foreign.name])
        self.row(
            "SIGKILL of crossover and all that it started",
            "samples so far are kept; the next run removes temporary files and shared memory",
            -signal.SIGKILL,
        )


class Output(FaultTest):
    """Results that cannot be written, or that others write too."""

    def run_in_mount(self, options, *arguments):
        """Runs with a file system in the directory of the output that no other process sees; the
        files that it then has are copied to `kept`."""
        kept = self.directory / "kept"
        script = (
            f'mount -t tmpfs -o {options} none "$0" && cd "$0" || {{ echo "$?" >&2; exit 99; }}'
        )
        script += f'; "$@"; code=$?; cp -r . {kept}; exit $code'
        completed = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, self.output, PROGRAM]
            + [str(a) for a in ("run", *WAITS, *arguments)],
            capture_output=True,
            text=True,
            env=self.environment,
        )
        if "crossover:" not in completed.stderr:
            self.skipTest(f"cannot mount: {completed.stderr.strip()}")
        self.assert_nothing_left()
        self.kept = sorted(os.listdir(kept))
        return completed

    def test_full_disk(self):
        completed = self.run_in_mount("size=48k", *plan(repetitions=40, seconds=0.04))
        self.assertEqual(self.kept, ["results.json"])
        section = self.assert_valid(self.directory / "kept/results.json")
        self.assertEqual(section["status"], "interrupted")
        self.assertGreaterEqual(len(section["cells"][0]["samples"]), 1)
        self.assertIn("No space left on device; measuring continues\n", completed.stderr)
        self.assertRegex(completed.stderr, r": No space left on device\n\Z")
        self.row(
            "the disk becomes full",
            "all is measured and shown; the last results that fitted are kept",
            completed.returncode,
        )

    def test_read_only(self):
        completed = self.run_in_mount("ro", *plan())
        self.assertEqual(self.kept, [])
        self.assertRegex(
            completed.stderr, r"\Acrossover: results.json: [^\n]+: Read-only file system\n\Z"
        )
        self.row("the output is read-only", "nothing is measured", completed.returncode)

    def test_same_output(self):
        runs = [self.start("run", *WAITS, *plan()) for _ in range(3)]
        for run in runs:
            _, errors = run.communicate(timeout=TIMEOUT_S)
            self.assertEqual(run.returncode, OK, errors)
        names = ["results.1.json", "results.2.json", "results.json"]
        for name in names:
            self.assertEqual(self.assert_valid(self.output / name)["status"], "complete")
        self.assert_nothing_left(*names)
        self.row("three runs start at once with the same output", "each writes its own file", OK)

    def test_resume_of_a_live_run(self):
        run = self.start("run", *WAITS, *plan(repetitions=1000, seconds=0.02))
        self.wait_for_samples()
        code = self.run_to_end("run", "--resume", self.out)
        writer = f"(process {run.pid}|another process)"
        self.assertRegex(
            self.errors,
            rf"\Acrossover: {self.out}: being written by {writer}; wait until it ends\n\Z",
        )
        self.wait_for_samples(sum(len(cell["samples"]) for cell in self.cells().values()) + 1)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=TIMEOUT_S)
        self.assert_valid(self.out)
        self.assert_nothing_left("results.json")
        self.assertEqual(run.returncode, INTERRUPTED)
        self.row("`--resume` of the file of a live run", "the first run measures on", code)

    def test_removed_directory(self):
        run = self.start("run", *WAITS, *plan(repetitions=6), "--out", self.out)
        self.wait_for_samples()
        while self.output.exists():  # the run may still write
            shutil.rmtree(self.output, ignore_errors=True)
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertRegex(errors, r"results.json: cannot be written: No such file or directory\n\Z")
        self.output.mkdir()
        self.assert_nothing_left()
        self.row("the directory of the output is removed", "it measures on", run.returncode)


class Check(FaultTest):
    """Faults during `check`."""

    def signalled(self, name, number, outcome):
        cells = ("--workload", "network", "--model", "processes", "--cores", 1, "--in-flight", 2)
        check = self.start("check", PROGRAM, PROGRAM, *cells, "--budget", "60s", "--out", "c.json")
        self.wait_for_process(check, "serve")
        self.wait_for_process(check, "cell")
        check.send_signal(number)
        check.communicate(timeout=TIMEOUT_S)
        self.assert_nothing_left()
        self.row(name, outcome, check.returncode)

    def test_interrupt(self):
        self.signalled("SIGINT of crossover check", signal.SIGINT, "no verdict")

    def test_hangup(self):
        self.signalled("SIGHUP of crossover check", signal.SIGHUP, "no verdict")

    def test_kill(self):
        self.signalled("SIGKILL of crossover check", signal.SIGKILL, "no verdict")

    def test_truncated_history(self):
        self.assertEqual(self.measure(), OK)
        history = self.directory / "history"
        for i in range(3):
            self.run_to_end("check", self.out, "--history", history, "--commit", f"c{i}")
        last = sorted(history.rglob("*.json"))[-1]
        last.write_text(last.read_text()[:1000])
        code = self.run_to_end("check", self.out, "--history", history)
        self.assertIn(str(last), self.errors)
        self.assertRegex(self.errors, r"\Acrossover: [^\n]+\n\Z")
        self.assert_nothing_left("results.json")
        self.row("a file of the history is truncated", "no verdict; the file is named", code)

    def test_truncated_results(self):
        self.assertEqual(self.measure(), OK)
        half = self.output / "half.json"
        half.write_text(self.out.read_text()[:2000])
        code = self.run_to_end("check", half, self.out)
        self.assertRegex(self.errors, r"\Acrossover: [^\n]*half.json[^\n]+\n\Z")
        self.row("a results file is truncated", "no verdict; the file is named", code)


class Clock(FaultTest):
    def test_steps(self):
        steps = os.environ.get("CROSSOVER_CLOCK_STEPS")
        if not steps:
            self.skipTest("no library that steps the clock in this build")
        self.environment["LD_PRELOAD"] = steps
        python = f"python={PYTHON_CELL} threads"
        code = self.measure("--model", "event_loop", "--model", "thread_pool", "--cell", python)
        words = self.outcome(code)
        for cell in self.cells().values():
            for sample in cell["samples"]:
                self.assertLess(sample["wall_s"], 60)
        self.row("the clock steps by an hour, back and forth", words, code)


def write_document():
    text = DOCUMENT.read_text()
    order = list(read_rows()) if BEGIN in text else []
    rows = (read_rows() if order else {}) | written_rows
    lines = ["| fault | outcome | exit code |", "|---|---|---|"]
    lines += [f"| {fault} | {' | '.join(row)} |" for fault, row in rows.items()]
    before, rest = text.split(BEGIN)
    DOCUMENT.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    writes = "--write" in sys.argv
    program = unittest.main(argv=[a for a in sys.argv if a != "--write"], exit=not writes)
    if writes:
        write_document()
