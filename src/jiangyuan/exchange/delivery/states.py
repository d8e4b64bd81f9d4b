"""The states of a delivery."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

CONSUMER = ("sharing_handler", "sharing_head", "business_office")
RUNNING = (*CONSUMER, "operations")
SERVICE = ("service",)

DELIVERY = Workflow(
    name="delivery",
    version=1,
    initial="waiting",
    states={
        "waiting": _("等待交换"),
        "running": _("正在首次交换"),
        "current": _("持续交换"),
        "paused": _("已暂停"),
        "failed": _("交换失败"),
        "stopped": _("已停止"),
    },
    transitions=(
        Transition("delivery.delivery.report_started", "waiting", "running", SERVICE),
        Transition("delivery.delivery.report_started", "failed", "running", SERVICE),
        Transition("delivery.delivery.report_started", "current", "running", SERVICE),
        Transition("delivery.delivery.report_current", "running", "current", SERVICE),
        Transition("delivery.delivery.report_failed", "waiting", "failed", SERVICE),
        Transition("delivery.delivery.report_failed", "running", "failed", SERVICE),
        Transition("delivery.delivery.report_failed", "current", "failed", SERVICE),
        Transition("delivery.delivery.retry", "failed", "waiting", RUNNING),
        Transition("delivery.delivery.pause", "current", "paused", RUNNING),
        Transition("delivery.delivery.pause", "running", "paused", RUNNING),
        Transition("delivery.delivery.resume", "paused", "waiting", RUNNING),
        Transition("delivery.delivery.stop", "waiting", "stopped", (*CONSUMER, "service")),
        Transition("delivery.delivery.stop", "running", "stopped", (*CONSUMER, "service")),
        Transition("delivery.delivery.stop", "current", "stopped", (*CONSUMER, "service")),
        Transition("delivery.delivery.stop", "paused", "stopped", (*CONSUMER, "service")),
        Transition("delivery.delivery.stop", "failed", "stopped", (*CONSUMER, "service")),
    ),
)
