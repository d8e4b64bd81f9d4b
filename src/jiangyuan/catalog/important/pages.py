"""Pages of the important-data list."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.important import queries
from jiangyuan.catalog.important.models import Important
from jiangyuan.catalog.important.rules import ART33, MANY, STANDARD
from jiangyuan.catalog.important.states import IMPORTANT
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.texts import cite
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, options, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

LIST = parts.Link(title=gettext_lazy("重要数据目录"), url="/important-data/")
_ENTRIES = options.register(
    options.Source(name="important-entries", rows=queries.own_entries, title="known_name", names=("known_name", "code"))
)


def badge(one: Important) -> parts.Badge:
    """Show the state; an overdue assessment is said first."""
    return parts.Badge(label=_("风险评估逾期"), tone="bad") if one.late else states.state_badge(one)


def list_page(request: HttpRequest) -> HttpResponse:
    """List what is important data."""
    actor = require_actor(request)
    offered = [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录名称"),
        facets=(
            listing.facet(request, "state", _("状态"), IMPORTANT.states.items(), many=True),
            listing.facet(request, "level", _("级别"), Important.LEVELS, many=True),
            listing.facet(request, "harmed", _("影响对象"), Important.HARMED, many=True),
            listing.facet(request, "body", _("部门"), offered, many=True, field="entry__body__alias"),
            listing.facet(request, "late", _("风险评估"), (("yes", _("风险评估逾期")),)),
        ),
    )
    rows = filters.narrow(queries.important(actor=actor, text=filters.text), without=("late",))
    if any(f.values for f in filters.facets if f.name == "late"):
        rows = rows.filter(queries.late())
    titles = (_("目录"), _("部门"), _("级别"), _("影响对象"), _("影响程度"), _("报送日期"), _("评估期限"), _("状态"))
    table = listing.table_of(
        request,
        rows,
        caption=_("重要数据目录"),
        columns=tuple(parts.Column(title=t) for t in titles),
        row=lambda one: (
            parts.Link(title=one.entry.known_name, url=f"{LIST.url}{one.pk}/"),
            str(one.entry.body),
            one.get_level_display(),
            one.get_harmed_display(),
            one.get_degree_display(),
            one.reported_on,
            one.assess_by,
            badge(one),
        ),
        order=("-updated_at",),
        filters=filters,
        empty=parts.Empty(title=_("还没有列入重要数据"), why=_("部门识别，负责人确认，主管部门列入以后出现在这里。")),
    )
    may = steps.may_begin(
        "catalog.important.identify", actor, body=str(actor.body or ""), jurisdiction=actor.jurisdiction
    )
    action = parts.Button(title=_("识别重要数据"), url=f"{LIST.url}new/", icon="plus") if may else None
    lead = _("按 %(standard)s 识别，只有本部门和主管部门可见；列入后每年开展一次风险评估（%(article)s）。")
    header = parts.Header(
        title=_("重要数据目录"), lead=lead % {"standard": STANDARD, "article": cite(ART33)}, action=action
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_page(request: HttpRequest) -> HttpResponse:
    """Record an identification."""
    actor = require_actor(request)
    asked = request.GET.get("entry", "")
    chosen = find(queries.own_entries(actor), asked) if asked else None
    choices: dict[str, Any] = {"entry": options.Remote(_ENTRIES, actor)}
    if chosen is not None:
        choices["columns"] = _items(chosen)
    return steps.begin_page(
        request,
        "catalog.important.identify",
        crumbs=(LIST,),
        back=LIST.url,
        about={"body": str(actor.body or ""), "jurisdiction": actor.jurisdiction},
        choices=choices,
        initial={"entry": chosen.pk} if chosen else None,
        lead=_("提出后由本部门负责人确认，再由主管部门列入重要数据目录并报送；列入后每年评估一次风险（%(article)s）。")
        % {"article": cite(ART33)},
        done=lambda made: f"{LIST.url}{made.pk}/",
        next_step=_("接下来由本部门负责人确认。"),
    )


def _items(entry: Any) -> list[tuple[str, str]]:
    """Give the items of an entry to choose from, by name."""
    return list(entry.items.order_by("position").values_list("column", "name"))


def important_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one identification with its record."""
    actor = require_actor(request)
    one = find(queries.important(actor=actor), pk)
    base = f"{LIST.url}{one.pk}/"
    main = {
        "identified": "catalog.important.confirm",
        "confirmed": "catalog.important.report",
        "reported": "catalog.important.assess",
        "returned": "catalog.important.amend",
    }.get(one.state, "")
    made = steps.buttons(one, steps.steps(one, actor), base, main=main, danger=("catalog.important.remove",))
    header = parts.Header(
        title=_("重要数据：%(name)s") % {"name": one.entry.known_name},
        badge=badge(one),
        crumbs=(LIST, parts.Link(title=one.entry.known_name, current=True)),
        **made,
    )
    sections = (*_notices(one), _record(one), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _notices(one: Important) -> tuple[parts.Part, ...]:
    found: list[parts.Part] = []
    if one.state == "returned":
        found.append(parts.Notice(title=_("已退回"), tone="warn", text=one.answer))
    if one.persons is not None and one.persons > MANY:
        text = _("涉及个人信息超过 1000 万人，还须遵守《网络数据安全管理条例》第三十条、第三十二条。")
        found.append(parts.Notice(title=_("超过 1000 万人"), tone="warn", text=text))
    if one.late:
        text = _("应于 %(day)s 前完成年度风险评估。") % {"day": one.assess_by}
        found.append(parts.Notice(title=_("风险评估逾期"), tone="bad", text=text, article=cite(ART33)))
    return tuple(found)


def _record(one: Important) -> parts.Definitions:
    names = dict(one.entry.items.values_list("column", "name"))
    items = _("、").join(names.get(column, column) for column in one.columns)
    rows = (
        (_("目录"), parts.Link(title=one.entry.known_name, url=f"/catalog/{one.entry_id}/")),
        (_("部门"), one.entry.body.name),
        (_("涉及的信息项"), items or _("整个目录")),
        (_("级别"), one.get_level_display()),  # type: ignore[attr-defined]
        (_("影响对象"), one.get_harmed_display()),  # type: ignore[attr-defined]
        (_("影响程度"), one.get_degree_display()),  # type: ignore[attr-defined]
        (_("识别理由"), one.reason),
        (_("保护措施"), one.protection),
        (_("涉及个人（人）"), one.persons),
        (_("报送文件"), one.document),
        (_("报送日期"), one.reported_on),
        (_("上次评估"), one.assessed_on),
        (_("评估结论"), one.assessment),
        (_("下次评估不晚于"), one.assess_by),
        (_("意见"), one.answer),
    )
    return parts.Definitions(
        rows=tuple(parts.Definition(term=term, value=value) for term, value in rows if value not in ("", None))
    )


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Amend, confirm, report, return, assess, remove."""
    one = find(queries.important(actor=require_actor(request)), pk)
    shown = ("harmed", "degree", "reason", "columns", "protection", "persons")
    return steps.step_page(
        request,
        one,
        verb,
        allowed=tuple(f"catalog.important.{v}" for v in ("amend", "confirm", "report", "return", "assess", "remove")),
        base=f"{LIST.url}{one.pk}/",
        crumbs=(LIST,),
        initial={name: getattr(one, name) for name in shown} if verb == "amend" else None,
        choices={"columns": _items(one.entry)} if verb == "amend" else None,
        danger=("catalog.important.remove", "catalog.important.return"),
        name=one.entry.known_name,
    )


def of_entry(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Say on an entry's page that it is important data, to those who may know."""
    one = queries.of_entry(entry, actor=actor)
    if one is None:
        return ()
    text = _("影响对象：%(harmed)s；状态：%(state)s。") % {"harmed": one.get_harmed_display(), "state": one.state_label}  # type: ignore[attr-defined]
    go = parts.Button(title=_("查看识别记录"), url=f"{LIST.url}{one.pk}/", kind="plain")
    return parts.Notice(title=one.get_level_display(), tone="bad" if one.late else "running", text=text), go  # type: ignore[attr-defined]


urlpatterns = [
    path("important-data/", list_page, name="important"),
    path("important-data/new/", new_page, name="important_new"),
    path("important-data/<uuid:pk>/", important_page, name="important_one"),
    path("important-data/<uuid:pk>/<slug:verb>/", step_page, name="important_step"),
]
