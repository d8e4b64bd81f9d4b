"""Review of a request on both sides: what is asked, the checklist with its evidence, and the decisions of this desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.catalog.entries.wording import field_value, mask_text
from jiangyuan.exchange.sharing import purposes, queries, signature_pages, signatures, terms
from jiangyuan.exchange.sharing.desks import REVIEWED, desk
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.request_pages import REQUESTS, reply_limit
from jiangyuan.exchange.sharing.rules import ART20, ART21
from jiangyuan.exchange.sharing.wording import forms_text
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.texts import cite, listed
from jiangyuan.ui import conditions, objects, pages, parts, session, states, steps
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

DECISIONS = {
    "own_head": ("sharing.request.consent", "sharing.request.return"),
    "provider_handler": ("sharing.request.propose", "sharing.request.ask_completion"),
    "provider_head": (
        "sharing.request.agree",
        "sharing.request.refuse",
        "sharing.request.send_back",
        signature_pages.SIGN,
        signature_pages.WITHHOLD,
    ),
}
EXTEND = "sharing.request.extend_reply"
DANGER = frozenset({"sharing.request.refuse", "sharing.request.return", signature_pages.WITHHOLD})


def about(asked: Request) -> parts.Definitions:
    """Say who asks whom for what, why and how long."""
    rows = (
        parts.Definition(term=_("使用方"), value=asked.consumer.name),
        parts.Definition(term=_("应用系统"), value=asked.system.name),
        parts.Definition(term=_("提供方"), value=asked.provider.name),
        parts.Definition(
            term=_("目录"), value=parts.Link(title=asked.entry.known_name, url=f"/catalog/{asked.entry_id}/")
        ),
        parts.Definition(term=_("使用依据"), value=asked.basis),
        parts.Definition(term=_("使用场景"), value=asked.scenario),
        parts.Definition(term=_("使用范围"), value=asked.scope),
        parts.Definition(term=_("用途"), value=purposes.drawn(asked.purpose)),
        parts.Definition(term=_("共享方式"), value=forms_text(asked.forms)),
        parts.Definition(term=_("限定办件"), value=asked.case_bound),
        parts.Definition(term=_("使用期限"), value=_("至 %(day)s（含当日）") % {"day": asked.until.isoformat()}),
        parts.Definition(term=_("记录范围"), value=conditions.sentence(asked.condition, terms.names_of(asked.entry))),
    )
    return parts.Definitions(title=_("申请内容"), rows=rows)


def _earlier(asked: Request) -> list[Grant]:
    held = Grant.objects.filter(consumer_id=asked.consumer_id, mount_id=asked.mount_id, state__in=terms.LIVE)
    return list(held.exclude(request_id=asked.pk).select_related("system").order_by("-created_at")[:20])


def items_asked(asked: Request, earlier: list[Grant]) -> parts.Differences:
    """Show the items asked for, marked against what the consumer holds already on the same data."""
    before = {item["column"]: mask_text(item["mask"]) for grant in reversed(earlier) for item in grant.items}
    rows = tuple(
        parts.Difference(
            label=str(item["name"]),
            before=before.get(item["column"]),
            after=mask_text(item["mask"]),
        )
        for item in asked.items
    )
    return parts.Differences(rows=rows, title=_("申请的信息项（“现行”为使用方已有授权）"))


def facts(asked: Request) -> tuple[parts.Part, ...]:
    """Give what is decided upon, as the page shows it that asks to check before submitting."""
    edit = parts.Button(title=_("修改申请"), url=f"/exchange/requests/{asked.pk}/edit/", kind="plain")
    own = (edit,) if asked.state in ("draft", "returned") else ()
    return (about(asked), items_asked(asked, _earlier(asked)), *own)


def _check(title: Any, verdict: str, evidence: Any, article: Any = "", url: str = "") -> parts.Check:
    words: dict[str, tuple[Any, parts.Tone]] = {
        "good": (_("符合"), "good"),
        "look": (_("请核对"), "warn"),
        "bad": (_("不符合"), "bad"),
    }
    label, tone = words[verdict]
    return parts.Check(
        title=title, badge=parts.Badge(label=label, tone=tone), evidence=evidence, article=article, url=url
    )


def _counted(asked: int, offered: int) -> str:
    said = ngettext("%(asked)s 项，目录共 %(all)s 项", "%(asked)s 项，目录共 %(all)s 项", asked)
    return said % {"asked": asked, "all": offered}


def _ground(offer: terms.Offer) -> str:
    share = str(field_value("share_type", offer.share_type))
    if not offer.share_condition:
        return share
    return _("%(type)s：%(condition)s") % {"type": share, "condition": offer.share_condition}


def checklist(asked: Request, earlier: list[Grant]) -> tuple[parts.Check, ...]:
    """Give the reviewer's checklist: each line with its evidence and the article it rests on."""
    offer = terms.offer_of(asked.entry)
    advice, fault = _judged(asked)
    ground = _ground(offer)
    sensitive = [i["name"] for i in asked.items if i["grade"] >= 3 and i["mask"].get("kind", "none") == "none"]
    counted = _counted(len(asked.items), len(offer.items))
    days = (asked.until - timezone.localdate()).days
    lasting = ngettext("%(days)s 天", "%(days)s 天", days) % {"days": days}
    told = _("；").join(str(problem.message) for problem in advice)
    return (
        _check(_("使用依据"), "look", asked.basis, ART20),
        _check(_("共享类型与条件"), "good" if offer.share_type == "unconditional" else "look", ground),
        _check(_("最小必要"), "good" if len(asked.items) * 2 <= len(offer.items) else "look", counted, ART20),
        _check(
            _("敏感信息原值"),
            "look" if sensitive else "good",
            listed(sensitive) if sensitive else _("三级以上信息项都已脱敏"),
            "GB/T 43697-2024",
        ),
        _check(
            _("脱敏不可还原"),
            "bad" if fault else "look" if told else "good",
            fault or told or _("与使用方已有授权合并判断，不能还原"),
            "GB/T 37964-2019",
        ),
        _check(
            _("已有授权"),
            "look" if earlier else "good",
            listed(f"{g.system.name} {g.until}" for g in earlier) if earlier else _("使用方没有同一数据的授权"),
        ),
        _check(_("加签"), *signature_pages.line_of(asked), ART21),
        _check(_("使用期限"), "good" if days <= 366 else "look", lasting, ART20),
    )


