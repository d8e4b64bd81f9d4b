"""`jiangyuan trace`, `verify`, `erase`, `act`: the memory, and what can be proved from it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import PROOF, Answered, GuideCommand, Unusable, group
from jiangyuan.cli.language import _, text

TYPES = {
    "source": "sources.source",
    "entry": "entries.entry",
    "mount": "ingestion.mount",
    "request": "sharing.request",
    "grant": "sharing.grant",
    "case": "sharing.case",
    "delivery": "delivery.delivery",
    "system": "organization.applicationsystem",
    "person": "organization.person",
    "body": "organization.body",
}
"""Short names of what is traced most, and the names of their records."""

trace = group(
    "trace",
    _(
        "主路之后：每一步都在留痕里。看任何对象的经过，下载可离线验证的存证回执。\n\n"
        "下一步：jiangyuan verify 存证回执文件，在任何电脑上验证，不需要数据库和网络。"
    ),
    PROOF,
)


@trace.command("show", cls=GuideCommand, help=_("查看一个对象的经过：何时、何人、做了什么"))
def show(
    kind: Annotated[
        str,
        typer.Argument(
            help=_(
                "对象的种类：source、entry、mount、request、grant、case、delivery、system、person、body，或 应用.模型"
            ),
            metavar=_("种类"),
        ),
    ],
    thing: Annotated[str, typer.Argument(help=_("对象的名称或编号"), metavar=_("名称"))],
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=session.MOST, help=_("最多列出的行数"), metavar=_("数字"))
    ] = 50,
    as_json: output.AsJson = False,
) -> None:
    """Show the history of an object."""
    identity = session.identify(kind, thing) if kind in session.KINDS else thing
    rows = list(session.items(f"/trace/{TYPES.get(kind, kind)}/{identity}", limit=limit))
    if as_json:
        output.as_json(rows)
        return
    columns = (("id", _("编号")), ("at", _("时间")), ("type", _("事件")), ("name", _("何人")), ("payload", _("内容")))
    output.table(rows, columns)


@trace.command("receipt", cls=GuideCommand, help=_("下载一项操作或一次读取的存证回执"))
def receipt(
    event: Annotated[str, typer.Argument(help=_("事件或读取的编号（见 trace show）"), metavar=_("编号"))],
    out: Annotated[str, typer.Option("--out", help=_("写入的文件；默认为标准输出"), metavar=_("文件"))] = "-",
) -> None:
    """Download a receipt."""
    made = json.dumps(session.send("GET", f"/trace/receipts/{event}"), ensure_ascii=False, indent=1)
    if out == "-":
        typer.echo(made)
        return
    try:
        Path(out).write_text(made + "\n", "utf-8")
    except OSError as exc:
        raise Unusable(text(_("无法写入文件：%(reason)s"), reason=exc.strerror), where=out) from exc
    typer.echo(text(_("已写入 %(path)s；验证：jiangyuan verify %(path)s"), path=out))


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(trace, rich_help_panel=PROOF)
    app.command("verify", cls=GuideCommand, rich_help_panel=PROOF, help=_(
        "离线验证存证回执：不需要数据库，不需要网络，不需要登录。\n\n"
        "退出码：0 存证回执有效，1 存证回执无效，2 文件无法读取。\n\n"
        "存证回执自带公钥，因此必须知道公钥是谁的：用 --key 给出从签发节点另外取得的公钥。"
        "不给 --key 时，只能证明内容与存证回执自带的公钥一致，会给出提醒。"
    ))(verify)  # fmt: skip
    app.command("erase", cls=GuideCommand, rich_help_panel=PROOF, help=_(
        "销毁一个主体或数据集的数据密钥（安全管理员）。\n\n"
        "其下密封的内容从此无法读出，不可恢复；销毁本身留痕，存证日志照常可以验证。"
    ))(erase)  # fmt: skip
    app.command("act", cls=GuideCommand, rich_help_panel=PROOF, help=_(
        "经 REST 办理任何一项操作，参数为 JSON。\n\n"
        "操作名即接口文档中的 operationId，如 sharing.grant.suspend；与页面、各命令走同一道门。"
    ))(act)  # fmt: skip


def verify(
    file: Annotated[Path, typer.Argument(help=_("存证回执文件（JSON）"), metavar=_("文件"))],
    keys: Annotated[
        list[Path] | None,
        typer.Option("--key", help=_("信任的节点公钥文件（PEM），或放这些文件的文件夹"), metavar=_("文件")),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    """Verify a receipt offline."""
    from jiangyuan.kernel import receipts

    code, lines = receipts.main(file, tuple(keys or ()), translate=text)
    unproved = code == 0 and not keys
    if as_json:
        output.as_json({"valid": code == 0, "trusted": code == 0 and not unproved, "code": code, "lines": lines})
    else:
        typer.echo("\n".join(lines))
    if unproved:
        typer.echo(
            text(_("提醒：未给出 --key，未核对公钥属于谁。任何人都能用自己的密钥签出这样的存证回执。")), err=True
        )
    raise typer.Exit(code)


def erase(
    subject: Annotated[str, typer.Argument(help=_("主体或数据集，如 mount:编号、system:编号"), metavar=_("主体"))],
    reason: Annotated[str, typer.Option("--reason", help=_("原因"), metavar=_("文本"))],
    article: Annotated[str, typer.Option("--article", help=_("依据的条款"), metavar=_("文本"))] = "",
    yes: Annotated[bool, typer.Option("--yes", help=_("不再询问"))] = False,
    as_json: output.AsJson = False,
) -> None:
    """Destroy a data key."""
    if not yes:
        typer.confirm(text(_("销毁后无法恢复。确定销毁 %(subject)s 的密钥？"), subject=subject), abort=True, err=True)
    made = session.send("POST", "/kernel/erasures", content={"subject": subject, "reason": reason, "article": article})
    if as_json:
        output.as_json(made)
    else:
        typer.echo(text(_("已销毁密钥 %(key)s；销毁已留痕。"), key=made["key"]))


def _operation(name: str) -> tuple[str, str]:
    """Give the method and path of an action, as the platform's own OpenAPI says."""
    paths: dict[str, Any] = session.send("GET", "/openapi.json")["paths"]
    known: list[str] = []
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method == "post":
                known.append(str(operation.get("operationId")))
            if method == "post" and operation.get("operationId") == name:
                return method.upper(), path.removeprefix("/api/v1")
    from difflib import get_close_matches

    near = get_close_matches(name, known, 3, 0.4)
    mend = text(_("相近的有：%(names)s。"), names=", ".join(near)) if near else text(_("请查看接口文档 /api/v1/docs。"))
    raise Answered(text(_("没有这项操作")), code="not_found", where=name, mend=mend)


