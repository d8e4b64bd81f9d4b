"""Who looks at an open page, and what may be told to him: every question is asked with his own actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils import timezone, translation

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings as platform
from jiangyuan.organization.gate import session_id
from jiangyuan.organization.models import BrowserSession, Person
from jiangyuan.portal.notices import queries
from jiangyuan.ui import objects
from jiangyuan.ui.session import actor_of

MISSED = 20
"""Notices that are told again to somebody who was away; whoever missed more is told to look."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody before an open page: the actor, the language, and the records that the page watches."""

    actor: Actor
    language: str
    watched: frozenset[str] = field(default_factory=frozenset)

    @property
    def person(self) -> UUID:
        """Give the person's id."""
        return self.actor.id

    @property
    def body(self) -> UUID | None:
        """Give the body acted for."""
        return self.actor.body

    @property
    def capacity(self) -> str:
        """Give the capacity acted in."""
        return self.actor.capacity


def viewer_of(cookies: Mapping[str, str], about: Sequence[str]) -> Viewer | None:
    """Give who holds this session, watching those of the named records that he may see; None: nobody is signed in."""
    close_old_connections()
    request = HttpRequest()
    request.session = SessionStore(session_key=cookies.get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)  # type: ignore[assignment]
    actor = actor_of(request) if _still_open(request) else None
    if actor is None:
        return None
    chosen = cookies.get(settings.LANGUAGE_COOKIE_NAME, "")
    language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    return Viewer(actor, language, _visible(actor, about))


def _still_open(request: HttpRequest) -> bool:
    """Judge a session as the gate before every page does, without counting as use of it."""
    person: Any = request.user
    if not isinstance(person, Person) or person.password_until is not None:
        return False
    row = BrowserSession.objects.filter(pk=session_id(request), person_id=person.pk, ended_at=None).first()
    idle = timedelta(minutes=platform().idle_minutes)
    return row is not None and timezone.now() - row.last_used_at <= idle


def _visible(actor: Actor, about: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    wanted: dict[str, set[UUID]] = {}
    for one in about:
        label, _colon, key = one.partition(":")
        try:
            wanted.setdefault(label, set()).add(UUID(key))
        except ValueError:
            continue
    for label, ids in wanted.items():
        kind = objects.kind_of(label)
        if kind is not None:
            seen = kind.model.visible_to(actor).filter(pk__in=ids).values_list("pk", flat=True)
            found |= {f"{label}:{pk}" for pk in seen}
    return frozenset(found)


def told(viewer: Viewer, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Say these notices as the viewer may read them now; those of another capacity are not his here."""
    close_old_connections()
    found = list(queries.notices(actor=viewer.actor).filter(pk__in=ids).order_by("id"))
    return _said(viewer, found)


def since(viewer: Viewer, last: str) -> list[dict[str, Any]]:
    """Say what was told after the last notice that the viewer got; nothing for what is no notice's number."""
    close_old_connections()
    try:
        after = UUID(last)
    except ValueError:
        return []
    found = queries.notices(actor=viewer.actor).filter(pk__gt=after, read_at__isnull=True).order_by("-id")[:MISSED]
    return _said(viewer, list(found)[::-1])


def _said(viewer: Viewer, found: Sequence[Any]) -> list[dict[str, Any]]:
    if not found:
        return []
    count = queries.unread(viewer.actor)
    with translation.override(viewer.language):
        return [
            {
                "id": str(one.notice.pk),
                "title": str(one.rule.title),
                "text": one.name,
                "tone": one.rule.tone,
                "url": f"/notices/{one.notice.pk}/",
                "unread": count,
            }
            for one in queries.read_out(found, actor=viewer.actor)
        ]


def unread(viewer: Viewer) -> int:
    """Count the viewer's unread notices."""
    close_old_connections()
    return queries.unread(viewer.actor)
