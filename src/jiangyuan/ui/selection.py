"""Several rows at once: which acts are possible for all of them, and each row acted on by itself, through `act`.

What the page offers is a convenience; `act` decides for every row anew. Ids that the actor may not see are not acted
on, and are not told apart from ids that do not exist. Sent twice, done once: each row has a number made of the
submission's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel.actions import ACTIONS, act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import objects, pages, steps
from jiangyuan.ui.forms import KEY, ActionForm, form_for
from jiangyuan.ui.listing import Listing
from jiangyuan.ui.parts import Badge, Batch, Button, Choice, Column, Empty, Header, Link, Mark, Notice, Part, Table
from jiangyuan.ui.session import require_actor, scene_of

MOST = 200
"""Rows of one batch: a page holds no more."""
DO, ACT, ROW = "_do", "_act", "_row"
"""What a submission says: that it is a batch, which act, and of each row its id and the version that was seen."""
_DANGER = ("withdraw", "stop", "retire", "remove", "disable", "revoke", "give_up", "cancel")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One row that was chosen: the item of the list, what is acted on, and the version the person saw."""

    item: Any
    thing: Record
    version: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: `why` and how to mend it are empty when the act was carried out."""

    chosen: Chosen
    why: str = ""
    mend: str = ""


def _target(listing: Listing, item: Any) -> Record | None:
    return listing.target(item) if listing.target is not None else item


def _possible(thing: Record, wanted: Sequence[str], actor: Actor, known: dict[Any, bool]) -> tuple[str, ...]:
    """Give the wanted acts that the state table and the policies allow; rows alike are asked about once."""
    desk = steps.on_desk(thing, actor) if isinstance(thing, Stated) else list(wanted)
    free = thing.workflow is None
    found = []
    for name in (name for name in wanted if name in ACTIONS):
        if not free and name not in desk and thing.workflow.governs(name):
            continue
        alike = (name, getattr(thing, "state", ""), repr(thing.policy_attributes()), actor.id in thing.authors())
        if alike not in known:
            known[alike] = steps.permitted(name, thing, actor)
        if known[alike]:
            found.append(name)
    return tuple(found)


def marks_of(listing: Listing, actor: Actor) -> list[Mark | None]:
    """Give the rows that may be chosen, each with what may be done with it; None for a row with nothing to do."""
    known: dict[Any, bool] = {}
    marks: list[Mark | None] = []
    for item, row in zip(listing.items, listing.rows, strict=True):
        thing = _target(listing, item)
        acts = _possible(thing, listing.acts, actor, known) if thing is not None else ()
        label = str(getattr(row[0], "title", "") or getattr(row[0], "text", "") or row[0])
        marks.append(Mark(value=f"{item.pk}.{thing.version}", label=label, acts=acts) if acts and thing else None)
    return marks


def batch_of(marks: Sequence[Mark | None], order: Sequence[str], url: str) -> Batch | None:
    """Give the bar of a list with rows to choose: every act that some row allows, in the list's order."""
    offered = {code for mark in marks if mark for code in mark.acts}
    if not offered:
        return None
    acts = tuple(Choice(code=n, title=ACTIONS[n].title, danger=_dangerous(n)) for n in order if n in offered)
    return Batch(acts=acts, url=url, key=str(uuid7()), rows=sum(mark is not None for mark in marks))


def _dangerous(action: str) -> bool:
    return action.rsplit(".", 1)[-1] in _DANGER


def _weighty(action: str) -> bool:
    """Tell whether the chosen rows are shown once more before anything is done: it asks, ends, or decides something."""
    return steps.asks(action) or _dangerous(action) or ACTIONS[action].approves


def _sent(request: HttpRequest) -> dict[UUID, int | None]:
    """Read the rows that were sent; what is no id counts as a row that is not found."""
    found: dict[UUID, int | None] = {}
    for text in request.POST.getlist(ROW)[:MOST]:
        key, _dot, version = text[:60].partition(".")
        try:
            found[UUID(key)] = int(version[:9]) if version.isdecimal() else None
        except ValueError:
            continue
    return found


