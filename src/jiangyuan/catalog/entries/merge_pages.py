"""Two people editing one draft: what each changed, field by field and item by item, before the merged draft is saved.

The page draws three sides that `ui.merging` has set against each other; what comes from it is the same form as before,
sent to the same address, and passes the same act against the newest version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.events import history
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Event
from jiangyuan.ui import merging, pages, parts
from jiangyuan.ui.forms import Summed
from jiangyuan.ui.merging import Merged, Text, Texts
from jiangyuan.ui.timeline import Moment, timeline

EDITED = "catalog.entry.edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How the fields of one form read: their names, what their texts say, the control of one filled with what was sent.

    `ticks`: fields of which nothing is sent when nothing is ticked. `item`: the data item a field belongs to (empty: the
    entry itself). `told`: under which name the act says that it changed one.
    """

    label: Callable[[str], Any]
    said: Callable[[str, Text], Any]
    form: Callable[[QueryDict], forms.Form]
    ticks: Callable[[str], bool]
    item: Callable[[str], str] = lambda name: ""
    told: Callable[[str], str] = lambda name: name


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field as the page shows it: on three sides, by whom and when it was changed, how one goes on with it."""

    name: str
    label: Any
    item: str
    before: Any
    theirs: Any
    mine: Any
    gone: bool
    by: Moment | None
    control: BoundField | None = None
    choice: str = ""
    missing: bool = False


def _after(entry: Entry, version: int) -> list[tuple[Event, Moment]]:
    """Give what was done to an entry since a version of it, newest first."""
    events = [e for e in history(object_type=entry._meta.label_lower, object_id=entry.pk) if _version(e) > version]
    return list(zip(events, timeline(events).moments, strict=True))


def _version(event: Event) -> int:
    return int(event.content["object"].get("version") or 0)


def _by(field: str, done: list[tuple[Event, Moment]]) -> Moment | None:
    """Give who changed a field last; whoever did something last when no event names it."""
    named = (
        m for e, m in done if field in e.payload.get("fields", ()) or (field == "items" and e.payload.get("items"))
    )
    return next(named, done[0][1] if done else None)


class _Rows:
    """Makes the rows of one page."""

    def __init__(self, kind: Kind, done: list[tuple[Event, Moment]], sent: QueryDict, mine: Texts) -> None:
        self.kind, self.done, self.sent = kind, done, sent
        self.form = kind.form(_filled(mine))

    def of(self, one: Merged, missing: frozenset[str] = frozenset()) -> Row:
        kind = self.kind
        bound = self.form[one.name] if one.clash and one.name in self.form.fields else None
        return Row(
            name=one.name,
            label=kind.label(one.name),
            item=kind.item(one.name),
            before=None if one.before is None else kind.said(one.name, one.before),
            theirs=None if one.theirs is None else kind.said(one.name, one.theirs),
            mine=None if one.mine is None else kind.said(one.name, one.mine),
            gone=one.theirs is None,
            by=_by(kind.told(one.name), self.done) if one.by_them else None,
            control=bound,
            choice=self.sent.get(merging.CHOOSE + one.name, ""),
            missing=one.name in missing,
        )


def merge_page(
    request: HttpRequest,
    entry: Entry,
    kind: Kind,
    *,
    theirs: Texts,
    mine: Texts,
    missing: frozenset[str] = frozenset(),
) -> HttpResponse:
    """Draw what two people changed. `entry` is as it stands now, `theirs` what its fields hold, `mine` what was sent."""
    was = merging.base_of(request)
    found = merging.merge(was.texts, theirs, mine)
    lost = [one for one in found if one.theirs is None and one.before is not None and one.by_me]
    clashes = [one for one in found if one.clash and one not in lost]
    taken = [one for one in found if (one.by_me or one.by_them) and not one.clash and one.value is not None]
    rows = _Rows(kind, _after(entry, was.version), request.POST, mine)
    base = f"/catalog/{entry.pk}/"
    header = parts.Header(
        title=_("合并两个人的修改"),
        crumbs=(
            parts.Link(title=_("数据目录"), url="/catalog/"),
            parts.Link(title=entry.name, url=base),
            parts.Link(title=_("合并两个人的修改"), current=True),
        ),
        lead=_("您打开以后，他人保存了新的内容。您填写的内容都在这里，尚未保存；核对后保存合并结果。"),
    )
    context = {
        "asked": [rows.of(one, missing) for one in clashes],
        "taken": [rows.of(one) for one in taken],
        "lost": [rows.of(one) for one in lost],
        "hidden": list(_hidden((one for one in found if not one.clash), kind.ticks)),
        "faults": [Summed(f"choose-{n}", kind.label(n), _("请选择采用哪一方的内容。")) for n in sorted(missing)],
        "moments": [moment for _event, moment in rows.done][:5],
        "action": "catalog.entry.edit",
        "url": request.get_full_path(),
        "was": merging.packed_of(request),
        "base": merging.seal(entry.version, theirs),
        "version": entry.version,
        "key": uuid7(),
        "back": base,
    }
    status = 422 if missing else 409
    return pages.page(request, "entries/merge.html", status=status, header=header, **context)


def _filled(mine: Texts) -> QueryDict:
    sent = QueryDict(mutable=True)
    for name, text in mine.items():
        sent.setlist(name, list(text))
    return sent


def _hidden(found: Iterable[Merged], ticks: Callable[[str], bool]) -> Iterable[tuple[str, str]]:
    """Give what is sent of fields that nobody is asked about; an emptied text is sent empty, to be emptied."""
    for one in found:
        for text in one.value or (() if one.value is None or ticks(one.name) else ("",)):
            yield one.name, text


def side(
    names: Iterable[str], sent: QueryDict, before: Texts, now: Texts, ticks: Callable[[str], bool]
) -> dict[str, Text]:
    """Give what was typed, by name; what did not stand on the form was not touched."""
    return {
        name: merging.plain(sent.getlist(name)) if name in sent or ticks(name) else before.get(name, now.get(name, ()))
        for name in names
    }
