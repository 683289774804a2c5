"""`crossover report` on valid and invalid files, and `crossover serve`."""

import os
import socket
import unittest

from program import Server, TempDirTest, crossover

USAGE, UNREADABLE, UNWRITABLE = 64, 65, 74
CELL = (
    "--workload noop --model serial --cores 1 --in-flight 1 --seconds 0.02 --repetitions 2".split()
)


class Report(TempDirTest):
    def report(self, *arguments):
        return crossover("report", *arguments, cwd=self.directory)

    def test_writes_a_page_of_real_results(self):
        self.assertEqual(crossover("run", *CELL, "--out", self.out).returncode, 0)
        page = self.directory / "page.html"
        completed = self.report("results.json", "--out", page)
        self.assertEqual(
            (completed.returncode, completed.stdout), (0, f"{page}\n"), completed.stderr
        )
        text = page.read_text()
        self.assertTrue(
            text.startswith("<!doctype html>") or text.startswith("<!DOCTYPE html>"), text[:60]
        )
        self.assertIn("noop", text)
        for author in ("Observable, Inc.", "Mike Bostock"):
            self.assertIn(author, text, "every copy of a library carries its licence")
        self.assertEqual(self.report("results.json", "--baseline", "results.json").returncode, 0)
        self.assertTrue((self.directory / "report.html").exists(), "default file name")
        self.assertEqual(
            sorted(os.listdir(self.directory)), ["page.html", "report.html", "results.json"]
        )

    def test_prints_tables(self):
        self.assertEqual(crossover("run", *CELL, "--out", self.out).returncode, 0)
        for form, mark in (("md", "|"), ("csv", ","), ("json", "[")):
            completed = self.report("results.json", "--format", form)
            self.assertEqual(completed.returncode, 0, completed.stderr)
            self.assertIn("noop", completed.stdout)
            self.assertIn(mark, completed.stdout)

    def test_accepts_google_benchmark_file(self):
        self.out.write_text(
            '{"context":{"date":"2026-01-01"},"benchmarks":[{"name":"BM_find/64",'
            '"run_type":"iteration","iterations":10,"real_time":5.0,"cpu_time":5.0,'
            '"time_unit":"ns"}]}'
        )
        completed = self.report("results.json", "--out", "page.html")
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertIn("BM_find", (self.directory / "page.html").read_text())

    def test_rejects_unreadable_files(self):
        good = '{"benchmarks":[{"name":"b","iterations":1,"real_time":1,"time_unit":"ns"}]}'
        for text in (
            "",
            "not json",
            '{"benchmarks":[{"na',
            "[]",
            "{}",
            '{"crossover":{"schema":99,"cells":[]}}',
            '{"benchmarks":[{"name":"b","real_time":1,"time_unit":"fortnight"}]}',
            "[" * 120_000 + "]" * 120_000,
            '{"benchmarks":[' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "]}",
            '{"crossover":{"schema":1,"cells":[],"environment":{"a":'
            + "[" * 20_000
            + "]" * 20_000
            + "}}}",
        ):
            self.out.write_text(text)
            for arguments in ((self.out,), (self.directory / "good.json", "--baseline", self.out)):
                (self.directory / "good.json").write_text(good)
                completed = self.report(*arguments)
                self.assertEqual(completed.returncode, UNREADABLE, (text, completed.stderr))
                self.assertRegex(completed.stderr, r"\Acrossover: [^\n]*results\.json[^\n]*\n\Z")
                self.assertFalse((self.directory / "report.html").exists())
        for path in ("absent.json", ".", "/dev/zero"):
            completed = self.report(path)
            self.assertEqual(completed.returncode, UNREADABLE, completed.stderr)
            self.assertRegex(completed.stderr, r"\Acrossover: [^\n]+\n\Z")

    def test_rejects_wrong_usage(self):
        self.out.write_text('{"benchmarks":[]}')
        for arguments, code in (
            (("results.json", "--format", "pdf"), USAGE),
            ((), USAGE),
            (("results.json", "--out", "no/page.html"), UNWRITABLE),
            (("results.json", "--out", "."), UNWRITABLE),
            (("results.json", "another.json"), USAGE),
        ):
            completed = self.report(*arguments)
            self.assertEqual(completed.returncode, code, (arguments, completed.stderr))
            self.assertRegex(completed.stderr, r"\Acrossover: [^\n]+\n\Z")


class Serve(unittest.TestCase):
    def test_listens_on_loopback_until_the_end_of_input(self):
        with Server("network", "--bytes", "1KiB", "--delay", "1ms") as server:
            self.assertRegex(server.greeting, r"^listening 127\.0\.0\.1:\d+\n$")
            process = server.process
        self.assertEqual(process.returncode, 0)

    def test_echoes_messages(self):
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
