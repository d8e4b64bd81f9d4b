"""Review, publication, revision and withdrawal of entries. Loaded with `actions`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.actions import Text, place
from jiangyuan.catalog.entries.models import CodeSequence, Entry, EntryVersion, FormerCode
from jiangyuan.catalog.entries.queries import snapshot
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.clocks import local_day
from jiangyuan.organization.models import Body


@action("catalog.entry.submit", on=Entry, event="catalog.entry.submitted", title=_("提交目录"))
def submit(entry: Entry, *, actor: Actor) -> Entry:
    """Submit an entry to the head of the data-sharing office. Refuses one that lacks what art. 13-16 demand."""
    place(entry, entry.classification)
    rules.require_complete(
        name=entry.name,
        summary=entry.summary,
        items=entry.items.count(),
        share_type=entry.share_type,
        share_condition=entry.share_condition,
        share_basis=entry.share_basis,
        share_methods=entry.share_methods,
        secrecy_result=entry.secrecy_result,
        privacy_result=entry.privacy_result,
    )
    entry.submitted_by, entry.return_reasons = actor.id, {}
    return entry


@action("catalog.entry.endorse", on=Entry, event="catalog.entry.endorsed", title=_("同意报送"), approves=True)
def endorse(entry: Entry) -> Entry:
    """The head of the data-sharing office agrees (数据共享工作机构负责人); the department's head is next."""
    return entry


@action("catalog.entry.approve", on=Entry, event="catalog.entry.approved", title=_("审核同意"), approves=True)
def approve(entry: Entry, *, now: datetime) -> Entry:
    """The department's head agrees; the authority's two working days begin (art. 17)."""
    authority = _authority_of(entry)
    clockwork.start("catalog.publish", entry, body=authority.pk if authority else None, on=local_day(now))
    return entry


@action("catalog.entry.return", on=Entry, event="catalog.entry.returned", title=_("退回纠正"), approves=True)
def return_for_correction(
    entry: Entry,
    *,
    reasons: Annotated[dict[str, Text], Field(max_length=100)] | None = None,
    reason: Text | None = None,
    now: datetime,
) -> Entry:
    """Return an entry for correction, with the reason per field; `reason` concerns the whole, as when several are returned."""
    reasons = {**(reasons or {}), **({"whole": reason} if reason else {})}
    rules.require_reasons(reasons)
    entry.return_reasons = reasons
    clockwork.meet(entry, "catalog.publish", on=local_day(now))
    describe(fields=sorted(reasons))
    return entry


@action("catalog.entry.publish", on=Entry, event="catalog.entry.published", title=_("审核发布"), approves=True)
def publish(entry: Entry, *, now: datetime) -> Entry:
    """Publish: give the code (once, or anew when the class has changed), keep the version, and make it everybody's to find."""
    give_code(entry, now)
    entry.relations.filter(dropped=False).update(known=True)
    entry.relations.filter(dropped=True).update(known=False)
    announce(entry, now)
    return entry


def announce(entry: Entry, now: datetime) -> None:
    """Make what an entry says its next live version, known to everybody."""
    entry.live_version += 1
    entry.published_at = now
    entry.make_known()
    clockwork.meet(entry, on=local_day(now))
    EntryVersion.objects.create(entry=entry, number=entry.live_version, content=snapshot(entry))
    describe(code=entry.code, number=entry.live_version, grade=entry.grade, share_type=entry.share_type)


def give_code(entry: Entry, now: datetime) -> None:
    """Give an entry the next code of its class, if it has none of it yet; the code it had goes on finding it."""
    if entry.code is not None:
        if entry.code.partition("/")[0] == entry.classification:
            return
        FormerCode.objects.create(entry=entry, code=entry.code, given_at=entry.published_at, ended_at=now)
    entry.code = next_code(entry.classification)


def next_code(classification: str) -> str:
    """Give a code that was never given, here or where an entry came from."""
    rules.require_prefix(classification)
    CodeSequence.objects.get_or_create(prefix=classification)
    sequence = CodeSequence.objects.select_for_update().get(prefix=classification)
    while True:
        sequence.last += 1
        code = rules.resource_code(classification, sequence.last)
        if not (Entry.objects.filter(code=code).exists() or FormerCode.objects.filter(code=code).exists()):
            break
    sequence.save()
    return code


def _authority_of(entry: Entry) -> Body | None:
    return Body.objects.filter(is_authority=True, jurisdiction=entry.body.jurisdiction, active=True).first()


@action("catalog.entry.revise", on=Entry, event="catalog.entry.revised", title=_("修订目录"))
def revise(
    entry: Entry,
    *,
    trigger: Literal["law_or_duty", "own_information"],
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)],
    actor: Actor,
    scene: Scene,
) -> Entry:
    """Begin a revision beside the live version; the clock depends on what triggered it (art. 17, or the plan's 20 days)."""
    rules.record_trigger(entry, trigger, reason, actor, scene)
    entry.secrecy_result = entry.privacy_result = ""
    describe(trigger=trigger, reason=reason)
    return entry


@action("catalog.entry.withdraw", on=Entry, event="catalog.entry.withdrawn", title=_("撤销目录"))
def withdraw(
    entry: Entry, *, reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)], now: datetime
) -> Entry:
    """Withdraw an entry, by the head once it was published; refused while grants live on it (art. 27).

    Its code is never given again, and no clock runs on it any more.
    """
    if entry.live_version:
        rules.require_unshared(entry.pk)
    entry.live_version = 0
    clockwork.meet(entry, on=local_day(now))
    describe(reason=reason, code=entry.code)
    return entry
