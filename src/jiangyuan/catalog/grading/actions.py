"""Every write of grading."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.grading import rules
from jiangyuan.catalog.grading.models import Proposal
from jiangyuan.catalog.grading.queries import facts_of
from jiangyuan.kernel import jobs
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound

DECIDED = ("confirmed", "changed")


def _entry_attributes(values: dict) -> dict:
    entry = Entry.objects.select_related("body__jurisdiction").filter(pk=values["entry"]).first()
    return entry.policy_attributes() if entry else {"body": ""}


def _entry(pk: UUID) -> Entry:
    found = Entry.objects.select_related("body").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这条目录"), where="entry", mend=_("请返回目录列表核对。"))
    return found


@action("catalog.grading.ask", on=None, event="catalog.grading.asked", title=_("提出分级建议"), about=_entry_attributes)
def ask(*, entry: UUID) -> None:
    """Ask for proposals for every item of an entry; they are made in the background, with statistics where they can be read."""
    kept = _entry(entry)
    describe(entry=kept.pk)
    jobs.defer("catalog.grading.propose", entry=str(kept.pk))


@action(
    "catalog.grading.propose",
    on=None,
    event="catalog.grading.proposed",
    title=_("记录分级建议"),
    about=_entry_attributes,
)
def propose(*, entry: UUID, identifiers: dict[str, tuple[str, float]], sampled: bool) -> int:
    """Propose a grade for each item of an entry; gives how many proposals are new. What was decided and is proposed no
    otherwise stays decided."""
    kept = _entry(entry)
    known = {one.item_id: one for one in Proposal.objects.filter(entry=kept, current=True)}
    facts = facts_of(kept, identifiers)
    verdicts = rules.judge(kept.name, [fact for _item, fact in facts])
    made = 0
    for (item, _fact), verdict in zip(facts, verdicts, strict=True):
        before = known.get(item.pk)
        if (
            before is not None
            and before.decided
            and (before.grade, before.personal) == (verdict.grade, verdict.personal)
        ):
            continue
        if before is not None:
            Proposal.objects.filter(pk=before.pk).update(current=False)
        Proposal.objects.create(
            entry=kept,
            item=item,
            grade=verdict.grade,
            personal=verdict.personal,
            meaning=verdict.meaning,
            confidence=Decimal(str(verdict.confidence)),
            reasons=[list(reason) for reason in verdict.reasons],
            sampled=sampled and item.column in identifiers,
        )
        made += 1
    describe(entry=kept.pk, proposed=len(verdicts), new=made, sampled=sampled)
    return made


@action("catalog.proposal.confirm", on=Proposal, event="catalog.proposal.confirmed", title=_("按建议定级"))
def confirm(proposal: Proposal, *, actor: Actor, now: datetime) -> Proposal:
    """Give the item the grade, personal mark and default mask that were proposed, by the entry's own act."""
    rules.require_open(proposal.decided)
    _decide(proposal, proposal.grade, proposal.personal, "confirmed", "", actor, now)
    return proposal


@action("catalog.proposal.change", on=Proposal, event="catalog.proposal.changed", title=_("另定级别"))
def change(
    proposal: Proposal,
    *,
    grade: Annotated[int, Field(ge=1, le=4)],
    personal: bool = False,
    reason: Annotated[str, StringConstraints(max_length=1000)] = "",
    actor: Actor,
    now: datetime,
) -> Proposal:
    """Give the item another grade than was proposed, with the reason."""
    rules.require_open(proposal.decided)
    changed = (grade, personal) != (proposal.grade, proposal.personal)
    rules.require_reason(changed, reason)
    _decide(proposal, grade, personal, "changed" if changed else "confirmed", reason, actor, now)
    return proposal


def _decide(
    proposal: Proposal, grade: int, personal: bool, decided: str, reason: str, actor: Actor, now: datetime
) -> None:
    item = proposal.item
    suggested = item.element.mask if item.element is not None else {}
    mask = rules.default_mask(grade, proposal.meaning, item.type, item.mask or suggested)
    edited = {"column": item.column, "name": item.name, "grade": grade, "personal": personal, "mask": mask}
    act("catalog.entry.edit", proposal.entry_id, actor=actor, items=[edited])
    proposal.decided, proposal.decided_grade, proposal.reason = decided, grade, reason
    proposal.decided_by, proposal.decided_at = actor.id, now
    describe(entry=proposal.entry_id, column=item.column, proposed=proposal.grade, grade=grade)
