"""A SLURM of one node on this machine, from Debian's packages, with pretended cores and a pretended GPU.

It takes the machine's own name, keeps all that it writes in one folder, and ends what it has started.
"""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "scontrol")
ACCOUNTING = ("slurmdbd", "sacct", "sacctmgr", "mariadbd", "mariadb-install-db", "mariadb")
PACKAGES = "slurm-wlm munge slurmdbd mariadb-server"
# Daemons stand where only root looks.
PLACES = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin", "/usr/local/sbin"])
CORES, MEMORY_MB = 8, 16000
SECONDS = 180


def missing(accounting: bool) -> list[str]:
    """Return the programs that are not installed."""
    wanted = [*PROGRAMS, *ACCOUNTING] if accounting else PROGRAMS
    return [name for name in wanted if not shutil.which(name, path=PLACES)]


def wait_for(what: str, ready: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise SystemExit(f"after {seconds:.0f} s: {what}")
        time.sleep(0.3)


class OneNode:
    """The daemons of a cluster, as long as the block runs.

    Parameters
    ----------
    folder : Path
        For configuration, state and logs; it must be new.
    accounting : bool
        Whether jobs are kept in a database, as ``sacct`` and accounts need it.
    """

    def __init__(self, folder: Path, *, accounting: bool) -> None:
        self.folder = folder
        self.accounting = accounting
        self.host = socket.gethostname()
        self.started: list[subprocess.Popen[bytes]] = []
        self.node: subprocess.Popen[bytes] | None = None
        # Of this cluster alone, so that one of the machine's own is not met.
        self.port = 21000 + os.getpid() % 4000
        # What runs inside of a job is not told of the configuration, as it would not be where that lies in /etc.
        places = os.pathsep.join([str(folder / "bin"), PLACES])
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": places}

    def __enter__(self) -> "OneNode":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.started):
            process.terminate()
        for process in reversed(self.started):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()

    @contextmanager
    def hides(self, folder: Path) -> Iterator[None]:
        """Let the node see an empty folder in place of one, as if it lay on a drive of the login node alone."""
        self._slurmd(f"mount -t tmpfs none {shlex.quote(str(folder.resolve()))} && ")
        try:
            yield
        finally:
            self._slurmd()

    def ask(self, *command: str, fails: bool = False) -> str:
        """Return what one of SLURM's commands prints."""
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, encoding="utf-8")
        if done.returncode and not fails:
            raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def _start(self) -> None:
        for name in ("state", "spool", "munge", "bin"):
            (self.folder / name).mkdir(parents=True)
        srun = self.folder / "bin" / "srun"
        told = f"SLURM_CONF={shlex.quote(self.environment['SLURM_CONF'])}"
        srun.write_text(f'#!/bin/sh\n{told} exec {shutil.which("srun")} "$@"\n', encoding="utf-8")
        srun.chmod(0o755)
        self._munge()
        if self.accounting:
            self._database()
        write = {"slurm.conf": self._conf(), "gres.conf": f"NodeName={self.host} Name=gpu File=/dev/null\n"}
        # Older versions must be given control groups, which are not used here; a container may have none.
        version = self.ask("slurmctld", "-V").split()[-1]
        if tuple(map(int, version.split(".")[:2])) >= (23, 11):
            write["cgroup.conf"] = "CgroupPlugin=disabled\n"
        for name, text in write.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        if self.accounting:
            self._account()
        self._run("slurmctld", "-D", "-i")
        self._slurmd()

    def _slurmd(self, first: str = "") -> None:
        """Start the node, anew where there is one; after a command that changes what it sees, in a view of its own."""
        if self.node:
            self.node.terminate()
            self.node.wait(SECONDS)
        # A container without privileges can hide nothing, but has a node all the same.
        hiding = ["unshare", "--mount", "sh", "-c", f"{first} exec slurmd -D -N {self.host}"]
        self._run(*(hiding if first else ["slurmd", "-D", "-N", self.host]))
        self.node = self.started[-1]
        wait_for("the node is not idle", lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T", fails=True))

    def _run(self, program: str, *words: str) -> None:
        log = open(self.folder / f"{program}.log", "ab")  # noqa: SIM115
        path = shutil.which(program, path=PLACES) or program
        process = subprocess.Popen(
            [path, *words], env={**os.environ, **self.environment}, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.started.append(process)

    def _munge(self) -> None:
        folder, key = self.folder / "munge", self.folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        folder.chmod(0o711)
        self.socket = folder / "socket"
        words = [f"--socket={self.socket}", f"--key-file={key}", f"--pid-file={folder / 'pid'}"]
        words += [f"--log-file={folder / 'log'}", f"--seed-file={folder / 'seed'}"]
        self._run("munged", "--foreground", "--force", *words)
        wait_for("munged has no socket", self.socket.exists)

    def _conf(self) -> str:
        user = pwd.getpwuid(os.getuid()).pw_name
        keep = f"""\
            AccountingStorageType=accounting_storage/slurmdbd
            AccountingStorageHost=localhost
            AccountingStoragePort={self.port + 2}
            AccountingStoragePass={self.socket}
            AccountingStorageEnforce=associations
            """
        text = f"""\
            ClusterName=one
            SlurmctldHost={self.host}(127.0.0.1)
            AuthInfo=socket={self.socket}
            AuthType=auth/munge
            SlurmUser={user}
            SlurmctldPort={self.port}
            SlurmdPort={self.port + 1}
            StateSaveLocation={self.folder / "state"}
            SlurmdSpoolDir={self.folder / "spool"}
            SlurmctldPidFile={self.folder / "slurmctld.pid"}
            SlurmdPidFile={self.folder / "slurmd.pid"}
            SlurmdParameters=config_overrides
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SwitchType=switch/none
            MpiDefault=none
            ReturnToService=2
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core_Memory
            JobAcctGatherType=jobacct_gather/linux
            JobAcctGatherFrequency=task=1
            JobAcctGatherParams=OverMemoryKill
            GresTypes=gpu
            KillWait=2
            OverTimeLimit=0
            SchedulerParameters=sched_min_interval=100000
            {keep if self.accounting else ""}
            NodeName={self.host} NodeAddr=127.0.0.1 CPUs={CORES} RealMemory={MEMORY_MB} Gres=gpu:1 State=UNKNOWN
            PartitionName=cpu Nodes={self.host} Default=YES MaxTime=7-0 State=UP OverSubscribe=NO
            """
        return "\n".join(line.strip() for line in text.splitlines()) + "\n"

    def _database(self) -> None:
        data, socket_ = self.folder / "mariadb", self.folder / "mariadb.socket"
        user = pwd.getpwuid(os.getuid()).pw_name
        install = [
            "mariadb-install-db",
            f"--datadir={data}",
            f"--user={user}",
            "--auth-root-authentication-method=socket",
        ]
        self.ask(*install, "--skip-test-db")
        self._run(
            "mariadbd", f"--user={user}", f"--datadir={data}", f"--socket={socket_}", "--skip-networking",
            f"--pid-file={self.folder / 'mariadb.pid'}", "--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900",
        )  # fmt: skip
        wait_for("MariaDB has no socket", socket_.exists)
        conf = self.folder / "slurmdbd.conf"
        lines = [
            "AuthType=auth/munge", f"AuthInfo=socket={self.socket}", "DbdHost=localhost", f"DbdPort={self.port + 2}",
            f"SlurmUser={user}", "StorageType=accounting_storage/mysql", f"StorageUser={user}", "StorageLoc=slurm",
            "StorageHost=localhost", f"PidFile={self.folder / 'slurmdbd.pid'}",
        ]  # fmt: skip
        conf.write_text("\n".join(lines) + "\n", encoding="utf-8")
        conf.chmod(0o600)
        self.environment["MYSQL_UNIX_PORT"] = str(socket_)
        self._run("slurmdbd", "-D")

    def _account(self) -> None:
        """Let this user compute on one account, and on no other."""
        user = pwd.getpwuid(os.getuid()).pw_name
        wait_for("slurmdbd does not answer", lambda: "Cluster" in self.ask("sacctmgr", "show", "cluster", fails=True))
        self.ask("sacctmgr", "-i", "add", "cluster", "one")
        self.ask("sacctmgr", "-i", "add", "account", "music", "Description=m", "Organization=m")
        self.ask("sacctmgr", "-i", "add", "user", user, "Account=music")
