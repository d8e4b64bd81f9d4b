"""The states of a needed update (政务数据共享条例 art. 17)."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.states import DRAFTERS
from jiangyuan.kernel.workflow import Transition, Workflow

HEADS = ("sharing_head", "department_head")

UPDATE = Workflow(
    name="update",
    version=1,
    initial="needed",
    states={
        "needed": _("待更新"),
        "revising": _("更新中"),
        "updated": _("已更新"),
        "unneeded": _("无需更新"),
        "lapsed": _("目录已撤销"),
    },
    transitions=(
        Transition("catalog.update.begin", "needed", "revising", DRAFTERS),
        Transition("catalog.update.excuse", "needed", "unneeded", HEADS),
        Transition("catalog.update.excuse", "revising", "unneeded", HEADS),
        Transition("catalog.update.meet", "needed", "updated", ("service",)),
        Transition("catalog.update.meet", "revising", "updated", ("service",)),
        Transition("catalog.update.lapse", "needed", "lapsed", ("service",)),
        Transition("catalog.update.lapse", "revising", "lapsed", ("service",)),
    ),
)
OPEN = frozenset({"needed", "revising"})
"""States in which the clock runs."""
