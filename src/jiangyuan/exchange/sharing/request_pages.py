"""Applying: what is asked of one entry, item by item with masks, and why; the same page edits a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.catalog.entries.wording import PLAIN_MASKS, mask_text
from jiangyuan.exchange.sharing import purposes, queries, terms
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.rules import Offered
from jiangyuan.exchange.sharing.wording import MENDED
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.texts import cite
from jiangyuan.organization.queries import systems
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.ui import conditions, drafts, pages, parts, steps
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

REQUESTS = parts.Link(title=gettext_lazy("共享申请"), url="/exchange/requests/")
OPEN, EDIT, SUBMIT = "sharing.request.open", "sharing.request.edit", "sharing.request.submit"


@dataclass(frozen=True, slots=True)
class Wish:
    """One item of the entry as the form shows it: chosen or not, with the mask asked for."""

    offered: Offered
    chosen: bool
    mask: str
    default: str


def wishes(offer: terms.Offer, chosen: dict[str, str]) -> list[Wish]:
    """Give every item on offer; `chosen` maps the columns asked for to the kind of mask ("" the default)."""
    return [Wish(one, name in chosen, chosen.get(name, ""), mask_text(one.mask)) for name, one in offer.items.items()]


def _typed(sent: QueryDict) -> dict[str, str]:
    return {name: sent.get(f"mask-{name}", "") for name in sent.getlist("item")[:500]}


def _items(offer: terms.Offer) -> tuple[conditions.Item, ...]:
    return conditions.usable(conditions.Item(one.column, one.name, one.type) for one in offer.items.values())


def _editor(offer: terms.Offer, sent: QueryDict | None, stored: dict[str, Any] | None) -> conditions.Editor:
    """Make the editor of the row condition: as it was sent, else as it is stored."""
    items = _items(offer)
    held = conditions.rows_of(stored, items)
    names = {one.column: one.name for one in items}
    kept = conditions.sentence(stored, names) if held is None else ""
    if sent is None:
        rows = held or conditions.Typed()
    else:
        rows = conditions.typed_rows(sent, items)
        rows = rows if conditions.ROWS in sent else conditions.checked(rows)
    made = conditions.checked(rows).form
    said = conditions.sentence(made, names) if made is not None else ""
    keeping = bool(kept) and (sent is None or conditions.KEEP in sent)
    return conditions.Editor(items=items, rows=tuple(rows.rows), join=rows.join, kept=kept, keeping=keeping, said=said)


def _condition(offer: terms.Offer, sent: QueryDict, stored: dict[str, Any] | None) -> tuple[Any, list[str]]:
    """Give the condition that was sent, and what is wrong with it; an empty one means all rows."""
    editor = _editor(offer, sent, stored)
    if editor.keeping or conditions.JOIN not in sent:  # a page that drew no editor says nothing of it
        return stored, []
    return conditions.checked(conditions.typed_rows(sent, editor.items)).form or {}, editor.faults


def _wanted(chosen: dict[str, str], kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Make what the action asks for; a mask with parameters that was there before stays ("kept")."""
    wanted = []
    for name, kind in chosen.items():
        mask = kept.get(name) if kind == "kept" else {"kind": kind} if kind else None
        wanted.append({"column": name, "mask": mask})
    return wanted


def _draw(
    request: HttpRequest,
    form: ActionForm,
    entry: Entry,
    chosen: dict[str, str],
    *,
    crumbs: tuple[parts.Link, ...],
    stored: dict[str, Any] | None = None,
    mend: tuple[parts.Part, ...] = (),
) -> HttpResponse:
    offer = terms.offer_of(entry)
    form.offer(request)
    sent = request.POST if request.method == "POST" else form.typed
    chosen = _typed(sent) if sent is not None else chosen
    header = parts.Header(
        title=form.spec.title,
        crumbs=crumbs,
        lead=_("%(entry)s　提供方：%(body)s") % {"entry": entry.known_name, "body": entry.body.name},
    )
    above = list(mend)
    if offer.share_type == "conditional":
        above.append(parts.Notice(title=_("有条件共享"), text=offer.share_condition))
    masks = [(kind, mask_text({"kind": kind})) for kind in PLAIN_MASKS]
    context = {"form": form, "wishes": wishes(offer, chosen), "masks": masks, "above": above}
    context["editor"] = _editor(offer, sent, stored)
    return pages.page(request, "sharing/apply.html", header=header, **context)


