"""The registers by hand, and what ties entries to them. Excuses and imports stand beside."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.duties import counts, rules
from jiangyuan.catalog.duties.models import Cover, Obligation, ObligationVersion
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import ApplicationSystem, Body

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Short = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Share = Literal["unconditional", "conditional", "none"]
CONTENT = ("name", "content", "source_list", "category", "document", "article", "materials", "valid_from", "valid_to")


def about_body(values: Any) -> dict[str, Any]:
    """Give what policies may ask of something new: its body and jurisdiction."""
    found = Body.objects.select_related("jurisdiction").filter(pk=values["body"]).first()
    return {"body": str(values["body"]), "jurisdiction": found.jurisdiction.code if found else ""}


@action(
    "catalog.obligation.register",
    on=None,
    event="catalog.obligation.registered",
    title=_("登记职责或事项"),
    about=about_body,
)
def register(
    *,
    body: UUID,
    kind: Literal["duty", "matter"],
    code: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)],
    name: Name,
    source_list: Literal["", "mandate", "powers"] = "",
    category: Annotated[str, StringConstraints(max_length=40)] = "",
    content: Text = "",
    document: Name,
    article: Short = "",
    materials: list[Annotated[str, StringConstraints(max_length=200)]] | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Obligation:
    """Register a duty or a service matter of a body by hand. Refuses a code that the body's register holds already."""
    owner = Body.objects.filter(pk=body, active=True).first()
    if owner is None:
        raise NotFound(_("没有这个部门"), where="body", mend=_("请从列出的部门中选择。"))
    if not (rules.MATTER if kind == "matter" else rules.CODE).match(code):
        mend = (
            _("事项编码为 8 至 40 位大写字母和数字。") if kind == "matter" else _("编号用字母、数字和汉字，不含空格。")
        )
        raise Refused(_("编码的写法不对"), where="code", mend=mend)
    if kind == "duty" and not source_list:
        raise Refused(_("请写明职责出自哪份清单"), where="source_list", mend=_("三定规定或权责清单，选其一。"))
    if Obligation.objects.filter(kind=kind, body=owner, code=code).exists():
        raise Conflict(_("该部门已登记这个编号"), where="code", mend=_("请核对编号；内容有变化的，请打开原项修改。"))
    start = valid_from or timezone.localdate()
    rules.require_days(start, valid_to)
    made = Obligation(
        kind=kind, body=owner, code=code, name=name, source_list=source_list if kind == "duty" else "", category=category,
        content=content, document=document, article=article, materials=(materials or [])[:100], valid_from=start,
        valid_to=valid_to, in_force=rules.in_force(start, valid_to, today=timezone.localdate()),
    )  # fmt: skip
    made.save()
    counts.recount([owner.pk])
    describe(kind=kind, code=code, body=owner.pk)
    return made


def keep_version(obligation: Obligation, *, reason: str, until: date) -> None:
    """Keep what an obligation says before it is altered."""
    last = ObligationVersion.objects.filter(obligation=obligation).aggregate(last=Max("number"))["last"] or 0
    content = {
        name: value.isoformat() if isinstance(value, date) else value
        for name in CONTENT
        for value in [getattr(obligation, name)]
    }
    ObligationVersion.objects.create(
        obligation=obligation, number=last + 1, content=content, until=until, reason=reason
    )


