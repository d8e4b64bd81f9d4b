"""Pure decisions of the catalogue: when an entry may be submitted, its code, its grade, what differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Conflict, Refused

if TYPE_CHECKING:
    from jiangyuan.catalog.entries.models import Entry

ART13 = gettext_noop("《政务数据共享条例》第十三条")
ART14 = gettext_noop("《政务数据共享条例》第十四条、第十五条")
ART16 = gettext_noop("《政务数据共享条例》第十六条")
GUIDE = gettext_noop("《政务信息资源目录编制指南（试行）》")
CODE_PREFIX = re.compile(r"^[123]\d{2}\d{3}\d*$")

LIVE_USES: list[Callable[[UUID], int]] = []
"""Asked before an entry is withdrawn: how many grants still live on it. `exchange.sharing` registers; nobody: refuse."""


Recorder = Callable[["Entry", str, str, Actor, Scene], None]
_recorder: list[Recorder] = []


def register_trigger(record: Recorder) -> None:
    """Register what keeps why an entry is revised, and runs the clock of that (`catalog.updates`)."""
    _recorder[:] = [record]


def record_trigger(entry: Entry, trigger: str, reason: str, actor: Actor, scene: Scene) -> None:
    """Record why an entry is revised. Refuses while nobody keeps it: no revision runs without its clock."""
    if not _recorder:
        raise Conflict(_("更新时限尚不能计时，不能开始修订"), where="trigger")
    _recorder[0](entry, trigger, reason, actor, scene)


LOCAL_ITEMS = 10_000
"""From this position on an item of a claimed entry is its own; those before came from above."""
CYCLE_ORDER = ("realtime", "daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly", "irregular")


@dataclass(frozen=True, slots=True)
class Locked:
    """What a claimed entry may not change: fields, items by column; how slow its cycle may be, how high an own item."""

    fields: frozenset[str]
    columns: frozenset[str]
    cycle: str
    grade: int


Locker = Callable[[UUID], Locked | None]
_locker: list[Locker] = []


def register_locks(find: Locker) -> None:
    """Register what says which parts of an entry are locked (`catalog.claims`; None: it was not claimed)."""
    _locker[:] = [find]


def locks_of(entry: UUID) -> Locked | None:
    """Give what is locked of an entry; None for one that was not claimed."""
    return _locker[0](entry) if _locker else None


def require_grade(grade: int, locked: Locked) -> None:
    """Refuse an own item above the grade of the claimed entry: it would be another entry."""
    if grade > locked.grade:
        raise Conflict(
            _("本地信息项的级别不能高于申领的目录（%(grade)s 级）") % {"grade": locked.grade},
            where="grade",
            mend=_("请把它编制为另一项目录。"),
        )


def require_unlocked(entry: Entry, changed: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> None:
    """Refuse to change what a claimed entry has from above, or a cycle slower than there; what stays the same passes."""
    locked = locks_of(entry.pk)
    if locked is None:
        return
    for name, value in changed.items():
        if name in locked.fields and getattr(entry, name) != value:
            raise _fixed(name)
    if (cycle := changed.get("update_cycle")) and CYCLE_ORDER.index(cycle) > CYCLE_ORDER.index(locked.cycle):
        raise Conflict(
            _("更新周期不能慢于上级目录"), where="update_cycle", mend=_("请选择与上级相同或更快的更新周期。")
        )
    known = {item.column: item for item in entry.items.all()}
    for given in items:
        column = given["column"]
        if column in locked.columns:
            if any(_said(known[column], key) != value for key, value in given.items()):
                raise _fixed(f"items.{column}")
        else:
            require_grade(given.get("grade", 1), locked)


def _said(item: Any, key: str) -> Any:
    """Give what an item says under a key of its input: an element by its code."""
    value = getattr(item, key)
    return (value.code if value else "") if key == "element" else value


def _fixed(where: str) -> Conflict:
    return Conflict(
        _("这项内容由上级目录统一，不能修改"),
        code="locked",
        where=where,
        mend=_("如有不同意见，请向上级部门提出；其他内容可以修改。"),
    )


class Incomplete(Refused):
    """The entry lacks what the regulation demands before it may be submitted."""

    default_code = "incomplete_entry"


def require_complete(
    *,
    name: str,
    summary: str,
    items: int,
    share_type: str,
    share_condition: str,
    share_basis: str,
    share_methods: Iterable[str],
    secrecy_result: str,
    privacy_result: str,
) -> None:
    """Refuse submission of an entry without its mandatory fields (art. 13), legal basis (14-15) or assessments (16)."""
    missing = [
        (not name.strip(), "name", _("缺少目录名称"), ART13),
        (not summary.strip(), "summary", _("缺少摘要"), ART13),
        (items == 0, "items", _("至少需要一个信息项"), ART13),
        (
            share_type == "conditional" and not share_condition.strip(),
            "share_condition",
            _("有条件共享须写明使用条件"),
            ART14,
        ),
        (
            share_type == "none" and not share_basis.strip(),
            "share_basis",
            _("不予共享须写明法律、行政法规或国务院决定依据"),
            ART14,
        ),
        (share_type != "none" and not list(share_methods), "share_methods", _("缺少共享方式"), ART13),
        (not secrecy_result.strip(), "secrecy_result", _("尚未记录保密风险评估结论"), ART16),
        (not privacy_result.strip(), "privacy_result", _("尚未记录个人信息保护影响评估结论"), ART16),
    ]
    for lacks, where, message, article in missing:
        if lacks:
            raise Incomplete(message, where=where, article=article, mend=_("请补充后重新提交。"))


def require_prefix(classification: str) -> None:
    """Refuse a classification that is no front part of a national resource code (类1+项2+目3+细目)."""
    if not CODE_PREFIX.match(classification):
        raise Refused(
            _("分类代码应为类 1 位、项 2 位、目 3 位，可带细目"),
            where="classification",
            article=GUIDE,
            mend=_("请从分类列表中选择。"),
        )


def resource_code(classification: str, number: int) -> str:
    """Give the national resource code: classification, a slash, and the sequence number."""
    return f"{classification}/{number:06d}"


def highest_grade(grades: Iterable[int]) -> int:
    """Give the grade of an entry: the highest of its items' (就高从严, GB/T 43697-2024)."""
    return max(grades, default=1)


