"""One duty, system or matter: what it says, what covers it, its versions and trace; registering and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.duties import queries
from jiangyuan.catalog.duties.models import Excuse, Obligation
from jiangyuan.catalog.duties.wording import FIELDS, KINDS, code_part, coverage_badge, field_text
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.body_pages import body_choices
from jiangyuan.sources.models import ScannedTable
from jiangyuan.ui import options, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

COVERAGE = parts.Link(title=gettext_lazy("目录覆盖"), url="/duties/")
REGISTER = parts.Link(title=gettext_lazy("职责、系统和事项"), url="/duties/list/")
ACTS = tuple(f"catalog.obligation.{verb}" for verb in ("alter", "retire", "link", "unlink"))
_ENTRIES = options.register(
    options.Source(name="own-entries", rows=queries.own_entries, title="known_name", names=("known_name", "code"))
)


def obligation_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one obligation in its tabs."""
    actor = require_actor(request)
    thing = find(queries.obligations(actor=actor, in_force=False), pk)
    base = f"/duties/{thing.pk}/"
    titles = {"": _("概况"), "versions": _("版本"), "trace": _("留痕")}
    tab = request.GET.get("tab", "")
    tab = tab if tab in titles else ""
    excuse = queries.excuse_of(thing, actor=actor)
    header = parts.Header(
        title=thing.name,
        badge=coverage_badge(thing),
        code=code_part(thing) or None,
        crumbs=(COVERAGE, REGISTER, parts.Link(title=thing.name, current=True)),
        lead=_("%(kind)s，%(body)s") % {"kind": KINDS[thing.kind], "body": thing.body.name},
        **_buttons(thing, actor, base, excuse),
    )
    shown = parts.Tabs(
        label=_("内容"),
        items=tuple(
            parts.Link(title=title, url=f"{base}?tab={code}" if code else base, current=code == tab)
            for code, title in titles.items()
        ),
    )
    drawn: dict[str, Callable[[], tuple[parts.Part, ...]]] = {
        "": lambda: _overview(thing, actor, excuse, base),
        "versions": lambda: (_versions(thing, actor),),
        "trace": lambda: (trace_part(thing, actor=actor),),
    }
    return pages.page(request, "ui/detail.html", header=header, tabs=shown, sections=drawn[tab]())


def _buttons(thing: Obligation, actor: Actor, base: str, excuse: Excuse | None) -> dict[str, Any]:
    """Give the next step first: an open obligation of one's own body wants its entry written."""
    may = {
        name: steps.permitted(f"catalog.obligation.{name}", thing, actor)
        for name in ("write", "link", "alter", "retire")
    }
    main = parts.Button(title=_("编制目录"), url=f"{base}write/") if may["write"] else None
    further: list[parts.Button] = []
    if may["link"]:
        further.append(parts.Button(title=_("关联已有目录"), url=f"{base}link/", kind="plain"))
    asked = excuse is not None and excuse.state in ("proposed", "accepted")
    if (
        thing.coverage == "open"
        and not asked
        and steps.may_begin("catalog.excuse.propose", actor, **thing.policy_attributes())
    ):
        further.append(parts.Button(title=_("申请豁免"), url=f"{base}excuse/", kind="plain"))
    if thing.system_id is None:
        if may["alter"]:
            further.append(parts.Button(title=_("调整内容"), url=f"{base}alter/", kind="plain"))
        if may["retire"] and thing.in_force:
            further.append(parts.Button(title=_("停用"), url=f"{base}retire/", kind="danger"))
    if thing.coverage != "open" and main is not None:
        further.insert(0, parts.Button(title=main.title, url=main.url, kind="plain"))
        main = None
    return {"action": main, "further": tuple(further)}


