"""Door one: every change of the platform passes `act`.

One transaction: load for update -> version and state table -> policy -> body -> event. Nested acts join it. A refusal
is recorded in a transaction of its own, folded by rate. No network inside a body: it defers a job, which reports by a
second act.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from jiangyuan.kernel import ciphers, egress, events, policy, vault
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.errors import Broken, Conflict, NotFound, Refused, WrongSecret
from jiangyuan.kernel.models import IdempotencyKey, Record, RefusalCount, Stated
from jiangyuan.kernel.parameters import InvalidInput as InvalidInput
from jiangyuan.kernel.parameters import parameters_of, validate

FOLD = timedelta(minutes=1)
"""Refusals of one actor, action and reason within this time make one event."""

_GIVEN = frozenset({"actor", "now", "scene"})
_Body = TypeVar("_Body", bound=Callable[..., Any])


class StaleVersion(Conflict):
    """The object was changed by somebody else since the page was opened."""

    default_code = "stale"


@dataclass(frozen=True, slots=True)
class Action:
    """A registered action: its name, what it acts on, its parameters and the event it leaves."""

    name: str
    body: Callable[..., Any]
    on: type[Record] | None
    event: str
    approves: bool
    about: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None
    parameters: type[BaseModel]
    title: Any
    given: frozenset[str]


ACTIONS: dict[str, Action] = {}


def action(
    name: str,
    *,
    on: type[Record] | None,
    event: str,
    title: Any,
    approves: bool = False,
    about: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> Callable[[_Body], _Body]:
    """Register a body as an action.

    `on`: the model acted on (None: nothing exists yet; then `about` gives the policy's resource attributes from the
    parameters). `event`: the past-tense type of the event. `title`: what the button says. `approves`: the act decides
    on somebody else's work, so nobody may do it on his own.
    """

    def register(body: _Body) -> _Body:
        if name in ACTIONS:
            raise Broken(f"two actions are named {name}", code="action")
        ACTIONS[name] = Action(
            name,
            body,
            on,
            event,
            approves,
            about,
            parameters_of(name, body, given=_GIVEN, skip_first=on is not None),
            title,
            _accepts(body),
        )
        return body

    return register


def _accepts(body: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(body).parameters) & _GIVEN


@dataclass(slots=True)
class _Running:
    """What one act gathers while its body runs."""

    draft: events.Draft
    further: list[events.Draft] = field(default_factory=list)


_running: ContextVar[_Running | None] = ContextVar("running_act", default=None)
_depth: ContextVar[int] = ContextVar("act_depth", default=0)


def _current() -> _Running:
    running = _running.get()
    if running is None:
        raise Broken("describe, seal and emit are for the body of an action", code="action")
    return running


def describe(**fields: Any) -> None:
    """Add public fields to the event of the running act. Nothing here may identify a natural person's data."""
    draft = _current().draft
    draft.payload = {**(draft.payload or {}), **fields}


def seal(*, subject: str, **fields: Any) -> None:
    """Add fields encrypted under the key of `subject` (a person or data set); destroying that key erases them."""
    draft = _current().draft
    draft.sealed_subject, draft.sealed = subject, {**(draft.sealed or {}), **fields}


def emit(type: str, thing: Record, **payload: Any) -> None:
    """Write a further event about `thing` in the same transaction."""
    running = _current()
    base = running.draft
    running.further.append(
        events.Draft(
            type=type,
            actor=base.actor,
            scene=base.scene,
            at=base.at,
            object_type=thing._meta.label_lower,
            object_id=thing.pk,
            object_version=thing.version,
            payload=payload,
            correlation=base.correlation,
        )
    )


