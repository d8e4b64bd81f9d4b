"""What a set of masked columns tells together: masks are judged per grant, and over all grants of one consumer.

One column may be harmless and two may give a person away: the first six and last four digits of a citizen id with a
birth date give the id back in every case. A citizen id (GB 11643-1999) has 18 places: 1–6 division, 7–14 birth date,
15–17 sequence (17 odd for men), 18 check digit. The judgement counts which places a set of columns tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.relations import Column, Mask

DIVISION = frozenset(range(1, 7))
BIRTH = frozenset(range(7, 15))
YEAR = frozenset(range(7, 11))
SUFFIX = frozenset(range(15, 19))
WHOLE = frozenset(range(1, 19))
MIN_CANDIDATES = 400
"""Ids that must stay possible for each row. Division, birth date and sex leave 500, and tell no digit of the suffix."""
MIN_HIDDEN = 4
"""Characters that a mask must hide of a phone number or an id."""
ARTICLE = "GB/T 37964-2019"

_LENGTHS = {"phone": 11, "citizen_id": 18}
_MEANINGS: tuple[tuple[str, str], ...] = (
    (
        "citizen_id",
        r"citizen_?id|id_?card|id_?no|id_?number|identity|resident_?id|sfzh|sfzjhm|gmsfhm|zjhm|身份证|身份号码|证件号|公民身份",
    ),
    ("birth_date", r"birth|csrq|出生|生日|dob"),
    ("sex", r"^sex$|gender|xb(dm)?$|性别"),
    ("division", r"division|region_?code|xzqh|行政区划|区划|户籍地|籍贯|住址|address|domicile"),
    ("phone", r"phone|mobile|sjh|lxdh|电话|手机"),
    ("name", r"^name$|full_?name|person_?name|^xm$|姓名"),
)
_IDENTIFYING = frozenset({"citizen_id", "name", "phone"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a set of columns; where `refuses` is false it is advice for the approver."""

    code: str
    columns: tuple[str, ...]
    message: Any
    mend: Any
    refuses: bool = True
    article: str = ARTICLE


@lru_cache(maxsize=4096)
def meaning_of(column: Column) -> str:
    """Give the data element behind a column: as declared, else as its name says, else empty."""
    if column.meaning:
        return column.meaning
    return next((meaning for meaning, pattern in _MEANINGS if re.search(pattern, column.name.lower())), "")


def default_mask(column: Column) -> Mask:
    """Give the mask proposed for a column: an id shows its division, a name its first character, a phone its ends."""
    kinds = {"citizen_id": "division", "name": "name", "phone": "phone", "birth_date": "year"}
    dated = column.type.lower().startswith(("date", "timestamp"))
    kind = kinds.get(meaning_of(column), "none")
    return Mask() if kind == "year" and not dated else Mask(kind=kind)


def _kind(column: Column) -> str:
    return column.mask.kind if column.mask else "none"


def _id_places(mask: Mask) -> frozenset[int]:
    if mask.kind == "keep":
        first, last = min(mask.number("first"), 18), min(mask.number("last"), 18)
        if first + last >= 18:
            return frozenset()  # the mask then shows only stars
        return frozenset(range(1, first + 1)) | frozenset(range(19 - last, 19))
    told = {"none": WHOLE, "division": DIVISION, "birth_year": YEAR, "name": frozenset({1}), "phone": frozenset()}
    return told.get(mask.kind, frozenset())


def _date_places(column: Column) -> frozenset[int]:
    mask = column.mask or Mask()
    if mask.kind == "none":
        return BIRTH
    if mask.kind == "year":
        return YEAR
    if mask.kind == "keep":
        return BIRTH if mask.number("first") + mask.number("last") else frozenset()
    return frozenset() if mask.kind in ("redact", "token") else YEAR


def places(column: Column) -> frozenset[int]:
    """Give the places of a citizen id that a column tells, 1 to 18."""
    meaning = meaning_of(column)
    if meaning == "citizen_id":
        return _id_places(column.mask or Mask())
    if meaning == "birth_date":
        return _date_places(column)
    if meaning == "division":
        return frozenset() if _kind(column) in ("redact", "token") else DIVISION
    return frozenset()


def candidates(known: frozenset[int], *, sex: bool) -> int:
    """Count, from below, the citizen ids that stay possible when some places and perhaps the sex are known."""
    count = 1
    if not known >= DIVISION:
        count *= 8 if len(DIVISION - known) == 1 else 40
    if not known >= YEAR:
        count *= 9
    hidden_days = len(BIRTH - YEAR - known)
    count *= {0: 1, 1: 3, 2: 12, 3: 100, 4: 365}[hidden_days]
    count *= 10 ** len(frozenset({15, 16}) - known)
    if 17 not in known:
        count *= 5 if sex else 10
    return count if 18 not in known else count // 11


def _clear(columns: Iterable[Column]) -> bool:
    return any(meaning_of(column) == "citizen_id" and _kind(column) == "none" for column in columns)


