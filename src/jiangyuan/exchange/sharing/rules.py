"""Pure decisions of sharing: what may be asked for, in which form, and when a reply is lawful."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.data import conditions
from jiangyuan.data.disclosure import Problem, default_mask, judge, judge_combined
from jiangyuan.data.masking import BadMask, check_mask
from jiangyuan.data.relations import Column, Mask, mask_form, mask_of
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.texts import listed

ART15 = gettext_noop("《政务数据共享条例》第十五条")
ART20 = gettext_noop("《政务数据共享条例》第二十条")
ART21 = gettext_noop("《政务数据共享条例》第二十一条")
ART22 = gettext_noop("《政务数据共享条例》第二十二条")
ART25 = gettext_noop("《政务数据共享条例》第二十五条")
HIGHEST_GRADE = 4
MAX_MEMBERS = 200

_MEANINGS = {"person_name": "name", "mobile": "phone", "address": "division"}
"""Data elements whose name in `data.disclosure` is another; an address tells the division."""

_HIDING = frozenset({"none", ""})


class NotShareable(Refused):
    """The entry or item may not be shared in this way."""

    default_code = "sharing.not_shareable"


class MasksUndone(Refused):
    """The columns asked for would, together, give away what their masks hide."""

    default_code = "sharing.masks"


@dataclass(frozen=True, slots=True)
class Offered:
    """One data item as the published entry offers it. `mask` is the default mask of its grade, as JSON."""

    column: str
    name: str
    type: str
    element: str
    grade: int
    personal: bool
    shareable: bool
    mask: Mapping[str, str | int]


def _default(offered: Offered) -> Mask | None:
    """Give the mask of an item that names none: as the entry says, if that suits its type; a date shows its year."""
    meaning = _MEANINGS.get(offered.element, offered.element)
    declared = mask_of(offered.mask)
    if declared is not None:
        candidate = Column(offered.column, offered.type, declared, meaning)
        try:
            check_mask(candidate)
        except BadMask:
            proposed = default_mask(Column(offered.column, offered.type, None, meaning))
            return Mask("redact") if proposed.kind == "none" else proposed
        return declared
    return Mask("division") if meaning == "citizen_id" else None


def settle_items(
    wanted: Sequence[tuple[str, Mapping[str, Any] | None]], offered: Mapping[str, Offered]
) -> list[dict[str, Any]]:
    """Settle what is asked for against what is offered: each column once, with its own or the default mask.

    `wanted` are (column, mask or None). Refuses an unknown column, one asked twice and a mask that does not suit it.
    """
    if not wanted:
        raise Refused(_("至少要申请一个信息项"), where="items", article=ART20, mend=_("请选择需要的信息项。"))
    settled: list[dict[str, Any]] = []
    for name, mask in wanted:
        found = offered.get(name)
        if found is None:
            raise Refused(
                _("目录中没有信息项“%(column)s”") % {"column": name}, where=f"items.{name}", mend=_("请从目录中选择。")
            )
        if any(item["column"] == name for item in settled):
            raise Refused(_("信息项“%(column)s”重复") % {"column": name}, where=f"items.{name}", mend=_("请保留一次。"))
        if any(not isinstance(value, int) for key, value in (mask or {}).items() if key != "kind"):
            raise BadMask(_("脱敏参数应为整数"), where=f"items.{name}", mend=_("请改正后重新提交。"))
        chosen = _default(found) if mask is None else mask_of(mask)
        meaning = _MEANINGS.get(found.element, found.element)
        check_mask(Column(name, found.type, chosen, meaning))
        settled.append(
            {
                "column": name,
                "name": found.name,
                "type": found.type,
                "meaning": meaning,
                "grade": found.grade,
                "mask": mask_form(chosen),
            }
        )
    return settled


def settle_condition(form: Any, offered: Mapping[str, Offered]) -> dict[str, Any] | None:
    """Read a row condition over the entry's items and give its canonical JSON; None stands for all rows."""
    if form is None:
        return None
    return conditions.parse(form, columns={name: one.type for name, one in offered.items()}).to_json()


