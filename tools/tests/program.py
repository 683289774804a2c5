"""Runs the program under test, whose path CTest sets in CROSSOVER_PROGRAM."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["CROSSOVER_PROGRAM"]
BUILD = pathlib.Path(PROGRAM).parent
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def crossover(*arguments, **options):
    """Runs `crossover ARGUMENTS` to its end and returns the subprocess.CompletedProcess."""
    options = {
        "stdin": subprocess.DEVNULL,
        "capture_output": True,
        "text": True,
        "timeout": TIMEOUT_S,
    } | options
    return subprocess.run([PROGRAM, *map(str, arguments)], **options)


def sanitizers():
    """Returns the sanitizers that the program is built with, for example "thread"; "" if none."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    return re.search("^CROSSOVER_SANITIZE:STRING=(.*)$", cache, re.M)[1]


TIMEOUT_S = 600 if sanitizers() else 120  # ample even on a busy machine


def listed(*arguments):
    """Returns the document of `crossover list --json ARGUMENTS`."""
    completed = crossover("list", "--json", *arguments)
    if completed.returncode != 0:
        raise AssertionError(completed.stderr)
    return json.loads(completed.stdout)


def models_in_other_languages():
    """Returns the names of the built-in models that run in another program."""
    return {model["name"] for model in listed()["models"] if model["program"]}


def strict_json(text):
    """Parses standard JSON: raises ValueError for NaN and Infinity, which Python accepts."""

    def reject(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=reject)


def process_stats():
    """Yields, per process, its id and the fields of /proc/PID/stat after the command name."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            yield int(entry.name), (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            pass  # it has ended


def state_of(pid):
    """Returns the state letter of a process, "T" if it is frozen; None if it has ended."""
    state = dict(process_stats()).get(pid, "Z")[0]
    return None if state == "Z" else state


def processes_of_group(group):
    """Returns the live processes of a process group or session."""
    return [
        pid
        for pid, fields in process_stats()
        if fields[0] != "Z" and group in (int(fields[2]), int(fields[3]))
    ]


def descendants_of(pid):
    """Returns all children of a process, their children, and so on."""
    parents = {child: int(fields[1]) for child, fields in process_stats()}
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family - {pid}


def command_of(pid):
    """Returns the arguments of a process; none if it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except OSError:
        return []
    return text.split("\0")[:-1]


def shared_memory():
    """Returns the System V segments with their creators, and the names in /dev/shm without one."""
    rows = [row.split() for row in pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    segments = {f"segment {row[1]}": int(row[4]) for row in rows}
    return segments | {f"/dev/shm/{name}": None for name in os.listdir("/dev/shm")}


def is_mapped(file):
    """Returns whether a process, perhaps another user's, has mapped the file."""
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if file in maps.read_text():
                return True
    return False


def remaining_memory(before):
    """Returns shared memory that was not there `before`, whose creator has ended and that no
    process has mapped."""
    return [
        memory
        for memory, creator in shared_memory().items()
        if memory not in before
        and not pathlib.Path(f"/proc/{creator}").exists()
        and not is_mapped(memory)
    ]


class TempDirTest(unittest.TestCase):
    """Gives each test its own temporary directory."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="crossover.")
        self.addCleanup(holder.cleanup)
        self.directory = pathlib.Path(holder.name)
        self.out = self.directory / "results.json"

    def results(self):
        return strict_json(self.out.read_text())

    def cells(self):
        return {cell["name"]: cell for cell in self.results()["crossover"]["cells"]}


class RunTest(TempDirTest):
    """Runs `crossover run` in the directory of the test."""

    environment = os.environ
    refusal = 64  # exit code

    def run_here(self, *arguments, code=0, **options):
        options = {"cwd": self.directory, "env": self.environment} | options
        completed = crossover("run", *arguments, **options)
        self.assertEqual(completed.returncode, code, (completed.stderr, completed.stdout))
        return completed

    def refused(self, text, *arguments, code=None, **options):
        completed = self.run_here(*arguments, code=code or self.refusal, **options)
        self.assertEqual(len(completed.stderr.splitlines()), 1, completed.stderr)
        self.assertIn(text, completed.stderr)

    def start(self, *arguments):
        """Returns a run that continues after this call; the test ends it."""
        run = subprocess.Popen(
            [PROGRAM, "run", *map(str, arguments)],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(lambda: run.poll() is None and (run.kill(), run.communicate()))
        return run


OUR_CELL = (PROGRAM, "cell")
PYTHON_CELL = (sys.executable, str(SOURCE / "tools/cells/python_cell.py"))


class Cell:
    """A cell process, driven through the protocol."""

    def __init__(self, *launcher, command=OUR_CELL):
        self.process = subprocess.Popen(
            [*launcher, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.communicate()

    def send(self, request):
        line = request if isinstance(request, str) else json.dumps(request)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, request):
        """Sends a request and returns the reply."""
        self.send(request)
        return strict_json(self.process.stdout.readline())

    def prepare(self, workload="noop", model="serial", cores=(0,), in_flight=1, **others):
        body = {"workload": workload, "model": model, "cores": list(cores), "in_flight": in_flight}
        return self.ask({"prepare": body | others})


class Server:
    """A `crossover serve` process."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.greeting = self.process.stdout.readline()
        self.endpoint = self.greeting.removeprefix("listening ").strip()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
