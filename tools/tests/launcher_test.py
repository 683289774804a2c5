"""Cells behind srun, ssh, taskset, numactl, perf, docker, kubectl and behind faulty launchers."""

import json
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import unittest

from program import (
    PROGRAM,
    SOURCE,
    TIMEOUT_S,
    Cell,
    TempDirTest,
    crossover,
    descendants_of,
)
from slurm_for_test import (
    SEARCH_PATH,
    Slurm,
    die_with_parent,
    kill,
    missing_packages,
    requires_slurm,
)

CPUS = sorted(os.sched_getaffinity(0))
TINY = "--workload noop --in-flight 1 --seconds 0.02 --repetitions 1 --cores 1".split()
MODELS_OF_BOTH_PROGRAMS = "event_loop,python_processes"
NAME = "noop/serial/cores:1/in_flight:1"


def requires(program, package):
    """Skips a test unless Debian's package is installed."""
    found = shutil.which(program, path=SEARCH_PATH)
    return unittest.skipUnless(found, f"not installed: {package}")


def words(*command):
    """Returns the value of --launcher for this command."""
    return shlex.join(map(str, command))


class LauncherTest(TempDirTest):
    def run_behind(self, launcher, *arguments, code=0, **options):
        """Runs serial and, by default, nothing else; returns the completed process."""
        arguments = arguments or ("--model", "serial")
        completed = crossover(
            "run",
            *TINY,
            *arguments,
            "--launcher",
            launcher,
            "--out",
            self.out,
            "--force",
            **options,
        )
        self.assertEqual(completed.returncode, code, completed.stderr + completed.stdout)
        return completed

    def only_sample(self):
        (cell,) = self.cells().values()
        self.assertEqual((cell["status"], cell["reason"]), ("ok", ""))
        (sample,) = cell["samples"]
        return sample

    def only_reason(self):
        (cell,) = self.cells().values()
        self.assertEqual((cell["status"], cell["samples"]), ("failed", []))
        return cell["reason"]

    def script(self, name, text):
        """Writes an executable script and returns its path."""
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def check_own_figures(self, sample):
        """Checks that the sample has the figures that only the cell itself can measure."""
        self.assertGreater(sample["operations"], 0)
        self.assertGreater(sample["cpu_user_s"] + sample["cpu_system_s"], 0)
        self.assertGreater(sample["peak_rss_bytes"], 0)


