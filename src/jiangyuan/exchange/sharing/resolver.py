"""The one place where a grant is checked: what an actor holds, in a scene, of the tables that are named.

`resolve` is registered with door two (`data.plan.register_resolver`); portal, REST, gateway, delivery and queries all
learn from it and from nothing else what may be read. It answers only what a live grant says; for everything else, also
for what does not exist, it answers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from jiangyuan.catalog.entries.queries import live_items
from jiangyuan.data import conditions
from jiangyuan.data.relations import RelationGrant, columns_of
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.resources.ingestion.queries import source_location, store_location

DELIVERY = service_actor("delivery")
SUBJECTS = ("citizen_id", "uscc")
STAFF = frozenset({"analyst", "sharing_handler"})
"""Capacities of the consumer's people who may ask queries under a grant of their own body's systems."""


def resolve(actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> Sequence[RelationGrant]:
    """Give what the actor holds among `names` (aliases, or ids of entries, mounts or grants) in this form and scene.

    An application system holds its own grants; staff of its body hold those that name the form query, for queries;
    the service `delivery` holds a grant named by its id, for tables. Purpose, term (inclusive, Asia/Shanghai), state,
    form and, for grants bound to cases, an open case of the system must all agree.
    """
    held = _held_by(actor, form)
    if held is None or not names or not scene.purpose:
        return ()
    day = _day(scene)
    found = held.filter(_named(names, grants_only=actor.kind == "service"), purpose=scene.purpose, until__gte=day)
    live = found.filter(
        state="active",
        active=True,
        system__active=True,
        system__body__active=True,
        mount__state="active",
        entry__live_version__gt=0,
    )
    chosen = live.select_related("mount__table__source", "mount__ingest", "entry", "system").order_by("created_at")
    return [
        relation_of(grant)
        for grant in chosen
        if form in grant.forms and (not grant.case_bound or _in_case(grant, scene, names, day))
    ]


def _held_by(actor: Actor, form: str) -> QuerySet[Grant] | None:
    if actor.kind == "system":
        return Grant.objects.filter(system_id=actor.id)
    if actor.kind == "person" and form == "query" and actor.body and actor.capacity in STAFF:
        return Grant.objects.filter(consumer_id=actor.body, system__body_id=actor.body)
    if actor == DELIVERY and form == "table":
        return Grant.objects.all()
    return None


def _named(names: Sequence[str | UUID], *, grants_only: bool) -> Q:
    ids = [name for name in names if isinstance(name, UUID)]
    if grants_only:
        return Q(pk__in=ids)
    aliases = [name for name in names if isinstance(name, str)]
    return Q(pk__in=ids) | Q(mount_id__in=ids) | Q(entry_id__in=ids) | Q(mount__alias__in=aliases)


def _in_case(grant: Grant, scene: Scene, names: Sequence[str | UUID], day: date) -> bool:
    """Tell whether the scene's case lets this grant be used.

    A grant bound to cases never answers SQL, whose rows nobody can hold against the list of persons: it is named by
    id, and whoever reads (gateway, match) asks `queries.require_listed` for every person.
    """
    if not scene.case_number or not any(isinstance(n, UUID) for n in names) or any(isinstance(n, str) for n in names):
        return False
    open_cases = Case.objects.filter(system_id=grant.system_id, purpose=grant.purpose, closed_at__isnull=True)
    return open_cases.filter(number=scene.case_number, open_until__gte=day).exists()


def _day(scene: Scene) -> date:
    """Give the day that the term is held against: a scene may say a later moment, never an earlier one than now."""
    now = timezone.now()
    return timezone.localdate(max(scene.at, now) if scene.at else now)


def _naming(grant: Grant) -> tuple[str, ...]:
    """Name the columns by which rows are asked for besides the key: those that name a person, then an enterprise."""
    items = live_items(grant.entry)
    return tuple(item["column"] for kind in SUBJECTS for item in items if item["identifies"] == kind)


def relation_of(grant: Grant) -> RelationGrant:
    """Give what a grant shows of its table, as the data plane takes it. Says nothing about whether it is in force."""
    mount = grant.mount
    columns = columns_of(grant.items)
    ingest = getattr(mount, "ingest", None)
    tokens = any(column.mask and column.mask.kind == "token" for column in columns)
    return RelationGrant(
        resource=mount.pk,
        entry=grant.entry_id,
        alias=mount.alias,
        location=store_location(mount) if mount.mode == "physical" else source_location(mount),
        key=tuple(mount.key),
        columns=columns,
        condition=conditions.parse(grant.condition) if grant.condition else None,
        grant=grant.pk,
        epoch=grant.epoch,
        until=grant.until,
        forms=frozenset(grant.forms),
        token_key_id=f"grant:{grant.pk}" if tokens else None,
        data_version=ingest.data_version if ingest else "",
        subjects=_naming(grant),
    )
