"""Programs with their own workloads: built as an outside project, and with faults."""

import json
import os
import subprocess
import unittest

from program import (
    BUILD,
    PROGRAM,
    SOURCE,
    TIMEOUT_S,
    TempDirTest,
    models_in_other_languages,
    sanitizers,
    strict_json,
)

FAULTY = BUILD / "own_workload_for_test"

# A project whose targets have the names of folders here.
OUTER_PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(outer LANGUAGES C CXX)
foreach(name workloads results bench statistics reports check gate program calibrate limits tools)
  add_custom_target(${name})
endforeach()
include(FetchContent)
FetchContent_Declare(crossover SOURCE_DIR ${SOURCE})
FetchContent_MakeAvailable(crossover)
add_executable(mine mine.cpp)
target_link_libraries(mine crossover::crossover)
"""


def run(*command, **options):
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True} | options
    return subprocess.run([*map(str, command)], timeout=TIMEOUT_S, **options)


class Examples(TempDirTest):
    def build(self):
        """Builds docs/examples against the installed package."""
        prefix = self.directory / "installed"
        build = self.directory / "build"
        for command in (
            ("cmake", "--install", BUILD, "--prefix", prefix, "--strip"),
            ("cmake", "-G", "Ninja", "-S", SOURCE / "docs/examples", "-B", build)
            + (f"-DCMAKE_PREFIX_PATH={prefix}",),
            ("cmake", "--build", build),
        ):
            completed = run(*command)
            self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
        return build

    def test_examples_run_under_every_model(self):
        if sanitizers():
            self.skipTest("examples are not built with the sanitizers of the library")
        build = self.build()
        in_other_languages = models_in_other_languages()
        for example, workload in (("cpu", "sort"), ("io", "length"), ("mixed", "request")):
            with self.subTest(example):
                flags = ["--workload", workload, "--cores", 1, "--in-flight", 2]
                flags += ["--seconds", 0.01, "--repetitions", 1, "--out", self.out, "--force"]
                program = build / example
                completed = run(program, "run", *flags)
                self.assertEqual(completed.returncode, 0, completed.stderr)
                cells = self.results()["crossover"]["cells"]
                statuses = {cell["model"]: cell["status"] for cell in cells}
                for model, status in statuses.items():
                    is_other = model in {"reference", "shared_loop"} | in_other_languages
                    self.assertEqual(status, "skipped" if is_other else "ok", model)
                self.assertGreater(len(statuses), 8)
                page = self.directory / f"{example}.html"
                completed = run(program, "report", self.out, "--out", page)
                self.assertEqual(completed.returncode, 0, completed.stderr)
                self.assertIn(workload, page.read_text())

        self.check_benchmarks(build / "benchmarks")
        # Two builds are compared, and the default cells are those of the program.
        sides = (build / "cpu", build / "cpu")
        completed = run(build / "cpu", "check", *sides, "--budget", "4s", "--format", "json")
        self.assertIn(completed.returncode, (0, 2), completed.stderr)
        names = [cell["name"] for cell in json.loads(completed.stdout)["crossover_check"]["cells"]]
        self.assertGreater(len(names), 1)
        for name in names:
            self.assertTrue(name.startswith("sort/"), name)
        # The CPython cells are found from anywhere.
        flags = "--workload noop --model python_threads --cores 1 --in-flight 1 --repetitions 1"
        completed = run(build / "cpu", "run", *flags.split(), "--out", self.out, "--force")
        self.assertEqual(completed.returncode, 0, completed.stderr)

    def check_benchmarks(self, program):
        """Compares two copies of a program that is linked with crossover::benchmark_main."""
        names = run(program, "--benchmark_list_tests=true").stdout.split()
        self.assertEqual(names, ["sort/100", "sort/10000", "refuse"])
        plain = run(program, "--benchmark_filter=sort", "--benchmark_format=json")
        self.assertEqual(len(json.loads(plain.stdout)["benchmarks"]), 2)
        self.assertEqual(run(program, "--unknown").returncode, 1)
        completed = run(PROGRAM, "check", program, program, "--budget", "20s", "--format", "json")
        self.assertIn(completed.returncode, (0, 2), completed.stderr)
        document = json.loads(completed.stdout)["crossover_check"]
        self.assertEqual({c["name"] for c in document["cells"]}, {"sort/100", "sort/10000"})
        self.assertIn("no paper", document["failing"][0]["reason"])
        for cell in document["cells"]:
            self.assertLess(abs(cell["ratio"] - 1), 0.2)
        self.assertRegex(document["cells"][0]["block_orders"][0], "^(ABBA|BAAB) ")


class InsideAnotherProject(TempDirTest):
    def test_targets_do_not_collide(self):
        """Configures an outer project and checks its own file; a whole build would take minutes."""
        (self.directory / "mine.cpp").write_text((SOURCE / "docs/examples/cpu.cpp").read_text())
        (self.directory / "CMakeLists.txt").write_text(OUTER_PROJECT)
        build = self.directory / "build"
        flags = (f"-DSOURCE={SOURCE}", "-DCMAKE_BUILD_TYPE=Release")
        completed = run("cmake", "-G", "Ninja", "-S", self.directory, "-B", build, *flags)
        self.assertEqual((completed.returncode, completed.stderr), (0, ""), completed.stdout)
        completed = run("ninja", "-C", build, "-t", "commands", "mine")
        self.assertEqual(completed.returncode, 0, completed.stdout)
        commands = completed.stdout.splitlines()
        self.assertRegex(commands[-1], r" -o mine .*libcrossover_program\.a")
        (compilation,) = [command for command in commands if command.endswith("/mine.cpp")]
        completed = run("sh", "-c", f"{compilation} -fsyntax-only", cwd=build)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        # Nothing of crossover is installed with the outer project.
        prefix = self.directory / "installed"
        completed = run("cmake", "--install", build, "--prefix", prefix)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertFalse(prefix.exists())


class Faults(TempDirTest):
    def measure(self, kind, model):
        flags = f"--workload fault:kind={kind} --model {model} --cores 1 --in-flight 2"
        times = "--seconds 0.01 --repetitions 1"
        return run(FAULTY, "run", *flags.split(), *times.split(), "--out", self.out, "--force")

    def test_fault_of_an_operation_fails_the_cell_with_its_reason(self):
        for kind, reason in (
            ("throws", "no more paper"),
            ("throws_number", "an exception that is not derived from std::exception"),
            ("wrong", "an operation had a wrong result"),
            ("unknown_parameter", "fault reads a number 'size' that it does not have"),
        ):
            for model in ("event_loop", "thread_pool", "processes"):
                with self.subTest(kind=kind, model=model):
                    completed = self.measure(kind, model)
                    self.assertEqual(completed.returncode, 1, completed.stderr)
                    (cell,) = self.results()["crossover"]["cells"]
                    self.assertEqual((cell["status"], cell["reason"]), ("failed", reason))

    def test_operation_error_is_counted(self):
        completed = self.measure("counted", "thread_pool")
        self.assertEqual(completed.returncode, 0, completed.stderr)
        (cell,) = self.results()["crossover"]["cells"]
        self.assertGreater(cell["samples"][0]["errors"]["print:JAM"], 0)

    def test_two_workloads_of_one_name_are_refused(self):
        for name in ("fault", "sleep"):
            completed = run(FAULTY, "list", env=os.environ | {"SECOND_WORKLOAD": name})
            self.assertEqual(
                (completed.returncode, completed.stdout, completed.stderr),
                (
                    64,
                    "",
                    f"faulty: there are two workloads '{name}': rename the one of this program\n",
                ),
            )

    def test_malformed_names_and_values_are_refused(self):
        completed = run(FAULTY, "list", env=os.environ | {"SECOND_WORKLOAD": "two words"})
        self.assertEqual(completed.returncode, 64)
        self.assertIn("workload 'two words': a name has", completed.stderr)
        completed = run(FAULTY, "run", "--workload", "fault:kind=nose")
        self.assertEqual(completed.returncode, 64)
        self.assertIn("fault: kind=nose is unknown: did you mean 'none'?", completed.stderr)

    def test_completion_is_that_of_the_program(self):
        script = self.directory / "script"
        for shell in ("bash", "zsh", "fish"):
            script.write_text(run(FAULTY, "completion", shell).stdout)
            self.assertIn("fault", script.read_text())
            self.assertNotRegex(script.read_text(), r"\bcrossover(?!-map)")
        script.write_text(run(FAULTY, "completion", "bash").stdout)
        code = (
            f"source {script}; COMP_WORDS=(faulty run --workload f); COMP_CWORD=3; "
            '_faulty; echo "${COMPREPLY[@]}"; complete -p faulty'
        )
        completed = run("bash", "--norc", "-c", code)
        self.assertEqual(completed.stdout, "fault\ncomplete -F _faulty faulty\n")

    def test_messages_and_results_name_the_program(self):
        self.assertIn("usage: faulty run", run(FAULTY, "run", "--help").stdout)
        self.assertTrue(run(FAULTY, "--version").stdout.startswith("crossover "))
        self.measure("none", "serial")
        self.assertEqual(
            strict_json(self.out.read_text())["crossover"]["command"][:2], ["faulty", "run"]
        )


if __name__ == "__main__":
    unittest.main()
