"""Pages of the catalogue: search, one entry in its tabs, drafting, editing and the acts on it; review stands beside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries import item_pages, queries, review_pages, tables
from jiangyuan.catalog.entries.models import AUTHORITY, DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.states import ENTRY
from jiangyuan.catalog.entries.wording import field_label, field_value
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.organization.queries import bodies
from jiangyuan.sources.models import ScannedTable
from jiangyuan.ui import listing, objects, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
ACTS = (
    "catalog.entry.edit",
    "catalog.entry.assess",
    "catalog.entry.submit",
    "catalog.entry.revise",
    "catalog.entry.withdraw",
)
_TABS = {
    "": gettext_lazy("概况"),
    "items": gettext_lazy("信息项"),
    "versions": gettext_lazy("版本"),
    "differences": gettext_lazy("差异"),
    "trace": gettext_lazy("留痕"),
}


def entries_page(request: HttpRequest) -> HttpResponse:
    """Search the catalogue."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("名称、摘要或代码"),
        facets=(
            listing.facet(request, "body", _("部门"), [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]),
            listing.facet(request, "share_type", _("共享类型"), Entry.SHARE),
            listing.facet(request, "state", _("状态"), ENTRY.states.items()),
        ),
    )
    chosen = {f.name: f.value for f in filters.facets}
    rows = queries.entries(actor=actor, text=filters.text, **chosen)
    may = steps.may_begin("catalog.entry.draft", actor, body=str(actor.body or ""))
    action = parts.Button(title=_("编制目录"), url="/catalog/new/", icon="plus") if may else None
    table = tables.entry_table(
        request,
        rows,
        filters=filters,
        empty=parts.Empty(
            title=_("目录还是空的"),
            why=_("部门编制并经审核发布的目录会出现在这里。"),
            todo=_("可由已扫描的数据表编制。") if may else "",
            action=action,
        ),
    )
    header = parts.Header(
        title=_("数据目录"), lead=_("全省政务数据目录，编制中的只有本部门和主管部门可见。"), action=action
    )
    return pages.page(request, "ui/list.html", header=header, filters=filters, table=table)


def new_entry_page(request: HttpRequest) -> HttpResponse:
    """Draft an entry from a scanned table of one's own body."""
    actor = require_actor(request)
    tables = ScannedTable.visible_to(actor).filter(source__body_id=actor.body, gone_at__isnull=True)
    asked = request.GET.get("table", "")
    chosen = find(tables.select_related("source"), asked) if asked else None
    if chosen is None and not tables.exists():
        return _nothing_to_draft_from(request)
    names = [
        (t.pk, _("%(title)s（%(name)s）") % {"title": t.comment or t.name, "name": t.name})
        for t in tables.order_by("name")[:500]
    ]
    initial = {"name": chosen.comment or chosen.name} if chosen else {}
    return steps.begin_page(
        request,
        "catalog.entry.draft",
        crumbs=(CATALOG,),
        back=CATALOG.url,
        about={"body": str(actor.body or "")},
        fixed={"table": chosen.pk} if chosen else None,
        choices={"table": names},
        initial=initial,
        lead=_("平台按字段提出信息项、数据元、级别和脱敏方式，请逐项核对后提交。"),
        done=lambda made: f"/catalog/{made.pk}/items/",
        next_step=_("请核对信息项。"),
    )


def _nothing_to_draft_from(request: HttpRequest) -> HttpResponse:
    go = parts.Button(title=_("去登记数据源"), url="/sources/", kind="plain")
    empty = parts.Empty(
        title=_("还没有可编制的数据表"),
        why=_("目录由已扫描的数据表编制。"),
        todo=_("先登记数据源并扫描结构。"),
        action=go,
    )
    header = parts.Header(title=_("由数据表编制目录"), crumbs=(CATALOG, parts.Link(title=_("编制目录"), current=True)))
    return pages.page(request, "ui/detail.html", header=header, sections=(empty,))


