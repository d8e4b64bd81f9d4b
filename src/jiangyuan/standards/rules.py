"""Pure decisions of the standards room: which element a column is, and what checks a column that follows an element."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.column_types import family
from jiangyuan.data.masking import check_mask
from jiangyuan.data.relations import Column, mask_of
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.kernel.texts import listed

_BRACKETS = re.compile(r"[（(].*?[）)]")
ElementType = Literal["C", "N", "Y", "D", "T", "L", "M", "G", "B", "I", "F"]
"""The letters of the national guide: text, number, money, date, date and time, logical, memo, general, double, integer, float."""
FORMS: Mapping[str, str] = {
    "N": r"[+-]?[0-9]+(\.[0-9]+)?",
    "Y": r"[+-]?[0-9]+(\.[0-9]+)?",
    "B": r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?",
    "F": r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?",
    "I": r"[+-]?[0-9]+",
    "D": r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}",
    "T": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})?|[0-9]{14}",
}
"""How values of a type are written where the column is a text (GB/T 7408 for dates and times)."""
FAMILIES: Mapping[str, frozenset[str]] = {
    "C": frozenset({"text", "uuid"}),
    "M": frozenset({"text"}),
    "N": frozenset({"integer", "number", "float"}),
    "Y": frozenset({"number", "integer"}),
    "B": frozenset({"float", "number", "integer"}),
    "F": frozenset({"float", "number", "integer"}),
    "I": frozenset({"integer"}),
    "D": frozenset({"date"}),
    "T": frozenset({"timestamp", "instant"}),
    "L": frozenset({"boolean"}),
}
"""Which families of column types hold a type of the national guide as it should be held."""


@dataclass(frozen=True, slots=True)
class Executable:
    """What a data element demands of a column: `codes` are those valid today, `outdated` those that once were."""

    code: str
    type: str = "C"
    length: int | None = None
    pattern: str = ""
    check_function: str = ""
    codes: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


def _clean(text: str) -> str:
    return _BRACKETS.sub("", text).strip().lower()


def recognise(name: str, comment: str, synonyms: Mapping[str, Sequence[str]]) -> str | None:
    """Give the code of the element that a column is, judged by its comment first, then its name; None if unknown.

    An exact synonym wins; else the longest synonym of at least three characters that ends the comment or name, so
    that 法定代表人公民身份号码 is a citizen id and 姓名拼音 is not a name.
    """
    for text in (_clean(comment), _clean(name)):
        if not text:
            continue
        exact = next((code for code, words in synonyms.items() if text in (w.lower() for w in words)), None)
        if exact:
            return exact
        ending = [(len(w), code) for code, words in synonyms.items() for w in words if _ends(text, w.lower())]
        if ending:
            return max(ending)[1]
    return None


def _ends(text: str, word: str) -> bool:
    if not text.endswith(word) or len(word) < 2:
        return False
    if word.isascii():
        return len(word) > 3 and text[: -len(word)].endswith("_")
    return True


def checks_of(element: Executable, *, column: str, type: str) -> list[dict[str, Any]]:
    """Give the quality rules that an element makes of a column, in the JSON form of `data.checks`.

    `type` is the column's PostgreSQL type. A typed column is not checked for what its type already holds; a text is.
    An outdated code is found by a rule of its own, so that it is told apart from a wrong one.
    """
    text = family(type) == "text"
    found: list[dict[str, Any]] = []
    if element.check_function:
        rule = {"kind": "identifier", "name": f"{column}_valid", "column": column, "scheme": element.check_function}
        found.append(rule)
    if element.pattern:
        found.append({"kind": "pattern", "name": f"{column}_form", "column": column, "pattern": element.pattern})
    elif text and element.type in FORMS:
        form = FORMS[element.type]
        found.append({"kind": "pattern", "name": f"{column}_form", "column": column, "pattern": form})
    if text and element.length and not _length_held(element):
        found.append({"kind": "length", "name": f"{column}_length", "column": column, "most": element.length})
    if element.codes:
        known = [*element.codes, *element.outdated]
        found.append({"kind": "code_set", "name": f"{column}_code", "column": column, "codes": known})
    if element.outdated:
        gone = list(element.outdated)
        found.append({"kind": "outdated_code", "name": f"{column}_outdated", "column": column, "codes": gone})
    return found


def _length_held(element: Executable) -> bool:
    """Tell whether another rule already holds the length: a check function, a code set or a pattern."""
    return bool(element.check_function or element.codes or element.pattern)


def split_codes(codes: Iterable[tuple[str, date | None, date | None]], today: date) -> tuple[list[str], list[str]]:
    """Part codes (code, valid from, valid to) into those valid on a day and those that no longer are.

    A code given twice, for two times, is valid where one of them is. A code whose first day is still to come is neither.
    """
    rows = list(codes)
    current = {
        code for code, begins, ends in rows if (begins is None or begins <= today) and (ends is None or today <= ends)
    }
    gone = {code for code, _begins, ends in rows if ends is not None and ends < today} - current
    return sorted(current), sorted(gone)


def require_element(*, pattern: str, check_function: str, mask: Mapping[str, Any], type: str, code: str) -> None:
    """Refuse an element that could not be carried out: a pattern that is none, an unknown check, a mask that cannot be made."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise Refused(
            _("格式不是正确的表达式"), where="pattern", mend=_("请改正表达式，例如 [0-9]{6} 表示六位数字。")
        ) from error
    if check_function and check_function not in KINDS:
        raise Refused(
            _("没有校验函数“%(name)s”") % {"name": check_function},
            where="check_function",
            mend=_("可选：%(names)s；不需要时留空。") % {"names": listed(KINDS)},
        )
    if mask:
        held = {"D": "date", "T": "timestamp", "N": "numeric", "Y": "numeric", "I": "bigint"}.get(type, "text")
        check_mask(Column(code, held, mask_of(mask), code))


