"""Exports: exactly what a list shows, all its pages up to a bound, and nothing leaves that is not remembered.

The rows come from the same query as the page, so visibility, conditions and order are the page's own. The file is made
whole first; its number of rows and its digest are remembered by an act; then it is given.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from threading import BoundedSemaphore
from typing import IO, Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.kernel import ciphers
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui import keeping, sheets
from jiangyuan.ui.listing import Filters, Listing
from jiangyuan.ui.paging import ordered
from jiangyuan.ui.parts import pairs_of
from jiangyuan.ui.session import account_of

MOST = 50_000
"""Rows of one export."""
CHUNK = 1_000
_IN_MEMORY = 4 * 1024 * 1024
_at_once = BoundedSemaphore(2)
"""Exports that one process makes at a time: a list of many pages must not keep the others waiting."""


class Busy(Refused):
    """Too many exports are being made."""

    status = 429
    default_code = "export_busy"


@dataclass(slots=True)
class _Tally:
    """What an export has come to."""

    rows: int = 0
    complete: bool = True


def export(request: HttpRequest, listing: Listing, filters: Filters | None, format: str) -> FileResponse:
    """Give a list as a file. Raises `Refused` for a format that is not offered, `Busy`, or what remembering refuses."""
    if format not in sheets.FORMATS or not keeping.may_take():
        raise Refused(_("没有这种导出格式"), where="format", mend=_("可导出 CSV 或 XLSX。"))
    if not _at_once.acquire(blocking=False):
        raise Busy(_("正在导出的人较多"), mend=_("请一分钟后再试，或先用条件缩小范围。"))
    try:
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
        tally = _write(file, request, listing, filters, format)
    finally:
        _at_once.release()
    keeping.remember(request, _taken(request, listing, filters, format, tally, _digest(file)))
    file.seek(0)
    name = _("%(list)s-%(day)s.%(format)s") if tally.complete else _("%(list)s-%(day)s-前%(rows)s条.%(format)s")
    filled = {"list": listing.caption, "day": timezone.localdate(), "format": format, "rows": tally.rows}
    return FileResponse(file, as_attachment=True, filename=name % filled, content_type=sheets.FORMATS[format])


def _write(file: IO[bytes], request: HttpRequest, listing: Listing, filters: Filters | None, format: str) -> _Tally:
    tally = _Tally()
    titles = [
        _("%(title)s（%(unit)s）") % {"title": c.title, "unit": c.unit} if c.unit else str(c.title)
        for c in listing.columns
    ]
    lines = chain([titles], _lines(listing, tally))
    if format == "csv":
        sheets.write_csv(file, lines)
    else:
        about = _about(request, listing, filters, tally)
        sheets.write_xlsx(file, ((str(listing.caption), lines), (_("说明"), about)))
    return tally


def _lines(listing: Listing, tally: _Tally) -> Iterator[list[sheets.Cell]]:
    rows = ordered(listing.found, order=listing.order, allowed=listing.orders)[: MOST + 1]
    read = rows.iterator(chunk_size=CHUNK)
    while some := list(islice(read, CHUNK)):
        kept = some[: MOST - tally.rows]
        tally.complete = len(kept) == len(some)
        if listing.prepare is not None and kept:
            listing.prepare(kept)
        for item in kept:
            yield [sheets.plain(cell) for cell in listing.row(item)]
        tally.rows += len(kept)


def _about(
    request: HttpRequest, listing: Listing, filters: Filters | None, tally: _Tally
) -> Iterator[Sequence[sheets.Cell]]:
    """Say what the file is: read last, when the rows are known."""
    account = account_of(request)
    yield [_("项目"), _("内容")]
    yield [_("列表"), str(listing.caption)]
    for title, value in filters.conditions if filters else ():
        yield [title, value]
    yield [_("行数"), tally.rows]
    if not tally.complete:
        yield [_("是否完整"), _("不完整：只含排在最前的 %(n)s 条，请缩小条件后分次导出。") % {"n": f"{MOST:,}"}]
    yield [_("导出时间"), sheets.plain(timezone.now())]
    if account is not None:
        yield [_("导出人"), _("%(name)s（%(body)s）") % {"name": account.name, "body": account.body}]


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    return ciphers.sm3(file.read()).hex()


def _taken(
    request: HttpRequest, listing: Listing, filters: Filters | None, format: str, tally: _Tally, digest: str
) -> keeping.Taken:
    kept: list[Any] = [(k, v) for k, v in pairs_of(listing.query) if k not in ("cursor", "size")]
    return keeping.Taken(
        list=request.path,
        title=str(listing.caption),
        query=urlencode(kept)[:2000],
        conditions=filters.conditions if filters else (),
        format=format,
        rows=tally.rows,
        complete=tally.complete,
        digest=digest,
    )
