"""Who may do what, in which scene: Cedar policies, default deny.

Each app states its own in `policy.cedar`; every action gets a `PolicySet` of the policies that name it, plus the global
forbids of this folder. Policies are collected once per process.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cedarpy
import orjson
from django.apps import apps
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Broken, Forbidden

REASONS = {
    "own": _("不能审批本人提交的事项"),
    "administrators": _("系统管理员、安全管理员、审计管理员三员分立，同一人不能兼任"),
    "contractor": _("受托方人员不能作出审批决定"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and the ids of the policies that made it."""

    allowed: bool
    reasons: tuple[str, ...]


def _global_file() -> Path:
    return Path(__file__).with_name("policy.cedar")


def _statements(text: str, origin: str) -> dict[str, dict[str, Any]]:
    try:
        return json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    except ValueError as exc:
        raise Broken(f"policy file {origin}: {exc}", code="policy", where=origin) from exc


def _actions_of(policy: Mapping[str, Any]) -> list[str]:
    scope = policy["action"]
    if scope["op"] == "==":
        return [scope["entity"]["id"]]
    if scope["op"] == "in":
        listed = scope.get("entities") or [scope["entity"]]
        return [e["id"] for e in listed]
    return []


@dataclass(frozen=True, slots=True)
class ActionPolicies:
    """The policies of one action, and the @id that each carries."""

    policies: cedarpy.PolicySet
    names: Mapping[str, str]


@lru_cache(maxsize=1)
def policy_sets() -> Mapping[str, ActionPolicies]:
    """Collect the policies of all installed apps, one set per action. Raises `Broken` for a file that does not parse."""
    forbids = list(_statements(_global_file().read_text("utf-8"), "kernel").values())
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for config in apps.get_app_configs():
        file = Path(config.path) / "policy.cedar"
        if not file.is_file() or file == _global_file():
            continue
        for policy in _statements(file.read_text("utf-8"), config.name).values():
            names = _actions_of(policy)
            if not names:
                raise Broken(f"{file.name} of {config.name}: every policy names its actions", code="policy")
            for name in names:
                grouped[name].append(policy)
    return {name: _build([*forbids, *own]) for name, own in grouped.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """One policy as written: its id, effect, the actions it names (none: all), its condition, the app that states it.

    `conditions` is the syntax tree of Cedar's JSON form.
    """

    id: str
    effect: str
    actions: tuple[str, ...]
    conditions: tuple[Mapping[str, Any], ...]
    origin: str


@lru_cache(maxsize=1)
def statements() -> tuple[Statement, ...]:
    """Give every policy in force, the global forbids first, then app by app."""
    files = [("kernel", _global_file())]
    files += [(config.name, Path(config.path) / "policy.cedar") for config in apps.get_app_configs()]
    found = []
    for index, (origin, file) in enumerate(files):
        if not file.is_file() or (index and file == _global_file()):
            continue
        for key, told in _statements(file.read_text("utf-8"), origin).items():
            name = told.get("annotations", {}).get("id", key)
            found.append(Statement(name, told["effect"], tuple(_actions_of(told)), tuple(told["conditions"]), origin))
    return tuple(found)


def _build(policies: list[dict[str, Any]]) -> ActionPolicies:
    static = {f"policy{i}": policy for i, policy in enumerate(policies)}
    text = cedarpy.policies_from_json_str(json.dumps({"staticPolicies": static, "templates": {}, "templateLinks": []}))
    names = {key: p.get("annotations", {}).get("id", key) for key, p in _statements(text, "composed").items()}
    return ActionPolicies(cedarpy.PolicySet.from_str(text), names)


def _principal(actor: Actor) -> dict[str, Any]:
    return {
        "kind": actor.kind,
        "id": str(actor.id),
        "name": actor.name,
        "body": str(actor.body or ""),
        "capacity": actor.capacity,
        "capacities": sorted(actor.capacities),
        "jurisdiction": actor.jurisdiction,
    }


def decide(*, action: str, actor: Actor, resource: Mapping[str, Any], context: Mapping[str, Any]) -> Decision:
    """Ask the policies of `action`. An action that no policy names is denied.

    `resource` and `context` hold strings, booleans, integers and sets (as lists) of strings.
    """
    policies = policy_sets().get(action)
    if policies is None:
        return Decision(False, ())
    who = {"type": "Actor", "id": actor.reference}
    what = {"type": "Thing", "id": str(resource.get("id", ""))}
    entities = [
        {"uid": who, "attrs": _principal(actor), "parents": []},
        {"uid": what, "attrs": dict(resource), "parents": []},
    ]
    # structured ids and ready JSON: nothing is spelled in Cedar's syntax and parsed again, which takes half the time
    request = {
        "principal": who,
        "action": {"type": "Action", "id": action},
        "resource": what,
        "context": orjson.dumps(dict(context)).decode(),
    }
    answer = cedarpy.is_authorized(request, policies.policies, orjson.dumps(entities).decode())
    if answer.diagnostics.errors:
        raise Broken(f"policy of {action}: {answer.diagnostics.errors[0]}", code="policy", where=action)
    return Decision(answer.allowed, tuple(policies.names.get(r, r) for r in answer.diagnostics.reasons))


def require(*, action: str, actor: Actor, resource: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Raise `Forbidden` unless the policies allow it; the message names the forbid that spoke, where one did."""
    decision = decide(action=action, actor=actor, resource=resource, context=context)
    if decision.allowed:
        return
    for reason in decision.reasons:
        if reason in REASONS:
            raise Forbidden(REASONS[reason], code=reason, where=action)
    raise Forbidden(
        _("您当前的身份不能进行这项操作"),
        where=action,
        mend=_("请切换到有相应职责的身份，或联系本单位数据共享工作机构。"),
    )