@action("catalog.obligation.alter", on=Obligation, event="catalog.obligation.altered", title=_("调整职责或事项"))
def alter(
    obligation: Obligation,
    *,
    reason: Reason,
    name: Name | None = None,
    category: Annotated[str, StringConstraints(max_length=40)] | None = None,
    content: Text | None = None,
    document: Name | None = None,
    article: Short | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Obligation:
    """Alter an obligation; what it said stays as a version. `valid_from` is the day from which the new text holds."""
    _require_by_hand(obligation)
    today = timezone.localdate()
    start = valid_from or today
    rules.require_days(start, valid_to or obligation.valid_to)
    keep_version(obligation, reason=reason, until=start - timedelta(days=1))
    given = {"name": name, "category": category, "content": content, "document": document, "article": article}
    given |= {"valid_to": valid_to}
    changes = {key: value for key, value in given.items() if value is not None and value != getattr(obligation, key)}
    if not changes:
        raise Refused(_("没有改动"), where="name", mend=_("请改动内容后提交，或返回。"))
    for key, value in changes.items():
        setattr(obligation, key, value)
    counts.settle(obligation)
    obligation.save()
    counts.recount([obligation.body_id])
    describe(fields=sorted(changes), since=start)
    return obligation


@action("catalog.obligation.retire", on=Obligation, event="catalog.obligation.retired", title=_("停用职责或事项"))
def retire(obligation: Obligation, *, last_day: date | None = None, reason: Reason) -> Obligation:
    """End an obligation with a last day (today if none is given); from the next day it counts no more."""
    _require_by_hand(obligation)
    day = last_day or timezone.localdate() - timedelta(days=1)
    keep_version(obligation, reason=reason, until=day)
    obligation.valid_to = max(day, obligation.valid_from - timedelta(days=1))
    counts.settle(obligation)
    obligation.save()
    counts.recount([obligation.body_id])
    describe(last_day=day)
    return obligation


def _require_by_hand(obligation: Obligation) -> None:
    if obligation.system_id is not None:
        raise Refused(
            _("信息系统随登记的应用系统更新，不在这里修改"), where="kind", mend=_("请在应用系统的登记中修改。")
        )


# --- what covers ------------------------------------------------------------------------------------------------------


@action("catalog.obligation.link", on=Obligation, event="catalog.obligation.linked", title=_("关联目录"))
def link(obligation: Obligation, *, entry: UUID, actor: Actor) -> Obligation:
    """Tie an entry of the same body to an obligation; it covers once it is published."""
    found = Entry.visible_to(actor).filter(pk=entry).first()
    if found is None:
        raise NotFound(_("没有找到这项目录"), where="entry", mend=_("请从列出的目录中选择。"))
    _tie(obligation, found)
    return obligation


def _tie(obligation: Obligation, entry: Entry) -> None:
    rules.require_same_body(entry.body_id, obligation.body_id)
    rules.require_fitting(kind=obligation.kind, state=entry.state, nature=getattr(entry, "nature", ""))
    if Cover.objects.filter(obligation=obligation, entry=entry).exists():
        raise Conflict(_("已经关联这项目录"), where="entry", mend=_("无需重复关联。"))
    Cover.objects.create(obligation=obligation, entry=entry)
    coverage = counts.settle(obligation)
    counts.recount([obligation.body_id])
    describe(entry=entry.pk, coverage=coverage)


@action("catalog.obligation.unlink", on=Obligation, event="catalog.obligation.unlinked", title=_("取消关联"))
def unlink(obligation: Obligation, *, entry: UUID, reason: Reason) -> Obligation:
    """Untie an entry: by its body, or by the authority where it does not cover what it is said to."""
    gone, _by = Cover.objects.filter(obligation=obligation, entry_id=entry).delete()
    if not gone:
        raise NotFound(_("没有关联这项目录"), where="entry", mend=_("请刷新页面核对。"))
    coverage = counts.settle(obligation)
    counts.recount([obligation.body_id])
    describe(entry=entry, reason=reason, coverage=coverage)
    return obligation


@action("catalog.obligation.write", on=Obligation, event="catalog.obligation.written", title=_("编制目录"))
def write(
    obligation: Obligation,
    *,
    table: UUID,
    name: Name | None = None,
    summary: Annotated[str, StringConstraints(max_length=4000)] = "",
    share_type: Share = "conditional",
    share_condition: Annotated[str, StringConstraints(max_length=2000)] = "",
    actor: Actor,
) -> Entry:
    """Draft the entry that is missing from a scanned table, tied to the obligation from the first moment."""
    given = {"name": name} if name else {}
    entry = act(
        "catalog.entry.draft",
        actor=actor,
        table=table,
        summary=summary,
        share_type=share_type,
        share_condition=share_condition,
        **given,
    )
    _tie(obligation, entry)
    return entry


# --- what follows by itself -------------------------------------------------------------------------------------------


@action(
    "catalog.obligation.follow",
    on=None,
    event="catalog.obligation.followed",
    title=_("随应用系统登记更新"),
)
def follow(*, system: UUID) -> Obligation:
    """Register an application system as something to be covered, or bring its row up to date. Idempotent."""
    # the handler of its registration and the hourly look may come at once
    found = ApplicationSystem.objects.select_for_update(no_key=True).get(pk=system)
    kept = Obligation.objects.filter(system=found).first()
    today = timezone.localdate()
    made = kept or Obligation(kind="system", system=found, valid_from=timezone.localdate(found.created_at))
    moved = made.body_id if kept else None
    made.body, made.code, made.name, made.content = found.body, found.code, found.name, found.purpose
    if found.active:
        made.valid_to = None
    elif made.valid_to is None:
        made.valid_to = today - timedelta(days=1)
    if kept is None:
        made.document = ""
        made.save()
    counts.settle(made)
    made.save()
    counts.recount({found.body_id, *([moved] if moved else [])})
    describe(system=found.pk, code=found.code, body=found.body_id)
    return made
