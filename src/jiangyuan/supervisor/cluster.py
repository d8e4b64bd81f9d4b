"""The embedded PostgreSQL: made once, started, taken over, stopped.

A cluster survives the death of everything around it: a half-made data directory is thrown away, a stale lock file is
cleared only when no process of the old server is left, and a server that outlived its supervisor is taken over.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from jiangyuan.supervisor.installation import ClusterBroken, Installation, write_private
from jiangyuan.supervisor.ports import free_port, port_is_free
from jiangyuan.supervisor.server_settings import server_settings

SUPERUSER = "postgres"
# "all" does not cover physical replication: a role that may decode the log may not copy the whole cluster with it
ACCESS = f"""local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
local replication {SUPERUSER} scram-sha-256
host replication {SUPERUSER} 127.0.0.1/32 scram-sha-256
"""
LONGEST_SOCKET_PATH = 100
FAST_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
}
"""Settings for tests that fear no power cut; never for data anybody wants to keep."""


class Cluster:
    """One embedded PostgreSQL server whose files lie under `home`.

    `port` is the TCP port on 127.0.0.1, or None for any free one. `options` are further server settings, which take
    precedence over `server_settings`.
    """

    def __init__(self, home: Path, port: int | None = None, *, options: Mapping[str, str] | None = None) -> None:
        self.home = Path(home).absolute()
        self.installation = Installation(self.home)
        self.options = dict(options or {})
        self.port = port
        self._wanted_port = port
        self._child: subprocess.Popen[Any] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.installation.data

    @property
    def programs(self) -> Path:
        """The folder of `pg_basebackup`, `pgbench` and the other programs of this server's version."""
        return self.installation.programs

    @property
    def pid(self) -> int | None:
        """The process id of the running server, or None."""
        server = self._server()
        return server.pid if server else None

    @property
    def running(self) -> bool:
        """Whether a server runs on this data directory, whoever started it."""
        return self._server() is not None

    def start(self, *, timeout: float = 60.0) -> None:
        """Make the cluster if there is none, then start its server or take over the one that runs; idempotent.

        Raises:
            ClusterBroken: the server does not come up within `timeout` seconds, or the password is lost.
        """
        with self._locked():
            deadline = time.monotonic() + timeout
            self._make()
            if self._server() is not None and self._take_over(deadline):
                return
            self._clear_remains()
            for attempt in range(3):
                # a server that comes back keeps its port where it can, under a new supervisor too: the sources in it
                # are registered with it
                port = self._wanted_port or free_port(self.port or self._last_port())
                if self._launch(port, deadline, last=attempt == 2 or self._wanted_port is not None):
                    return

    def stop(self, *, timeout: float = 30.0) -> None:
        """Stop the server: sessions are ended, data is flushed; without answer in `timeout` seconds it is cut off."""
        with self._locked():
            server = self._server()
            if server is not None:
                for order, patience in ((signal.SIGINT, timeout), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                    _send(server, order)
                    if _until(lambda: not self._alive(server), patience):
                        break
            self._reap()

    def superuser_dsn(self, db: str = "postgres") -> str:
        """Return the URL of database `db` as superuser; it holds the password, so keep it out of logs and children."""
        return f"postgresql://{SUPERUSER}:{self._password()}@127.0.0.1:{self.port}/{quote(db, safe='')}"

    def create_database(self, name: str, owner: str | None = None) -> str:
        """Create database `name`, and return its superuser URL.

        Raises:
            psycopg.errors.DuplicateDatabase: it exists.
        """
        order = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if owner is not None:
            order += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
        self._execute(order)
        return self.superuser_dsn(name)

    def drop_database(self, name: str) -> None:
        """Drop database `name` if it exists, ending the sessions in it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, order: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.superuser_dsn(), autocommit=True) as connection:
            connection.execute(order)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time start or stop this cluster; the lock dies with its holder."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / ".postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # the data directory

    @property
    def _password_file(self) -> Path:
        return self.home / "secrets" / "postgres"

    def _password(self) -> str:
        return self._password_file.read_text(encoding="utf-8").strip()

    def _make(self) -> None:
        """Create the data directory beside its place and move it there when whole: a crash leaves none or all."""
        if (self.data / "PG_VERSION").exists():
            if not self._password_file.exists():
                raise ClusterBroken(
                    "内嵌数据库的口令文件丢失。",
                    code="supervisor.password_lost",
                    where=str(self._password_file),
                    mend="请从主目录的备份中恢复该文件。",
                )
            return
        self.installation.prepare()
        draft = self.data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        write_private(self._password_file, secrets.token_hex(24) + "\n")
        self._initialize(draft)
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude = 'jiangyuan.conf'\n")
        draft.rename(self.data)

    def _initialize(self, draft: Path) -> None:
        account = self.installation.account
        with tempfile.NamedTemporaryFile("w", dir=self.installation.base) as password:
            password.write(self._password())
            password.flush()
            account.give(Path(password.name))
            order = [self.programs / "initdb", "-D", draft, "-U", SUPERUSER, f"--pwfile={password.name}"]
            order += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--no-instructions"]
            if self.options.get("fsync") == "off":
                order.append("--no-sync")
            words = ""
            for locale in self._locales():
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir(mode=0o700)
                account.give(draft)
                answer = subprocess.run(
                    [*order, *locale], capture_output=True, text=True, cwd="/", **account.process_options()
                )
                if answer.returncode == 0:
                    (draft / "pg_hba.conf").write_text(ACCESS)
                    account.give(draft / "pg_hba.conf")
                    return
                words = answer.stderr.strip()
        raise ClusterBroken(
            f"内嵌数据库无法创建数据目录：{words}",
            code="supervisor.initdb_failed",
            where=str(self.data),
            mend="请检查磁盘空间，并确认主目录在本机磁盘上。",
        )

    def _locales(self) -> list[list[str]]:
        """The ways to ask for one collation that sorts by code point on every machine, best first."""
        if self.installation.version >= 17:
            return [["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]]
        return [["--locale=C.UTF-8"], ["--locale=C"]]

    def _configure(self) -> None:
        settings = {
            **server_settings(self.installation.version),
            "log_directory": str(self.installation.base / "log"),
            "unix_socket_directories": str(self._socket_folder()),
            **self.options,
            "port": str(self.port),
        }
        quoted = {name: value.replace("'", "''") for name, value in settings.items()}
        place = self.data / "jiangyuan.conf"
        write_private(place, "".join(f"{name} = '{value}'\n" for name, value in quoted.items()))
        self.installation.account.give(place)

    def _last_port(self) -> int | None:
        """The port of the last run, as its settings tell; None before the first."""
        place = self.data / "jiangyuan.conf"
        lines = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
        found = [line.partition("=")[2].strip(" '") for line in lines if line.startswith("port = ")]
        return int(found[-1]) if found and found[-1].isdigit() else None

    def _socket_folder(self) -> Path:
        """The folder of the Unix socket: beside the data, or below /tmp where that path is too long for a socket."""
        folder = self.installation.base / "run"
        if len(str(folder)) < LONGEST_SOCKET_PATH - len("/.s.PGSQL.65535.lock"):
            return folder
        folder = Path(tempfile.mkdtemp(prefix="jiangyuan-"))
        self.installation.account.give(folder)
        folder.chmod(0o711)
        return folder

    # the server

    def _server(self) -> psutil.Process | None:
        """The running server of this data directory, as its lock file tells and its process confirms."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        lines = self._lock_file()
        if not lines or not lines[0].isdigit():
            return None
        process = next(self._processes([int(lines[0])]), None)
        return process if process and self._alive(process) else None

    def _lock_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _alive(self, process: psutil.Process) -> bool:
        if self._child is not None and self._child.pid == process.pid:
            return self._child.poll() is None
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE

    def _processes(self, pids: list[int] | None = None) -> Iterator[psutil.Process]:
        """Yield the processes that work in this data directory: a pid alone may have been given to somebody else."""
        for pid in pids if pids is not None else psutil.pids():
            try:
                process = psutil.Process(pid)
                if process.name() == "postgres" and Path(process.cwd()) == self.data.resolve():
                    yield process
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue

    def _take_over(self, deadline: float) -> bool:
        """Adopt the running server; False when it is on its way out and has gone."""
        while self._server() is not None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                raise self._silent()
            time.sleep(0.02)
        return False

    def _clear_remains(self) -> None:
        """End what a killed server left: its sessions share memory, and two sets of them would ruin the data."""
        if self._child is not None:
            # a killed child that nobody reaped would still count as the owner of the socket
            self._child.poll()
        for order in (signal.SIGQUIT, signal.SIGKILL):
            for process in self._processes():
                _send(process, order)
            if _until(lambda: not list(self._processes()), 0.5):
                break
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        # a lock whose process is a zombie, or whose number somebody else got, would keep the port's socket from us
        for left in (self.installation.base / "run").glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def _launch(self, port: int, deadline: float, *, last: bool) -> bool:
        """Start the server and wait until it answers; False when its port was taken and there is another try."""
        self.port = port
        self._configure()
        words = self.installation.base / "log" / "startup.log"
        with words.open("wb") as output:
            child: subprocess.Popen[Any] = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
                **self.installation.account.process_options(),
            )
        self._child = child
        while child.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                raise self._silent()
            time.sleep(0.02)
        self._child = None
        if not last and not port_is_free(port):
            return False
        raise self._silent()

    def _answers(self) -> bool:
        """Whether this very server accepts a session; a refused password is final."""
        lines = self._lock_file()
        # line 4 is the port, line 8 the state; another server may answer on the port we hoped for
        if len(lines) < 8 or lines[7].strip() != "ready" or self._server() is None:
            return False
        self.port = int(lines[3])
        try:
            psycopg.connect(self.superuser_dsn(), connect_timeout=3).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ClusterBroken(
                    "正在运行的内嵌数据库不接受主目录中保存的口令。",
                    code="supervisor.password_wrong",
                    where=str(self._password_file),
                    mend="请从主目录的备份中恢复该文件。",
                ) from error
            return False
        return True

    def _silent(self) -> ClusterBroken:
        folder = self.installation.base / "log"
        logs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        words = "\n".join(path.read_text(encoding="utf-8", errors="replace").strip()[-1500:] for path in logs[-2:])
        return ClusterBroken(
            f"内嵌数据库未能在端口 {self.port} 启动：\n{words}\n",
            code="supervisor.postgresql_down",
            where=str(folder),
            mend="请查看日志；常见原因是端口被占用、磁盘已满，或数据目录在运行中被移动。",
        )

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait()
            self._child = None


def _send(process: psutil.Process, order: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, order)


def _until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until `true()` holds; False when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