def _read(listing: Listing, wanted: dict[UUID, int | None], actor: Actor) -> list[Chosen]:
    """Give the chosen rows among all that the actor may see, whatever the list is narrowed to by now."""
    rows = listing.found.model.visible_to(actor).filter(pk__in=wanted)
    rows.query.select_related = listing.found.query.select_related
    items = {item.pk: item for item in rows}
    chosen = []
    for key in wanted:
        thing = _target(listing, items[key]) if key in items else None
        if thing is not None:
            chosen.append(Chosen(items[key], thing, wanted[key]))
    return chosen


def batch_page(request: HttpRequest, listing: Listing, header: Header) -> HttpResponse:
    """Answer a batch that was sent: ask what the act asks, or carry it out row by row and say what became of each.

    Raises `NotFound` for an act that this list does not offer.
    """
    actor = require_actor(request)
    action = request.POST.get(ACT, "")
    if action not in listing.acts or action not in ACTIONS:
        raise NotFound(_("没有这项操作"), mend=_("请返回列表，重新选择。"))
    wanted = _sent(request)
    chosen = _read(listing, wanted, actor)
    missing = len(request.POST.getlist(ROW)[:MOST]) - len(chosen)
    back = request.get_full_path()
    if not chosen:
        return _nothing(request, header, action, back, missing)
    asked = _weighty(action)
    sure = request.POST.get("_sure") == "1"
    form = _form(action, request, asked=sure)
    if asked and (not sure or not form.is_valid()):
        return _asking(request, form, chosen, header, actor, back)
    if not asked and not form.is_valid():
        raise Refused(_("提交的内容不完整"), mend=_("请返回列表，重新选择。"))
    outcomes = [_carry_out(request, action, one, form, actor) for one in chosen]
    return _told(request, action, outcomes, missing, header, back)


def _form(action: str, request: HttpRequest, *, asked: bool) -> ActionForm:
    """Make the form of the act, with the chosen rows as hidden fields."""
    data = request.POST if asked or not _weighty(action) else None
    form = form_for(action, data=data, url=request.get_full_path())
    hidden = {DO: "batch", ACT: action, "_sure": "1"}
    for name, text in hidden.items():
        form.fields[name] = forms.CharField(required=False, widget=forms.HiddenInput)
        form.initial[name] = text
    form.fields[ROW] = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    form.initial[ROW] = request.POST.getlist(ROW)[:MOST]
    form.initial[KEY] = request.POST.get(KEY, "")[:60] or str(uuid7())
    form.danger = _dangerous(action)
    form.cancel_url = request.get_full_path()
    return form


def _asking(
    request: HttpRequest, form: ActionForm, chosen: Sequence[Chosen], header: Header, actor: Actor, back: str
) -> HttpResponse:
    """Ask once for all rows, showing which of them can be acted on now."""
    known: dict[Any, bool] = {}
    name = form.spec.name
    able = [bool(_possible(one.thing, (name,), actor, known)) for one in chosen]
    yes, no = Badge(label=_("可以办理"), tone="good"), Badge(label=_("目前不能办理"), tone="closed")
    rows = [(_link(one), yes if can else no) for one, can in zip(chosen, able, strict=True)]
    table = Table(
        caption=ngettext("所选 %(n)s 项", "所选 %(n)s 项", len(chosen)) % {"n": len(chosen)},
        show_caption=True,
        columns=(Column(title=_("名称")), Column(title=_("能否办理"))),
        rows=rows,
        empty=Empty(title=_("没有选中"), why=""),
    )
    form.submit = ngettext("%(act)s（%(n)s 项）", "%(act)s（%(n)s 项）", sum(able)) % {
        "act": form.spec.title,
        "n": sum(able),
    }
    head = _head(form.spec.title, header, back, _("每一项分别办理并留痕；不能办理的会说明原因，不影响其他各项。"))
    return pages.page(
        request, "ui/detail.html", status=422 if form.is_bound else 200, header=head, sections=(table, form)
    )


