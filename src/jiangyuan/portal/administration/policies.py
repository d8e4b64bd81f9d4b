"""The policies as people read them, and what each capacity may do: both from the policies and state tables in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jiangyuan.kernel import policy
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.models import Stated
from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.organization.naming import SERVICES

ROOMS = {
    "organization": gettext_lazy("组织与账号"),
    "sources": gettext_lazy("数据源"),
    "standards": gettext_lazy("标准"),
    "catalog": gettext_lazy("目录"),
    "resources": gettext_lazy("数据资源"),
    "quality": gettext_lazy("数据质量"),
    "sharing": gettext_lazy("共享申请与授权"),
    "delivery": gettext_lazy("数据交换"),
    "administration": gettext_lazy("平台管理"),
    "kernel": gettext_lazy("平台内核"),
}
DUTIES = {
    "business_office": gettext_lazy("提出用数需求、填报本处室的数据，是事情的起点。"),
    "sharing_handler": gettext_lazy("本部门数据共享的经办人：编目录、接数据源、报申请、管应用系统和密钥。"),
    "sharing_head": gettext_lazy("本部门数据共享工作机构负责人：审核经办人提交的目录和申请。"),
    "department_head": gettext_lazy("决定本部门的数据给谁用、怎么用。"),
    "authority_handler": gettext_lazy("受理、核对全省的目录和申请。"),
    "authority_head": gettext_lazy("发布目录、批准延期、裁定争议。"),
    "system_admin": gettext_lazy("登记部门和人员、重置口令、维护配置；不任命、不审计。"),
    "security_admin": gettext_lazy("按岗位任命、吊销密钥、解除锁定；不登记人员、不审计。"),
    "auditor": gettext_lazy("查看登录、操作和数据使用的全部留痕；不改动任何内容。"),
    "township_user": gettext_lazy("按授权使用回流到本地的数据。"),
    "contractor": gettext_lazy("按合同运维，任何审批都不能作出。"),
    "citizen": gettext_lazy("使用开放数据，查询谁用过自己的数据，提出更正。"),
    "analyst": gettext_lazy("在授权范围内查询和分析数据。"),
    "operations": gettext_lazy("看运行状况、重试失败的任务；看不到业务数据。"),
}
_NAMES = {
    ("principal", "capacity"): gettext_lazy("当前身份"),
    ("principal", "capacities"): gettext_lazy("所持的全部身份"),
    ("principal", "body"): gettext_lazy("本人所在部门"),
    ("principal", "jurisdiction"): gettext_lazy("本人所在行政区划"),
    ("principal", "kind"): gettext_lazy("操作者"),
    ("principal", "name"): gettext_lazy("服务名称"),
    ("principal", "id"): gettext_lazy("本人"),
    ("resource", "body"): gettext_lazy("对象所属部门"),
    ("resource", "consumer"): gettext_lazy("使用方"),
    ("resource", "provider"): gettext_lazy("提供方"),
    ("resource", "person"): gettext_lazy("账号的主人"),
    ("resource", "state"): gettext_lazy("对象的状态"),
    ("resource", "jurisdiction"): gettext_lazy("对象所在行政区划"),
    ("resource", "live"): gettext_lazy("对象在用"),
    ("context", "own"): gettext_lazy("是本人提交的"),
    ("context", "approves"): gettext_lazy("是审批类操作"),
}
_KINDS = {
    "person": gettext_lazy("人员"),
    "service": gettext_lazy("平台服务"),
    "system": gettext_lazy("应用系统"),
    "node": gettext_lazy("其他节点"),
}


def sentence(node: Mapping[str, Any]) -> str:
    """Say a condition of Cedar's syntax tree in words; what has no words of its own is spelled as Cedar does."""
    ((operator, inner),) = node.items()
    if operator == "||":
        return _alternatives(list(_branches(node)))
    if operator == "&&":
        return _("%(one)s，且%(other)s") % {"one": _closed(inner["left"]), "other": _closed(inner["right"])}
    if operator == "!":
        return _("不是（%(what)s）") % {"what": sentence(inner["arg"])}
    if operator in ("==", "!="):
        told = {"one": _term(inner["left"]), "other": _term(inner["right"], of=inner["left"])}
        return _("%(one)s是%(other)s") % told if operator == "==" else _("%(one)s不是%(other)s") % told
    if operator == "contains":
        return _("%(one)s中有%(other)s") % {
            "one": _term(inner["left"]),
            "other": _term(inner["right"], of=inner["left"]),
        }
    return _term(node)


