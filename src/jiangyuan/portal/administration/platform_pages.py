"""What runs the platform: its programs, jobs, keys and settings, for the system administrator and operations."""

from __future__ import annotations

import os
import platform as machine
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from jiangyuan.kernel import config, keys, vault, witness
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.events import HANDLERS
from jiangyuan.kernel.log_store import fetch, latest_head, reached
from jiangyuan.kernel.models import DataKey, HandlerCursor
from jiangyuan.kernel.texts import listed
from jiangyuan.portal.administration import queries
from jiangyuan.portal.administration.meanings import MEANINGS, NOTES, work_title
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.session import require_actor

RUNS = ("system_admin", "operations")
ROTATE_AFTER = timedelta(days=365)
"""Age at which the master key should be changed."""
BOUND = 10_000
SCARCE = 0.1
_SIZES = ("B", "KB", "MB", "GB", "TB")


def health_page(request: HttpRequest) -> HttpResponse:
    """Show whether everything runs, how far behind it is, and how much room there is."""
    queries.require(require_actor(request), *RUNS)
    programs, handlers = queries.programs(), _handlers()
    free, total = queries.disk()
    troubles = [str(one["name"]) for one in programs if not one["alive"]]
    troubles += [str(work_title(row[0])) for row in handlers if row[2]]
    if free < total * SCARCE:
        troubles.append(_("磁盘空间"))
    state = parts.Notice(title=_("一切正常"), tone="good")
    if troubles:
        state = parts.Notice(
            title=_("有 %(n)s 项需要处理") % {"n": len(troubles)}, tone="bad", text=str(listed(troubles[:10]))
        )
    header = parts.Header(title=_("运行状况"), lead=_("先看结论，再看各程序、消息处理和存证的进度。"))
    sections = (_programs(programs), _progress(), _handler_table(handlers), _about(free, total))
    return pages.page(request, "ui/detail.html", header=header, above=(state,), sections=sections)


def _programs(programs: list[dict[str, Any]]) -> parts.Table:
    named = {"web": _("门户"), "gateway": _("服务网关"), "worker": _("后台程序")}
    return parts.Table(
        caption=_("程序"),
        show_caption=True,
        columns=(
            parts.Column(title=_("程序")),
            parts.Column(title=_("状态")),
            parts.Column(title=_("地址")),
            parts.Column(title=_("重启"), numeric=True, unit=_("次")),
        ),
        rows=[
            (
                named.get(one["name"], one["name"]),
                parts.Badge(label=_("运行中") if one["alive"] else _("未运行"), tone="good" if one["alive"] else "bad"),
                str(one.get("address") or ""),
                int(one.get("restarts") or 0),
            )
            for one in programs
        ],
        empty=parts.Empty(
            title=_("看不到程序清单"),
            why=_("程序不是由 jiangyuan up 启动的，或运行在另一台机器上。"),
            todo=_("请在启动平台的机器上查看 /ready 和 /metrics。"),
        ),
    )


def _lag(table: str, kind: str) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE (xid, id) > (%s, %s) LIMIT {BOUND}) AS newer"
    return int(fetch(sql, [*reached(kind)])[0][0])


def _progress() -> parts.Definitions:
    head = latest_head()
    signed = datetime.fromisoformat(head.at) if head else None
    rows = (
        parts.Definition(term=_("已存证"), value=head.size if head else 0),
        parts.Definition(term=_("最近一次签署"), value=signed or _("尚未签署")),
        parts.Definition(term=_("待存证的操作"), value=_lag("kernel_event", "event"), help=_("通常在数秒内归零。")),
        parts.Definition(term=_("待存证的数据使用"), value=_lag("kernel_access", "access")),
    )
    return parts.Definitions(title=_("存证日志"), rows=rows)


def _handlers() -> list[tuple[str, int, int, Any]]:
    """Give each reader of the memory: name, events it has not read (bounded), failed tries, when it last moved."""
    cursors = {cursor.name: cursor for cursor in HandlerCursor.objects.all()}
    found = []
    for handler in HANDLERS.values():
        cursor = cursors.get(handler.name)
        place = [cursor.xid, cursor.event] if cursor else [0, "00000000-0000-0000-0000-000000000000"]
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM kernel_event WHERE (xid, id) > (%s, %s) AND type = ANY(%s)"
            f" LIMIT {BOUND}) AS newer"
        )
        lag = int(fetch(sql, [*place, sorted(handler.types)])[0][0])
        found.append((handler.name, lag, cursor.attempts if cursor else 0, cursor.moved_at if cursor else None))
    return found


