"""The states of a batch that was handed in: read and checked in the background, then a person lets it go on."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

IMPORTERS = ("business_office", "sharing_handler", "authority_handler")

BATCH = Workflow(
    name="import_batch",
    version=1,
    initial="uploaded",
    states={
        "uploaded": _("核对中"),
        "checked": _("待确认"),
        "unreadable": _("无法读取"),
        "drafting": _("生成草稿中"),
        "drafted": _("已生成草稿"),
        "discarded": _("已放弃"),
    },
    transitions=(
        Transition("catalog.batch.report_checked", "uploaded", "checked"),
        Transition("catalog.batch.report_unreadable", "uploaded", "unreadable"),
        Transition("catalog.batch.proceed", "checked", "drafting", IMPORTERS),
        Transition("catalog.batch.report_drafted", "drafting", "drafted"),
        Transition("catalog.batch.discard", "checked", "discarded", IMPORTERS),
        Transition("catalog.batch.discard", "unreadable", "discarded", IMPORTERS),
    ),
)