def _judged(asked: Request) -> tuple[list[Any], str]:
    try:
        return terms.require_admissible(asked, today=timezone.localdate()), ""
    except Refused as refusal:
        return [], f"{refusal.message} {refusal.mend}".strip()


def _forms(asked: Request, actor: Actor, given: ActionForm | None) -> tuple[ActionForm, ...]:
    base = f"/exchange/requests/{asked.pk}/"
    names = [*DECISIONS.get(asked.state, ()), EXTEND]
    found = {step.action for step in steps.steps(asked, actor, besides=[EXTEND])}
    made = []
    for name in names:
        if name not in found or _not_now(name, asked, actor):
            continue
        form = given if given is not None and given.spec.name == name else None
        form = form or form_for(name, version=asked.version, url=f"{base}{steps.verb_of(name)}/")
        form.danger = name in DANGER
        made.append(form)
    return tuple(made)


def _not_now(name: str, asked: Request, actor: Actor) -> bool:
    """Tell whether a decision of this desk would be refused as things stand: the page says why instead of offering it."""
    if name == "sharing.request.ask_completion":
        return asked.completion_asked
    if name == "sharing.request.agree":
        return bool(signatures.missing(asked))
    if name in (signature_pages.SIGN, signature_pages.WITHHOLD):
        return signature_pages.why_no_turn(asked, actor) is not None
    return False


def waiting(actor: Actor) -> Any:
    """Give the requests that lie on the actor's desk for a decision."""
    rows = queries.requests(actor=actor)
    found = rows.none()
    for state in REVIEWED:
        where = desk(actor, state)
        if where is not None:
            found = found | rows.filter(where, state=state)
    if actor.capacity == "authority_head":
        found = found | rows.filter(
            state__in=("provider_handler", "provider_head"), provider__jurisdiction__code=actor.jurisdiction
        )
    return found


def next_url(request: HttpRequest, asked: Request) -> str:
    """Give the next request in the queue of this desk; empty when there is none."""
    other = waiting(require_actor(request)).exclude(pk=asked.pk).order_by("received_at", "pk").first()
    return f"/exchange/requests/{other.pk}/review/" if other else ""


def draw(request: HttpRequest, asked: Request, given: ActionForm | None = None) -> HttpResponse:
    """Draw the review page of a request, with `given` in the place of the decision that was refused."""
    actor = require_actor(request)
    forms = _forms(asked, actor, given)
    earlier = _earlier(asked)
    header = parts.Header(
        title=_("%(consumer)s申请使用“%(entry)s”") % {"consumer": asked.consumer, "entry": asked.entry.known_name},
        badge=states.state_badge(asked),
        clock=objects.clock_of(asked),
        crumbs=(REQUESTS, parts.Link(title=asked.entry.known_name, current=True)),
        lead=_lead(asked),
        further=(parts.Button(title=_("查看申请全文和留痕"), url=f"/exchange/requests/{asked.pk}/", kind="plain"),),
    )
    review = parts.Review(
        differences=items_asked(asked, earlier),
        checks=checklist(asked, earlier),
        forms=forms,
        next_url=next_url(request, asked),
    )
    above = (*_proposal(asked, actor), *(_unsigned(asked, actor) if forms else (_why_not(asked, actor),)))
    sections = (about(asked), *signature_pages.signatures_part(asked, actor), review)
    return pages.page(request, "ui/detail.html", header=header, above=above, sections=sections)