def _handler_table(handlers: list[tuple[str, int, int, Any]]) -> parts.Table:
    return parts.Table(
        caption=_("消息处理"),
        show_caption=True,
        columns=(
            parts.Column(title=_("做什么")),
            parts.Column(title=_("日志中的名称")),
            parts.Column(title=_("状态")),
            parts.Column(title=_("待处理"), numeric=True, unit=_("条")),
            parts.Column(title=_("最近一次")),
        ),
        rows=[
            (
                work_title(name),
                parts.Code(text=name),
                parts.Badge(label=ngettext("已失败 %(n)s 次，继续重试", "已失败 %(n)s 次，继续重试", tries) % {"n": tries} if tries else _("正常"),
                            tone="bad" if tries else "good"),
                lag,
                moved,
            )
            for name, lag, tries, moved in handlers
        ],
        empty=parts.Empty(title=_("没有处理程序"), why=_("各业务尚未登记需要处理的消息。")),
    )  # fmt: skip


def _size(count: float) -> str:
    for unit in _SIZES:
        if count < 1024 or unit == _SIZES[-1]:
            return f"{count:.0f} {unit}" if unit in _SIZES[:2] else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError


def _about(free: int, total: int) -> parts.Definitions:
    from importlib.metadata import version

    server = fetch("SHOW server_version")[0][0]
    used, room = fetch("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")[0]
    held = fetch("SELECT pg_database_size(current_database())")[0][0]
    rows = (
        parts.Definition(term=_("平台版本"), value=version("jiangyuan")),
        parts.Definition(term=_("数据库"), value=f"PostgreSQL {server}"),
        parts.Definition(term=_("数据库大小"), value=_size(held)),
        parts.Definition(term=_("数据库连接"), value=_("%(used)s / %(most)s") % {"used": used, "most": room}),
        parts.Definition(
            term=_("磁盘可用"), value=_("%(free)s / %(total)s") % {"free": _size(free), "total": _size(total)}
        ),
        parts.Definition(term=_("运行环境"), value=f"Python {machine.python_version()} · {machine.system()}"),
        parts.Definition(term=_("日志所在"), value=parts.Code(text=str(config.settings().home / "logs"))),
    )
    return parts.Definitions(title=_("版本与资源"), rows=rows)


def _status(code: str) -> parts.Badge:
    labels = {
        "todo": _("排队"),
        "doing": _("正在运行"),
        "succeeded": _("已完成"),
        "failed": _("失败"),
        "cancelled": _("已取消"),
        "aborted": _("已中止"),
    }
    tones: dict[str, parts.Tone] = {"todo": "idle", "doing": "running", "succeeded": "good", "failed": "bad"}
    return parts.Badge(label=labels.get(code, code), tone=tones.get(code, "closed"))


def jobs_page(request: HttpRequest) -> HttpResponse:
    """List the background jobs, the failed ones with a button to try them again."""
    actor = require_actor(request)
    queries.require(actor, *RUNS)
    choices = tuple((code, _status(code).label) for code in ("failed", "doing", "todo", "succeeded"))
    filters = listing.Filters(facets=(listing.facet(request, "status", _("状态"), choices),))
    rows = queries.jobs()
    if filters.facets[0].value:
        rows = rows.filter(status=filters.facets[0].value)
    may = steps.may_begin("administration.job.retry", actor)

    def retry(one: Any) -> Any:
        url = f"/administration/jobs/{one.pk}/retry/"
        return (
            parts.Button(title=_("重试"), url=url, method="post", kind="plain")
            if may and one.status == "failed"
            else ""
        )

    table = listing.table_of(
        request,
        rows,
        caption=_("后台任务"),
        columns=(
            parts.Column(title=_("任务")),
            parts.Column(title=_("编号"), numeric=True, order="id"),
            parts.Column(title=_("状态")),
            parts.Column(title=_("已试"), numeric=True, unit=_("次")),
            parts.Column(title=_("安排在")),
            parts.Column(title=_("操作")),
        ),
        row=lambda one: (
            work_title(one.task_name.removeprefix("jiangyuan:")),
            str(one.pk),
            _status(one.status),
            one.attempts,
            one.scheduled_at or _("随时"),
            retry(one),
        ),
        order=("-id", "id"),
        filters=filters,
        empty=parts.Empty(title=_("没有后台任务"), why=_("扫描、归集、质检、交付在后台进行，由相应的操作安排。")),
    )
    header = parts.Header(title=_("后台任务"), lead=_("暂时性的失败自动重试八次；仍失败的，排除原因后在此重试。"))
    return lists.list_page(request, header=header, filters=filters, table=table)


