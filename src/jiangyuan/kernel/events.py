"""The memory: what happened, append-only and typed, and the handlers that read it.

`write` is called by `act` alone; rooms describe their acts and never insert events themselves. Handlers have a cursor
each and see every committed event at least once, in the order of (transaction, id), reading only below the oldest
running transaction: a cursor on a sequence would lose late committers for ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from jiangyuan.kernel import ciphers, vault
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Access, Event, HandlerCursor

CHANNEL = "jy_event"
_COLUMNS = (
    "id, at, type, actor_kind, actor_id, body, object_type, object_id, correlation, canonical, key_id, ciphertext"
)
_VALUES = f"({', '.join(['%s'] * 12)})"


def canonical(content: Mapping[str, Any]) -> bytes:
    """Give the RFC 8785 bytes of a content made of strings, integers, booleans, null, lists and maps.

    Floats are refused (their spelling differs between languages): amounts travel as strings.
    """
    return orjson.dumps(_plain(content), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(v) for v in value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, float):
        raise Broken("an event holds no floating-point numbers", code="canonical")
    if hasattr(value, "pk"):
        return str(value.pk)
    return str(value)


@dataclass(slots=True)
class Draft:
    """An event on its way: what `act` and the body have said of it so far."""

    type: str
    actor: Actor
    scene: Scene
    at: datetime
    object_type: str = ""
    object_id: UUID | None = None
    object_version: int = 0
    payload: dict[str, Any] | None = None
    sealed_subject: str = ""
    sealed: dict[str, Any] | None = None
    correlation: UUID | None = None


def write(drafts: list[Draft]) -> list[UUID]:
    """Write events in the running transaction and wake the readers. Returns their ids."""
    rows = [_row(draft) for draft in drafts]
    # one statement for events and wake-up: each further round trip is felt in every act
    statement = (
        f"WITH written AS (INSERT INTO kernel_event ({_COLUMNS}) VALUES {', '.join([_VALUES] * len(rows))})"
        " SELECT pg_notify(%s, '')"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row] + [CHANNEL])
    return [row[0] for row in rows]


def _row(draft: Draft) -> tuple[Any, ...]:
    identity, actor = uuid7(), draft.actor
    key_id, ciphertext, commitment = _seal(draft)
    return (
        identity,
        draft.at,
        draft.type,
        actor.kind,
        actor.id,
        actor.body,
        draft.object_type,
        draft.object_id,
        draft.correlation,
        canonical(_content(draft, identity, commitment)),
        key_id,
        ciphertext,
    )


def _content(draft: Draft, identity: UUID, commitment: dict[str, Any] | None) -> dict[str, Any]:
    actor, scene = draft.actor, draft.scene
    return {
        "v": 1,
        "id": str(identity),
        "type": draft.type,
        "at": draft.at,
        "node": settings().node_code,
        "actor": {"kind": actor.kind, "id": actor.id, "body": actor.body, "capacity": actor.capacity},
        "object": {"type": draft.object_type, "id": draft.object_id, "version": draft.object_version},
        "scene": {
            "purpose": scene.purpose,
            "case_number": scene.case_number,
            "operator": scene.operator,
            "channel": scene.channel,
            "network": scene.network,
        },
        "payload": draft.payload or {},
        "sealed": commitment,
        "correlation": draft.correlation,
    }


def _seal(draft: Draft) -> tuple[UUID | None, bytes | None, dict[str, Any] | None]:
    if not draft.sealed:
        return None, None, None
    salted = os.urandom(16) + canonical(draft.sealed)
    key_id, ciphertext = vault.seal(salted, subject=draft.sealed_subject, place="event")
    return key_id, ciphertext, {"key": str(key_id), "digest": ciphers.sm3(ciphertext).hex()}


def unseal(event: Event) -> dict[str, Any] | None:
    """Open the sealed part of an event; None when its key was destroyed (the subject is erased)."""
    if event.ciphertext is None:
        return None
    salted = vault.unseal(bytes(event.ciphertext), place="event")
    return None if salted is None else orjson.loads(salted[16:])


def history(
    *, object_type: str, object_id: UUID, limit: int = 200, types: Collection[str] | None = None
) -> list[Event]:
    """Give the newest events of one object, newest first; `types`: of these alone."""
    found = Event.objects.filter(object_type=object_type, object_id=object_id)
    found = found if types is None else found.filter(type__in=list(types))
    return list(found.order_by("-at", "-id")[:limit])


# --- reads of governed data -------------------------------------------------------------------------------------------

_INSERT_ACCESS = (
    "INSERT INTO kernel_access (id, at, read, phase, form, grant_id, entry_id, actor_kind, actor_id, body, row_count,"
    " subjects, canonical) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


SUBJECTS = 11
"""Place of the subjects among the columns of an access row."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said of a read before its first byte: who, under which grant and epoch, in which form, what was asked."""

    form: str
    actor: Actor
    scene: Scene
    grants: tuple[tuple[UUID, int], ...] = ()
    entry: UUID | None = None
    query: str = ""
    data_version: str = ""


