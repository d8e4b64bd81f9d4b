"""Who may read which trace, and the reads of the memory behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, JSONField, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.sharing import purposes
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Forbidden, NotFound
from jiangyuan.kernel.models import Access, Event, Record
from jiangyuan.organization.models import Person
from jiangyuan.ui.objects import find, kind_of, told_of

AUDITOR = "auditor"
STARTED = "started"
"""The phase of a read that has begun; one without a later phase never ended, or is going on."""
REFUSED = "refused"
"""The phase of a read that was not allowed; its `rows` count how often it was tried."""
CHOICES = 200
"""Kinds, and people, that a trace may be narrowed by."""


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


def events_of(thing: Record, actor: Actor) -> QuerySet[Event]:
    """Give the events of one record that the actor may read."""
    found = Event.objects.filter(object_type=thing._meta.label_lower, object_id=thing.pk)
    types = told_of(thing, actor)
    return found if types is None else found.filter(type__in=types)


def standing_in(events: QuerySet[Event]) -> tuple[list[str], set[tuple[str, str]]]:
    """Give the kinds of events and the actors (kind, id) that stand in a trace, of each at most `CHOICES`."""
    bare = events.order_by()
    types = sorted(bare.values_list("type", flat=True).distinct()[:CHOICES])
    return types, {(kind, str(id)) for kind, id in bare.values_list("actor_kind", "actor_id").distinct()[:CHOICES]}


def narrowed(events: QuerySet[Event], *, type: str = "", person: str = "", days: str = "") -> QuerySet[Event]:
    """Narrow a trace to one kind of event, to one actor (an id), to the last so many days; empty: not narrowed."""
    if type:
        events = events.filter(type=type)
    if person:
        events = events.filter(actor_id=person)
    return events.filter(at__gte=timezone.now() - timedelta(days=int(days))) if days else events


def reads(actor: Actor, thing: Record) -> QuerySet[Access]:
    """Give the reads under a grant, or of an entry (its provider's and the auditor's to see)."""
    if isinstance(thing, Grant):
        return Access.objects.filter(grant=thing.pk)
    if isinstance(thing, Entry) and (thing.body_id == actor.body or is_auditor(actor)):
        return Access.objects.filter(
            grant__in=list(Grant.objects.filter(entry=thing).values_list("pk", flat=True)[:500])
        )
    return Access.objects.none()


def reads_by(person: UUID) -> QuerySet[Access]:
    """Give the reads of one person, for the auditor; reads are told by their end, or their beginning until then."""
    return Access.objects.filter(actor_kind="person", actor_id=person).exclude(phase="started")


def forms() -> dict[str, Any]:
    """Name the forms in which data is read."""
    return {"match": _("核验"), "query": _("查询"), "table": _("库表"), "file": _("文件"), "trace": _("查问留痕")}


def phases() -> dict[str, Any]:
    """Name how far a read came."""
    return {STARTED: _("未结束"), "finished": _("已提供"), "whole": _("已提供"), REFUSED: _("未提供")}


def reads_seen(
    actor: Actor, *, since: datetime, form: str = "", body: str = "", text: str = "", phase: str = ""
) -> QuerySet[Access]:
    """Give the reads since a moment that the actor may know of: all for the auditor, else his body's and its data's.

    `text` is an operator or case number, whole, or the name of a purpose; a read is told by its end, or by its
    beginning when it has none; `phase`: "started" for those that never ended, "refused" for those not allowed,
    "provided" for those that had an answer, else all that ended.
    """
    later = Access.objects.filter(read=OuterRef("read"), at__gte=OuterRef("at")).exclude(phase=STARTED)
    rows = Access.objects.filter(Q(at__gte=since) & (~Q(phase=STARTED) | ~Exists(later)))
    if not is_auditor(actor):
        if actor.kind != "person" or not actor.body:
            return rows.none()
        given = Grant.objects.filter(provider_id=actor.body).values("pk")
        rows = rows.filter(Q(body=actor.body) | Q(grant__in=given))
    if phase:
        rows = rows.filter(phase=phase) if phase in (STARTED, REFUSED) else rows.exclude(phase=STARTED)
    if phase == "provided":
        rows = rows.exclude(phase=REFUSED)
    if form:
        rows = rows.filter(form=form)
    if body:
        rows = rows.filter(body=body)
    if text:
        said = RawSQL("convert_from(canonical, 'UTF8')::jsonb", (), output_field=JSONField())
        rows = rows.annotate(said=said).filter(
            Q(said__operator=text) | Q(said__case_number=text) | Q(said__purpose__in=purposes.meant(text))
        )
    return rows


def grant_names(pks: set[UUID]) -> dict[UUID, str]:
    """Name grants by their entries."""
    rows = Grant.objects.filter(pk__in=pks).select_related("entry")
    return {grant.pk: str(grant) for grant in rows} if pks else {}


def grants_told(pks: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Name grants by their entries and by who holds them: (entry, consumer)."""
    rows = Grant.objects.filter(pk__in=pks).select_related("entry", "consumer")
    return {grant.pk: (str(grant), str(grant.consumer)) for grant in rows} if pks else {}


def provable(actor: Actor, identity: UUID) -> None:
    """Raise `NotFound` unless the actor may have the receipt of this event or read."""
    event = Event.objects.filter(pk=identity).first()
    if event is not None:
        if event.actor_id == actor.id or is_auditor(actor):
            return
        if event.object_id is not None:
            types = told_of(traced(actor, event.object_type, event.object_id), actor)
            if types is None or event.type in types:
                return
    access = Access.objects.filter(pk=identity).first()
    if access is not None:
        if is_auditor(actor) or access.actor_id == actor.id:
            return
        if access.grant and Grant.visible_to(actor).filter(pk=access.grant).exists():
            return
    raise NotFound(_("没有这条记录"), mend=_("它可能不在您的查看范围内。"))


def things_of(events: list[Event]) -> dict[tuple[str, UUID], tuple[str, str]]:
    """Name what events were done to, and give its page: {(label, id): (name, address)}; one question for each kind."""
    wanted: dict[str, set[UUID]] = {}
    for event in events:
        if event.object_id is not None:
            wanted.setdefault(event.object_type, set()).add(event.object_id)
    found: dict[tuple[str, UUID], tuple[str, str]] = {}
    for label, ids in wanted.items():
        kind = kind_of(label)
        if kind is not None:
            for one in kind.with_related(kind.model._default_manager.filter(pk__in=ids)):
                found[label, one.pk] = (f"{kind.title} {kind.name(one)}", reverse("trace", args=(label, one.pk)))
    return found


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