@require_POST
def retry_page(request: HttpRequest, number: int) -> HttpResponse:
    """Queue a failed job again."""
    return pages.act_from_form(
        request, "administration.job.retry", done="/administration/jobs/?status=failed", fixed={"job": number}
    )


def keys_page(request: HttpRequest) -> HttpResponse:
    """Show the platform's own keys: kind, age, when to change them and how; no key itself."""
    queries.require(require_actor(request), *RUNS)
    above: list[parts.Part] = []
    if keys.rotating(vault.master_key_file()):
        text = _("新主密钥已生成。请重启全部程序，运行 jiangyuan keys rewrap，再运行 jiangyuan keys end。")
        above.append(parts.Notice(title=_("正在更换主密钥"), tone="warn", text=text))
    kept = DataKey.objects.filter(wrapped__isnull=False)[:BOUND].count()
    destroyed = DataKey.objects.filter(wrapped__isnull=True)[:BOUND].count()
    data = parts.Definitions(
        title=_("数据密钥"),
        rows=(
            parts.Definition(term=_("在用"), value=kept, help=_("每个主体、数据集一把，由主密钥加密保存。")),
            parts.Definition(term=_("已销毁"), value=destroyed, help=_("其下密封的内容已不可恢复，销毁本身留痕。")),
        ),
    )
    how = parts.Notice(
        title=_("怎样更换主密钥"),
        text=_("在平台所在机器上依次运行：jiangyuan keys begin；重启全部程序；jiangyuan keys rewrap；jiangyuan keys end。"
               "数据不用重新加密，随时断电都可以接着做，每一步都留痕。更换后请把新密钥文件离线备份。"),
        article="GB/T 39786-2021",
    )  # fmt: skip
    header = parts.Header(title=_("平台密钥"), lead=_("密钥本身不在数据库中，也不在这一页。"))
    return pages.page(request, "ui/detail.html", header=header, above=above, sections=(_key_table(), data, how))


def _key_table() -> parts.Table:
    rows: list[tuple[Any, ...]] = []
    try:
        rows.append(_master())
        own = witness.signing_key()
        rows.append(
            (
                _("存证签名密钥"),
                "SM2",
                parts.Code(text=own.id),
                "",
                _("长期"),
                parts.Badge(label=_("在用"), tone="good"),
            )
        )
    except (JiangyuanError, OSError):
        rows.append((_("主密钥"), "SM4", "", "", "", parts.Badge(label=_("无法读取，请查看日志"), tone="bad")))
    titles = (_("密钥"), _("算法"), _("标识"), _("启用于"), _("应更换于"), _("状态"))
    return parts.Table(
        caption=_("密钥"),
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=rows,
        empty=parts.Empty(title=_("还没有密钥"), why=_("平台第一次启动时生成。")),
    )


def _master() -> tuple[Any, ...]:
    file = vault.master_key_file()
    since = datetime.fromtimestamp(os.stat(file).st_mtime, UTC)
    due = since + ROTATE_AFTER
    late = due < timezone.now()
    badge = parts.Badge(label=_("应更换") if late else _("在用"), tone="warn" if late else "good")
    day = timezone.localtime
    return _("主密钥"), "SM4", parts.Code(text=vault.masters().current), day(since).date(), day(due).date(), badge


def settings_page(request: HttpRequest) -> HttpResponse:
    """Show the settings in force, what each means and where it comes from; secrets only as set or not."""
    queries.require(require_actor(request), *RUNS)
    told, origins = config.settings(), config.origins()
    named = {"environment": _("环境变量"), "file": _("配置文件"), "default": _("默认值")}
    rows = [
        (
            parts.Code(text=entry.name),
            str(MEANINGS.get(entry.name) or entry.metadata["doc"]),
            _shown(entry.name, getattr(told, entry.name)),
            named[origins[entry.name]],
        )
        for entry in fields(config.Settings)
    ]
    table = parts.Table(
        caption=_("配置"),
        columns=tuple(parts.Column(title=t) for t in (_("名称"), _("含义"), _("现值"), _("来源"))),
        rows=rows,
        empty=parts.Empty(title=_("没有配置项"), why=""),
    )
    header = parts.Header(title=_("配置"), lead=str(NOTES))
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def _shown(name: str, value: Any) -> Any:
    if config.is_secret(name):
        return _("已设置（不显示）") if value else _("未设置")
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value
    if isinstance(value, tuple):
        return str(listed(value)) or _("未设置")
    text = str(value)
    return str(value) if text not in ("", ".") else _("未设置")
