"""`jiangyuan catalog`: entries of the catalogue."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

catalog = group(
    "catalog",
    _(
        "主路第二步：由数据表编制目录，评估，审核，发布。\n\n"
        "业务处室编制和提交，经办人记录失泄密风险和个人信息保护影响评估结论，部门负责人审核，主管部门发布。"
        "没有目录的数据不能归集，也不能共享。\n\n"
        "下一步：jiangyuan mount tie，把目录挂到数据表上。"
    ),
    ROAD,
)

SHARE = _("共享类型：unconditional（无条件）、conditional（有条件）、none（不予共享）")
CYCLE = _("更新周期：realtime、daily、weekly、monthly、quarterly、yearly、irregular")

add(
    catalog,
    Step("draft", "catalog.entry.draft", "/catalog/entries", _("由数据表编制目录；数据项、分级、脱敏由平台建议"), fields=(
        Field("table", _("数据表"), "table", required=True),
        Field("name", _("目录名称（默认取表的说明）")),
        Field("summary", _("摘要")),
        Field("share_type", SHARE),
        Field("share_condition", _("共享条件")),
        Field("update_cycle", CYCLE))),
    Listing("list", "/catalog/entries", _("列出目录"), (
        ("id", _("编号")), ("code", _("编码")), ("name", _("名称")), ("state", _("状态")), ("share_type", _("共享类型")),
        ("grade", _("分级")), ("version", _("版本"))),
        (Field("state", _("状态")), Field("share_type", SHARE), Field("code", _("编码")), Field("name", _("名称")))),
    Detail("show", "entry", _("查看一条目录，含数据项")),
    Step("edit", "catalog.entry.edit", "/catalog/entries/{id}/edit", _("修改草稿"), "entry", (
        Field("name", _("目录名称")),
        Field("summary", _("摘要")),
        Field("classification", _("分类编码")),
        Field("update_cycle", CYCLE),
        Field("share_type", SHARE),
        Field("share_condition", _("共享条件")),
        Field("share_basis", _("不予共享的法律依据")),
        Field("open_type", _("开放类型：unconditional、conditional、none")),
        Field("open_condition", _("开放条件")),
        Field("items", _("数据项（JSON 文件；- 为标准输入）"), "json"))),
    Step("assess", "catalog.entry.assess", "/catalog/entries/{id}/assess", _("记录两项评估的结论"), "entry", (
        Field("secrecy_result", _("失泄密风险评估结论"), required=True, option="secrecy"),
        Field("privacy_result", _("个人信息保护影响评估结论"), required=True, option="privacy"))),
    Step("submit", "catalog.entry.submit", "/catalog/entries/{id}/submit", _("提交本部门负责人审核"), "entry"),
    Step("approve", "catalog.entry.approve", "/catalog/entries/{id}/approve", _("部门负责人审核同意"), "entry"),
    Step("return", "catalog.entry.return", "/catalog/entries/{id}/return", _("退回纠正，逐项写明原因"), "entry", (
        Field("reasons", _("项目及原因，如 summary=摘要过于笼统"), "pairs", required=True, option="reason"),)),
    Step("publish", "catalog.entry.publish", "/catalog/entries/{id}/publish", _("主管部门审核发布，编定编码"), "entry"),
    Step("revise", "catalog.entry.revise", "/catalog/entries/{id}/revise", _("修订已发布的目录"), "entry", (
        Field("trigger", _("缘由：law_or_duty（法律或职责变化）、own_information（自身信息变化）"), required=True),
        Field("reason", _("原因"), required=True))),
    Step("withdraw", "catalog.entry.withdraw", "/catalog/entries/{id}/withdraw", _("撤销目录"), "entry", (
        Field("reason", _("原因"), required=True),)),
)  # fmt: skip
