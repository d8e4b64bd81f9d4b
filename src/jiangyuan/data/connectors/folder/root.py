"""The one root under which file sources lie: every step is opened without following links.

A path is taken apart and opened folder by folder relative to the one before, so that a link put in its place between
check and use is refused by the system itself and not by us a moment too early.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.connectors.interface import SourceRefused
from jiangyuan.kernel.config import settings


def file_root() -> Path:
    """Give the configured root of file sources."""
    return settings().path("file_root", "files")


def _steps(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path.replace("\\", "/"))
    steps = tuple(step for step in pure.parts if step != ".")
    if pure.is_absolute() or ".." in steps or "\0" in path or any(len(step.encode()) > 255 for step in steps):
        raise SourceRefused(
            _("路径不在文件根目录之内"),
            code="source.path",
            where=path[:200],
            mend=_("请填写相对于文件根目录的路径，不能含“..”，也不能以“/”开头。"),
        )
    return steps


@contextmanager
def opened(path: str, *, folder: bool = False) -> Iterator[int]:
    """Open a file or folder under the root and yield its descriptor. Raises `SourceRefused` for links and absences."""
    steps = _steps(path)
    held: list[int] = []
    try:
        try:
            held.append(os.open(file_root(), os.O_RDONLY | os.O_DIRECTORY))
            for place, step in enumerate(steps):
                last = place == len(steps) - 1
                kind = os.O_DIRECTORY if folder or not last else os.O_NONBLOCK
                held.append(os.open(step, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=held[-1]))
        except OSError as error:
            raise _refusal(error, path, held, steps) from error
        if not folder and not stat.S_ISREG(os.fstat(held[-1]).st_mode):
            raise SourceRefused(_("不是普通文件"), code="source.not_a_file", where=path, mend=_("请放入普通文件。"))
        yield held[-1]
    finally:
        for descriptor in held:
            os.close(descriptor)


def _refusal(error: OSError, path: str, held: list[int], steps: tuple[str, ...]) -> SourceRefused:
    step = steps[len(held) - 1] if held and steps else ""
    try:
        linked = bool(step) and stat.S_ISLNK(os.lstat(step, dir_fd=held[-1]).st_mode)
    except OSError:
        linked = False
    if linked:
        return SourceRefused(
            _("文件来源中不允许使用符号链接"),
            code="source.symlink",
            where=path,
            mend=_("请把文件本身复制到来源文件夹中。"),
        )
    if isinstance(error, PermissionError):
        return SourceRefused(
            _("没有读取权限"),
            code="source.permission",
            where=path,
            mend=_("请为平台账户开放该文件或文件夹的读取权限。"),
        )
    return SourceRefused(
        _("文件或文件夹不存在"),
        code="source.absent",
        where=path,
        mend=_("请核对路径；文件可能已移走或改名，可重新扫描。"),
    )


def listing(descriptor: int, *, most: int, deepest: int = 8, prefix: str = "") -> Iterator[tuple[str, str, int]]:
    """List files below an open folder as (relative path, "file" | "link" | "deep", size), at most `most`, by name."""
    count = 0
    with os.scandir(descriptor) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.name.startswith((".", "~$")):
            continue
        path = f"{prefix}{entry.name}"
        if entry.is_symlink():
            found = [(path, "link", 0)]
        elif entry.is_dir(follow_symlinks=False):
            if deepest == 0:
                found = [(path, "deep", 0)]
            else:
                inner = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                try:
                    found = list(listing(inner, most=most - count, deepest=deepest - 1, prefix=f"{path}/"))
                finally:
                    os.close(inner)
        else:
            found = [(path, "file", entry.stat(follow_symlinks=False).st_size)]
        for item in found:
            if count == most:
                return
            count += 1
            yield item
