"""Pages of the standards: data elements and code sets, what each says and where it is used."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.standards.models import CodeSet, DataElement
from jiangyuan.ui import listing, lists, measures, pages, parts, tabs
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

ELEMENTS = parts.Link(title=pgettext_lazy("several", "数据元"), url="/standards/elements/")
CODE_SETS = parts.Link(title=gettext_lazy("代码集"), url="/standards/codes/")
CODES = 500


def elements_page(request: HttpRequest) -> HttpResponse:
    """List the data elements."""
    actor = require_actor(request)
    grades = [(grade, _("%(grade)s 级") % {"grade": grade}) for grade in (1, 2, 3, 4)]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("名称或代码"),
        facets=(listing.facet(request, "grade", _("级别"), grades, many=True),),
    )
    rows = filters.narrow(DataElement.visible_to(actor).select_related("code_set"))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("数据元"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("级别"), numeric=True, order="grade"),
            parts.Column(title=_("个人信息")),
            parts.Column(title=_("怎样核对")),
            parts.Column(title=pgettext("one", "标准")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{ELEMENTS.url}{one.pk}/"),
            one.grade,
            one.personal,
            _checked(one),
            one.standard,
        ),
        order=("name", "grade"),
        filters=filters,
        empty=parts.Empty(title=_("还没有数据元"), why=_("数据元由平台装入国家标准，或由主管部门登记。")),
    )
    lead = _("信息项按数据元识别：含义、级别、缺省脱敏和质量规则都由它而来。")
    header = parts.Header(title=pgettext("several", "数据元"), lead=lead)
    return lists.list_page(request, header=header, filters=filters, table=table)


def _checked(one: DataElement) -> Any:
    if one.check_function in KINDS:
        return KINDS[one.check_function].title
    return one.code_set.name if one.code_set else one.pattern or _("不限取值")


def element_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one data element, and the items that follow it."""
    actor = require_actor(request)
    one = find(DataElement.visible_to(actor).select_related("code_set"), pk)
    codes: Any = parts.Link(title=one.code_set.name, url=f"{CODE_SETS.url}{one.code_set.pk}/") if one.code_set else ""
    about = parts.Definitions(
        rows=(
            parts.Definition(term=pgettext("one", "标准"), value=one.standard),
            parts.Definition(term=_("级别"), value=_("%(grade)s 级") % {"grade": one.grade}),
            parts.Definition(term=_("个人信息"), value=one.personal),
            parts.Definition(term=_("怎样核对"), value=_checked(one)),
            parts.Definition(term=_("代码集"), value=codes),
            parts.Definition(term=_("长度"), value=one.length),
            parts.Definition(
                term=_("又称"), value=list(one.synonyms), help=_("字段名或说明与此相同的，识别为本数据元。")
            ),
            parts.Definition(
                term=_("接口代码"), value=parts.Code(text=one.code), help=_("接口和导入的表格以它称呼这个数据元。")
            ),
        )
    )
    header = parts.Header(title=one.name, crumbs=(ELEMENTS, parts.Link(title=one.name, current=True)))
    used = tabs.drawn("standards.dataelement", "", one, actor)
    return pages.page(request, "ui/detail.html", header=header, sections=(about, *used))


def code_sets_page(request: HttpRequest) -> HttpResponse:
    """List the code sets."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("名称或代码"))
    rows = CodeSet.visible_to(actor).annotate(number=Count("codes"))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("代码集"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=pgettext("one", "版本")),
            parts.Column(title=_("取值"), numeric=True, unit=_("个")),
            parts.Column(title=pgettext("one", "标准")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{CODE_SETS.url}{one.pk}/"),
            one.edition,
            one.number,
            one.standard,
        ),
        order=("name",),
        filters=filters,
        empty=parts.Empty(title=_("还没有代码集"), why=_("代码集随国家标准装入。")),
    )
    header = parts.Header(title=_("代码集"), lead=_("值只能取自代码集的信息项，按它检查规范性。"))
    return lists.list_page(request, header=header, filters=filters, table=table)


def _linked(elements: list[DataElement]) -> measures.Links | str:
    links = tuple(parts.Link(title=one.name, url=f"{ELEMENTS.url}{one.pk}/") for one in elements)
    return measures.Links(items=links) if links else ""


def code_set_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one code set with its values and the elements that take from it."""
    actor = require_actor(request)
    one = find(CodeSet.visible_to(actor), pk)
    codes = list(one.codes.order_by("code")[:CODES])
    elements = list(DataElement.visible_to(actor).filter(code_set=one).order_by("code")[:50])
    dated = any(code.valid_from or code.valid_to for code in codes)  # columns of nothing say nothing
    about = parts.Definitions(
        rows=(
            parts.Definition(term=pgettext("one", "标准"), value=one.standard),
            parts.Definition(term=pgettext("one", "版本"), value=one.edition),
            parts.Definition(term=_("用它的数据元"), value=_linked(elements)),
            parts.Definition(
                term=_("接口代码"), value=parts.Code(text=one.code), help=_("接口和导入的表格以它称呼这个代码集。")
            ),
        )
    )
    values = parts.Table(
        caption=_("取值"),
        show_caption=True,
        columns=tuple(
            parts.Column(title=title) for title in (_("代码"), _("含义"), *((_("起用"), _("停用")) if dated else ()))
        ),
        rows=[
            (
                parts.Code(text=code.code),
                code.name,
                *((code.valid_from or _("自始"), code.valid_to or _("在用")) if dated else ()),
            )
            for code in codes
        ],
        empty=parts.Empty(title=_("还没有取值"), why=""),
    )
    header = parts.Header(title=one.name, crumbs=(CODE_SETS, parts.Link(title=one.name, current=True)))
    return pages.page(request, "ui/detail.html", header=header, sections=(about, values))


urlpatterns = [
    path("standards/elements/", elements_page, name="elements"),
    path("standards/elements/<uuid:pk>/", element_page, name="element"),
    path("standards/codes/", code_sets_page, name="code_sets"),
    path("standards/codes/<uuid:pk>/", code_set_page, name="code_set"),
]