def require_shared(share_type: str, basis: str) -> None:
    """Refuse a request for an entry that is not to be shared; the answer names the law that says so."""
    if share_type == "none":
        raise NotShareable(
            _("该目录为不予共享类，不能申请。依据：%(basis)s") % {"basis": basis or _("（未注明）")},
            where="entry",
            article=ART15,
            mend=_("可改查其他目录，或请共享主管部门协调提供核验结果。"),
        )


def only_by_match(items: Sequence[Mapping[str, Any]], offered: Mapping[str, Offered]) -> list[str]:
    """Name the columns that may be answered by verification only: not shareable, or personal of grade 4 in clear."""
    found: list[str] = []
    for item in items:
        one = offered[item["column"]]
        clear = one.personal and one.grade >= HIGHEST_GRADE and item["mask"].get("kind", "") in _HIDING
        if not one.shareable or clear:
            found.append(item["column"])
    return found


def require_forms(
    forms: Collection[str],
    items: Sequence[Mapping[str, Any]],
    offered: Mapping[str, Offered],
    *,
    case_bound: bool,
    mode: str,
) -> None:
    """Refuse forms that the items, the binding to cases or the kind of mount do not allow."""
    if not forms:
        raise Refused(_("至少要选择一种共享方式"), where="forms", article=ART20, mend=_("请选择核验、查询或库表。"))
    guarded = only_by_match(items, offered)
    if guarded and set(forms) != {"match"}:
        raise NotShareable(
            _("信息项 %(columns)s 只能以核验方式提供") % {"columns": listed(guarded)},
            where="forms",
            article=ART15,
            mend=_("请只选“核验”方式，或对这些信息项选择脱敏，或去掉它们。"),
        )
    if case_bound and "table" in forms:
        raise Refused(_("限定办件的共享不能以库表方式提供"), where="forms", mend=_("请选择核验或查询，或不限定办件。"))
    if "match" in forms and mode != "physical":
        raise Refused(
            _("核验方式需要已物理归集的数据"), where="forms", mend=_("请改用查询方式，或请提供方物理归集该数据。")
        )


def require_term(until: date, today: date) -> None:
    """Refuse a term that is over."""
    if until < today:
        raise Refused(
            _("使用期限 %(until)s 已过") % {"until": until.isoformat()},
            where="until",
            article=ART20,
            mend=_("请填写今天或以后的日期。"),
        )


def _raise(problem: Problem) -> None:
    raise MasksUndone(
        problem.message,
        code=problem.code,
        where="items." + ",".join(problem.columns),
        mend=problem.mend,
        article=problem.article,
    )


def require_masks_hold(columns: Sequence[Column], held: Sequence[Sequence[Column]] = ()) -> list[Problem]:
    """Refuse columns whose masks undo each other, in themselves or with what the consumer holds already (`held`).

    Returns the advice that remains for the approver.
    """
    found = [*judge(columns), *(judge_combined([columns, *held]) if held else [])]
    for problem in found:
        if problem.refuses:
            _raise(problem)
    return found


def require_preauthorised(share_type: str) -> None:
    """Refuse the service's own reply where a person must decide (art. 15, 21)."""
    if share_type != "unconditional":
        raise Conflict(_("有条件共享须由提供方答复"), where="state", article=ART21)


def concerns(
    items: Sequence[Mapping[str, Any]], offered: Mapping[str, Offered], *, share_type: str, forms: Collection[str]
) -> list[dict[str, str]]:
    """List what of a live grant no longer agrees with the entry as it is published: [{"column", "code"}]."""
    found = [{"column": "", "code": "entry_not_shared"}] if share_type == "none" else []
    for item in items:
        one = offered.get(item["column"])
        if one is None:
            found.append({"column": item["column"], "code": "item_gone"})
            continue
        if one.grade > item.get("grade", one.grade):
            found.append({"column": item["column"], "code": "grade_raised"})
        if set(forms) != {"match"} and only_by_match([item], offered):
            found.append({"column": item["column"], "code": "match_only"})
        if item["mask"].get("kind", "none") == "none" and _default(one) is not None:
            found.append({"column": item["column"], "code": "mask_now_default"})
    return found
