"""The conditions of policies as sentences: who, and for what, read from Cedar's syntax tree.

A condition is said by its meaning ("for one's own department"), not by its parts ("the body of the object is the body of
the principal"): each comparison that the policies make has a phrase here, and one that has none is seen by a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.models import Stated
from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.organization.naming import SERVICES

Node = Mapping[str, Any]
_WHO = frozenset({"capacity", "capacities", "kind", "name"})
_OWN = {
    "body": gettext_lazy("限本部门的"),
    "consumer": gettext_lazy("本部门是使用方"),
    "provider": gettext_lazy("本部门是提供方"),
    "claimant": gettext_lazy("争议由本部门提出"),
    "respondent": gettext_lazy("本部门是争议的对方"),
    "authority": gettext_lazy("报送给本部门的"),
    "upper": gettext_lazy("本部门是上级部门"),
    "jurisdiction": gettext_lazy("限本行政区划的"),
    "signing_place": gettext_lazy("由本行政区划签署的"),
    "person": gettext_lazy("限本人的"),
}
"""What it means that a thing's … is the department, the division or the person of who acts."""
_NOT_OWN = {
    "claimant": gettext_lazy("争议不是本部门提出的"),
    "respondent": gettext_lazy("本部门不是争议的对方"),
    "body": gettext_lazy("限其他部门的"),
    "person": gettext_lazy("不是本人的"),
}
_HOLDS = {
    ("resource", "live"): (gettext_lazy("已经发布的"), gettext_lazy("从未发布的")),
    ("resource", "removed"): (gettext_lazy("已经移除的"), gettext_lazy("没有移除的")),
    ("context", "own"): (gettext_lazy("由本人提交的"), gettext_lazy("不是本人提交的")),
    ("context", "approves"): (gettext_lazy("属于审批的操作"), gettext_lazy("不属于审批的操作")),
}
_KINDS = {
    "person": gettext_lazy("工作人员"),
    "service": gettext_lazy("平台自动办理"),
    "system": gettext_lazy("应用系统"),
    "node": gettext_lazy("其他节点"),
}
_VALUES = {("way", "exception"): (gettext_lazy("答复是申请例外的"), gettext_lazy("答复不是申请例外的"))}


def sentence(node: Node, actions: Sequence[str] = ()) -> str:
    """Say a condition; `actions` are those it stands for, whose state tables name the states in it."""
    return _("；或者：").join(_("，").join(who + what) for who, what in parts_of(node, actions))


def parts_of(node: Node, actions: Sequence[str] = ()) -> list[tuple[list[str], list[str]]]:
    """Give the alternatives of a condition, each as who may and under which limits."""
    merged = _one_left(node)
    branches = [node] if merged is not None else list(alternatives(node))
    return [_conjunction(branch, actions) for branch in branches]


def alternatives(node: Node) -> Iterator[Node]:
    """Give what stands on the sides of an "or"."""
    if "||" in node:
        yield from alternatives(node["||"]["left"])
        yield from alternatives(node["||"]["right"])
    else:
        yield node


def _conjuncts(node: Node) -> Iterator[Node]:
    if "&&" in node:
        yield from _conjuncts(node["&&"]["left"])
        yield from _conjuncts(node["&&"]["right"])
    else:
        yield node


def _place(node: Any) -> tuple[str, str] | None:
    """Give what a node reads, as (principal, capacity); None for anything else."""
    return (node["."]["left"].get("Var", ""), node["."]["attr"]) if "." in node else None


def _one_left(node: Node) -> tuple[tuple[str, str], list[Any]] | None:
    """Give the place and the values of "a is x, or a is y", of a set that holds a, and of "a is x" alone."""
    if "contains" in node and "Set" in node["contains"]["left"]:
        place = _place(node["contains"]["right"])
        return (place, [one.get("Value") for one in node["contains"]["left"]["Set"]]) if place else None
    found: list[tuple[tuple[str, str] | None, Any]] = []
    for branch in alternatives(node):
        if "==" not in branch or "Value" not in branch["=="]["right"]:
            return None
        found.append((_place(branch["=="]["left"]), branch["=="]["right"]["Value"]))
    places = {place for place, _value in found}
    place = next(iter(places))
    return (place, [value for _place, value in found]) if len(places) == 1 and place else None


