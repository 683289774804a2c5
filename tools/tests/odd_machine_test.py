"""Machines unlike the usual one: topologies, quotas, locales, and things that are missing."""

import ctypes
import errno
import json
import os
import platform
import shutil
import subprocess
import unittest

from program import PROGRAM, SOURCE, TempDirTest, crossover, listed, models_in_other_languages

TINY = "--cores 1 --in-flight 2 --seconds 0.02 --repetitions 1".split()
NETWORK = ("--workload", "network", "--model", "event_loop", *TINY)


def refusing(number, code, family=None):
    """Returns a function that makes a system call (or `socket` of one family) fail from then on."""
    if platform.machine() != "x86_64":
        raise unittest.SkipTest("the numbers of the system calls are those of x86_64")

    class Step(ctypes.Structure):
        _fields_ = [
            ("code", ctypes.c_uint16),
            ("jt", ctypes.c_uint8),
            ("jf", ctypes.c_uint8),
            ("k", ctypes.c_uint32),
        ]

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint16), ("steps", ctypes.POINTER(Step))]

    load, equal, end = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    steps = [(load, 0, 0, 0), (equal, 0, 1 if family is None else 3, number)]
    if family is not None:  # the first argument
        steps += [(load, 0, 0, 16), (equal, 0, 1, family)]
    steps += [(end, 0, 0, 0x00050000 | code), (end, 0, 0, 0x7FFF0000)]
    program = (Step * len(steps))(*(Step(*step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        if libc.prctl(22, 2, ctypes.byref(Filter(len(steps), program)), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")

    return install


def with_mounts(script, *command):
    """Returns the command that runs `command` after `script` in a mount namespace."""
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"]).returncode != 0:
        raise unittest.SkipTest("no mount namespaces (unshare)")
    return [*unshare, "sh", "-ec", script + '\nexec "$@"', "sh", *map(str, command)]


class OddMachine(TempDirTest):
    def run_tiny(self, *arguments, code=0, command=None, **options):
        command = [*(command or [PROGRAM]), "run", *map(str, arguments), "--out", self.out]
        completed = subprocess.run(
            [*command, "--force"], capture_output=True, text=True, timeout=120, **options
        )
        self.assertEqual(completed.returncode, code, (completed.stderr, completed.stdout))
        return completed

    def check_all_ok(self):
        for name, cell in self.cells().items():
            self.assertEqual((cell["status"], cell["reason"]), ("ok", ""), name)

    def test_plan_of_written_topologies(self):
        for description, cores, in_flight in (
            ("core:1 pu:1", [1], 16),
            ("core:1 pu:2", [1, 2], 16),
            ("core:6 pu:1", [1, 2, 4, 6], 16),
            ("pack:2 numa:2 core:16 pu:2", [1, 2, 4, 8, 16, 32, 64, 128], 128),
        ):
            environment = os.environ | {"HWLOC_SYNTHETIC": description}
            cells = json.loads(crossover("list", "--json", env=environment).stdout)["cells"]
            hashing = [cell for cell in cells if cell["workload"] == "hashing"]
            self.assertEqual(sorted({c["cores"] for c in hashing}), cores, description)
            self.assertEqual({c["in_flight"] for c in hashing}, {in_flight}, description)

    def test_page_of_128_cpus(self):
        environment = os.environ | {"HWLOC_SYNTHETIC": "pack:2 numa:2 core:16 pu:2"}
        listing = crossover("list", "--json", env=environment)
        cells = []
        for cell in json.loads(listing.stdout)["cells"]:
            if cell["status"] != "runnable" or cell["workload"] != "hashing":
                continue
            per_core = {"event_loop": 1000, "thread_pool": 900, "processes": 800}
            rate = per_core.get(cell["model"], 1100) * min(cell["cores"], 64)
            samples = [
                {"block": 100 * cell["cores"] + i, "wall_s": 1.0, "operations": rate + i % 3}
                for i in range(8)
            ]
            cells.append(cell | {"status": "ok", "reason": "", "findings": [], "samples": samples})
        self.assertEqual(len(cells), 4 * 8)
        section = {"schema": 2, "status": "complete", "seed": 1, "command": ["crossover", "run"]}
        section["environment"] = {"cpus": "128", "cores": "64", "numa_nodes": "4"}
        section["cells"] = cells
        self.out.write_text(json.dumps({"context": {}, "benchmarks": [], "crossover": section}))
        report = crossover("report", self.out, "--format", "json", "--out", "-")
        contests = json.loads(report.stdout)["contests"]
        self.assertEqual([c["cores"] for c in contests], [1, 2, 4, 8, 16, 32, 64, 128])
        for contest in contests:
            self.assertEqual((contest["verdict"], contest["best"]), ("best", ["event_loop"]))
        page = self.directory / "page.html"
        completed = crossover("report", self.out, "--out", page)
        self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertIn("128", page.read_text())

    def test_one_core(self):
        cpu = max(os.sched_getaffinity(0))
        command = ["taskset", "-c", str(cpu), PROGRAM]
        self.run_tiny(*NETWORK, command=command)
        (cell,) = self.cells().values()
        self.assertIn("shared_cores", [f["code"] for f in cell["findings"]])
        environment = self.results()["crossover"]["environment"]
        self.assertEqual((environment["cpus"], environment["cores"]), ("1", "1"))
        completed = subprocess.run(
            [*command, "list", "--json"], capture_output=True, text=True, check=True
        )
        self.assertEqual({c["cores"] for c in json.loads(completed.stdout)["cells"]}, {1})

    def test_quota_of_one_and_a_half_cpus(self):
        for files in (
            "echo 150000 100000 >cpu.max",
            "mkdir cpu; echo 150000 >cpu/cpu.cfs_quota_us; echo 100000 >cpu/cpu.cfs_period_us; "
            "echo throttled_time 0 >cpu/cpu.stat",
        ):
            script = f"mount -t tmpfs none /sys/fs/cgroup; cd /sys/fs/cgroup; {files}; cd /"
            self.run_tiny(*NETWORK, command=with_mounts(script, PROGRAM))
            self.assertEqual(self.results()["crossover"]["environment"]["quota"], "1.5 CPUs")
            (cell,) = self.cells().values()
            self.assertIn("shared_cores", [f["code"] for f in cell["findings"]])
            completed = subprocess.run(
                with_mounts(script, PROGRAM, "list", "--json"), capture_output=True, check=True
            )
            self.assertEqual({c["cores"] for c in json.loads(completed.stdout)["cells"]}, {1})

    def test_path_with_spaces(self):
        place = self.directory / "a place"
        shutil.copytree(SOURCE / "tools" / "cells", place / "cells", symlinks=False)
        program = place / "crossover"
        shutil.copyfile(PROGRAM, program)
        program.chmod(0o755)
        self.out = place / "my results.json"
        models = ("--model", "event_loop,processes,python_threads")
        self.run_tiny("--workload", "network", *models, *TINY, command=[program])
        self.check_all_ok()
        page = place / "my page.html"
        for command in (
            ("report", self.out, "--out", page),
            ("check", self.out, self.out, "--out", place / "my check.txt"),
        ):
            completed = subprocess.run([program, *command], capture_output=True, text=True)
            self.assertIn(completed.returncode, (0, 2), completed.stderr)
        self.assertTrue(page.exists())

    def test_locale_with_decimal_commas(self):
        locale = self.directory / "de_DE.UTF-8"
        made = shutil.which("localedef") and subprocess.run(
            ["localedef", "-i", "de_DE", "-f", "UTF-8", locale], capture_output=True
        )
        if not made or made.returncode != 0:
            self.skipTest("no localedef or no sources of locales (locales)")
        environment = os.environ | {"LOCPATH": str(self.directory), "LC_ALL": "de_DE.UTF-8"}
        text = subprocess.run(
            ["printf", "%.1f", "1,5"], env=environment, capture_output=True, text=True
        )
        self.assertEqual(text.stdout, "1,5", "the locale is used")
        models = ",".join(["event_loop", "reference", *models_in_other_languages()])
        cells = ("--workload", "sleep:delay=1.5ms", "--model", "event_loop", *TINY)
        self.run_tiny(*cells, "--rate", "50.5", env=environment)
        self.assertIn("/delay:1500us/rate:50.5", list(self.cells())[0])
        self.check_all_ok()
        cells = ("--workload", "query,sleep:delay=1.5ms", "--model", models, *TINY)
        self.run_tiny(*cells, env=environment)
        self.assertNotIn("failed", [cell["status"] for cell in self.cells().values()])
        table = [
            crossover("report", self.out, "--format", "csv", "--out", "-", env=env).stdout
            for env in (environment, os.environ)
        ]
        self.assertEqual(table[0], table[1])

    def test_without_pressure(self):
        script = "mount -t tmpfs none /proc/pressure"
        if not os.path.isdir("/proc/pressure"):
            script = "true"
        self.run_tiny(*NETWORK, command=with_mounts(script, PROGRAM))
        self.check_all_ok()
        (cell,) = self.cells().values()
        self.assertNotIn("pressure_s", cell["samples"][0], "unknown, not 0")

    def test_without_perf_event_open(self):
        options = {"preexec_fn": refusing(298, errno.EACCES)}
        self.run_tiny(*NETWORK, **options)
        self.check_all_ok()
        completed = self.run_tiny(*NETWORK, "--trace", "trace.json", code=1, **options)
        self.assertEqual(len(completed.stderr.splitlines()), 1, completed.stderr)
        self.assertIn("--trace: cannot trace context switches (perf_event_open:", completed.stderr)

    def test_without_ipv6(self):
        options = {"preexec_fn": refusing(41, errno.EAFNOSUPPORT, family=10)}
        models = ("--model", "event_loop,thread_pool,reference")
        self.run_tiny("--workload", "network,download", *models, *TINY, **options)
        self.check_all_ok()

    def test_without_io_uring(self):
        options = {"preexec_fn": refusing(425, errno.ENOSYS)}
        models = ("--model", "reference:backend=io_uring,reference,event_loop")
        self.run_tiny("--workload", "network", *models, *TINY, **options)
        cells = {cell["model"]: cell for cell in self.cells().values()}
        refused = cells.pop("reference:backend=io_uring")
        self.assertEqual((refused["status"], refused["samples"]), ("skipped", []))
        self.assertIn("io_uring is not available", refused["reason"])
        self.assertEqual({cell["status"] for cell in cells.values()}, {"ok"})

    def test_read_only_home(self):
        models = ",".join(["event_loop", *models_in_other_languages()])
        environment = os.environ | {"HOME": "/proc", "XDG_CACHE_HOME": "/proc"}
        self.run_tiny("--workload", "sleep:delay=1ms", "--model", models, *TINY, env=environment)
        self.assertNotIn("failed", [cell["status"] for cell in self.cells().values()])
        self.assertEqual(crossover("report", self.out, "--out=-", env=environment).returncode, 0)

    def test_unwritable_temporary_directory(self):
        environment = os.environ | {"TMPDIR": "/proc"}
        cells = ("--workload", "query,noop", "--model", "event_loop", *TINY)
        completed = self.run_tiny(*cells, env=environment, code=1)
        cells = {cell["workload"]: cell for cell in self.cells().values()}
        self.assertEqual(cells["noop"]["status"], "ok")
        self.assertEqual((cells["query"]["status"], cells["query"]["samples"]), ("failed", []))
        self.assertRegex(cells["query"]["reason"], "/proc.*TMPDIR")
        self.assertIn(cells["query"]["reason"][:40], completed.stdout)
        models = ",".join(models_in_other_languages())
        self.run_tiny("--workload", "noop", "--model", models, *TINY, env=environment)
        self.assertNotIn("failed", [cell["status"] for cell in self.cells().values()])


if __name__ == "__main__":
    unittest.main()