def _alternatives(branches: list[Mapping[str, Any]]) -> str:
    """Say what may be one or the other; several values of one thing are listed after it."""
    left = branches[0].get("==", {}).get("left")
    if left is not None and all(branch.get("==", {}).get("left") == left for branch in branches):
        others = _("或").join(_term(branch["=="]["right"], of=left) for branch in branches)
        return _("%(one)s是%(other)s") % {"one": _term(left), "other": others}
    return _("，或").join(_("（%(what)s）") % {"what": sentence(branch)} for branch in branches)


def _closed(node: Mapping[str, Any]) -> str:
    """Say a part of a conjunction; alternatives are held together, unless they are values of one thing."""
    told = sentence(node)
    if "||" in node and told.startswith(_("（%(what)s）")[:1]):
        return _("（%(what)s）") % {"what": told}
    return told


def _term(node: Mapping[str, Any], of: Mapping[str, Any] | None = None) -> str:
    if "." in node:
        place = (node["."]["left"].get("Var", ""), node["."]["attr"])
        return str(_NAMES.get(place, ".".join(place)))
    if "Set" in node:
        return _("“%(items)s”") % {"items": listed(_term(item, of) for item in node["Set"])}
    value = node.get("Value", "")
    if isinstance(value, bool):
        return _("真") if value else _("假")
    asked = of.get(".", {}).get("attr") if of else ""
    service = SERVICES.get(str(service_actor(str(value)).id)) if asked == "name" else ""
    named = service or CAPACITY_LABELS.get(str(value)) or _KINDS.get(str(value)) or _state(str(value), of)
    return _("“%(name)s”") % {"name": named or value}


def _state(value: str, of: Mapping[str, Any] | None) -> str:
    if of is None or of.get(".", {}).get("attr") != "state":
        return ""
    return next((str(m.workflow.states[value]) for m in _stated() if value in m.workflow.states), "")


def _stated() -> list[Any]:
    return [m for m in apps.get_models() if issubclass(m, Stated) and m.workflow is not None]


def capacities_of(node: Any) -> Iterator[str]:
    """Give the capacities that a condition asks for."""
    if isinstance(node, dict):
        if "Value" in node and node["Value"] in CAPACITY_LABELS:
            yield str(node["Value"])
        for inner in node.values():
            yield from capacities_of(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from capacities_of(inner)


def action_title(name: str) -> str:
    """Give an action as its button says it."""
    spec = ACTIONS.get(name)
    return str(spec.title) if spec else name


def room_title(name: str) -> str:
    """Give the room of an action."""
    return str(ROOMS.get(name.split(".")[0], _("其他")))


@dataclass(frozen=True, slots=True)
class Power:
    """One thing a capacity may do: the action, under which condition, in which states of its object."""

    action: str
    room: str
    title: str
    condition: str
    states: str


def _branches(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "||" in node:
        yield from _branches(node["||"]["left"])
        yield from _branches(node["||"]["right"])
    else:
        yield node


def _limits(node: Mapping[str, Any]) -> list[str]:
    """Give what a branch asks for besides the capacity."""
    if "&&" in node:
        return [*_limits(node["&&"]["left"]), *_limits(node["&&"]["right"])]
    told = node.get("==", {}).get("left", {}).get(".", {})
    about_who = told.get("left", {}).get("Var") == "principal" and told.get("attr") in ("capacity", "kind", "name")
    return [] if about_who or any(capacities_of(node)) else [sentence(node)]


@lru_cache(maxsize=32)
def _powers(capacity: str, language: str | None, count: int) -> tuple[Power, ...]:
    found: dict[str, Power] = {}
    for statement in policy.statements():
        if statement.effect != "permit":
            continue
        for condition in statement.conditions:
            for branch in _branches(condition["body"]):
                if capacity not in set(capacities_of(branch)):
                    continue
                told = _("，").join(dict.fromkeys(_limits(branch)))
                for name in statement.actions:
                    found[name] = Power(name, room_title(name), action_title(name), told, _states(name, capacity))
    order = list(ROOMS)
    return tuple(sorted(found.values(), key=lambda p: (_place(order, p.action), p.action)))


def _place(order: list[str], action: str) -> int:
    room = action.split(".")[0]
    return order.index(room) if room in order else len(order)


def powers(capacity: str) -> tuple[Power, ...]:
    """Give what a capacity may do, room by room. Everybody's own account is not repeated here."""
    return _powers(capacity, get_language(), len(ACTIONS))


def _states(action: str, capacity: str) -> str:
    steps = [
        f"{model.workflow.states[step.source]} → {model.workflow.states[step.target]}"
        for model in _stated()
        for step in model.workflow.transitions
        if step.action == action and (not step.by or capacity in step.by)
    ]
    return _("；").join(dict.fromkeys(steps))