def act(
    name: str,
    target: UUID | str | None = None,
    /,
    *,
    actor: Actor,
    scene: Scene | None = None,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
    **params: Any,
) -> Any:
    """Carry out an action, wholly or not at all, and remember it. Returns what its body returns.

    Raises `Refused` in its kinds: `InvalidInput`, `NotFound`, `StaleVersion`, `WrongState`, `Forbidden`, or the
    body's own. The refusal itself is remembered.
    """
    spec = ACTIONS.get(name)
    if spec is None:
        raise NotFound(_("没有这项操作"), where=name)
    scene = scene or Scene()
    depth = _depth.get()
    token = _depth.set(depth + 1)
    try:
        with transaction.atomic(), egress.forbid_network():
            if idempotency_key:
                return _once(spec, target, actor, scene, expected_version, idempotency_key, params)
            return _carry_out(spec, target, actor, scene, expected_version, params)
    except Refused as refusal:
        if depth == 0:
            _remember_refusal(spec, target, actor, scene, refusal)
            if isinstance(refusal, WrongSecret):
                act(refusal.counted_by, target, actor=service_actor(refusal.service), scene=scene)
        raise
    finally:
        _depth.reset(token)


def _load(spec: Action, target: UUID | str | None) -> Record | None:
    if spec.on is None:
        return None
    try:
        rows = spec.on._default_manager.select_for_update(of=("self",))
        if spec.on.policy_relations:
            rows = rows.select_related(*spec.on.policy_relations)
        return rows.get(pk=target)
    except (spec.on.DoesNotExist, ValueError, TypeError, Refused) as exc:
        raise NotFound(_("没有找到要操作的对象"), where=spec.name, mend=_("它可能已被删除，请返回列表核对。")) from exc
    except Exception as exc:
        if type(exc).__name__ == "ValidationError":  # a target that is not an identifier
            raise NotFound(_("没有找到要操作的对象"), where=spec.name) from exc
        raise


def _carry_out(
    spec: Action, target: UUID | str | None, actor: Actor, scene: Scene, expected: int | None, params: Mapping[str, Any]
) -> Any:
    values = validate(spec.parameters, params)
    now = scene.at or timezone.now()
    thing = _load(spec, target)
    step = None
    if thing is not None:
        if expected is not None and thing.version != expected:
            raise StaleVersion(_("内容已被他人更新"), where="version", mend=_("请刷新页面，核对最新内容后重新提交。"))
        if thing.workflow is not None and isinstance(thing, Stated) and thing.workflow.governs(spec.name):
            step = thing.workflow.step(thing.state, spec.name)
    _authorise(spec, thing, values, actor, scene, now)
    running = _Running(events.Draft(type=spec.event, actor=actor, scene=scene, at=now, correlation=_correlation()))
    token = _running.set(running)
    try:
        arguments = {k: v for k, v in (("actor", actor), ("now", now), ("scene", scene)) if k in spec.given}
        result = spec.body(*([thing] if thing is not None else []), **arguments, **values)
        changed = thing if thing is not None else (result if isinstance(result, Record) else None)
        if step is not None and isinstance(thing, Stated):
            thing.state = step.target
        _finish(running, changed, actor)
    finally:
        _running.reset(token)
    return result


def _correlation() -> UUID | None:
    outer = _running.get()
    return (outer.draft.correlation or outer.draft.object_id) if outer else None


def _authorise(
    spec: Action, thing: Record | None, values: Mapping[str, Any], actor: Actor, scene: Scene, now: datetime
) -> None:
    if thing is not None:
        resource = {"id": str(thing.pk), "type": thing._meta.label_lower, **thing.policy_attributes()}
        if isinstance(thing, Stated):
            resource["state"] = thing.state
        own = actor.kind == "person" and actor.id in thing.authors()
    else:
        resource, own = dict(spec.about(values) if spec.about else {}), False
    context = {
        "purpose": scene.purpose,
        "case_number": scene.case_number,
        "channel": scene.channel,
        "network": scene.network,
        "hour": timezone.localtime(now).hour,
        "own": own,
        "approves": spec.approves,
    }
    policy.require(action=spec.name, actor=actor, resource=resource, context=context)


