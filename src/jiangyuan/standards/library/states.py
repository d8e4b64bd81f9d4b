"""The life cycle of a standard: draft, opinions asked, issued, superseded (标准管理的起草、征求意见、发布、代替)."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

DRAFTERS = ("authority_handler", "sharing_handler")
HEAD = ("authority_head",)
EDITS = ("edit_document", "edit_element", "edit_code_set", "edit_table_model")

STANDARD = Workflow(
    name="standard",
    version=1,
    initial="draft",
    states={
        "draft": _("起草中"),
        "opinion": _("征求意见"),
        "issued": _("现行"),
        "superseded": _("已被代替"),
        "abolished": _("已废止"),
        "dropped": _("已终止"),
    },
    transitions=(
        *(Transition(f"standards.standard.{verb}", "draft", "draft", DRAFTERS) for verb in EDITS),
        Transition("standards.standard.ask", "draft", "opinion", DRAFTERS),
        Transition("standards.standard.drop", "draft", "dropped", DRAFTERS),
        Transition("standards.standard.take_back", "opinion", "draft", DRAFTERS),
        Transition("standards.standard.issue", "opinion", "issued", HEAD),
        Transition("standards.standard.supersede", "issued", "superseded", ("service",)),
        Transition("standards.standard.abolish", "issued", "abolished", HEAD),
    ),
)
