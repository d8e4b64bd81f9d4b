"""Every write of claims: lists issued, answers, demands for return flow. Pins move in `actions_pins`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.claims import rules
from jiangyuan.catalog.claims.models import Claim, ClaimList, Demand, Pin
from jiangyuan.catalog.claims.queries import version_of
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act, action, describe, emit
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.organization.queries import line_below

CLAIMS = service_actor("claims")
MOST = 200
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Cycle = Literal["realtime", "daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly", "irregular"]
Form = Literal["database", "spreadsheet", "file", "service", "image", "media", "described"]


def _about(values: Mapping[str, Any]) -> dict[str, str]:
    found = Entry.objects.filter(pk__in=values["entries"]).values_list("body__jurisdiction__code", flat=True)
    places = set(found)
    return {"jurisdiction": places.pop() if len(places) == 1 else ""}


@action("catalog.claimlist.issue", on=None, event="catalog.claimlist.issued", title=_("下发申领清单"), about=_about)
def issue(
    *,
    title: Annotated[str, StringConstraints(min_length=2, max_length=200)],
    entries: Annotated[list[UUID], Field(min_length=1, max_length=MOST)],
    actor: Actor,
) -> ClaimList:
    """Issue published entries of one upper body to every body of its line below; each is asked once about each entry."""
    wanted = list(dict.fromkeys(entries))
    found = list(Entry.objects.filter(pk__in=wanted, live_version__gt=0).select_related("body").order_by("pk"))
    if len(found) != len(wanted):
        raise NotFound(_("所选目录中有尚未发布的，或已撤销"), where="entries", mend=_("请只选已发布的目录。"))
    owners = {entry.body_id: entry.body for entry in found}
    if len(owners) != 1:
        raise Conflict(_("一份清单只含一个部门的目录"), where="entries", mend=_("请按部门分别下发。"))
    (line,) = owners.values()
    for entry in found:
        rules.require_original(Pin.objects.filter(entry=entry).exists(), entry.known_name)
    bodies = line_below(line)
    rules.require_line(len(bodies), str(line))
    known = set(Claim.objects.filter(entry__in=wanted).values_list("entry_id", "body_id"))
    fresh = [(entry, body) for entry in found for body in bodies if (entry.pk, body.pk) not in known]
    rules.require_new(len(fresh))
    by = actor.id if actor.kind == "person" else None
    made = ClaimList(title=title, line=line, created_by=by)
    made.save()
    for entry, body in fresh:
        claim = Claim(list=made, entry=entry, body=body, created_by=by, version=1)
        claim.save()
        emit("catalog.claim.asked", claim, entry=entry.pk, body=body.pk)
    describe(title=title, line=line.pk, entries=wanted, bodies=len(bodies), asked=len(fresh))
    return made


@action("catalog.claim.accept", on=Claim, event="catalog.claim.accepted", title=_("申领"))
def accept(
    claim: Claim,
    *,
    contact: Annotated[str, StringConstraints(max_length=60)] = "",
    contact_phone: Annotated[str, StringConstraints(max_length=40)] = "",
    format: Form | None = None,
    update_cycle: Cycle | None = None,
    scene: Scene,
    now: datetime,
) -> Claim:
    """Claim an upper entry: the body has its own, pinned to the version that is live above; what is local may be given."""
    upper = Entry.objects.get(pk=claim.entry_id)
    if not upper.live_version:
        raise Conflict(_("上级目录已撤销，不能申领"), where="entry", mend=_("请等上级重新发布，或选择本地不适用。"))
    version = version_of(upper, upper.live_version)
    rules.require_cycle(update_cycle or version.content["update_cycle"], version.content["update_cycle"])
    given = {"format": format, "update_cycle": update_cycle}
    local: dict[str, Any] = {"contact": contact, "contact_phone": contact_phone}
    local.update({name: value for name, value in given.items() if value is not None})
    local.update({"space_scope": claim.body.jurisdiction.name})
    own = act(
        "catalog.entry.adopt",
        actor=CLAIMS,
        scene=scene,
        body=claim.body_id,
        upper=upper.pk,
        number=version.number,
        content=version.content,
        local=local,
    )
    Pin.objects.create(entry=own, to=version)
    claim.own, claim.reason, claim.answered_at = own, "", now
    describe(entry=upper.pk, own=own.pk, number=version.number)
    return claim


@action("catalog.claim.decline", on=Claim, event="catalog.claim.declined", title=_("本地不适用"))
def decline(claim: Claim, *, reason: Reason, now: datetime) -> Claim:
    """Answer that the entry does not apply to this body, and why."""
    claim.reason, claim.answered_at = reason, now
    describe(entry=claim.entry_id, reason=reason)
    return claim


@action("catalog.claim.hold_above", on=Claim, event="catalog.claim.held_above", title=_("上级已有"))
def hold_above(claim: Claim, *, reason: Reason, now: datetime) -> Claim:
    """Answer that the data are held above: what is needed of them is filed as a demand for return flow (art. 24)."""
    claim.reason, claim.answered_at = reason, now
    demand = Demand(claim=claim, body=claim.body, entry=claim.entry, needs=reason, version=1)
    demand.save()
    emit("catalog.demand.filed", demand, claim=claim.pk, entry=claim.entry_id, body=claim.body_id, needs=reason)
    describe(entry=claim.entry_id, reason=reason, demand=demand.pk)
    return claim


@action("catalog.claim.reconsider", on=Claim, event="catalog.claim.reconsidered", title=_("重新答复"))
def reconsider(claim: Claim, *, reason: Reason, now: datetime) -> Claim:
    """Take an answer back to answer anew; a demand that it filed is withdrawn."""
    for demand in Demand.objects.filter(claim=claim, withdrawn_at__isnull=True):
        demand.withdrawn_at = now
        demand.save()
    claim.reason, claim.answered_at = "", None
    describe(entry=claim.entry_id, reason=reason)
    return claim


@action("catalog.claim.release", on=Claim, event="catalog.claim.released", title=_("解除申领"))
def release(claim: Claim) -> Claim:
    """Ask a claim again whose own entry was withdrawn; that entry keeps its pin, and is nobody's claim any more."""
    describe(entry=claim.entry_id, own=claim.own_id)
    claim.own, claim.answered_at = None, None
    return claim


