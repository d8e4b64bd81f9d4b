"""`jiangyuan mount` and `jiangyuan check`: rows come in, and are checked."""

from __future__ import annotations

from typing import Annotated

import typer

from jiangyuan.cli import output, session
from jiangyuan.cli.guide import ROAD, GuideCommand, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Field, Listing, Step, add

mount = group(
    "mount",
    _(
        "主路第三步：把目录挂到数据表上，数据随之归集。\n\n"
        "physical 归集一份到服务库并随源库实时更新，logical 数据留在源库。由数据共享经办人办理。\n\n"
        "下一步：jiangyuan check propose，由数据元生成质量规则；同时即可被申请：jiangyuan share request open。"
    ),
    ROAD,
)
check = group(
    "check",
    _(
        "主路第四步：检查数据质量。\n\n"
        "一次扫描检查全部规则；违规行的主键只有数据所属部门能看到。\n\n"
        "下一步：jiangyuan share request open，使用方提出共享申请。"
    ),
    ROAD,
)

add(
    mount,
    Step("tie", "resources.mount.tie", "/resources/mounts", _("挂载数据表并开始归集"), fields=(
        Field("entry", _("目录"), "entry", required=True),
        Field("table", _("数据表"), "table", required=True),
        Field("mode", _("physical（归集一份）或 logical（留在源库）")),
        Field("key", _("主键列；默认取扫描到的主键"), "list"),
        Field("method", _("capture（实时捕获）、polling（定时轮询）、once（一次性）；默认按数据源的能力")),
        Field("interval_seconds", _("轮询间隔（秒）"), "number"))),
    Listing("list", "/resources/mounts", _("列出挂载"), (
        ("id", _("编号")), ("alias", _("别名")), ("entry_id", _("目录")), ("mode", _("方式")), ("key", _("主键")),
        ("state", _("状态"))),
        (Field("entry", _("目录"), "entry"), Field("state", _("状态")), Field("alias", _("别名")))),
)  # fmt: skip


@mount.command("show", cls=GuideCommand, help=_("查看一项挂载和它的归集：状态、行数、数据版本、错误"))
def show(
    name: Annotated[str, typer.Argument(help=session.KINDS["mount"].help, metavar=_("名称"))],
    as_json: output.AsJson = False,
) -> None:
    """Show a mount together with how its rows come in."""
    found = session.find("mount", name)
    ingests = list(session.items("/resources/ingests", query={"mount": found["id"]}, limit=2))
    if as_json:
        output.as_json({**found, "ingest": ingests[0] if ingests else None})
        return
    output.facts({**found, **{f"ingest.{field}": value for one in ingests for field, value in one.items()}})


add(
    mount,
    Step("pause", "resources.ingest.pause", "/resources/ingests/{id}/pause", _("暂停归集"), "ingest"),
    Step("resume", "resources.ingest.resume", "/resources/ingests/{id}/resume", _("恢复归集，从停下的地方继续"), "ingest"),
    Step("retry", "resources.ingest.retry", "/resources/ingests/{id}/retry", _("归集失败后重来"), "ingest"),
    Step("verify", "resources.ingest.verify", "/resources/ingests/{id}/verify", _("核对两边的校验和；结果稍后见 show"), "ingest"),
    Step("repair", "resources.mount.repair", "/resources/mounts/{id}/repair", _("结构变化处理后重新挂载"), "mount"),
    Step("remove", "resources.mount.remove", "/resources/mounts/{id}/remove", _("解除挂载"), "mount"),
)  # fmt: skip

_MOUNT = Field("mount", _("挂载"), "mount")

add(
    check,
    Step("propose", "quality.rule.propose", "/quality/rules/propose", _("由数据元、主键、更新周期生成规则"), fields=(
        Field("mount", _("挂载"), "mount", required=True),)),
    Step("write", "quality.rule.write", "/quality/rules", _("编写一条规则"), fields=(
        Field("mount", _("挂载"), "mount", required=True),
        Field("name", _("规则名称"), required=True),
        Field("definition", _("规则定义（JSON 文件；- 为标准输入）"), "json", required=True))),
    Listing("rules", "/quality/rules", _("列出规则"), (
        ("id", _("编号")), ("name", _("名称")), ("definition", _("定义")), ("origin", _("来源"))), (_MOUNT,)),
    Step("retire", "quality.rule.retire", "/quality/rules/{id}/retire", _("停用规则，已有结果保留"), "rule"),
    Step("run", "quality.run.ask", "/quality/runs", _("检查一次；结果稍后见 runs 和 result"), fields=(
        Field("mount", _("挂载"), "mount", required=True),)),
    Listing("runs", "/quality/runs", _("列出历次检查和得分"), (
        ("id", _("编号")), ("created_at", _("时间")), ("rows", _("行数")), ("score", _("得分")),
        ("dimensions", _("各维度")), ("error", _("错误"))), (_MOUNT,)),
    Listing("result", "/quality/results", _("列出一次检查中各规则的结果，问题最多的在前"), (
        ("rule_name", _("规则")), ("dimension", _("维度")), ("checked", _("检查数")), ("failed", _("问题数")),
        ("evidence", _("问题行的主键"))),
        (Field("run", _("检查的编号"), "run", required=True),)),
)  # fmt: skip
