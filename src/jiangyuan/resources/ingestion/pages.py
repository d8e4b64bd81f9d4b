"""Pages of ingestion: mounted tables, how their rows come in, and the acts on both."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.resources.ingestion import monitor_pages, queries
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.resources.ingestion.states import INGEST, MOUNT
from jiangyuan.sources.models import ScannedTable
from jiangyuan.ui import listing, lists, live, pages, parts, states, steps, wording
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

MOUNTS = parts.Link(title=gettext_lazy("挂载与归集"), url="/resources/")
MOUNT_ACTS = ("resources.mount.repair", "resources.mount.remove")
INGEST_ACTS = (
    "resources.ingest.retry",
    "resources.ingest.pause",
    "resources.ingest.resume",
    "resources.ingest.verify",
    "resources.ingest.stop",
)


def _ingest(mount: Mount) -> Ingest | None:
    return getattr(mount, "ingest", None)


def mounts_page(request: HttpRequest) -> HttpResponse:
    """List the mounted tables the actor may know of, with how their rows come in."""
    actor = require_actor(request)
    if live.asked_again(request, monitor_pages.OVERVIEW):
        return live.alone(request, monitor_pages.overview(actor))
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录名称或表名"),
        facets=(
            listing.facet(request, "state", _("挂载状态"), MOUNT.states.items(), many=True),
            listing.facet(request, "ingest__state", _("归集状态"), INGEST.states.items(), many=True),
        ),
    )
    rows = filters.narrow(queries.mounts(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(entry__name__icontains=word) | Q(alias__icontains=word))

    def row(mount: Mount) -> tuple[Any, ...]:
        ingest = _ingest(mount)
        return (
            parts.Link(title=mount.entry.known_name, url=f"/resources/{mount.pk}/"),
            str(mount.entry.body),
            mount.table.source.name,
            states.state_badge(mount),
            states.state_badge(ingest) if ingest else mount.get_mode_display(),  # type: ignore[attr-defined]
            ingest.rows if ingest else None,
            ingest.last_applied_at if ingest else None,
        )

    table = listing.table_of(
        request,
        rows,
        caption=_("挂载与归集"),
        columns=(
            parts.Column(title=_("目录")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("数据源")),
            parts.Column(title=_("挂载"), order="state"),
            parts.Column(title=_("归集")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("最近更新")),
        ),
        row=row,
        order=("alias", "state"),
        filters=filters,
        acts=INGEST_ACTS,
        target=_ingest,
        empty=parts.Empty(
            title=_("还没有挂载的数据表"),
            why=_("目录发布后，把它的数据表挂载上来，才能共享数据。"),
            todo=_("由本部门数据共享工作机构在已发布的目录上挂载。"),
        ),
    )
    action = _new_button(actor)
    header = parts.Header(
        title=_("挂载与归集"), lead=_("目录对应的数据表，以及数据怎样进来、到哪里了。"), action=action
    )
    above = (monitor_pages.overview(actor),)
    return lists.list_page(request, header=header, filters=filters, table=table, above=above)


def _new_button(actor: Actor) -> parts.Button | None:
    may = steps.may_begin("resources.mount.tie", actor, body=str(actor.body or ""))
    return parts.Button(title=_("挂载数据表"), url="/resources/new/", icon="plus") if may else None


def _table_name(table: ScannedTable) -> str:
    name = f"{table.schema}.{table.name}".lstrip(".")
    return _("%(title)s（%(name)s）") % {"title": table.comment or table.name, "name": name}


def new_mount_page(request: HttpRequest) -> HttpResponse:
    """Tie a published entry of one's own body to one of its tables."""
    actor = require_actor(request)
    own = Entry.visible_to(actor).filter(body_id=actor.body, live_version__gt=0).order_by("known_name")
    asked = request.GET.get("entry", "")
    entry = find(own, asked) if asked else None
    tables = ScannedTable.visible_to(actor).filter(source__body_id=actor.body, gone_at__isnull=True).order_by("name")
    initial: dict[str, Any] = {"mode": "physical"}
    if entry is not None and entry.drafted_from_id:
        initial["table"] = entry.drafted_from_id
    return steps.begin_page(
        request,
        "resources.mount.tie",
        crumbs=(MOUNTS,),
        back=MOUNTS.url,
        about={"body": str(actor.body or "")},
        fixed={"entry": entry.pk} if entry else None,
        choices={
            "entry": [(e.pk, e.name) for e in own[:500]],
            "table": [(t.pk, _table_name(t)) for t in tables[:500]],
        },
        initial=initial,
        lead=entry.known_name if entry else "",
        done=lambda made: f"/resources/{made.pk}/",
        next_step=_("物理归集随即开始，进度见本页。"),
    )


