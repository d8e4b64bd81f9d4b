"""The versions of an entry, and what differs between any two of them, or between one and what is being revised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries import queries
from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.catalog.entries.wording import field_label, field_value
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import measures, parts

SHOWN = 50
DRAFT = "draft"


def difference_rows(found: Iterable[dict[str, Any]]) -> tuple[parts.Difference, ...]:
    """Say differences between two versions in the words of the catalogue."""
    return tuple(
        parts.Difference(
            label=field_label(d["field"]),
            before=field_value(d["field"], d["before"]),
            after=field_value(d["field"], d["after"]),
        )
        for d in found
    )


def versions_tab(request: HttpRequest, entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    """Show the versions and one comparison: the two that were asked for (`?old=1&new=3`), else the newest two."""
    kept = list(EntryVersion.visible_to(actor).filter(entry=entry)[:SHOWN])
    contents: dict[str, dict[str, Any]] = {str(v.number): v.content for v in kept}
    if entry.live_version and entry.state != "published" and queries.sees_revision(entry, actor):
        contents = {DRAFT: queries.snapshot(entry), **contents}
    return (*_compared(request, contents), _list(entry, kept, contents))


def _said(number: str) -> Any:
    return _("修订稿") if number == DRAFT else _("第 %(number)s 版") % {"number": number}


def _compared(request: HttpRequest, contents: dict[str, dict[str, Any]]) -> tuple[parts.Part, ...]:
    newest = list(contents)
    new, old = request.GET.get("new", ""), request.GET.get("old", "")
    if new not in contents or old not in contents:
        if len(newest) < 2:
            return ()
        new, old = newest[:2]
    rows = difference_rows(queries.differences(contents[old], contents[new]))
    title = _("%(new)s与%(old)s的差异") % {"new": _said(new), "old": _said(old)}
    if not rows:
        return (parts.Notice(title=title, text=_("两个版本的内容相同。")),)
    return (parts.Differences(rows=rows, title=title),)


def _list(entry: Entry, kept: list[EntryVersion], contents: dict[str, dict[str, Any]]) -> parts.Table:
    base = f"/catalog/{entry.pk}/?tab=versions"
    rows = []
    for v in kept:
        others = [n for n in contents if n != str(v.number)][:8]
        links = tuple(
            parts.Link(title=_said(n), url=f"{base}&old={v.number}&new={n}" if n == DRAFT else _pair(base, v.number, n))
            for n in others
        )
        rows.append(
            (
                _said(str(v.number)),
                v.created_at,
                field_value("share_type", v.content["share_type"]),
                v.content["grade"],
                len(v.content["items"]),
                parts.Badge(label=_("现行"), tone="good") if v.number == entry.live_version else "",
                measures.Links(items=links),
            )
        )
    columns = (
        parts.Column(title=_("版本")),
        parts.Column(title=_("发布时间")),
        parts.Column(title=_("共享类型")),
        parts.Column(title=_("级别"), numeric=True),
        parts.Column(title=_("信息项"), numeric=True, unit=_("个")),
        parts.Column(title=_("现行")),
        parts.Column(title=_("与哪一版比较")),
    )
    empty = parts.Empty(title=_("还没有发布过"), why=_("主管部门审核发布时产生第 1 版。"))
    return parts.Table(caption=_("版本"), columns=columns, rows=rows, empty=empty)


def _pair(base: str, one: int, other: str) -> str:
    old, new = sorted((one, int(other)))
    return f"{base}&old={old}&new={new}"