class LocalLaunchers(LauncherTest):
    """Programs that start the cell on this machine, on other CPUs or with a counter."""

    def check_cpus_of(self, *launcher):
        """Checks a launcher that allows only the last CPU."""
        with Cell(*launcher) as cell:
            ready = cell.prepare(cores=CPUS[:1], any_cores=True)["ready"]
            self.assertEqual(ready["location"]["cores"], CPUS[-1:])
            self.assertEqual(os.sched_getaffinity(ready["location"]["pid"]), {CPUS[-1]})
        with Cell(*launcher) as cell:
            error = cell.prepare(cores=[*CPUS, CPUS[-1] + 1], any_cores=True)["error"]
            self.assertEqual(error["kind"], "resource")
            self.assertIn(f"the launcher allows only CPU {CPUS[-1]};", error["message"])
        self.run_behind(words(*launcher))
        self.check_own_figures(self.only_sample())

    @requires("taskset", "util-linux")
    def test_taskset_chooses_the_cpu(self):
        self.check_cpus_of("taskset", "-c", str(CPUS[-1]))

    @requires("numactl", "numactl")
    def test_numactl_chooses_the_cpu(self):
        self.check_cpus_of("numactl", f"--physcpubind={CPUS[-1]}")

    @requires("taskset", "util-linux")
    @unittest.skipIf(len(CPUS) < 2, "needs 2 CPUs")
    def test_cell_with_fewer_cpus_than_cores_fails_and_the_others_are_measured(self):
        launcher = f"taskset -c {CPUS[-1]}"
        self.run_behind(launcher, "--model", MODELS_OF_BOTH_PROGRAMS, "--cores", "1,2", code=1)
        for name, cell in self.cells().items():
            if "/cores:1/" in name:
                self.assertEqual((cell["status"], cell["reason"]), ("ok", ""), name)
            else:
                self.assertEqual(cell["status"], "failed", name)
                self.assertEqual(
                    cell["reason"],
                    f"needs 2 CPUs, but the launcher allows only CPU {CPUS[-1]}; let it allow "
                    "more, or use fewer --cores",
                )

    @requires("taskset", "util-linux")
    @unittest.skipIf(len(CPUS) < 2, "needs 2 CPUs")
    def test_cell_on_its_servers_cpu_has_the_finding_shared_cores(self):
        network = ("--workload", "network", "--model", "event_loop")
        for cpu, shares in ((CPUS[0], False), (CPUS[-1], True)):
            completed = crossover(
                *("run", *network, *TINY[2:], "--launcher", f"taskset -c {cpu}"),
                *("--out", self.out, "--force"),
            )
            self.assertEqual(completed.returncode, 0, completed.stderr)
            (cell,) = self.cells().values()
            codes = [finding["code"] for finding in cell["findings"]]
            # The server may have left the last of more than two CPUs free.
            if len(CPUS) == 2 or not shares:
                self.assertEqual("shared_cores" in codes, shares, cpu)

    @requires("perf", "linux-perf")
    def test_perf_stat_counts_the_cell(self):
        counts = self.directory / "counts"
        perf = ("perf", "stat", "-e", "task-clock", "-o", counts, "--append")
        if subprocess.run([*map(str, perf), "true"], capture_output=True).returncode != 0:
            self.skipTest("perf may not count here (kernel.perf_event_paranoid)")
        counts.unlink()
        self.run_behind(words(*perf))
        self.check_own_figures(self.only_sample())
        self.assertIn("task-clock", counts.read_text())
        self.assertIn(f"{PROGRAM} cell", counts.read_text().replace("'", ""))


