"""How designations and repeated collections read on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from jiangyuan.catalog.onesource.models import Repetition
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say


def register_words() -> None:
    """Register the words of this app's forms."""
    note = Shown(label=gettext_lazy("意见"), control="textarea")
    say(
        "catalog.designation.propose",
        element=Shown(label=gettext_lazy("数据元"), help=gettext_lazy("写名称或代码。")),
        body=Shown(label=gettext_lazy("数源部门")),
        basis=Shown(
            label=gettext_lazy("职责依据"),
            help=gettext_lazy("写明该部门依何职责产生、采集和维护这一数据。"),
            control="textarea",
        ),
    )
    say("catalog.designation.object", reason=reason(gettext_lazy("写明应由谁作为数源部门，或为什么不能承担。")))
    say(
        "catalog.designation.decide",
        ruling=Shown(
            label=gettext_lazy("决定理由"), help=gettext_lazy("部门有异议的必填，逐条回应。"), control="textarea"
        ),
    )
    say("catalog.designation.drop", reason=reason())
    say("catalog.designation.end", reason=reason())
    say(
        "catalog.repetition.answer",
        way=Shown(label=gettext_lazy("处置方式"), choices=list(Repetition.WAYS), control="radio"),
        reason=reason(gettext_lazy("写明为什么采集、打算怎样处理。")),
        basis=Shown(label=gettext_lazy("法律依据"), help=gettext_lazy("保留采集的必填：法律、行政法规的名称和条款。")),
        by=Shown(label=gettext_lazy("整改完成日期"), help=gettext_lazy("停止采集或完成合并的日期；保留采集的不填。")),
    )
    say("catalog.repetition.agree", note=note)
    say("catalog.repetition.except", note=note)
    say("catalog.repetition.refuse", reason=reason())
    say("catalog.repetition.recall", reason=reason())
