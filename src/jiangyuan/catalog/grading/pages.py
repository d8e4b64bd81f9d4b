"""Pages of grading: the proposals that wait, one with its reasons, deciding it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.queries import entries
from jiangyuan.catalog.grading import queries
from jiangyuan.catalog.grading.tab_pages import path_part
from jiangyuan.catalog.grading.wording import MEANINGS, reason_text
from jiangyuan.ui import listing, lists, pages, parts, shares, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

GRADING = parts.Link(title=gettext_lazy("分类分级"), url="/grading/")
CONFIRM, CHANGE = "catalog.proposal.confirm", "catalog.proposal.change"


def proposals_page(request: HttpRequest) -> HttpResponse:
    """List the proposals; several may be confirmed at once."""
    actor = require_actor(request)
    grades = [(str(grade), _("%(grade)s 级") % {"grade": grade}) for grade in (1, 2, 3, 4)]
    kinds = [("confirmed", _("已按建议定级")), ("changed", _("已另定级别"))]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("信息项名称"),
        facets=(
            listing.facet(request, "grade", _("建议级别"), grades, many=True),
            listing.facet(request, "decided", _("处理"), kinds, many=True),
        ),
    )
    rows = filters.narrow(queries.proposals(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(item__name__icontains=word)
    table = listing.table_of(
        request,
        rows,
        caption=_("分级建议"),
        columns=(
            parts.Column(title=_("目录")),
            parts.Column(title=_("信息项")),
            parts.Column(title=_("现定级别"), numeric=True),
            parts.Column(title=_("建议级别"), numeric=True, order="grade"),
            parts.Column(title=_("是什么")),
            parts.Column(title=_("把握"), numeric=True, order="confidence"),
            parts.Column(title=_("处理")),
        ),
        row=lambda one: (
            parts.Link(title=str(one.entry), url=f"/catalog/{one.entry_id}/?tab=grading"),
            parts.Link(title=one.item.name, url=f"{GRADING.url}{one.pk}/"),
            one.item.grade,
            one.grade,
            MEANINGS.get(one.meaning, one.item.element.name if one.item.element else ""),
            shares.percent(one.confidence * 100),
            dict(kinds).get(one.decided, _("待处理")),
        ),
        order=("-created_at", "grade", "confidence"),
        filters=filters,
        acts=(CONFIRM,),
        target=lambda one: None if one.decided else one,
        empty=parts.Empty(title=_("没有分级建议"), why=_("在目录的“分级”页提出建议后，在这里处理。")),
    )
    lead = _("平台提出级别和理由，由人决定；最高的信息项决定目录的级别（就高从严）。")
    header = parts.Header(title=_("分类分级"), lead=lead)
    return lists.list_page(request, header=header, filters=filters, table=table)


def proposal_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one proposal with every reason, and the ways to decide it."""
    actor = require_actor(request)
    one = find(queries.proposals(actor=actor), pk)
    base = f"{GRADING.url}{one.pk}/"
    buttons: dict[str, Any] = {"action": None, "further": ()}
    if not one.decided and steps.permitted(CONFIRM, one, actor) and one.entry.state in ("draft", "returned"):
        buttons["action"] = parts.Button(
            title=_("按建议定为 %(grade)s 级") % {"grade": one.grade}, url=f"{base}confirm/", method="post"
        )
        buttons["further"] = (parts.Button(title=_("另定级别"), url=f"{base}change/", kind="plain"),)
    rows = [
        (_("目录"), parts.Link(title=str(one.entry), url=f"/catalog/{one.entry_id}/?tab=grading")),
        (_("字段"), parts.Code(text=one.item.column)),
        (_("现定级别"), _("%(grade)s 级") % {"grade": one.item.grade}),
        (_("建议级别"), _("%(grade)s 级") % {"grade": one.grade}),
        (_("个人信息"), one.personal),
        (_("是什么"), MEANINGS.get(one.meaning, one.item.element.name if one.item.element else "")),
        (_("把握"), shares.percent(one.confidence * 100)),
        (_("理由"), [reason_text(reason) for reason in one.reasons]),
        (_("字段统计"), _("已读取") if one.sampled else _("未用到")),
        (_("决定理由"), one.reason),
    ]
    about = parts.Definitions(rows=tuple(parts.Definition(term=t, value=v) for t, v in rows if v not in ("", None)))
    header = parts.Header(
        title=one.item.name, crumbs=(GRADING, parts.Link(title=one.item.name, current=True)), **buttons
    )
    sections = (*_notice(one), about, path_part(one.grade), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _notice(one: Any) -> tuple[parts.Part, ...]:
    if one.decided or one.entry.state in ("draft", "returned"):
        return ()
    text = _("目录已提交或发布，级别不能直接改：请先修订目录，再处理这条建议。")
    return (parts.Notice(title=_("须先修订目录"), text=text),)


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Confirm a proposal, or decide otherwise."""
    one = find(queries.proposals(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=(CONFIRM, CHANGE),
        base=f"{GRADING.url}{one.pk}/",
        crumbs=(GRADING,),
        name=one.item.name,
        initial={"grade": one.grade, "personal": one.personal},
        done=f"/catalog/{one.entry_id}/?tab=grading",
        next_step=_("缺省脱敏随级别更新；目录发布后，下一次申请即按新级别。"),
    )


def ask_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Ask for proposals for an entry."""
    entry = find(entries(actor=require_actor(request)), pk)
    back = f"/catalog/{entry.pk}/?tab=grading"
    if request.method != "POST":
        return pages.redirect(request, back)
    return pages.act_from_form(
        request,
        "catalog.grading.ask",
        done=back,
        fixed={"entry": entry.pk},
        next_step=_("正在读取字段统计，几秒后刷新本页可见建议。"),
    )


urlpatterns = [
    path("grading/", proposals_page, name="grading"),
    path("grading/entries/<uuid:pk>/ask/", ask_page, name="grading_ask"),
    path("grading/<uuid:pk>/", proposal_page, name="grading_proposal"),
    path("grading/<uuid:pk>/<slug:verb>/", step_page, name="grading_step"),
]