def _finish(running: _Running, changed: Record | None, actor: Actor) -> None:
    draft = running.draft
    if changed is not None:
        if changed.created_by is None and actor.kind == "person" and changed.version == 0:
            changed.created_by = actor.id
        changed.version += 1
        changed.save()
        draft.object_type, draft.object_id = changed._meta.label_lower, changed.pk
        draft.object_version = changed.version
    events.write([draft, *running.further])


# --- asked twice, done once -------------------------------------------------------------------------------------------


def _once(
    spec: Action,
    target: UUID | str | None,
    actor: Actor,
    scene: Scene,
    expected: int | None,
    key: str,
    params: Mapping[str, Any],
) -> Any:
    # keyed: a bare digest of parameters that hold a citizen id could be found by trying all ids
    digest = ciphers.hmac_sm3(
        vault.standing_secret("idempotency"),
        events.canonical({"action": spec.name, "target": str(target or ""), "params": _digestible(params)}),
    )
    try:
        with transaction.atomic():
            mark = IdempotencyKey.objects.create(actor=actor.reference, key=key[:120], action=spec.name, digest=digest)
    except IntegrityError:
        return _earlier(spec, actor, key, digest)
    result = _carry_out(spec, target, actor, scene, expected, params)
    mark.result = _reference(result)
    mark.save(update_fields=["result"])
    return result


def _digestible(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: repr(value) for key, value in params.items()}


def _earlier(spec: Action, actor: Actor, key: str, digest: bytes) -> Any:
    mark = IdempotencyKey.objects.get(actor=actor.reference, key=key[:120])
    if bytes(mark.digest) != digest:
        raise Conflict(
            _("同一提交编号已用于另一项内容"),
            code="idempotency",
            where="idempotency_key",
            mend=_("请刷新页面后重新提交。"),
        )
    stored = mark.result
    if isinstance(stored, dict) and "model" in stored:
        from django.apps import apps

        return apps.get_model(stored["model"])._default_manager.get(pk=stored["id"])
    return stored


def _reference(result: Any) -> Any:
    if isinstance(result, models.Model):
        return {"model": result._meta.label_lower, "id": str(result.pk)}
    return result if isinstance(result, str | int | bool | list | dict | None) else str(result)


# --- refusals ---------------------------------------------------------------------------------------------------------


def _remember_refusal(spec: Action, target: UUID | str | None, actor: Actor, scene: Scene, refusal: Refused) -> None:
    now = timezone.now()
    with transaction.atomic():
        count, _made = RefusalCount.objects.select_for_update().get_or_create(
            actor=actor.reference, action=spec.name, code=refusal.code, defaults={"since": now - 2 * FOLD}
        )
        if now - count.since < FOLD:
            count.folded += 1
            count.save(update_fields=["folded"])
            return
        folded, count.since, count.folded = count.folded, now, 0
        count.save()
        events.write([_refusal_draft(spec, target, actor, scene, refusal, folded, now)])


def _refusal_draft(
    spec: Action,
    target: UUID | str | None,
    actor: Actor,
    scene: Scene,
    refusal: Refused,
    folded: int,
    now: datetime,
) -> events.Draft:
    try:
        object_id = UUID(str(target)) if target else None
    except ValueError:
        object_id = None
    return events.Draft(
        type="kernel.act.refused",
        actor=actor,
        scene=scene,
        at=now,
        object_type=spec.on._meta.label_lower if spec.on and object_id else "",
        object_id=object_id,
        payload={"action": spec.name, "code": refusal.code, "where": refusal.where[:200], "folded_before": folded},
    )


@functools.lru_cache(maxsize=1)
def actions_by_model() -> Mapping[type[Record], tuple[Action, ...]]:
    """Group the registered actions by the model they act on."""
    grouped: dict[type[Record], list[Action]] = {}
    for spec in ACTIONS.values():
        if spec.on is not None:
            grouped.setdefault(spec.on, []).append(spec)
    return {model: tuple(specs) for model, specs in grouped.items()}
