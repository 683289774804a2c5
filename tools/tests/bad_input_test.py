"""Bad input gives one line on standard error and the documented exit code; no result is lost."""

import os
import resource
import signal
import unittest

from program import Server, TempDirTest, crossover

USAGE, UNWRITABLE = 64, 74
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


class BadInput(TempDirTest):
    def refused(self, code, words, *arguments, **options):
        """Expects this exit code and one line on stderr with these texts; returns the line."""
        done = crossover(*arguments, **options)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        self.assertEqual(done.stdout, "", arguments)
        self.assertRegex(done.stderr, r"\Acrossover: [^\n]+\n\Z", arguments)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, done.stderr, arguments)
        return done.stderr

    def run_refused(self, code, words, *arguments, **options):
        line = self.refused(
            code,
            words,
            "run",
            *arguments,
            *(() if "--out" in arguments else ("--out", self.out)),
            **options,
        )
        self.assertFalse(self.out.exists(), "nothing was written")
        self.assertEqual(os.listdir(self.directory), [])
        return line

    def test_unknown_names_suggest_the_nearest(self):
        self.run_refused(
            USAGE, ["unknown workload 'slep'", "did you mean 'sleep'?"], "--workload", "slep"
        )
        self.run_refused(
            USAGE,
            ["unknown model 'eventloop'", "did you mean 'event_loop'?"],
            "--model",
            "eventloop",
        )
        self.run_refused(
            USAGE,
            ["sleep has no parameter 'dealy'", "did you mean 'delay'?"],
            "--workload",
            "sleep:dealy=1ms",
        )
        self.run_refused(
            USAGE, ["unknown suite 'quik'", "did you mean 'quick'?"], "--suite", "quik"
        )
        self.run_refused(
            USAGE, ["has no flag '--modle'", "did you mean '--model'?"], "--modle", "serial"
        )
        self.run_refused(USAGE, "--benchmark_fliter", *CELL, "--benchmark_fliter=x")
        self.refused(USAGE, ["unknown command 'rnu'", "did you mean 'run'?"], "rnu")
        self.refused(USAGE, "did you mean 'network'?", "serve", "netwrk")
        self.refused(USAGE, "did you mean '--json'?", "list", "--jsno")

    def test_units_and_ranges_are_named(self):
        self.run_refused(
            USAGE,
            ["delay=10 ", "not a duration; expected for example 100us, 10ms or 1s"],
            "--workload",
            "sleep:delay=10",
        )
        self.run_refused(
            USAGE, ["delay=10min", "not a duration"], "--workload", "sleep:delay=10min"
        )
        self.run_refused(
            USAGE,
            ["bytes=64kb", "not a size; expected for example 64, 64KiB or 1MiB"],
            "--workload",
            "hashing:bytes=64kb",
        )
        self.run_refused(
            USAGE, ["bytes=0", "allowed range 1 to 16MiB"], "--workload", "network:bytes=0"
        )
        self.run_refused(
            USAGE,
            ["algorithm=sha255", "did you mean 'sha256'?"],
            "--workload",
            "hashing:algorithm=sha255",
        )
        self.run_refused(USAGE, "NAME:key=value", "--workload", "sleep:delay")
        self.run_refused(USAGE, "takes no parameters", "--workload", "noop:x=1")
        self.run_refused(USAGE, "takes no parameters", "--model", "serial:x=1")

    def test_cores_beyond_the_machine(self):
        usable = len(os.sched_getaffinity(0))
        self.run_refused(USAGE, [f"--cores {usable + 1}", f"1 to {usable}"], "--cores", usable + 1)
        self.run_refused(USAGE, "--cores 0", "--cores", 0)
        self.run_refused(USAGE, "--cores", "--cores", "two")
        self.run_refused(USAGE, "--cores", "--cores=-1")

    def test_in_flight_0(self):
        self.run_refused(USAGE, ["--in-flight 0", "1 to 1000000"], "--in-flight", 0)
        self.run_refused(USAGE, "--in-flight 1000001", "--in-flight", 1000001)
        self.run_refused(USAGE, "--in-flight", "--in-flight", "1,,x")

    def test_other_values_out_of_range(self):
        for flag, value in (
            ("--seconds", 0),
            ("--seconds", -1),
            ("--seconds", "long"),
            ("--repetitions", 0),
            ("--rate", 0),
            ("--rate", -5),
            ("--seed", "x"),
            ("--grace", 0),
        ):
            self.run_refused(USAGE, flag, *CELL, f"{flag}={value}")
        self.run_refused(USAGE, "mutually exclusive", "--quick", "--thorough")
        self.run_refused(USAGE, "unexpected argument", "results.json")

    def test_an_endpoint_that_refuses(self):
        with Server("network") as server:
            endpoint = server.endpoint
        self.run_refused(
            USAGE, [endpoint, "start a server there"], *CELL, "--endpoint", f"network={endpoint}"
        )

    def test_an_endpoint_that_is_none(self):
        for text in (
            "network",
            "network=",
            "network=nowhere",
            "network=127.0.0.1",
            "network=127.0.0.1:0",
            "=127.0.0.1:80",
        ):
            self.run_refused(
                USAGE,
                [
                    "as in network=127.0.0.1:4000"
                    if text in ("network", "=127.0.0.1:80")
                    else "HOST:PORT"
                ],
                *CELL,
                "--endpoint",
                text,
            )
        self.run_refused(
            USAGE, "did you mean 'network'?", *CELL, "--endpoint", "netwrok=127.0.0.1:80"
        )
        self.run_refused(USAGE, "uses no server", *CELL, "--endpoint", "sleep=127.0.0.1:80")

    def test_an_unwritable_out_is_found_out_before_anything_is_measured(self):
        missing = self.directory / "missing" / "results.json"
        # The launcher creates a file if a cell process is started.
        trace = self.directory / "trace"
        self.run_refused(
            UNWRITABLE,
            [str(missing), "No such file or directory"],
            *CELL,
            "--launcher",
            f"touch {trace}",
            "--out",
            missing,
        )
        self.run_refused(
            UNWRITABLE,
            "is a directory",
            *CELL,
            "--launcher",
            f"touch {trace}",
            "--out",
            self.directory,
        )
        self.run_refused(UNWRITABLE, "/proc/results.json", *CELL, "--out", "/proc/results.json")

    def test_a_disk_that_fills_up_keeps_the_file_as_it_was(self):
        self.assertEqual(crossover("run", *CELL, "--out", self.out).returncode, 0)
        before = self.out.read_text()

        def small_files():  # a file size limit simulates a full disk
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))

        done = crossover("run", *CELL, "--out", self.out, preexec_fn=small_files)
        self.assertEqual(done.returncode, UNWRITABLE, done.stderr)
        self.assertRegex(
            done.stderr, r"(?m)^crossover: .*results.json: cannot be written: File too large$"
        )
        self.assertEqual(self.out.read_text(), before)
        self.assertEqual(os.listdir(self.directory), ["results.json"])

    def test_too_few_descriptors_are_raised_to_the_hard_limit(self):
        done = crossover(
            "run",
            "--workload",
            "network",
            "--model",
            "event_loop",
            *CELL[4:6],
            "--in-flight",
            300,
            *CELL[8:],
            "--out",
            self.out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 1000)),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([cell["status"] for cell in self.cells().values()], ["ok"])

    def test_too_few_descriptors_for_good_skip_the_cell_with_the_number_needed(self):
        done = crossover(
            "run",
            "--workload",
            "network",
            "--model",
            "event_loop",
            *CELL[4:6],
            "--in-flight",
            "4,300",
            *CELL[8:],
            "--out",
            self.out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        by_in_flight = {cell["in_flight"]: cell for cell in self.cells().values()}
        self.assertEqual(by_in_flight[4]["status"], "ok")
        self.assertEqual(by_in_flight[300]["status"], "skipped")
        self.assertRegex(
            by_in_flight[300]["reason"],
            r"^needs 3\d\d file descriptors, hard limit is 200: raise it with ulimit -Hn 3\d\d$",
        )

    def test_without_any_cell_that_can_be_it_says_why(self):
        self.run_refused(
            USAGE, "closed loop", "--workload", "noop", "--model", "reference", "--rate", 10
        )

    def test_serve(self):
        self.refused(USAGE, "missing workload", "serve")
        self.refused(USAGE, "needs no server", "serve", "sleep")
        self.refused(USAGE, "allowed range", "serve", "network", "--bytes", 0)
        self.refused(USAGE, "--port", "serve", "network", "--port", "99999")
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

    def test_no_command_shows_them(self):
        done = crossover()
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("usage: crossover COMMAND", done.stderr)


if __name__ == "__main__":
    unittest.main()
