"""The states of a catalogue entry (政务数据共享条例 art. 13, 16-17).

Version 2 has the head of the data-sharing office look before the department's head; rows that were under review then
stand in states that both versions have, and go on from there.
"""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

DRAFTERS = ("business_office", "sharing_handler")
HEADS = {"office_review": "sharing_head", "department_review": "department_head"}
"""Whose desk an entry lies on while its own department reviews it."""

ENTRY = Workflow(
    name="entry",
    version=2,
    initial="draft",
    states={
        "draft": _("编制中"),
        "office_review": _("待数据共享工作机构负责人审核"),
        "department_review": _("待部门负责人审核"),
        "authority_review": _("待主管部门审核"),
        "published": _("已发布"),
        "returned": _("已退回纠正"),
        "withdrawn": _("已撤销"),
    },
    transitions=(
        Transition("catalog.entry.edit", "draft", "draft", DRAFTERS),
        Transition("catalog.entry.edit", "returned", "returned", DRAFTERS),
        Transition("catalog.entry.assess", "draft", "draft", ("sharing_handler",)),
        Transition("catalog.entry.assess", "returned", "returned", ("sharing_handler",)),
        Transition("catalog.entry.submit", "draft", "office_review", DRAFTERS),
        Transition("catalog.entry.submit", "returned", "office_review", DRAFTERS),
        Transition("catalog.entry.endorse", "office_review", "department_review", ("sharing_head",)),
        Transition("catalog.entry.approve", "department_review", "authority_review", ("department_head",)),
        Transition("catalog.entry.publish", "authority_review", "published", ("authority_handler", "authority_head")),
        Transition("catalog.entry.return", "office_review", "returned", ("sharing_head",)),
        Transition("catalog.entry.return", "department_review", "returned", ("department_head",)),
        Transition("catalog.entry.return", "authority_review", "returned", ("authority_handler", "authority_head")),
        Transition("catalog.entry.relate", "draft", "draft", DRAFTERS),
        Transition("catalog.entry.relate", "returned", "returned", DRAFTERS),
        Transition("catalog.entry.unrelate", "draft", "draft", DRAFTERS),
        Transition("catalog.entry.unrelate", "returned", "returned", DRAFTERS),
        Transition("catalog.entry.revise", "published", "draft", DRAFTERS),
        Transition("catalog.entry.reclassify", "published", "published", ("authority_handler", "authority_head")),
        Transition("catalog.entry.withdraw", "published", "withdrawn", ("department_head",)),
        Transition("catalog.entry.withdraw", "draft", "withdrawn", (*DRAFTERS, "department_head")),
        Transition("catalog.entry.withdraw", "returned", "withdrawn", (*DRAFTERS, "department_head")),
    ),
)
