"""On whose desk a designation and a repeated collection lie, and where they stand in the portal."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.onesource.line_pages import of_entry
from jiangyuan.catalog.onesource.models import Designation, Repetition
from jiangyuan.catalog.onesource.states import DESK, REVIEWERS
from jiangyuan.catalog.onesource.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states, tabs
from jiangyuan.ui.timeline import register_event_titles


def designation_desk(actor: Actor, state: str) -> Q | None:
    """Say which designations lie on the actor's desk: the body answers, the authority's head decides."""
    if state == "proposed":
        return Q(body_id=actor.body) if actor.capacity in ("sharing_head", "department_head") else None
    if state in ("consented", "objected") and actor.capacity == "authority_head":
        return Q(line__jurisdiction__code=actor.jurisdiction) & ~Q(created_by=actor.id)
    return None


def repetition_desk(actor: Actor, state: str) -> Q | None:
    """Say which repeated collections lie on the actor's desk: the body answers and mends, the authority judges."""
    if state in ("flagged", "mending"):
        return Q(body_id=actor.body) if actor.capacity in DESK else None
    if state == "answered" and actor.capacity in REVIEWERS:
        return Q(line__jurisdiction__code=actor.jurisdiction) & ~Q(answered_by=actor.id)
    return None


def register_pages() -> None:
    """Register kinds, words, tabs, tones and navigation."""
    register_words()
    states.register_tones(
        {"consented": "running", "objected": "warn", "decided": "good", "dropped": "closed", "ended": "closed",
         "flagged": "warn", "repetition.answered": "running", "mending": "running", "settled": "good", "excepted": "good",
         "lapsed": "closed"}
    )  # fmt: skip
    register_event_titles({"catalog.repetition.flagged": _("发现重复采集")})
    tabs.register(tabs.Tab(label="entries.entry", code="", title=_("概况"), order=120, draw=of_entry))
    objects.register(
        objects.Kind(
            model=Designation,
            title=_("数源部门指定"),
            url=lambda one: f"/one-source/designations/{one.pk}/",
            related=("line", "body"),
            waits={
                "proposed": "catalog.designation.consent",
                "consented": "catalog.designation.decide",
                "objected": "catalog.designation.decide",
            },
            desk=designation_desk,
            mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
            holder=lambda one: one.body_id if one.state == "proposed" else None,
        ),
        objects.Kind(
            model=Repetition,
            title=_("重复采集"),
            url=lambda one: f"/one-source/repeats/{one.pk}/",
            related=("line", "body"),
            waits={
                "flagged": "catalog.repetition.answer",
                "answered": "catalog.repetition.agree",
                "mending": "catalog.repetition.settle",
            },
            desk=repetition_desk,
            mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
            holder=lambda one: None if one.state == "answered" else one.body_id,
        ),
    )
    navigation.register(
        navigation.Item(place="catalog", title=_("一数一源"), url="onesource", order=30, group="source"),
        navigation.Item(place="catalog", title=_("重复采集"), url="repetitions", order=31, group="source"),
    )
