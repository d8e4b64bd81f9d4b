"""The supervisor: database, tables, web, gateway, worker, brought up in order and kept up.

Whatever dies is started again; whatever a killed supervisor left behind is taken over (the database) or ended (the
rest) by the next start.
"""

import contextlib
import fcntl
import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import psutil

from jiangyuan.kernel.config import Settings
from jiangyuan.kernel.errors import Broken, Refused
from jiangyuan.kernel.logs import JsonFormatter
from jiangyuan.supervisor.child import Child
from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.gathered import Gathered
from jiangyuan.supervisor.installation import write_private
from jiangyuan.supervisor.programs import (
    MARK,
    Ports,
    Program,
    child_environment,
    gathering,
    migration,
    platform_programs,
)
from jiangyuan.supervisor.roles import bootstrap, configured_urls
from jiangyuan.supervisor.tables import Stamp

ROUND = 0.05
HEAD_START = 0.4
"""Seconds by which each program begins before the next, so that all do not load at once."""

Urls = Mapping[str, str]


class StartFailed(Broken):
    """A part of the platform did not come up."""


class Supervisor:
    """Keeps a database and programs running.

    `cluster` is the embedded PostgreSQL, or None where `urls` lead to a server of your own. `programs` makes the
    programs from the URLs; `before` makes those that must run and end well first. `say` gets short lines for people.
    """

    def __init__(
        self,
        *,
        home: Path,
        programs: Callable[[Urls], Sequence[Program]],
        before: Callable[[Urls], Sequence[Program]] = lambda urls: (),
        cluster: Cluster | None = None,
        urls: Urls | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.home = home.absolute()
        self.cluster = cluster
        self.urls: dict[str, str] = dict(urls or {})
        self.children: list[Child] = []
        self._programs = programs
        self._before = before
        self._say = say
        self._stopping = threading.Event()
        self._watch: threading.Thread | None = None
        self._lock: int | None = None
        self._log = logging.Logger("jiangyuan.supervisor")  # not the process-wide one: each has its own file

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def status_file(self) -> Path:
        """`home/run.json`: ports and process ids of what runs now."""
        return self.home / "run.json"

    def start(self, *, timeout: float = 60.0) -> None:
        """Bring everything up and return when every program is ready.

        Raises:
            Refused: another supervisor runs on this home.
            StartFailed: a program ended badly, or was not ready within `timeout` seconds.
            ClusterBroken: the embedded database does not come up.
        """
        self._acquire()
        self._open_log()
        try:
            self._end_leftovers()
            self._stopping.clear()
            if self.cluster is not None:
                self._start_cluster(self.cluster)
            for program in self._before(self.urls):
                self._run_through(program)
            self._start_children()
            self._wait_until_ready(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        self._watch = threading.Thread(target=self._keep_up, name="supervisor", daemon=True)
        self._watch.start()

    def run(self) -> None:
        """Bring everything up and keep it up until SIGINT or SIGTERM; call it from the main thread."""
        asked = threading.Event()
        started = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            asked.set()
            if not started.is_set():
                raise KeyboardInterrupt

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with contextlib.suppress(KeyboardInterrupt), self:
                started.set()
                # an event waited for without a limit would keep the signal from being seen
                while not asked.wait(0.2):
                    pass
            self._say("已停止")
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End the programs in their order, then the database; idempotent."""
        if self._lock is None:
            return
        self.tell("正在停止……")
        self._stopping.set()
        if self._watch is not None:
            self._watch.join()
            self._watch = None
        for child in self.children:
            child.stop()
        self.children = []
        if self.cluster is not None:
            self.cluster.stop()
        self.status_file.unlink(missing_ok=True)
        self._release()

    def status(self) -> dict[str, Any]:
        """Return what runs: process ids, ports, restarts."""
        status: dict[str, Any] = {"supervisor": os.getpid(), "home": str(self.home), "programs": {}}
        if self.cluster is not None:
            status["postgresql"] = {"pid": self.cluster.pid, "port": self.cluster.port}
        for child in self.children:
            status["programs"][child.program.name] = {
                "pid": child.pid,
                "port": child.program.port,
                "address": child.program.ready.removesuffix("/ready"),
                "restarts": child.restarts,
                "log": str(child.log),
            }
        return status

    def tell(self, line: str, **facts: object) -> None:
        """Say a line to people, and write it with its facts to the log."""
        self._say(line)
        self._log.info("%s %s", line, json.dumps(facts, ensure_ascii=False, default=str) if facts else "")

    # bringing up

    def _start_cluster(self, cluster: Cluster) -> None:
        started = time.monotonic()
        cluster.start()
        self.urls = bootstrap(cluster)
        seconds = time.monotonic() - started
        self.tell(f"数据库  已就绪（127.0.0.1:{cluster.port}，{seconds:.1f} 秒）", pid=cluster.pid)

    def _run_through(self, program: Program) -> None:
        started = time.monotonic()
        log = self.home / "logs" / f"{program.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            answer = subprocess.run(
                program.command,
                env=child_environment(program, self.home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if answer.returncode != 0:
            words = log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
            raise StartFailed(f"{program.name} 没有成功：\n{words}\n", code="supervisor.step_failed", where=str(log))
        self.tell(f"{program.name}  已完成（{time.monotonic() - started:.1f} 秒）")

    def _start_children(self) -> None:
        self.children = [Child(program, self.home) for program in self._programs(self.urls)]
        # What moves data has the processors first: it is waited for by other databases, a page only by its reader.
        for child in reversed(self.children):
            child.start()
            time.sleep(HEAD_START)
        self._write_status()

    def _wait_until_ready(self, deadline: float) -> None:
        for child in self.children:
            while not child.ready():
                ended = child.process is not None and child.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise StartFailed(
                        f"{child.program.name} 没有就绪：\n{child.last_words()}\n",
                        code="supervisor.not_ready",
                        where=str(child.log),
                        mend="请查看日志中的最后几行。",
                    )
                time.sleep(2 * ROUND)
            address = child.program.ready.removesuffix("/ready")
            self.tell(f"{child.program.name}  已就绪 {address}".rstrip(), pid=child.pid)

    # keeping up

    def _keep_up(self) -> None:
        while not self._stopping.wait(ROUND):
            try:
                changed = self._revive_cluster() or self._revive_children()
                if changed:
                    self._write_status()
            except Exception as error:
                # the watch itself must not end: it is the last one awake
                self._log.exception("revival failed")
                self.tell(f"恢复失败，稍后再试：{error}")
                self._stopping.wait(1.0)

    def _revive_cluster(self) -> bool:
        if self.cluster is None or self.cluster.running:
            return False
        self.tell("数据库  意外停止，正在恢复")
        port = self.cluster.port
        self._start_cluster(self.cluster)
        if self.cluster.port != port:
            for child in self.children:
                child.stop()
            self._start_children()
        return True

    def _revive_children(self) -> bool:
        changed = False
        for child in self.children:
            before = child.pid
            status = child.tend()
            if status is not None:
                self.tell(f"{child.program.name}  意外停止（{status}），正在重新启动", words=child.last_words(500))
            changed = changed or child.pid != before
        return changed

    # one at a time

    def _acquire(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.home / ".supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Refused(
                "平台已经在这个主目录上运行。",
                code="supervisor.running",
                where=str(self.home),
                mend=f"运行情况见 {self.status_file}；先停止它，或用 JIANGYUAN_HOME 指定另一个主目录。",
            ) from None
        self._lock = lock

    def _release(self) -> None:
        for handler in list(self._log.handlers):
            self._log.removeHandler(handler)
            handler.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _open_log(self) -> None:
        folder = self.home / "logs"
        folder.mkdir(exist_ok=True)
        handler = RotatingFileHandler(folder / "supervisor.log", maxBytes=10_000_000, backupCount=2, encoding="utf-8")
        handler.setFormatter(JsonFormatter())
        self._log.addHandler(handler)
        self._log.setLevel(logging.INFO)
        self._log.propagate = False

    def _end_leftovers(self) -> None:
        """End the programs of a killed supervisor; each carries the home it served in its environment."""
        # they have been asked to end by their parent's death already, and whatever they do survives a kill
        left = list(self._leftovers())
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and not all(map(_ended, left)):
            time.sleep(ROUND / 5)

    def _leftovers(self) -> Sequence[psutil.Process]:
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(MARK) == str(self.home):
                    found.append(process)
        return found

    def _write_status(self) -> None:
        write_private(self.status_file, json.dumps(self.status(), indent=1, ensure_ascii=False) + "\n")


def _ended(process: psutil.Process) -> bool:
    """Tell whether a process runs no more; one that nobody has buried yet holds no port either."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def platform(settings: Settings, *, say: Callable[[str], None] = print) -> Supervisor:
    """Return the supervisor of a whole platform: database, tables, web, gateway, worker.

    Raises:
        Refused: your own server is configured, but not for all four roles.
    """
    urls = configured_urls(settings)
    ports: list[Ports] = []
    stamp, gathered = Stamp(settings.home.absolute()), Gathered(settings.home.absolute())

    def before(urls: Urls) -> Sequence[Program]:
        due = [] if stamp.holds(urls["owner_url"]) else [migration(urls)]
        return [*due, *([] if gathered.holds() else [gathering(urls)])]

    def programs(urls: Urls) -> Sequence[Program]:
        # asked for only when everything before them ended well
        stamp.write(urls["owner_url"])
        gathered.write()
        # chosen late, after a killed supervisor's programs are gone, and once, so that a restart keeps them
        if not ports:
            ports.append(Ports.choose(settings))
        return platform_programs(settings, urls, ports[0])

    return Supervisor(
        home=settings.home,
        programs=programs,
        before=before,
        cluster=Cluster(settings.home) if urls is None else None,
        urls=urls,
        say=say,
    )