def entry_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one entry in its tabs."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else ""
    base = f"/catalog/{entry.pk}/"
    header = parts.Header(
        title=entry.name,
        badge=states.state_badge(entry),
        clock=objects.clock_of(entry),
        code=parts.Code(text=entry.code) if entry.code else None,
        crumbs=(CATALOG, parts.Link(title=entry.name, current=True)),
        **_buttons(entry, actor, base),
    )
    tabs = parts.Tabs(
        label=_("目录内容"),
        items=tuple(
            parts.Link(title=title, url=f"{base}?tab={code}" if code else base, current=code == tab)
            for code, title in _TABS.items()
        ),
    )
    drawn = {"": _overview, "items": _items, "versions": _versions, "differences": _differences, "trace": _trace}
    sections = drawn[tab](entry, actor)
    return pages.page(
        request, "ui/detail.html", header=header, tabs=tabs, above=_notices(entry, actor), sections=sections
    )


def _buttons(entry: Entry, actor: Actor, base: str) -> dict[str, Any]:
    decisions = ("catalog.entry.approve", "catalog.entry.publish", "catalog.entry.return")
    found = steps.steps(entry, actor)
    if any(step.action in decisions for step in found):
        return {"action": parts.Button(title=_("审核"), url=f"{base}review/"), "further": ()}
    ready = entry.secrecy_result and entry.privacy_result
    main = "catalog.entry.submit" if ready else "catalog.entry.assess"
    made = steps.buttons(entry, found, base, main=main, danger=("catalog.entry.withdraw",))
    further = list(made["further"])
    if any(step.action == "catalog.entry.edit" for step in found):
        further.insert(1, parts.Button(title=_("核对信息项"), url=f"{base}items/", kind="plain"))
    may_ask = actor.capacity == "business_office" and entry.live_version and entry.body_id != actor.body
    if may_ask and made["action"] is None and entry.share_type != "none":
        made["action"] = parts.Button(title=_("申请共享"), url=f"/exchange/requests/new/?entry={entry.pk}")
    if entry.state == "published" and entry.body_id == actor.body and actor.capacity.startswith("sharing_"):
        further.append(parts.Button(title=_("挂载数据表"), url=f"/resources/new/?entry={entry.pk}", kind="plain"))
    return {**made, "further": tuple(further)}


