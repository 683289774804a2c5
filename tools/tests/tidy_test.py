"""clang-tidy's short list (.clang-tidy) finds nothing in the sources of the program.

All of them would take several minutes. The test reads the batches (unity build) that have sources
which the last commits changed, and a few others selected by the id of the last commit.
"""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from program import BUILD, SOURCE, sanitizers
from sources_test import batches, git

TARGETS = re.compile(r"CMakeFiles/(crossover\w*|calibrate|limits|libuv_cell)\.dir/")
# clang cannot read GCC's precompiled header; sources include what they need.
ONLY_FOR_GCC = re.compile(r" -Winvalid-pch -include \S+| -fpch-preprocess")
FOLDERS = "bench|include|reports|tools|workloads"
COMMITS = 3
MAX_BATCHES = 4


def chosen(entries):
    """Returns the batches to read, of these entries of the compile commands."""
    recent = git("diff", "--name-only", f"HEAD~{COMMITS}", "--", "*.cpp")
    names = batches()
    changed = {names[str(SOURCE / name)]["file"] for name in recent if str(SOURCE / name) in names}
    start = int((git("rev-parse", "HEAD") or ["0"])[0][:8], 16) % len(entries)
    order = sorted(entries[start:] + entries[:start], key=lambda e: e["file"] not in changed)
    return order[:MAX_BATCHES]


class Tidy(unittest.TestCase):
    def test_the_short_list_finds_nothing(self):
        if not shutil.which("clang-tidy"):
            self.skipTest("needs the package clang-tidy")
        if sanitizers():
            self.skipTest("the sources are those of the other presets")
        entries = json.loads((BUILD / "compile_commands.json").read_text())
        kept = [
            entry | {"command": ONLY_FOR_GCC.sub("", entry["command"])}
            for entry in entries
            if TARGETS.search(entry["command"]) and "cmake_pch" not in entry["file"]
        ]
        if not any("/Unity/" in entry["file"] for entry in kept):
            self.skipTest("not a unity build")
        self.assertGreater(len(kept), 15)
        read = chosen(kept)
        with tempfile.TemporaryDirectory() as directory:
            database = pathlib.Path(directory) / "compile_commands.json"
            database.write_text(json.dumps(kept))
            command = ["clang-tidy", "-p", directory, "--quiet"]
            command += [f"--header-filter={re.escape(str(SOURCE))}/({FOLDERS})/"]
            command += ["--extra-arg=-w"]  # warnings are the compiler's
            tidy = subprocess.run(
                command + [entry["file"] for entry in read],
                cwd=SOURCE,
                capture_output=True,
                text=True,
            )
        found = [line for line in tidy.stdout.splitlines() if re.search("(warning|error): ", line)]
        self.assertEqual(found, [])
        self.assertEqual(tidy.returncode, 0, tidy.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