def _no_way(
    request: HttpRequest, entry: Entry, why: Any, todo: Any, action: parts.Button | None = None
) -> HttpResponse:
    crumbs = (REQUESTS, parts.Link(title=_("申请共享"), current=True))
    empty = parts.Empty(
        title=_("暂不能申请“%(entry)s”") % {"entry": entry.known_name}, why=why, todo=todo, action=action
    )
    header = parts.Header(title=_("申请共享"), crumbs=crumbs)
    return pages.page(request, "ui/detail.html", header=header, sections=(empty,))


def apply_page(request: HttpRequest) -> HttpResponse:
    """Apply for an entry; without one named, lead to the catalogue."""
    actor = require_actor(request)
    if not request.GET.get("entry"):
        pages.flash(request, _("请先在目录中找到要用的数据，再点“申请共享”。"))
        return pages.redirect(request, "/catalog/?state=published")
    if not steps.may_begin(OPEN, actor, consumer=str(actor.body or "")):
        raise Forbidden(_("共享申请由业务处室提出"), mend=_("请切换到业务处室的身份。"))
    entry = find(entries(actor=actor).filter(live_version__gt=0), request.GET["entry"])
    mounts = list(Mount.objects.filter(entry=entry, state="active").select_related("table__source").order_by("alias"))
    own = list(systems(actor=actor).filter(body_id=actor.body, active=True)[:500])
    if not mounts:
        return _no_way(request, entry, _("提供方尚未挂载数据表。"), _("可联系提供方，或请主管部门督办。"))
    if not own:
        go = parts.Button(title=_("看应用系统"), url="/organization/systems/", kind="plain")
        return _no_way(request, entry, _("本部门还没有登记应用系统。"), _("请本部门经办人登记后再申请。"), go)
    choices = {
        "mount": [
            (m.pk, _("%(title)s（%(name)s）") % {"title": m.table.source.name, "name": m.get_mode_display()})  # type: ignore[attr-defined]
            for m in mounts
        ],
        "system": [(s.pk, s.name) for s in own],
    }
    crumbs = (REQUESTS, parts.Link(title=_("申请共享"), current=True))

    renewed = _renewed(request, actor, entry)
    choices["purpose"] = purposes.choices(renewed.purpose if renewed else "")

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = f"/catalog/{entry.pk}/"
        chosen = _chosen(renewed.request) if renewed else {}
        stored = renewed.condition if renewed else None
        return _draw(request, form, entry, chosen, crumbs=crumbs, stored=stored)

    unasked = {"entry": entry.pk, "items": [], "condition": None}
    if request.method == "POST":
        kept = {item["column"]: item["mask"] for item in renewed.items} if renewed else {}
        stored = renewed.condition if renewed else None
        condition, faults = _condition(terms.offer_of(entry), request.POST, stored)
        if faults or conditions.ROWS in request.POST:
            return _again(request, form_for(OPEN, choices=choices, fixed=unasked), faults, draw)
        fixed = {"entry": entry.pk, "items": _wanted(_typed(request.POST), kept), "condition": condition or None}
        return pages.act_from_form(
            request,
            OPEN,
            done=lambda made: _to_check(f"/exchange/requests/{made.pk}/", made, actor),
            again=draw,
            choices=choices,
            fixed=fixed,
            message=_("申请已保存，尚未提交。"),
            next_step=_("请核对后点“提交申请”。"),
        )
    initial: dict[str, Any] = {"mount": mounts[0].pk if len(mounts) == 1 else None}
    initial["system"] = own[0].pk if len(own) == 1 else None
    initial |= _as_before(renewed) if renewed else {}
    return draw(form_for(OPEN, choices=choices, initial=initial, fixed=unasked))


def _to_check(base: str, asked: Request, actor: Actor) -> str:
    """Give the page on which what was saved is checked and submitted; the request's own page to who may not submit."""
    ready = SUBMIT in steps.on_desk(asked, actor) and steps.permitted(SUBMIT, asked, actor)
    return f"{base}{steps.verb_of(SUBMIT)}/" if ready else base


