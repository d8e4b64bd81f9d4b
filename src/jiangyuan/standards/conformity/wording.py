"""How reviews read: what each check is, and what a finding says."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.data.column_types import words
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say

CHECKS: dict[str, tuple[Any, Any]] = {
    "described": (gettext_lazy("有中文名称或说明"), gettext_lazy("字段、信息项有中文名称，别的部门看得懂。")),
    "type": (gettext_lazy("类型相符"), gettext_lazy("数据类型与数据元规定的一致。")),
    "length": (gettext_lazy("长度足够"), gettext_lazy("定义的长度容得下数据元规定的最大长度。")),
    "grade": (gettext_lazy("级别不低于标准"), gettext_lazy("级别不低于数据元的级别。")),
    "personal": (gettext_lazy("标明个人信息"), gettext_lazy("数据元是个人信息的，已经标明。")),
    "mask": (gettext_lazy("敏感项已脱敏"), gettext_lazy("3 级以上、标准规定脱敏的，对外有脱敏方式。")),
    "key": (gettext_lazy("有主键"), gettext_lazy("表有主键，每行可以指明。")),
    "model": (gettext_lazy("符合数据模型"), gettext_lazy("所属数据模型的必填字段都有。")),
    "values": (gettext_lazy("取值符合标准"), gettext_lazy("按数据元逐行检查：格式、代码、校验位；停用的代码另计。")),
}
TYPES: dict[str, Any] = {
    "C": gettext_lazy("字符"),
    "M": gettext_lazy("备注"),
    "N": gettext_lazy("数值"),
    "Y": gettext_lazy("货币"),
    "B": gettext_lazy("双精度"),
    "F": gettext_lazy("浮点"),
    "I": gettext_lazy("整型"),
    "D": gettext_lazy("日期"),
    "T": gettext_lazy("日期时间"),
    "L": gettext_lazy("逻辑"),
}
VALUES: dict[str, Any] = {
    "identifier": gettext_lazy("校验位或格式不对"),
    "pattern": gettext_lazy("格式不符"),
    "length": gettext_lazy("超过规定长度"),
    "code_set": gettext_lazy("不在代码集内"),
    "outdated_code": gettext_lazy("是已停用的代码"),
}


def said(finding: Any) -> str:
    """Say what was found and what is expected, in one sentence."""
    found, expected = finding.found, finding.expected
    told = {
        "described": lambda: _("没有中文名称或说明"),
        "type": lambda: (
            _("类型是%(found)s，标准规定为%(expected)s")
            % {"found": words(found), "expected": TYPES.get(expected, expected)}
        ),
        "length": lambda: _("长度 %(found)s，标准规定至少 %(expected)s") % {"found": found, "expected": expected},
        "grade": lambda: (
            _("级别 %(found)s 级，标准规定不低于 %(expected)s 级") % {"found": found, "expected": expected}
        ),
        "personal": lambda: _("没有标明是个人信息"),
        "mask": lambda: _("没有脱敏方式"),
        "key": lambda: _("没有主键"),
        "model": lambda: _("缺少“%(field)s”（%(model)s）") % {"field": expected, "model": finding.standard},
        "values": lambda: (
            _("%(checked)s 行中有 %(failed)s 行%(what)s")
            % {"checked": finding.checked, "failed": finding.failed, "what": VALUES.get(expected, expected)}
        ),
    }
    return told[finding.check_code]() if finding.check_code in told else found


def mend(check: str) -> Any:
    """Say how a finding of a check is mended."""
    told: dict[str, Any] = {
        "described": _("在来源表中写字段说明后重新扫描，或在目录中改信息项名称。"),
        "type": _("由数据库负责人改字段类型后重新扫描；暂不能改的，在目录中说明。"),
        "length": _("由数据库负责人加长字段后重新扫描。"),
        "grade": _("修订目录，提高级别；或写明理由后由主管部门认可。"),
        "personal": _("修订目录，标明个人信息。"),
        "mask": _("修订目录或授权，设置脱敏方式。"),
        "key": _("在数据库中加主键后重新扫描。"),
        "model": _("补充字段，或说明由哪张表提供。"),
        "values": _("按质量检查的问题行整改；停用的代码换成接替的代码。"),
    }
    return told.get(check, "")


def register_words() -> None:
    """Register the words of this app's forms."""
    say("standards.review.ask", kind=Shown(hidden=True), target=Shown(hidden=True))
    say("standards.review.print", digest=Shown(hidden=True), file_digest=Shown(hidden=True))
