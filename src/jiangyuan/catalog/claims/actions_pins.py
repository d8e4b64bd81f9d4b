"""Moving pins: a later upper version is proposed, taken over, or objected to. Loaded with `actions`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.claims.actions import CLAIMS, Reason
from jiangyuan.catalog.claims.models import LOCAL, Claim, Pin, Proposal
from jiangyuan.catalog.claims.queries import changes, version_of
from jiangyuan.catalog.claims.states import PENDING
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound


@action("catalog.proposal.make", on=None, event="catalog.proposal.made", title=_("提出新版本"))
def make(*, claim: UUID, number: int, trigger: str, published_at: datetime) -> Proposal:
    """Propose the upper entry's later version to a claimant; its clock runs from the day of publication (art. 17).

    An open proposal is moved on to this version, and its clock stays.
    """
    held = Claim.objects.select_for_update(of=("self",)).filter(pk=claim, state="claimed").first()
    pin = Pin.objects.select_related("to").filter(entry=held.own_id).first() if held is not None else None
    if held is None or pin is None or pin.to.number >= number:
        raise NotFound(_("没有要更新的申领目录"), where="claim")
    known = Proposal.objects.filter(claim=held, state__in=PENDING).first()
    if known is not None:
        known.number = max(known.number, number)
        describe(claim=held.pk, number=known.number)
        return known
    made = Proposal(claim=held, pinned=pin.to.number, number=number, trigger=trigger)
    made.save()
    clockwork.start(Proposal.LIMITS[trigger], made, body=held.body_id, on=local_day(published_at))
    describe(claim=held.pk, number=number, trigger=trigger)
    return made


@action("catalog.proposal.move", on=Proposal, event="catalog.proposal.moved", title=_("更新至新版本"))
def move(proposal: Proposal, *, scene: Scene, now: datetime) -> Proposal:
    """Move the pin to the proposed upper version: the claimed entry is published anew, its local fields stay."""
    claim = Claim.objects.select_for_update(of=("self",)).get(pk=proposal.claim_id)
    pin = Pin.objects.select_for_update(of=("self",)).filter(entry_id=claim.own_id).first()
    if claim.state != "claimed" or pin is None or claim.own is None or not claim.own.live_version:
        raise Conflict(_("本部门的目录已撤销，无需更新"), where="claim", mend=_("请刷新页面，重新答复申领。"))
    changed = len(changes(proposal))
    version = version_of(claim.entry, proposal.number)
    was = [item["column"] for item in pin.to.content["items"]]
    pin.to = version
    pin.version += 1
    pin.save()
    act(
        "catalog.entry.follow",
        claim.own_id,
        actor=CLAIMS,
        scene=scene,
        upper=claim.entry_id,
        number=version.number,
        content=version.content,
        local=list(LOCAL),
        dropped=was,
    )
    clockwork.meet(proposal, on=local_day(now))
    describe(entry=claim.own_id, number=version.number, changed=changed)
    return proposal


@action("catalog.proposal.object", on=Proposal, event="catalog.proposal.objected", title=_("提出异议"))
def object_to(proposal: Proposal, *, reason: Reason, now: datetime) -> Proposal:
    """Object to the later version, with reasons; the clock stands until the upper body has answered."""
    proposal.objection, proposal.answer = reason, ""
    clockwork.pause(proposal, on=local_day(now))
    describe(reason=reason, number=proposal.number)
    return proposal


@action("catalog.proposal.uphold", on=Proposal, event="catalog.proposal.upheld", title=_("维持新版本"))
def uphold(proposal: Proposal, *, reason: Reason, now: datetime) -> Proposal:
    """The upper body keeps to its version, and says why; the claimant's clock goes on."""
    proposal.answer = reason
    clockwork.resume(proposal, on=local_day(now))
    describe(reason=reason, number=proposal.number)
    return proposal


@action("catalog.proposal.concede", on=Proposal, event="catalog.proposal.conceded", title=_("接受异议"))
def concede(proposal: Proposal, *, reason: Reason, now: datetime) -> Proposal:
    """The upper body agrees with the objection: the pin stays, and its next version will be proposed anew."""
    proposal.answer = reason
    clockwork.meet(proposal, on=local_day(now))
    describe(reason=reason, number=proposal.number)
    return proposal


@action("catalog.proposal.end", on=Proposal, event="catalog.proposal.ended", title=_("终止更新提议"))
def end(proposal: Proposal, *, at: datetime) -> Proposal:
    """End a proposal whose entry, above or below, was withdrawn."""
    clockwork.meet(proposal, on=local_day(at))
    describe(claim=proposal.claim_id)
    return proposal