def require_codes(codes: Sequence[Mapping[str, Any]]) -> None:
    """Refuse values that contradict each other: one code for two things at one time, an end before its beginning, a
    successor or parent that is not there."""
    known = {one["code"] for one in codes}
    spans: dict[str, list[tuple[date, date]]] = {}
    for place, one in enumerate(codes, start=1):
        begins, ends = one.get("valid_from") or date.min, one.get("valid_to") or date.max
        where = f"codes.{place}"
        if ends < begins:
            raise Refused(
                _("第 %(n)s 个值“%(code)s”的停用日期早于起用日期") % {"n": place, "code": one["code"]},
                where=where,
                mend=_("请改正起止日期。"),
            )
        if any(begins <= last and first <= ends for first, last in spans.get(one["code"], ())):
            raise Refused(
                _("代码“%(code)s”在同一时间有两个含义") % {"code": one["code"]},
                where=where,
                mend=_("请删去重复的一行，或写明各自的起止日期。"),
            )
        spans.setdefault(one["code"], []).append((begins, ends))
        for name in ("parent", "successor"):
            if one.get(name) and one[name] not in known:
                raise Refused(
                    _("第 %(n)s 个值“%(code)s”指向不存在的代码“%(other)s”")
                    % {"n": place, "code": one["code"], "other": one[name]},
                    where=where,
                    mend=_("上级代码和接替代码都须在本代码集内。"),
                )


def require_new_edition(known: bool) -> None:
    """Refuse to put the same edition into force twice: what was issued is not changed under its own name."""
    if known:
        raise Conflict(_("该代码集已有这个版本"), where="edition", mend=_("请为修订后的代码集另取版本号。"))


def require_fields(names: Collection[str]) -> None:
    """Refuse a table model in which two fields have one name."""
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise Refused(
            _("数据模型中字段重名：%(names)s") % {"names": listed(twice)},
            where="fields",
            mend=_("请为字段取不同的名称。"),
        )
