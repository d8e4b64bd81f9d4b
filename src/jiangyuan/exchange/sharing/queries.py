"""Every read of sharing's own tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.catalog.entries.models import AUTHORITY
from jiangyuan.data.engines.postgres import run
from jiangyuan.data.plan import authorize
from jiangyuan.exchange.sharing.models import Case, CaseMember, Grant, Request
from jiangyuan.exchange.sharing.terms import LIVE
from jiangyuan.kernel import ciphers, events, vault
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.kernel.models import Access

FURTHER = frozenset(
    {
        "kernel.act.refused",
        "kernel.clock.due",
        "kernel.clock.overdue",
        "kernel.clock.escalated",
        "kernel.clock.met_late",
        "sharing.grant.made",
        "sharing.request.printed",
        "sharing.grant.printed",
    }
)
"""Events about requests and grants that no action of sharing is named after."""
ART25 = gettext_noop("《政务数据共享条例》第二十五条")


class NotListed(Refused):
    """The person is not listed in the case, or there is no such open case: both are told in the same words."""

    status = 403
    default_code = "sharing.not_listed"


def requests(*, actor: Actor) -> QuerySet[Request]:
    """Give the applications the actor may know of, newest first."""
    found = Request.visible_to(actor).select_related("consumer", "provider", "entry", "system", "mount")
    return found.order_by("-created_at")


DECIDED = frozenset({"agreed", "refused"})
"""States of a request in which the provider has spoken, so that its own papers about it are both sides'."""
INNER = frozenset(
    {
        "sharing.request.proposed",
        "sharing.request.sent_back",
        "sharing.request.signed",
        "sharing.request.withheld",
        "sharing.request.signatures_reckoned",
    }
)
"""Steps inside the provider: what they say is not told to the other side before the decision."""


def sees_proposal(asked: Request, actor: Actor | None) -> bool:
    """Tell whether what the provider's handler proposes may be told: inside the provider, to the authority, or to both
    sides once the provider has decided."""
    if asked.state in DECIDED:
        return True
    return actor is not None and (actor.body == asked.provider_id or actor.capacity in AUTHORITY)


def steps_told(asked: Request, actor: Actor | None) -> frozenset[str] | None:
    """Give the types of a request's events that may be told (None: all of them)."""
    if sees_proposal(asked, actor):
        return None
    kinds = {spec.event for spec in ACTIONS.values() if spec.event.startswith("sharing.")}
    return frozenset((kinds | FURTHER) - INNER)


def grants(*, actor: Actor, live_only: bool = False) -> QuerySet[Grant]:
    """Give the grants the actor may know of, newest first."""
    found = Grant.visible_to(actor).select_related("consumer", "provider", "entry", "system", "mount")
    return (found.filter(state__in=LIVE) if live_only else found).order_by("-created_at")


def cases(*, actor: Actor, open_only: bool = False) -> QuerySet[Case]:
    """Give the cases the actor may know of, newest first."""
    found = Case.visible_to(actor).select_related("system")
    if open_only:
        found = found.filter(closed_at__isnull=True, open_until__gte=timezone.localdate())
    return found.order_by("-created_at")


def open_case(*, system: UUID, number: str, purpose: str) -> Case:
    """Give the open case of a system under a number, for a purpose. Raises `NotListed`."""
    found = Case.objects.filter(system_id=system, number=number, purpose=purpose, closed_at__isnull=True)
    case = found.filter(open_until__gte=timezone.localdate()).first() if number else None
    if case is None:
        raise _not_listed()
    return case


def require_listed(case: Case, subject_pseudonym: bytes) -> None:
    """Refuse a person who is not listed in the case; `subject_pseudonym` as `kernel.vault.pseudonym` gives it."""
    if not CaseMember.objects.filter(case=case, subject=subject_pseudonym).exists():
        raise _not_listed()


def _not_listed() -> NotListed:
    return NotListed(
        _("该办件未办理中，或所查人员不在该办件的授权名单内"),
        where="case_number",
        article=ART25,
        mend=_("请核对办件编号；需要查询其他人员的，请取得其授权后登记办件。"),
    )


def live_on_entry(entry: UUID) -> int:
    """Count the grants that live on an entry."""
    return Grant.objects.filter(entry_id=entry, state__in=LIVE).count()


def live_on_mount(mount: UUID) -> int:
    """Count the grants that live on a mount."""
    return Grant.objects.filter(mount_id=mount, state__in=LIVE).count()


def holds_element(consumer: UUID, provider: UUID, element: UUID) -> bool:
    """Tell whether a body holds an active grant of another's on an item that follows an element."""
    held = Grant.objects.filter(
        consumer_id=consumer, provider_id=provider, active=True, entry__items__element_id=element
    )
    for grant in held.select_related("entry").distinct()[:200]:
        columns = {str(item["column"]) for item in grant.items}
        if grant.entry.items.filter(element_id=element, column__in=columns).exists():
            return True
    return False


EFFECTS: dict[str, Callable[[Grant], str]] = {}
"""What else stops when a grant does: rooms above register how they say it; an empty text says nothing."""
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Use:
    """How a grant was used lately: the last read, and the answers and refusals since a moment (at most 1000 told)."""

    last: datetime | None
    answered: int
    refused: int


def use_of(grant: Grant, *, since: datetime) -> Use:
    """Give how a grant was used; counting stops at a bound, so that a busy grant costs no more than another."""
    reads = Access.objects.filter(grant=grant.pk)
    last = reads.filter(phase__in=("whole", "finished")).order_by("-at", "-id").values_list("at", flat=True).first()
    late = reads.filter(at__gte=since)
    answered = late.filter(phase__in=("whole", "finished")).order_by()[:MOST_COUNTED].count()
    return Use(last, answered, late.filter(phase="refused").order_by()[:MOST_COUNTED].count())


def open_cases_of(grant: Grant) -> int:
    """Count the open cases that are served by a grant bound to cases."""
    if not grant.case_bound:
        return 0
    found = Case.objects.filter(system_id=grant.system_id, purpose=grant.purpose, closed_at__isnull=True)
    return found.filter(open_until__gte=timezone.localdate()).count()


@dataclass(frozen=True, slots=True)
class Shown:
    """The first rows of a grant: column names, and values as the grant shows them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def first_rows(grant: Grant, *, actor: Actor, scene: Scene, rows: int) -> Shown:
    """Read the first rows of a grant through door two, remembered like any other read. Raises what door two refuses."""
    plan = authorize(f"select * from {grant.mount.alias} limit {int(rows)}", actor=actor, scene=scene)
    relation = plan.relations[0]
    if relation.grant != grant.pk:
        raise NotFound(_("这项授权不能查询"), where="grant", mend=_("请改用授权中的核验或库表方式。"))
    reading = events.Reading(
        form="query",
        actor=actor,
        scene=scene,
        grants=((grant.pk, relation.epoch),),
        entry=grant.entry_id,
        query=f"page:{int(rows)}",
        data_version=relation.data_version,
    )
    read = events.start_access(reading)
    batches = [batch.to_pydict() for batch in run(plan, connection_url=settings().reader_url)]
    columns = tuple(batches[0]) if batches else ()
    found = tuple(row for batch in batches for row in zip(*batch.values(), strict=True))
    # keyed: a bare digest of a short answer could be found by trying all answers
    digest = ciphers.hmac_sm3(vault.standing_secret("answers"), repr(found).encode()).hex()
    events.finish_access(reading, read, rows=len(found), digest=digest)
    return Shown(columns, found)
