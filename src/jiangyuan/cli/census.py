"""`jiangyuan census`: campaigns, reports, uploads, the check against scans, signatures, and channels."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Field, Listing, Step, add

census = group(
    "census",
    _(
        "数字资源普查：主管部门发起，部门填报，平台按扫描结果核对，负责人签发，主管部门接收后计入总账本。\n\n"
        "批量登记用表格：第一行是模板的表头，先核对，正确的行可先行导入。\n\n"
        "下一步：jiangyuan catalog draft，由核对过的数据表编制目录。"
    ),
    ROAD,
)
_REPORTS = "/census/reports/{id}"
_CHANNEL = (
    Field("name", _("通道名称"), required=True),
    Field("protocol", _("方式：rest、soap、database、file、queue 或 manual"), required=True),
    Field("content", _("传输的数据"), required=True),
    Field("callers", _("调用部门的编号"), "list"),
    Field("outsiders", _("其他调用方")),
    Field("monthly_calls", _("月均调用量"), "number"),
    Field("address", _("地址")),
    Field("personal", _("含个人信息"), "flag"),
)
add(
    census,
    Step("create", "census.campaign.create", "/census/campaigns", _("发起普查"), fields=(
        Field("title", _("普查名称"), required=True),
        Field("kinds", _("普查内容，可给出多次"), "list", required=True),
        Field("deadline", _("截止日期"), "day", required=True),
        Field("lower", _("包括下级"), "flag"),
        Field("bodies", _("填报部门的编号，不给即全部"), "list"),
        Field("purpose", _("说明")))),
    Step("open", "census.campaign.open", "/census/campaigns/{id}/open", _("开始填报"), "campaign"),
    Step("remind", "census.campaign.remind", "/census/campaigns/{id}/remind", _("催报"), "campaign"),
    Step("close", "census.campaign.close", "/census/campaigns/{id}/close", _("结束普查"), "campaign"),
    Listing("campaigns", "/census/campaigns", _("列出普查批次"), (
        ("id", _("编号")), ("title", _("普查名称")), ("state", _("状态")), ("deadline", _("截止日期"))),
        (Field("state", _("状态")),)),
    Listing("reports", "/census/reports", _("列出各部门的报告"), (
        ("id", _("编号")), ("body_id", _("部门")), ("state", _("状态")), ("total", _("登记")), ("zero", _("零报告")),
        ("differences", _("未说明的差异"))),
        (Field("campaign", _("普查批次"), "campaign"), Field("state", _("状态")))),
    Step("upload", "census.report.upload", f"{_REPORTS}/upload", _("核对一个 CSV 表格；结果见 uploads"), "report", (
        Field("kind", _("类别：system、application、interface、component、database、table、file、cloud、network、device、staff 或 project"), required=True),
        Field("file_name", _("文件名"), required=True),
        Field("lines", _("CSV 文件，UTF-8 编码"), "sheet", required=True, option="file"))),
    Listing("uploads", "/census/uploads", _("列出核对过的表格和要改正的地方"), (
        ("id", _("编号")), ("file_name", _("文件名")), ("state", _("状态")), ("rows", _("行")), ("faulty", _("有问题的行")),
        ("faults", _("问题"))),
        (Field("report", _("报告"), "report"),)),
    Step("apply", "census.upload.apply", "/census/uploads/{id}/apply", _("导入正确的行"), "upload"),
    Step("carry-over", "census.report.carry_over", f"{_REPORTS}/carry-over", _("沿用上次普查"), "report"),
    Listing("things", "/census/assets", _("列出登记的内容；--current true 为总账本"), (
        ("kind", _("类别")), ("parent", _("所属")), ("code", _("代码")), ("name", _("名称")), ("facts", _("内容"))),
        (Field("report", _("报告"), "report"), Field("body", _("部门"), "body"), Field("kind", _("类别")),
         Field("current", _("是否在总账本中")))),
    Step("check", "census.report.check", f"{_REPORTS}/check", _("与扫描结果核对；结果见 differences"), "report"),
    Listing("differences", "/census/findings", _("列出与扫描结果、上次普查的差异"), (
        ("id", _("编号")), ("against", _("核对对象")), ("code", _("差异")), ("thing", _("代码")), ("reported", _("填报的")),
        ("found", _("找到的")), ("explanation", _("说明"))),
        (Field("report", _("报告"), "report"), Field("code", _("差异")))),
    Step("mend", "census.report.mend", f"{_REPORTS}/mend", _("按核对结果更正"), "report"),
    Step("explain", "census.finding.explain", "/census/findings/{id}/explain", _("说明差异"), "finding", (
        Field("explanation", _("说明"), required=True),)),
    Step("submit", "census.report.submit", f"{_REPORTS}/submit", _("报送，由负责人签发"), "report", (
        Field("zero", _("零报告"), "flag"), Field("note", _("说明")))),
    Step("sign", "census.report.sign", f"{_REPORTS}/sign", _("签发"), "report"),
    Step("send-back", "census.report.send_back", f"{_REPORTS}/send-back", _("退回填报人"), "report", (
        Field("reason", _("原因"), required=True),)),
    Step("accept", "census.report.accept", f"{_REPORTS}/accept", _("接收，计入总账本"), "report"),
    Step("return", "census.report.return", f"{_REPORTS}/return", _("退回修改"), "report", (
        Field("reason", _("原因"), required=True),)),
    Step("add-channel", "census.channel.register", "/census/channels", _("登记共享通道"), fields=(
        Field("body", _("提供方"), "body", required=True), *_CHANNEL)),
    Step("edit-channel", "census.channel.edit", "/census/channels/{id}/edit", _("修改共享通道"), "channel", _CHANNEL),
    Step("decide-channel", "census.channel.decide", "/census/channels/{id}/decide", _("确定处置"), "channel", (
        Field("fate", _("处置：keep、take_over 或 close"), required=True),
        Field("reason", _("原因"), required=True), Field("until", _("完成日期"), "day"))),
    Listing("channels", "/census/channels", _("列出存量共享通道"), (
        ("id", _("编号")), ("name", _("通道名称")), ("protocol", _("方式")), ("monthly_calls", _("月均调用量")),
        ("state", _("状态")), ("fate", _("处置")), ("until", _("完成日期"))),
        (Field("state", _("状态")), Field("fate", _("处置")))),
)  # fmt: skip
