"""Sheets that people upload (xlsx, xls, ods, csv), read in a limited process into lines of texts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.utils.translation import gettext_lazy as _

import jiangyuan
from jiangyuan.data.connectors.folder.messages import problem
from jiangyuan.kernel.errors import Refused

LARGEST = 8 * 2**20
MOST = 5_000
WALL_SECONDS = 60
LARGEST_ANSWER = 64 * 2**20


class Unreadable(Refused):
    """An uploaded file is too large, has too many rows, or is no sheet."""

    default_code = "upload"


def sheet(name: str, data: bytes, *, most: int = MOST) -> list[list[str]]:
    """Give the lines of the first sheet that hold anything, headings first, each cell a trimmed text.

    A cell longer than `upload_lines.CELL` is cut one character behind it, so that its length tells. Raises `Unreadable`
    for more than `most` rows or 8 MB, `SourceRefused` for what is no sheet, each with how to mend it.
    """
    if not data or len(data) > LARGEST:
        raise Unreadable(
            _("请选择不超过 8 MB 的表格文件") if not data else _("文件超过 8 MB"),
            where="file",
            mend=_("请拆成几个文件，分次导入。") if data else _("可先下载模板，填写后上传。"),
        )
    with tempfile.TemporaryFile(prefix="jiangyuan-upload-") as file:
        file.write(data)
        file.flush()
        file.seek(0)
        lines = _read(file.fileno(), name[:200], most)
    if len(lines) > most + 1:
        raise Unreadable(
            _("超过 %(most)s 行") % {"most": f"{most:,}"}, where="file", mend=_("请拆成几个文件，分次导入。")
        )
    if len(lines) < 2:
        raise Unreadable(
            _("表格中没有内容"), where="file", mend=_("第一行写列名，从第二行起每行写一项；可先下载模板。")
        )
    return lines


def _read(descriptor: int, name: str, most: int) -> list[list[str]]:
    command = [sys.executable, "-P", "-s", "-m", "jiangyuan.data.upload_lines", str(descriptor), str(most)]
    environment = {"PYTHONPATH": str(Path(jiangyuan.__file__).parent.parent), "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            command,
            pass_fds=(descriptor,),
            env=environment,
            cwd=os.sep,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise problem("too_slow", {"seconds": WALL_SECONDS}, name) from error
    if done.returncode != 0 or len(done.stdout) > LARGEST_ANSWER:
        raise problem("too_demanding", {}, name)
    found = [json.loads(line) for line in done.stdout.decode("utf-8", "replace").splitlines() if line]
    told = next((one for one in found if isinstance(one, dict)), None)
    if told is not None:
        raise problem(str(told["problem"]), told["params"], name)
    return found
