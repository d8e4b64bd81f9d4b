"""The states of a mount and of an ingest."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

DESK = ("sharing_handler", "sharing_head")
SERVICE = ("service",)

MOUNT = Workflow(
    name="mount",
    version=1,
    initial="active",
    states={"active": _("已挂载"), "broken": _("挂载失效"), "removed": _("已解除")},
    transitions=(
        Transition("resources.mount.report_broken", "active", "broken", SERVICE),
        Transition("resources.mount.repair", "broken", "active", (*DESK, *SERVICE)),
        Transition("resources.mount.remove", "active", "removed", DESK),
        Transition("resources.mount.remove", "broken", "removed", DESK),
    ),
)

INGEST = Workflow(
    name="ingest",
    version=1,
    initial="waiting",
    states={
        "waiting": _("等待归集"),
        "running": _("正在归集"),
        "current": _("持续更新"),
        "paused": _("已暂停"),
        "failed": _("归集失败"),
        "stopped": _("已停止"),
    },
    transitions=(
        Transition("resources.ingest.report_started", "waiting", "running", SERVICE),
        Transition("resources.ingest.report_started", "failed", "running", SERVICE),
        Transition("resources.ingest.report_started", "current", "running", SERVICE),
        Transition("resources.ingest.report_current", "running", "current", SERVICE),
        Transition("resources.ingest.report_current", "current", "current", SERVICE),
        Transition("resources.ingest.report_failed", "waiting", "failed", SERVICE),
        Transition("resources.ingest.report_failed", "running", "failed", SERVICE),
        Transition("resources.ingest.report_failed", "current", "failed", SERVICE),
        Transition("resources.ingest.retry", "failed", "waiting", (*DESK, "operations", *SERVICE)),
        Transition("resources.ingest.pause", "current", "paused", (*DESK, "operations")),
        Transition("resources.ingest.pause", "running", "paused", (*DESK, "operations")),
        Transition("resources.ingest.resume", "paused", "waiting", (*DESK, "operations")),
        Transition("resources.ingest.verify", "current", "current", (*DESK, "operations")),
        Transition("resources.ingest.report_verified", "current", "current", SERVICE),
        Transition("resources.ingest.report_verified", "paused", "paused", SERVICE),
        Transition("resources.ingest.stop", "waiting", "stopped", DESK),
        Transition("resources.ingest.stop", "running", "stopped", DESK),
        Transition("resources.ingest.stop", "current", "stopped", DESK),
        Transition("resources.ingest.stop", "paused", "stopped", DESK),
        Transition("resources.ingest.stop", "failed", "stopped", DESK),
    ),
)