def _notices(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    shown: list[parts.Part] = []
    if entry.return_reasons and entry.body_id == actor.body:
        lines = ((field_label(k), v) for k, v in entry.return_reasons.items())
        told = _("；").join(_("%(field)s：%(reason)s") % {"field": k, "reason": v} for k, v in lines)
        shown.append(
            parts.Notice(title=_("已退回纠正"), tone="warn", text=told, article=LIMITS["catalog.publish"].article)
        )
    if entry.live_version and entry.state not in ("published", "withdrawn"):
        text = _("使用方看到的仍是第 %(number)s 版，直到修订发布。") % {"number": entry.live_version}
        shown.append(parts.Notice(title=_("正在修订"), text=text))
    return tuple(shown)


def _as_published(entry: Entry, actor: Actor) -> dict[str, Any] | None:
    """Give what the published version says, for those who may not see what is being revised; None for the others."""
    return None if actor.body == entry.body_id or actor.capacity in AUTHORITY else queries.live(entry)


def _overview(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    names = ("summary", "category", "classification", "format", "update_cycle", "share_type", "share_condition")
    names += ("share_basis", "open_type", "open_condition", "grade")
    content = _as_published(entry, actor) or {name: getattr(entry, name) for name in names}
    rows = [
        parts.Definition(term=field_label(name), value=field_value(name, content[name]))
        for name in names
        if content[name] not in ("", None)
    ]
    rows.insert(0, parts.Definition(term=_("提供部门"), value=entry.body.name))
    if entry.published_at:
        rows.append(parts.Definition(term=_("发布时间"), value=entry.published_at))
    found: list[parts.Part] = [parts.Definitions(rows=tuple(rows))]
    if entry.body_id == actor.body or actor.capacity.startswith("authority_") or actor.capacity == "auditor":
        results = tuple(
            parts.Definition(term=field_label(name), value=getattr(entry, name) or _("尚未记录"))
            for name in ("secrecy_result", "privacy_result")
        )
        found.append(parts.Definitions(title=_("评估结论"), rows=results))
    return tuple(found)


def _items(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    content = _as_published(entry, actor)
    if content is not None:
        items = [DataItem(**{k: v for k, v in item.items() if k != "element"}) for item in content["items"]]
    else:
        items = list(entry.items.select_related("element"))
    return (tables.item_table(items),)


def _versions(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    kept = EntryVersion.visible_to(actor).filter(entry=entry)[:50]
    rows = [
        (
            _("第 %(number)s 版") % {"number": v.number},
            v.created_at,
            field_value("share_type", v.content["share_type"]),
            v.content["grade"],
            len(v.content["items"]),
            parts.Badge(label=_("现行"), tone="good") if v.number == entry.live_version else "",
        )
        for v in kept
    ]
    columns = (
        parts.Column(title=_("版本")),
        parts.Column(title=_("发布时间")),
        parts.Column(title=_("共享类型")),
        parts.Column(title=_("级别"), numeric=True),
        parts.Column(title=_("信息项"), numeric=True, unit=_("个")),
        parts.Column(title=_("现行")),
    )
    empty = parts.Empty(title=_("还没有发布过"), why=_("主管部门审核发布时产生第 1 版。"))
    return (parts.Table(caption=_("版本"), columns=columns, rows=rows, empty=empty),)


def _differences(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    rows = review_pages.difference_rows(queries.pending_differences(entry)) if entry.body_id == actor.body else ()
    kept = list(EntryVersion.visible_to(actor).filter(entry=entry)[:2])
    found: list[parts.Part] = []
    if rows and entry.state != "published":
        found.append(parts.Differences(rows=rows))
    if len(kept) == 2:
        between = queries.differences(kept[1].content, kept[0].content)
        title = _("第 %(new)s 版与第 %(old)s 版的差异") % {"new": kept[0].number, "old": kept[1].number}
        found.append(parts.Differences(rows=review_pages.difference_rows(between), title=title))
    if not found:
        why = _("只发布过一个版本，也没有正在进行的修订。") if kept else _("目录还没有发布过。")
        found.append(parts.Empty(title=_("没有可比较的版本"), why=why))
    return tuple(found)


def _trace(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    return (trace_part(entry),)


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Edit, assess, submit, revise, withdraw."""
    entry = find(queries.entries(actor=require_actor(request)), pk)
    initial: dict[str, Any] = {}
    if verb == "edit":
        shown = ("name", "summary", "classification", "update_cycle", "share_type", "share_condition", "share_basis")
        initial = {name: getattr(entry, name) for name in (*shown, "open_type", "open_condition")}
    elif verb == "assess":
        initial = {"secrecy_result": entry.secrecy_result, "privacy_result": entry.privacy_result}
    following = {
        "submit": _("接下来由本部门负责人审核。"),
        "revise": _("请修改目录，重新评估后提交。"),
        "assess": _("评估已记录，可以提交。"),
    }
    lead = {"catalog.entry.assess": _("发布前须作保密风险评估和个人信息保护影响评估（条例第十六条）。")}
    return steps.step_page(
        request,
        entry,
        verb,
        allowed=ACTS,
        base=f"/catalog/{entry.pk}/",
        crumbs=(CATALOG,),
        initial=initial,
        fixed={"items": None} if verb == "edit" else None,
        danger=("catalog.entry.withdraw",),
        lead=lead,
        next_step=following.get(verb, ""),
    )


urlpatterns = [
    path("catalog/", entries_page, name="entries"),
    path("catalog/new/", new_entry_page, name="entry_new"),
    path("catalog/review/", review_pages.queue_page, name="entry_queue"),
    path("catalog/<uuid:pk>/", entry_page, name="entry"),
    path("catalog/<uuid:pk>/items/", item_pages.items_page, name="entry_items"),
    path("catalog/<uuid:pk>/review/", review_pages.review_page, name="entry_review"),
    path("catalog/<uuid:pk>/approve/", review_pages.approve_page, name="entry_approve"),
    path("catalog/<uuid:pk>/publish/", review_pages.publish_page, name="entry_publish"),
    path("catalog/<uuid:pk>/return/", review_pages.return_page, name="entry_return"),
    path("catalog/<uuid:pk>/<slug:verb>/", step_page, name="entry_step"),
]
