"""What the tour asks: which request it follows, and which of its steps the memory knows as done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.delivery.models import Warning
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.queries import requests
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Access, Clock, Event
from jiangyuan.portal.tour.steps import HELPERS, STEPS, Step
from jiangyuan.ui.session import Guest

OFFERED = 5
CHANNEL = "portal"


@dataclass(frozen=True, slots=True)
class Thread:
    """What the tour follows: a request made in the portal, the grant it led to, and when it began."""

    request: Request | None
    grant: Grant | None
    since: datetime | None


SEEN = 500
"""Requests of an actor, the newest, among which the tour looks for one that is late."""


def threads(actor: Actor) -> list[Request]:
    """Give the newest requests that somebody opened in the portal, as far as the actor may see them."""
    opened = Event.objects.filter(type="sharing.request.opened").order_by("-at").values_list("object_id", "canonical")
    ids = [pk for pk, canonical in opened[:50] if b'"channel":"portal"' in bytes(canonical)]
    rows = (
        requests(actor=actor).filter(pk__in=ids).order_by("-created_at").select_related("entry", "consumer", "provider")
    )
    return list(rows[:OFFERED])


def thread(actor: Actor, chosen: str = "") -> Thread:
    """Give the request that the tour follows: the one chosen by its id, else the newest made in the portal."""
    offered = threads(actor)
    request = next((one for one in offered if str(one.pk) == chosen), offered[0] if offered else None)
    grant = Grant.objects.filter(request=request).first() if request else None
    return Thread(request, grant, request.created_at if request else None)


def done(of: Thread, actor: Actor) -> dict[str, datetime]:
    """Give when each step was done, by its code, as far as the actor may know; a step that is not done is not there."""
    things = [one.pk for one in (of.request, of.grant) if one is not None]
    types = [type for step in STEPS for type in step.events]
    first: dict[str, datetime] = {}
    for type, at in (
        Event.objects.filter(object_id__in=things, type__in=types).order_by("-at").values_list("type", "at")
    ):
        first[type] = at
    found = {step.code: first[type] for step in STEPS for type in step.events if type in first}
    # the event of an answer names the grant it made, and the request has it in its own state
    if of.grant is not None and "agree" not in found:
        found["agree"] = of.grant.created_at
    _add(found, "use", _first_read(of.grant))
    _add(found, "correction", _correction())
    # the demonstration tells everybody its one story; elsewhere a warning is its own body's alone
    warnings = Warning.objects if HELPERS else Warning.visible_to(actor)
    _add(found, "warning", warnings.filter(acknowledged_at__isnull=False).order_by("-acknowledged_at")
         .values_list("acknowledged_at", flat=True).first())  # fmt: skip
    late = _late(actor)
    if late is not None and "withdraw" in found:  # it ran out by itself: the last stop, not done before the others
        overdue = Event.objects.filter(type="kernel.clock.overdue", object_id=late.object_id).order_by("-at")
        _add(found, "late", overdue.values_list("at", flat=True).first())
    return found


def _add(found: dict[str, datetime], code: str, at: datetime | None) -> None:
    if at is not None:
        found[code] = at


def _late(actor: Actor) -> Clock | None:
    """Give the clock that ran out first on a request that the actor may see, among the newest of those."""
    seen = requests(actor=actor).order_by("-created_at").values_list("pk", flat=True)[:SEEN]
    late = Clock.objects.filter(status=Clock.OVERDUE, object_type="sharing.request", object_id__in=list(seen))
    return late.order_by("due_on").first()


def _first_read(grant: Grant | None) -> datetime | None:
    if grant is None:
        return None
    reads = Access.objects.filter(grant=grant.pk, phase__in=("finished", "whole")).order_by("at")
    return reads.values_list("at", flat=True).first()


def _correction() -> datetime | None:
    """Give when rows left after the newest correction that was asked for: what arrives, not that it was asked."""
    asked = Event.objects.filter(type="stagehand.correction.asked").order_by("-at").values_list("at", flat=True).first()
    if asked is None:
        return None
    return Access.objects.filter(form="table", at__gt=asked).order_by("at").values_list("at", flat=True).first()


def page_of(step: Step, of: Thread, actor: Actor) -> str:
    """Give the page on which a step is done; empty while there is nothing to open yet."""
    request, grant = of.request, of.grant
    if step.page in ("request", "review"):
        tail = "review/" if step.page == "review" else ""
        return f"/exchange/requests/{request.pk}/{tail}" if request else ""
    if step.page in ("data", "withdraw"):
        tail = "data/" if step.page == "data" else ""
        return f"/exchange/grants/{grant.pk}/{tail}" if grant else ""
    if step.page == "late":
        late = _late(actor)
        return f"/exchange/requests/{late.object_id}/" if late else ""
    return _PAGES.get(step.page, "")


_PAGES = {
    "find": "/catalog/?state=published",
    "deliveries": "/exchange/deliveries/",
    "warnings": "/exchange/warnings/?state=open",
}


def example(actor: Actor, guests: Sequence[Guest]) -> Entry | None:
    """Give data to begin with in the demonstration: of another body, whose two desks may both be signed in as."""
    names = {guest.username for guest in guests}
    aliases = [name.removesuffix(".head") for name in names if name.endswith(".head")]
    providers = [alias for alias in aliases if f"{alias}.handler" in names]
    offered = Entry.visible_to(actor).filter(state="published", body__alias__in=providers)
    return offered.exclude(body=actor.body).select_related("body").order_by("code").first()


def ledger() -> str:
    """Give the page of the general ledger; empty while it is not installed."""
    try:
        return reverse("ledger")
    except NoReverseMatch:
        return ""


def bodies_of(of: Thread) -> dict[str, UUID]:
    """Give the two sides of the road."""
    if of.request is None:
        return {}
    return {"consumer": of.request.consumer_id, "provider": of.request.provider_id}