class OtherMachines(LauncherTest):
    """Figures of a cell that the harness can read from outside, and those that it cannot."""

    OUTSIDE = ("steal_s", "idle_cpu_s")

    def namespaces(self, *options):
        command = ["unshare", *options]
        if not shutil.which("unshare") or subprocess.run([*command, "true"]).returncode != 0:
            self.skipTest("no namespaces: " + " ".join(command))
        return command

    def test_cell_of_this_machine_is_read_from_outside(self):
        self.run_behind("env")
        sample = self.only_sample()
        self.assertEqual([name for name in self.OUTSIDE if name not in sample], [])

    def test_cpu_time_between_turns_in_a_container_is_unknown(self):
        container = self.namespaces("--pid", "--fork", "--kill-child", "--mount-proc")
        self.run_behind(words(*container))
        sample = self.only_sample()
        self.check_own_figures(sample)
        self.assertIsNone(sample.get("idle_cpu_s"))
        self.assertIsNotNone(sample["steal_s"])

    def test_cell_on_another_machine_is_named(self):
        boot = self.directory / "boot_id"
        boot.write_text("another kernel\n")
        mount = (
            f"mount --bind {boot} /proc/sys/kernel/random/boot_id; hostname node7; " + 'exec "$@"'
        )
        elsewhere = self.namespaces("--mount", "--uts")
        self.run_behind(words(*elsewhere, "sh", "-c", mount, "sh"))
        sample = self.only_sample()
        self.check_own_figures(sample)
        self.assertEqual([name for name in self.OUTSIDE if sample.get(name) is not None], [])
        (cell,) = self.cells().values()
        self.assertIn(
            {"code": "other_machine", "detail": "the cells ran on node7"}, cell["findings"]
        )

    def test_hidden_boot_id_is_not_another_machine(self):
        hide = 'mount --bind /dev/null /proc/sys/kernel/random/boot_id; exec "$@"'
        hidden = [*self.namespaces("--mount"), "sh", "-c", hide, "sh"]
        self.run_behind(words(*hidden))
        behind_launcher = self.only_sample()
        (cell,) = self.cells().values()
        run = ["run", *TINY, "--model", "serial", "--out", str(self.out), "--force"]
        subprocess.run([*hidden, PROGRAM, *run], check=True, capture_output=True)
        all_findings = cell["findings"] + [*self.cells().values()][0]["findings"]
        self.assertNotIn("other_machine", [finding["code"] for finding in all_findings])
        for name in self.OUTSIDE:
            self.assertIsNone(behind_launcher.get(name), name)
            self.assertIsNotNone(self.only_sample()[name], name)

    def test_cell_that_gives_no_location_is_not_read_from_outside(self):
        smallest = SOURCE / "tools/cells/smallest_cell.py"
        added = ("--workload", "sleep:delay=1ms", "--cell", f"smallest=python3 {smallest}")
        for launcher, known in (((), True), (("--launcher", "env"), False)):
            completed = crossover(
                *("run", *added, "--model", "smallest", *TINY[2:], *launcher),
                *("--out", self.out, "--force"),
            )
            self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
            sample = self.only_sample()
            for name in self.OUTSIDE:
                self.assertEqual(sample.get(name) is not None, known, (name, launcher))

    def test_clock_of_the_cell_is_not_compared_with_that_of_the_harness(self):
        """The cell's clocks are days ahead; its durations must be those of the run."""
        ahead = self.namespaces(
            *("--time", "--fork", "--kill-child", "--monotonic", "999999", "--boottime", "999999")
        )
        begin = time.monotonic()
        for rate in ((), ("--rate", 2000)):
            completed = crossover(
                *("run", "--workload", "sleep:delay=1ms", "--model", "event_loop,python_asyncio"),
                *(*TINY[2:], *rate, "--launcher", words(*ahead), "--out", self.out, "--force"),
            )
            self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
            took_s = time.monotonic() - begin
            for name, cell in self.cells().items():
                (sample,) = cell["samples"]
                for key in ("wall_s", "startup_s", "start_s", "setup_s", "drain_s", "idle_s"):
                    self.assertTrue(0 <= sample[key] < took_s, (name, key, sample[key]))
                for kind in ("latency", "service"):
                    if kind in sample and sample[kind]:
                        self.assertLess(sample[kind]["max"], took_s * 1e9, name)
                if rate:
                    self.assertGreater(sample["arrivals"]["begun"], 0, name)


# Checks the arguments before the cell's command, then starts it as the real program would.
STAND_IN = """#!/usr/bin/env python3
import json, os, sys
expected = json.loads({expected!r})
given = sys.argv[1:len(expected) + 1]
if given != expected:
    sys.exit(f"expected {{expected}}, not {{given}}")
os.execvp(sys.argv[len(expected) + 1], sys.argv[len(expected) + 1:])
"""


class Containers(LauncherTest):
    """docker and kubectl need a daemon. Stand-ins check that every argument arrives unchanged."""

    def check_words(self, program, *expected):
        self.script(program, STAND_IN.format(expected=json.dumps(expected)))
        path = f"{self.directory}:{os.environ['PATH']}"
        self.run_behind(words(program, *expected), env=os.environ | {"PATH": path})
        self.check_own_figures(self.only_sample())

    def test_docker_run(self):
        self.check_words(
            *(
                "docker",
                "run",
                "-i",
                "--rm",
                "--cpuset-cpus=0-3",
                "-e",
                "GREETING=two  words; $HOME",
            ),
            *("-e", "QUOTES=\"'", "-v", "/opt/crossover:/opt/crossover:ro", "debian:12"),
        )

    def test_kubectl_exec(self):
        self.check_words("kubectl", "exec", "-i", "-n", "tests", "pod/bench-0", "-c", "app", "--")


