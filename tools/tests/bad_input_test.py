"""Bad input gives one line on standard error and the documented exit code; no result is lost."""

import os
import resource
import unittest

from program import Server, TempDirTest, crossover

USAGE, UNWRITABLE = 64, 74
CELL = (
    "--workload noop --model serial --cores 1 --in-flight 1 --seconds 0.02 --repetitions 2".split()
)


class BadInput(TempDirTest):
    def refused(self, code, texts, *arguments, **options):
        """Expects this exit code and one line on stderr with these texts; returns the line."""
        completed = crossover(*arguments, **options)
        self.assertEqual(completed.returncode, code, (arguments, completed.stderr))
        self.assertEqual(completed.stdout, "", arguments)
        self.assertRegex(completed.stderr, r"\Acrossover: [^\n]+\n\Z", arguments)
        for text in [texts] if isinstance(texts, str) else texts:
            self.assertIn(text, completed.stderr, arguments)
        return completed.stderr

    def run_refused(self, code, texts, *arguments, **options):
        out = () if "--out" in arguments else ("--out", self.out)
        line = self.refused(code, texts, "run", *arguments, *out, **options)
        self.assertFalse(self.out.exists(), "results were written")
        self.assertEqual(os.listdir(self.directory), [])
        return line

    def test_unknown_name_suggests_the_nearest(self):
        self.run_refused(
            USAGE, ["unknown workload 'slep'", "did you mean 'sleep'?"], "--workload", "slep"
        )
        for flag, value, *texts in (
            ("--model", "eventloop", "unknown model 'eventloop'", "did you mean 'event_loop'?"),
            ("--workload", "sleep:dealy=1ms", "no parameter 'dealy'", "did you mean 'delay'?"),
            ("--suite", "quik", "unknown suite 'quik'", "did you mean 'quick'?"),
        ):
            self.run_refused(USAGE, texts, flag, value)
        self.run_refused(
            USAGE, ["has no flag '--modle'", "did you mean '--model'?"], "--modle", "serial"
        )
        self.run_refused(USAGE, "--benchmark_fliter", *CELL, "--benchmark_fliter=x")
        self.run_refused(
            USAGE,
            "--benchmark_filter=(: not a regular expression: missing )",
            *CELL,
            "--benchmark_filter=(",
        )
        self.refused(USAGE, ["unknown command 'rnu'", "did you mean 'run'?"], "rnu")
        self.refused(USAGE, "did you mean 'network'?", "serve", "netwrk")
        self.refused(USAGE, "did you mean '--json'?", "list", "--jsno")

    def test_invalid_parameter_names_units_and_range(self):
        for workload, *texts in (
            ("sleep:delay=10", "delay=10 is not a duration; did you mean '10ms'?"),
            ("sleep:delay=soon", "is not a duration; write for example 100us, 10ms or 1s"),
            ("sleep:delay=10min", "delay=10min is outside the allowed range 1us to 60s"),
            ("hashing:bytes=64kb", "bytes=64kb is not a size; did you mean '64KiB'?"),
            ("sleep,delay=1ms", "parameters follow a colon; write sleep:delay=1ms"),
            ("network:bytes=0", "bytes=0", "allowed range 1 to 16MiB"),
            ("hashing:algorithm=sha255", "algorithm=sha255", "did you mean 'sha256'?"),
            ("sleep:delay", "NAME:key=value"),
            ("noop:x=1", "has no parameters"),
        ):
            self.run_refused(USAGE, texts, "--workload", workload)
        self.run_refused(USAGE, "has no parameters", "--model", "serial:x=1")

    def test_filter_that_could_backtrack_forever_ends(self):
        # The URL makes the cell's name long: a backtracking matcher would never end.
        self.run_refused(
            USAGE,
            "matches no cell",
            "--workload",
            f"download:url=http://127.0.0.1:9/{'a' * 200}",
            *CELL[2:],
            "--benchmark_filter=(a+)+b",
        )

    def test_invalid_cores_names_the_range(self):
        usable = len(os.sched_getaffinity(0))
        self.run_refused(USAGE, [f"--cores {usable + 1}", f"1 to {usable}"], "--cores", usable + 1)
        self.run_refused(USAGE, "--cores 0", "--cores", 0)
        self.run_refused(USAGE, "--cores", "--cores", "two")
        self.run_refused(USAGE, "--cores", "--cores=-1")

    def test_invalid_in_flight_names_the_range(self):
        self.run_refused(USAGE, ["--in-flight 0", "1 to 1000000"], "--in-flight", 0)
        self.run_refused(USAGE, "--in-flight 1000001", "--in-flight", 1000001)
        self.run_refused(USAGE, "--in-flight", "--in-flight", "1,,x")

    def test_invalid_flag_value_names_the_flag(self):
        number = "must be a number above 0"
        for flag, value, advice in (
            ("--seconds", 0, "must be 0.001 to 3600"),
            ("--seconds", -1, "must be 0.001 to 3600"),
            ("--seconds", "long", "must be 0.001 to 3600"),
            ("--repetitions", 0, "must be a whole number, 1 to 10000"),
            ("--repetitions", 1.5, "must be a whole number, 1 to 10000"),
            ("--rate", 0, number),
            ("--rate", -5, number),
            ("--grace", 0, number),
            ("--seed", "x", "must be a whole number, 0 or more"),
            ("--seed", -1, "must be a whole number, 0 or more"),
            ("--equal", 5, "write 5% or 0.05"),
            ("--equal", "much", "not a share; write 5% or 0.05"),
            ("--budget", 5, "not a duration; did you mean '5s'?"),
            ("--budget", "2 minutes", "not a duration; did you mean '2min'?"),
        ):
            self.run_refused(USAGE, f"{flag} {value}: {advice}\n", *CELL, f"{flag}={value}")
        self.run_refused(USAGE, "--seconds: missing value before --out", *CELL, "--seconds")
        self.run_refused(USAGE, "--seed: missing value;", *CELL, "--out", self.out, "--seed")
        self.run_refused(USAGE, "mutually exclusive", "--quick", "--thorough")
        self.run_refused(USAGE, "unexpected argument", "results.json")

    def test_endpoint_that_refuses_connections(self):
        with Server("network") as server:
            endpoint = server.endpoint
        self.run_refused(
            USAGE, [endpoint, "start a server there"], *CELL, "--endpoint", f"network={endpoint}"
        )

    def test_malformed_endpoint(self):
        for text in ("network", "=127.0.0.1:80"):
            self.run_refused(USAGE, "as in network=127.0.0.1:4000", *CELL, "--endpoint", text)
        for address in ("", "nowhere", "127.0.0.1", "127.0.0.1:0"):
            self.run_refused(USAGE, "HOST:PORT", *CELL, "--endpoint", f"network={address}")
        self.run_refused(
            USAGE, "did you mean 'network'?", *CELL, "--endpoint", "netwrok=127.0.0.1:80"
        )
        self.run_refused(USAGE, "uses no server", *CELL, "--endpoint", "sleep=127.0.0.1:80")

    def test_unwritable_out_is_detected_before_measuring(self):
        missing = self.directory / "missing" / "results.json"
        # The launcher creates a file if a cell process is started.
        arguments = (*CELL, "--launcher", f"touch {self.directory / 'started'}", "--out")
        self.run_refused(
            UNWRITABLE, [str(missing), "No such file or directory"], *arguments, missing
        )
        self.run_refused(UNWRITABLE, "is a directory", *arguments, self.directory)
        self.run_refused(UNWRITABLE, "/proc/results.json", *CELL, "--out", "/proc/results.json")

    def test_full_disk_keeps_the_previous_file(self):
        self.assertEqual(crossover("run", *CELL, "--out", self.out).returncode, 0)
        before = self.out.read_text()

        def small_files():  # a file size limit simulates a full disk
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))

        completed = crossover("run", *CELL, "--out", self.out, "--force", preexec_fn=small_files)
        self.assertEqual(completed.returncode, UNWRITABLE, completed.stderr)
        self.assertRegex(
            completed.stderr, r"(?m)^crossover: .*results.json: cannot be written: File too large$"
        )
        self.assertEqual(self.out.read_text(), before)
        self.assertEqual(os.listdir(self.directory), ["results.json"])

    def run_with_descriptor_limits(self, in_flight, limits):
        cells = "--workload network --model event_loop --cores 1 --seconds 0.02 --repetitions 2"
        completed = crossover(
            *("run", *cells.split(), "--in-flight", in_flight, "--out", self.out),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits),
        )
        self.assertEqual(completed.returncode, 0, completed.stderr)

    def test_raises_the_descriptor_limit_to_the_hard_limit(self):
        self.run_with_descriptor_limits("300", (100, 1000))
        self.assertEqual([cell["status"] for cell in self.cells().values()], ["ok"])

    def test_hard_descriptor_limit_skips_the_cell_with_the_number_needed(self):
        self.run_with_descriptor_limits("4,300", (200, 200))
        by_in_flight = {cell["in_flight"]: cell for cell in self.cells().values()}
        self.assertEqual(by_in_flight[4]["status"], "ok")
        self.assertEqual(by_in_flight[300]["status"], "skipped")
        self.assertRegex(
            by_in_flight[300]["reason"],
            r"^needs 3\d\d file descriptors, hard limit is 200: raise it with ulimit -Hn 3\d\d$",
        )

    def test_run_without_runnable_cell_shows_the_reason(self):
        self.run_refused(
            USAGE, "closed loop", "--workload", "noop", "--model", "reference", "--rate", 10
        )

    def test_serve_rejects_bad_arguments(self):
        self.refused(USAGE, "missing workload", "serve")
        self.refused(USAGE, "needs no server", "serve", "sleep")
        self.refused(USAGE, "allowed range", "serve", "network", "--bytes", 0)
        self.refused(
            USAGE,
            "--port 99999: must be a whole number, 0 to 65535",
            "serve",
            "network",
            "--port",
            "99999",
        )
        with Server("network") as server:
            port = server.endpoint.rsplit(":", 1)[1]
            self.refused(
                1,
                f"cannot listen on 127.0.0.1:{port}: Address already in use",
                "serve",
                "network",
                "--port",
                port,
            )

    def test_missing_command_shows_usage(self):
        completed = crossover()
        self.assertEqual(completed.returncode, USAGE)
        self.assertIn("usage: crossover COMMAND", completed.stderr)


if __name__ == "__main__":
    unittest.main()
