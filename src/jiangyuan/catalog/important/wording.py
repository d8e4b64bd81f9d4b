"""How important data reads on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from jiangyuan.catalog.important.models import Important
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say


def _record() -> dict[str, Shown]:
    return {
        "harmed": Shown(
            label=gettext_lazy("影响对象"),
            help=gettext_lazy("一旦泄露、篡改、损毁或非法利用，受影响最重的一类。"),
            choices=list(Important.HARMED),
            control="radio",
        ),
        "degree": Shown(label=gettext_lazy("影响程度"), choices=list(Important.DEGREES), control="radio"),
        "reason": Shown(
            label=gettext_lazy("识别理由"),
            help=gettext_lazy("对照 GB/T 43697-2024 附录 G 写明规模、精度、覆盖范围和可能的危害。"),
            control="textarea",
        ),
        "columns": Shown(
            label=gettext_lazy("涉及的信息项"), help=gettext_lazy("信息项的名称，每行一个；不填表示整个目录。")
        ),
        "protection": Shown(label=gettext_lazy("保护措施"), control="textarea"),
        "persons": Shown(
            label=gettext_lazy("涉及个人"),
            help=gettext_lazy("超过 1000 万人的，适用《网络数据安全管理条例》第二十八条。"),
            unit=gettext_lazy("人"),
        ),
    }


def register_words() -> None:
    """Register the words of this app's forms."""
    record = _record()
    say(
        "catalog.important.identify",
        entry=Shown(
            label=gettext_lazy("目录"), help=gettext_lazy("本部门的目录：键入名称中的几个字，从列出的目录中选择。")
        ),
        **record,
    )
    say("catalog.important.amend", **record)
    say(
        "catalog.important.report",
        document=Shown(label=gettext_lazy("报送文件及文号")),
        reported_on=Shown(label=gettext_lazy("报送日期"), help=gettext_lazy("不填为今天。")),
    )
    say("catalog.important.return", reason=reason())
    say("catalog.important.remove", reason=reason())
    say(
        "catalog.important.assess",
        assessed_on=Shown(label=gettext_lazy("评估日期")),
        assessment=Shown(
            label=gettext_lazy("评估结论"), help=gettext_lazy("写明范围、发现的风险和整改情况。"), control="textarea"
        ),
    )
