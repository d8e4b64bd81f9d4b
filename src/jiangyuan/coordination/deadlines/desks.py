"""On whose desk an extension and an overdue matter lie, and the words of their forms."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.coordination.deadlines.models import OVERSEERS, Extension, Overdue
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import objects, states, wording
from jiangyuan.ui.fields import Shown


def _decides(actor: Actor, state: str) -> Q | None:
    if state != "asked" or actor.capacity != "authority_head":
        return None
    return Q(body__jurisdiction__code=actor.jurisdiction) & ~Q(created_by=actor.id)


def _supervises(actor: Actor, state: str) -> Q | None:
    if state != "open" or actor.capacity not in OVERSEERS:
        return None
    return Q(body__jurisdiction__code=actor.jurisdiction) & ~Q(body_id=actor.body)


def register_pages() -> None:
    """Register kinds, tones and words."""
    states.register_tones({"asked": "running", "open": "bad", "urged": "warn"})
    objects.register(
        objects.Kind(
            model=Extension,
            title=_("延期申请"),
            url=lambda one: f"/clocks/extensions/{one.pk}/",
            related=("clock", "body"),
            waits={"asked": "deadlines.extension.approve"},
            desk=_decides,
            mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
            sender=lambda one: one.body_id,
        ),
        objects.Kind(
            model=Overdue,
            title=_("超期督促"),
            url=lambda one: f"/clocks/overdue/{one.pk}/",
            related=("clock", "body"),
            waits={"open": "deadlines.overdue.urge"},
            desk=_supervises,
            sender=lambda one: one.body_id,
        ),
    )
    wording.say(
        "deadlines.extension.ask",
        clock=Shown(hidden=True),
        days=Shown(label=_("延长"), unit=_("个工作日"), help=_("不超过规定的上限，须在期限届满前申请。")),
        reason=wording.reason(_("写明特殊原因；主管部门据此决定（条例第十七条、第二十一条）。")),
    )
    wording.say("deadlines.extension.refuse", reason=wording.reason())
    wording.say(
        "deadlines.overdue.urge",
        words=Shown(label=_("督促意见"), help=_("写明要求何时办结，对方会看到。"), control="textarea"),
    )
    wording.say(
        "deadlines.calendar.take", body=Shown(hidden=True), clocks=Shown(hidden=True), digest=Shown(hidden=True)
    )
    wording.say("deadlines.overdue.open", clock=Shown(hidden=True))
