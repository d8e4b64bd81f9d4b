"""Applying: what is asked of one entry, item by item with masks, and why; the same page edits a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.catalog.entries.wording import PLAIN_MASKS, mask_text
from jiangyuan.exchange.sharing import queries, terms
from jiangyuan.exchange.sharing.models import Request
from jiangyuan.exchange.sharing.rules import Offered
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.organization.queries import systems
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.ui import pages, parts, steps
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

REQUESTS = parts.Link(title=gettext_lazy("共享申请"), url="/exchange/requests/")
OPEN, EDIT = "sharing.request.open", "sharing.request.edit"


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


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(f"mask-{name}", "") for name in request.POST.getlist("item")[:500]}


def _wanted(chosen: dict[str, str], kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Make what the action asks for; a mask with parameters that was there before stays ("kept")."""
    wanted = []
    for name, kind in chosen.items():
        mask = kept.get(name) if kind == "kept" else {"kind": kind} if kind else None
        wanted.append({"column": name, "mask": mask})
    return wanted


def _draw(
    request: HttpRequest, form: ActionForm, entry: Entry, chosen: dict[str, str], *, crumbs: tuple[parts.Link, ...]
) -> HttpResponse:
    offer = terms.offer_of(entry)
    header = parts.Header(
        title=form.spec.title,
        crumbs=crumbs,
        lead=_("%(entry)s　提供部门：%(body)s") % {"entry": entry.name, "body": entry.body.name},
    )
    above = []
    if offer.share_type == "conditional":
        above.append(parts.Notice(title=_("有条件共享"), text=offer.share_condition))
    masks = [(kind, mask_text({"kind": kind})) for kind in PLAIN_MASKS]
    context = {"form": form, "wishes": wishes(offer, chosen), "masks": masks, "above": above}
    return pages.page(request, "sharing/apply.html", header=header, **context)


def _no_way(
    request: HttpRequest, entry: Entry, why: Any, todo: Any, action: parts.Button | None = None
) -> HttpResponse:
    crumbs = (REQUESTS, parts.Link(title=_("申请共享"), current=True))
    empty = parts.Empty(title=_("暂不能申请“%(entry)s”") % {"entry": entry.name}, why=why, todo=todo, action=action)
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
    mounts = list(Mount.objects.filter(entry=entry, state="active").order_by("alias"))
    own = list(systems(actor=actor).filter(body_id=actor.body, active=True)[:500])
    if not mounts:
        return _no_way(request, entry, _("提供部门尚未挂载数据表。"), _("可联系提供部门，或请主管部门督办。"))
    if not own:
        go = parts.Button(title=_("看应用系统"), url="/organization/systems/", kind="plain")
        return _no_way(request, entry, _("本部门还没有登记应用系统。"), _("请本部门经办人登记后再申请。"), go)
    choices = {
        "mount": [
            (m.pk, _("%(title)s（%(name)s）") % {"title": m.alias, "name": m.get_mode_display()})  # type: ignore[attr-defined]
            for m in mounts
        ],
        "system": [(s.pk, s.name) for s in own],
    }
    crumbs = (REQUESTS, parts.Link(title=_("申请共享"), current=True))

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = f"/catalog/{entry.pk}/"
        return _draw(request, form, entry, _typed(request), crumbs=crumbs)

    if request.method == "POST":
        fixed = {"entry": entry.pk, "items": _wanted(_typed(request), {}), "condition": None}
        return pages.act_from_form(
            request,
            OPEN,
            done=lambda made: f"/exchange/requests/{made.pk}/",
            again=draw,
            choices=choices,
            fixed=fixed,
            message=_("申请已保存，尚未提交。"),
            next_step=_("请核对后点“提交申请”。"),
        )
    initial: dict[str, Any] = {"mount": mounts[0].pk if len(mounts) == 1 else None}
    initial["system"] = own[0].pk if len(own) == 1 else None
    form = form_for(OPEN, choices=choices, initial=initial, fixed={"entry": entry.pk, "items": [], "condition": None})
    return draw(form)


def edit_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Change a request that is one's own to change."""
    actor = require_actor(request)
    asked = find(queries.requests(actor=actor), pk)
    base = f"/exchange/requests/{asked.pk}/"
    crumbs = (
        REQUESTS,
        parts.Link(title=asked.entry.name, url=base),
        parts.Link(title=_("修改申请"), current=True),
    )
    kept = {item["column"]: item["mask"] for item in asked.items}

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = base
        chosen = _typed(request) if request.method == "POST" else _chosen(asked)
        return _draw(request, form, asked.entry, chosen, crumbs=crumbs)

    if request.method == "POST":
        fixed = {"items": _wanted(_typed(request), kept), "condition": None}
        return pages.act_from_form(request, EDIT, asked.pk, done=base, again=draw, fixed=fixed)
    if not (EDIT in steps.on_desk(asked, actor) and steps.permitted(EDIT, asked, actor)):
        raise Forbidden(_("现在不能修改这项申请"), mend=_("填写中、退回或待补正的申请，由业务处室修改。"))
    names = ("basis", "purpose", "scenario", "scope", "forms", "until", "case_bound")
    initial = {name: getattr(asked, name) for name in names}
    form = form_for(EDIT, version=asked.version, initial=initial, fixed={"items": [], "condition": None})
    return draw(form)


def _chosen(asked: Request) -> dict[str, str]:
    kinds = {item["column"]: str(item["mask"].get("kind", "none")) for item in asked.items}
    return {name: kind if kind in PLAIN_MASKS else "kept" for name, kind in kinds.items()}


def reply_limit(share_type: str) -> str:
    """Say within which time the provider replies, and under which article."""
    limit = LIMITS[f"sharing.reply.{share_type}"] if share_type != "none" else LIMITS["sharing.reply.conditional"]
    return _("提供方须在 %(days)s 个工作日内答复（%(article)s）。") % {"days": limit.days, "article": limit.article}