def _overview(thing: Obligation, actor: Actor, excuse: Excuse | None, base: str) -> tuple[parts.Part, ...]:
    names = ("content", "source_list", "category", "document", "article", "materials", "valid_from", "valid_to")
    rows = [parts.Definition(term=_("部门"), value=_body_link(thing))]
    rows += [
        parts.Definition(term=FIELDS[name], value=field_text(name, value))
        for name in names
        if (value := getattr(thing, name)) not in ("", None, [])
    ]
    if thing.system_id is not None:
        link = parts.Link(title=thing.name, url=f"/organization/systems/{thing.system_id}/")
        rows.append(parts.Definition(term=_("应用系统"), value=link))
    found: list[parts.Part] = [parts.Definitions(rows=tuple(rows)), _covers(thing, actor, base)]
    if excuse is not None:
        link = parts.Link(title=excuse.get_ground_display(), url=f"/duties/excuses/{excuse.pk}/")  # type: ignore[attr-defined]
        lines = [
            parts.Definition(term=_("理由"), value=link),
            parts.Definition(term=_("状态"), value=states.state_badge(excuse)),
            parts.Definition(term=_("说明"), value=excuse.reason),
        ]
        found.append(parts.Definitions(title=_("豁免"), rows=tuple(lines)))
    return tuple(found)


def _body_link(thing: Obligation) -> parts.Link:
    return parts.Link(title=thing.body.name, url=f"/duties/bodies/{thing.body.alias}/")


def _covers(thing: Obligation, actor: Actor, base: str) -> parts.Table:
    may = steps.permitted("catalog.obligation.unlink", thing, actor)
    rows = [
        (
            parts.Link(title=entry.known_name, url=f"/catalog/{entry.pk}/"),
            parts.Code(text=entry.code) if entry.code else "",
            states.badge_of(entry, entry.told_state),
            parts.Badge(label=_("计入覆盖"), tone="good") if entry.live_version else parts.Badge(label=_("发布后计入")),
            parts.Button(title=_("取消关联"), url=f"{base}unlink/?entry={entry.pk}", kind="plain") if may else "",
        )
        for _cover, entry in queries.covers(thing, actor=actor)
    ]
    why = _("编制目录，或关联已有的目录；目录发布后这一项即为已覆盖。")
    return parts.Table(
        caption=_("覆盖它的目录"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("目录"), _("代码"), _("状态"), _("覆盖"), _("操作"))),
        rows=rows,
        empty=parts.Empty(title=_("还没有目录覆盖它"), why=why),
    )


def _versions(thing: Obligation, actor: Actor) -> parts.Table:
    return parts.Table(
        caption=_("此前的内容"),
        columns=tuple(parts.Column(title=t) for t in (_("版本"), _("有效至"), _("名称"), _("内容"), _("调整原因"))),
        rows=[
            (
                _("第 %(number)s 版") % {"number": v.number},
                v.until,
                v.content.get("name", ""),
                v.content.get("content", ""),
                v.reason,
            )
            for v in queries.versions(thing, actor=actor)
        ],
        empty=parts.Empty(title=_("没有调整过"), why=_("内容调整或重新导入时，此前的内容会留在这里。")),
    )


NOT_ASKED: dict[str, dict[str, Any]] = {"duty": {"materials": None}, "matter": {"source_list": ""}}
"""What the form of a kind leaves out, because it says nothing of that kind."""


