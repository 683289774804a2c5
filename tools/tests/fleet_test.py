"""`run --hosts`: blocks of one run on several hosts; here they are processes on this machine."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

import launcher_test
import security_test
from program import (
    PROGRAM,
    SOURCE,
    TIMEOUT_S,
    Cell,
    RunTest,
    command_of,
    crossover,
    descendants_of,
    process_stats,
    state_of,
)
from slurm_for_test import Slurm, requires_slurm

CELLS = (
    "--workload sleep:delay=1ms,noop --model event_loop,thread_pool --cores 1 --in-flight 4 "
    "--seconds 0.02"
).split()
LONG = (*CELLS, "--repetitions", "1000")


class FleetTest(RunTest):
    def write_hosts(self, **prefixes):
        """Writes a file of hosts; each starts the program with this prefix."""
        self.hosts = self.directory / "hosts"
        self.hosts.write_text(
            "# a comment\n\n"
            + "".join(f"{name} {prefix} {PROGRAM} host\n" for name, prefix in prefixes.items())
        )
        self.fleet = ("--hosts", self.hosts)

    def without_progress(self, errors):
        return [line for line in errors.splitlines() if " contests decided · " not in line]

    def samples(self):
        """Returns all samples, in the order of measurement."""
        section = self.results()["crossover"] if self.out.exists() else {"cells": []}
        samples = [s for cell in section["cells"] for s in cell["samples"]]
        return sorted(samples, key=lambda s: s["sequence"])

    def wait_for_samples(self, run, is_enough):
        while run.poll() is None and not is_enough(self.samples()):
            time.sleep(0.02)
        self.assertIsNone(run.poll(), run.poll() is not None and run.communicate())

    def live_hosts(self, run):
        """Returns the processes of the hosts that run now, in the order of the file."""
        return [
            pid
            for pid, fields in sorted(process_stats())
            if int(fields[1]) == run.pid and command_of(pid)[-1:] == ["host"]
        ]

    def host_processes(self, run):
        children = self.live_hosts(run)
        self.assertEqual(len(children), len(self.hosts.read_text().splitlines()) - 2)
        return children


class Hosts(FleetTest):
    def test_hosts_share_the_blocks(self):
        self.write_hosts(a="env", b="env", c="env")
        completed = self.run_here(*CELLS, "--repetitions", 6, "--seed", 1, *self.fleet)
        self.assertEqual(self.without_progress(completed.stderr), [])
        section = self.results()["crossover"]
        self.assertEqual([host["name"] for host in section["hosts"]], ["a", "b", "c"])
        self.assertEqual(section["hosts"][0].keys(), {"name", "environment"})
        self.assertEqual(
            section["hosts"][1]["environment"]["build_id"], section["environment"]["build_id"]
        )
        hosts = {}
        for cell in section["cells"]:
            self.assertEqual(len(cell["samples"]), 6)
            for sample in cell["samples"]:
                self.assertEqual(hosts.setdefault(sample["block"], sample["host"]), sample["host"])
        self.assertEqual(len(hosts), 12, "a block is measured whole on one host")
        self.assertEqual(set(hosts.values()), {0, 1, 2})
        self.check_counts_hosts()

    def check_counts_hosts(self):
        """`check` of the run with itself: the hosts are the replicates."""
        completed = crossover("check", self.out, self.out, "--format", "json")
        self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
        for cell in json.loads(completed.stdout)["crossover_check"]["cells"]:
            hosts = {sample["host"] for sample in self.cells()[cell["name"]]["samples"]}
            self.assertEqual(cell["blocks"], len(hosts) if len(hosts) > 1 else 6, cell["name"])
        completed = crossover("check", self.out, "--history", self.directory / "history")
        self.assertEqual(completed.returncode, 64)
        self.assertIn("not supported for the results of a fleet", completed.stderr)

    def test_lost_hosts_cost_their_running_blocks_only(self):
        self.write_hosts(a="env", killed="env", stopped="env")
        run = self.start(*CELLS, "--repetitions", 12, "--grace", 2, *self.fleet)
        self.wait_for_samples(run, lambda samples: {s["host"] for s in samples} == {0, 1, 2})
        _, killed, stopped = self.host_processes(run)
        family = descendants_of(run.pid)
        os.kill(killed, signal.SIGKILL)
        os.kill(stopped, signal.SIGSTOP)
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 0, errors)
        lines = [line for line in errors.splitlines() if "lost host" in line]
        self.assertEqual(
            sorted(lines),
            [
                "crossover: lost host killed: the process was killed by signal 9 (SIGKILL)",
                "crossover: lost host stopped: no sign of life for 2 s",
            ],
        )
        section = self.results()["crossover"]
        self.assertEqual(section["status"], "complete")
        self.assertEqual([host.get("lost", "") != "" for host in section["hosts"]], [0, 1, 1])
        for cell in section["cells"]:
            self.assertEqual(len(cell["samples"]), 12)
        self.assertEqual([pid for pid in family if state_of(pid)], [])

    def test_resume_continues_after_all_hosts_are_lost(self):
        self.write_hosts(a="env", b="env")
        run = self.start(*CELLS, "--repetitions", 14, *self.fleet)
        self.wait_for_samples(run, lambda samples: len(samples) > 8)
        for pid in self.host_processes(run):
            os.kill(pid, signal.SIGKILL)
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 1, errors)
        self.assertEqual(errors.count("lost host"), 2)
        self.assertIn(
            f"continue with: crossover run --resume results.json --hosts {self.hosts}\n", errors
        )
        self.assertTrue(errors.endswith("crossover: no host is left; the blocks are kept\n"))
        before = self.samples()
        self.assertEqual(self.results()["crossover"]["status"], "interrupted")
        self.refused("measured on a fleet; give --hosts too", "--resume", self.out, code=65)
        self.write_hosts(b="env", c="env")
        self.run_here("--resume", "results.json", *self.fleet)
        after, section = self.samples(), self.results()["crossover"]
        self.assertEqual(after[: len(before)], before, "no block is measured again")
        self.assertEqual([host["name"] for host in section["hosts"]], ["a", "b", "c"])
        self.assertEqual([host.get("lost", "") != "" for host in section["hosts"]], [1, 0, 0])
        self.assertEqual({s["host"] for s in after[len(before) :]}, {1, 2})
        for cell in section["cells"]:
            self.assertEqual(len(cell["samples"]), 14)

    def test_resume_needs_the_same_machines(self):
        self.write_hosts(a="env")
        self.run_here(*CELLS, "--repetitions", 1, *self.fleet)
        document = self.results()
        document["crossover"]["status"] = "interrupted"
        document["crossover"]["plan"]["repetitions"] = 2
        document["crossover"]["hosts"][0]["environment"]["cpu_model"] = "another"
        self.out.write_text(json.dumps(document))
        completed = self.run_here("--resume", "results.json", *self.fleet, code=1)
        self.assertIn(
            "lost host a: another machine than before: cpu_model 'another'", completed.stderr
        )
        del document["crossover"]["hosts"]
        for cell in document["crossover"]["cells"]:
            for part in (*cell["samples"], *cell["findings"]):
                part.pop("host", None)
        self.out.write_text(json.dumps(document))
        self.refused("measured without --hosts", "--resume", self.out, *self.fleet, code=65)

    def test_hosts_that_cannot_measure_are_named(self):
        other_build = self.directory / "other_build"
        other_build.write_text(
            f"""#!/bin/sh\n"$@" | sed -u 's/"build_id":"[^"]*"/"build_id":"b2"/'\n"""
        )
        prints = self.directory / "prints"
        prints.write_text("#!/bin/sh\necho Welcome to node5\ncat >/dev/null\n")
        late = self.directory / "late"
        late.write_text('#!/bin/sh\nsleep 1\nexec "$@"\n')
        for script in (other_build, prints, late):
            script.chmod(0o755)
        self.write_hosts(
            a="env",
            missing="/does/not/exist",
            fails="false",
            other=other_build,
            prints=prints,
            late=late,
            one_core="taskset -c 0",
        )
        cells = (*CELLS[:4], "--cores", "1,2", *CELLS[6:])
        completed = self.run_here(*cells, "--repetitions", 6, *self.fleet)
        lines = sorted(self.without_progress(completed.stderr))
        self.assertEqual(len(lines), 4, completed.stderr)
        for line, text in zip(
            lines,
            (
                "lost host fails: the process exited with code 1 without replying",
                "lost host missing: cannot start '/does/not/exist': No such file or directory",
                "lost host other: another build of crossover (build_id b2, here ",
                "lost host prints: invalid reply from the host (expected 'ready'): Welcome to",
            ),
        ):
            self.assertTrue(line.startswith("crossover: " + text), line)
        section = self.results()["crossover"]
        names = [host["name"] for host in section["hosts"]]
        self.assertEqual(names, ["a", "late", "one_core"])
        for cell in section["cells"]:
            self.assertEqual(len(cell["samples"]), 6)
            hosts = {names[s["host"]] for s in cell["samples"]}
            if cell["cores"] == 2:
                self.assertNotIn("one_core", hosts)
                self.assertEqual(
                    [f["detail"] for f in cell["findings"] if f["code"] == "not_on_all_hosts"],
                    ["one_core: needs 2 cores, the host has 1"],
                )

    def test_no_host_is_an_error(self):
        self.write_hosts(a="/does/not/exist", b="false")
        completed = self.run_here(*CELLS, *self.fleet, code=1)
        self.assertEqual(len(completed.stderr.splitlines()), 3)
        self.assertTrue(
            completed.stderr.endswith("none of 2 hosts can measure; see the lines above\n")
        )
        self.assertFalse(self.out.exists())

    def test_wrong_flags_and_files_are_refused(self):
        self.write_hosts(a="env")
        self.refused("missing: ", *CELLS, "--hosts", "missing", code=65)
        for text, problem in (
            ("", "hosts: names no host"),
            ("a\na\n", "hosts:2: 'a' is named twice"),
            ("-oProxyCommand=x\n", "hosts:1: '-oProxyCommand=x' is not the name of a host"),
            ("a ssh 'b\n", "hosts:1: "),
        ):
            (self.directory / "bad").write_text(text)
            self.refused(problem.replace("hosts", "bad"), *CELLS, "--hosts", "bad", code=65)
        self.refused("--trace: not supported with --hosts", *CELLS, "--trace=t", *self.fleet)
        self.refused("need --hosts slurm", *CELLS, *self.fleet, "--nodes", 2)
        outside = {k: v for k, v in os.environ.items() if not k.startswith("SLURM")}
        inside = outside | {"SLURM_JOB_ID": "1", "SLURM_JOB_NODELIST": "node1"}
        self.refused("give --nodes N", *CELLS, "--hosts", "slurm", env=outside)
        self.refused("leave out --nodes", *CELLS, "--hosts=slurm", "--nodes=2", env=inside)
        self.refused(
            "--hosts slurm: 'srun' not found in PATH",
            *(*CELLS, "--hosts=slurm", "--nodes=2"),
            env=outside | {"PATH": "/nonexistent"},
        )

    def test_a_host_rejects_malformed_requests(self):
        requests = ("x", "{}", "[]", '{"block":{}}', '{"start":{}}', '{"plan":{"cells":1}}')
        with Cell(command=(PROGRAM, "host")) as host:
            for request in requests:
                self.assertEqual(host.ask(request)["error"]["kind"], "invalid", request)
        self.assertEqual(crossover("host").returncode, 0, "the end of input ends it")

    def test_ssh_starts_the_same_path_by_default(self):
        programs = self.directory / "bin"
        programs.mkdir()
        ssh = programs / "ssh"
        ssh.write_text(f'#!/bin/sh\necho "$@" >>{self.directory}/words\nshift 3\neval "$@"\n')
        ssh.chmod(0o755)
        (self.directory / "names").write_text("node1\nuser@node2\n")
        path = {"PATH": f"{programs}:{os.environ['PATH']}"}
        self.run_here(*CELLS, "--repetitions", 2, "--hosts", "names", env=os.environ | path)
        self.assertEqual(
            sorted((self.directory / "words").read_text().splitlines()),
            [f"-oBatchMode=yes -- {name} {PROGRAM} host" for name in ("node1", "user@node2")],
        )

    def test_nothing_is_left_after_the_end_of_the_harness(self):
        for number, servers in ((signal.SIGKILL, ("--server-on", "other")), (signal.SIGINT, ())):
            self.write_hosts(a="address=127.0.0.2 env", b="address=127.0.0.3 env")
            cells = ("--workload", "network", *LONG[2:])
            self.out.unlink(missing_ok=True)
            run = self.start(*cells, *self.fleet, *servers)
            self.wait_for_samples(run, lambda samples: len(samples) > 2)
            family = set()
            while run.poll() is None and len(family) <= 2:  # between blocks there are only hosts
                family = descendants_of(run.pid)
            self.assertGreater(len(family), 2, "hosts, servers and cells")
            run.send_signal(number)
            _, errors = run.communicate(timeout=TIMEOUT_S)
            if number == signal.SIGINT:
                self.assertEqual(run.returncode, 130)
                self.assertNotIn("lost host", errors)
            deadline = time.monotonic() + 20
            while (left := [p for p in family if state_of(p)]) and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertEqual(left, [])

    def test_models_and_endpoints_reach_the_hosts(self):
        self.write_hosts(a="env", b="env")
        self.run_here(
            *("--workload", "noop", "--cell", f"mine={PROGRAM} cell serial", "--in-flight", 1),
            *("--model", "serial", "--repetitions", 2, "--seconds", 0.02, "--cores", 1),
            *("--launcher", "env A=1", *self.fleet),
        )
        for cell in self.results()["crossover"]["cells"]:
            self.assertEqual(len(cell["samples"]), 2, cell["reason"])


