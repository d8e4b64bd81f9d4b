"""The states of a request and of a grant (政务数据共享条例 art. 20-22, 25, 27)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiangyuan.kernel.workflow import Transition, Workflow

REQUEST = Workflow(
    name="request",
    version=1,
    initial="draft",
    states={
        "draft": _("填写中"),
        "own_head": _("待本单位负责人同意"),
        "provider_handler": _("待提供方经办人办理"),
        "incomplete": _("待补正"),
        "provider_head": _("待提供方负责人答复"),
        "agreed": pgettext_lazy("state", "同意共享"),
        "refused": pgettext_lazy("state", "不同意共享"),
        "returned": _("本单位退回"),
        "cancelled": _("已撤回"),
    },
    transitions=(
        Transition("sharing.request.edit", "draft", "draft", ("business_office",)),
        Transition("sharing.request.edit", "returned", "returned", ("business_office",)),
        Transition("sharing.request.edit", "incomplete", "incomplete", ("business_office",)),
        Transition("sharing.request.submit", "draft", "own_head", ("business_office",)),
        Transition("sharing.request.submit", "returned", "own_head", ("business_office",)),
        Transition("sharing.request.consent", "own_head", "provider_handler", ("sharing_head",)),
        Transition("sharing.request.return", "own_head", "returned", ("sharing_head",)),
        Transition("sharing.request.ask_completion", "provider_handler", "incomplete", ("sharing_handler",)),
        Transition("sharing.request.complete", "incomplete", "provider_handler", ("business_office",)),
        Transition("sharing.request.propose", "provider_handler", "provider_head", ("sharing_handler",)),
        Transition("sharing.request.reply_preauthorised", "provider_handler", "agreed", ("service",)),
        Transition("sharing.request.sign", "provider_head", "provider_head", ("department_head", "authority_head")),
        Transition(
            "sharing.request.withhold", "provider_head", "provider_handler", ("department_head", "authority_head")
        ),
        Transition("sharing.request.agree", "provider_head", "agreed", ("sharing_head",)),
        Transition("sharing.request.refuse", "provider_head", "refused", ("sharing_head",)),
        Transition("sharing.request.send_back", "provider_head", "provider_handler", ("sharing_head",)),
        Transition("sharing.request.cancel", "draft", "cancelled", ("business_office",)),
        Transition("sharing.request.cancel", "returned", "cancelled", ("business_office",)),
        Transition("sharing.request.cancel", "own_head", "cancelled", ("business_office",)),
        Transition("sharing.request.cancel", "provider_handler", "cancelled", ("business_office",)),
        Transition("sharing.request.cancel", "incomplete", "cancelled", ("business_office",)),
    ),
)

GRANT = Workflow(
    name="grant",
    version=1,
    initial="preparing",
    states={
        "preparing": _("正在开通"),
        "active": _("有效"),
        "suspended": _("已暂停"),
        "withdrawn": _("已撤回"),
        "expired": _("已到期"),
    },
    transitions=(
        Transition("sharing.grant.report_ready", "preparing", "active", ("service",)),
        Transition("sharing.grant.suspend", "active", "suspended", ("sharing_head",)),
        Transition("sharing.grant.resume", "suspended", "preparing", ("sharing_head",)),
        Transition("sharing.grant.withdraw", "preparing", "withdrawn", ("sharing_head",)),
        Transition("sharing.grant.withdraw", "active", "withdrawn", ("sharing_head",)),
        Transition("sharing.grant.withdraw", "suspended", "withdrawn", ("sharing_head",)),
        Transition("sharing.grant.supersede", "active", "withdrawn", ("service",)),
        Transition("sharing.grant.give_up", "preparing", "withdrawn", ("sharing_head", "business_office")),
        Transition("sharing.grant.give_up", "active", "withdrawn", ("sharing_head", "business_office")),
        Transition("sharing.grant.give_up", "suspended", "withdrawn", ("sharing_head", "business_office")),
        Transition("sharing.grant.expire", "preparing", "expired", ("service",)),
        Transition("sharing.grant.expire", "active", "expired", ("service",)),
        Transition("sharing.grant.expire", "suspended", "expired", ("service",)),
    ),
)
