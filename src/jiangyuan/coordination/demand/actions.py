"""Every write of demands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.coordination.demand.models import Demand
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import Body

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2000)]


@action(
    "demand.demand.file",
    on=None,
    event="demand.demand.filed",
    title=_("登记数据需求"),
    about=lambda values: {"body": str(values["body"])},
)
def file(
    *,
    body: UUID,
    name: Name,
    matter: Prose,
    basis: Prose,
    holder: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = "",
    searched: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = "",
) -> Demand:
    """Tell the authority of data that a body needs and did not find. Refuses the same demand twice while it is open."""
    if not Body.objects.filter(pk=body, active=True).exists():
        raise NotFound(_("没有这个部门"), where="body")
    if Demand.objects.filter(body_id=body, name=name, state="filed").exists():
        mend = _("请等主管部门答复，或撤回先前的需求后重新登记。")
        raise Conflict(_("本部门已登记同名的需求，正待答复"), where="name", mend=mend)
    made = Demand.objects.create(body_id=body, name=name, matter=matter, basis=basis, holder=holder, searched=searched)
    describe(name=name, searched=searched, holder=holder)
    return made


@action("demand.demand.answer", on=Demand, event="demand.demand.answered", title=_("答复需求"), approves=True)
def answer(
    demand: Demand,
    *,
    outcome: Literal["found", "to_compile", "unavailable"],
    answer: Prose,
    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = "",
    actor: Actor,
    now: datetime,
) -> Demand:
    """Answer a demand. `code` names the published entry that serves it: needed where one is said to, refused elsewhere."""
    demand.entry = _serving(outcome, code)
    demand.outcome, demand.answer = outcome, answer
    demand.answered_by, demand.answered_at = actor.id, now
    describe(outcome=outcome, entry=demand.entry_id)
    return demand


def _serving(outcome: str, code: str) -> Entry | None:
    if outcome != "found":
        if code:
            raise Refused(_("只有目录可以满足时才填写目录代码"), where="code", mend=_("请清空目录代码，或改选结果。"))
        return None
    entry = Entry.objects.filter(code=code, live_version__gt=0).first() if code else None
    if entry is None:
        raise Refused(_("没有这个代码的已发布目录"), where="code", mend=_("请填写已发布目录的完整代码。"))
    return entry


@action("demand.demand.withdraw", on=Demand, event="demand.demand.withdrawn", title=_("撤回需求"))
def withdraw(demand: Demand) -> Demand:
    """Take a demand back before it is answered."""
    describe(name=demand.name)
    return demand
