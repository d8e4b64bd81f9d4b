"""Why somebody may do something with a record now, or may not: asked of the doors themselves, without acting.

State table, policies and grants answer as they would answer the act; nothing is decided here. Whoever asks learns of
records that he may see and of people that he may know of, and nothing of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.resolver import STAFF, resolve
from jiangyuan.kernel import policy
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import ADMINISTRATORS, Actor, Scene
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.ui import session, steps

READ = "read"
"""The act of reading what a grant gives, beside the registered actions."""
ARTICLES: Mapping[str, Any] = {
    "catalog.entry": gettext_lazy("《政务数据共享条例》第十三条、第十六条、第十七条"),
    "sharing.request": gettext_lazy("《政务数据共享条例》第二十条至第二十二条"),
    "sharing.grant": gettext_lazy("《政务数据共享条例》第二十五条、第二十七条"),
    "sharing.case": gettext_lazy("《政务数据共享条例》第二十五条"),
    "administrators": gettext_lazy("GB/T 22239-2019 第 8.1.5 条"),
}
"""The articles that the policies of these actions rest on."""
SIDES = ("body", "consumer", "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One question that the doors ask: whether it is met, what it is, and what would have to change."""

    title: Any
    met: bool
    text: Any
    mend: Any = ""
    article: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The verdict and its reasons; `who`: in which roles one may."""

    allowed: bool
    reasons: tuple[Reason, ...]
    who: tuple[str, ...] = ()


def askable(thing: Record) -> list[tuple[str, Any]]:
    """Give the actions that people can carry out on this record, and reading where it can be read."""
    found = [(name, spec.title) for name, spec in ACTIONS.items() if spec.on is type(thing) and _roles(name, thing)]
    if isinstance(thing, Grant):
        found.append((READ, _("查询授权的数据")))
    return found


def answer(action: str, thing: Record, actor: Actor) -> Answer:
    """Say whether `actor` may carry out `action` on `thing` now. `action` is one of `askable`."""
    if action == READ and isinstance(thing, Grant):
        return _reading(thing, actor)
    reasons = [_sees(thing, actor)]
    if isinstance(thing, Stated) and thing.workflow is not None and thing.workflow.governs(action):
        reasons.append(_state(action, thing))
    reasons += _role(action, thing, actor)
    return Answer(
        allowed=all(reason.met for reason in reasons), reasons=tuple(reasons), who=tuple(_told(_roles(action, thing)))
    )


def _article(action: str) -> Any:
    return ARTICLES.get(action.rpartition(".")[0], "")


def _sees(thing: Record, actor: Actor) -> Reason:
    met = type(thing).visible_to(actor).filter(pk=thing.pk).exists()
    text = _("这项内容在其查看范围内。") if met else _("这项内容不在其查看范围内。")
    return Reason(title=_("能看到这项内容"), met=met, text=text, mend="" if met else _("由有关部门的人员办理。"))


def _state(action: str, thing: Stated) -> Reason:
    workflow = thing.workflow
    assert workflow is not None
    met = (thing.state, action) in workflow.index
    text = _("现在的状态是“%(state)s”。") % {"state": thing.state_label}
    if met:
        return Reason(title=_("状态合适"), met=True, text=text)
    sources = [str(workflow.states[step.source]) for step in workflow.transitions if step.action == action]
    mend = _("须先到“%(states)s”状态。") % {"states": _("”或“").join(dict.fromkeys(sources))}
    if thing.state in workflow.terminal:
        mend = _("这项内容已经办结，不再变化；需要时请另行发起。")
    return Reason(title=_("状态合适"), met=False, text=text, mend=mend)


def _role(action: str, thing: Record, actor: Actor) -> list[Reason]:
    """Ask the policies twice: as the person is, and as if the work were somebody else's."""
    own = actor.kind == "person" and actor.id in thing.authors()
    decided = steps.permitted(action, thing, actor)
    as_other = _decide(action, thing, actor, own=False)
    found = []
    capacity = CAPACITY_LABELS.get(actor.capacity, _("没有任命"))
    named = session.names_of({("body", str(actor.body))}).get(("body", str(actor.body)), "") if actor.body else ""
    text = _("以“%(capacity)s”的身份，为%(body)s办理。") % {"capacity": capacity, "body": named or _("个人")}
    clash = len(actor.capacities & ADMINISTRATORS) > 1
    if not clash:
        mend = "" if as_other.allowed else _("须换成下列身份之一，或请其办理。")
        found.append(
            Reason(title=_("身份有这项职责"), met=as_other.allowed, text=text, mend=mend, article=_article(action))
        )
    if ACTIONS[action].approves:
        told = _("这是其本人提交或编制的。") if own else _("这不是其本人提交或编制的。")
        mend = _("须由另一人审批。") if own else ""
        found.append(Reason(title=_("不审批本人的事项"), met=not own, text=told, mend=mend))
    if clash:
        told = _("同时担任了两个管理员身份，任何操作都不能进行。")
        mend = _("请安全管理员之外的任命机构免去其中一个身份。")
        article = ARTICLES["administrators"]
        found.append(Reason(title=_("三员分立"), met=False, text=told, mend=mend, article=article))
    if not decided and all(reason.met for reason in found):
        told = _("策略不允许这项操作。")
        found.append(Reason(title=_("策略允许"), met=False, text=told, mend=_("请联系本单位数据共享工作机构。")))
    return found


