"""`jiangyuan standard`: standards from draft to issue, their adoption, and conformity reviews against them."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

standard = group(
    "standard",
    _(
        "标准规范：起草，征求意见，发布，登记采用；目录、数据表和接口按标准审查。\n\n"
        "发布由起草人以外的人办理，意见须先逐条答复；数据元和代码集发布后即可用于校验。\n\n"
        "下一步：jiangyuan standard review，审查目录、数据表或接口是否符合标准。"
    ),
    ROAD,
)
REASON = (Field("reason", _("原因"), required=True),)
_PATH = "/standards/standards/{id}"
_NAMED = (
    Field("number", _("标准编号"), required=True),
    Field("name", _("标准名称"), required=True),
    Field("edition", _("版本号，如 2026"), required=True),
)
_SUMMARY = Field("summary", _("内容简介"))
_CODE = Field("code", _("代码：小写字母、数字和下划线"), required=True)

add(
    standard,
    Listing("list", "/standards/standards", _("列出标准"), (
        ("id", _("编号")), ("number", _("标准编号")), ("name", _("标准名称")), ("edition", _("版本号")), ("kind", _("种类")),
        ("state", _("状态")), ("issued_on", _("发布日期"))),
        (Field("state", _("状态")), Field("kind", _("种类：document、element、code_set、table_model")),
         Field("number", _("标准编号")), Field("code", _("代码")))),
    Detail("show", "standard", _("查看一项标准，含它规定的内容")),
    Step("draft-document", "standards.standard.draft_document", "/standards/standards/document", _("起草规范文件"), fields=(
        *_NAMED,
        Field("area", _("领域：catalog、element、grading、quality、security、docking、mounting、registry、protection、"
                        "sharing、opening、returnflow、approval"), required=True),
        _SUMMARY,
        Field("text", _("正文（UTF-8 文本文件；- 为标准输入）"), "file"))),
    Step("draft-element", "standards.standard.draft_element", "/standards/standards/element", _("起草数据元"), fields=(
        *_NAMED, _CODE,
        Field("type", _("数据类型的字母，如 C（字符）、N（数字）、D（日期）")),
        Field("length", _("最大长度"), "number"),
        Field("pattern", _("格式（正则表达式）")),
        Field("code_set", _("值域代码集的代码")),
        Field("check_function", _("校验函数")),
        Field("grade", _("级别：1 至 4"), "number"),
        Field("personal", _("个人信息"), "flag"),
        Field("synonyms", _("同义词，可给几次"), "list", option="synonym"),
        Field("definition", _("定义")),
        Field("unit", _("计量单位")),
        _SUMMARY)),
    Step("draft-code-set", "standards.standard.draft_code_set", "/standards/standards/code-set", _("起草代码集"), fields=(
        *_NAMED, _CODE,
        Field("lines", _("每行一个代码：代码,名称,上级,启用日期,停用日期,接替代码,说明（- 为标准输入）"), "lines", required=True),
        _SUMMARY)),
    Step("draft-table-model", "standards.standard.draft_table_model", "/standards/standards/table-model", _("起草数据模型"), fields=(
        *_NAMED, _CODE,
        Field("lines", _("每行一个字段：字段,数据元的代码,必填,主键（- 为标准输入）"), "lines", required=True),
        _SUMMARY)),
    Step("ask", "standards.standard.ask", f"{_PATH}/ask", _("征求意见"), "standard", (
        Field("until", _("截止日期"), "day", required=True),)),
    Step("take-back", "standards.standard.take_back", f"{_PATH}/take-back", _("收回修改"), "standard", REASON),
    Step("drop", "standards.standard.drop", f"{_PATH}/drop", _("终止起草"), "standard", REASON),
    Step("issue", "standards.standard.issue", f"{_PATH}/issue", _("发布；同一编号的前一版即被代替"), "standard", (
        Field("effective_on", _("实施日期"), "day"),)),
    Step("abolish", "standards.standard.abolish", f"{_PATH}/abolish", _("废止"), "standard", REASON),
    Listing("opinions", "/standards/opinions", _("列出意见和答复"), (
        ("id", _("编号")), ("standard_id", _("标准")), ("clause", _("条款")), ("text", _("意见")), ("result", _("处理")),
        ("answer", _("答复"))),
        (Field("standard", _("标准"), "standard"), Field("result", _("处理：adopted、partly、declined")))),
    Step("opine", "standards.opinion.give", "/standards/opinions", _("提出意见"), fields=(
        Field("standard", _("标准"), "standard", required=True),
        Field("clause", _("条款")),
        Field("text", _("意见"), required=True))),
    Step("answer", "standards.opinion.answer", "/standards/opinions/{id}/answer", _("答复意见"), "opinion", (
        Field("result", _("处理：adopted（采纳）、partly（部分采纳）、declined（不采纳）"), required=True),
        Field("answer", _("答复"), required=True))),
    Step("adopt", "standards.adoption.record", "/standards/adoptions", _("登记本部门采用"), fields=(
        Field("standard", _("标准"), "standard", required=True),
        Field("since", _("何时起采用"), "day", required=True),
        Field("scope", _("用在哪里")))),
    Listing("adoptions", "/standards/adoptions", _("列出采用情况"), (
        ("standard_id", _("标准")), ("body_id", _("部门")), ("since", _("何时起采用")), ("scope", _("用在哪里"))),
        (Field("standard", _("标准"), "standard"), Field("body", _("部门"), "body"))),
    Step("review", "standards.review.ask", "/conformity/reviews", _("审查是否符合标准；结果见 reviews 和 findings"), fields=(
        Field("kind", _("审查对象：entry（目录）、table（数据表）、source（数据源）、interface（接口）"), required=True),
        Field("target", _("对象的编号"), required=True))),
    Listing("reviews", "/conformity/reviews", _("列出符标审查"), (
        ("id", _("编号")), ("kind", _("审查对象")), ("title", _("名称")), ("score", _("得分")), ("coverage", _("可查的比例")),
        ("findings_total", _("问题")), ("finished_at", _("完成"))),
        (Field("kind", _("审查对象")), Field("target", _("对象的编号")))),
    Listing("findings", "/conformity/findings", _("列出审查发现的问题和改正的地方"), (
        ("table", _("表")), ("column", _("列")), ("severity", _("程度")), ("found", _("现状")), ("expected", _("应为")),
        ("standard", _("依据的标准")), ("url", _("在哪里改"))),
        (Field("review", _("审查的编号")), Field("severity", _("程度")))),
)  # fmt: skip