def require_reasons(reasons: Mapping[str, str]) -> None:
    """Refuse a return for correction that does not say, field by field, what is to be corrected."""
    if not reasons or any(not str(reason).strip() for reason in reasons.values()):
        raise Refused(_("退回纠正须逐项写明原因"), where="reasons", mend=_("请指出需要纠正的内容和原因。"))


def require_unshared(entry: UUID) -> None:
    """Refuse to withdraw an entry while grants live on it, or while nobody can tell."""
    if not LIVE_USES or any(count(entry) for count in LIVE_USES):
        raise Conflict(
            _("该目录仍有有效的共享授权，不能撤销"),
            where="entry",
            article=gettext_noop("《政务数据共享条例》第二十七条"),
            mend=_("请先与使用方协商并办结授权。"),
        )


_UNSAID: Mapping[str, Any] = {"nullable": True, "shareable": True}
"""What an item was taken for before versions kept it."""


def _same(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    if before is None or after is None:
        return before is after
    return all((before.get(k, _UNSAID.get(k)) or None) == (after.get(k, _UNSAID.get(k)) or None) for k in after)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the fields in which two versions differ: [{"field", "before", "after"}], items by column name.

    A field that an older version did not know counts as empty in it.
    """
    found = [
        {"field": key, "before": before.get(key), "after": after.get(key)}
        for key in after
        if key != "items" and (before.get(key) or None) != (after.get(key) or None)
    ]
    old = {item["column"]: item for item in before.get("items", [])}
    new = {item["column"]: item for item in after.get("items", [])}
    for column in [*new, *(c for c in old if c not in new)]:
        if not _same(old.get(column), new.get(column)):
            found.append({"field": f"items.{column}", "before": old.get(column), "after": new.get(column)})
    return found


_GUIDE_TYPES: tuple[tuple[str, str], ...] = (
    ("timestamp", "T"),
    ("date", "D"),
    ("smallint", "I"),
    ("integer", "I"),
    ("bigint", "I"),
    ("numeric", "N"),
    ("real", "F"),
    ("double precision", "B"),
    ("boolean", "L"),
    ("bytea", "G"),
    ("json", "G"),
)
_SIZED = re.compile(r"\((\d{1,9})(?:, ?(\d{1,3}))?\)")


def guide_type(written: str) -> tuple[str, int | None, int | None]:
    """Give (type letter, length, digits after the point) of a column type in the guide's words (字符型 C …)."""
    plain = written.lower()
    letter = next((letter for start, letter in _GUIDE_TYPES if plain.startswith(start)), "C")
    sized = _SIZED.search(plain)
    if sized is None or letter in "DTLG":
        return letter, None, None
    return letter, int(sized[1]), int(sized[2]) if sized[2] else None


def require_span(time_from: date | None, time_to: date | None) -> None:
    """Refuse a time scope that ends before it begins."""
    if time_from and time_to and time_to < time_from:
        raise Refused(_("数据时间范围的终止日期早于起始日期"), where="time_to", mend=_("请核对起止日期。"))


ACYCLIC = frozenset({"derived_from", "part_of", "replaces"})
"""Relations that lead from one thing to what was before it, or holds it: going round in a circle they say nothing."""


def circle(edges: Mapping[UUID, Iterable[UUID]], start: UUID, to: UUID) -> list[UUID]:
    """Give the way from `to` back to `start` along the edges, both included; empty when there is none."""
    came: dict[UUID, UUID | None] = {to: None}
    waiting = [to]
    while waiting:
        here = waiting.pop()
        if here == start:
            way = [here]
            while (before := came[way[-1]]) is not None:
                way.append(before)
            return way[::-1]
        for there in edges.get(here, ()):
            if there not in came:
                came[there] = here
                waiting.append(there)
    return []
