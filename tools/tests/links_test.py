"""Several links of a side: `check`, tools/links and crossover_links."""

import json
import pathlib
import shutil
import subprocess
import unittest

from program import PROGRAM, SOURCE, TIMEOUT_S, TempDirTest, crossover, strict_json

PASS, REGRESSION, INCONCLUSIVE = 0, 1, 2
USAGE, UNREADABLE = 64, 65
NOOP = ("--workload", "noop", "--model", "serial", "--cores", 1, "--in-flight", 1)
LAX = ("--tolerate", "20%", "--detect", "60%", "--seed", 7)

# A Google Benchmark program; its time does not depend on the machine's load.
BENCHMARK = """
#include <benchmark/benchmark.h>
static void sum(benchmark::State& state) {
  for (auto _ : state)
    for (int i = 0; i < 1000; ++i) benchmark::DoNotOptimize(i);
}
BENCHMARK(sum);
BENCHMARK_MAIN();
"""

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(example LANGUAGES CXX)
include({source}/tools/crossover-links.cmake)
add_library(part STATIC part.cpp)
add_executable(example main.cpp)
target_link_libraries(example PRIVATE part)
crossover_links(example COUNT 2)
"""


def shuffles():
    return shutil.which("mold") or shutil.which("ld.lld")


class Links(TempDirTest):
    def run_command(self, *command):
        completed = subprocess.run(
            [str(word) for word in command],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, 0, completed.stdout + completed.stderr)
        return completed

    def check(self, code, *arguments):
        completed = crossover("check", *arguments, *LAX, "--out", self.out)
        self.assertEqual(completed.returncode, code, completed.stdout + completed.stderr)
        self.text = completed.stdout
        return self.results()["crossover_check"]

    def refused(self, code, text, *arguments):
        completed = crossover("check", *arguments, *LAX)
        self.assertEqual(completed.returncode, code, completed.stdout + completed.stderr)
        self.assertRegex(completed.stderr, r"\Acrossover: [^\n]+\n\Z")
        self.assertIn(text, completed.stderr)

    def copies(self, name, count):
        """Returns a directory of copies of crossover, which are links with equal layouts."""
        directory = self.directory / name
        directory.mkdir()
        for i in range(count):
            (directory / f"link-{i}").symlink_to(PROGRAM)
        return directory

    def script(self, path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    @unittest.skipUnless(shuffles(), "needs mold or lld")
    def test_links_of_a_google_benchmark_program(self):
        (self.directory / "bench.cpp").write_text(BENCHMARK)
        compiler = ("c++", "-O1", "-ffunction-sections")
        self.run_command(*compiler, "-c", "bench.cpp")
        for side in ("old", "new"):
            self.run_command(
                *(SOURCE / "tools/links", 7, side, "c++", "bench.o", "-lbenchmark", "-o", "bench")
            )
        old = sorted((self.directory / "old").iterdir())
        self.assertEqual([link.name for link in old], [f"bench-000{i}" for i in range(1, 8)])
        self.assertGreater(len({link.read_bytes() for link in old}), 1)
        document = self.check(PASS, self.directory / "old", self.directory / "new")
        (cell,) = document["cells"]
        self.assertEqual(cell["rounds"], 7)
        self.assertGreaterEqual(cell["blocks"], 7)
        self.assertIs(document["plan"]["averages_layout"], True)
        self.assertIn("averaged over 7 pairs of links", self.text)

    @unittest.skipUnless(shuffles(), "needs mold or lld")
    def test_cmake_function_links_the_objects_again(self):
        (self.directory / "CMakeLists.txt").write_text(PROJECT.format(source=SOURCE))
        (self.directory / "part.cpp").write_text("int part() { return 3; }\n")
        (self.directory / "main.cpp").write_text("int part();\nint main() { return part() - 3; }\n")
        self.run_command("cmake", "-G", "Ninja", "-S", ".", "-B", "build")
        self.run_command("cmake", "--build", "build", "--target", "example_links")
        links = sorted((self.directory / "build/example_links").iterdir())
        self.assertEqual([link.name for link in links], ["example-0001", "example-0002"])
        for link in links:
            self.run_command(link)

    def test_links_of_crossover(self):
        old, new = self.copies("old", 8), self.copies("new", 7)
        listed = ",".join(str(link) for link in sorted(new.iterdir()))
        junit, page = self.directory / "check.xml", self.directory / "check.html"
        document = self.check(
            *(PASS, old, listed, *NOOP, "--format", "text"),
            *("--format", f"junit:{junit}", "--format", f"html:{page}"),
        )
        self.assertEqual(document["plan"]["links"], {"baseline": 8, "candidate": 7})
        self.assertEqual(document["cells"][0]["rounds"], 7)
        self.assertEqual([control["problem"] for control in document["controls"]], ["", ""])
        self.assertGreater(document["controls"][1]["ratio"], 1.2)
        self.assertIn("7 pairs of links (8 and 7 were given)", self.text)
        self.assertIn('name="links_of_candidate" value="7"', junit.read_text())
        self.assertIn("7 pairs of links", page.read_text())

    def test_one_link_is_remarked_and_layout_is_tolerated_on_request(self):
        document = self.check(PASS, PROGRAM, PROGRAM, *NOOP)
        self.assertIs(document["plan"]["averages_layout"], False)
        self.assertIn("code layout is not averaged over", self.text)
        layout = self.directory / "layout.json"
        cells = [{"name": "noop/serial/cores:1/in_flight:1", "scatter": 0.05}]
        layout.write_text(json.dumps({"crossover_layout": {"links": 16, "cells": cells}}))
        document = self.check(PASS, PROGRAM, PROGRAM, *NOOP, "--layout", layout)
        # t(15) at 1 % is 2.602: 1.2 exp(2.602 * 0.05 * sqrt(2)) - 1.
        self.assertAlmostEqual(document["cells"][0]["tolerate"], 0.4425, 3)
        self.assertIn("differences of code layout are tolerated", self.text)

    def test_bad_links(self):
        old = self.copies("old", 7)
        few = self.copies("few", 2)
        self.refused(USAGE, "need at least 7; give more links", few, few, *NOOP)
        self.refused(UNREADABLE, "a directory without programs", self.directory, old, *NOOP)
        self.refused(UNREADABLE, "no such file", f"{PROGRAM},{self.directory}/none", old, *NOOP)
        broken = self.copies("broken", 6)
        self.script(broken / "link-9", "exit 3")
        self.refused(UNREADABLE, "link-9: does not start: ", old, broken, *NOOP)
        other = self.copies("other", 6)
        lists_more = '[ "$1" = list ] && set -- "$@" --in-flight 2'
        self.script(other / "link-9", f'{lists_more}\nexec "{PROGRAM}" "$@"')
        loop = ("--workload", "noop", "--model", "event_loop", "--cores", 1, "--in-flight", 1)
        self.refused(UNREADABLE, "only the second has 'noop/event_loop", old, other, *loop)
        layout = self.directory / "layout.json"
        layout.write_text("{}")
        self.refused(UNREADABLE, "not a layout file", PROGRAM, PROGRAM, *NOOP, "--layout", layout)
        self.refused(USAGE, "leave it out", old, old, *NOOP, "--layout", layout)


if __name__ == "__main__":
    unittest.main()
