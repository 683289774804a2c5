"""`crossover completion`: the scripts, run by bash, zsh and fish."""

import os
import pty
import select
import shutil
import subprocess
import time
import unittest

from program import TIMEOUT_S, TempDirTest, crossover, listed

MODELS = [model["name"] for model in listed()["models"]]

# Arguments before the cursor, and the expected completions of the last one.
CASES = [
    (["ru"], ["run"]),
    (["run", "--thor"], ["--thorough"]),
    (["run", "--model", "python_th"], ["python_threads"]),
    (["list", "--suite", "crossover"], ["crossover-map"]),
    (["report", "--format", "h"], ["html"]),
    (["serve", "netw"], ["network"]),
    (["serve", "network", "--by"], ["--bytes"]),
    (["help", "chec"], ["check"]),
    (["completion", "fi"], ["fish"]),
    (["check", "old", "--out", "results.j"], ["results.json"]),
    (["report", "results.j"], ["results.json"]),
    (["check", "--history", "hist"], ["history/"]),
]


class Completion(TempDirTest):
    def setUp(self):
        super().setUp()
        self.out.write_text("{}")
        (self.directory / "history").mkdir()
        self.script = self.directory / "script"

    def write_script(self, shell):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")
        completed = crossover("completion", shell)
        self.assertEqual((completed.returncode, completed.stderr), (0, ""))
        self.script.write_text(completed.stdout)

    def run_shell(self, *command):
        completed = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        self.assertEqual((completed.returncode, completed.stderr), (0, ""), command)
        # fish prints a description after a tab.
        return [line.split("\t")[0] for line in completed.stdout.splitlines() if line]

    def bash(self, arguments):
        code = (
            f"source {self.script}; COMP_WORDS=(crossover {' '.join(arguments)}); "
            f'COMP_CWORD={len(arguments)}; _crossover; printf "%s\\n" "${{COMPREPLY[@]}}"'
        )
        return self.run_shell("bash", "--norc", "-c", code)

    def test_bash(self):
        self.write_script("bash")
        for arguments, expected in CASES:
            self.assertEqual(
                self.bash(arguments), [word.rstrip("/") for word in expected], arguments
            )
        self.assertEqual(self.bash(["list", "--model", "''"]), MODELS)
        self.assertEqual(self.bash(["run", "--format", "=", "h"]), [], "run has no --format")
        self.assertEqual(self.bash(["report", "--format", "=", "h"]), ["html"])
        self.assertEqual(self.bash(["run", "--model", "serial,fib"]), ["serial,fibers"])

    def test_fish(self):
        self.write_script("fish")
        for arguments, expected in CASES:
            line = "crossover " + " ".join(arguments)
            code = f"source {self.script}; complete -C '{line}'"
            self.assertEqual(self.run_shell("fish", "--no-config", "-c", code), expected, arguments)
        code = f"source {self.script}; complete -C 'crossover run --model serial,fib'"
        self.assertEqual(self.run_shell("fish", "--no-config", "-c", code), ["serial,fibers"])

    def test_zsh(self):
        """Types each line and TAB at a prompt; zsh inserts the completion."""
        self.write_script("zsh")
        (self.directory / ".zshrc").write_text(
            f"autoload -U compinit; compinit -D -u; source {self.script}; PROMPT='%% '\n"
            "bindkey '^G' show; zle -N show\n"
            'show() { print -r -- "<$BUFFER>" >>shown; BUFFER= }\n'
        )
        environment = os.environ | {"ZDOTDIR": str(self.directory), "TERM": "dumb"}
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.directory)
            os.execvpe("zsh", ["zsh", "-i"], environment)
        try:
            lines = [*CASES, (["run", "--model", "serial,fib"], ["serial,fibers"])]
            for arguments, _ in lines:
                os.write(terminal, f"crossover {' '.join(arguments)}\t\x07".encode())
            shown = self.lines_of_zsh(terminal, len(lines))
        finally:
            os.kill(process, 9)
            os.waitpid(process, 0)
            os.close(terminal)
        for (arguments, expected), line in zip(lines, shown, strict=True):
            completed = " ".join(["crossover", *arguments[:-1], *expected])
            self.assertEqual(line.strip("<>,= "), completed, arguments)

    def lines_of_zsh(self, terminal, count):
        """Reads the terminal until zsh has written `count` lines; returns them."""
        shown = self.directory / "shown"
        deadline = time.monotonic() + TIMEOUT_S
        output = b""
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                output += os.read(terminal, 65536)
            lines = shown.read_text().splitlines() if shown.exists() else []
            if len(lines) == count:
                return lines
        raise AssertionError(output.decode(errors="replace"))


if __name__ == "__main__":
    unittest.main()
