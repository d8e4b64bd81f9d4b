"""Who may read which trace, and the reads of the memory behind it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Forbidden, NotFound
from jiangyuan.kernel.models import Access, Event, Record
from jiangyuan.organization.models import Person
from jiangyuan.ui.objects import find

AUDITOR = "auditor"


def is_auditor(actor: Actor) -> bool:
    """Tell whether the actor acts as the auditor now."""
    return actor.capacity == AUDITOR


def require_auditor(actor: Actor) -> None:
    """Raise `Forbidden` for everybody but the auditor."""
    if not is_auditor(actor):
        raise Forbidden(_("这一页供审计管理员使用"), mend=_("请切换到审计管理员身份，或查看具体事项自己的留痕。"))


def traced(actor: Actor, label: str, pk: UUID) -> Record:
    """Give the record whose trace is asked for. Raises `NotFound` for one the actor may not see."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        model = None
    if model is None or not issubclass(model, Record) or model._meta.label_lower != label:
        raise NotFound(_("没有这类内容"))
    rows: QuerySet[Any] = model._default_manager.all() if is_auditor(actor) else model.visible_to(actor)
    return find(rows, pk)


def events_of(label: str, pk: UUID) -> QuerySet[Event]:
    """Give the events of one record."""
    return Event.objects.filter(object_type=label, object_id=pk)


def reads(actor: Actor, thing: Record) -> QuerySet[Access]:
    """Give the reads under a grant, or of an entry (its provider's and the auditor's to see)."""
    if isinstance(thing, Grant):
        return Access.objects.filter(grant=thing.pk)
    if isinstance(thing, Entry) and (thing.body_id == actor.body or is_auditor(actor)):
        return Access.objects.filter(
            grant__in=list(Grant.objects.filter(entry=thing).values_list("pk", flat=True)[:500])
        )
    return Access.objects.none()


def provable(actor: Actor, identity: UUID) -> None:
    """Raise `NotFound` unless the actor may have the receipt of this event or read."""
    event = Event.objects.filter(pk=identity).first()
    if event is not None:
        if event.actor_id == actor.id or is_auditor(actor):
            return
        if event.object_id is not None:
            traced(actor, event.object_type, event.object_id)
            return
    access = Access.objects.filter(pk=identity).first()
    if access is not None:
        if is_auditor(actor) or access.actor_id == actor.id:
            return
        if access.grant and Grant.visible_to(actor).filter(pk=access.grant).exists():
            return
    raise NotFound(_("没有这条记录"), mend=_("它可能不在您的查看范围内。"))


def events_by(person: UUID) -> QuerySet[Event]:
    """Give what one person did."""
    return Event.objects.filter(actor_id=person)


def refused() -> QuerySet[Event]:
    """Give the acts that were refused."""
    return Event.objects.filter(type="kernel.act.refused")


def people(actor: Actor, text: str) -> QuerySet[Person]:
    """Find people by name or sign-in name."""
    found = Person.visible_to(actor)
    return found.filter(name__icontains=text) | found.filter(username__icontains=text)
