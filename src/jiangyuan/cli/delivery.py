"""`jiangyuan deliver` and `jiangyuan call`: using what was granted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jiangyuan.cli import language, output, session
from jiangyuan.cli.guide import ROAD, GuideCommand, Unusable, group
from jiangyuan.cli.language import _, text
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

if TYPE_CHECKING:
    from jiangyuan.exchange.delivery.client import Credentials

DEFAULT_GATEWAY = "http://127.0.0.1:8610"

deliver = group(
    "deliver",
    _(
        "主路第六步（库表）：把授权的数据持续交换到本部门自己的数据库。\n\n"
        "源库提交后片刻即到，行、列、脱敏都以授权为限；授权停止，交换随之停止。\n\n"
        "下一步：jiangyuan deliver use，登记使用情况；jiangyuan trace show delivery.delivery 编号，查看经过。"
    ),
    ROAD,
)
call = group(
    "call",
    _(
        "主路第六步（服务）：用应用系统的密钥签名，经服务网关核验或查询。\n\n"
        "每次调用都写明用途、办件编号和经办人；留痕落盘之后才答复。密钥文件来自 jiangyuan org issue-key。\n\n"
        "下一步：jiangyuan trace show sharing.grant 编号，查看谁在何时用过。"
    ),
    ROAD,
)

_PATH = "/delivery/deliveries/{id}"

add(
    deliver,
    Step("open", "delivery.delivery.open", "/delivery/deliveries", _("开通库表交换"), fields=(
        Field("grant", _("授权"), "grant", required=True),
        Field("target", _("接收库（登记为接收库的数据源）"), "source", required=True),
        Field("target_table", _("写入的表名"), required=True),
        Field("target_schema", _("写入的模式")))),
    Listing("list", "/delivery/deliveries", _("列出库表交换"), (
        ("id", _("编号")), ("state", _("状态")), ("schema_name", _("模式")), ("table", _("表名")), ("rows", _("行数")),
        ("last_applied_at", _("最近写入")), ("error", _("错误"))),
        (Field("grant", _("授权"), "grant"), Field("state", _("状态")))),
    Detail("show", "delivery", _("查看一项交换")),
    Step("pause", "delivery.delivery.pause", f"{_PATH}/pause", _("暂停"), "delivery"),
    Step("resume", "delivery.delivery.resume", f"{_PATH}/resume", _("恢复，从停下的地方继续"), "delivery"),
    Step("retry", "delivery.delivery.retry", f"{_PATH}/retry", _("失败后重来"), "delivery"),
    Step("stop", "delivery.delivery.stop", f"{_PATH}/stop", _("停止"), "delivery", (
        Field("reason", _("原因"), required=True),)),
    Listing("warnings", "/delivery/warnings", _("列出变化预警"), (
        ("id", _("编号")), ("case_id", _("办件")), ("grant_id", _("授权")), ("created_at", _("时间")),
        ("acknowledged_at", _("处理时间")), ("outcome", _("结果"))),
        (Field("case", _("办件"), "case"), Field("grant", _("授权"), "grant"))),
    Step("acknowledge", "delivery.warning.acknowledge", "/delivery/warnings/{id}/acknowledge", _("处理预警"), "warning", (
        Field("outcome", _("处理结果"), required=True),)),
    Step("use", "delivery.use.record", "/delivery/uses", _("登记使用情况"), fields=(
        Field("grant", _("授权"), "grant", required=True),
        Field("scenario", _("使用场景"), required=True),
        Field("process", _("使用过程"), required=True),
        Field("outcome", _("使用成效"), required=True),
        Field("case_number", _("办件编号"), option="case"),
        Field("storage", _("存储情况")),
        Field("destruction", _("销毁情况")))),
    Listing("uses", "/delivery/uses", _("列出使用情况"), (
        ("id", _("编号")), ("created_at", _("时间")), ("scenario", _("使用场景")), ("outcome", _("使用成效"))),
        (Field("grant", _("授权"), "grant"), Field("case_number", _("办件编号"), option="case"))),
)  # fmt: skip


def read_key(path: Path) -> tuple[Credentials, str]:
    """Read a key file as `org issue-key` writes it; gives the credentials and the gateway it names. Raises `Unusable`."""
    from jiangyuan.exchange.delivery.client import Credentials

    try:
        state = path.stat()
    except OSError as exc:
        raise Unusable(text(_("无法读取文件：%(reason)s"), reason=exc.strerror), where=str(path)) from exc
    if state.st_mode & 0o077 and path.is_file():
        mend = text(_("请执行 chmod 600 %(path)s。"), path=path)
        raise Unusable(text(_("密钥文件对他人可读")), where=str(path), mend=mend, article="GB/T 39786")
    kept = output.read_json(str(path))
    if not isinstance(kept, dict) or not kept.get("system") or not kept.get("key_id"):
        mend = text(_("密钥文件由 jiangyuan org issue-key --save 生成。"))
        raise Unusable(text(_("不是密钥文件")), where=str(path), mend=mend)
    private = str(kept.get("private_key") or "")
    if private and not private.startswith("-----"):
        private = output.read_input(str(path.parent / private))
    secret = str(kept.get("secret") or "")
    try:
        bytes.fromhex(secret)
    except ValueError:
        raise Unusable(text(_("密钥应为十六进制")), where=f"{path}: secret") from None
    if not secret and not private:
        raise Unusable(text(_("密钥文件中没有密钥")), where=f"{path}: secret, private_key")
    made = Credentials(system=str(kept["system"]), key_id=str(kept["key_id"]), secret=secret, private_key=private)
    return made, str(kept.get("gateway") or "")


Service = Annotated[str, typer.Argument(help=_("服务：授权编号或别名（部门.表）"), metavar=_("服务"))]
KeyFile = Annotated[Path, typer.Option("--key-file", help=_("应用系统的密钥文件"), metavar=_("文件"))]
Purpose = Annotated[str, typer.Option("--purpose", help=_("授权的用途代码"), metavar=_("文本"))]
CaseNumber = Annotated[str, typer.Option("--case", help=_("办件编号"), metavar=_("文本"))]
Operator = Annotated[str, typer.Option("--operator", help=_("经办人"), metavar=_("文本"))]
Gateway = Annotated[
    str, typer.Option("--gateway", help=_("服务网关地址；默认取密钥文件，再取 JIANGYUAN_GATEWAY"), metavar=_("地址"))
]


def _send(key_file: Path, gateway: str, *, purpose: str, case: str, operator: str, **request: Any) -> Any:
    import httpx

    from jiangyuan.exchange.delivery import client

    credentials, named = read_key(key_file)
    address = session.clean_address(gateway or named or os.environ.get("JIANGYUAN_GATEWAY") or DEFAULT_GATEWAY)
    occasion = client.Occasion(purpose=purpose, case_number=case, operator=operator)
    spoken = "en" if language.current() == "en" else "zh-CN"
    try:
        answer = client.call(address, credentials, occasion, language=spoken, **request)
    except httpx.HTTPError as exc:
        told = text(_("无法连接服务网关：%(reason)s"), reason=str(exc) or type(exc).__name__)
        raise Unusable(told, where=address, mend=text(_("请核对地址，并确认网关已启动。"))) from exc
    return session.read(answer)


def _split(pairs: list[str] | None, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for words in pairs or ():
        name, mark, value = words.partition("=")
        if not mark or not name:
            raise Unusable(text(_("应写作“名称=值”")), where=f"{where} {words}")
        found[name] = value
    return found


@call.command("verify", cls=GuideCommand, help=_("核验一个人或一家企业：逐项回答是否一致；不给字段则返回授权的记录"))
def verify(
    service: Service,
    key_file: KeyFile,
    purpose: Purpose,
    subject: Annotated[
        str,
        typer.Option("--subject", help=_("被核验主体的标识；- 从标准输入读取，不留在命令历史中"), metavar=_("文本")),
    ] = "-",
    fields: Annotated[list[str] | None, typer.Option("--field", help=_("待核验的“列=值”"), metavar=_("列=值"))] = None,
    case: CaseNumber = "",
    operator: Operator = "",
    gateway: Gateway = "",
    as_json: output.AsJson = False,
) -> None:
    """Verify one subject through the gateway."""
    who = output.read_input("-").strip() if subject == "-" else subject
    content: dict[str, Any] = {"subject": who}
    content.update({"fields": _split(fields, "--field")} if fields else {})
    answer = _send(
        key_file,
        gateway,
        purpose=purpose,
        case=case,
        operator=operator,
        path=f"/v1/{service}/match",
        content=content,
    )
    _print(answer, as_json)


@call.command("rows", cls=GuideCommand, help=_("按条件查询授权的行"))
def rows(
    service: Service,
    key_file: KeyFile,
    purpose: Purpose,
    where: Annotated[list[str] | None, typer.Option("--where", help=_("条件“列=值”"), metavar=_("列=值"))] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=_("最多返回的行数"), metavar=_("数字"))] = 50,
    case: CaseNumber = "",
    operator: Operator = "",
    gateway: Gateway = "",
    as_json: output.AsJson = False,
) -> None:
    """Read granted rows through the gateway."""
    query = {**_split(where, "--where"), "limit": str(limit)}
    answer = _send(
        key_file,
        gateway,
        purpose=purpose,
        case=case,
        operator=operator,
        method="GET",
        path=f"/v1/{service}/rows",
        query=query,
    )
    _print(answer, as_json)


def _print(answer: Any, as_json: bool) -> None:
    found = answer.get("rows") if isinstance(answer, dict) else None
    if as_json or not isinstance(answer, dict):
        output.as_json(answer)
    elif isinstance(found, list) and found and isinstance(found[0], dict):
        output.table(found, [(name, name) for name in found[0]])
    else:
        output.facts(
            {name: json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else v for name, v in answer.items()}
        )