def _lead(asked: Request) -> str:
    """Say what follows the decision, by whom and by when: before it is taken."""
    if asked.state == "provider_handler" and asked.completion_asked:
        return _("已一次性告知补正：%(notice)s") % {"notice": asked.completion_notice}
    supply = LIMITS["sharing.supply"]
    then = {
        "own_head": _("同意后转提供方办理。") + reply_limit(asked.entry.known_share_type),
        "provider_handler": _("提出意见后由本单位数据共享工作机构负责人答复，期限不变。"),
        "provider_head": _(
            "同意后平台即开通授权，最迟 %(days)s 个工作日内提供数据（%(article)s）；不同意的，使用方会看到理由和依据。"
        )
        % {"days": supply.days, "article": cite(supply.article)},
    }
    return then.get(asked.state, "")


def _proposal(asked: Request, actor: Actor) -> tuple[parts.Notice, ...]:
    """Show the handler's opinion where the head decides: the sentence on which the reply rests."""
    if asked.state != "provider_head" or not asked.proposal or not queries.sees_proposal(asked, actor):
        return ()
    names = session.names_of({("person", str(asked.proposed_by))}) if asked.proposed_by else {}
    who = names.get(("person", str(asked.proposed_by)), "")
    title = _("经办人%(name)s的意见") % {"name": who} if who else _("经办人意见")
    return (parts.Notice(title=title, text=asked.proposal),)


def _unsigned(asked: Request, actor: Actor) -> tuple[parts.Notice, ...]:
    absent = signatures.missing(asked) if asked.state == "provider_head" and actor.capacity == "sharing_head" else []
    if not absent:
        return ()
    title = _("还须签署：%(who)s") % {"who": signatures.named(absent)}
    text = _("签署齐全后，这里出现“同意共享”。现在可以退回重办或者不同意。")
    return (parts.Notice(title=title, text=text, tone="warn", article=ART21),)


def _why_not(asked: Request, actor: Actor) -> parts.Notice:
    on_desk = set(DECISIONS.get(asked.state, ())) & set(steps.on_desk(asked, actor))
    if on_desk and actor.id in asked.authors():
        return parts.Notice(title=_("这是您本人提出或拟办的申请，须由他人决定"), tone="warn")
    signs = asked.state == "provider_head" and actor.capacity in signatures.SIGNS_AS
    refusal = signature_pages.why_no_turn(asked, actor) if signs else None
    if refusal is not None:
        return parts.Notice(title=refusal.message, text=refusal.mend)
    return parts.Notice(title=_("这项申请当前不在您的办理范围"), text=_("可以查看，不能作出决定。"))


def review_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a request under review; who may not decide may still read it."""
    return draw(request, find(queries.requests(actor=require_actor(request)), pk))


def decided(action: str, asked: Request, *, further: bool) -> str:
    """Say which request was decided, and how: the page that follows shows another one."""
    told = {"entry": asked.entry.known_name, "consumer": str(asked.consumer), "action": ACTIONS[action].title}
    said = _("%(consumer)s对“%(entry)s”的申请已办理：%(action)s。") % told
    return said + _("下面是下一件。") if further else said


def following(action: str, asked: Request) -> str:
    """Say what happens after a decision, by when, under which article."""
    told = {
        "sharing.request.submit": _("接下来由本单位数据共享工作机构负责人同意。"),
        "sharing.request.consent": reply_limit(asked.entry.known_share_type),
        "sharing.request.complete": _("提供方的答复计时继续。"),
        "sharing.request.return": _("业务处室会看到原因，可修改后再提交。"),
        "sharing.request.propose": _("接下来由本单位负责人答复。"),
        "sharing.request.ask_completion": _("计时已暂停，使用方补正后继续（%(article)s）。") % {"article": ART21},
        signature_pages.SIGN: _("还有人要签署的，转到其待办；签署齐全后由提供方数据共享工作机构负责人答复。"),
        signature_pages.WITHHOLD: _("经办人会看到理由，将重新提出意见；计时继续。"),
        "sharing.request.agree": _("授权正在开通，最迟 20 个工作日内提供数据（《政务数据共享条例》第二十二条）。"),
        "sharing.request.refuse": _("使用方会看到理由和依据。"),
        "sharing.request.send_back": _("经办人将重新提出意见，计时继续。"),
    }
    return str(told.get(action, ""))
