"""`jiangyuan duty`, `origin`, `commit`, `important`: what the catalogue is measured against, and its lists."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

duty = group(
    "duty",
    _(
        "目录覆盖：职责、信息系统、政务服务事项各有多少已由目录覆盖。\n\n"
        "部门登记或导入清单，用目录覆盖；确实不需要目录的申请豁免，由主管部门审核。\n\n"
        "下一步：jiangyuan catalog submit，把目录办到发布，发布后计入覆盖。"
    ),
    ROAD,
)
REASON = Field("reason", _("原因"), required=True)
KIND = Field("kind", _("种类：duty（职责）、matter（政务服务事项）"), required=True)
add(
    duty,
    Listing("list", "/catalog/obligations", _("列出职责、系统和事项"), (
        ("id", _("编号")), ("kind", _("种类")), ("code", _("代码")), ("name", _("名称")), ("coverage", _("覆盖"))),
        (Field("kind", _("种类：duty、system、matter")), Field("coverage", _("覆盖：open、covered、excused")),
         Field("body", _("部门"), "body"))),
    Listing("figures", "/catalog/coverage", _("列出各部门的覆盖数"), (
        ("body_id", _("部门")), ("duty_total", _("职责")), ("duty_share", _("职责覆盖（万分之）")),
        ("system_share", _("系统覆盖（万分之）")), ("matter_share", _("事项覆盖（万分之）")), ("open_total", _("未覆盖")))),
    Detail("show", "obligation", _("查看一项，含覆盖它的目录")),
    Step("register", "catalog.obligation.register", "/catalog/obligations", _("登记职责或事项"), fields=(
        Field("body", _("部门"), "body", required=True),
        KIND,
        Field("code", _("清单中的编号，或国家事项编码"), required=True),
        Field("name", _("名称"), required=True),
        Field("document", _("来源文件"), required=True),
        Field("source_list", _("清单：mandate（三定规定）、powers（权责清单）")),
        Field("category", _("类型")),
        Field("content", _("内容")),
        Field("article", _("条款")),
        Field("valid_from", _("生效日期"), "day"),
        Field("valid_to", _("失效日期"), "day"))),
    Step("load", "catalog.obligation.load", "/catalog/obligations/load", _("成批导入，逐行说明哪里不对"), fields=(
        KIND,
        Field("source", _("清单的名称"), required=True),
        Field("rows", _("各行（JSON 文件，按字段名；- 为标准输入）"), "json", required=True),
        Field("partial", _("正确的行先导入"), "flag"))),
    Step("alter", "catalog.obligation.alter", "/catalog/obligations/{id}/alter", _("调整内容，此前的留作版本"), "obligation", (
        REASON, Field("name", _("名称")), Field("content", _("内容")), Field("document", _("来源文件")),
        Field("article", _("条款")), Field("valid_to", _("失效日期"), "day"))),
    Step("retire", "catalog.obligation.retire", "/catalog/obligations/{id}/retire", _("停用，不再计入"), "obligation", (
        REASON, Field("last_day", _("最后有效日"), "day"))),
    Step("link", "catalog.obligation.link", "/catalog/obligations/{id}/link", _("用本部门的目录覆盖"), "obligation", (
        Field("entry", _("目录"), "entry", required=True),)),
    Step("unlink", "catalog.obligation.unlink", "/catalog/obligations/{id}/unlink", _("取消关联"), "obligation", (
        Field("entry", _("目录"), "entry", required=True), REASON)),
    Step("write", "catalog.obligation.write", "/catalog/obligations/{id}/write", _("由数据表编制目录并关联"), "obligation", (
        Field("table", _("数据表"), "table", required=True), Field("name", _("目录名称（默认取表的说明）")),
        Field("summary", _("摘要")), Field("share_type", _("共享类型：unconditional、conditional、none")),
        Field("share_condition", _("共享条件")))),
    Listing("excuses", "/catalog/excuses", _("列出豁免申请"), (
        ("id", _("编号")), ("obligation_id", _("应覆盖项")), ("ground", _("理由")), ("state", _("状态"))),
        (Field("state", _("状态")),)),
    Step("excuse", "catalog.excuse.propose", "/catalog/excuses", _("申请豁免"), fields=(
        Field("obligation", _("应覆盖项"), "obligation", required=True),
        Field("ground", _("理由：no_data、held_above、secret、same_data、ended"), required=True),
        REASON, Field("basis", _("依据")), Field("until", _("豁免至"), "day"))),
    Step("accept", "catalog.excuse.accept", "/catalog/excuses/{id}/accept", _("主管部门同意豁免"), "excuse", (
        Field("note", _("意见")),)),
    Step("refuse", "catalog.excuse.refuse", "/catalog/excuses/{id}/refuse", _("主管部门不同意豁免"), "excuse", (REASON,)),
    Step("withdraw", "catalog.excuse.withdraw", "/catalog/excuses/{id}/withdraw", _("部门撤回豁免"), "excuse"),
    Step("revoke", "catalog.excuse.revoke", "/catalog/excuses/{id}/revoke", _("主管部门取消豁免"), "excuse", (REASON,)),
)  # fmt: skip

origin = group(
    "origin",
    _(
        "一数一源：每个数据元由一个数源部门负责，其他部门不重复采集。\n\n"
        "主管部门提出，部门表态，主管部门负责人确定；重复采集由平台发现，部门提出处置，主管部门审核。\n\n"
        "下一步：jiangyuan share open，向数源部门申请共享。"
    ),
    ROAD,
)
NOTE = Field("note", _("意见"))
add(
    origin,
    Listing("list", "/catalog/elements/sources", _("列出数据元和数源部门"), (
        ("id", _("编号")), ("name", _("数据元")), ("source_id", _("数源部门")), ("standing", _("指定情况")),
        ("collectors", _("采集部门")), ("repeats", _("重复采集"))),
        (Field("standing", _("指定情况：none、running、decided")), Field("name", _("数据元")))),
    Listing("designations", "/catalog/designations", _("列出数源部门的指定"), (
        ("id", _("编号")), ("line_id", _("数据元")), ("body_id", _("部门")), ("state", _("状态"))),
        (Field("state", _("状态")),)),
    Step("propose", "catalog.designation.propose", "/catalog/designations", _("提出数源部门"), fields=(
        Field("element", _("数据元的编号"), required=True), Field("body", _("数源部门"), "body", required=True),
        Field("basis", _("职责依据"), required=True))),
    Step("consent", "catalog.designation.consent", "/catalog/designations/{id}/consent", _("部门同意"), "designation"),
    Step("object", "catalog.designation.object", "/catalog/designations/{id}/object", _("部门提出异议"), "designation", (
        REASON,)),
    Step("decide", "catalog.designation.decide", "/catalog/designations/{id}/decide", _("主管部门负责人确定"), "designation", (
        Field("ruling", _("决定理由（有异议时必填）")),)),
    Step("drop", "catalog.designation.drop", "/catalog/designations/{id}/drop", _("不予指定"), "designation", (REASON,)),
    Step("end", "catalog.designation.end", "/catalog/designations/{id}/end", _("取消指定"), "designation", (REASON,)),
    Listing("repeats", "/catalog/repetitions", _("列出重复采集"), (
        ("id", _("编号")), ("line_id", _("数据元")), ("body_id", _("采集部门")), ("entry_id", _("目录")),
        ("way", _("处置方式")), ("state", _("状态"))),
        (Field("state", _("状态")), Field("way", _("处置方式：share、merge、exception")))),
    Step("answer", "catalog.repetition.answer", "/catalog/repetitions/{id}/answer", _("部门提出处置意见"), "repetition", (
        Field("way", _("处置方式：share、merge、exception"), required=True), REASON,
        Field("basis", _("法律依据（保留采集时必填）")), Field("by", _("整改完成日期"), "day"))),
    Step("agree", "catalog.repetition.agree", "/catalog/repetitions/{id}/agree", _("主管部门同意整改"), "repetition", (NOTE,)),
    Step("except", "catalog.repetition.except", "/catalog/repetitions/{id}/except", _("主管部门准予例外"), "repetition", (NOTE,)),
    Step("refuse", "catalog.repetition.refuse", "/catalog/repetitions/{id}/refuse", _("退回处置意见"), "repetition", (REASON,)),
    Step("settle", "catalog.repetition.settle", "/catalog/repetitions/{id}/settle", _("部门完成整改"), "repetition"),
    Step("recall", "catalog.repetition.recall", "/catalog/repetitions/{id}/recall", _("取消例外"), "repetition", (REASON,)),
)  # fmt: skip

commit = group(
    "commit",
    _(
        "数据共享责任清单：谁在何时以何种方式共享什么。\n\n"
        "主管部门分批编制，负责人下达；是否落实由平台核对。\n\n"
        "下一步：jiangyuan mount tie，挂载数据后自动落实。"
    ),
    ROAD,
)
DEADLINE = Field("deadline", _("完成期限"), "day", required=True)
add(
    commit,
    Listing("batches", "/catalog/share-batches", _("列出批次"), (
        ("id", _("编号")), ("name", _("名称")), ("state", _("状态")), ("lines", _("内容")), ("fulfilled", _("已落实")),
        ("overdue", _("逾期"))),
        (Field("state", _("状态")),)),
    Step("open", "catalog.share_batch.open", "/catalog/share-batches", _("编制一批"), fields=(
        Field("name", _("名称"), required=True), Field("document", _("文件名称及文号")))),
    Step("add", "catalog.commitment.add", "/catalog/commitments", _("加入要共享的数据"), fields=(
        Field("batch", _("批次的编号"), required=True), Field("body", _("提供方"), "body", required=True),
        Field("name", _("要共享的数据"), required=True), Field("method", _("共享方式：service、batch、file"), required=True),
        DEADLINE, Field("entry", _("目录"), "entry"), Field("scope", _("用途和范围")))),
    Step("issue", "catalog.share_batch.issue", "/catalog/share-batches/{id}/issue", _("主管部门负责人下达"), "share_batch"),
    Step("close", "catalog.share_batch.close", "/catalog/share-batches/{id}/close", _("办结一批"), "share_batch"),
    Listing("list", "/catalog/commitments", _("列出责任清单"), (
        ("id", _("编号")), ("name", _("数据")), ("body_id", _("提供方")), ("method", _("共享方式")),
        ("deadline", _("完成期限")), ("state", _("状态")), ("late", _("逾期"))),
        (Field("state", _("状态")), Field("batch", _("批次的编号")), Field("body", _("提供方"), "body"))),
    Step("tie", "catalog.commitment.tie", "/catalog/commitments/{id}/tie", _("关联目录"), "commitment", (
        Field("entry", _("目录"), "entry", required=True),)),
    Step("postpone", "catalog.commitment.postpone", "/catalog/commitments/{id}/postpone", _("调整完成期限"), "commitment", (
        DEADLINE, REASON)),
    Step("release", "catalog.commitment.release", "/catalog/commitments/{id}/release", _("解除责任"), "commitment", (REASON,)),
)  # fmt: skip

important = group(
    "important",
    _(
        "重要数据目录：识别、确认、列入并报送，每年评估。\n\n"
        "部门识别，负责人确认，主管部门列入。\n\n"
        "下一步：jiangyuan important assess，每年记录一次风险评估。"
    ),
    ROAD,
)
RECORD = (
    Field("columns", _("涉及的字段（JSON 文件；- 为标准输入）"), "json"),
    Field("protection", _("保护措施")),
    Field("persons", _("涉及个人（人）"), "number"),
)
HARMED = _("影响对象：national_security、economy、social_order、public_interest、organization、person")
DEGREE = _("影响程度：very_grave、grave、ordinary")
add(
    important,
    Listing("list", "/catalog/important", _("列出重要数据"), (
        ("id", _("编号")), ("entry_id", _("目录")), ("level", _("级别")), ("state", _("状态")), ("assess_by", _("评估期限"))),
        (Field("state", _("状态")), Field("level", _("级别：core、important")))),
    Step("identify", "catalog.important.identify", "/catalog/important", _("识别重要数据"), fields=(
        Field("entry", _("目录"), "entry", required=True), Field("harmed", HARMED, required=True),
        Field("degree", DEGREE, required=True), Field("reason", _("识别理由"), required=True), *RECORD)),
    Step("amend", "catalog.important.amend", "/catalog/important/{id}/amend", _("修改识别记录"), "important", (
        Field("harmed", HARMED), Field("degree", DEGREE), Field("reason", _("识别理由")), *RECORD)),
    Step("confirm", "catalog.important.confirm", "/catalog/important/{id}/confirm", _("部门负责人确认"), "important"),
    Step("report", "catalog.important.report", "/catalog/important/{id}/report", _("主管部门列入并报送"), "important", (
        Field("document", _("报送文件及文号"), required=True), Field("reported_on", _("报送日期"), "day"))),
    Step("return", "catalog.important.return", "/catalog/important/{id}/return", _("退回识别记录"), "important", (REASON,)),
    Step("assess", "catalog.important.assess", "/catalog/important/{id}/assess", _("记录年度风险评估"), "important", (
        Field("assessed_on", _("评估日期"), "day", required=True), Field("assessment", _("评估结论"), required=True))),
    Step("remove", "catalog.important.remove", "/catalog/important/{id}/remove", _("移出重要数据目录"), "important", (REASON,)),
)  # fmt: skip