def _decide(action: str, thing: Record, actor: Actor, *, own: bool) -> policy.Decision:
    resource = {"id": str(thing.pk), "type": thing._meta.label_lower, **thing.policy_attributes()}
    if isinstance(thing, Stated):
        resource["state"] = thing.state
    context = {
        "purpose": "",
        "case_number": "",
        "channel": "portal",
        "network": "",
        "hour": timezone.localtime().hour,
        "own": own,
        "approves": ACTIONS[action].approves,
    }
    return policy.decide(action=action, actor=actor, resource=resource, context=context)


def _roles(action: str, thing: Record) -> list[tuple[str, str]]:
    """Give the roles that the policies permit: (body or empty for any, capacity), tried one by one on the policies."""
    attributes = thing.policy_attributes()
    jurisdiction = str(attributes.get("jurisdiction", ""))
    sides = dict.fromkeys(str(attributes[side]) for side in SIDES if attributes.get(side))
    found = []
    for capacity in CAPACITY_LABELS:
        for body in ("", *sides):
            actor = Actor(
                kind="person",
                id=uuid4(),
                name="",
                body=_uuid(body),
                capacity=capacity,
                capacities=frozenset({capacity}),
                jurisdiction=jurisdiction,
            )
            if _decide(action, thing, actor, own=False).allowed:
                found.append((body, capacity))
                if not body:
                    break  # whichever the body: it need not be named
    return found


def _uuid(body: str) -> Any:
    from uuid import UUID

    return UUID(body) if body else uuid4()


def _told(roles: Iterable[tuple[str, str]]) -> list[str]:
    roles = list(roles)
    names = session.names_of({("body", body) for body, _capacity in roles if body})
    told = []
    for body, capacity in roles:
        label = str(CAPACITY_LABELS[capacity])
        named = names.get(("body", body), "")
        told.append(_("%(body)s的%(capacity)s") % {"body": named, "capacity": label} if named else label)
    return told


# --- reading under a grant --------------------------------------------------------------------------------------------


def _reading(grant: Grant, actor: Actor) -> Answer:
    own = bool(actor.body) and actor.body == grant.consumer_id
    today = timezone.localdate()
    labels = _("、").join(str(CAPACITY_LABELS[capacity]) for capacity in sorted(STAFF))
    reasons = [
        _sees(grant, actor),
        Reason(
            title=_("属于使用方"),
            met=own,
            text=_("授权给了%(body)s的“%(system)s”。") % {"body": grant.consumer, "system": grant.system},
            mend="" if own else _("本部门需要这项数据时，由业务处室提出共享申请。"),
            article=ARTICLES["sharing.request"],
        ),
        Reason(
            title=_("身份可以查询"),
            met=actor.capacity in STAFF,
            text=_("可以查询的身份：%(roles)s。") % {"roles": labels},
            mend="" if actor.capacity in STAFF else _("请切换到其中一个身份，或请有该身份的人查询。"),
        ),
        Reason(
            title=_("授权有效"),
            met=grant.state == "active" and grant.active and grant.until >= today,
            text=_("状态“%(state)s”，有效期至 %(until)s。") % {"state": grant.state_label, "until": grant.until},
            mend="" if grant.state == "active" else _("授权恢复或重新申请后才能查询。"),
            article=ARTICLES["sharing.grant"],
        ),
        Reason(
            title=_("授权了查询方式"),
            met="query" in grant.forms,
            text=_("授权的方式中含有查询。") if "query" in grant.forms else _("授权的方式中没有查询。"),
            mend="" if "query" in grant.forms else _("由应用系统按授权的方式调用，或申请变更授权。"),
        ),
        Reason(
            title=_("不限于办件"),
            met=not grant.case_bound,
            text=_("只能查询办件名单中的人。") if grant.case_bound else _("不限于办件名单。"),
            mend=_("由应用系统带办件编号逐件核验。") if grant.case_bound else "",
        ),
    ]
    given = bool(resolve(actor, Scene(purpose=grant.purpose, channel="portal"), [grant.pk], "query"))
    if not given and all(reason.met for reason in reasons):
        told = _("应用系统、挂载或目录现在不能使用。")
        reasons.append(Reason(title=_("资源可用"), met=False, text=told, mend=_("请联系提供方。")))
    who = [
        _("%(body)s的%(capacity)s") % {"body": grant.consumer, "capacity": CAPACITY_LABELS[c]} for c in sorted(STAFF)
    ]
    return Answer(allowed=given and all(reason.met for reason in reasons), reasons=tuple(reasons), who=tuple(who))
