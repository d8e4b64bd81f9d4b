"""`jiangyuan share`: requests, grants and cases."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

share = group(
    "share",
    _(
        "主路第五步：申请、审核、授权，以及办件。\n\n"
        "使用方业务处室为某个应用系统、某个场景提出申请，本部门审核后送提供方；"
        "无条件共享的 1 个工作日内答复，有条件共享的 10 个工作日内答复；材料不全的一次性告知补正，不因此拒绝；"
        "不同意的须写明理由和依据。\n\n"
        "下一步：jiangyuan call verify（核验）、jiangyuan call rows（查询）或 jiangyuan deliver open（库表交换）。"
    ),
    ROAD,
)
request = group(
    "request",
    _(
        "共享申请，从起草到答复。\n\n"
        "先后：open（业务处室）→ submit → consent（本部门负责人）→ propose（提供方经办人）→ sign（须加签的）→ agree 或 refuse（提供方负责人）。\n\n"
        "下一步：同意后即生成授权，见 jiangyuan share grant list。"
    ),
)
grant = group(
    "grant",
    _(
        "共享授权：谁、用哪个系统、为什么、能看哪些列，到哪一天。\n\n"
        "暂停和撤回立即生效，正在进行的读取也会中止。\n\n"
        "下一步：jiangyuan call 或 jiangyuan deliver open 使用授权；jiangyuan trace show sharing.grant 编号，查看经过。"
    ),
)
case = group(
    "case",
    _(
        "办件：限定一次业务中可以核验哪些人。\n\n"
        "只保存签署授权书人员的密钥化假名，不保存公民身份号码。\n\n"
        "下一步：jiangyuan call verify --case 办件编号。"
    ),
)

WISH = (
    Field("items", _("数据项，如 name、phone=none、citizen_id=keep:start=6（不写脱敏方式即按分级默认）"), "items", option="item"),
    Field("forms", _("使用方式：match（核验）、query（查询）、table（库表）"), "list", option="form"),
    Field("basis", _("依据的法律、法规或职责条款")),
    Field("purpose", _("用途代码，如 social-assistance")),
    Field("scenario", _("使用场景：用在哪项业务、哪个环节")),
    Field("until", _("使用期限（含当日）"), "day"),
    Field("scope", _("数据范围")),
    Field("condition", _("行条件（JSON 文件；- 为标准输入）"), "json"),
    Field("case_bound", _("逐件使用：每次调用须写明办件编号"), "flag"),
)  # fmt: skip
_NEEDED = {"items", "forms", "basis", "purpose", "scenario", "until"}
_PATH = "/sharing/requests/{id}"

add(
    request,
    Step("open", "sharing.request.open", "/sharing/requests", _("起草申请"), fields=(
        Field("system", _("应用系统"), "system", required=True),
        Field("entry", _("目录"), "entry", required=True),
        Field("mount", _("目录下的挂载"), "mount", required=True),
        *(Field(f.name, f.help, f.kind, f.name in _NEEDED, f.option) for f in WISH))),
    Step("edit", "sharing.request.edit", f"{_PATH}/edit", _("修改草稿或被退回的申请"), "request", WISH),
    Listing("list", "/sharing/requests", _("列出申请"), (
        ("id", _("编号")), ("state_label", _("状态")), ("purpose", _("用途")), ("items", _("数据项")),
        ("forms", _("方式")), ("until", _("期限")), ("received_at", _("受理时间"))),
        (Field("state", _("状态")),)),
    Detail("show", "request", _("查看一项申请")),
    Step("submit", "sharing.request.submit", f"{_PATH}/submit", _("提交本部门负责人"), "request"),
    Step("consent", "sharing.request.consent", f"{_PATH}/consent", _("本部门负责人同意，送提供方"), "request"),
    Step("return", "sharing.request.return", f"{_PATH}/return", _("本部门负责人退回业务处室"), "request", (
        Field("reason", _("原因"), required=True),)),
    Step("ask-completion", "sharing.request.ask_completion", f"{_PATH}/ask_completion",
         _("提供方一次性告知需要补正的全部内容"), "request", (Field("notice", _("需要补正的内容"), required=True),)),
    Step("complete", "sharing.request.complete", f"{_PATH}/complete", _("使用方提交补正"), "request"),
    Step("propose", "sharing.request.propose", f"{_PATH}/propose", _("提供方经办人提出办理意见"), "request", (
        Field("proposal", _("办理意见"), required=True),)),
    Step("sign", "sharing.request.sign", f"{_PATH}/sign",
         _("按级别和方式须加签的：提供方部门负责人、共享主管部门负责人依次签署"), "request", (
        Field("opinion", _("签署意见"), required=True),)),
    Step("withhold", "sharing.request.withhold", f"{_PATH}/withhold", _("不予签署，退回经办人"), "request", (
        Field("reason", _("原因"), required=True),)),
    Step("send-back", "sharing.request.send_back", f"{_PATH}/send_back", _("提供方负责人退回重办"), "request", (
        Field("reason", _("原因"), required=True),)),
    Step("agree", "sharing.request.agree", f"{_PATH}/agree", _("提供方负责人同意，生成授权"), "request", (
        Field("probes_per_minute", _("核验频率上限（次/分钟）"), "number"),)),
    Step("refuse", "sharing.request.refuse", f"{_PATH}/refuse", _("提供方负责人不同意，写明理由和依据"), "request", (
        Field("reason", _("理由"), required=True),
        Field("article", _("依据的条款"), required=True))),
    Step("extend-reply", "sharing.request.extend_reply", f"{_PATH}/extend_reply", _("批准延长答复期限"), "request", (
        Field("days", _("延长的工作日数"), "number", required=True),
        Field("reason", _("原因"), required=True))),
    Step("cancel", "sharing.request.cancel", f"{_PATH}/cancel", _("使用方撤回申请"), "request", (
        Field("reason", _("原因")),)),
)  # fmt: skip

_REASON = (Field("reason", _("原因"), required=True),)

add(
    grant,
    Listing("list", "/sharing/grants", _("列出授权"), (
        ("id", _("编号")), ("state_label", _("状态")), ("purpose", _("用途")), ("items", _("数据项")),
        ("forms", _("方式")), ("until", _("期限")), ("active", _("有效"))),
        (Field("state", _("状态")), Field("purpose", _("用途代码")))),
    Detail("show", "grant", _("查看一项授权，含使用协议和安全承诺")),
    Step("suspend", "sharing.grant.suspend", "/sharing/grants/{id}/suspend", _("提供方暂停授权"), "grant", _REASON),
    Step("resume", "sharing.grant.resume", "/sharing/grants/{id}/resume", _("整改后恢复授权"), "grant", (
        Field("rectified", _("整改情况"), required=True),)),
    Step("withdraw", "sharing.grant.withdraw", "/sharing/grants/{id}/withdraw", _("提供方撤回授权"), "grant", _REASON),
    Step("give-up", "sharing.grant.give_up", "/sharing/grants/{id}/give_up", _("使用方放弃授权"), "grant", _REASON),
)  # fmt: skip

add(
    case,
    Step("open", "sharing.case.open", "/sharing/cases", _("登记办件"), fields=(
        Field("system", _("应用系统"), "system", required=True),
        Field("number", _("办件编号"), required=True),
        Field("purpose", _("用途代码"), required=True),
        Field("authorisation_digest", _("授权书的 SM3 摘要（十六进制）"), required=True, option="authorisation"),
        Field("citizen_ids", _("签署人的公民身份号码，每行一个（- 为标准输入；不写在命令行上）"), "lines", required=True),
        Field("open_until", _("办结期限（含当日）"), "day", required=True),
        Field("watched", _("关注变化：名单内人员的记录变化时预警"), "flag"))),
    Listing("list", "/sharing/cases", _("列出办件"), (
        ("id", _("编号")), ("number", _("办件编号")), ("purpose", _("用途")), ("open_until", _("期限")),
        ("watched", _("关注")), ("closed_at", _("办结时间"))),
        (Field("number", _("办件编号")),)),
    Detail("show", "case", _("查看一个办件")),
    Step("watch", "sharing.case.watch", "/sharing/cases/{id}/watch", _("关注或不再关注变化"), "case", (
        Field("watched", _("关注变化"), "flag"),)),
    Step("close", "sharing.case.close", "/sharing/cases/{id}/close", _("办结：此后不能再用该办件编号核验"), "case"),
)  # fmt: skip

share.add_typer(request)
share.add_typer(grant)
share.add_typer(case)