class FaultyLaunchers(LauncherTest):
    def test_noise_on_standard_error_does_no_harm(self):
        noisy = self.script(
            "noisy",
            '#!/bin/sh\ni=0\nwhile [ $i -lt 3000 ]; do echo "note $i" >&2; i=$((i+1)); done\n'
            'exec "$@"\n',
        )
        self.run_behind(noisy)
        self.only_sample()

    def test_noise_on_standard_output_is_shown(self):
        noisy = self.script("noisy", '#!/bin/sh\necho "Welcome to node7"\nexec "$@"\n')
        self.run_behind(noisy, code=1)
        self.assertEqual(
            self.only_reason(),
            "invalid reply from the cell process (expected 'ready'): Welcome to node7",
        )

    def test_exit_code_0_without_the_cell_is_not_a_success(self):
        lost = self.script("lost", '#!/bin/sh\necho "Node failure on node2" >&2\nexit 0\n')
        self.run_behind(lost, code=1)
        self.assertEqual(
            self.only_reason(),
            "the process exited with code 0 without replying; stderr: Node failure on node2",
        )

    def test_exit_code_0_after_the_cell_died_is_not_a_success(self):
        """The cell dies at its first run. The launcher reports success, as srun may."""
        lost = self.script(
            "lost", '#!/bin/sh\nhead -n 1 | "$@"\necho "Node failure on node2" >&2\nexit 0\n'
        )
        self.run_behind(lost, code=1)
        self.assertEqual(
            self.only_reason(),
            "the process exited with code 0 without replying; stderr: Node failure on node2",
        )

    def test_hanging_launcher_is_killed_with_all_that_it_started(self):
        hanging = self.script(
            "hanging",
            '#!/bin/sh\ncase "$2" in cell) ;; *) exec "$@";; esac\n'
            f"sleep 600 & echo $! >>{self.directory}/pids\n"
            'echo "waiting for resources" >&2\nwait\n',
        )
        self.run_behind(hanging, "--model", "serial,python_asyncio", "--grace", 1, code=1)
        cells = self.cells()
        self.assertEqual(cells[NAME.replace("serial", "python_asyncio")]["status"], "ok")
        reason = cells[NAME]["reason"]
        self.assertRegex(reason, "^the process was killed: no reply within 1")
        self.assertTrue(reason.endswith("stderr: waiting for resources"), reason)
        for pid in (self.directory / "pids").read_text().split():
            self.assertFalse(pathlib.Path(f"/proc/{pid}/exe").exists(), "no process remains")

    def test_launcher_that_cannot_be_started(self):
        plain = self.directory / "plain"
        plain.write_text("not a program")
        for launcher, problem in (
            (self.directory / "none", "No such file or directory"),
            (plain, "Permission denied"),
        ):
            self.run_behind(launcher, code=1)
            self.assertEqual(self.only_reason(), f"cannot start '{launcher}': {problem}")