def _again(
    request: HttpRequest, form: ActionForm, faults: list[str], draw: Callable[[ActionForm], HttpResponse]
) -> HttpResponse:
    """Draw the form again with all that was typed: a row was added or removed, or a condition needs mending."""
    form.fill(request.POST)
    if conditions.ROWS in request.POST:
        return draw(form)
    drafts.hold_refused(request)
    form.told = faults
    response = draw(form)
    response.status_code = 422
    return response


def _renewed(request: HttpRequest, actor: Actor, entry: Entry) -> Grant | None:
    """Give the grant that is to be renewed: one of the actor's own body on this entry."""
    asked = request.GET.get("renew")
    return find(queries.grants(actor=actor).filter(entry=entry, consumer_id=actor.body), asked) if asked else None


def _as_before(grant: Grant) -> dict[str, Any]:
    """Give what a renewal starts from: the same use, for another year after the present term."""
    again = {name: getattr(grant.request, name) for name in ("basis", "purpose", "scenario", "scope")}
    until = max(grant.until, timezone.localdate()) + timedelta(days=365)
    return {
        **again,
        "forms": grant.forms,
        "case_bound": grant.case_bound,
        "mount": grant.mount_id,
        "system": grant.system_id,
        "until": until,
    }


def edit_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Change a request that is one's own to change."""
    actor = require_actor(request)
    asked = find(queries.requests(actor=actor), pk)
    base = f"/exchange/requests/{asked.pk}/"
    crumbs = (
        REQUESTS,
        parts.Link(title=asked.entry.known_name, url=base),
        parts.Link(title=_("修改申请"), current=True),
    )
    kept = {item["column"]: item["mask"] for item in asked.items}

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = base
        chosen = _chosen(asked)
        return _draw(request, form, asked.entry, chosen, crumbs=crumbs, stored=asked.condition, mend=to_mend(asked))

    choices = {"purpose": purposes.choices(asked.purpose)}
    unasked = {"items": [], "condition": None}
    if request.method == "POST":
        condition, faults = _condition(terms.offer_of(asked.entry), request.POST, asked.condition)
        if faults or conditions.ROWS in request.POST:
            return _again(request, form_for(EDIT, choices=choices, fixed=unasked), faults, draw)
        return pages.act_from_form(
            request,
            EDIT,
            asked.pk,
            done=lambda made: _to_check(base, made, actor),
            again=draw,
            choices=choices,
            fixed={"items": _wanted(_typed(request.POST), kept), "condition": condition},
        )
    if not (EDIT in steps.on_desk(asked, actor) and steps.permitted(EDIT, asked, actor)):
        raise Forbidden(_("现在不能修改这项申请"), mend=_("填写中、退回或待补正的申请，由业务处室修改。"))
    names = ("basis", "purpose", "scenario", "scope", "forms", "until", "case_bound")
    initial = {name: getattr(asked, name) for name in names}
    return draw(form_for(EDIT, version=asked.version, initial=initial, choices=choices, fixed=unasked))


def to_mend(asked: Request) -> tuple[parts.Part, ...]:
    """Say what is to be mended, field by field, while the application lies with its writer again."""
    if asked.state not in ("returned", "incomplete"):
        return ()
    rows = tuple(
        parts.Definition(term=label, value=asked.reasons[name])
        for name, label in MENDED.items()
        if asked.reasons.get(name)
    )
    return (parts.Definitions(title=_("需要改的项"), rows=rows),) if rows else ()


def _chosen(asked: Request) -> dict[str, str]:
    kinds = {item["column"]: str(item["mask"].get("kind", "none")) for item in asked.items}
    return {name: kind if kind in PLAIN_MASKS else "kept" for name, kind in kinds.items()}


def reply_limit(share_type: str) -> str:
    """Say within which time the provider replies, and under which article."""
    limit = LIMITS[f"sharing.reply.{share_type}"] if share_type != "none" else LIMITS["sharing.reply.conditional"]
    return _("提供方须在 %(days)s 个工作日内答复（%(article)s）。") % {
        "days": limit.days,
        "article": cite(limit.article),
    }
