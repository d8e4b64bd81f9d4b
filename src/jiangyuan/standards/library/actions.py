"""Every write of the library besides drafting: opinions, issue, supersession, adoption."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Actor, service_actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.organization.models import Body
from jiangyuan.standards.library import known, rules
from jiangyuan.standards.library.models import Adoption, Opinion, Standard

STANDARDS = service_actor("standards")
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


@action("standards.library.install", on=None, event="standards.library.installed", title=_("装入国家标准目录"))
def install() -> int:
    """Name the national standards that the platform refers to, as in force; gives how many are new."""
    made = 0
    for one in known.documents():
        _kept, new = Standard.objects.get_or_create(
            number=one.number,
            edition=one.edition,
            defaults={
                "name": one.name,
                "area": one.area,
                "kind": "document",
                "level": "national",
                "state": "issued",
                "summary": one.note,
                "effective_on": one.effective_on,
            },
        )
        made += new
    describe(standards=made)
    return made


@action("standards.standard.ask", on=Standard, event="standards.standard.opinions_asked", title=_("征求意见"))
def ask(standard: Standard, *, until: date, now: datetime) -> Standard:
    """Put a draft before all bodies for opinions, until a day (included)."""
    rules.require_substance(kind=standard.kind, text=standard.text, content=standard.content)
    rules.require_period(until, local_day(now))
    standard.opinions_until = until
    describe(until=until)
    return standard


@action("standards.standard.take_back", on=Standard, event="standards.standard.taken_back", title=_("收回修改"))
def take_back(standard: Standard, *, reason: Reason) -> Standard:
    """Take a draft back from opinions for correction; the opinions stay with it."""
    standard.opinions_until = None
    describe(reason=reason)
    return standard


@action("standards.standard.drop", on=Standard, event="standards.standard.dropped", title=_("终止起草"))
def drop(standard: Standard, *, reason: Reason) -> Standard:
    """End a draft that nobody goes on with."""
    describe(reason=reason)
    return standard


def _standard(pk: UUID) -> Standard:
    found = Standard.objects.select_related("body__jurisdiction").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这项标准"), where="standard", mend=_("请返回标准库核对。"))
    return found


@action("standards.opinion.give", on=None, event="standards.opinion.given", title=_("提出意见"))
def give(
    *,
    standard: UUID,
    clause: Annotated[str, StringConstraints(max_length=120)] = "",
    text: Said,
    actor: Actor,
    now: datetime,
) -> Opinion:
    """Give an opinion of one's body on a draft, on a clause or the whole."""
    kept = _standard(standard)
    rules.require_open(kept.state, kept.opinions_until, local_day(now))
    describe(standard=kept.pk, clause=clause)
    return Opinion.objects.create(standard=kept, body_id=actor.body, clause=clause, text=text)


@action("standards.opinion.answer", on=Opinion, event="standards.opinion.answered", title=_("答复意见"))
def answer(
    opinion: Opinion,
    *,
    result: Literal["adopted", "partly", "declined"],
    answer: Said,
    actor: Actor,
    now: datetime,
) -> Opinion:
    """Answer an opinion: adopted, partly, or declined, with the reason."""
    rules.require_unanswered(opinion.result)
    opinion.result, opinion.answer, opinion.answered_by, opinion.answered_at = result, answer, actor.id, now
    describe(standard=opinion.standard_id, result=result)
    return opinion


@action("standards.standard.issue", on=Standard, event="standards.standard.issued", title=_("发布标准"), approves=True)
def issue(standard: Standard, *, effective_on: date | None = None, actor: Actor, now: datetime) -> Standard:
    """Issue a standard: its content comes into force, and the edition before it is superseded.

    Refused while opinions may come or wait for answers, and by whoever drafted it. What is executable is in force at once;
    `effective_on` says from when bodies have to keep to it.
    """
    today = local_day(now)
    unanswered = standard.opinions.filter(result="").count()
    rules.require_settled(unanswered=unanswered, until=standard.opinions_until, today=today)
    before = Standard.objects.filter(number=standard.number, state="issued").exclude(pk=standard.pk).first()
    if before is not None:
        standard.supersedes = before
        act("standards.standard.supersede", before.pk, actor=STANDARDS, by=standard.pk)
    standard.issued_on, standard.issued_by = today, actor.id
    standard.effective_on = effective_on or today
    put_into_force(standard)
    describe(number=standard.number, edition=standard.edition, kind=standard.kind, code=standard.code)
    return standard


def put_into_force(standard: Standard) -> None:
    """Carry the content of a standard over into the executable part of the room."""
    given: dict[str, Any] = {**standard.content, "code": standard.code, "edition": standard.edition}
    cited = f"{standard.number}（{standard.edition}）"[:120]  # i18n: how a number and its edition are cited
    if standard.kind == "element":
        act("standards.element.put", actor=STANDARDS, name=standard.name[:120], standard=cited, **given)
    elif standard.kind == "code_set":
        act("standards.code_set.put", actor=STANDARDS, name=standard.name[:120], standard=cited, **given)
    elif standard.kind == "table_model":
        facts = {"name": standard.name[:120], "standard": cited, "description": standard.summary[:1000]}
        act("standards.table_model.put", actor=STANDARDS, **facts, **given)


@action("standards.standard.supersede", on=Standard, event="standards.standard.superseded", title=_("由新版代替"))
def supersede(standard: Standard, *, by: UUID) -> Standard:
    """Give way to the next edition."""
    describe(by=by, number=standard.number, edition=standard.edition)
    return standard


@action("standards.standard.abolish", on=Standard, event="standards.standard.abolished", title=_("废止标准"))
def abolish(standard: Standard, *, reason: Reason) -> Standard:
    """End a standard without another in its place. What it put into force stays until something else does."""
    describe(reason=reason, number=standard.number)
    return standard


@action("standards.adoption.record", on=None, event="standards.adoption.recorded", title=_("登记采用"))
def adopt(
    *,
    standard: UUID,
    since: date,
    scope: Annotated[str, StringConstraints(max_length=400)] = "",
    actor: Actor,
) -> Adoption:
    """Record that one's body adopted this edition of a standard, since when and for what."""
    kept = _standard(standard)
    rules.require_issued(kept.state)
    body = Body.objects.filter(pk=actor.body, active=True).first()
    if body is None:
        raise NotFound(_("没有这个部门"), where="body")
    if Adoption.objects.filter(standard=kept, body=body).exists():
        raise Conflict(_("本部门已登记采用这个版本"), where="standard", mend=_("新版发布后可再登记。"))
    describe(standard=kept.pk, number=kept.number, edition=kept.edition, since=since)
    return Adoption.objects.create(standard=kept, body=body, since=since, scope=scope)