def access_row(
    reading: Reading, *, read: UUID, phase: str, at: datetime, rows: int | None, digest: str, subjects: bytes
) -> tuple[Any, ...]:
    """Give one row of the access memory, in the order of its columns (also used by the gateway's group commit)."""
    identity = uuid7()
    content = {
        "v": 1,
        "id": str(identity),
        "read": str(read),
        "phase": phase,
        "form": reading.form,
        "at": at.astimezone(UTC),
        "actor": {"kind": reading.actor.kind, "id": reading.actor.id, "body": reading.actor.body},
        "grants": [[str(grant), epoch] for grant, epoch in reading.grants],
        "entry": reading.entry,
        "operator": reading.scene.operator,
        "case_number": reading.scene.case_number,
        "purpose": reading.scene.purpose,
        "channel": reading.scene.channel,
        "network": reading.scene.network,
        "query": reading.query,
        "data_version": reading.data_version,
        "rows": rows,
        "digest": digest,
        "subjects": ciphers.sm3(subjects).hex() if subjects else "",
    }
    return (
        identity,
        at,
        read,
        phase,
        reading.form,
        reading.grants[0][0] if reading.grants else None,
        reading.entry,
        reading.actor.kind,
        reading.actor.id,
        reading.actor.body,
        rows,
        subjects or None,
        # the same bytes as `canonical`, which would first copy what is plain already; a gateway feels it
        orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS),
    )


def start_access(reading: Reading) -> UUID:
    """Record that a read begins; durable when this returns (call it outside of a transaction)."""
    read = uuid7()
    _write_access(
        access_row(reading, read=read, phase="started", at=timezone.now(), rows=None, digest="", subjects=b"")
    )
    return read


def finish_access(reading: Reading, read: UUID, *, rows: int, digest: str, subjects: bytes = b"") -> None:
    """Record that a read ended: how many rows left, their digest, and the pseudonyms of the persons concerned."""
    _write_access(
        access_row(reading, read=read, phase="finished", at=timezone.now(), rows=rows, digest=digest, subjects=subjects)
    )


