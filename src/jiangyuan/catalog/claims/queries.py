"""Every read of claims: what is locked, who was asked and what they answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from jiangyuan.catalog.claims import rules
from jiangyuan.catalog.claims.models import LOCAL, Claim, ClaimList, Pin, Proposal
from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.catalog.entries.queries import Locked
from jiangyuan.kernel.actor import Actor


def pinned(entry: UUID) -> dict[str, Any] | None:
    """Give what the version says that an entry is pinned to; None for one that was not claimed."""
    return Pin.objects.filter(entry_id=entry).values_list("to__content", flat=True).first()


def locks_of(entry: UUID) -> Locked | None:
    """Say what is locked of an entry; None for one that was not claimed."""
    content = pinned(entry)
    if content is None:
        return None
    return Locked(
        fields=frozenset(content) - {*LOCAL, "items"},
        columns=frozenset(item["column"] for item in content["items"]),
        cycle=content["update_cycle"],
        grade=content["grade"],
    )


def claims(*, actor: Actor) -> QuerySet[Claim]:
    """Give the claims the actor may know of, with their entries and bodies."""
    return Claim.visible_to(actor).select_related(
        "entry__body__jurisdiction", "body__jurisdiction", "list", "own__pin__to"
    )


def proposals(*, actor: Actor) -> QuerySet[Proposal]:
    """Give the proposals the actor may know of."""
    return Proposal.visible_to(actor).select_related("claim__entry__body", "claim__body__jurisdiction", "claim__own")


def lists(*, actor: Actor) -> QuerySet[Any]:
    """Give the issued lists with how many were asked and what they answered."""
    told = {
        state: Count("claims", filter=Q(claims__state=state)) for state in ("claimed", "inapplicable", "held_above")
    }
    asked = ClaimList.visible_to(actor).select_related("line__jurisdiction")
    return asked.annotate(asked=Count("claims"), waiting=Count("claims", filter=Q(claims__state="waiting")), **told)


def version_of(entry: Entry, number: int) -> EntryVersion:
    """Give one published version of an entry."""
    return EntryVersion.objects.get(entry=entry, number=number)


def changes(proposal: Proposal) -> list[dict[str, Any]]:
    """List what moving the pin changes for the claimant: locked fields and items of the two upper versions."""
    entry = proposal.claim.entry
    before, after = version_of(entry, proposal.pinned).content, version_of(entry, proposal.number).content
    return rules.locked_differences(before, after, LOCAL)