def act(
    name: Annotated[str, typer.Argument(help=_("操作名，如 sharing.grant.suspend"), metavar=_("操作"))],
    identity: Annotated[str, typer.Argument(help=_("对象的编号；新建类操作不需要"), metavar=_("编号"))] = "",
    parameters: Annotated[
        str, typer.Option("--json", help=_("参数（JSON 文件；- 为标准输入）；默认无参数"), metavar=_("文件"))
    ] = "",
    expected: Annotated[
        int | None, typer.Option("--version", help=_("读取时看到的版本号；对象已变化时拒绝办理"), metavar=_("数字"))
    ] = None,
    once: Annotated[str, typer.Option("--once", help=_("提交编号：同一编号重复提交只办一次"), metavar=_("文本"))] = "",
) -> None:
    """Carry out any action over REST; the answer is JSON."""
    content = output.read_json(parameters) if parameters else {}
    method, path = _operation(name)
    if ("{id}" in path) != bool(identity):
        told = text(_("这项操作需要对象的编号")) if "{id}" in path else text(_("这项操作不需要对象的编号"))
        raise Unusable(told, where=name)
    headers = {"If-Match": f'"{expected}"'} if expected is not None else {}
    headers |= {"Idempotency-Key": once} if once else {}
    if identity and os.sep in identity:
        raise Unusable(text(_("编号不正确")), where=identity)
    output.as_json(session.send(method, path.replace("{id}", identity), content=content, headers=headers))
