"""Every write of docking: catalogues docked to, what they are told, and their receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange.actions_harvest import require_address
from jiangyuan.catalog.interchange.docking import profiles, secret_place
from jiangyuan.catalog.interchange.models import Docking, Push
from jiangyuan.kernel import jobs, vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import Conflict, Refused

BATCH = 2000
MOST_ATTEMPTS = 8


@action(
    "catalog.docking.register",
    on=None,
    event="catalog.docking.registered",
    title=_("登记对接目录"),
    about=lambda values: {"body": str(values["body"])},
)
def register(
    *,
    body: UUID,
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)],
    profile: Annotated[str, StringConstraints(max_length=40)],
    address: Annotated[str, StringConstraints(min_length=8, max_length=500)],
    account: Annotated[str, StringConstraints(max_length=120)] = "",
    secret: Annotated[str, Field(max_length=500)] = "",
) -> Docking:
    """Register a catalogue elsewhere that is told of the jurisdiction's published entries under a profile."""
    require_address(address)
    if profile not in profiles():
        raise Refused(_("没有这个对接配置"), where="profile", mend=_("请从列出的配置中选择。"))
    made = Docking(body_id=body, name=name, profile=profile, address=address.rstrip("/"), account=account)
    if secret:
        _key, made.sealed_secret = vault.seal(secret.encode(), subject=f"docking:{made.pk}", place=secret_place(made))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise Conflict(_("这个地址已经登记"), where="address", mend=_("请在对接目录中找到它。")) from error
    describe(profile=profile, address=address)
    return made


@action("catalog.docking.push", on=Docking, event="catalog.docking.push_asked", title=_("推送已发布目录"))
def push(docking: Docking, *, now: datetime) -> Docking:
    """Ask that every published version the other side has not taken yet be told; refused ones are told again."""
    if not docking.active:
        raise Conflict(_("这个对接已停用"), where="active", mend=_("请先恢复。"))
    told = Push.objects.filter(docking=docking, number=F("entry__live_version"))
    fresh = (
        Entry.objects.filter(live_version__gt=0, body__jurisdiction=docking.body.jurisdiction, harvested_as=None)
        .exclude(pk__in=told.values("entry"))
        .order_by("pk")
        .values_list("pk", "live_version")[:BATCH]
    )
    made = [Push(docking=docking, entry_id=pk, number=number) for pk, number in fresh]
    Push.objects.bulk_create(made, ignore_conflicts=True)
    again = told.filter(status="refused").update(status="waiting", attempts=0)
    docking.last_run_at = now
    describe(fresh=len(made), again=again)
    jobs.defer("interchange.push", docking=str(docking.pk), lock=f"docking:{docking.pk}")
    return docking


@action("catalog.docking.stop", on=Docking, event="catalog.docking.stopped", title=_("停用对接"))
def stop(docking: Docking) -> Docking:
    """Tell the other catalogue nothing more; receipts stay."""
    docking.active = False
    return docking


@action("catalog.docking.keep_receipt", on=Push, event="catalog.docking.received", title=_("留存回执"))
def keep_receipt(push: Push, *, number: str, answer: Any, now: datetime) -> Push:
    """Keep the receipt as it came."""
    push.status, push.receipt_number, push.receipt, push.error = "accepted", number, answer, None
    push.attempts, push.answered_at = push.attempts + 1, now
    describe(docking=push.docking_id, entry=push.entry_id, number=push.number, receipt=number)
    return push


@action("catalog.docking.report_failed", on=Push, event="catalog.docking.failed", title=_("报告推送未成"))
def report_failed(push: Push, *, error: dict[str, str], again: bool, now: datetime) -> Push:
    """Record why a version was not taken; `again`: nothing is wrong with it, it is tried again, eight times in all."""
    push.attempts += 1
    push.status = "failing" if again and push.attempts < MOST_ATTEMPTS else "refused"
    push.error, push.answered_at = error, now
    describe(docking=push.docking_id, entry=push.entry_id, number=push.number, code=error.get("code", ""), again=again)
    return push
