"""`cmake --install`: the installed program needs nothing from the build or its sources."""

import shutil
import subprocess
import unittest

from program import (
    BUILD,
    PROGRAM,
    SOURCE,
    TIMEOUT_S,
    TempDirTest,
    crossover,
    listed,
    models_in_other_languages,
    sanitizers,
    strict_json,
)


class Install(TempDirTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.directory / "installed"
        command = ["cmake", "--install", BUILD, "--prefix", self.prefix, "--strip"]
        completed = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.program = self.prefix / "bin/crossover"

    def run_installed(self, *arguments):
        completed = subprocess.run(
            [self.program, *map(str, arguments)],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
        return completed.stdout

    def test_installs_everything_that_the_program_needs(self):
        share = self.prefix / "share"
        for file in (
            "doc/crossover/LICENSE",
            "doc/crossover/PROTOCOL.md",
            "doc/crossover/docs/check.md",
        ):
            self.assertTrue((share / file).is_file(), file)
        cells = self.prefix / "libexec/crossover/cells"
        self.assertTrue((cells / "python_cell/cell.py").is_file())
        self.assertEqual(list(cells.rglob("*_test.py")) + list(cells.rglob("*.pyc")), [])
        for shell, file in (
            ("bash", "bash-completion/completions/crossover"),
            ("zsh", "zsh/site-functions/_crossover"),
            ("fish", "fish/vendor_completions.d/crossover.fish"),
        ):
            self.assertEqual((share / file).read_text(), crossover("completion", shell).stdout)

        # The program and its cells still work after they have been moved.
        moved = self.directory / "moved"
        shutil.move(self.prefix, moved)
        self.program = moved / "bin/crossover"
        flags = "--workload network --cores 1 --in-flight 1".split()
        others = models_in_other_languages()
        available = {
            cell["model"] for cell in listed(*flags)["cells"] if cell["status"] == "runnable"
        }
        models = ["event_loop", *sorted(others & available)]
        self.assertIn("python_threads", models)
        self.run_installed(
            *("run", *flags, "--seconds", 0.02, "--repetitions", 1, "--model", ",".join(models))
        )
        cells = strict_json((self.directory / "results.json").read_text())["crossover"]["cells"]
        self.assertEqual(len(cells), len(models))
        for cell in cells:
            if "has no module" not in (cell["reason"] or ""):
                self.assertEqual(cell["status"], "ok", cell)
        self.run_installed("report", "results.json")

    def test_program_contains_no_path_of_the_build(self):
        if sanitizers():
            self.skipTest("sanitizers store the names of the sources")
        content = self.program.read_bytes()
        for path in (SOURCE, BUILD):
            self.assertNotIn(str(path).encode(), content)


if __name__ == "__main__":
    unittest.main()
