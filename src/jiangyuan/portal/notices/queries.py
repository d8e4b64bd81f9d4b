"""Every read of notices: whose they are, how many are unread, and how each reads to the one who is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.notices.models import DAILY, OFF, Notice, Preference
from jiangyuan.portal.notices.rules import RULES, WHICH, Rule
from jiangyuan.ui import objects
from jiangyuan.ui.timeline import event_title

COUNTED = 99


def notices(*, actor: Actor) -> QuerySet[Notice]:
    """Give the notices of a person in the capacity acted in, newest first by id."""
    if actor.kind != "person" or actor.body is None:
        return Notice.objects.none()
    return Notice.objects.filter(person_id=actor.id, body=actor.body, capacity=actor.capacity)


def unread(actor: Actor) -> int:
    """Count the unread, at most 99."""
    return notices(actor=actor).filter(read_at__isnull=True)[:COUNTED].count()


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it reads: its rule, what happened, the name of what it is about and where that is (empty: gone)."""

    notice: Notice
    rule: Rule
    what: Any
    kind: Any
    name: str
    url: str
    why: Any


def read_out(found: Sequence[Notice], *, actor: Actor) -> list[Told]:
    """Say notices as the actor may read them now: one query a kind; what he may no longer see is not named."""
    wanted = defaultdict[str, set[Any]](set)
    for notice in found:
        wanted[notice.object_type].add(notice.object_id)
    seen: dict[tuple[str, Any], tuple[objects.Kind, Any]] = {}
    for label, ids in wanted.items():
        kind = objects.kind_of(label)
        if kind is not None:
            rows = kind.with_related(kind.model.visible_to(actor).filter(pk__in=ids))
            seen.update({(label, thing.pk): (kind, thing) for thing in rows})
    return [_told(notice, seen.get((notice.object_type, notice.object_id)), actor) for notice in found]


def _why(rule: str, thing: Any, actor: Actor) -> Any:
    """Say which of a rule's reasons it is: who submitted it, on which side of a grant one's body is."""
    if rule == "answered":
        authors = (getattr(thing, "created_by", None), getattr(thing, "submitted_by", None))
        return WHICH[rule, "mine" if actor.id in authors else "body"]
    if rule == "grant" and hasattr(thing, "consumer_id"):
        return WHICH[rule, "consumer" if thing.consumer_id == actor.body else "provider"]
    return RULES[rule].why if rule in RULES else ""


def _told(notice: Notice, thing: tuple[objects.Kind, Any] | None, actor: Actor) -> Told:
    rule = RULES.get(notice.rule) or RULES["answered"]
    what = event_title(notice.type, {}) if notice.type else rule.title
    if thing is None:
        return Told(notice, rule, what, "", str(_("该内容已不在您的查看范围内")), "", rule.why)
    kind, found = thing
    url = (
        kind.work_url(found)
        if notice.rule in ("desk", "due", "overdue", "escalated") and hasattr(found, "state")
        else kind.url(found)
    )
    return Told(notice, rule, what, kind.title, kind.name(found), url, _why(notice.rule, found, actor))


def preference(actor: Actor) -> Preference:
    """Give a person's wishes; those who said nothing are told in the portal only."""
    found = Preference.objects.filter(person_id=actor.id).first()
    return found or Preference(person_id=actor.id, mail=OFF, rules=list(RULES))


def wishing_daily() -> QuerySet[Preference]:
    """Give the wishes of those who are told once a day."""
    return Preference.objects.filter(mail=DAILY).select_related("person")