NETWORK = (
    "--workload network,noop --model event_loop,serial --cores 1 --in-flight 4 --seconds 0.04"
).split()


class ServersOnOtherHosts(FleetTest):
    def setUp(self):
        super().setUp()
        self.write_hosts(**{name: f"address=127.0.0.{i} env" for i, name in enumerate("abc", 2)})
        self.fleet += ("--server-on", "other")

    def listening(self, process):
        """Returns the addresses of the listening sockets of a process and its descendants."""
        found = security_test.listening_addresses({process} | descendants_of(process))
        return {".".join(str(b) for b in reversed(bytes.fromhex(a))) for _, a in found}

    def processes_of(self, hosts, command):
        """Returns the processes of each host that run this command of crossover."""
        return [
            {pid for pid in descendants_of(host) if command_of(pid)[1:2] == [command]}
            for host in hosts
        ]

    def run_and_watch(self, *arguments):
        """Returns the addresses of the listening sockets of each host."""
        run = self.start(*NETWORK, "--repetitions", 6, *arguments)
        seen = {}
        while run.poll() is None:
            for host in self.live_hosts(run):
                seen.setdefault(host, set()).update(self.listening(host))
            time.sleep(0.01)
        self.assertEqual(run.returncode, 0, run.communicate()[1])
        for cell in self.cells().values():
            self.assertEqual(len(cell["samples"]), 6)
        return [seen[host] for host in sorted(seen)]

    def test_listen_on_the_address_of_their_host_only(self):
        seen = self.run_and_watch(*self.fleet)
        for addresses, own in zip(seen, ("127.0.0.2", "127.0.0.3", "127.0.0.4")):
            self.assertLessEqual(addresses, {own})
        self.assertGreater(len(set.union(*seen)), 1)
        server_cpu_s = 0
        for name, cell in self.cells().items():
            for sample in cell["samples"]:
                if name.startswith("noop"):
                    self.assertNotIn("server_host", sample)
                    continue
                self.assertNotEqual(sample["server_host"], sample["host"])
                self.assertLessEqual(sample["server_cpus"], len(os.sched_getaffinity(0)))
                server_cpu_s += sample["server_cpu_s"]
            self.assertNotIn("shared_cores", [f["code"] for f in cell["findings"]])
        self.assertGreater(server_cpu_s, 0)
        self.assertEqual(self.results()["crossover"]["plan"]["server_on"], "other")
        page = crossover("report", self.out, "--out", "-").stdout
        self.assertIn("on another host than the cells", page)
        self.out.unlink()
        self.assertEqual(set.union(*self.run_and_watch(*self.fleet[:2])), {"127.0.0.1"})

    def test_a_lost_one_costs_its_running_block_only(self):
        run = self.start(*NETWORK[2:], "--workload=network", "--repetitions=2", *self.fleet)
        serving = []
        while run.poll() is None and not serving:
            time.sleep(0.01)
            hosts = self.live_hosts(run)
            serving = [host for host in hosts if self.listening(host)]
        os.kill(serving[0], signal.SIGKILL)
        name = "abc"[hosts.index(serving[0])]
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 0, errors)
        self.assertEqual(
            [line for line in errors.splitlines() if "lost host" in line],
            [f"crossover: lost host {name}: the process was killed by signal 9 (SIGKILL)"],
        )
        for cell in self.cells().values():
            self.assertEqual((cell["status"], len(cell["samples"])), ("ok", 2))

    def test_a_host_with_a_wrong_address_is_lost(self):
        self.write_hosts(a="address=127.0.0.2 env", b="address=192.0.2.1 env", c="env")
        self.hosts.write_text(self.hosts.read_text().replace("\nc ", "\n127.0.0.3 "))
        cells = ("--workload", "network", *NETWORK[2:])
        fleet = (*self.fleet, "--server-on", "other")
        completed = self.run_here(*cells, "--repetitions", 2, *fleet)
        (line,) = self.without_progress(completed.stderr)
        self.assertRegex(line, "lost host b: host (a|127.0.0.3) cannot use its server: server: ")
        self.assertIn("cannot listen on 192.0.2.1:0: Cannot assign requested address", line)
        for cell in self.cells().values():
            self.assertEqual((cell["status"], len(cell["samples"])), ("ok", 2))

    def test_two_hosts_are_needed(self):
        self.refused("needs --hosts with 2 hosts or more", *NETWORK, "--server-on", "other")
        self.refused("--clients: needs --server-on other", *NETWORK, "--clients", 2)
        self.refused("--server-on same: unknown", *NETWORK, "--server-on", "same")
        self.write_hosts(a="address=127.0.0.2 env")
        fleet = (*self.fleet, "--server-on", "other")
        self.refused("needs --hosts with 2 hosts or more", *NETWORK, *fleet)
        self.write_hosts(a="address=127.0.0.2 env", b="false")
        completed = self.run_here(*NETWORK, *fleet, code=1)
        self.assertIn("1 of the 2 hosts that are needed can measure\n", completed.stderr)
        self.refused("needs --hosts with 3 hosts or more", *NETWORK, *fleet, "--clients", 2)
        self.hosts.write_text("a address= env\n")
        self.refused("hosts:1: missing address after 'address='", *NETWORK, *fleet, code=65)

    def test_the_last_host_ends_the_run_and_resume_continues_it(self):
        run = self.start(*NETWORK, "--repetitions", 12, *self.fleet)
        self.wait_for_samples(run, lambda samples: len(samples) > 4)
        for pid in self.host_processes(run)[1:]:
            os.kill(pid, signal.SIGKILL)
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 1, errors)
        self.assertTrue(errors.endswith("crossover: no other host is left; the blocks are kept\n"))
        before = self.samples()
        resume = ("--resume", "results.json", *self.fleet[:2])
        self.refused("leave out --server-on", *resume, "--server-on", "other")
        self.run_here(*resume)
        after = self.samples()
        self.assertEqual(after[: len(before)], before)
        for name, cell in self.cells().items():
            self.assertEqual(len(cell["samples"]), 12)
            for sample in cell["samples"]:
                self.assertEqual("server_host" in sample, name.startswith("network"))

    def test_several_clients_share_one(self):
        run = self.start(*NETWORK, "--repetitions", 2, *self.fleet, "--clients", 2)
        most = 0  # hosts that run cells while one serves
        while run.poll() is None:
            hosts = self.live_hosts(run)
            servers = self.processes_of(hosts, "serve")
            cells = self.processes_of(hosts, "cell")
            clients = sum(any(map(state_of, of_host)) for of_host in cells)
            # Hosts are read one after another: all belongs to one block if its server still lives.
            if any(servers) and servers == self.processes_of(hosts, "serve"):
                most = max(most, clients)
        self.assertEqual(run.returncode, 0, run.communicate()[1])
        self.assertEqual(most, 2)
        for name, cell in self.cells().items():
            self.assertEqual((cell["status"], len(cell["samples"])), ("ok", 2), cell["reason"])
            for sample in cell["samples"]:
                workload, model = name.split("/")[:2]
                clients = 2 if workload == "network" else 1
                self.assertEqual(sample.get("clients", 1), clients)
                if workload == "network":
                    self.assertGreater(sample["client_skew_s"], 0)
                if model == "event_loop":  # serial may count whole operations instead of windows
                    # Each client has two windows of at least 40 ms.
                    self.assertGreaterEqual(sample["wall_s"], clients * 0.08)

    def test_one_that_other_hosts_cannot_reach_is_skipped(self):
        cells = ("--workload", "noop,query:engine=postgresql", *CELLS[2:])
        self.run_here(*cells, "--repetitions", 1, *self.fleet)
        for name, cell in self.cells().items():
            if name.startswith("query") and "no PostgreSQL" not in cell["reason"]:
                self.assertIn("give --endpoint query=ADDRESS", cell["reason"])


