"""Runs the program under test, whose path CTest sets in CROSSOVER_PROGRAM."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["CROSSOVER_PROGRAM"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_S = 120  # ample even on a busy machine with sanitizers


def crossover(*arguments, **options):
    """Runs `crossover ARGUMENTS` to its end and returns the subprocess.CompletedProcess."""
    options = {
        "stdin": subprocess.DEVNULL,
        "capture_output": True,
        "text": True,
        "timeout": TIMEOUT_S,
    } | options
    return subprocess.run([PROGRAM, *map(str, arguments)], **options)


def listed(*arguments):
    """Returns the document of `crossover list --json ARGUMENTS`."""
    done = crossover("list", "--json", *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def strict_json(text):
    """Parses standard JSON: raises ValueError for NaN and Infinity, which Python accepts."""

    def refuse(word):
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def processes_of_group(group):
    """Returns the live processes of a process group or session."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] != "Z" and group in (int(fields[2]), int(fields[3])):
            found.append(int(entry.name))
    return found


def descendants_of(pid):
    """Returns all children of a process, their children, and so on."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                )
            except OSError:
                pass
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


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


class Cell:
    """A cell process, driven through the protocol."""

    def __init__(self, *launcher):
        self.process = subprocess.Popen(
            [*launcher, PROGRAM, "cell"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.process.kill()
        self.process.communicate()

    def send(self, request):
        self.process.stdin.write(
            (request if isinstance(request, str) else json.dumps(request)) + "\n"
        )
        self.process.stdin.flush()

    def ask(self, request):
        self.send(request)
        return strict_json(self.process.stdout.readline())

    def prepare(self, workload="noop", model="serial", cores=(0,), in_flight=1, **others):
        return self.ask(
            {
                "prepare": {
                    "workload": workload,
                    "model": model,
                    "cores": list(cores),
                    "in_flight": in_flight,
                    **others,
                }
            }
        )


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

    def __exit__(self, *trouble):
        self.process.stdin.close()
        self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
