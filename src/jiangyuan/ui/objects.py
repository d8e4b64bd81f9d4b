"""What a record is to people: its name, its page, and on whose desk it lies in which state.

Each app registers its kinds in `apps.ready()`; the workbench, the trace and links anywhere are drawn from here, so that
no page has to know the rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound
from jiangyuan.kernel.events import history
from jiangyuan.kernel.models import Record
from jiangyuan.ui.clocks import ClockFace, clock_face
from jiangyuan.ui.timeline import Timeline, timeline

_M = TypeVar("_M", bound=Model)
Desk = Callable[[Actor, str], Q | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record.

    `url` gives its page; `waits` maps each state in which it waits for a person to the action that is usually next;
    `desk(actor, state)` narrows the rows of a state to those on the actor's desk (None: none of them); `mine` to those
    the actor's body has an interest in while they lie elsewhere; `sender` and `holder` name the bodies it came from and
    lies with; `reviewed` are the states whose work is done on the review page, `<url>review/`; `told` are the types of
    the events in its trace that an actor who sees the record may read (None: all of them); `turn` names the capacities whose
    turn it is in a state on which several desks work one after another (None: those of the state table).
    """

    model: type[Record]
    title: Any
    url: Callable[[Any], str]
    name: Callable[[Any], str] = str
    related: tuple[str, ...] = ()
    waits: Mapping[str, str] = field(default_factory=dict)
    desk: Desk = lambda actor, state: None
    mine: Callable[[Actor], Q | None] = lambda actor: None
    sender: Callable[[Any], UUID | None] = lambda thing: None
    holder: Callable[[Any], UUID | None] = lambda thing: None
    reviewed: frozenset[str] = frozenset()
    told: Callable[[Any, Actor], frozenset[str] | None] = lambda thing, actor: None

    turn: Callable[[Any], tuple[str, ...] | None] = lambda thing: None

    def capacities(self, thing: Any) -> tuple[str, ...]:
        """Give the capacities whose turn it is with a record that waits."""
        workflow = thing.workflow
        step = workflow.index.get((thing.state, self.waits[thing.state])) if workflow is not None else None
        turn = self.turn(thing)
        return turn if turn is not None else step.by if step else ()

    def work_url(self, thing: Any) -> str:
        """Give the page on which what waits is done: the review page in states under review, else its own."""
        return self.url(thing) + ("review/" if thing.state in self.reviewed else "")

    def with_related(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Let rows bring what the kind names of them; `select_related()` without names would bring every record behind
        every foreign key, thirty tables for one row."""
        return rows.select_related(*self.related) if self.related else rows


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add kinds. Registering the same model again replaces it, so that `ready()` may run twice."""
    for kind in kinds:
        _kinds[kind.model._meta.label_lower] = kind


def kinds() -> tuple[Kind, ...]:
    """Give every kind, in the order of the rooms."""
    return tuple(_kinds.values())


def kind_of(label: str) -> Kind | None:
    """Give the kind of a model by its label (`sharing.request`), as events name it."""
    return _kinds.get(label)


def find(rows: QuerySet[_M], pk: UUID | str) -> _M:
    """Give one row of what the actor may see. Raises `NotFound`, the same for a row that does not exist."""
    try:
        found = rows.filter(pk=pk).first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise NotFound(_("没有找到这项内容"), mend=_("它可能已移走，或不在您的查看范围内。请返回列表核对。"))
    return found


def told_of(thing: Record, actor: Actor) -> frozenset[str] | None:
    """Give the types of the events of a record that an actor who sees it may read; None: all of them."""
    kind = kind_of(thing._meta.label_lower)
    return kind.told(thing, actor) if kind is not None else None


def trace_part(thing: Record, *, limit: int = 50, actor: Actor | None = None) -> Timeline:
    """Give the newest part of a record's trace, each event with where its receipt is downloaded.

    `actor` is told for kinds of which not everybody who sees the record may read every event.
    """
    label = thing._meta.label_lower
    types = told_of(thing, actor) if actor is not None else None
    events = history(object_type=label, object_id=thing.pk, limit=limit + 1, types=types)
    older = reverse("trace", args=(label, thing.pk)) if len(events) > limit else ""
    return timeline(
        events[:limit],
        receipt_url=lambda event: reverse("receipt", args=(event.pk,)),
        older_url=older,
        title=_("办理经过"),
    )


def clock_of(thing: Any) -> ClockFace | None:
    """Give the face of the first clock that runs on a record, with its article."""
    running = clockwork.running(thing)
    if not running:
        return None
    return clock_face(running[0], today=timezone.localdate(), calendar=clockwork.calendar())
