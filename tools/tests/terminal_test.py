"""`crossover run` on a terminal, in a CI log and with Google Benchmark's output formats."""

import csv
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time
import unittest

from program import PROGRAM, TIMEOUT_S, TempDirTest, crossover

MODELS = ("--model", "event_loop", "--model", "fibers")
RUN = (
    *("run", "--workload", "noop", "--workload", "network:bytes=16", *MODELS),
    *("--cores", 1, "--in-flight", 2, "--seconds", 0.02, "--repetitions", 2),
)
COLOR = re.compile(r"\x1b\[[0-9;]*m")
TITLES = ["noop · 1 core · 2 in flight", "network 16 B · 1 core · 2 in flight"]


class Screen:
    """Text that a terminal shows. Knows only the codes that the program uses."""

    def __init__(self, text):
        self.lines = [""]
        self.widest = 0
        row = column = 0
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", COLOR.sub("", text)):
            if part == "\r":
                column = 0
            elif part == "\n":
                row, column = row + 1, 0
                self.lines += [""] * (row + 1 - len(self.lines))
            elif part == "\x1b[2K":
                self.lines[row] = ""
            elif part == "\x1b[A":
                row -= 1
            elif part.startswith("\x1b"):
                raise AssertionError(f"unexpected code {part!r}")
            else:
                line = self.lines[row].ljust(column)
                self.lines[row] = line[:column] + part + line[column + len(part) :]
                column += len(part)
                if not self.lines[row].startswith("results: "):  # a path is not cut
                    self.widest = max(self.widest, column)


def resize(terminal, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


class Terminal(TempDirTest):
    def run_on_terminal(self, columns, *arguments, narrower=None, **environment):
        """Returns what the program writes to a terminal, which becomes narrower after a line."""
        terminal, program_side = pty.openpty()
        resize(terminal, columns)
        process = subprocess.Popen(
            [PROGRAM, *map(str, (*RUN, "--out", self.out, "--force", *arguments))],
            stdin=subprocess.DEVNULL,
            stdout=program_side,
            stderr=program_side,
            env={k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            | {"TERM": "xterm"}
            | environment,
        )
        os.close(program_side)
        output = b""
        try:
            while chunk := os.read(terminal, 65536):
                output += chunk
                if narrower:
                    resize(terminal, narrower)
        except OSError:
            pass  # end of output
        os.close(terminal)
        self.assertEqual(process.wait(TIMEOUT_S), 0, output)
        return output.decode()

    def assert_answers(self, screen, columns):
        self.assertLessEqual(screen.widest, columns, "\n".join(screen.lines))
        for title in TITLES:
            if len(title) < columns:
                self.assertEqual(sum(line.startswith(title) for line in screen.lines), 1, title)
        text = "\n".join(screen.lines)
        self.assertIn("\n\nSummary (2 questions, ", text)
        self.assertNotIn("contests decided", text, "the progress line is removed")
        self.assertRegex(text, r"\n  event_loop +\S+ [kM]?/s")
        self.assertLess(len(text.partition("\nSummary")[2].splitlines()), 24)

    def test_no_line_is_wider_than_the_terminal(self):
        for columns in (30, 80, 140):
            with self.subTest(columns=columns):
                text = self.run_on_terminal(columns)
                self.assert_answers(Screen(text), columns)
                self.assertRegex(text, r"\d+ s left · 1 of 2 cont")

    def test_a_terminal_that_becomes_narrower_gets_narrower_lines(self):
        text = self.run_on_terminal(140, narrower=50)
        tables = text[text.index(" · 2 in flight") :]
        self.assertLessEqual(Screen(tables).widest, 50)
        self.assertIn("\x1b[A\x1b[2K", text, "the first line has wrapped: both rows are removed")

    def test_colours_unless_the_environment_says_otherwise(self):
        self.assertRegex(self.run_on_terminal(80), COLOR)
        self.assertRegex(self.run_on_terminal(80, NO_COLOR=""), COLOR)
        plain = self.run_on_terminal(80, NO_COLOR="1")
        self.assertNotRegex(plain, COLOR)
        self.assertIn("\r\x1b[2K", plain, "the progress line is rewritten nevertheless")
        self.assertNotIn("\x1b", self.run_on_terminal(80, TERM="dumb"))

    def test_google_benchmark_table_replaces_the_answers(self):
        screen = Screen(self.run_on_terminal(80, "--benchmark_format=console"))
        text = "\n".join(screen.lines)
        self.assertRegex(text, r"(?m)^Benchmark +Time +CPU +Iterations")
        self.assertRegex(text, r"(?m)^noop/fibers/cores:1/in_flight:2\S* +[0-9.]+ ns")
        self.assertNotIn("Summary", text)
        self.assertNotIn("contests decided", text)


class WithoutTerminal(TempDirTest):
    def run_in_log(self, *arguments):
        completed = crossover(*RUN, "--out", self.out, *arguments)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertNotRegex(completed.stdout + completed.stderr, r"[\x1b\r]")
        return completed

    def test_a_log_has_a_line_of_progress_every_10_s(self):
        begin = time.monotonic()
        completed = self.run_in_log()
        longest = 1 + (time.monotonic() - begin) // 10
        lines = completed.stderr.splitlines()
        self.assertRegex(
            lines[0],
            r"^estimating · 0 of 2 contests decided · (noop|network), 1 core, 2 in flight",
        )
        self.assertLessEqual(len(lines), longest, completed.stderr)
        self.assertLessEqual(max(map(len, completed.stdout.splitlines()[:-1])), 80)
        self.assertTrue(completed.stdout.endswith(f"results: {self.out}\n"))

    def test_json_on_standard_output_is_all_there_is(self):
        document = json.loads(self.run_in_log("--benchmark_format=json").stdout)
        self.assertEqual(
            {row["run_name"].partition("/")[0] for row in document["benchmarks"]},
            {"noop", "network"},
        )

    def test_csv_on_standard_output_is_all_there_is(self):
        header, *rows = csv.reader(
            self.run_in_log("--benchmark_format=csv").stdout.splitlines(), strict=True
        )
        self.assertEqual(header[0], "name")
        self.assertGreaterEqual(len(rows), 8)
        for row in rows:
            self.assertRegex(row[0], r"^(noop|network)/")
            self.assertEqual(len(row), len(header))


if __name__ == "__main__":
    unittest.main()
