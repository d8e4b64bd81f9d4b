"""What forms look like around their fields, for the living page: drafts, checking answers, conditions, an open choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import SHANGHAI
from jiangyuan.ui import options
from jiangyuan.ui.checking import Answer, Answers, Check
from jiangyuan.ui.conditions import Editor, Item, Row
from jiangyuan.ui.drafts import Offered
from jiangyuan.ui.parts import Part

_AT = datetime(2026, 11, 22, 16, 40, tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOffer(Part):
    """The offer to go on with what was typed before."""

    template: ClassVar[str] = "ui/parts/draft_offer.html"
    draft: Offered


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChoice(Part):
    """A choice that is being searched, as far as it can stand still."""

    template: ClassVar[str] = "ui/parts/open_choice.html"
    label: Any
    typed: Any
    options: tuple[Any, ...]


def offers() -> tuple[DraftOffer, ...]:
    """Give the offer before it is taken up, after it, and when the object moved on meanwhile."""
    return (
        DraftOffer(draft=Offered(_AT, "", "#drafts")),
        DraftOffer(draft=Offered(_AT, "", "#drafts", resumed=True)),
        DraftOffer(draft=Offered(_AT, "", "#drafts", resumed=True, stale=True)),
    )


def check(form: Any) -> Check:
    """Give the page on which answers are checked."""
    rows = (
        Answer(label=_("使用场景"), text=str(_("低保审核"))),
        Answer(label=_("每日查询上限"), text="500"),
        Answer(label=_("使用范围"), text=str(_("未填写")), given=False),
    )
    told = _("提交前请核对。提交以后，办理过程全程留痕。")
    section = Answers(title=_("为什么用"), rows=rows, anchor="check")
    return Check(form=form, url="#check", sections=(section,), sent=(), told=told)


def conditions() -> Editor:
    """Give the editor of row conditions: one row right, one that needs mending."""
    place = Item("division", str(_("户籍所在地")), "text")
    birth = Item("birth_date", str(_("出生日期")), "date")
    rows = (
        Row(place, "=", str(_("西宁市"))),
        Row(birth, "between", "2008-01-01", "", str(_("请填写“至”的值。"))),
    )
    return Editor(items=(place, birth), rows=rows, said=str(_("只限“户籍所在地”为 西宁市的记录")))


def choice() -> OpenChoice:
    """Give a choice among many while it is searched."""
    return OpenChoice(label=_("提供单位"), typed=_("厅"), options=(_("省民政厅"), _("省公安厅"), _("省自然资源厅")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks(Part):
    """A control whose options are looked for while one types: as it is at first, and with what no name is like."""

    template: ClassVar[str] = "ui/parts/picks.html"
    form: Any


class _Sample(forms.Form):
    """Two such controls; the second holds a text that names nothing."""

    def __init__(self, source: options.Source) -> None:
        super().__init__(auto_id="pick_%s")
        nobody = Actor(kind="service", id=UUID(int=0), name="patterns")
        for name, typed in (("empty", ""), ("wrong", _("不存在的单位"))):
            field = options.Pick(
                label=_("部门（边写边找）"),
                help_text=_("写名称中的几个字，从列出的选项中选择。"),
                required=False,
                initial=typed,
                remote=options.Remote(source, nobody),
            )
            field.widget.attrs.setdefault("class", "form-control")
            self.fields[name] = field


def picks() -> tuple[Part, ...]:
    """Give the control with a source of this platform; without any source there is nothing to look for."""
    found = options.registered()
    return (Picks(form=_Sample(found[0])),) if found else ()
