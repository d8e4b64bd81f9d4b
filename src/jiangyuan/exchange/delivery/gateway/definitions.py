"""What the gateway knows: callers with their keys, grants, and cases, read from the views made for its role.

Each is read when first asked for and kept while nothing happens on the platform: every act sends a notice, after which
a definition is read anew before it is used again. Without a listening connection nothing is kept. What does not exist
is remembered under the same rule and found missing by the same way, so that time does not tell one from the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from jiangyuan.data import conditions
from jiangyuan.data.plan import Plan, authorize
from jiangyuan.data.relations import Location, RelationGrant, columns_of
from jiangyuan.data.serving import Lanes
from jiangyuan.kernel import ciphers, vault
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.sm2 import PublicKey

T = TypeVar("T")
SHANGHAI = ZoneInfo("Asia/Shanghai")
KEEP_SECONDS = 30.0
MOST_KEPT = 20_000
SUBJECTS = ("citizen_id", "uscc")
"""What names a natural person or an enterprise, among the checks of data items."""

_CALLER = "SELECT * FROM public.gateway_caller WHERE key_id = $1"
_KEYS = (
    "ARRAY(SELECT substr(a.attname::text, 6) FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'g_' || replace(g.id::text, '-', '') AND a.attnum > 0"
    " AND c.relname = '$key_' || replace(g.mount_id::text, '-', '') AND a.attname LIKE '$key.%'"
)
_LOOKUPS = (
    f"{_KEYS}) AS lookups, {_KEYS} AND a.atttypid IN ('pg_catalog.text'::regtype, 'pg_catalog.varchar'::regtype)"
    " AND a.attcollation = 'pg_catalog.default'::regcollation) AS texts"
)
_BY_ID = f"SELECT g.*, {_LOOKUPS} FROM public.gateway_grant g WHERE g.system_id = $1 AND g.id = $2"
_BY_ALIAS = (
    f"SELECT g.*, {_LOOKUPS} FROM public.gateway_grant g WHERE g.system_id = $1 AND g.alias = $2 AND g.purpose = $3"
    " AND g.active ORDER BY g.created_at LIMIT 50"
)
_CASE = "SELECT * FROM public.gateway_case WHERE system_id = $1 AND number = $2"
_SUBJECT_KEY = "SELECT * FROM public.gateway_subject_key($1::uuid, $2::bytea)"


_day = date.min
_day_hour = -1


def today() -> date:
    """Give the day in Shanghai, in which terms are told."""
    global _day, _day_hour
    # a day begins with an hour there; asking the calendar three times a call is felt
    hour = int(time.time()) // 3600
    if hour != _day_hour:
        _day, _day_hour = datetime.fromtimestamp(hour * 3600, SHANGHAI).date(), hour
    return _day


@dataclass(frozen=True, slots=True)
class Caller:
    """An application system with one of its keys. `verify(signature, message)` tells whether the key signed."""

    actor: Actor
    code: str
    key_id: str
    active: bool
    expires_on: date
    revoked_at: datetime | None
    calls_per_minute: int
    verify: Callable[[bytes, bytes], bool] = field(repr=False)

    def usable(self) -> bool:
        """Tell whether the key may be used today."""
        return self.active and self.revoked_at is None and self.expires_on >= today()


@dataclass(frozen=True, slots=True)
class Service:
    """A grant as a service: what it gives, to whom, on what terms, and the plans by which it is read.

    `subject` is the column that names a person or enterprise; `record` is what a verification may show, `whole` what
    may be asserted. `columns` tells each granted column as people read it. `gathers`: the subject's column is one of
    text, so that calls for several subjects may be read together.
    """

    id: UUID
    relation: RelationGrant
    active: bool
    purpose: str
    case_bound: bool
    personal: bool
    probes_per_minute: int
    entry_name: str
    provider_name: str
    subject: str
    gathers: bool
    ready: bool
    columns: tuple[tuple[str, str, str, str], ...]
    record: Plan | None
    whole: Plan | None
    grants: tuple[tuple[UUID, int], ...]
    statements: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case: its purpose, its term, and the pseudonyms of its listed persons."""

    purpose: str
    open: bool
    open_until: date
    subjects: frozenset[bytes]


@dataclass(slots=True)
class _Kept:
    value: Any
    generation: int
    until: float


_asked: ContextVar[RelationGrant | None] = ContextVar("jiangyuan_gateway_asked", default=None)


