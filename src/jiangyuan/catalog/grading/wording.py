"""How grading reads: what a column is held to be, and the reasons in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.ui import shares
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say

MEANINGS: dict[str, Any] = {
    "statistic": gettext_lazy("统计数"),
    "bookkeeping": gettext_lazy("序号、备注等管理字段"),
    "health": gettext_lazy("医疗健康信息"),
    "biometric": gettext_lazy("生物识别信息"),
    "belief_or_record": gettext_lazy("特定身份或信仰信息"),
    "account": gettext_lazy("金融账户信息"),
    "whereabouts": gettext_lazy("行踪轨迹信息"),
    "identity_number": gettext_lazy("证件号码"),
    "official_contact": gettext_lazy("单位公开的联系方式"),
    "mobile": gettext_lazy("个人电话"),
    "contact": gettext_lazy("个人联系方式"),
    "home": gettext_lazy("个人住址"),
    "means": gettext_lazy("个人收入和待遇"),
    "person_name": gettext_lazy("姓名"),
    "person_fact": gettext_lazy("其他个人信息"),
    "plate": gettext_lazy("机动车号牌"),
}


def reason_text(reason: list[str]) -> str:
    """Say one reason in words."""
    source, detail = reason
    if source == "values":
        kind, share = detail.split(":")
        title = KINDS[kind].title if kind in KINDS else kind
        return _("取值中 %(share)s 是正确的%(title)s") % {"share": shares.percent(float(share) * 100), "title": title}
    told = {
        "element": _("识别为数据元“%(detail)s”"),
        "words": _("名称或说明中有“%(detail)s”"),
        "table": _("表中每行是一个人"),
        "none": _("名称“%(detail)s”没有可依据的词，按一般数据"),
    }
    return told.get(source, "%(detail)s") % {"detail": detail}


def register_words() -> None:
    """Register the words of this app's forms."""
    say("catalog.grading.ask", entry=Shown(hidden=True))
    grades = [(str(grade), gettext_lazy("%(grade)s 级") % {"grade": grade}) for grade in (1, 2, 3, 4)]
    say(
        "catalog.proposal.change",
        grade=Shown(label=gettext_lazy("级别"), choices=grades, control="radio"),
        personal=Shown(label=gettext_lazy("是个人信息")),
        reason=Shown(
            label=gettext_lazy("理由"),
            help=gettext_lazy("与建议不同的须写明为什么高于或低于建议。"),
            control="textarea",
        ),
    )
