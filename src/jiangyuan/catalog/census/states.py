"""The states of a campaign, of a department's report, of an upload into it, and of a channel."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

FILLERS = ("business_office", "sharing_handler")
HEAD = ("department_head",)
AUTHORITY = ("authority_handler", "authority_head")
OPEN = ("filling", "returned")
"""States in which a report may be written in."""

CAMPAIGN = Workflow(
    name="census_campaign",
    version=1,
    initial="draft",
    states={"draft": _("筹备中"), "open": _("填报中"), "closed": _("已结束"), "cancelled": _("已取消")},
    transitions=(
        Transition("census.campaign.edit", "draft", "draft", AUTHORITY),
        Transition("census.campaign.open", "draft", "open", AUTHORITY),
        Transition("census.campaign.remind", "open", "open", AUTHORITY),
        Transition("census.campaign.close", "open", "closed", AUTHORITY),
        Transition("census.campaign.cancel", "draft", "cancelled", AUTHORITY),
    ),
)

REPORT = Workflow(
    name="census_report",
    version=1,
    initial="filling",
    states={
        "filling": _("填报中"),
        "signing": _("待负责人签发"),
        "submitted": _("待主管部门接收"),
        "returned": _("已退回修改"),
        "filed": _("已接收"),
        "missed": _("未按期报送"),
    },
    transitions=(
        Transition("census.report.submit", "filling", "signing", FILLERS),
        Transition("census.report.submit", "returned", "signing", FILLERS),
        Transition("census.report.sign", "signing", "submitted", HEAD),
        Transition("census.report.send_back", "signing", "returned", HEAD),
        Transition("census.report.accept", "submitted", "filed", AUTHORITY),
        Transition("census.report.return", "submitted", "returned", AUTHORITY),
        Transition("census.report.lapse", "filling", "missed", AUTHORITY),
        Transition("census.report.lapse", "returned", "missed", AUTHORITY),
        Transition("census.report.lapse", "signing", "missed", AUTHORITY),
    ),
)

UPLOAD = Workflow(
    name="census_upload",
    version=1,
    initial="checked",
    states={"checked": _("已核对，待导入"), "applied": _("已导入"), "dropped": _("已放弃")},
    transitions=(
        Transition("census.upload.apply", "checked", "applied", FILLERS),
        Transition("census.upload.drop", "checked", "dropped", FILLERS),
    ),
)

CHANNEL = Workflow(
    name="census_channel",
    version=1,
    initial="listed",
    states={"listed": _("待处置"), "decided": _("已定处置")},
    transitions=(
        Transition("census.channel.edit", "listed", "listed", FILLERS),
        Transition("census.channel.edit", "decided", "listed", FILLERS),
        Transition("census.channel.decide", "listed", "decided", AUTHORITY),
    ),
)