def _carry_out(request: HttpRequest, action: str, one: Chosen, form: ActionForm, actor: Actor) -> Outcome:
    verb = action.rsplit(".", 1)[-1]
    number = f"{form.idempotency_key}.{verb}.{one.thing.pk}"[:120] if form.idempotency_key else None
    try:
        act(
            action,
            one.thing.pk,
            actor=actor,
            scene=scene_of(request),
            expected_version=one.version,
            idempotency_key=number,
            **form.values,
        )
    except Refused as refusal:
        why = str(refusal.message)
        if refusal.article:
            why = _("%(message)s（%(article)s）") % {"message": why, "article": cite(refusal.article)}
        return Outcome(one, why, str(refusal.mend or ""))
    return Outcome(one)


def _told(
    request: HttpRequest, action: str, outcomes: Sequence[Outcome], missing: int, header: Header, back: str
) -> HttpResponse:
    title = ACTIONS[action].title
    done = sum(not one.why for one in outcomes)
    left = len(outcomes) - done
    above: list[Part] = []
    if done:
        said = ngettext("%(act)s：%(n)s 项已办理。", "%(act)s：%(n)s 项已办理。", done)
        above.append(Notice(title=said % {"act": title, "n": done}, tone="good"))
    if left:
        text = _("原因见下表；其他各项不受影响。")
        said = ngettext("%(n)s 项没有办理。", "%(n)s 项没有办理。", left)
        above.append(Notice(title=said % {"n": left}, text=text, tone="warn"))
    if missing:
        above.append(_unseen(missing))
    return pages.page(
        request,
        "ui/detail.html",
        header=_head(title, header, back),
        above=above,
        sections=(_outcomes(outcomes), _button(back, header)),
    )


def _outcomes(outcomes: Sequence[Outcome]) -> Table:
    yes, no = Badge(label=_("已办理"), tone="good"), Badge(label=_("没有办理"), tone="warn")
    return Table(
        caption=_("办理结果"),
        columns=(
            Column(title=_("名称")),
            Column(title=_("结果")),
            Column(title=_("原因")),
            Column(title=_("怎样处理")),
        ),
        rows=[
            (_link(o.chosen), no if o.why else yes, o.why, o.mend) for o in sorted(outcomes, key=lambda o: not o.why)
        ],
        empty=Empty(title=_("没有选中"), why=""),
    )


def _nothing(request: HttpRequest, header: Header, action: str, back: str, missing: int) -> HttpResponse:
    above = (_unseen(missing),) if missing else ()
    empty = Empty(
        title=_("没有选中要办理的内容"),
        why=_("请在列表左侧勾选一项或几项，再点要办的事。"),
        action=_button(back, header),
    )
    head = _head(ACTIONS[action].title, header, back)
    return pages.page(request, "ui/detail.html", status=422, header=head, above=above, sections=(empty,))


def _unseen(missing: int) -> Notice:
    text = _("可能已移走，或不在您的查看范围内。")
    return Notice(
        title=ngettext("%(n)s 项没有找到。", "%(n)s 项没有找到。", missing) % {"n": missing}, text=text, tone="warn"
    )


def _link(one: Chosen) -> Link:
    kind = objects.kind_of(one.thing._meta.label_lower)
    return Link(title=kind.name(one.thing) if kind else str(one.item), url=kind.url(one.thing) if kind else "")


def _head(title: Any, header: Header, back: str, lead: Any = "") -> Header:
    crumbs = (*header.crumbs, Link(title=header.title, url=back), Link(title=title, current=True))
    return Header(title=title, crumbs=crumbs, lead=lead)


def _button(back: str, header: Header) -> Button:
    return Button(title=_("返回“%(list)s”") % {"list": header.title}, url=back, kind="plain", icon="arrow-left")
