"""On whose desk a claim and a proposal lie, what an entry's page says of its pin, and the words of the forms."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.claims.models import Claim, ClaimList, Pin, Proposal
from jiangyuan.catalog.claims.states import HEAD, OFFICE, PENDING
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import objects, parts, states, steps, tabs, wording
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.timeline import register_event_titles

ISSUE = "catalog.claimlist.issue"
ADD_ITEM = "catalog.entry.add_local_item"


def _claims(actor: Actor, state: str) -> Q | None:
    turns = (*OFFICE, HEAD) if state == "upper_gone" else OFFICE
    return Q(body_id=actor.body) if actor.capacity in turns and actor.body else None


def _proposals(actor: Actor, state: str) -> Q | None:
    if actor.capacity not in OFFICE or not actor.body:
        return None
    return Q(claim__body_id=actor.body) if state == "proposed" else Q(claim__entry__body_id=actor.body)


def on_entry(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    """Show on an entry's page what it is pinned to and what is proposed, or that it can be issued to its line."""
    pin = Pin.objects.filter(entry=entry).select_related("to__entry__body").first()
    shown: list[parts.Part] = []
    if pin is not None:
        shown.append(_pinned(entry, pin, actor))
        if entry.state in ("draft", "returned") and steps.permitted(ADD_ITEM, entry, actor):
            url = f"/catalog/claims/entries/{entry.pk}/add-local-item/"
            shown.append(parts.Button(title=gettext("增加本地信息项"), url=url, kind="plain"))
    elif entry.live_version and may_issue(entry, actor):
        shown.append(
            parts.Button(
                title=gettext("下发下级申领"), url=f"/catalog/claims/lists/new/?entry={entry.pk}", kind="plain"
            )
        )
    return tuple(shown)


def _pinned(entry: Entry, pin: Pin, actor: Actor) -> parts.Part:
    upper = pin.to.entry
    rows = [
        parts.Definition(
            term=gettext("上级目录"), value=parts.Link(title=upper.known_name, url=f"/catalog/{upper.pk}/")
        ),
        parts.Definition(term=gettext("上级部门"), value=upper.body.name),
        parts.Definition(
            term=gettext("与上级一致的版本"),
            value=gettext("第 %(number)s 版") % {"number": pin.to.number},
            help=gettext("除联系方式、格式、更新周期、时空范围和本地信息项外，均与该版本一致。"),
        ),
    ]
    waiting = Proposal.visible_to(actor).filter(claim__own=entry, state__in=PENDING).first()
    if waiting is not None:
        link = parts.Link(
            title=gettext("第 %(number)s 版") % {"number": waiting.number},
            url=f"/catalog/claims/proposals/{waiting.pk}/",
        )
        rows.append(parts.Definition(term=gettext("待更新至"), value=link))
        rows.append(parts.Definition(term=gettext("时限"), value=objects.clock_of(waiting) or ""))
    return parts.Definitions(title=gettext("申领"), rows=tuple(rows))


def may_issue(entry: Entry, actor: Actor) -> bool:
    """Ask whether the actor may issue an entry to its line."""
    return steps.may_begin(ISSUE, actor, jurisdiction=entry.body.jurisdiction.code)


def register_pages() -> None:
    """Register kinds, tones, titles and words, and the part on the entry's page."""
    states.register_tones(
        {
            "claim.waiting": "running",
            "claimed": "good",
            "inapplicable": "closed",
            "held_above": "closed",
            "upper_gone": "warn",
            "kept": "good",
            "given_up": "closed",
            "proposed": "warn",
            "proposal.objected": "running",
            "moved": "good",
            "conceded": "closed",
            "obsolete": "closed",
        }
    )
    register_event_titles(
        {
            "catalog.entry.published": _("审核发布"),
            "catalog.entry.edited": _("修改目录"),
            "catalog.claim.asked": _("请下级申领"),
            "catalog.demand.filed": _("提出回流需求"),
        }
    )
    objects.register(*_kinds())
    tabs.register(tabs.Tab(label="entries.entry", code="", title=_("申领"), order=6, draw=on_entry))
    _register_words()


def _kinds() -> tuple[objects.Kind, ...]:
    return (
        objects.Kind(
            model=Claim,
            title=_("目录申领"),
            url=lambda claim: f"/catalog/claims/{claim.pk}/",
            name=lambda claim: claim.entry.known_name,
            related=("entry__body", "body"),
            waits={"waiting": "catalog.claim.accept", "upper_gone": "catalog.claim.keep"},
            desk=_claims,
            turn=lambda claim: (*OFFICE, HEAD) if claim.state == "upper_gone" else None,
            mine=lambda actor: Q(entry__body_id=actor.body) if actor.body else None,
            sender=lambda claim: claim.entry.body_id,
            holder=lambda claim: claim.body_id,
        ),
        objects.Kind(
            model=Proposal,
            title=_("申领目录的新版本"),
            url=lambda one: f"/catalog/claims/proposals/{one.pk}/",
            name=lambda one: one.claim.entry.known_name,
            related=("claim__entry__body", "claim__body"),
            waits={"proposed": "catalog.proposal.move", "objected": "catalog.proposal.uphold"},
            desk=_proposals,
            mine=lambda actor: (
                Q(claim__entry__body_id=actor.body) | Q(claim__body_id=actor.body) if actor.body else None
            ),
            sender=_sender,
            holder=_holder,
        ),
        objects.Kind(model=ClaimList, title=_("申领清单"), url=lambda one: f"/catalog/claims/lists/{one.pk}/"),
    )


def _sender(one: Any) -> Any:
    return one.claim.entry.body_id if one.state == "proposed" else one.claim.body_id


def _holder(one: Any) -> Any:
    return one.claim.body_id if one.state == "proposed" else one.claim.entry.body_id


def _register_words() -> None:
    wording.say(
        ISSUE,
        title=Shown(label=_("清单名称"), help=_("例如：2026 年民政条线目录。")),
        entries=Shown(hidden=True),
    )
    wording.say(
        "catalog.claim.accept",
        contact=Shown(label=_("联系人"), help=_("本部门负责这项目录的人，可以以后再填。")),
        contact_phone=Shown(label=_("联系电话"), help=_("办公电话。")),
        format=Shown(label=_("格式"), help=_("不选为与上级相同。"), choices=list(Entry.FORMATS)),
        update_cycle=Shown(label=_("更新周期"), help=_("不选为与上级相同；不能慢于上级。"), choices=list(Entry.CYCLES)),
    )
    wording.say("catalog.claim.decline", reason=wording.reason(_("写明本地为什么不适用，例如没有这项职责或业务。")))
    wording.say(
        "catalog.claim.hold_above",
        reason=Shown(
            label=_("回流需求"),
            help=_("数据由上级系统收集，写明本部门因哪项职责需要哪些数据回流（条例第二十四条）。"),
            control="textarea",
        ),
    )
    for verb in ("reconsider", "keep", "give_up"):
        wording.say(f"catalog.claim.{verb}", reason=wording.reason())
    for verb in ("object", "uphold", "concede"):
        wording.say(f"catalog.proposal.{verb}", reason=wording.reason())
    wording.say(
        "catalog.entry.add_local_item",
        column=Shown(label=_("字段"), help=_("数据表中的字段名。")),
        name=Shown(label=_("名称")),
        type=Shown(label=_("类型"), help=_("例如 text、date、numeric。")),
        grade=Shown(label=_("级别"), help=_("1 至 4 级，不高于申领的目录。")),
        personal=Shown(label=_("个人信息")),
        shareable=Shown(label=_("直接提供")),
        description=Shown(label=_("说明")),
    )
