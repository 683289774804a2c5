"""download and query: invalid addresses, refusing servers, full disks, and nothing left behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from program import PROGRAM, TIMEOUT_S, Server, TempDirTest, crossover, descendants_of, listed

USAGE = 64
CELL = (
    "--model",
    "event_loop",
    "--cores",
    1,
    "--in-flight",
    3,
    "--seconds",
    0.05,
    "--repetitions",
    1,
)


def has_postgresql():
    cells = listed("--workload", "query:engine=postgresql", "--model", "serial")["cells"]
    return "no PostgreSQL" not in cells[0]["reason"]


def wait_until(done):
    for _ in range(TIMEOUT_S * 20):
        if done():
            return True
        time.sleep(0.05)
    return False


class Addresses(TempDirTest):
    def refused(self, words, *arguments):
        done = crossover("run", *arguments, *CELL, "--out", self.out)
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertRegex(done.stderr, r"\Acrossover: [^\n]+\n\Z")
        self.assertIn(words, done.stderr)
        self.assertFalse(self.out.exists(), "nothing was measured")
        return done.stderr

    def test_a_url_that_is_none(self):
        self.refused("is not supported", "--workload", "download:url=https://127.0.0.1/")
        self.refused("expected an http URL", "--workload", "download:url=127.0.0.1:80")
        self.refused(
            "no port from 1 to 65535", "--workload", "download:url=http://127.0.0.1:99999/"
        )

    def test_a_database_url_that_is_wrong_or_refused(self):
        self.refused(
            "not a database URL", "--workload", "query", "--endpoint", "query=127.0.0.1:5432"
        )
        line = self.refused(
            "refused",
            "--workload",
            "query",
            "--endpoint",
            "query=postgresql://me:secret@127.0.0.1:1/x",
        )
        self.assertNotIn("secret", line)
        self.refused("delay requires engine=postgresql", "--workload", "query:delay=1ms")

    def test_a_server_that_is_not_there_fails_its_cell_and_the_rest_runs(self):
        done = crossover(
            "run",
            "--workload",
            "download:url=http://127.0.0.1:1/",
            "--workload",
            "download",
            *CELL,
            "--out",
            self.out,
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        cells = sorted(self.cells().values(), key=lambda cell: cell["parameters"]["url"])
        self.assertEqual([cell["status"] for cell in cells], ["ok", "failed"])
        self.assertIn("no connection to 127.0.0.1:1", cells[1]["reason"])

    def test_a_url_is_asked_without_a_fixture(self):
        with Server("download") as server:
            done = crossover(
                "run",
                "--workload",
                f"download:url=http://{server.endpoint}/body?bytes=100",
                *CELL,
                "--out",
                self.out,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        (cell,) = self.cells().values()
        self.assertGreater(cell["samples"][0]["operations"], 0)
        self.assertIsNone(cell["samples"][0].get("server_cpu_s"))

    def test_nothing_but_redirects_is_told_by_name(self):
        with Server("download") as server:
            crossover(
                "run",
                "--workload",
                f"download:url=http://{server.endpoint}/gone",
                *CELL,
                "--out",
                self.out,
            )
        (cell,) = self.cells().values()
        self.assertEqual(cell["status"], "failed")
        self.assertIn("status:404", cell["reason"])


class Databases(TempDirTest):
    """Servers create their directories in TMPDIR, so the tests can check that they are removed."""

    def setUp(self):
        super().setUp()
        # Short, because the path of a Unix socket is limited to 107 bytes.
        self.temporary = tempfile.mkdtemp(prefix="t", dir="/tmp")
        os.chmod(self.temporary, 0o711)
        self.addCleanup(shutil.rmtree, self.temporary)
        self.environment = os.environ | {"TMPDIR": self.temporary}

    def left(self):
        return os.listdir(self.temporary)

    def processes_left(self):
        left = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    left += (
                        [entry.name]
                        if self.temporary.encode() in (entry / "cmdline").read_bytes()
                        else []
                    )
                except OSError:
                    pass
        return left

    def measure(self, workload):
        done = crossover(
            "run",
            "--workload",
            workload,
            "--model",
            "event_loop",
            "--model",
            "thread_pool",
            "--model",
            "processes",
            *CELL[2:],
            "--out",
            self.out,
            env=self.environment,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for cell in self.cells().values():
            self.assertEqual(cell["status"], "ok", cell)
            self.assertGreater(cell["samples"][0]["operations"], 0)
            self.assertEqual(cell["samples"][0]["errors"], {})
        self.assertEqual(self.left(), [])
        self.assertEqual(self.processes_left(), [])

    def test_sqlite_under_three_models(self):
        self.measure("query:rows=500")
        blocked = {
            cell["model"]
            for cell in self.cells().values()
            if "blocks_loop" in [finding["code"] for finding in cell["findings"]]
        }
        self.assertEqual(blocked, {"event_loop"}, "that SQLite blocks the loop is said")

    def test_postgresql_under_three_models(self):
        if not has_postgresql():
            self.skipTest("no PostgreSQL server programs here: apt-get install postgresql")
        self.measure("query:engine=postgresql,rows=500")
        for cell in self.cells().values():
            self.assertGreater(
                cell["samples"][0]["server_cpu_s"], 0, "the server's own processes are seen"
            )

    def test_nothing_is_left_however_the_server_ends(self):
        engines = ["sqlite", "postgresql"] if has_postgresql() else ["sqlite"]
        for engine in engines:
            for end in ["end of input", signal.SIGTERM, signal.SIGKILL]:
                with self.subTest(engine=engine, end=end):
                    process = subprocess.Popen(
                        [PROGRAM, "serve", "query", "--engine", engine],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                        env=self.environment,
                    )
                    self.assertTrue(process.stdout.readline().startswith("listening "))
                    self.assertEqual(len(self.left()), 1)
                    if isinstance(end, str):
                        process.stdin.close()
                    else:
                        process.send_signal(end)
                    process.wait(TIMEOUT_S)
                    process.stdout.close()
                    if isinstance(end, str):
                        self.assertEqual(
                            (self.left(), self.processes_left()),
                            ([], []),
                            "all is gone when the program has ended",
                        )
                    else:
                        process.stdin.close()
                        self.assertTrue(
                            wait_until(lambda: not self.left() and not self.processes_left())
                        )

    def test_nothing_is_left_when_a_run_is_killed(self):
        run = subprocess.Popen(
            [
                PROGRAM,
                "run",
                "--workload",
                "query",
                "--model",
                "serial",
                "--cores",
                "1",
                "--seconds",
                "60",
                "--repetitions",
                "1",
                "--out",
                str(self.out),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        self.assertTrue(wait_until(self.left))
        self.assertTrue(
            wait_until(lambda: len(descendants_of(run.pid)) >= 3), "server, supervisor and cell"
        )
        run.kill()
        run.wait(TIMEOUT_S)
        self.assertTrue(wait_until(lambda: not self.left() and not self.processes_left()))

    def test_a_full_disk_fails_its_cell_and_the_rest_runs(self):
        words = [
            "mount -t tmpfs -o size=64k none",
            self.temporary,
            "&& exec",
            PROGRAM,
            "run --workload query --workload noop",
            *map(str, CELL),
            "--out",
            str(self.out),
        ]
        may_mount = subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "none", self.temporary], capture_output=True
        )
        if may_mount.returncode != 0:
            self.skipTest("this user may not mount a small disk")
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", " ".join(words)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        cells = {cell["workload"]: cell for cell in self.cells().values()}
        self.assertEqual(cells["noop"]["status"], "ok")
        self.assertEqual(cells["query"]["status"], "failed")
        self.assertIn("database or disk is full", cells["query"]["reason"])
        self.assertIn("TMPDIR", cells["query"]["reason"])

    def test_a_users_database_is_asked_and_its_password_is_nowhere(self):
        if not has_postgresql():
            self.skipTest("no PostgreSQL server programs here: apt-get install postgresql")
        with subprocess.Popen(
            [PROGRAM, "serve", "query", "--engine", "postgresql", "--rows", "50"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        ) as server:
            url = server.stdout.readline().removeprefix("listening ").strip()
            url = url.replace("&user=crossover", "").replace(
                "postgresql:///", "postgresql://crossover:secret@/"
            )
            done = crossover(
                "run",
                "--workload",
                "query:engine=postgresql,rows=50",
                "--workload",
                "query:rows=50",
                *CELL,
                "--endpoint",
                f"query={url}",
                "--out",
                self.out,
                env=self.environment,
            )
            server.stdin.close()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual({cell["status"] for cell in self.cells().values()}, {"ok"})
        self.assertNotIn("secret", self.out.read_text())


if __name__ == "__main__":
    unittest.main()
