"""How well an entry is described: criteria as data, each with what it looks at, what it weighs, and what mends it.

Pure: facts in, lines out. The criteria here weigh 70 of 100 points; the rooms above add theirs for mounted data and for
its quality (`ui.tabs.register_points`). What the law and the guide demand weighs most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

LONG_SUMMARY = 30
LONG_GROUND = 10
FRESH_DAYS = 365
"""An entry that nobody confirmed for a year is no longer taken to be right."""
_LAW = re.compile(r"《[^》]{2,}》.{0,20}第.{1,6}条")  # i18n: how a law is cited
Fix = Literal["edit", "items", "", "revise"]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the score looks at in one data item."""

    named: bool
    typed: bool
    described: bool
    element: bool
    key: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the score looks at in an entry; `days` since it was last published or changed, open `problems`."""

    summary: int
    share_type: str
    ground: str
    methods: int
    classification: str
    nature: str
    contact: bool
    phone: bool
    time: bool
    space: bool
    days: int
    problems: int
    returned: bool
    items: Sequence[ItemFacts] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion judged: what was earned of what was possible, and the evidence as numbers and codes."""

    code: str
    earned: int
    possible: int
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Give the points that are missing."""
        return self.possible - self.earned


Found = tuple[float, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion: its code, its weight, the form (or page) where it is mended and the field there, and how it is judged."""

    code: str
    weight: int
    fix: Fix
    at: str
    judge: Callable[[Facts], Found]


def _part(items: Sequence[ItemFacts], has: Callable[[ItemFacts], bool]) -> Found:
    good = sum(map(has, items))
    return (good / len(items) if items else 0.0), {"n": len(items) - good, "all": len(items)}


def _summary(facts: Facts) -> Found:
    share = 1.0 if facts.summary >= LONG_SUMMARY else 0.4 if facts.summary else 0.0
    return share, {"n": facts.summary, "wanted": LONG_SUMMARY}


def _ground(facts: Facts) -> Found:
    if facts.share_type == "unconditional":
        return 1.0, {"share_type": facts.share_type}
    if facts.share_type == "none":
        return (1.0 if _LAW.search(facts.ground) else 0.5 if facts.ground else 0.0), {"share_type": facts.share_type}
    share = 1.0 if len(facts.ground) >= LONG_GROUND else 0.5 if facts.ground else 0.0
    return share, {"share_type": facts.share_type}


def _methods(facts: Facts) -> Found:
    return float(facts.methods > 0 or facts.share_type == "none"), {"n": facts.methods}


def _placed(facts: Facts) -> Found:
    general = facts.classification.endswith("001") and len(facts.classification) == 6
    return (0.5 if general else 1.0), {"code": facts.classification}


def _scope(facts: Facts) -> Found:
    return (facts.time + facts.space) / 2, {"time": facts.time, "space": facts.space}


def _contact(facts: Facts) -> Found:
    return (facts.contact + facts.phone) / 2, {"contact": facts.contact, "phone": facts.phone}


def _fresh(facts: Facts) -> Found:
    return (1.0 if facts.days <= FRESH_DAYS else 0.0), {"days": facts.days, "wanted": FRESH_DAYS}


def _open(facts: Facts) -> Found:
    return float(not facts.problems and not facts.returned), {
        "n": facts.problems,
        "returned": facts.returned,
        "kinds": dict(facts.kinds),
    }


CRITERIA: tuple[Criterion, ...] = (
    Criterion("summary", 10, "edit", "summary", _summary),
    Criterion("ground", 10, "edit", "share_condition", _ground),
    Criterion("elements", 10, "items", "", lambda f: _part(f.items, lambda i: i.element)),
    Criterion("names", 6, "items", "", lambda f: _part(f.items, lambda i: i.named)),
    Criterion("types", 4, "items", "", lambda f: _part(f.items, lambda i: i.typed)),
    Criterion("descriptions", 4, "items", "", lambda f: _part(f.items, lambda i: i.described)),
    Criterion("key", 3, "items", "", lambda f: (float(any(i.key for i in f.items)), {"all": len(f.items)})),
    Criterion("methods", 4, "edit", "share_methods", _methods),
    Criterion("classification", 3, "edit", "classification", _placed),
    Criterion("nature", 2, "edit", "nature", lambda f: (float(bool(f.nature)), {})),
    Criterion("scope", 4, "edit", "time_from", _scope),
    Criterion("contact", 4, "edit", "contact", _contact),
    Criterion("fresh", 3, "revise", "", _fresh),
    Criterion("open", 3, "", "", _open),
)
BY_CODE = {criterion.code: criterion for criterion in CRITERIA}


def judge(facts: Facts) -> list[Line]:
    """Judge an entry by every criterion, the dearest losses first."""
    lines = []
    for one in CRITERIA:
        share, evidence = one.judge(facts)
        lines.append(Line(one.code, int(one.weight * share), one.weight, dict(evidence)))
    return sorted(lines, key=lambda line: -line.lost)


def value_of(earned: Iterable[tuple[int, int]]) -> int:
    """Give the score of 100 from (earned, possible) of all criteria."""
    pairs = list(earned)
    possible = sum(whole for _got, whole in pairs)
    return 100 * sum(got for got, _whole in pairs) // possible if possible else 0


def days_since(day: date | None, today: date) -> int:
    """Give the days that passed since a day; 0 for one that is not known."""
    return max((today - day).days, 0) if day else 0


def kept(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Give the lines as they are kept."""
    return [{name: getattr(line, name) for name in Line.__slots__} for line in lines]
