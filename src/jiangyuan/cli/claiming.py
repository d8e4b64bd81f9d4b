"""`jiangyuan claim`, `jiangyuan update`, `jiangyuan clock`: claimed entries, needed updates, statutory clocks."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Field, Listing, Step, add

REASON = Field("reason", _("原因"), required=True)

claim = group(
    "claim",
    _(
        "申领上级同条线部门的目录：同一项目录，各级说法一致。\n\n"
        "主管部门下发清单，各部门逐项答复：申领、本地不适用，或上级已有（提出回流需求）。"
        "上级发布新版本后，在时限内更新或提出异议。\n\n"
        "下一步：jiangyuan mount tie，把申领的目录挂到本部门的数据表上。"
    ),
    ROAD,
)
update = group(
    "update",
    _(
        "已发布的目录随法律法规、职责和自身信息更新。\n\n"
        "记录更新事由，时限从变化发生之日起算；重新发布，或由负责人记录无需更新，即为办结。\n\n"
        "下一步：jiangyuan catalog edit，修改目录。"
    ),
    ROAD,
)
clock = group(
    "clock",
    _(
        "法定时限：列出、申请延期、督促。\n\n"
        "延期由部门在期限届满前申请，同级主管部门负责人批准，不超过条例规定的上限；超期的列入督促，办结后销号。\n\n"
        "下一步：办理到期的事项。"
    ),
    ROAD,
)

add(
    claim,
    Listing("lists", "/catalog/claim-lists", _("列出申领清单和答复进度"), (
        ("id", _("编号")), ("title", _("清单")), ("asked", _("应答复")), ("claimed", _("已申领")), ("waiting", _("待答复")))),
    Step("issue", "catalog.claimlist.issue", "/catalog/claim-lists", _("下发申领清单（主管部门）"), fields=(
        Field("title", _("清单名称"), required=True),
        Field("entries", _("目录的编号，可多次给出"), "list", required=True, option="entry"))),
    Listing("list", "/catalog/claims", _("列出申领事项"), (
        ("id", _("编号")), ("entry_id", _("上级目录")), ("state", _("状态")), ("own_id", _("本部门目录")), ("reason", _("说明"))),
        (Field("state", _("状态")), Field("entry", _("上级目录"), "entry"), Field("body", _("答复部门"), "body"))),
    Step("accept", "catalog.claim.accept", "/catalog/claims/{id}/accept", _("申领"), "claim", (
        Field("contact", _("联系人")),
        Field("contact_phone", _("联系电话")),
        Field("format", _("格式：database、spreadsheet、file、service、image、media、described")),
        Field("update_cycle", _("更新周期，不慢于上级")))),
    Step("decline", "catalog.claim.decline", "/catalog/claims/{id}/decline", _("答复本地不适用"), "claim", (REASON,)),
    Step("hold-above", "catalog.claim.hold_above", "/catalog/claims/{id}/hold_above", _("答复上级已有，提出回流需求"), "claim", (
        Field("reason", _("回流需求"), required=True),)),
    Step("reconsider", "catalog.claim.reconsider", "/catalog/claims/{id}/reconsider", _("收回答复，重新答复"), "claim", (REASON,)),
    Step("keep", "catalog.claim.keep", "/catalog/claims/{id}/keep", _("上级目录撤销后，保留为本部门目录"), "claim", (REASON,)),
    Step("give-up", "catalog.claim.give_up", "/catalog/claims/{id}/give_up", _("上级目录撤销后，放弃申领并撤销本部门目录"), "claim", (REASON,)),
    Listing("proposals", "/catalog/proposals", _("列出上级目录的新版本"), (
        ("id", _("编号")), ("claim_id", _("申领事项")), ("pinned", _("现一致的版本")), ("number", _("新版本")), ("state", _("状态"))),
        (Field("state", _("状态")),)),
    Step("move", "catalog.proposal.move", "/catalog/proposals/{id}/move", _("更新至上级新版本"), "proposal"),
    Step("object", "catalog.proposal.object", "/catalog/proposals/{id}/object", _("对新版本提出异议"), "proposal", (REASON,)),
    Step("uphold", "catalog.proposal.uphold", "/catalog/proposals/{id}/uphold", _("维持新版本（上级部门）"), "proposal", (REASON,)),
    Step("concede", "catalog.proposal.concede", "/catalog/proposals/{id}/concede", _("接受异议（上级部门）"), "proposal", (REASON,)),
    Step("add-item", "catalog.entry.add_local_item", "/catalog/entries/{id}/items", _("给申领的目录增加本地信息项"), "entry", (
        Field("column", _("字段"), required=True),
        Field("name", _("名称"), required=True),
        Field("type", _("类型")),
        Field("grade", _("级别"), "number"),
        Field("personal", _("个人信息"), "flag"),
        Field("shareable", _("直接提供"), "flag"),
        Field("description", _("说明")))),
    Listing("demands", "/catalog/return-demands", _("列出回流需求"), (
        ("id", _("编号")), ("entry_id", _("目录")), ("body_id", _("部门")), ("needs", _("回流需求")))),
)  # fmt: skip

add(
    update,
    Listing("list", "/catalog/updates", _("列出更新事项"), (
        ("id", _("编号")), ("entry_id", _("目录")), ("trigger", _("缘由")), ("occurred_on", _("变化发生日")), ("state", _("状态"))),
        (Field("state", _("状态")), Field("trigger", _("缘由")))),
    Step("record", "catalog.update.record", "/catalog/updates", _("记录更新事由，时限起算"), fields=(
        Field("entries", _("目录的编号，可多次给出"), "list", required=True, option="entry"),
        Field("trigger", _("缘由：law_or_duty（法律或职责变化）、own_information（自身信息变化）"), required=True),
        REASON,
        Field("occurred_on", _("变化发生日，不填为今天"), "day"))),
    Step("begin", "catalog.update.begin", "/catalog/updates/{id}/begin", _("开始修订目录"), "update"),
    Step("excuse", "catalog.update.excuse", "/catalog/updates/{id}/excuse", _("记录无需更新（负责人）"), "update", (REASON,)),
)  # fmt: skip

add(
    clock,
    Listing("list", "/deadlines/clocks", _("列出时限"), (
        ("id", _("编号")), ("limit", _("时限")), ("received_on", _("起算日")), ("due_on", _("最后一天")), ("certain", _("已确定")), ("status", _("状态"))),
        (Field("status", _("状态：running、paused、met、overdue")),)),
    Listing("extensions", "/deadlines/extensions", _("列出延期申请"), (
        ("id", _("编号")), ("clock_id", _("时限")), ("days", _("延长的工作日")), ("state", _("状态")), ("reason", _("原因"))),
        (Field("state", _("状态")),)),
    Step("ask-extension", "deadlines.extension.ask", "/deadlines/extensions", _("申请延期"), fields=(
        Field("clock", _("时限的编号"), required=True),
        Field("days", _("延长的工作日"), "number", required=True),
        REASON)),
    Step("approve-extension", "deadlines.extension.approve", "/deadlines/extensions/{id}/approve", _("批准延期（主管部门负责人）"), "extension"),
    Step("refuse-extension", "deadlines.extension.refuse", "/deadlines/extensions/{id}/refuse", _("不批准延期"), "extension", (REASON,)),
    Listing("overdue", "/deadlines/overdue", _("列出超期督促"), (
        ("id", _("编号")), ("clock_id", _("时限")), ("body_id", _("部门")), ("urged", _("督促次数")), ("state", _("状态"))),
        (Field("state", _("状态")),)),
    Step("urge", "deadlines.overdue.urge", "/deadlines/overdue/{id}/urge", _("督促办结（主管部门）"), "overdue", (
        Field("words", _("督促意见"), required=True),)),
)  # fmt: skip