class SshHosts(FleetTest):
    """Hosts behind the sshd of the launchers' tests."""

    def setUp(self):
        super().setUp()
        self.server = launcher_test.Ssh()
        self.addCleanup(self.server.doCleanups)
        self.server.setUp()
        ssh = launcher_test.words(*self.server.ssh)
        (self.directory / "hosts").write_text(
            f"a {ssh} {PROGRAM} host\nb {ssh} {PROGRAM} host\nmissing {ssh} /no/program host\n"
        )

    def test_measure_and_leave_nothing(self):
        completed = self.run_here(*CELLS, "--repetitions", 4, "--hosts", "hosts")
        lines = self.without_progress(completed.stderr)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("lost host missing: the process exited with code 127", lines[0])
        self.assertEqual({s["host"] for s in self.samples()}, {0, 1})
        self.out.unlink()
        run = self.start(*LONG, "--hosts", "hosts")
        self.wait_for_samples(run, lambda samples: len(samples) > 2)
        run.kill()
        run.communicate()
        self.assertTrue(
            launcher_test.becomes_true(lambda: not descendants_of(self.server.server.pid))
        )


PAGE = (SOURCE / "docs/fleet.md").read_text()


@requires_slurm
class SlurmFleet(FleetTest):
    def setUp(self):
        super().setUp()
        self.slurm = Slurm()
        self.addCleanup(self.slurm.stop)
        self.environment = self.slurm.environment
        self.fleet = ("--hosts", "slurm", "--nodes", 3)

    def tearDown(self):
        self.assertEqual(self.slurm.wait_for_no_jobs(), [], "every node is free again")

    def hosts(self):
        return {host["name"]: host for host in self.results()["crossover"]["hosts"]}

    def test_jobs_of_its_own(self):
        servers = ("--workload", "network", "--server-on", "other")
        self.run_here(*CELLS, *servers, "--repetitions", 6, *self.fleet, "--partition", "all")
        self.assertEqual(set(self.hosts()), set(self.slurm.nodes))
        self.assertEqual({s["host"] for s in self.samples()}, {0, 1, 2})
        servers = [(s["server_host"], s["host"]) for s in self.samples() if "server_host" in s]
        self.assertEqual(len(servers), 12)
        for server, host in servers:
            self.assertNotEqual(server, host)
        for host in self.hosts().values():
            self.assertEqual(
                host["environment"]["cpus"], self.results()["crossover"]["environment"]["cpus"]
            )

    def test_every_command_of_the_page_works(self):
        programs = self.directory / "bin"
        programs.mkdir()
        (programs / "crossover").symlink_to(PROGRAM)
        ssh = programs / "ssh"
        ssh.write_text('#!/bin/sh\nshift 3\neval "$@"\n')
        ssh.chmod(0o755)
        (self.directory / "hosts.txt").write_text("node1\nnode2\n")
        path = {"PATH": f"{programs}:{self.environment['PATH']}"}
        commands = "".join(re.findall("^```sh\n(.*?)^```$", PAGE, re.M | re.S)).splitlines()
        self.assertEqual(len(commands), 5)
        for command in commands:
            # The quick suite takes longer than a test may.
            command = command.replace("--quick", " ".join((*CELLS, "--repetitions", "3")))
            with self.subTest(command):
                completed = subprocess.run(
                    ["sh", "-c", command],
                    cwd=self.directory,
                    env=self.environment | path,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=TIMEOUT_S,
                )
                self.assertEqual(completed.returncode, 0, completed.stderr)
        self.assertTrue((self.directory / "report.html").exists())
        for name, hosts in (("results", 3), ("in_allocation", 3), ("through_ssh", 2)):
            self.out = self.directory / f"{name}.json"
            self.assertEqual(len(self.hosts()), hosts)

    def test_a_node_that_fails_costs_its_running_block(self):
        run = self.start(*CELLS, "--repetitions", 10, "--grace", 3, *self.fleet)
        self.wait_for_samples(run, lambda samples: {s["host"] for s in samples} == {0, 1, 2})
        self.slurm.kill_node("node2")
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 0, errors)
        self.assertEqual(errors.count("lost host"), 1, errors)
        self.assertIn("crossover: lost host node2: ", errors)
        self.assertIn("lost", self.hosts()["node2"])
        for cell in self.cells().values():
            self.assertEqual(len(cell["samples"]), 10)

    def test_an_allocation_that_ends_keeps_the_blocks(self):
        granted = self.slurm.run("salloc", "-N2", "-x", "node2", "--exclusive", "--no-shell")
        job = re.search("Granted job allocation ([0-9]+)", granted.stderr)[1]
        allocation = {"SLURM_JOB_ID": job, "SLURM_JOB_NODELIST": "node[1,3]"}
        self.environment = self.slurm.environment | allocation
        run = self.start(*CELLS, "--repetitions", 10, "--hosts", "slurm")
        self.wait_for_samples(run, lambda samples: {s["host"] for s in samples} == {0, 1})
        self.slurm.run("scancel", job, check=True)
        _, errors = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 1, errors)
        self.assertEqual(errors.count("lost host"), 2, errors)
        self.assertIn("--resume results.json --hosts slurm\n", errors)
        before = self.samples()
        self.assertGreater(len(before), 0)
        self.environment = self.slurm.environment
        self.run_here("--resume", "results.json", "--hosts", "slurm", "--nodes", 2)
        self.assertEqual(self.samples()[: len(before)], before, "no block is measured again")
        for cell in self.cells().values():
            self.assertEqual(len(cell["samples"]), 10)

    def test_nothing_is_left_after_the_end_of_the_harness(self):
        for number in (signal.SIGKILL, signal.SIGINT):
            self.out.unlink(missing_ok=True)
            run = self.start(*LONG, *self.fleet)
            self.wait_for_samples(run, lambda samples: len(samples) > 2)
            family = {p for node in self.slurm.nodes for p in self.slurm.processes_of(node)}
            family -= set(self.slurm.daemons.values())
            self.assertGreater(len(family), 5)
            run.send_signal(number)
            run.communicate(timeout=TIMEOUT_S)
            self.assertEqual(self.slurm.wait_for_no_jobs(), [])
            self.assertEqual([pid for pid in family if state_of(pid)], [])

    def test_a_full_queue_is_waited_for(self):
        self.slurm.run("salloc", "-Q", "-N1", "--exclusive", "--no-shell", check=True)
        run = self.start(*CELLS, "--repetitions", 2, *self.fleet)
        deadline = time.monotonic() + 30
        while len(self.slurm.jobs()) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertIsNone(run.poll())
        self.slurm.run("scancel", min(self.slurm.jobs(), key=int), check=True)
        run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(run.returncode, 0)
        self.assertEqual(len(self.hosts()), 3)


@requires_slurm
class NoMunge(FleetTest):
    def test_is_named(self):
        with Slurm() as slurm:
            self.environment = slurm.environment
            os.kill(slurm.daemons["munged"], signal.SIGKILL)
            completed = self.run_here(
                *CELLS, "--hosts", "slurm", "--nodes", 1, "--grace", 1, code=1
            )
        self.assertRegex(completed.stderr, "lost a host: .*salloc: error: .*authentication error")
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