def _kinds_page(request: HttpRequest) -> HttpResponse:
    told = {
        "duty": _("三定规定、权责清单上的一项职责。"),
        "matter": _("政务服务事项清单上的一项事项，可列出申请材料。"),
    }
    table = parts.Table(
        caption=_("登记哪一种"),
        columns=(parts.Column(title=_("种类")), parts.Column(title=_("说明"))),
        rows=[(parts.Link(title=KINDS[kind], url=f"?kind={kind}"), said) for kind, said in told.items()],
        empty=parts.Empty(title=_("没有可选的种类"), why=""),
    )
    title = _("登记职责或事项")
    lead = _("先选种类，再填写它需要的内容。")
    header = parts.Header(title=title, crumbs=(COVERAGE, REGISTER, parts.Link(title=title, current=True)), lead=lead)
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def new_page(request: HttpRequest) -> HttpResponse:
    """Register a duty or a service matter by hand: its kind first, then what that kind has."""
    actor = require_actor(request)
    authority = actor.capacity.startswith("authority_")
    kind = request.GET.get("kind", "")
    if kind not in NOT_ASKED and request.method != "POST":
        return _kinds_page(request)
    fixed = {} if authority else {"body": actor.body}
    if kind in NOT_ASKED:
        fixed |= {"kind": kind, **NOT_ASKED[kind]}
    return steps.begin_page(
        request,
        "catalog.obligation.register",
        crumbs=(COVERAGE, REGISTER),
        back=REGISTER.url,
        about={"body": str(actor.body or ""), "jurisdiction": actor.jurisdiction},
        choices={"body": body_choices(actor)} if authority else None,
        fixed=fixed,
        lead=_("三定规定和权责清单上的职责、政务服务事项都要有目录覆盖。成批的请用表格导入。"),
        done=lambda made: f"/duties/{made.pk}/",
        next_step=_("接下来编制目录，或关联已有目录。"),
    )


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Alter, retire, link, unlink."""
    actor = require_actor(request)
    thing = find(queries.obligations(actor=actor, in_force=False), pk)
    fixed: dict[str, Any] = {}
    choices: dict[str, Any] = {}
    if verb == "unlink":
        asked = request.GET.get("entry", "")
        fixed["entry"] = find(Entry.visible_to(actor), asked).pk
    if verb == "link":
        choices["entry"] = options.Remote(_ENTRIES, actor)
    shown = ("name", "category", "content", "document", "article", "valid_to")
    return steps.step_page(
        request,
        thing,
        verb,
        allowed=ACTS,
        base=f"/duties/{thing.pk}/",
        crumbs=(COVERAGE, REGISTER),
        initial={name: getattr(thing, name) for name in shown} if verb == "alter" else None,
        choices=choices,
        fixed=fixed,
        danger=("catalog.obligation.retire", "catalog.obligation.unlink"),
        lead={
            "catalog.obligation.link": _("一项职责可由几项目录覆盖，一项目录也可覆盖几项职责；目录发布后计入。"),
            "catalog.obligation.alter": _(
                "此前的内容留作版本。因职责变化需要更新目录的，请通知部门在 10 个工作日内更新。"
            ),
            "catalog.obligation.retire": _("停用后不再计入应覆盖项；已有的目录不受影响。"),
        },
    )


def write_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Draft the entry that is missing; it is tied to the obligation from the first moment."""
    actor = require_actor(request)
    thing = find(queries.obligations(actor=actor, in_force=False), pk)
    base = f"/duties/{thing.pk}/"
    tables = ScannedTable.visible_to(actor).filter(source__body_id=actor.body, gone_at__isnull=True)
    names = [
        (t.pk, _("%(title)s（%(name)s）") % {"title": t.comment or t.name, "name": t.name})
        for t in tables.order_by("name")[:500]
    ]
    if not names and steps.permitted("catalog.obligation.write", thing, actor):
        return _nothing_scanned(request, thing, base)
    return steps.step_page(
        request,
        thing,
        "write",
        allowed=("catalog.obligation.write",),
        base=base,
        crumbs=(COVERAGE, REGISTER),
        choices={"table": names},
        initial={"summary": thing.content[:2000]},
        lead={
            "catalog.obligation.write": _("目录由已扫描的数据表编制，编好即与“%(name)s”关联，发布后计入覆盖。")
            % {"name": thing.name}
        },
        done=lambda made: f"/catalog/{made.pk}/items/",
        next_step=_("请核对信息项。"),
    )


def _nothing_scanned(request: HttpRequest, thing: Obligation, base: str) -> HttpResponse:
    go = parts.Button(title=_("去登记数据源"), url="/sources/", kind="plain")
    empty = parts.Empty(
        title=_("还没有可编制的数据表"),
        why=_("目录由已扫描的数据表编制。"),
        todo=_("先登记数据源并扫描结构；已有目录的，可返回关联。"),
        action=go,
    )
    crumbs = (COVERAGE, REGISTER, parts.Link(title=thing.name, url=base), parts.Link(title=_("编制目录"), current=True))
    header = parts.Header(title=_("编制目录"), crumbs=crumbs)
    return pages.page(request, "ui/detail.html", header=header, sections=(empty,))


def of_entry(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Show what an entry covers, on its page; nothing to those who may not know of it."""
    found = queries.covered_by(entry, actor=actor)
    if not found:
        return ()
    return (
        parts.Table(
            caption=_("覆盖的职责、系统和事项"),
            show_caption=True,
            columns=tuple(parts.Column(title=t) for t in (_("名称"), _("种类"), _("编号"), _("来源文件"))),
            rows=[
                (parts.Link(title=o.name, url=f"/duties/{o.pk}/"), KINDS[o.kind], code_part(o), o.document)
                for o in found
            ],
            empty=parts.Empty(title=_("没有关联"), why=""),
        ),
    )
