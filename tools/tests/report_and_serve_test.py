"""`crossover report` on valid and invalid files, and `crossover serve`."""

import os
import socket
import unittest

from program import Server, TempDirTest, crossover

USAGE, UNREADABLE, UNWRITABLE = 64, 65, 74
CELL = (
    "--workload",
    "noop",
    "--model",
    "serial",
    "--cores",
    1,
    "--in-flight",
    1,
    "--seconds",
    0.02,
    "--repetitions",
    2,
)


class Report(TempDirTest):
    def report(self, *arguments):
        return crossover("report", *arguments, cwd=self.directory)

    def test_a_page_of_real_results(self):
        self.assertEqual(crossover("run", *CELL, "--out", self.out).returncode, 0)
        page = self.directory / "page.html"
        done = self.report("results.json", "--out", page)
        self.assertEqual((done.returncode, done.stdout), (0, f"{page}\n"), done.stderr)
        text = page.read_text()
        self.assertTrue(
            text.startswith("<!doctype html>") or text.startswith("<!DOCTYPE html>"), text[:60]
        )
        self.assertIn("noop", text)
        self.assertEqual(self.report("results.json", "--baseline", "results.json").returncode, 0)
        self.assertTrue((self.directory / "report.html").exists(), "the default name")
        self.assertEqual(
            sorted(os.listdir(self.directory)), ["page.html", "report.html", "results.json"]
        )

    def test_tables(self):
        self.assertEqual(crossover("run", *CELL, "--out", self.out).returncode, 0)
        for form, mark in (("md", "|"), ("csv", ","), ("json", "[")):
            done = self.report("results.json", "--format", form)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("noop", done.stdout)
            self.assertIn(mark, done.stdout)

    def test_a_plain_google_benchmark_file(self):
        self.out.write_text(
            '{"context":{"date":"2026-01-01"},"benchmarks":[{"name":"BM_find/64","run_type":"iteration","iterations":10,"real_time":5.0,"cpu_time":5.0,"time_unit":"ns"}]}'
        )
        done = self.report("results.json", "--out", "page.html")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("BM_find", (self.directory / "page.html").read_text())

    def test_files_that_cannot_be_read(self):
        good = '{"benchmarks":[{"name":"b","iterations":1,"real_time":1,"time_unit":"ns"}]}'
        for text in (
            "",
            "not json",
            '{"benchmarks":[{"na',
            "[]",
            "{}",
            '{"crossover":{"schema":99,"cells":[]}}',
            '{"benchmarks":[{"name":"b","real_time":1,"time_unit":"fortnight"}]}',
        ):
            self.out.write_text(text)
            for arguments in ((self.out,), (self.directory / "good.json", "--baseline", self.out)):
                (self.directory / "good.json").write_text(good)
                done = self.report(*arguments)
                self.assertEqual(done.returncode, UNREADABLE, (text, done.stderr))
                self.assertRegex(done.stderr, r"\Acrossover: [^\n]*results\.json[^\n]*\n\Z")
                self.assertFalse((self.directory / "report.html").exists())
        for path in ("absent.json", "."):
            done = self.report(path)
            self.assertEqual(done.returncode, UNREADABLE, done.stderr)
            self.assertRegex(done.stderr, r"\Acrossover: [^\n]+\n\Z")

    def test_wrong_usage(self):
        self.out.write_text('{"benchmarks":[]}')
        for arguments, code in (
            (("results.json", "--format", "pdf"), USAGE),
            ((), USAGE),
            (("results.json", "--out", "no/page.html"), UNWRITABLE),
            (("results.json", "--out", "."), UNWRITABLE),
            (("results.json", "another.json"), USAGE),
        ):
            done = self.report(*arguments)
            self.assertEqual(done.returncode, code, (arguments, done.stderr))
            self.assertRegex(done.stderr, r"\Acrossover: [^\n]+\n\Z")


class Serve(unittest.TestCase):
    def test_listens_on_loopback_and_ends_at_the_end_of_input(self):
        with Server("network", "--bytes", "1KiB", "--delay", "1ms") as server:
            self.assertRegex(server.greeting, r"^listening 127\.0\.0\.1:\d+\n$")
            process = server.process
        self.assertEqual(process.returncode, 0)

    def test_echoes(self):
        with Server("network", "--bytes", 5) as server:
            host, port = server.endpoint.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                connection.sendall(b"helloworld")
                received = b""
                while len(received) < 10:
                    received += connection.recv(100)
                self.assertEqual(received, b"helloworld")


if __name__ == "__main__":
    unittest.main()
