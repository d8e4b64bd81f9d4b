"""On whose desk a needed update lies, what an entry's page says of it, and the words of its forms."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.updates import queries
from jiangyuan.catalog.updates.models import Update
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import objects, parts, states, steps, tabs, wording
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.timeline import register_event_titles

RECORD = "catalog.update.record"


def _desk(actor: Actor, state: str) -> Q | None:
    if state != "needed" or actor.capacity not in ("business_office", "sharing_handler"):
        return None
    return Q(entry__body_id=actor.body)


def on_entry(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    """Show on an entry's page which updates are open, each with its clock, and offer to record another."""
    shown: list[parts.Part] = []
    open_now = queries.open_of(entry, actor=actor)
    if open_now:
        rows = tuple(
            parts.Definition(
                term=parts.Link(title=one.get_trigger_display(), url=f"/catalog/updates/{one.pk}/"),  # type: ignore[attr-defined]
                value=objects.clock_of(one) or "",
                help=one.reason,
            )
            for one in open_now
        )
        shown.append(parts.Definitions(title=gettext("更新时限"), rows=rows))
    if entry.live_version and may_record(entry, actor):
        shown.append(
            parts.Button(title=gettext("记录更新事由"), url=f"/catalog/updates/new/?entry={entry.pk}", kind="plain")
        )
    return tuple(shown)


def may_record(entry: Entry, actor: Actor) -> bool:
    """Ask whether the actor may record a trigger on an entry."""
    place = entry.body.jurisdiction.code
    return steps.may_begin(RECORD, actor, body=str(entry.body_id), jurisdiction=place)


def register_pages() -> None:
    """Register kind, tones, titles, words, and the part on the entry's page."""
    states.register_tones({"needed": "warn", "revising": "running", "updated": "good", "unneeded": "closed", "lapsed": "closed"})  # fmt: skip
    register_event_titles({"catalog.update.recorded": _("记录更新事由")})
    objects.register(
        objects.Kind(
            model=Update,
            title=_("目录更新"),
            url=lambda update: f"/catalog/updates/{update.pk}/",
            name=lambda update: update.entry.known_name,
            related=("entry__body",),
            waits={"needed": "catalog.update.begin"},
            desk=_desk,
            mine=lambda actor: Q(entry__body_id=actor.body) if actor.body else None,
            sender=lambda update: update.entry.body_id,
            holder=lambda update: update.entry.body_id,
        )
    )
    tabs.register(tabs.Tab(label="entries.entry", code="", title=_("更新时限"), order=5, draw=on_entry))
    _register_words()


def _register_words() -> None:
    trigger = Shown(
        label=_("因何更新"),
        help=_("法律法规或职责变化 10 个工作日（经批准可延长 5 个），自身信息变化 20 个工作日。"),
        choices=Update.TRIGGERS,
        control="radio",
    )
    wording.say(
        RECORD,
        entries=Shown(hidden=True),
        trigger=trigger,
        reason=wording.reason(_("写明哪部法律法规、哪项职责或哪项信息变了，影响目录的哪些内容。")),
        occurred_on=Shown(label=_("变化发生日"), help=_("时限自变化发生之日起算；不填为今天。")),
    )
    wording.say("catalog.update.excuse", reason=wording.reason(_("写明这项变化为什么不影响目录内容，审计人员会看到。")))
    wording.say("catalog.update.meet", number=Shown(hidden=True), published_at=Shown(hidden=True))
    wording.say("catalog.update.lapse", withdrawn_at=Shown(hidden=True))