def mount_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one mounted table: its ingest, its freshness, its trace."""
    actor = require_actor(request)
    mount = find(queries.mounts(actor=actor), pk)
    ingest = _ingest(mount)
    base = f"/resources/{mount.pk}/"
    buttons = steps.buttons(
        mount,
        steps.steps(mount, actor),
        base,
        main="resources.mount.repair",
        danger=("resources.mount.remove",),
    )
    if ingest is not None and mount.state == "active":
        found = steps.buttons(
            ingest,
            steps.steps(ingest, actor),
            f"{base}ingest/",
            main="resources.ingest.retry" if ingest.state == "failed" else "resources.ingest.resume",
            danger=("resources.ingest.stop",),
        )
        buttons = {"action": buttons["action"] or found["action"], "further": found["further"] + buttons["further"]}
    header = parts.Header(
        title=mount.entry.known_name,
        badge=states.state_badge(mount),
        code=parts.Code(text=mount.alias),
        crumbs=(MOUNTS, parts.Link(title=mount.entry.known_name, current=True)),
        **buttons,
    )
    if ingest is None:
        sections: tuple[parts.Part, ...] = (_about(mount), trace_part(mount, limit=20))
        return pages.page(request, "ui/detail.html", header=header, above=_broken(mount), sections=sections)
    part = monitor_pages.ingest_monitor(ingest)

    def whole() -> HttpResponse:
        shown = (part, _about(mount), _coming_in(ingest), trace_part(ingest, limit=20))
        return pages.page(request, "ui/detail.html", header=header, above=_broken(mount), sections=shown)

    return live.answer(request, part, whole)


def _broken(mount: Mount) -> tuple[parts.Part, ...]:
    """Say why the table no longer fits its entry, while it does not."""
    if mount.state != "broken" or not mount.error:
        return ()
    return (parts.Notice(title=_("挂载已失效"), tone="bad", text=wording.fault_text(mount.error)),)


def _about(mount: Mount) -> parts.Definitions:
    table = mount.table
    return parts.Definitions(
        title=_("挂载"),
        rows=(
            parts.Definition(
                term=_("目录"), value=parts.Link(title=mount.entry.known_name, url=f"/catalog/{mount.entry_id}/")
            ),
            parts.Definition(term=_("提供方"), value=str(mount.entry.body)),
            parts.Definition(term=_("数据源"), value=table.source.name),
            parts.Definition(term=_("数据表"), value=parts.Code(text=f"{table.schema}.{table.name}".lstrip("."))),
            parts.Definition(term=_("主键"), value=list(mount.key)),
            parts.Definition(term=_("方式"), value=mount.get_mode_display()),  # type: ignore[attr-defined]
        ),
    )


def _coming_in(ingest: Ingest) -> parts.Definitions:
    compared = ingest.checksum_source and ingest.checksum_store
    same = ingest.checksum_source == ingest.checksum_store
    verdict = parts.Badge(label=_("一致") if same else _("不一致"), tone="good" if same else "bad") if compared else ""
    rows = [
        parts.Definition(term=_("状态"), value=states.state_badge(ingest)),
        parts.Definition(term=_("归集方式"), value=ingest.get_method_display()),  # type: ignore[attr-defined]
        parts.Definition(term=_("行数"), value=ingest.rows),
        parts.Definition(term=_("最近更新"), value=ingest.last_applied_at),
        parts.Definition(term=_("数据版本"), value=ingest.data_version or ""),
        parts.Definition(term=_("与数据源核对"), value=verdict, help=_("全量核对时比较两边的校验和。")),
    ]
    if ingest.method == "polling":
        rows.append(
            parts.Definition(
                term=_("轮询间隔"),
                value=ngettext("%(n)s 秒", "%(n)s 秒", ingest.interval_seconds) % {"n": ingest.interval_seconds},
            )
        )
    return parts.Definitions(title=_("归集"), rows=tuple(rows))


def mount_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Repair or remove a mount."""
    mount = find(queries.mounts(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        mount,
        verb,
        allowed=MOUNT_ACTS,
        base=f"/resources/{mount.pk}/",
        crumbs=(MOUNTS,),
        danger=MOUNT_ACTS[1:],
        lead={
            "resources.mount.repair": _("数据表已恢复原样后，重新挂载即可继续归集。"),
            "resources.mount.remove": _("解除后不再归集，平台上的副本随即删除；还有共享授权在用时不能解除。"),
        },
        name=mount.entry.known_name,
    )


def ingest_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Retry, pause, resume or stop the ingest of a mount."""
    rows = Ingest.visible_to(require_actor(request)).select_related("mount__entry")
    ingest = find(rows, rows.filter(mount_id=pk).values_list("pk", flat=True).first() or pk)
    lead = {
        "resources.ingest.retry": _("数据源的问题解决后重新归集；没有解决的，会再次停住并说明原因。"),
        "resources.ingest.pause": _("暂停后，平台上的数据停在此刻；恢复时从停下的地方继续。"),
        "resources.ingest.resume": _("从停下的地方继续，补上暂停期间的变更。"),
        "resources.ingest.verify": _("逐行比较来源和平台上的数据，期间照常归集；不一致时重新复制。"),
        "resources.ingest.stop": _("停止后不再恢复；已归集的数据保留到解除挂载为止。"),
    }
    return steps.step_page(
        request,
        ingest,
        verb,
        allowed=INGEST_ACTS,
        base=f"/resources/{pk}/",
        crumbs=(MOUNTS,),
        danger=("resources.ingest.stop",),
        lead=lead,
        name=ingest.mount.entry.known_name,
    )


urlpatterns = [
    path("resources/", mounts_page, name="mounts"),
    path("resources/new/", new_mount_page, name="mount_new"),
    path("resources/<uuid:pk>/", mount_page, name="mount"),
    path("resources/<uuid:pk>/ingest/<slug:verb>/", ingest_step_page, name="ingest_step"),
    path("resources/<uuid:pk>/<slug:verb>/", mount_step_page, name="mount_step"),
]
