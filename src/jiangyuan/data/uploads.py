"""Sheets that people upload (xlsx, xls, ods, csv) as lines of texts: the first sheet of a form, read like any form."""

from __future__ import annotations

from itertools import islice

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.connectors.folder.rows import sheets_of
from jiangyuan.kernel.errors import Refused

LARGEST = 8 * 2**20
MOST = 5_000
ROWS = 100_000
"""Rows that the limited process gives on; fewer are taken, in words that name the bound of the form."""
CELL = 4_000
"""Characters of a cell that are given; one longer is longer than any field takes and is told so by its length."""
COLUMNS = 60


class Unreadable(Refused):
    """An uploaded file is too large, has too many rows, or is no sheet."""

    default_code = "upload"


def sheet(name: str, data: bytes, *, most: int = MOST) -> list[list[str]]:
    """Give the lines of the first sheet that hold anything, headings first, each cell a trimmed text.

    A cell longer than `CELL` is cut one character behind it, so that its length tells. Raises `Unreadable`
    for more than `most` rows or 8 MB, `SourceRefused` for what is no sheet, each with how to mend it.
    """
    if not data or len(data) > LARGEST:
        raise Unreadable(
            _("请选择不超过 8 MB 的表格文件") if not data else _("文件超过 8 MB"),
            where="file",
            mend=_("请拆成几个文件，分次导入。") if data else _("可先下载模板，填写后上传。"),
        )
    with sheets_of(data, name[:200], most_bytes=LARGEST, most_rows=ROWS, most_sheets=1) as found:
        lines = list(islice((_plain(row.cells) for row in found[0].rows()), most + 2))
    if len(lines) > most + 1:
        raise Unreadable(
            _("超过 %(most)s 行") % {"most": f"{most:,}"}, where="file", mend=_("请拆成几个文件，分次导入。")
        )
    if len(lines) < 2:
        raise Unreadable(
            _("表格中没有内容"), where="file", mend=_("第一行写列名，从第二行起每行写一项；可先下载模板。")
        )
    return lines


def _plain(cells: list[str]) -> list[str]:
    return [cell.strip()[: CELL + 1] for cell in cells[:COLUMNS]]
