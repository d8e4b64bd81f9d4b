"""Which department is the source of an element: proposed, answered, decided. Repeated collections stand beside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.onesource import counts
from jiangyuan.catalog.onesource.models import RUNNING, Designation
from jiangyuan.catalog.onesource.rules import ART19
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import Body, Jurisdiction
from jiangyuan.standards.models import DataElement

Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def _about(values: Any) -> dict[str, Any]:
    found = Body.objects.select_related("jurisdiction").filter(pk=values["body"]).first()
    return {"jurisdiction": found.jurisdiction.code if found else ""}


@action(
    "catalog.designation.propose",
    on=None,
    event="catalog.designation.proposed",
    title=_("提出数源部门"),
    about=_about,
)
def propose(*, element: UUID, body: UUID, basis: Reason) -> Designation:
    """Propose a body of the actor's jurisdiction as the source of an element, with its duty as basis (art. 19)."""
    known = DataElement.objects.filter(pk=element).first()
    owner = Body.objects.select_related("jurisdiction").filter(pk=body, active=True).first()
    if known is None or owner is None:
        missing = "element" if known is None else "body"
        raise NotFound(_("没有找到所选的数据元或部门"), where=missing, mend=_("请从列出的选项中选择。"))
    line = counts.line_of(known, Jurisdiction.objects.get(pk=owner.jurisdiction_id))
    if Designation.objects.filter(line=line, state__in=RUNNING).exists():
        raise Conflict(_("这一数据元的指定正在办理"), where="element", mend=_("请先办结，或不予指定后重新提出。"))
    if Designation.objects.filter(line=line, state="decided", body=owner).exists():
        raise Conflict(_("该部门已是这一数据元的数源部门"), where="body", mend=_("无需重复指定。"))
    made = Designation.objects.create(line=line, body=owner, basis=basis)
    counts.keep(line)
    describe(element=known.code, body=owner.pk)
    return made


@action(
    "catalog.designation.consent", on=Designation, event="catalog.designation.consented", title=_("同意作为数源部门")
)
def consent(designation: Designation) -> Designation:
    """The body agrees to answer for the element."""
    return designation


@action("catalog.designation.object", on=Designation, event="catalog.designation.objected", title=_("提出异议"))
def object_to(designation: Designation, *, reason: Reason) -> Designation:
    """The body objects and says who should answer for the element, or why nobody can."""
    designation.answer = reason
    return designation


@action(
    "catalog.designation.decide",
    on=Designation,
    event="catalog.designation.decided",
    title=_("确定数源部门"),
    approves=True,
)
def decide(
    designation: Designation,
    *,
    ruling: Annotated[str, StringConstraints(max_length=2000)] = "",
    now: datetime,
) -> Designation:
    """The authority's head decides; a source decided before is replaced. Over an objection he says why (art. 19)."""
    if designation.state == "objected" and not ruling.strip():
        raise Refused(
            _("部门有异议，须写明决定的理由"), where="ruling", article=ART19, mend=_("请回应部门提出的异议。")
        )
    replaced = Designation.objects.filter(line=designation.line, state="decided").update(state="ended")
    designation.ruling, designation.decided_at = ruling, now
    Designation.objects.filter(pk=designation.pk).update(state="decided")
    counts.keep(designation.line)
    describe(element=designation.line.element.code, body=designation.body_id, replaced=replaced)
    return designation


@action("catalog.designation.drop", on=Designation, event="catalog.designation.dropped", title=_("不予指定"))
def drop(designation: Designation, *, reason: Reason, actor: Actor) -> Designation:
    """The authority does not pursue a designation that is under way."""
    designation.ruling = reason
    Designation.objects.filter(pk=designation.pk).update(state="dropped")
    counts.keep(designation.line)
    return designation


@action(
    "catalog.designation.end",
    on=Designation,
    event="catalog.designation.ended",
    title=_("取消数源指定"),
    approves=True,
)
def end(designation: Designation, *, reason: Reason) -> Designation:
    """The authority's head ends a designation; the element has no source until another is decided."""
    designation.ruling = reason
    Designation.objects.filter(pk=designation.pk).update(state="ended")
    counts.keep(designation.line)
    describe(element=designation.line.element.code)
    return designation