class Ssh(LauncherTest):
    """A private sshd on loopback, with keys that live as long as the test."""

    SERVER = "/usr/sbin/sshd"

    def setUp(self):
        super().setUp()
        if not os.path.exists(self.SERVER):
            self.skipTest("not installed: openssh-server")
        for program, package in (("ssh", "openssh-client"), ("ssh-keygen", "openssh-client")):
            if not shutil.which(program):
                self.skipTest(f"not installed: {package}")
        for name in ("host_key", "user_key"):
            key = self.directory / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        shutil.copy(self.directory / "user_key.pub", self.directory / "authorized_keys")
        self.start_server()

    def start_server(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # Debian's sshd insists on this directory as root; the boot creates it.
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        options = {
            "ListenAddress": f"127.0.0.1:{port}",
            "HostKey": self.directory / "host_key",
            "AuthorizedKeysFile": self.directory / "authorized_keys",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "PidFile": "none",
        }
        self.log = self.directory / "log"
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                [self.SERVER, "-D", "-e", "-f", "/dev/null"]
                + [f"-o{name}={value}" for name, value in options.items()],
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.addCleanup(self.stop_server)
        deadline = time.monotonic() + 30
        while "Server listening" not in self.log.read_text():
            if self.server.poll() is not None or time.monotonic() > deadline:
                self.skipTest("sshd did not start: " + self.log.read_text()[-300:])
            time.sleep(0.02)
        self.ssh = (
            *("ssh", "-F", "none", "-p", port, "-i", self.directory / "user_key"),
            *("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"),
            *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR"),
            f"{pwd.getpwuid(os.geteuid()).pw_name}@127.0.0.1",
        )

    def stop_server(self):
        self.server.terminate()
        self.server.wait(30)

    def test_cells_run_behind_ssh(self):
        self.run_behind(words(*self.ssh), "--model", "serial,python_threads")
        for name, cell in self.cells().items():
            self.assertEqual((cell["status"], cell["reason"]), ("ok", ""), name)
            self.check_own_figures(cell["samples"][0])

    def test_host_without_the_program(self):
        self.run_behind(words(*self.ssh, "cd", "/", "&&", "/no/such/program"), code=1)
        self.assertRegex(
            self.only_reason(),
            "^the process exited with code 127 without replying; stderr: .*/no/such/program",
        )

    def test_refused_key(self):
        (self.directory / "authorized_keys").write_text("")
        self.run_behind(words(*self.ssh), code=1)
        self.assertRegex(self.only_reason(), "code 255 .*Permission denied")

    def test_killed_run_leaves_no_cell(self):
        run = subprocess.Popen(
            [PROGRAM, "run", "--workload", "noop", "--model", "serial", "--repetitions", "500"]
            + [*TINY[2:6], "--launcher", words(*self.ssh), "--out", str(self.out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(run.wait)
        wait_for_samples(self, run)
        run.kill()
        self.assertTrue(
            becomes_true(lambda: not descendants_of(self.server.pid)), "sshd's processes ended"
        )


def becomes_true(condition, timeout_s=30):
    """Waits until the condition holds; returns whether it did within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return result


def wait_for_samples(test, run):
    """Waits until a run has saved a sample."""

    def has_samples():
        if run.poll() is not None:
            test.fail(f"the run ended early with code {run.returncode}")
        return test.out.exists() and any(cell["samples"] for cell in test.cells().values())

    test.assertTrue(becomes_true(has_samples, TIMEOUT_S))


class Page(LauncherTest):
    """The commands of docs/launchers.md work, as far as Debian's programs are installed."""

    def test_commands_of_the_page(self):
        page = (SOURCE / "docs/launchers.md").read_text()
        (block,) = re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)
        (self.directory / "crossover").symlink_to(PROGRAM)
        commands = block.replace("\\\n", "").splitlines()
        self.assertEqual(len(commands), 3)
        for command in commands:
            with self.subTest(command):
                self.check_command(command)

    def check_command(self, command):
        environment = os.environ | {"PATH": f"{self.directory}:{os.environ['PATH']}"}
        launcher = shlex.split(command)[shlex.split(command).index("--launcher") + 1].split()[0]
        if launcher == "srun" and not missing_packages():
            slurm = Slurm()
            self.addCleanup(slurm.stop)
            environment = slurm.environment | {"PATH": environment["PATH"]}
        elif not shutil.which(launcher):
            self.skipTest(f"not installed: {launcher}")
        completed = subprocess.run(
            ["sh", "-c", command],
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
        self.out = self.directory / command.split()[-1]
        for name, cell in self.cells().items():
            self.assertEqual((cell["status"], len(cell["samples"])), ("ok", 2), name)


@requires_slurm
class Srun(LauncherTest):
    @classmethod
    def setUpClass(cls):
        cls.slurm = Slurm()
        cls.addClassCleanup(cls.slurm.stop)

    def run_behind(self, launcher, *arguments, **options):
        return super().run_behind(launcher, *arguments, env=self.slurm.environment, **options)

    def check_no_jobs_remain(self):
        self.assertEqual(self.slurm.wait_for_no_jobs(), [])

    def test_cells_run_behind_srun(self):
        self.run_behind("srun -w node1 -n1 --overlap", "--model", "serial,python_asyncio")
        for name, cell in self.cells().items():
            self.assertEqual((cell["status"], cell["reason"]), ("ok", ""), name)
            self.check_own_figures(cell["samples"][0])
        self.check_no_jobs_remain()

    def test_long_lines_arrive(self):
        """An open loop's sample has latencies in hundreds of bins, in lines beyond 1,000 bytes."""
        self.run_behind("srun -n1", "--model", "event_loop", "--rate", 5000)
        self.assertGreater(len(self.only_sample()["latency"]["bins"]), 0)
        self.check_no_jobs_remain()

    def test_srun_that_fails(self):
        self.run_behind("srun -w node9 -n1", code=1)
        self.assertRegex(self.only_reason(), "code 1 without replying; stderr: .*srun: error: ")
        self.check_no_jobs_remain()

    def test_srun_that_waits_for_resources(self):
        holder = subprocess.Popen(
            ["srun", "-w", "node1", "--exclusive", "sleep", "600"],
            env=self.slurm.environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.assertTrue(becomes_true(self.slurm.jobs))
            self.run_behind("srun -w node1 -n1", "--model", "serial", "--grace", 1.5, code=1)
            self.assertRegex(
                self.only_reason(),
                "^the process was killed: no reply .*queued and waiting for resources",
            )
        finally:
            holder.kill()
            holder.wait()
        self.check_no_jobs_remain()

    def test_lost_node_fails_the_cell_and_keeps_its_blocks(self):
        slurm = Slurm()  # the job of a lost node does not end
        self.addCleanup(slurm.stop)
        run = self.start_long_run("srun -w node2 -n1", slurm)
        slurm.kill_node("node2")
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 1, errors)
        (cell,) = self.cells().values()
        self.assertEqual(cell["status"], "failed")
        self.assertGreaterEqual(len(cell["samples"]), 1)
        self.assertRegex(cell["reason"], "no reply within|without replying")

    def test_hanging_cell_is_killed_on_its_node(self):
        hanging = self.script("hanging", "#!/bin/sh\nsleep 600\n")
        self.run_behind(f"srun -w node3 -n1 {hanging}", "--model", "serial", "--grace", 1, code=1)
        self.assertRegex(self.only_reason(), "^the process was killed: no reply within 1")
        self.check_no_jobs_remain()
        self.check_only_slurmd_runs_on("node3")

    def test_killed_run_leaves_nothing_in_its_allocation(self):
        in_allocation = ("salloc", "-Q", "-w", "node3")
        allocation = self.start_long_run("srun --overlap -n1", self.slurm, *in_allocation)
        (run,) = [
            pid
            for pid in descendants_of(allocation.pid)
            if b"\0run\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(run, signal.SIGKILL)
        allocation.communicate(timeout=TIMEOUT_S)
        self.check_no_jobs_remain()
        self.check_only_slurmd_runs_on("node3")

    def check_only_slurmd_runs_on(self, node):
        self.assertTrue(becomes_true(lambda: len(self.slurm.processes_of(node)) == 1))

    def start_long_run(self, launcher, slurm, *allocation):
        """Starts a run that takes minutes, and returns it when it has its first sample."""
        run = subprocess.Popen(
            [*allocation, PROGRAM, "run", "--workload", "noop", "--model", "serial"]
            + ["--repetitions", "500", "--seconds", "0.02", "--cores", "1", "--grace", "1.5"]
            + ["--launcher", launcher, "--out", str(self.out)],
            env=slurm.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

        def end():
            if run.poll() is None:
                for pid in (*descendants_of(run.pid), run.pid):
                    kill(pid)
                run.communicate()

        self.addCleanup(end)
        wait_for_samples(self, run)
        return run


if __name__ == "__main__":
    unittest.main()
