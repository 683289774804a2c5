"""Sources compile on their own, although the tests are built in batches of sources (unity build).

Compiling all of them would take as long as the whole test suite. The test compiles the sources
that the last commits changed, and a few others selected by the id of the last commit.
"""

import json
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

from program import BUILD, SOURCE

COMMITS = 3
MAX_SOURCES = 12


def batches():
    """Returns, per source path, the compile command of the batch that includes it."""
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.exists():
            continue
        for line in file.read_text().splitlines() if "/Unity/" in str(file) else []:
            if included := re.fullmatch(r'#include "([^"]+\.cpp)"', line):
                commands[included[1]] = entry
    return commands


def git(*arguments):
    completed = subprocess.run(["git", *arguments], cwd=SOURCE, capture_output=True, text=True)
    return completed.stdout.split() if completed.returncode == 0 else []


def single_command(entry, source):
    """Returns the compile command of one source: no precompiled header, syntax check only."""
    kept = []
    skip = False
    for argument in shlex.split(entry["command"]):
        if skip or argument in ("-c", "-Winvalid-pch") or argument == entry["file"]:
            skip = False
            continue
        if argument in ("-o", "-include", "-MF", "-MT", "-MQ"):
            skip = True
            continue
        if "cmake_pch" not in argument and argument not in ("-MD",):
            kept.append(argument)
    return [*kept, "-fsyntax-only", source]


class Sources(unittest.TestCase):
    def test_selected_sources_compile_on_their_own(self):
        commands = batches()
        if not commands:
            self.skipTest("not a unity build")
        changed = git("diff", "--name-only", f"HEAD~{COMMITS}", "--", "*.cpp")
        recent = [str(SOURCE / name) for name in changed if str(SOURCE / name) in commands]
        start = int((git("rev-parse", "HEAD") or ["0"])[0][:8], 16) % len(commands)
        rest = sorted(commands)
        chosen = dict.fromkeys([*recent, *rest[start:], *rest[:start]])
        with tempfile.TemporaryDirectory() as directory:
            for source in list(chosen)[:MAX_SOURCES]:
                with self.subTest(source):
                    completed = subprocess.run(
                        single_command(commands[source], source),
                        cwd=directory,
                        capture_output=True,
                        text=True,
                    )
                    self.assertEqual(completed.returncode, 0, completed.stderr)


if __name__ == "__main__":
    unittest.main()
