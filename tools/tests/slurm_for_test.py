"""A private Slurm on this machine: three nodes, munge, everything on 127.0.0.1, no root needed.

    with Slurm() as slurm:
        slurm.run("srun", "-N3", "hostname")

`python3 slurm_for_test.py` starts one by hand, until the end of input.

A process of its own, the keeper, starts the daemons and owns their directory. It ends them at the
end of its input, so nothing remains after a test that failed or was killed. Processes that detach
from a daemon, such as a step's, become children of the keeper.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PACKAGES = {"munged": "munge", "slurmctld": "slurmctld", "slurmd": "slurmd", "srun": "slurm-client"}
NODES = ("node1", "node2", "node3")
SEARCH_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
START_S = 60  # takes 0.7 s on an idle machine
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={directory}/munge/munge.sock
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool/%n
SlurmctldPidFile={directory}/run/slurmctld.pid
SlurmdPidFile={directory}/run/slurmd.%n.pid
SlurmctldLogFile={directory}/log/slurmctld.log
SlurmdLogFile={directory}/log/slurmd.%n.log
PlugStackConfig={directory}/etc/plugstack.conf
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdTimeout={slurmd_timeout_s}
MessageTimeout=3
KillWait=2
ReturnToService=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing_packages():
    """Returns the Debian packages that are needed and not installed."""
    return [
        package
        for program, package in PACKAGES.items()
        if shutil.which(program, path=SEARCH_PATH) is None
    ]


requires_slurm = unittest.skipIf(
    missing_packages(), "not installed: " + " ".join(missing_packages())
)


class Slurm:
    """A running Slurm. `environment` has SLURM_CONF; `nodes` are the names of the nodes."""

    nodes = NODES

    def __init__(self, slurmd_timeout_s=6):
        self.keeper = subprocess.Popen(
            [sys.executable, __file__, str(slurmd_timeout_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C reaches the test only
        )
        started = json.loads(self.keeper.stdout.readline() or '{"error": "the keeper ended"}')
        if "error" in started:
            self.stop()
            raise RuntimeError("Slurm did not start: " + started["error"])
        self.directory = pathlib.Path(started["directory"])
        self.daemons = started["daemons"]  # process ids, by name
        self.environment = os.environ | {"SLURM_CONF": started["conf"]}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        self.keeper.stdin.close()
        self.keeper.wait(60)
        self.keeper.stdout.close()

    def run(self, *command, **options):
        """Runs a command such as srun to its end; returns the subprocess.CompletedProcess."""
        options = {"capture_output": True, "text": True, "timeout": 60} | options
        return subprocess.run(
            [*map(str, command)], env=self.environment, stdin=subprocess.DEVNULL, **options
        )

    def jobs(self):
        """Returns the ids of the jobs that are queued, running or ending."""
        return self.run("squeue", "-h", "-o", "%A", check=True).stdout.split()

    def wait_for_no_jobs(self, timeout_s=30):
        """Waits until no job is left; returns the ids of those that are after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while (jobs := self.jobs()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return jobs

    def processes_of(self, node):
        """Returns the node's slurmd, its steps' processes and all that they have started."""
        spool = str(self.directory / "spool" / node)
        family, found = [], [pid for pid in live_processes() if directory_of(pid) == spool]
        while found:
            family += found
            found = [pid for parent in found for pid in children_of(parent) if pid not in family]
        return family

    def kill_node(self, node):
        """Ends everything on a node at once, as a power failure does."""
        while processes := self.processes_of(node):
            for pid in processes:
                kill(pid)


def set_process_option(option, value):
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with_parent():
    """Makes the kernel kill this process when its parent ends (a `preexec_fn`)."""
    set_process_option(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count):
    """Returns ports that nothing listens on now. Slurm takes no port 0."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def live_processes():
    """Returns the parent's id of each live process, by id."""
    parents = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended
        if fields[0] != "Z":
            parents[int(entry.name)] = int(fields[1])
    return parents


def children_of(parent):
    return [child for child, its_parent in live_processes().items() if its_parent == parent]


def directory_of(pid):
    """Returns the working directory of a process: slurmd's and its steps' is the node's."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""  # it has ended


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended


def kill_descendants(parent):
    """Kills the children of this process and theirs, which become its own, bounded in time."""
    deadline = time.monotonic() + 5
    while (children := children_of(parent)) and time.monotonic() < deadline:
        for child in children:
            kill(child)
        time.sleep(0.01)


class Keeper:
    """Starts the daemons and ends them. Runs in a process of its own."""

    def __init__(self, directory, slurmd_timeout_s):
        self.directory = directory
        self.slurmd_timeout_s = slurmd_timeout_s
        self.conf = directory / "etc/slurm.conf"
        self.environment = os.environ | {"SLURM_CONF": str(self.conf), "PATH": SEARCH_PATH}
        self.daemons = {}
        set_process_option(PR_SET_CHILD_SUBREAPER, 1)

    def start(self):
        for name in ("etc", "munge", "state", "run", "log", "spool"):
            (self.directory / name).mkdir(mode=0o755)
        self.write_configuration()
        munge = self.directory / "munge"
        self.run("mungekey", "-c", "-k", munge / "munge.key")
        self.start_daemon(
            *("munged", "munged", "-F", "-S", munge / "munge.sock"),
            f"--key-file={munge}/munge.key",
            f"--log-file={munge}/munged.log",
            f"--pid-file={munge}/munged.pid",
            f"--seed-file={munge}/seed",
        )
        self.wait_until("munged listens", (munge / "munge.sock").exists)
        self.start_daemon("slurmctld", "slurmctld", "-D", "-c", "-f", self.conf)
        for node in NODES:
            spool = self.directory / "spool" / node
            spool.mkdir(mode=0o755)
            self.start_daemon(node, "slurmd", "-D", "-f", self.conf, "-N", node, cwd=spool)
        self.wait_until("all nodes are idle", self.all_nodes_are_idle)

    def write_configuration(self):
        ports = free_ports(1 + len(NODES))
        lines = CONFIGURATION.format(
            host=socket.gethostname(),
            directory=self.directory,
            ports=ports,
            user=self.run("id", "-un").stdout.strip(),
            slurmd_timeout_s=self.slurmd_timeout_s,
        )
        for node, port in zip(NODES, ports[1:]):
            lines += (
                f"NodeName={node} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 "
                f"Port={port} CPUs={len(os.sched_getaffinity(0))} State=UNKNOWN\n"
            )
        self.conf.write_text(lines)
        (self.directory / "etc/plugstack.conf").touch()

    def run(self, *command):
        return subprocess.run(
            [*map(str, command)],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=START_S,
        )

    def start_daemon(self, name, *command, cwd=None):
        with (self.directory / f"log/{name}.stderr").open("w") as errors:
            self.daemons[name] = subprocess.Popen(
                [*map(str, command)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                cwd=cwd,
                preexec_fn=die_with_parent,
            )

    def wait_until(self, what, is_so):
        deadline = time.monotonic() + START_S
        while not is_so():
            for name, process in self.daemons.items():
                if process.poll() is not None:
                    errors = (self.directory / f"log/{name}.stderr").read_text().strip()
                    raise RuntimeError(f"{name} ended: {errors[-500:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {START_S} s: {what}")
            time.sleep(0.02)

    def all_nodes_are_idle(self):
        try:
            idle = self.run("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").stdout
        except subprocess.CalledProcessError:
            return False  # slurmctld does not answer yet
        return len(set(idle.split())) == len(NODES)

    def stop(self):
        """Ends every job and daemon; kills what remains after a few seconds."""
        for name in (*NODES, "slurmctld", "munged"):
            if name in self.daemons:
                self.daemons[name].terminate()
        deadline = time.monotonic() + 3
        for process in self.daemons.values():
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        kill_descendants(os.getpid())
        self.kill_clients()

    def kill_clients(self):
        """Kills clients: without slurmctld, salloc never ends and uses a CPU."""
        mark = f"SLURM_CONF={self.conf}\0".encode()
        for environment in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                is_client = mark in environment.read_bytes()
            except OSError:
                continue  # it has ended
            if is_client:
                kill(int(environment.parent.name))


def keep(slurmd_timeout_s):
    """Runs a Slurm until the end of input. Prints one line of JSON when it is ready."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="crossover.slurm.") as directory:
        os.chmod(directory, 0o755)  # munged insists
        keeper = Keeper(pathlib.Path(directory), slurmd_timeout_s)
        try:
            try:
                keeper.start()
            except (RuntimeError, OSError, subprocess.SubprocessError) as e:
                print(json.dumps({"error": str(e)}), flush=True)
                return
            daemons = {name: process.pid for name, process in keeper.daemons.items()}
            started = {"conf": str(keeper.conf), "directory": directory, "daemons": daemons}
            print(json.dumps(started), flush=True)
            sys.stdin.read()
        finally:
            keeper.stop()


if __name__ == "__main__":
    keep(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
