"""The states of a source."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

DESK = ("sharing_handler", "sharing_head")

SOURCE = Workflow(
    name="source",
    version=1,
    initial="registered",
    states={
        "registered": _("已登记"),
        "connected": _("连接正常"),
        "failing": _("连接异常"),
        "retired": _("已停用"),
    },
    transitions=(
        Transition("sources.source.report_connected", "registered", "connected", ("service",)),
        Transition("sources.source.report_connected", "failing", "connected", ("service",)),
        Transition("sources.source.report_connected", "connected", "connected", ("service",)),
        Transition("sources.source.report_failing", "registered", "failing", ("service",)),
        Transition("sources.source.report_failing", "connected", "failing", ("service",)),
        Transition("sources.source.report_failing", "failing", "failing", ("service",)),
        Transition("sources.source.retire", "registered", "retired", DESK),
        Transition("sources.source.retire", "connected", "retired", DESK),
        Transition("sources.source.retire", "failing", "retired", DESK),
    ),
)