def _conjunction(node: Node, actions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Sort what is asked for at once into who, and what else; a service is named by its name, holders by all they hold."""
    who: list[str] = []
    what: list[str] = []
    held: list[str] = []
    service = any(_one_left(one) and _one_left(one)[0] == ("principal", "name") for one in _conjuncts(node))  # type: ignore[index]
    for one in _conjuncts(node):
        place = (known := _one_left(one)) and known[0]
        if known and place == ("principal", "kind") and (service or (known[1] == ["person"] and _has_capacity(node))):
            continue
        if "contains" in one and _place(one["contains"]["left"]) == ("principal", "capacities"):
            held.append(str(one["contains"]["right"].get("Value", "")))
            continue
        told = _phrase(one, actions)
        (who if place and place[0] == "principal" and place[1] in _WHO else what).append(told)
    return ([_held(held)] if held else []) + who, what


def _has_capacity(node: Node) -> bool:
    return any((known := _one_left(one)) and known[0] == ("principal", "capacity") for one in _conjuncts(node))


def _held(codes: list[str]) -> str:
    """Say which capacities somebody holds; a service holds the one that is named after it."""
    named = [_service(code.removeprefix("service_")) for code in codes if code.startswith("service_")]
    if named:
        return _("、").join(named)
    told = _quoted([str(CAPACITY_LABELS.get(code, code)) for code in codes], _("和"))
    return _("同时持有%(who)s身份") % {"who": told} if len(codes) > 1 else _("持有%(who)s身份") % {"who": told}


def _service(name: str) -> str:
    label = SERVICES.get(str(service_actor(name).id))
    return _("平台自动办理（%(service)s）") % {"service": label or name}


def _quoted(names: Sequence[str], word: str) -> str:
    return word.join(_("“%(name)s”") % {"name": name} for name in names)


def _phrase(node: Node, actions: Sequence[str]) -> str:
    """Say one thing that is asked for."""
    if known := _one_left(node):
        return _among(*known, actions)
    if "||" in node:
        return _("符合其一：%(these)s") % {"these": _nested(node, actions)}
    if "!" in node:
        return _bare(node["!"]["arg"], met=False, actions=actions)
    for operator in ("==", "!="):
        if operator in node:
            return _compared(node[operator], met=operator == "==")
    return _bare(node, met=True, actions=actions)


def _nested(node: Node, actions: Sequence[str]) -> str:
    told = (who + what for branch in alternatives(node) for who, what in [_conjunction(branch, actions)])
    return _("，或").join(_("（%(what)s）") % {"what": _("，").join(one)} if len(one) > 1 else one[0] for one in told)


def _among(place: tuple[str, str], values: list[Any], actions: Sequence[str]) -> str:
    """Say that something has one of several values."""
    what, attr = place
    if attr in ("capacity", "capacities"):
        return _("身份为%(who)s") % {"who": _quoted([str(CAPACITY_LABELS.get(v, v)) for v in values], _("或"))}
    if attr == "kind":
        return _("或").join(str(_KINDS.get(v, v)) for v in values)
    if (what, attr) == ("principal", "name"):
        return _("、").join(_service(str(v)) for v in values)
    if attr == "state":
        return _("状态为%(states)s") % {"states": _quoted([_state(str(v), actions) for v in values], _("或"))}
    told = [_VALUES[attr, v][0] if (attr, v) in _VALUES else f"{what}.{attr} = {v}" for v in values]
    return str(listed(str(one) for one in told))


def _compared(sides: Node, *, met: bool) -> str:
    """Say that a thing's … is, or is not, that of who acts."""
    left, right = _place(sides["left"]), _place(sides["right"])
    own = right if left and left[0] == "principal" else left
    if own and right:
        told = (_OWN if met else _NOT_OWN).get(own[1])
        return str(told) if told else f"{'.'.join(own)} {'=' if met else '!='} {'.'.join(right)}"
    value = sides["right"].get("Value")
    if left and (left[1], value) in _VALUES:
        return str(_VALUES[left[1], value][0 if met else 1])
    return f"{'.'.join(left or ('', ''))} {'=' if met else '!='} {value}"


def _bare(node: Node, *, met: bool, actions: Sequence[str]) -> str:
    """Say that something holds, or does not."""
    if (place := _place(node)) is not None:
        return str(_HOLDS[place][0 if met else 1]) if place in _HOLDS else ".".join(place)
    return _("并非：%(what)s") % {"what": sentence(node, actions)} if not met else str(node)


def _state(value: str, actions: Sequence[str]) -> str:
    """Name a state by the state table of what the actions are done to: others may use the same code."""
    models = [spec.on for name in actions if (spec := ACTIONS.get(name)) is not None and spec.on is not None]
    for model in [*models, *stated()]:
        workflow = getattr(model, "workflow", None)
        if workflow is not None and value in workflow.states:
            return str(workflow.states[value])
    return value


def stated() -> list[Any]:
    """Give the models that have a state table."""
    return [m for m in apps.get_models() if issubclass(m, Stated) and m.workflow is not None]
