"""Pages of the library: the plan's lists and what stands in them, drafting, and the acts of the life cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jiangyuan.kernel.errors import NotFound
from jiangyuan.standards.library import queries, standard_pages, upload_pages
from jiangyuan.standards.library.models import AREAS, PLANNED, Standard
from jiangyuan.standards.library.states import STANDARD
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

STANDARDS = parts.Link(title=gettext_lazy("标准库"), url="/standards/library/")
KIND_HELP = {
    "document": gettext_lazy("规范、指引、管理办法：供人阅读，登记采用。"),
    "element": gettext_lazy("一个数据元：发布后识别字段、生成质量规则。"),
    "code_set": gettext_lazy("一个代码集的一版：发布后，用它的数据元随即改用新版。"),
    "table_model": gettext_lazy("一种表应有的字段：发布后用于符标审查。"),
}


def standards_page(request: HttpRequest) -> HttpResponse:
    """Show the plan's lists and the standards in them."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("名称或编号"),
        facets=(
            listing.facet(request, "state", _("状态"), STANDARD.states.items(), many=True),
            listing.facet(request, "kind", _("种类"), Standard.KINDS, many=True),
            listing.facet(request, "area", _("类别"), AREAS, many=True),
            listing.facet(request, "level", _("层级"), Standard.LEVELS, many=True),
        ),
    )
    rows = filters.narrow(queries.standards(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(number__icontains=word))
    may = steps.may_begin("standards.standard.draft_document", actor)
    new = parts.Button(title=_("起草标准"), url="/standards/library/new/", icon="plus") if may else None
    header = parts.Header(
        title=_("标准库"),
        lead=_(
            "数据、技术、管理三类标准规范：起草、征求意见、发布、代替都在这里；数据元、代码集和模型发布后即用于检查。"
        ),
        action=new,
    )
    return lists.list_page(
        request, header=header, filters=filters, table=_table(request, rows, filters), above=(_plan(actor),)
    )


def _table(request: HttpRequest, rows: Any, filters: listing.Filters) -> listing.Listing:
    return listing.table_of(
        request,
        rows,
        caption=_("标准"),
        columns=(
            parts.Column(title=_("名称")),
            parts.Column(title=pgettext("standard", "编号"), order="number"),
            parts.Column(title=pgettext("one", "版本")),
            parts.Column(title=_("种类")),
            parts.Column(title=_("类别")),
            parts.Column(title=_("层级")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("实施日期"), order="effective_on"),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{STANDARDS.url}{one.pk}/"),
            parts.Code(text=one.number),
            one.edition,
            one.get_kind_display(),
            one.get_area_display(),
            one.get_level_display(),
            states.state_badge(one),
            one.effective_on,
        ),
        order=("-updated_at", "number", "state", "effective_on"),
        filters=filters,
        empty=parts.Empty(title=_("还没有标准"), why=_("国家标准随平台装入，本省的由主管部门和各部门起草。")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(parts.Part):
    """The lists that the plan asks a province for, folded: who comes for a standard finds the standards at once."""

    template: ClassVar[str] = "library/plan.html"
    title: Any
    said: Any
    table: parts.Table


def _plan(actor: Any) -> Plan:
    """Show how far the province's own standards have come with each list that the plan names, the nation's beside."""
    counts, above = queries.planned(actor=actor), queries.national(actor=actor)

    def row(group: Any, code: str, title: Any) -> tuple[Any, ...]:
        of = counts[code]
        done = of.get("issued", 0)
        word = _("已有现行标准") if done else _("正在制定") if of.get("draft") or of.get("opinion") else _("尚未起草")
        tone = "good" if done else "running" if of.get("draft") or of.get("opinion") else "idle"
        own = parts.Link(title=title, url=f"?area={code}&level=local&level=platform")
        national = above.get(code, 0)
        of_nation = parts.Link(title=str(national), url=f"?area={code}&level=national&level=industry")
        badge = parts.Badge(label=word, tone=tone)
        return own, group, badge, done, of.get("opinion", 0), of.get("draft", 0), of_nation if national else 0

    rows = [row(group, code, title) for _code, group, areas in PLANNED for code, title in areas]
    table = parts.Table(
        caption=_("本省自定的标准规范"),
        columns=(
            parts.Column(title=_("标准规范")),
            parts.Column(title=_("分类")),
            parts.Column(title=_("本省进展")),
            parts.Column(title=_("现行"), numeric=True, unit=_("项")),
            parts.Column(title=_("征求意见中"), numeric=True, unit=_("项")),
            parts.Column(title=_("起草中"), numeric=True, unit=_("项")),
            parts.Column(title=_("现行国家和行业标准"), numeric=True, unit=_("项")),
        ),
        rows=rows,
        empty=parts.Empty(title=_("没有要求"), why=""),
    )
    done = sum(1 for one in rows if one[3])
    said = _("方案要求 %(all)s 类，本省已有 %(done)s 类；国家和行业标准另列。") % {"all": len(rows), "done": done}
    return Plan(title=_("本省自定的标准规范"), said=said, table=table)


def new_page(request: HttpRequest) -> HttpResponse:
    """Draft a standard: its kind first; `from`: as a revision of one that is in force."""
    actor = require_actor(request)
    kind = request.GET.get("kind", "")
    if kind not in KIND_HELP:
        return _kinds_page(request)
    base = request.GET.get("from", "")
    initial = standard_pages.initial(find(queries.standards(actor=actor), base)) if base else {}
    initial.pop("edition", None)
    return steps.begin_page(
        request,
        f"standards.standard.draft_{kind}",
        crumbs=(STANDARDS,),
        back=STANDARDS.url,
        initial=initial,
        lead=KIND_HELP[kind],
        done=lambda made: f"{STANDARDS.url}{made.pk}/",
        next_step=_("核对内容后征求意见。"),
    )


def _kinds_page(request: HttpRequest) -> HttpResponse:
    named = dict(Standard.KINDS)
    table = parts.Table(
        caption=_("标准的种类"),
        columns=(parts.Column(title=_("种类")), parts.Column(title=_("用途"))),
        rows=[(parts.Link(title=named[kind], url=f"?kind={kind}"), said) for kind, said in KIND_HELP.items()],
        empty=parts.Empty(title=_("没有可选的种类"), why=""),
    )
    title = _("起草标准")
    header = parts.Header(
        title=title,
        crumbs=(STANDARDS, parts.Link(title=title, current=True)),
        lead=_("先选种类，再填写它需要的内容。"),
        further=(parts.Button(title=_("上传代码表"), url="/standards/library/upload/", kind="plain", icon="upload"),),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Edit a draft, ask for opinions, take back, issue, abolish."""
    standard = find(queries.standards(actor=require_actor(request)), pk)
    if verb.startswith("edit-") and verb != f"edit-{standard.kind.replace('_', '-')}":
        raise NotFound(_("没有这项操作"))
    following = {
        "ask": _("各部门可以提出意见；逐条答复、期满以后由主管部门负责人发布。"),
        "issue": _("已发布。用到它的质量规则随即更新，下次检查时生效。"),
        "take-back": _("修改后可再次征求意见，已提的意见仍在。"),
    }
    return steps.step_page(
        request,
        standard,
        verb,
        allowed=standard_pages.ACTS,
        base=f"{STANDARDS.url}{standard.pk}/",
        crumbs=(STANDARDS,),
        initial=standard_pages.initial(standard) if verb.startswith("edit-") else {},
        danger=("standards.standard.abolish", "standards.standard.drop"),
        lead={"standards.standard.issue": _("发布后内容不再更改，修订另出新版；可执行的内容即刻用于检查。")},
        next_step=following.get(verb, ""),
        facts=lambda: standard_pages.facts(standard),
    )


urlpatterns = [
    path("standards/library/", standards_page, name="standards"),
    path("standards/library/new/", new_page, name="standard_new"),
    path("standards/library/upload/", upload_pages.upload_page, name="standard_upload"),
    path("standards/library/opinions/<uuid:pk>/answer/", standard_pages.answer_page, name="opinion_answer"),
    path("standards/library/<uuid:pk>/", standard_pages.standard_page, name="standard"),
    path("standards/library/<uuid:pk>/opinion/", standard_pages.opinion_page, name="opinion_give"),
    path("standards/library/<uuid:pk>/adopt/", standard_pages.adopt_page, name="adoption_record"),
    path("standards/library/<uuid:pk>/<slug:verb>/", step_page, name="standard_step"),
]