@action("catalog.claim.lose", on=Claim, event="catalog.claim.upper_lost", title=_("上级目录已撤销"))
def lose(claim: Claim, *, at: datetime) -> Claim:
    """Ask a claimant what becomes of its own entry, now that the upper one is withdrawn.

    What its entry says of where it comes from is no longer so, which is a change of the entry's own information: the
    clock of that runs, as it does for an upper version to be taken over.
    """
    clockwork.start(Claim.LIMIT, claim, body=claim.body_id, on=local_day(at))
    describe(entry=claim.entry_id, own=claim.own_id)
    return claim


@action("catalog.claim.keep", on=Claim, event="catalog.claim.kept", title=_("保留为本部门目录"))
def keep(claim: Claim, *, reason: Reason, now: datetime) -> Claim:
    """Keep the claimed entry as the body's own: its pin is taken away, and nothing of it is locked any more."""
    Pin.objects.filter(entry_id=claim.own_id).delete()
    _settle(claim, reason, now)
    return claim


@action("catalog.claim.give_up", on=Claim, event="catalog.claim.given_up", title=_("放弃申领，撤销本部门目录"))
def give_up(claim: Claim, *, reason: Reason, actor: Actor, scene: Scene, now: datetime) -> Claim:
    """Give the claim up and withdraw its own entry with it; refused, as every withdrawal is, while grants live on it."""
    act("catalog.entry.withdraw", claim.own_id, actor=actor, scene=scene, reason=reason)
    _settle(claim, reason, now)
    return claim


@action("catalog.claim.close", on=Claim, event="catalog.claim.closed", title=_("了结申领"))
def close(claim: Claim, *, at: datetime) -> Claim:
    """Close a claim whose upper entry was withdrawn, and then its own."""
    _settle(claim, "", at)
    return claim


def _settle(claim: Claim, reason: str, at: datetime) -> None:
    claim.reason, claim.answered_at = reason, at
    clockwork.meet(claim, on=local_day(at))
    describe(entry=claim.entry_id, own=claim.own_id, reason=reason)
