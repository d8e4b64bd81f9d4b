"""`jiangyuan catalog`: entries of the catalogue."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

catalog = group(
    "catalog",
    _(
        "主路第二步：由数据表编制目录，评估，审核，发布。\n\n"
        "业务处室编制和提交，经办人记录失泄密风险和个人信息保护影响评估结论，"
        "数据共享工作机构负责人、部门负责人依次审核，主管部门发布。"
        "没有目录的数据不能归集，也不能共享。\n\n"
        "下一步：jiangyuan mount tie，把目录挂到数据表上。"
    ),
    ROAD,
)

SHARE = _("共享类型：unconditional（无条件）、conditional（有条件）、none（不予共享）")
CYCLE = _("更新周期：realtime、daily、weekly、monthly、quarterly、half_yearly、yearly、irregular")
NATURE = _("事项属性：item（事项类）、non_item（非事项类）")
METHODS = _("共享方式，可给几次：service（服务接口）、batch（批量交换）、file（文件下载）")
FORMAT = _("资源格式：database、spreadsheet、file、service、image、media、described")
CLASS = _("分类编码")
RELATION = _(
    "关系：derived_from（加工自）、part_of（属于）、replaces（替代）、references（引用）、same_subject（同一主题）"
)

add(
    catalog,
    Step("draft", "catalog.entry.draft", "/catalog/entries", _("由数据表编制目录；数据项、分级、脱敏由平台建议"), fields=(
        Field("table", _("数据表"), "table", required=True),
        Field("name", _("目录名称（默认取表的说明）")),
        Field("summary", _("摘要")),
        Field("classification", CLASS),
        Field("nature", NATURE),
        Field("share_type", SHARE),
        Field("share_condition", _("共享条件")),
        Field("share_methods", METHODS, "list", option="share-method"),
        Field("update_cycle", CYCLE))),
    Step("compose", "catalog.entry.compose", "/catalog/entries/compose", _("手工编制目录，用于没有登记来源表的资源"), fields=(
        Field("body", _("部门"), "body", required=True),
        Field("name", _("目录名称"), required=True),
        Field("summary", _("摘要")),
        Field("classification", CLASS),
        Field("nature", NATURE),
        Field("format", FORMAT),
        Field("share_type", SHARE),
        Field("share_condition", _("共享条件")),
        Field("share_methods", METHODS, "list", option="share-method"),
        Field("update_cycle", CYCLE),
        Field("items", _("数据项（JSON 文件；- 为标准输入）"), "json"))),
    Listing("list", "/catalog/entries", _("列出目录"), (
        ("id", _("编号")), ("code", _("编码")), ("name", _("名称")), ("state", _("状态")), ("share_type", _("共享类型")),
        ("grade", _("分级")), ("version", _("版本"))),
        (Field("state", _("状态")), Field("share_type", SHARE), Field("code", _("编码")), Field("name", _("名称")))),
    Detail("show", "entry", _("查看一条目录，含数据项")),
    Step("edit", "catalog.entry.edit", "/catalog/entries/{id}/edit", _("修改草稿"), "entry", (
        Field("name", _("目录名称")),
        Field("summary", _("摘要")),
        Field("classification", CLASS),
        Field("nature", NATURE),
        Field("format", FORMAT),
        Field("update_cycle", CYCLE),
        Field("share_type", SHARE),
        Field("share_condition", _("共享条件")),
        Field("share_methods", METHODS, "list", option="share-method"),
        Field("time_from", _("数据起始日期"), "day"),
        Field("time_to", _("数据终止日期"), "day"),
        Field("space_scope", _("空间范围")),
        Field("contact", _("联系人")),
        Field("contact_phone", _("联系电话")),
        Field("clear", _("要清空的字段，可给几次"), "list"),
        Field("share_basis", _("不予共享的法律依据")),
        Field("open_type", _("开放类型：unconditional、conditional、none")),
        Field("open_condition", _("开放条件")),
        Field("items", _("数据项（JSON 文件；- 为标准输入）"), "json"))),
    Step("assess", "catalog.entry.assess", "/catalog/entries/{id}/assess", _("记录两项评估的结论"), "entry", (
        Field("secrecy_result", _("失泄密风险评估结论"), required=True, option="secrecy"),
        Field("privacy_result", _("个人信息保护影响评估结论"), required=True, option="privacy"))),
    Step("submit", "catalog.entry.submit", "/catalog/entries/{id}/submit", _("提交数据共享工作机构负责人审核"), "entry"),
    Step("endorse", "catalog.entry.endorse", "/catalog/entries/{id}/endorse", _("数据共享工作机构负责人同意报送"), "entry"),
    Step("approve", "catalog.entry.approve", "/catalog/entries/{id}/approve", _("部门负责人审核同意"), "entry"),
    Step("return", "catalog.entry.return", "/catalog/entries/{id}/return", _("退回纠正，逐项写明原因"), "entry", (
        Field("reasons", _("项目及原因，如 summary=摘要过于笼统"), "pairs", option="reason"),
        Field("reason", _("总的原因"), option="whole"))),
    Step("publish", "catalog.entry.publish", "/catalog/entries/{id}/publish", _("主管部门审核发布，编定编码"), "entry"),
    Step("revise", "catalog.entry.revise", "/catalog/entries/{id}/revise", _("修订已发布的目录"), "entry", (
        Field("trigger", _("缘由：law_or_duty（法律或职责变化）、own_information（自身信息变化）"), required=True),
        Field("reason", _("原因"), required=True))),
    Step("relate", "catalog.entry.relate", "/catalog/entries/{id}/relate", _("增加关联目录"), "entry", (
        Field("to", _("关联哪项目录"), "entry", required=True),
        Field("kind", RELATION, required=True))),
    Step("unrelate", "catalog.entry.unrelate", "/catalog/entries/{id}/unrelate", _("解除关联"), "entry", (
        Field("to", _("关联的目录"), "entry", required=True),
        Field("kind", RELATION, required=True))),
    Step("reclassify", "catalog.entry.reclassify", "/catalog/entries/{id}/reclassify", _("主管部门调整分类，换发编码"), "entry", (
        Field("classification", CLASS, required=True),
        Field("reason", _("原因"), required=True))),
    Step("add-class", "catalog.classification.add", "/catalog/classes", _("主管部门增加本省的分类"), fields=(
        Field("code", CLASS, required=True),
        Field("name", _("分类名称"), required=True))),
    Listing("classes", "/catalog/classes", _("列出分类"), (
        ("code", _("编码")), ("name", _("名称")), ("level", _("层级")), ("national", _("国家")), ("closed_at", _("停用"))),
        (Field("code", CLASS),)),
    Step("withdraw", "catalog.entry.withdraw", "/catalog/entries/{id}/withdraw", _("撤销目录"), "entry", (
        Field("reason", _("原因"), required=True),)),
)  # fmt: skip
