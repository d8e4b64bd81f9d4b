"""`jiangyuan interchange`: entries in and out as files and DCAT-AP, harvests of other catalogues, docking to them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import ROAD, GuideCommand, Unusable, group
from jiangyuan.cli.language import _, text
from jiangyuan.cli.steps import Field, Listing, Step, add

LONGEST = 600
"""Seconds that a check in the background is waited for."""
EVERY = 0.5

interchange = group(
    "interchange",
    _(
        "目录成批进出：用表格导入并逐行核对，导出为 Excel、CSV、JSON 或 DCAT-AP，采集和对接其他平台的目录。\n\n"
        "导入先核对、不落目录：需要改正的行写明行、列、原因和改法，其余的行确认后成为草稿，按正常流程审核。\n\n"
        "下一步：jiangyuan catalog submit，提交草稿审核。"
    ),
    ROAD,
)
harvest = group(
    "harvest",
    _(
        "采集其他平台（CKAN、DCAT）的目录：登记来源，按周期或立即采集，只取变化的部分。\n\n"
        "下一步：jiangyuan interchange harvest runs，查看采到什么、拒收什么。"
    ),
)
docking = group(
    "docking",
    _(
        "把已发布目录推送到其他平台，留存回执。\n\n"
        "字段、代码和签名按对接配置转换。\n\n"
        "下一步：jiangyuan interchange docking pushes，查看回执和被退回的目录。"
    ),
)
_REASONS = (
    ("sheet", _("表")),
    ("number", _("行")),
    ("verdict", _("结论")),
    ("messages", _("原因和改法")),
)


@interchange.command(
    "import", cls=GuideCommand, help=_("导入一个文件并核对：xlsx、xls、ods、csv 或 json；确认用 proceed")
)
def import_file(
    file: Annotated[Path, typer.Argument(help=_("要导入的文件"), metavar=_("文件"))],
    otherwise: Annotated[
        str, typer.Option("--otherwise", help=_("主管部门代为导入时，部门不明的行归入哪个部门"), metavar=_("名称"))
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help=_("最多列出的行数"), metavar=_("数字"))] = 50,
    as_json: output.AsJson = False,
) -> None:
    """Hand a file in, wait until it is checked, and tell what has to be mended."""
    fields = {"otherwise": session.identify("body", otherwise)} if otherwise else {}
    batch = session.upload("/catalog/batches", file, fields=fields)
    end = time.monotonic() + LONGEST
    while batch["state"] == "uploaded" and time.monotonic() < end:
        time.sleep(EVERY)
        batch = session.send("GET", f"/catalog/batches/{batch['id']}")
    rows = _rows(batch["id"], "refused", limit) if batch["state"] == "checked" else []
    if as_json:
        output.as_json({**batch, "report": rows})
        return
    _told(batch)
    if rows:
        output.table(rows, _REASONS)


def _told(batch: dict[str, Any]) -> None:
    if batch.get("error"):
        error = batch["error"]
        raise Unusable(error["message"], where=batch["name"], mend=error.get("mend", ""))
    names = (("id", _("编号")), ("state", _("状态")), ("rows", _("行数")), ("good", _("可导入")),
             ("guessed", _("有推断")), ("refused", _("须改正")))  # fmt: skip
    output.facts({text(title): batch[name] for name, title in names})


def _rows(batch: str, verdict: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    while len(found) < limit:
        query = {"verdict": verdict, "after": after, "size": min(limit - len(found), 500)}
        page = session.send("GET", f"/catalog/batches/{batch}/rows", query=query)
        found += page["items"]
        after = page["next"]
        if not after:
            break
    return found


@interchange.command("report", cls=GuideCommand, help=_("列出一次导入中须改正、有推断或可导入的行，各写明原因和改法"))
def report(
    batch: Annotated[str, typer.Argument(help=_("导入的编号"), metavar=_("编号"))],
    verdict: Annotated[
        str,
        typer.Option("--verdict", help=_("refused（须改正）、guessed（有推断）或 good（可导入）"), metavar=_("文本")),
    ] = "refused",
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=session.MOST, help=_("最多列出的行数"), metavar=_("数字"))
    ] = 50,
    as_json: output.AsJson = False,
) -> None:
    """List the rows of a check."""
    rows = _rows(session.identify("batch", batch), verdict, limit)
    if as_json:
        output.as_json(rows)
    else:
        output.table(rows, _REASONS)


@interchange.command("export", cls=GuideCommand, help=_("把查得到的目录导出为一个文件；导出留痕"))
def export(
    out: Annotated[Path, typer.Argument(help=_("写入的文件；按扩展名 .csv、.json 或 .xlsx 定格式"), metavar=_("文件"))],
    q: Annotated[str, typer.Option("--words", help=_("按词查找"), metavar=_("文本"))] = "",
    body: Annotated[str, typer.Option("--body", help=_("部门的别名"), metavar=_("名称"))] = "",
    state: Annotated[str, typer.Option("--state", help=_("状态"), metavar=_("文本"))] = "",
    share_type: Annotated[str, typer.Option("--share-type", help=_("共享类型"), metavar=_("文本"))] = "",
    grade: Annotated[str, typer.Option("--grade", help=_("级别"), metavar=_("数字"))] = "",
) -> None:
    """Take entries out as a file."""
    asked = {"q": q, "body": body, "state": state, "share_type": share_type, "grade": grade}
    query = {"format": out.suffix.lstrip(".").lower() or "json", **{name: said for name, said in asked.items() if said}}
    session.download("/catalog/export", out, query=query)
    typer.echo(text(_("已写入 %(path)s"), path=out))


@interchange.command("dcat", cls=GuideCommand, help=_("把已发布目录导出为 DCAT-AP：一条（--entry）或全部"))
def dcat(
    out: Annotated[
        Path, typer.Argument(help=_("写入的文件；按扩展名 .ttl、.jsonld 或 .rdf 定格式"), metavar=_("文件"))
    ],
    entry: Annotated[str, typer.Option("--entry", help=_("只导出一条目录"), metavar=_("名称"))] = "",
) -> None:
    """Write DCAT-AP: one entry in any format, the whole catalogue as Turtle."""
    format_ = out.suffix.lstrip(".").lower()
    if entry:
        path = f"/catalog/entries/{session.identify('entry', entry)}/dcat"
        session.download(path, out, query={"format": format_})
    elif format_ == "ttl":
        session.download("/catalog/dcat/whole.ttl", out)
    else:
        told = text(_("全部目录只导出为 Turtle"))
        raise Unusable(told, where=str(out), mend=text(_("请用扩展名 .ttl，或用 --entry 指定一条目录。")))
    typer.echo(text(_("已写入 %(path)s"), path=out))


@harvest.command("runs", cls=GuideCommand, help=_("列出一个来源最近的采集：新增、更新、消失、拒收和原因"))
def runs(
    source: Annotated[str, typer.Argument(help=_("采集来源的编号"), metavar=_("编号"))], as_json: output.AsJson = False
) -> None:
    """List the last runs over a source."""
    found = session.send("GET", f"/catalog/harvests/{session.identify('harvest', source)}/runs")
    if as_json:
        output.as_json(found)
        return
    output.table(found, (
        ("created_at", _("开始")), ("finished_at", _("结束")), ("whole", _("完整")), ("created", _("新增")),
        ("updated", _("更新")), ("unchanged", _("未变")), ("gone", _("消失")), ("refused", _("拒收")),
        ("problems", _("问题"))))  # fmt: skip


@docking.command("pushes", cls=GuideCommand, help=_("列出推送和回执；--status refused 只看被退回的"))
def pushes(
    thing: Annotated[str, typer.Argument(help=_("对接目录的编号"), metavar=_("编号"))],
    status: Annotated[
        str, typer.Option("--status", help=_("waiting、failing、accepted 或 refused"), metavar=_("文本"))
    ] = "",
    as_json: output.AsJson = False,
) -> None:
    """List what a docked catalogue was told, and its receipts."""
    identity = session.identify("docking", thing)
    query = {"status": status} if status else None
    found = session.send("GET", f"/catalog/dockings/{identity}/pushes", query=query)
    if as_json:
        output.as_json(found)
        return
    columns = (("entry_id", _("目录")), ("number", _("版本")), ("status", _("状态")), ("attempts", _("次数")),
               ("receipt_number", _("回执编号")), ("error", _("原因")))  # fmt: skip
    output.table(found, columns)


add(
    interchange,
    Listing("imports", "/catalog/batches", _("列出导入"), (
        ("id", _("编号")), ("name", _("文件")), ("state", _("状态")), ("rows", _("行数")), ("good", _("可导入")),
        ("guessed", _("有推断")), ("refused", _("须改正")), ("drafted", _("已成草稿"))),
        (Field("state", _("状态")),)),
    Step("proceed", "catalog.batch.proceed", "/catalog/batches/{id}/proceed", _("导入可用的行，成为草稿"), "batch", (
        Field("with_guessed", _("有推断的行一并导入"), "flag"),)),
    Step("discard", "catalog.batch.discard", "/catalog/batches/{id}/discard", _("放弃这次导入"), "batch"),
)  # fmt: skip
add(
    harvest,
    Step("register", "catalog.harvest.register", "/catalog/harvests", _("登记采集来源"), fields=(
        Field("body", _("采到的目录归入哪个部门"), "body", required=True),
        Field("name", _("来源名称"), required=True),
        Field("kind", _("接口：ckan 或 dcat"), required=True),
        Field("address", _("接口地址"), required=True),
        Field("node", _("对方平台的节点名称"), required=True),
        Field("token", _("访问令牌"), "secret"),
        Field("hours", _("每隔几小时采集一次"), "number"))),
    Listing("list", "/catalog/harvests", _("列出采集来源"), (
        ("id", _("编号")), ("name", _("来源名称")), ("kind", _("接口")), ("address", _("接口地址")), ("active", _("启用")),
        ("since", _("采到何时")))),
    Step("now", "catalog.harvest.start", "/catalog/harvests/{id}/start", _("立即采集"), "harvest", (
        Field("whole", _("全部重采，而不只是变化的"), "flag"),)),
    Step("stop", "catalog.harvest.stop", "/catalog/harvests/{id}/stop", _("停止采集"), "harvest"),
    Step("resume", "catalog.harvest.resume", "/catalog/harvests/{id}/resume", _("恢复采集"), "harvest"),
)  # fmt: skip
add(
    docking,
    Step("register", "catalog.docking.register", "/catalog/dockings", _("登记对接目录"), fields=(
        Field("body", _("登记的部门"), "body", required=True),
        Field("name", _("对接名称"), required=True),
        Field("profile", _("对接配置，如 national"), required=True),
        Field("address", _("接口地址"), required=True),
        Field("account", _("账号")),
        Field("secret", _("密钥"), "secret"))),
    Listing("list", "/catalog/dockings", _("列出对接目录"), (
        ("id", _("编号")), ("name", _("对接名称")), ("profile", _("对接配置")), ("address", _("接口地址")),
        ("active", _("启用")), ("last_run_at", _("上次推送")))),
    Step("push", "catalog.docking.push", "/catalog/dockings/{id}/push", _("推送已发布目录；被退回的再推送"), "docking"),
    Step("stop", "catalog.docking.stop", "/catalog/dockings/{id}/stop", _("停用对接"), "docking"),
)  # fmt: skip

interchange.add_typer(harvest)
interchange.add_typer(docking)