def _write_access(row: tuple[Any, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_ACCESS, row)
        if row[SUBJECTS]:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def reads_of(*, grant: UUID, limit: int = 200) -> list[Access]:
    """Give the newest phases of reads under a grant."""
    return list(Access.objects.filter(grant=grant).order_by("-at", "-id")[:limit])


# --- handlers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handler:
    """A reader of the memory: its name is its cursor, so it is never renamed."""

    name: str
    types: frozenset[str]
    run: Callable[[Event], None]


HANDLERS: dict[str, Handler] = {}
ACCESS_HANDLERS: dict[str, Callable[[Access], None]] = {}


def access_handler(*, name: str) -> Callable[[Callable[[Access], None]], Callable[[Access], None]]:
    """Register a reader of the access memory: it sees every record that names subjects, at least once, in order."""

    def register(run: Callable[[Access], None]) -> Callable[[Access], None]:
        if ACCESS_HANDLERS.get(name, run) is not run:
            raise Broken(f"two handlers are named {name}", code="handler")
        ACCESS_HANDLERS[name] = run
        return run

    return register


def handler(*types: str, name: str) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Register a handler of event types. It must be idempotent: an event may come again."""

    def register(run: Callable[[Event], None]) -> Callable[[Event], None]:
        if name in HANDLERS and HANDLERS[name].run is not run:
            raise Broken(f"two handlers are named {name}", code="handler")
        HANDLERS[name] = Handler(name, frozenset(types), run)
        return run

    return register


def committed_after(xid: int, last: UUID, *, types: frozenset[str] | None = None, limit: int = 200) -> list[Event]:
    """Give the events after the cursor whose transactions, and all older ones, have ended."""
    clause = "AND type = ANY(%s)" if types else ""
    # xid8 has no cast to bigint; the text form is exact and the column is stored as bigint.
    sql = (
        "SELECT * FROM kernel_event WHERE (xid, id) > (%s, %s)"
        f" AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint {clause} ORDER BY xid, id LIMIT {int(limit)}"
    )
    parameters: list[Any] = [xid, last]
    if types:
        parameters.append(sorted(types))
    return list(Event.objects.raw(sql, parameters))


def _accesses_after(xid: int, last: UUID) -> list[Access]:
    sql = (
        "SELECT * FROM kernel_access WHERE (xid, id) > (%s, %s) AND subjects IS NOT NULL"
        " AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY xid, id LIMIT 1"
    )
    return list(Access.objects.raw(sql, [xid, last]))


def run_handlers(*, limit: int = 200) -> int:
    """Let every handler read on, one record a transaction. Returns how many records were handled.

    A handler that fails keeps its place and is tried again later (1 s, 2 s, 4 s … at most 5 minutes); the others go on.
    """
    done = 0
    for h in HANDLERS.values():
        done += _run_one(h.name, partial(committed_after, types=h.types, limit=1), h.run, limit)
    for name, run in ACCESS_HANDLERS.items():
        done += _run_one(name, _accesses_after, run, limit)
    return done


def _run_one(name: str, following: Callable[[int, UUID], Sequence[Any]], run: Callable[[Any], None], limit: int) -> int:
    done = 0
    while done < limit:
        with transaction.atomic():
            HandlerCursor.objects.get_or_create(name=name)
            cursor = HandlerCursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
            if cursor is None or (cursor.next_at and cursor.next_at > timezone.now()):
                return done
            found = following(cursor.xid, cursor.event)
            if not found:
                _move_on(cursor)
                return done
            event = found[0]
            try:
                with transaction.atomic():
                    run(event)
            except Exception as exc:  # one reader's fault must not stop the others
                _stumble(cursor, exc)
                return done
            cursor.xid, cursor.event, cursor.attempts = event.xid, event.id, 0
            cursor.last_error, cursor.next_at = "", None
            cursor.save()
        done += 1
    return done


def _move_on(cursor: HandlerCursor) -> None:
    # A handler of rare events would otherwise search ever more of the memory: it moves below the oldest running
    # transaction, past which nothing it has not seen can appear.
    with connection.cursor() as sql:
        sql.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        below = int(sql.fetchone()[0])  # type: ignore[index]
    if below > cursor.xid + 1000:
        cursor.xid, cursor.event = below, UUID(int=2**128 - 1)
        cursor.save(update_fields=["xid", "event", "moved_at"])


def _stumble(cursor: HandlerCursor, exc: Exception) -> None:
    cursor.attempts += 1
    cursor.last_error = f"{type(exc).__name__}: {exc}"[:2000]
    cursor.next_at = timezone.now() + timedelta(seconds=min(2 ** (cursor.attempts - 1), 300))
    cursor.save()
