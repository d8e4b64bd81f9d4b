"""Words of the workbench: one record of each kind, whose desk something lies on, and what ran out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.ui.objects import Kind

ONE: Mapping[str, Any] = {
    "sources.source": pgettext_lazy("one", "数据源"),
    "library.standard": pgettext_lazy("one", "标准"),
    "entries.entry": pgettext_lazy("one", "目录"),
    "duties.excuse": pgettext_lazy("one", "豁免申请"),
    "onesource.designation": pgettext_lazy("one", "数源部门指定"),
    "onesource.repetition": pgettext_lazy("one", "重复采集"),
    "commitments.sharebatch": pgettext_lazy("one", "责任清单批次"),
    "commitments.commitment": pgettext_lazy("one", "共享责任"),
    "important.important": pgettext_lazy("one", "重要数据"),
    "census.campaign": pgettext_lazy("one", "普查批次"),
    "census.report": pgettext_lazy("one", "普查报告"),
    "census.channel": pgettext_lazy("one", "共享通道"),
    "updates.update": pgettext_lazy("one", "目录更新"),
    "claims.claim": pgettext_lazy("one", "目录申领"),
    "claims.proposal": pgettext_lazy("one", "申领目录的新版本"),
    "interchange.importbatch": pgettext_lazy("one", "目录导入"),
    "ingestion.mount": pgettext_lazy("one", "挂载"),
    "ingestion.ingest": pgettext_lazy("one", "归集"),
    "sharing.request": pgettext_lazy("one", "共享申请"),
    "delivery.delivery": pgettext_lazy("one", "库表交换"),
    "disputes.dispute": pgettext_lazy("one", "共享争议"),
    "deadlines.extension": pgettext_lazy("one", "延期申请"),
    "deadlines.overdue": pgettext_lazy("one", "超期督促"),
    "demand.demand": pgettext_lazy("one", "数据需求"),
}
"""What one record of each kind is called, where the kind's own title names many of them."""


def one_of(kind: Kind) -> Any:
    """Say what one record of a kind is."""
    return ONE.get(kind.model._meta.label_lower, kind.title)


def desk_text(body: str, capacities: Iterable[str]) -> str:
    """Say whose desk something lies on: who of which department, or the platform itself."""
    who = listed(str(CAPACITY_LABELS[code]) for code in capacities if code in CAPACITY_LABELS)
    if body and who:
        return _("%(body)s%(who)s") % {"body": body, "who": who}
    return body or who or _("平台服务")
