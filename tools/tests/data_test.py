"""download and query: invalid addresses, refusing servers, full disks, and nothing left behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from program import PROGRAM, TIMEOUT_S, Server, TempDirTest, command_of, crossover, descendants_of
from program import listed, remaining_memory, shared_memory

USAGE = 64
CELL = "--model event_loop --cores 1 --in-flight 3 --seconds 0.05 --repetitions 1".split()


def has_postgresql():
    cells = listed("--workload", "query:engine=postgresql", "--model", "serial")["cells"]
    return "no PostgreSQL" not in cells[0]["reason"]


def wait_until(condition, step_s=0.05):
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(step_s)
    return False


class Addresses(TempDirTest):
    def refused(self, text, *arguments):
        completed = crossover("run", *arguments, *CELL, "--out", self.out, "--force")
        self.assertEqual(completed.returncode, USAGE, completed.stderr)
        self.assertRegex(completed.stderr, r"\Acrossover: [^\n]+\n\Z")
        self.assertIn(text, completed.stderr)
        self.assertFalse(self.out.exists(), "results were written")
        return completed.stderr

    def test_rejects_malformed_url(self):
        self.refused("is not supported", "--workload", "download:url=https://127.0.0.1/")
        self.refused("expected an http URL", "--workload", "download:url=127.0.0.1:80")
        self.refused(
            "has no host or an invalid port", "--workload", "download:url=http://127.0.0.1:99999/"
        )

    def test_rejects_malformed_or_unreachable_database_url(self):
        self.refused(
            "not a database URL", "--workload", "query", "--endpoint", "query=127.0.0.1:5432"
        )
        endpoint = "query=postgresql://me:secret@127.0.0.1:1/x"
        line = self.refused("refused", "--workload", "query", "--endpoint", endpoint)
        self.assertNotIn("secret", line)
        self.refused("delay requires engine=postgresql", "--workload", "query:delay=1ms")

    def test_missing_server_fails_only_its_cell(self):
        workloads = ("--workload", "download:url=http://127.0.0.1:1/", "--workload", "download")
        completed = crossover("run", *workloads, *CELL, "--out", self.out, "--force")
        self.assertEqual(completed.returncode, 1, completed.stderr)
        cells = sorted(self.cells().values(), key=lambda cell: cell["parameters"].get("url", ""))
        self.assertEqual([cell["status"] for cell in cells], ["ok", "failed"])
        self.assertIn("no connection to 127.0.0.1:1", cells[1]["reason"])

    def test_url_replaces_the_built_in_server(self):
        with Server("download") as server:
            workload = f"download:url=http://{server.endpoint}/body?bytes=100"
            completed = crossover(
                "run", "--workload", workload, *CELL, "--out", self.out, "--force"
            )
        self.assertEqual(completed.returncode, 0, completed.stderr)
        (cell,) = self.cells().values()
        self.assertGreater(cell["samples"][0]["operations"], 0)
        self.assertIsNone(cell["samples"][0].get("server_cpu_s"))

    def test_error_status_is_in_the_reason(self):
        with Server("download") as server:
            workload = f"download:url=http://{server.endpoint}/gone"
            crossover("run", "--workload", workload, *CELL, "--out", self.out, "--force")
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
        self.memory_before = shared_memory()

    def remaining_files(self):
        return os.listdir(self.temporary)

    def remaining_processes(self):
        """Returns the processes that have the directory in their command line."""
        pids = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.temporary.encode() in (entry / "cmdline").read_bytes():
                    pids.append(entry.name)
            except OSError:
                pass  # it has ended
        return pids

    def nothing_remains(self):
        left = self.remaining_files() or self.remaining_processes()
        return not left and not remaining_memory(self.memory_before)

    def measure(self, workload):
        models = ("--model", "thread_pool", "--model", "processes")
        completed = crossover(
            *("run", "--workload", workload, *CELL, *models, "--out", self.out, "--force"),
            env=self.environment,
        )
        self.assertEqual(completed.returncode, 0, completed.stdout + completed.stderr)
        for cell in self.cells().values():
            self.assertEqual(cell["status"], "ok", cell)
            self.assertGreater(cell["samples"][0]["operations"], 0)
            self.assertEqual(cell["samples"][0]["errors"], {})
        self.assertEqual(self.remaining_files(), [])
        self.assertEqual(self.remaining_processes(), [])

    def test_sqlite_under_three_models(self):
        self.measure("query:rows=500")
        blocked = {
            cell["model"]
            for cell in self.cells().values()
            if "blocks_loop" in [finding["code"] for finding in cell["findings"]]
        }
        self.assertEqual(blocked, {"event_loop"}, "SQLite blocks only the event loop")

    def test_postgresql_under_three_models(self):
        if not has_postgresql():
            self.skipTest("no PostgreSQL server programs; apt-get install postgresql")
        self.measure("query:engine=postgresql,rows=500")
        for cell in self.cells().values():
            # The server's child processes count too.
            self.assertGreater(cell["samples"][0]["server_cpu_s"], 0)

    def test_server_leaves_nothing_however_it_ends(self):
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
                    self.assertEqual(len(self.remaining_files()), 1)
                    if isinstance(end, str):
                        process.stdin.close()
                    else:
                        process.send_signal(end)
                    process.wait(TIMEOUT_S)
                    process.stdout.close()
                    if isinstance(end, str):
                        # serve removes everything before it exits.
                        self.assertEqual(self.remaining_files(), [])
                        self.assertEqual(self.remaining_processes(), [])
                    else:
                        process.stdin.close()
                        self.assertTrue(wait_until(self.nothing_remains))

    def start_postgresql(self):
        """Returns the process of a server and the process id of its supervisor."""
        if not has_postgresql():
            self.skipTest("no PostgreSQL server programs; apt-get install postgresql")
        server = subprocess.Popen(
            [PROGRAM, "serve", "query", "--engine", "postgresql"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        )
        self.assertTrue(server.stdout.readline().startswith("listening "))
        children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
        return server, int(children.split()[0])

    def check_ends(self, server):
        server.wait(TIMEOUT_S)
        server.stdin.close()
        server.stdout.close()
        self.assertTrue(wait_until(self.nothing_remains))

    def test_server_of_a_killed_supervisor_leaves_nothing(self):
        server, supervisor = self.start_postgresql()
        os.kill(supervisor, signal.SIGKILL)
        server.wait(TIMEOUT_S)
        self.assertEqual(self.remaining_files(), [])
        self.check_ends(server)

    def test_stopped_supervisor_cleans_up_after_a_killed_server(self):
        server, supervisor = self.start_postgresql()
        os.kill(supervisor, signal.SIGSTOP)
        server.kill()
        self.check_ends(server)

    def test_kills_during_initdb_leave_nothing(self):
        if not has_postgresql():
            self.skipTest("no PostgreSQL server programs; apt-get install postgresql")
        is_serve = lambda pid: "serve" in command_of(pid)
        for killed in "program", "supervisor", "initdb":
            with self.subTest(killed=killed):
                server = subprocess.Popen(
                    [PROGRAM, "serve", "query", "--engine", "postgresql"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=self.environment,
                )
                has_memory = lambda: descendants_of(server.pid) & set(shared_memory().values())
                self.assertTrue(wait_until(has_memory, 0.005), "initdb starts a server")
                children = sorted(descendants_of(server.pid))
                target = {
                    "program": [server.pid],
                    "supervisor": [pid for pid in children if is_serve(pid)],
                    "initdb": [pid for pid in children if not is_serve(pid)],
                }[killed][0]
                os.kill(target, signal.SIGKILL)
                server.wait(TIMEOUT_S)
                server.stdin.close()
                self.assertTrue(wait_until(self.nothing_remains), remaining_memory({}))

    def test_killed_run_leaves_nothing(self):
        cell = "--workload query --model serial --cores 1 --seconds 60 --repetitions 1"
        run = subprocess.Popen(
            [PROGRAM, "run", *cell.split(), "--out", self.out, "--force"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        self.assertTrue(wait_until(self.remaining_files))
        self.assertTrue(
            wait_until(lambda: len(descendants_of(run.pid)) >= 3), "server, supervisor and cell"
        )
        run.kill()
        run.wait(TIMEOUT_S)
        self.assertTrue(wait_until(self.nothing_remains))

    def test_full_disk_fails_only_its_cell(self):
        script = (
            f"mount -t tmpfs -o size=64k none {self.temporary} && exec {PROGRAM} run "
            f"--workload query --workload noop {' '.join(CELL)} --out {self.out}"
        )
        may_mount = subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "none", self.temporary], capture_output=True
        )
        if may_mount.returncode != 0:
            self.skipTest("cannot mount a file system")
        completed = subprocess.run(
            ["unshare", "-m", "sh", "-c", script],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )
        self.assertEqual(completed.returncode, 1, completed.stderr)
        cells = {cell["workload"]: cell for cell in self.cells().values()}
        self.assertEqual(cells["noop"]["status"], "ok")
        self.assertEqual(cells["query"]["status"], "failed")
        self.assertIn("database or disk is full", cells["query"]["reason"])
        self.assertIn("TMPDIR", cells["query"]["reason"])

    def test_uses_an_existing_database_and_hides_its_password(self):
        if not has_postgresql():
            self.skipTest("no PostgreSQL server programs; apt-get install postgresql")
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
            completed = crossover(
                *("run", "--workload", "query:engine=postgresql,rows=50"),
                *("--workload", "query:rows=50", *CELL),
                *("--endpoint", f"query={url}", "--out", self.out, "--force"),
                env=self.environment,
            )
            server.stdin.close()
        self.assertEqual(completed.returncode, 0, completed.stdout + completed.stderr)
        self.assertEqual({cell["status"] for cell in self.cells().values()}, {"ok"})
        self.assertNotIn("secret", self.out.read_text())


if __name__ == "__main__":
    unittest.main()
