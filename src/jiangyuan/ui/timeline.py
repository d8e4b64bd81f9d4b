"""The trace of an object: who, what, when, why and with which differences, read from the memory.

Conventions of event payloads that are drawn: `changes` = {field: [before, after]}, `reason`, `article`. Names of people
and bodies come from the organization room (`session.register_name_loader`), labels of fields from the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.models import Event
from jiangyuan.ui import session
from jiangyuan.ui.parts import Difference, Part

_titles: dict[str, Any] = {}


def register_event_titles(titles: dict[str, Any]) -> None:
    """Register how events read that no action of their own leaves: {type: title}."""
    _titles.update(titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One event as the timeline shows it."""

    at: datetime
    what: Any
    who: str
    body: str = ""
    capacity: str = ""
    why: str = ""
    case_number: str = ""
    article: str = ""
    differences: tuple[Difference, ...] = ()
    sealed: bool = False
    refused: bool = False
    receipt_url: str = ""
    thing: str = ""
    thing_url: str = ""

    @property
    def icon(self) -> str:
        """Give the icon beside the moment."""
        return "ban" if self.refused else "point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(Part):
    """Moments, newest first; `older_url` leads to what lies before; with a title it stands in a card of its own."""

    template: ClassVar[str] = "ui/parts/timeline.html"
    moments: tuple[Moment, ...]
    older_url: str = ""
    title: Any = ""


@lru_cache(maxsize=1)
def _by_event(count: int) -> dict[str, Any]:
    """Give the titles of actions by the event they leave; `count` renews it when further actions are registered."""
    return {spec.event: spec.title for spec in ACTIONS.values()}


def event_titles() -> dict[str, Any]:
    """Give every kind of event that has a title of its own: {type: title}."""
    return {**_by_event(len(ACTIONS)), **_titles}


def event_title(type: str, payload: dict[str, Any]) -> Any:
    """Say what an event was, in the words of the button that caused it."""
    if type == "kernel.act.refused":
        spec = ACTIONS.get(str(payload.get("action", "")))
        return _("未获准：%(action)s") % {"action": spec.title} if spec else _("一项操作未获准")
    return _titles.get(type) or _by_event(len(ACTIONS)).get(type) or _("其他变更")


def _label(object_type: str, name: str) -> str:
    try:
        return str(apps.get_model(object_type)._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return name


def _differences(object_type: str, changes: Any) -> tuple[Difference, ...]:
    if not isinstance(changes, dict):
        return ()
    pairs = ((k, v) for k, v in changes.items() if isinstance(v, list) and len(v) == 2)
    return tuple(Difference(label=_label(object_type, k), before=v[0], after=v[1]) for k, v in pairs)


def _wanted(contents: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
    wanted: set[tuple[str, str]] = set()
    for content in contents:
        actor = content["actor"]
        wanted.add((str(actor["kind"]), str(actor["id"])))
        if actor.get("body"):
            wanted.add(("body", str(actor["body"])))
        if actor.get("capacity"):
            wanted.add(("capacity", str(actor["capacity"])))
    return wanted


def kind_name(kind: str) -> str:
    """Name the kind of an actor whom no room can name."""
    named = {"person": _("工作人员"), "system": _("应用系统"), "service": _("平台服务"), "node": _("其他节点")}
    return named.get(kind, _("其他"))


def timeline(
    events: Iterable[Event],
    *,
    receipt_url: Callable[[Event], str] | None = None,
    older_url: str = "",
    title: Any = "",
    things: Mapping[tuple[str, UUID], tuple[str, str]] = MappingProxyType({}),
) -> Timeline:
    """Make the timeline of events (newest first). `receipt_url` gives where an event's receipt is downloaded; `things`
    name what the events were done to, with its page, where that is not said by the page they stand on."""
    read = [(event, event.content) for event in events]
    names = session.names_of(_wanted(content for _event, content in read))
    return Timeline(
        moments=tuple(
            _moment(event, content, names, receipt_url(event) if receipt_url else "", _thing(event, things))
            for event, content in read
        ),
        older_url=older_url,
        title=title,
    )


def _thing(event: Event, things: Mapping[tuple[str, UUID], tuple[str, str]]) -> tuple[str, str]:
    return things.get((event.object_type, event.object_id), ("", "")) if event.object_id is not None else ("", "")


def _moment(
    event: Event, content: dict[str, Any], names: dict[tuple[str, str], str], receipt: str, thing: tuple[str, str]
) -> Moment:
    actor, payload, scene = content["actor"], content.get("payload") or {}, content.get("scene") or {}
    return Moment(
        at=event.at,
        what=event_title(event.type, payload),
        who=names.get((actor["kind"], str(actor["id"])), kind_name(str(actor["kind"]))),
        body=names.get(("body", str(actor.get("body"))), ""),
        capacity=names.get(("capacity", str(actor.get("capacity"))), ""),
        why=str(payload.get("reason") or scene.get("purpose") or ""),
        case_number=str(scene.get("case_number") or ""),
        article=str(payload.get("article") or ""),
        differences=_differences(event.object_type, payload.get("changes")),
        sealed=bool(content.get("sealed")),
        refused=event.type == "kernel.act.refused",
        receipt_url=receipt,
        thing=thing[0],
        thing_url=thing[1],
    )
