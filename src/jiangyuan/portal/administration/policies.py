"""The policies as people read them, and what each capacity may do: both from the policies and state tables in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jiangyuan.kernel import policy
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.portal.administration import sentences

ROOMS = {
    "organization": gettext_lazy("组织与账号"),
    "sources": gettext_lazy("数据源"),
    "standards": gettext_lazy("标准"),
    "census": gettext_lazy("数字资源普查"),
    "catalog": gettext_lazy("目录编制和发布"),
    "catalog.claims": gettext_lazy("目录申领"),
    "catalog.duties": gettext_lazy("目录覆盖"),
    "catalog.onesource": gettext_lazy("一数一源"),
    "catalog.updates": gettext_lazy("目录更新"),
    "catalog.interchange": gettext_lazy("目录导入、导出和对接"),
    "catalog.commitments": gettext_lazy("共享责任"),
    "catalog.important": gettext_lazy("分级和重要数据"),
    "resources": gettext_lazy("数据资源"),
    "quality": gettext_lazy("数据质量"),
    "demand": gettext_lazy("数据需求"),
    "sharing": gettext_lazy("共享申请与授权"),
    "delivery": gettext_lazy("数据交换"),
    "disputes": gettext_lazy("共享争议"),
    "deadlines": gettext_lazy("时限和督促"),
    "notices": gettext_lazy("消息"),
    "views": gettext_lazy("我的视图"),
    "administration": gettext_lazy("平台管理"),
    "kernel": gettext_lazy("平台内核"),
    "stagehand": gettext_lazy("演示专用"),
}
_WITHIN = {
    "claim": "claims", "proposal": "claims", "claimlist": "claims", "obligation": "duties", "excuse": "duties",
    "designation": "onesource", "repetition": "onesource", "update": "updates", "batch": "interchange",
    "harvest": "interchange", "docking": "interchange", "export": "interchange", "commitment": "commitments",
    "share_batch": "commitments", "important": "important", "grading": "important",
}  # fmt: skip
"""The catalogue is many rooms: in which one an action is, by what it is done to."""
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


def room_of(action: str) -> str:
    """Give the code of the room of an action."""
    app, what, *_rest = [*action.split("."), ""]
    return f"catalog.{_WITHIN[what]}" if app == "catalog" and what in _WITHIN else app


def room_title(name: str) -> str:
    """Give the room of an action."""
    return str(ROOMS.get(room_of(name), _("其他")))


@dataclass(frozen=True, slots=True)
class Power:
    """One thing a capacity may do: the action, under which condition, in which states of its object."""

    action: str
    room: str
    title: str
    condition: str
    states: str


@lru_cache(maxsize=32)
def _powers(capacity: str, language: str | None, count: int) -> tuple[Power, ...]:
    found: dict[str, Power] = {}
    for statement in policy.statements():
        if statement.effect != "permit":
            continue
        for condition in statement.conditions:
            for branch in sentences.alternatives(condition["body"]):
                if capacity not in set(capacities_of(branch)):
                    continue
                for name in statement.actions:
                    limits = [one for _who, what in sentences.parts_of(branch, [name]) for one in what]
                    told = _("，").join(dict.fromkeys(limits))
                    found[name] = Power(name, room_title(name), action_title(name), told, _states(name, capacity))
    order = list(ROOMS)
    return tuple(sorted(found.values(), key=lambda p: (_place(order, p.action), p.action)))


def _place(order: list[str], action: str) -> int:
    room = room_of(action)
    return order.index(room) if room in order else len(order)


def powers(capacity: str) -> tuple[Power, ...]:
    """Give what a capacity may do, room by room. Everybody's own account is not repeated here."""
    return _powers(capacity, get_language(), len(ACTIONS))


def _states(action: str, capacity: str) -> str:
    """Say from which states to which; those that lead to the same one stand together, one that changes none is not said."""
    targets: dict[str, dict[str, None]] = {}
    for model in sentences.stated():
        named = model.workflow.states
        for step in model.workflow.transitions:
            if step.action == action and step.source != step.target and (not step.by or capacity in step.by):
                targets.setdefault(str(named[step.target]), {})[str(named[step.source])] = None
    return _("；").join(f"{listed(sources)} → {target}" for target, sources in targets.items())
