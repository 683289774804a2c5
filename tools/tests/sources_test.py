"""Sources compile on their own, although the tests are built in batches of sources (unity build).

Compiling all of them would take as long as the whole test suite. The test compiles the sources
that the last commits changed, and a few others selected by the id of the last commit.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

from program import SOURCE

BUILD = pathlib.Path(os.environ["CROSSOVER_PROGRAM"]).parent
COMMITS = 3
AT_MOST = 12


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
    done = subprocess.run(["git", *arguments], cwd=SOURCE, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def alone(entry, source):
    """Returns the compile command of one source: no precompiled header, syntax check only."""
    words = shlex.split(entry["command"])
    kept = []
    skip = False
    for word in words:
        if skip or word in ("-c", "-Winvalid-pch") or word == entry["file"]:
            skip = False
            continue
        if word in ("-o", "-include", "-MF", "-MT", "-MQ"):
            skip = True
            continue
        if "cmake_pch" not in word and word not in ("-MD",):
            kept.append(word)
    return [*kept, "-fsyntax-only", source]


class Sources(unittest.TestCase):
    def test_recent_and_some_other_sources_compile_alone(self):
        commands = batches()
        if not commands:
            self.skipTest("not a unity build: each source was compiled alone")
        changed = git("diff", "--name-only", f"HEAD~{COMMITS}", "--", "*.cpp")
        recent = [str(SOURCE / name) for name in changed if str(SOURCE / name) in commands]
        start = int((git("rev-parse", "HEAD") or ["0"])[0][:8], 16) % len(commands)
        rest = sorted(commands)
        chosen = dict.fromkeys([*recent, *rest[start:], *rest[:start]])
        with tempfile.TemporaryDirectory() as directory:
            for source in list(chosen)[:AT_MOST]:
                with self.subTest(source):
                    done = subprocess.run(
                        alone(commands[source], source),
                        cwd=directory,
                        capture_output=True,
                        text=True,
                    )
                    self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