def resolve(actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> Sequence[RelationGrant]:
    """Answer door two for the grant that is being described here, which was read for this very system; nothing else."""
    relation = _asked.get()
    fits = relation is not None and relation.resource in names and actor.kind == "system"
    return [relation] if relation is not None and fits else []


class Definitions:
    """The definitions of one gateway process, read by `lanes`; `execute` runs the one statement that may write."""

    def __init__(self, lanes: Lanes, *, execute: Callable[..., Awaitable[list[Any]]]) -> None:
        self._lanes, self._execute = lanes, execute
        self._kept: dict[tuple[Any, ...], _Kept] = {}
        self._services: dict[UUID, tuple[tuple[Any, ...], Service]] = {}
        self._loading: dict[tuple[Any, int], asyncio.Future[Any]] = {}
        self.generation = 0
        self.listening = False
        self._pseudonym: Callable[[bytes], bytes] | None = None

    def heard(self) -> None:
        """Note that something happened on the platform: whatever is kept is read anew before its next use."""
        self.generation += 1

    def listens(self, state: bool) -> None:
        """Note whether notices reach us."""
        self.generation += 1
        self.listening = state

    async def prepare(self) -> None:
        """Learn (or found) the secret under which the memory knows persons. Raises `StoreDown`."""
        rows = await self._execute(_SUBJECT_KEY, None, None)
        if not rows:
            identity = uuid7()
            wrapped = vault.masters().wrap(ciphers.new_key(), name=str(identity))
            rows = await self._execute(_SUBJECT_KEY, identity, wrapped)
        secret = vault.masters().unwrap(bytes(rows[0]["wrapped"]), name=str(rows[0]["id"]))
        self._pseudonym = ciphers.keyed_sm3(vault.standing(secret))

    def pseudonym(self, identifier: str) -> bytes:
        """Give the keyed pseudonym of a person or enterprise (16 bytes)."""
        assert self._pseudonym is not None
        return vault.pseudonym_under(self._pseudonym, identifier)

    async def _get(self, key: tuple[Any, ...], load: Callable[[], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is not None and self.listening and kept.generation == self.generation and kept.until > time.monotonic():
            return kept.value
        # one reading serves all who ask while nothing has happened since it began
        mark = (key, self.generation)
        under_way = self._loading.get(mark) if self.listening else None
        if under_way is None:
            under_way = asyncio.ensure_future(self._load(key, self.generation, load))
            self._loading[mark] = under_way
            under_way.add_done_callback(lambda _task: self._loading.pop(mark, None))
        return await asyncio.shield(under_way)

    async def _load(self, key: tuple[Any, ...], generation: int, load: Callable[[], Awaitable[T]]) -> T:
        value = await load()
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = _Kept(value, generation, time.monotonic() + KEEP_SECONDS)
        return value

    async def caller(self, key_id: str, code: str) -> Caller | None:
        """Give the caller that a key and a system code name together; None where they do not."""
        try:
            key = UUID(key_id)
        except ValueError:
            return None

        async def load() -> Caller | None:
            rows = await self._lanes.fetch(_CALLER, (key,))
            return _caller(rows[0]) if rows else None

        found = await self._get(("caller", key), load)
        return found if found is not None and found.code == code else None

    async def service(self, system: Actor, grant: UUID) -> Service | None:
        """Give a grant of the system by its id; None where the system holds none of that id."""

        async def load() -> Service | None:
            rows = await self._lanes.fetch(_BY_ID, (system.id, grant))
            return self._service(system, rows[0]) if rows else None

        return await self._get(("grant", system.id, grant), load)

    async def services(self, system: Actor, alias: str, purpose: str) -> list[Service]:
        """Give the live grants of the system on the table of that alias, for a purpose."""

        async def load() -> list[Service]:
            rows = await self._lanes.fetch(_BY_ALIAS, (system.id, alias, purpose))
            return [self._service(system, row) for row in rows]

        return await self._get(("alias", system.id, alias, purpose), load)

    async def case(self, system: Actor, number: str) -> CaseFile | None:
        """Give a case of the system by its number, or None."""

        async def load() -> CaseFile | None:
            rows = await self._lanes.fetch(_CASE, (system.id, number))
            if not rows:
                return None
            row = rows[0]
            subjects = frozenset(bytes(one) for one in row["subjects"] or ())
            return CaseFile(row["purpose"], row["closed_at"] is None, row["open_until"], subjects)

        return await self._get(("case", system.id, number), load)

    def forget(self) -> None:
        """Have everything read anew: a statement met a store that had changed."""
        self.generation += 1

    def _service(self, system: Actor, row: Any) -> Service:
        """Describe a grant, or give the description made before where nothing but its data has changed."""
        mark = tuple(value for name, value in row.items() if name != "data_version")
        kept = self._services.get(row["id"])
        if kept is not None and kept[0] == mark:
            return kept[1]
        if len(self._services) >= MOST_KEPT:
            self._services.clear()
        made = describe(system, row)
        self._services[row["id"]] = (mark, made)
        return made


def _caller(row: Any) -> Caller:
    if row["algorithm"] == "SM2":
        public = PublicKey.from_pem(row["public_key"])
        verify = public_verifier(public)
    elif row["sealed_secret"] is None or row["wrapped"] is None:
        verify = _never  # the key that seals the secret was destroyed: nobody can sign with it any more
    else:
        place = f"system_key:{row['key_id']}"
        secret = vault.masters().open(bytes(row["sealed_secret"]), wrapped=bytes(row["wrapped"]), place=place)
        verify = keyed_verifier(secret)
    actor = Actor(
        kind="system",
        id=row["system_id"],
        name=row["name"],
        body=row["body_id"],
        capacity="system",
        capacities=frozenset({"system"}),
        jurisdiction=row["jurisdiction"],
    )
    return Caller(
        actor=actor,
        code=row["code"],
        key_id=str(row["key_id"]),
        active=row["active"],
        expires_on=row["expires_on"],
        revoked_at=row["revoked_at"],
        calls_per_minute=row["calls_per_minute"],
        verify=verify,
    )


def _never(_signature: bytes, _message: bytes) -> bool:
    return False


def keyed_verifier(secret: bytes) -> Callable[[bytes, bytes], bool]:
    """Give the check of HMAC-SM3 signatures under a secret; compares in constant time."""
    keyed = ciphers.keyed_sm3(secret)

    def verify(signature: bytes, message: bytes) -> bool:
        return ciphers.same(keyed(message), signature)

    return verify


def public_verifier(public: PublicKey) -> Callable[[bytes, bytes], bool]:
    """Give the check of SM2 signatures (DER) under a public key."""

    def verify(signature: bytes, message: bytes) -> bool:
        return public.verify(signature, message)

    return verify


def _relation(row: Any, described: Sequence[dict[str, Any]], lookups: Sequence[str]) -> RelationGrant:
    condition = orjson.loads(row["condition"]) if row["condition"] else None
    key = tuple(orjson.loads(row["key"]))
    naming = [d["column"] for kind in SUBJECTS for d in described if d["identifies"] == kind]
    return RelationGrant(
        resource=row["mount_id"],
        entry=row["entry_id"],
        alias=row["alias"],
        location=Location("serving", "store", f"r_{row['mount_id'].hex}"),
        key=key,
        columns=columns_of(orjson.loads(row["items"])),
        condition=conditions.parse(condition) if condition else None,
        grant=row["id"],
        epoch=row["epoch"],
        until=row["until"],
        forms=frozenset(orjson.loads(row["forms"])),
        subjects=tuple(name for name in naming if name in lookups),
        data_version=row["data_version"],
    )


def _plan(system: Actor, relation: RelationGrant, purpose: str) -> Plan | None:
    form = next((form for form in ("match", "query") if form in relation.forms), "")
    if not form or not relation.columns or relation.until < today():
        return None
    token = _asked.set(relation)
    try:
        scene = Scene(purpose=purpose, channel="gateway")
        return authorize([relation.resource], actor=system, scene=scene, form=form)
    finally:
        _asked.reset(token)


def describe(system: Actor, row: Any) -> Service:
    """Make a service of a row of `gateway_grant`. Raises what door two refuses (masks that undo each other)."""
    described = orjson.loads(row["described"])
    lookups = tuple(row["lookups"])
    relation = _relation(row, described, lookups)
    about = {d["column"]: d for d in described}
    names = {column.name for column in relation.columns} | set(lookups)
    hidden = {d["column"] for d in described if not d["shareable"]}
    shown = tuple(column for column in relation.columns if column.name not in hidden)
    serving = row["mode"] == "physical" and row["built"] and bool(lookups)
    subject = next((name for name in (*relation.subjects, *relation.key) if name in lookups), "")
    return Service(
        id=row["id"],
        relation=relation,
        active=row["active"],
        purpose=row["purpose"],
        case_bound=row["case_bound"],
        personal=any(about[name]["personal"] for name in names if name in about),
        probes_per_minute=row["probes_per_minute"],
        entry_name=row["entry_name"],
        provider_name=row["provider_name"],
        subject=subject,
        gathers=subject in row["texts"],
        ready=serving,
        columns=tuple(
            (c.name, about.get(c.name, {}).get("name", c.name), c.type, c.mask.kind if c.mask else "none")
            for c in relation.columns
        ),
        record=_plan(system, replace(relation, columns=shown), row["purpose"]) if serving else None,
        whole=_plan(system, relation, row["purpose"]) if serving else None,
        grants=((row["id"], row["epoch"]),),
    )
