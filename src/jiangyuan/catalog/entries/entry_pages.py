"""One entry in its tabs: what it is and what its description still lacks, its items, its versions, its trace.

Quality, lineage and use are told by the rooms above, which register what they have to say (`ui.tabs`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries import queries, relation_pages, score_pages, tables, version_pages
from jiangyuan.catalog.entries.models import Classification, DataItem, Entry
from jiangyuan.catalog.entries.wording import field_label, field_value
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.texts import listed
from jiangyuan.ui import measures, objects, pages, parts, states, steps, tabs
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
KIND = "entries.entry"


def entry_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one entry in its tabs."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    titles = {"": _("概况"), "items": _("信息项"), **tabs.titles(KIND)}
    titles |= {"score": _("目录评分"), "versions": _("版本"), "trace": _("留痕")}
    tab = request.GET.get("tab", "")
    tab = {"differences": "versions"}.get(tab, tab if tab in titles else "")
    base = f"/catalog/{entry.pk}/"
    sees = queries.sees_revision(entry, actor)
    name = entry.name if sees else entry.known_name
    header = parts.Header(
        title=name,
        badge=states.badge_of(entry, entry.told_state),
        clock=objects.clock_of(entry) if sees else None,
        code=parts.Code(text=entry.code) if entry.code else None,
        crumbs=(CATALOG, parts.Link(title=name, current=True)),
        **_buttons(entry, actor, base),
    )
    shown = parts.Tabs(
        label=_("目录内容"),
        items=tuple(
            parts.Link(title=title, url=f"{base}?tab={code}" if code else base, current=code == tab)
            for code, title in titles.items()
        ),
    )
    own: dict[str, Callable[[Entry, Actor], tuple[parts.Part, ...]]] = {
        "": _overview,
        "items": _items,
        "score": score_pages.score_tab,
        "versions": partial(version_pages.versions_tab, request),
        "trace": _trace,
    }
    sections = own[tab](entry, actor) if tab in own else ()
    sections += tabs.drawn(KIND, tab, entry, actor)
    return pages.page(
        request, "ui/detail.html", header=header, tabs=shown, above=_notices(entry, actor), sections=sections
    )


def _buttons(entry: Entry, actor: Actor, base: str) -> dict[str, Any]:
    decisions = ("catalog.entry.endorse", "catalog.entry.approve", "catalog.entry.publish", "catalog.entry.return")
    found = steps.steps(entry, actor)
    if any(step.action in decisions for step in found):
        return {"action": parts.Button(title=_("审核"), url=f"{base}review/"), "further": ()}
    if any(step.action == "catalog.entry.unrelate" for step in found):
        found = [step for step in found if step.action != "catalog.entry.unrelate"]
    ready = entry.secrecy_result and entry.privacy_result
    assesses = any(step.action == "catalog.entry.assess" for step in found)
    main = "catalog.entry.assess" if assesses and not ready else "catalog.entry.submit"
    made = steps.buttons(entry, found, base, main=main, danger=("catalog.entry.withdraw",))
    further = list(made["further"])
    if any(step.action == "catalog.entry.edit" for step in found):
        further.insert(1, parts.Button(title=_("核对信息项"), url=f"{base}items/", kind="plain"))
    may_ask = actor.capacity == "business_office" and entry.live_version and entry.body_id != actor.body
    if may_ask and made["action"] is None and entry.known_share_type != "none":
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
    if entry.live_version and entry.told_state not in ("published", "withdrawn"):
        text = _("使用方看到的仍是第 %(number)s 版，直到修订发布。") % {"number": entry.live_version}
        shown.append(parts.Notice(title=_("正在修订"), text=text))
    return tuple(shown)


CORE = (
    *("provider", "provider_code", "summary", "category", "classification", "nature", "format", "update_cycle"),
    *("share_type", "share_condition", "share_basis", "share_methods", "open_type", "open_condition", "grade"),
    *("time_from", "time_to", "space_scope", "contact", "contact_phone"),
)
"""The fields of the overview, as the national guide orders them."""


def _shown(name: str, content: dict[str, Any]) -> Any:
    if name != "classification":
        return field_value(name, content[name])
    kept = Classification.objects.filter(code=content[name]).first()
    url = f"/catalog/classes/{content[name]}/"
    return parts.Link(title=str(kept), url=url) if kept else content[name]


def _as_published(entry: Entry, actor: Actor) -> dict[str, Any] | None:
    """Give what the published version says, for those who may not see what is being revised; None for the others."""
    return None if queries.sees_revision(entry, actor) else queries.live(entry)


def _overview(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    content = _as_published(entry, actor) or queries.snapshot(entry)
    rows = [
        parts.Definition(term=field_label(name), value=_shown(name, content))
        for name in CORE
        if content.get(name) not in ("", None, [])
    ]
    former = [kept.code for kept in entry.former_codes.all()]
    if former:
        rows.append(parts.Definition(term=_("原代码"), value=listed(former)))
    if entry.published_at:
        rows.append(parts.Definition(term=_("发布时间"), value=entry.published_at))
    found: list[parts.Part] = [parts.Definitions(rows=tuple(rows))]
    if entry.body_id == actor.body or actor.capacity.startswith("authority_") or actor.capacity == "auditor":
        results = tuple(
            parts.Definition(term=field_label(name), value=getattr(entry, name) or _("尚未记录"))
            for name in ("secrecy_result", "privacy_result")
        )
        found.append(parts.Definitions(title=_("评估结论"), rows=results))
    # what is being revised is told to nobody else, not even by its score
    settled = entry.state == "published" or _as_published(entry, actor) is None
    return (*found, *relation_pages.related_parts(entry, actor), *(_short_score(entry) if settled else ()))


def _short_score(entry: Entry) -> tuple[parts.Part, ...]:
    """Give the kept score with the way to its explanation."""
    if entry.score is None:
        return ()
    more = parts.Link(title=_("逐项看怎样提高"), url=f"/catalog/{entry.pk}/?tab=score")
    meter = measures.Meter(value=entry.score, label=_("目录评分"), good=80, fair=0)
    rows = (parts.Definition(term=_("评分"), value=meter), parts.Definition(term=_("怎样提高"), value=more))
    return (parts.Definitions(title=_("目录评分"), rows=rows),)


def _items(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    content = _as_published(entry, actor)
    if content is None:
        return (tables.item_table(list(entry.items.select_related("element"))),)
    return (tables.item_table([_kept_item(item) for item in content["items"]]),)


def _kept_item(item: dict[str, Any]) -> DataItem:
    """Make an item from what a version kept of it; its element is named, not referred to."""
    return DataItem(**{k: v for k, v in item.items() if k != "element"})


def _trace(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    return (trace_part(entry, actor=actor),)


def items_of_element(element: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Show which published items follow a data element, for its page."""
    found = DataItem.visible_to(actor).filter(element=element, entry__state="published")
    items = found.select_related("entry__body").order_by("entry__known_name", "position")[:100]
    return (
        parts.Table(
            caption=_("用它的信息项"),
            show_caption=True,
            columns=(parts.Column(title=_("目录")), parts.Column(title=_("部门")), parts.Column(title=_("信息项"))),
            rows=[
                (
                    parts.Link(title=i.entry.known_name, url=f"/catalog/{i.entry_id}/?tab=items"),
                    str(i.entry.body),
                    i.name,
                )
                for i in items
            ],
            empty=parts.Empty(title=_("还没有信息项用它"), why=_("编制目录时按字段名称和说明识别。")),
        ),
    )
