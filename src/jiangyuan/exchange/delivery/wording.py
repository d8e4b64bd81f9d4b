"""How the parameters of delivery's actions read on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say


def register_words() -> None:
    """Register the words of this app's forms."""
    say(
        "delivery.delivery.open",
        grant=Shown(label=_("授权")),
        target=Shown(label=_("接收库"), help=_("本部门已连接、标明可接收共享数据的 PostgreSQL。")),
        target_table=Shown(label=_("目标表名"), help=_("小写字母开头，可含数字和下划线。")),
        target_schema=Shown(label=_("目标模式"), help=_("单独的模式，不能是 public 或系统模式。")),
    )
    say("delivery.delivery.stop", reason=reason(_("可不填。")))
    say(
        "delivery.warning.acknowledge",
        outcome=Shown(label=_("处理情况"), help=_("核实了什么、作出什么处理。"), control="textarea"),
    )
    say(
        "delivery.use.record",
        grant=Shown(label=_("授权")),
        scenario=Shown(label=_("使用场景"), control="textarea"),
        process=Shown(label=_("使用过程"), help=_("谁、在哪个环节、怎样使用。"), control="textarea"),
        outcome=Shown(label=_("使用结果"), help=_("办成了什么、减少了哪些材料。"), control="textarea"),
        case_number=Shown(label=_("办件编号"), help=_("可不填。")),
        storage=Shown(label=_("存储情况"), help=_("是否留存、存在哪里、到什么时候。"), control="textarea"),
        destruction=Shown(label=_("销毁情况"), control="textarea"),
    )
