"""How the library's forms read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.standards.library.models import AREAS, Opinion
from jiangyuan.ui.checking import check_first
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say

TYPES = [
    ("C", _("字符")),
    ("N", _("数值")),
    ("Y", _("货币")),
    ("D", _("日期")),
    ("T", _("日期时间")),
    ("L", _("逻辑")),
    ("M", _("备注")),
    ("G", _("通用")),
    ("B", _("双精度")),
    ("I", _("整型")),
    ("F", _("浮点")),
]
GRADES = [(str(grade), _("%(grade)s 级") % {"grade": grade}) for grade in (1, 2, 3, 4)]


def _functions() -> list[tuple[str, object]]:
    return [(kind.name, kind.title) for kind in KINDS.values()]


def register_words() -> None:
    """Register the words of this app's forms."""
    head = {
        "number": Shown(label=_("标准编号"), help=_("例如 DB63/T 1234 或 QHZW 001；各版本用同一编号。")),
        "edition": Shown(label=_("版本"), help=_("年份或序号，例如 2026。")),
    }
    code = {"code": Shown(label=_("代码"), help=_("小写字母开头；与现行的相同，发布后即代替它。"))}
    name = {"name": Shown(label=_("名称"))}
    summary = {
        "summary": Shown(label=_("编制说明"), help=_("为什么制定、依据什么、与原版有何不同。"), control="textarea")
    }
    document = {
        **name,
        "area": Shown(label=_("属于哪一类"), choices=list(AREAS)),
        **summary,
        "text": Shown(label=_("正文"), help=_("逐条写，一条一段。"), control="textarea"),
    }
    say("standards.standard.draft_document", **head, **document)
    say("standards.standard.edit_document", **document)
    element = {**name, **_element_words(), **summary}
    say("standards.standard.draft_element", **head, **code, **element)
    say("standards.standard.edit_element", **element)
    lines = _("每行一个值：代码,名称,上级代码,起用日期,停用日期,接替代码,说明；后五项可不填。")
    codes = {**name, "lines": Shown(label=_("取值"), help=lines), **summary}
    say("standards.standard.draft_code_set", **head, **code, **codes)
    say("standards.standard.edit_code_set", **codes)
    told = _("每行一个字段：字段名称,数据元代码,是否必填,是否主键。例如：姓名,person_name,是,否。")
    model = {**name, "lines": Shown(label=_("字段"), help=told), **summary}
    say("standards.standard.draft_table_model", **head, **code, **model)
    say("standards.standard.edit_table_model", **model)
    _steps()


def _element_words() -> dict[str, Shown]:
    what, how = _("是什么"), _("怎样核对")
    return {
        "type": Shown(label=_("数据类型"), choices=TYPES, group=what),
        "length": Shown(label=_("最大长度"), unit=_("字符"), help=_("不填则不限。"), group=what),
        "definition": Shown(label=_("定义"), control="textarea", group=what),
        "unit": Shown(label=_("计量单位"), group=what),
        "synonyms": Shown(label=_("又称"), help=_("一行一个；字段名或说明与此相同的，识别为本数据元。"), group=what),
        "pattern": Shown(label=_("格式"), help=_("RE2 表达式，须与整个值相符，例如 [0-9]{6}。"), group=how),
        "code_set": Shown(label=_("代码集"), help=_("填写现行代码集的代码，例如 sex。"), group=how),
        "check_function": Shown(label=_("校验函数"), choices=_functions, group=how),
        "grade": Shown(label=_("级别"), choices=GRADES, group=_("保护")),
        "personal": Shown(label=_("是个人信息"), group=_("保护")),
    }


def _steps() -> None:
    say(
        "standards.standard.ask",
        until=Shown(label=_("征求意见至"), help=_("含当日，不少于 7 天；期满次日起可以发布。")),
    )
    for verb in ("take_back", "drop", "abolish"):
        say(f"standards.standard.{verb}", reason=reason())
    say(
        "standards.standard.issue",
        effective_on=Shown(label=_("实施日期"), help=_("不填则为发布当日；可执行的内容发布后即用于检查。")),
    )
    say("standards.standard.supersede", by=Shown(hidden=True))
    say(
        "standards.opinion.give",
        standard=Shown(hidden=True),
        clause=Shown(label=_("针对哪一条"), help=_("例如“第三条”；针对全文的不填。")),
        text=Shown(label=_("意见和理由"), help=_("写明建议怎样改、为什么。"), control="textarea"),
    )
    say(
        "standards.opinion.answer",
        result=Shown(label=_("采纳情况"), choices=list(Opinion.RESULTS), control="radio"),
        answer=Shown(label=_("答复"), help=_("写明怎样修改，或不采纳的理由。"), control="textarea"),
    )
    say(
        "standards.adoption.record",
        standard=Shown(hidden=True),
        since=Shown(label=_("自何日起采用")),
        scope=Shown(label=_("用于哪些系统或数据"), help=_("不填表示全部。")),
    )
    check_first("standards.standard.issue")
