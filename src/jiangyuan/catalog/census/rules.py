"""Pure decisions of the census: what may be reported, and when a report may leave the department."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from jiangyuan.catalog.census.kinds import KINDS, Kind
from jiangyuan.catalog.census.states import OPEN
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.texts import listed

ARTICLE = gettext_noop("省一体化政务大数据工作方案任务三")
LONGEST = timedelta(days=366)
MOST_BODIES = 5_000
MOST_THINGS = 100_000
"""Things in one report; more are reported in several campaigns."""


def require_deadline(deadline: date, today: date) -> None:
    """Refuse a last day that is past, or further away than a year."""
    if deadline <= today:
        raise Refused(_("截止日期应在今天之后"), where="deadline", mend=_("请另选日期，给部门留出填报时间。"))
    if deadline - today > LONGEST:
        raise Refused(_("截止日期不能超过一年"), where="deadline", mend=_("请另选日期。"))


def require_kinds(kinds: Collection[str]) -> None:
    """Refuse a campaign that asks for nothing, or for tables without the databases they lie in."""
    if not kinds:
        raise Refused(_("请至少选择一类普查内容"), where="kinds")
    for code in kinds:
        kind = KINDS[code]
        if kind.bound and kind.within not in kinds:
            raise Refused(
                _("普查“%(kind)s”须同时普查“%(within)s”") % {"kind": kind.title, "within": KINDS[kind.within].title},
                where="kinds",
                mend=_("请一并选择。"),
            )


def require_asked(kind: str, kinds: Collection[str]) -> None:
    """Refuse what the campaign does not ask for."""
    if kind not in kinds:
        titles = listed(KINDS[one].title for one in kinds)
        raise Refused(
            _("本次普查不包含这一类"), where="kind", mend=_("本次普查的内容：%(kinds)s。") % {"kinds": titles}
        )


def require_open(state: str, campaign: str) -> None:
    """Refuse to write in a report that has left the department, or whose campaign is over."""
    if campaign != "open" or state not in OPEN:
        raise Conflict(_("这份报告现在不能修改"), where="state", mend=_("如需更正，请联系主管部门退回后再改。"))


def require_room(total: int) -> None:
    """Refuse more things than one report may hold."""
    if total > MOST_THINGS:
        raise Refused(
            _("一份报告最多登记 %(most)s 项") % {"most": f"{MOST_THINGS:,}"},
            where="rows",
            mend=_("请按下属单位分别填报，或联系主管部门分批普查。"),
        )


def require_parent(kind: Kind, parent: str, known: Collection[str]) -> None:
    """Refuse something that lies within what is not in the report."""
    if not parent and not kind.bound:
        return
    if not parent or parent not in known:
        within = KINDS[kind.within].title
        raise Refused(
            _("没有登记代码为“%(code)s”的%(within)s") % {"code": parent, "within": within},
            where="parent",
            mend=_("请先登记%(within)s，或改正代码。") % {"within": within},
        )


def require_submittable(*, zero: bool, total: int, differences: Mapping[str, int]) -> None:
    """Refuse an empty report that does not say so, one that says so and is not, and one with open differences."""
    if zero and total:
        raise Refused(
            ngettext("报告中已登记 %(n)s 项，不能作零报告", "报告中已登记 %(n)s 项，不能作零报告", total)
            % {"n": total},
            where="zero",
            mend=_("请删除登记的内容，或取消零报告。"),
        )
    if not zero and not total:
        raise Refused(_("报告还没有登记任何内容"), where="zero", mend=_("确实没有这些资源的，请勾选“零报告”后报送。"))
    opened = sum(differences.values())
    if opened:
        raise Refused(
            ngettext(
                "还有 %(n)s 项与扫描结果不符，没有更正或说明", "还有 %(n)s 项与扫描结果不符，没有更正或说明", opened
            )
            % {"n": opened},
            code="differences",
            where="differences",
            article=ARTICLE,
            mend=_("请在“核对”页按核对结果更正，或逐项说明原因。"),
        )


def require_answered(waiting: int) -> None:
    """Refuse to close a campaign while signed reports wait for the authority."""
    if waiting:
        raise Conflict(
            ngettext("还有 %(n)s 份报告待接收", "还有 %(n)s 份报告待接收", waiting) % {"n": waiting},
            where="state",
            mend=_("请先接收或退回这些报告，再结束普查。"),
        )
