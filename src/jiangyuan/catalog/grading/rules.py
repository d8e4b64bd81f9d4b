"""Pure decisions of grading: what a column is held to be, with every reason, and which mask a grade asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.masking import BadMask, check_mask
from jiangyuan.data.relations import Column, mask_of
from jiangyuan.kernel.errors import Conflict, Refused

_PERSON_TABLE = re.compile(
    r"人员|花名册|对象|居民|学生|教师|医师|律师|员工|职工|儿童|老人|患者|户主|个人|孤儿|代表名单|专家|志愿者"
    r"|person|people|staff|student|patient|employee|user"
)
_PERSON_FIELD = re.compile(
    r"^(成员|学生|患者|申请人|烈士|人员|本人|持证人|残疾人|享受补贴人|.{0,4}律师|.{0,4}专家|先进模范人物)?姓名$"
    r"|^(居民)?身份证|^公民身份|^性别|^出生|^年龄|^(person_?|full_?)?name$|^(sex|gender|xb|xm|sfzh)$|birth|^id_?card"
)
_THING_TABLE = re.compile(
    r"企业|单位|机构|部门|集体|经营|药店|网点|停车场|景区|学校|市场主体|城市|镇名单|商标|项目|车辆|统计"
)
LOOSE = frozenset({"address", "mobile", "income"})
"""Elements recognised by words that enterprises have too: outside a table about persons they grade nothing by themselves."""
SURE = 0.9
"""From this confidence on a proposal may be confirmed together with others."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a column: `element` is its data element (code, grade, personal), `identifier` what its values were
    found to be by their check digits (kind, share of values)."""

    name: str
    comment: str = ""
    element: tuple[str, int, bool] | None = None
    identifier: tuple[str, float] | None = None

    @property
    def said(self) -> str:
        """What people call it: the comment, else the name."""
        return (self.comment or self.name).strip()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A proposed grade with what it rests on: reasons are (source, detail), the deciding one first."""

    grade: int
    personal: bool
    meaning: str
    confidence: float
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One category of the lexicon."""

    meaning: str
    grade: int
    personal: bool
    confidence: float
    about: str
    pattern: re.Pattern[str]


@lru_cache(maxsize=1)
def lexicon() -> tuple[Category, ...]:
    """Give the categories, in the order in which they are asked."""
    text = (resources.files("jiangyuan.catalog.grading") / "lexicon.toml").read_text("utf-8")
    return tuple(
        Category(one["meaning"], one["grade"], one["personal"], one["confidence"], one["about"],
                 re.compile("|".join(f"(?:{word})" for word in one["words"]), re.IGNORECASE))
        for one in tomllib.loads(text)["category"]
    )  # fmt: skip


def about_persons(title: str, columns: Sequence[Facts]) -> bool:
    """Tell whether a table is about natural persons, one a row: by fields that only a person has, else by its title."""
    fields = {found.group(0) for one in columns for found in [_PERSON_FIELD.search(one.said.lower())] if found}
    if fields:
        return True
    return bool(_PERSON_TABLE.search(title.lower())) and not _THING_TABLE.search(title)


IDENTIFIED: Mapping[str, tuple[int, bool, str]] = {
    "citizen_id": (3, True, "identity_number"),
    "mobile": (3, True, "mobile"),
    "bank_card": (4, True, "account"),
    "plate": (2, True, "plate"),
}
"""What a column is whose values have the right check digits: grade, personal, meaning."""


def judge(title: str, columns: Sequence[Facts]) -> list[Verdict]:
    """Propose a grade for each column of a table; the highest of what speaks for it wins (就高从严, GB/T 43697-2024).

    Values that pass their check digits speak loudest, then the data element that was recognised, then the words.
    """
    persons = about_persons(title, columns)
    return [_judge(one, persons) for one in columns]


def _judge(one: Facts, persons: bool) -> Verdict:
    found = [
        verdict
        for verdict in (_by_values(one), _by_element(one, persons), _by_words(one, persons))
        if verdict is not None
    ]
    if not found:
        return Verdict(1, False, "", 0.5, (("none", one.said),))
    if found[-1].meaning in ("statistic", "bookkeeping") and found[0].reasons[0][0] != "values":
        return found[-1]  # the number of ids in a column's name is no id
    best = max(found, key=lambda verdict: (verdict.grade, verdict.confidence))
    agreeing = [verdict for verdict in found if verdict.grade == best.grade]
    confidence = min(0.99, best.confidence + 0.05 * (len(agreeing) - 1))
    others = [verdict for verdict in found if verdict is not best]
    if any(verdict.grade != best.grade for verdict in others):
        confidence = min(confidence, 0.8)
    reasons = (*best.reasons, *(reason for verdict in others for reason in verdict.reasons))
    return Verdict(best.grade, any(v.personal for v in found), best.meaning, round(confidence, 2), reasons)


def _by_values(one: Facts) -> Verdict | None:
    if one.identifier is None or one.identifier[0] not in IDENTIFIED:
        return None
    kind, share = one.identifier
    grade, personal, meaning = IDENTIFIED[kind]
    return Verdict(grade, personal, meaning, round(min(0.98, share), 2), (("values", f"{kind}:{share:.4f}"),))


def _by_element(one: Facts, persons: bool) -> Verdict | None:
    if one.element is None or (one.element[0] in LOOSE and not persons):
        return None
    code, grade, personal = one.element
    return Verdict(grade, personal, code, 0.85, (("element", code),))


def _by_words(one: Facts, persons: bool) -> Verdict | None:
    for category in lexicon():
        if category.about == "person" and not persons:
            continue
        word = category.pattern.search(one.said) or category.pattern.search(one.name)
        if word is not None:
            reasons: tuple[tuple[str, str], ...] = (("words", word.group(0)),)
            if category.about == "person":
                reasons += (("table", "person"),)
            return Verdict(category.grade, category.personal, category.meaning, category.confidence, reasons)
    return None


def default_mask(grade: int, meaning: str, type: str, mask: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the mask an item has by default at its grade: below 3 what it has, from 3 on its element's, else nothing is shown.

    A mask that does not suit the column's type gives way to `redact`.
    """
    if grade < 3:
        return dict(mask or {})
    wanted = dict(mask) if mask and mask.get("kind", "none") != "none" else _MASKS.get(meaning, {"kind": "redact"})
    try:
        check_mask(Column("c", type, mask_of(wanted), ""))
    except BadMask:
        return {"kind": "redact"}
    return wanted


_MASKS: Mapping[str, dict[str, Any]] = {
    "identity_number": {"kind": "keep", "first": 6, "last": 0},
    "citizen_id": {"kind": "division"},
    "mobile": {"kind": "phone"},
    "contact": {"kind": "keep", "first": 3, "last": 0},
}


def require_open(decided: str) -> None:
    """Refuse to decide a proposal twice."""
    if decided:
        raise Conflict(_("这条建议已经处理"), where="proposal", mend=_("请刷新列表；需要再改时，在目录中修改信息项。"))


def require_reason(changed: bool, reason: str) -> None:
    """Refuse to decide otherwise than was proposed without saying why."""
    if changed and not reason.strip():
        raise Refused(
            _("与建议不同的级别须写明理由"), where="reason", mend=_("写明为什么高于或低于建议，审计人员会看到。")
        )