def judge(columns: Sequence[Column]) -> list[Problem]:
    """Judge the masked columns of one table as a set: may a citizen id be put together from them?

    A citizen id granted in clear is a decision of its own, which the approver takes; it is no fault of masks.
    """
    if thin := [problem for column in columns if (problem := _thin(column))]:
        return thin
    if _clear(columns):
        return []
    telling = [column for column in columns if places(column)]
    shown_id = [column for column in telling if meaning_of(column) == "citizen_id"]
    known = frozenset[int]().union(*(places(column) for column in telling))
    sex = any(meaning_of(column) == "sex" and _kind(column) != "redact" for column in columns)
    names = tuple(dict.fromkeys(column.name for column in telling))
    if known & SUFFIX and known & (DIVISION | BIRTH):
        return [_suffix_problem(names)]
    if shown_id and candidates(known, sex=sex) < MIN_CANDIDATES:
        return [_suffix_problem(names)]
    return []


def _thin(column: Column) -> Problem | None:
    """Find a mask that hides so few characters of a number that they can be tried out."""
    length = _LENGTHS.get(meaning_of(column), 0)
    if not length or _kind(column) != "keep" or length - len(_shown_ends(column.mask or Mask(), length)) >= MIN_HIDDEN:
        return None
    return Problem(
        code="data.mask.thin",
        columns=(column.name,),
        message=_("字段“%(name)s”被遮盖的位数过少，可以逐一试出") % {"name": column.name},
        mend=_("请至少遮盖 %(least)s 位") % {"least": MIN_HIDDEN},
    )


def _suffix_problem(names: tuple[str, ...]) -> Problem:
    return Problem(
        code="data.mask.id_suffix",
        columns=names,
        message=_("身份号码的末位与出生日期、区划一起提供，可以还原完整的身份号码"),
        mend=_("请将身份号码改为只显示前六位行政区划，或改用核验方式"),
    )


def _shown_ends(mask: Mask, length: int) -> frozenset[int]:
    if mask.kind == "keep":
        first, last = mask.number("first"), mask.number("last")
        return frozenset(range(1, first + 1)) | frozenset(range(length + 1 - last, length + 1))
    known = {"phone": frozenset({1, 2, 3, 8, 9, 10, 11}), "name": frozenset({1}), "division": DIVISION}
    return known.get(mask.kind, frozenset())


def _undoes(name: str, variants: Sequence[Column]) -> Problem | None:
    kinds = {_kind(column) for column in variants}
    if "token" in kinds and kinds - {"token", "redact"}:
        return _combined_problem("data.mask.token_undone", name)
    if "none" in kinds:
        return None
    texts = [
        column.mask for column in variants if column.mask and column.mask.kind in ("keep", "phone", "name", "division")
    ]
    if len(texts) > 1:
        # an unknown length is taken long, so that only ends that differ are compared
        length = _LENGTHS.get(meaning_of(variants[0]), 200)
        shown = [_shown_ends(mask, length) for mask in texts]
        if frozenset().union(*shown) not in shown:
            return _combined_problem("data.mask.ends_joined", name)
    numbers = [column.mask for column in variants if column.mask and column.mask.kind in ("round", "bucket")]
    buckets = sorted({(mask.number("unit"), mask.kind) for mask in numbers})
    for finer, coarser in pairwise(buckets):
        if finer[1] != "bucket" or coarser[1] != "bucket" or coarser[0] % finer[0]:
            return _combined_problem("data.mask.steps_joined", name)
    return None


def _combined_problem(code: str, name: str) -> Problem:
    return Problem(
        code=code,
        columns=(name,),
        message=_("同一使用方已有该表的另一份授权，两份授权合起来会使字段“%(name)s”的脱敏失效") % {"name": name},
        mend=_("请让两份授权对该字段采用相同的脱敏方式，或撤回其中一份"),
    )


def judge_combined(grants: Sequence[Sequence[Column]]) -> list[Problem]:
    """Judge the columns that one consumer holds on the same table by several grants, as if they were one set.

    Finds masks of one column that undo each other (different ends of a text, different steps of a number, a token
    beside the value), and ids that can be put together from columns of different grants. A clear identifying column
    beside a masked one is advice, not a refusal: the clear one was approved by itself.
    """
    by_name: dict[str, list[Column]] = {}
    for columns in grants:
        for column in columns:
            held = by_name.setdefault(column.name, [])
            if column not in held:
                held.append(column)
    problems = [found for name, variants in by_name.items() if (found := _undoes(name, variants))]
    everything = [column for variants in by_name.values() for column in variants]
    for problem in judge(everything):
        problems.append(problem)
    for name, variants in by_name.items():
        kinds = {_kind(column) for column in variants}
        if "none" in kinds and len(kinds) > 1 and meaning_of(variants[0]) in _IDENTIFYING and "token" not in kinds:
            problems.append(
                Problem(
                    code="data.mask.clear_elsewhere",
                    columns=(name,),
                    message=_("同一使用方的另一份授权已提供字段“%(name)s”的原值") % {"name": name},
                    mend=_("请确认两份授权的数据不会按行对应"),
                    refuses=False,
                )
            )
    return problems
