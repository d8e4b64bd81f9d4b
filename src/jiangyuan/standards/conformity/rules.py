"""Pure decisions of a review: what is checked of a thing, what is found, and how it is scored.

Every check counts the same; a check of values counts by the share of rows that pass, so that one wrong row among a million
does not weigh like a wrong column. What follows no element is not marked down (not every column has a standard) but told
apart as coverage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Literal

from jiangyuan.data.column_types import family
from jiangyuan.standards.conformity.reviewing import Field, Measured, Subject
from jiangyuan.standards.rules import FAMILIES, recognise

Severity = Literal["wrong", "outdated", "advice"]
Check = Literal["described", "type", "length", "grade", "personal", "mask", "key", "model", "values"]
_DECLARED = re.compile(r"\((\d+)\)$")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
SENSITIVE = 3
"""From this grade on, what is given out is masked unless somebody decided otherwise."""
MATCHED = 0.6
"""Share of a model's required fields from which on a table is held to be about that model's subject."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a review needs of a data element."""

    code: str
    name: str
    type: str
    length: int | None
    grade: int
    personal: bool
    masks: bool
    standard: str
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What a review needs of a table model: its required elements by field name, and the element of its key."""

    code: str
    name: str
    required: tuple[tuple[str, str], ...]
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding: where, which check, how bad, what was found and what is expected, after which standard; `url` fixes it."""

    table: str
    column: str
    check: Check
    severity: Severity
    found: str
    expected: str
    standard: str = ""
    url: str = ""
    checked: int = 0
    failed: int = 0


@dataclass(slots=True)
class Outcome:
    """What a review came to: points per check (passed, of), findings, fields and how many of them follow an element."""

    points: dict[str, list[Decimal]] = field(default_factory=dict)
    findings: list[Found] = field(default_factory=list)
    fields: int = 0
    covered: int = 0
    tables: int = 0
    measured: int = 0

    def add(self, check: Check, passed: Decimal | bool, finding: Found | None = None) -> None:
        """Count one check, and keep its finding where it did not pass."""
        kept = self.points.setdefault(check, [Decimal(0), Decimal(0)])
        kept[0] += passed if isinstance(passed, Decimal) else Decimal(int(passed))
        kept[1] += 1
        if finding is not None:
            self.findings.append(finding)

    @property
    def score(self) -> Decimal | None:
        """0.00-100.00; None where nothing could be checked, and never a full hundred while something does not pass."""
        passed = sum((kept[0] for kept in self.points.values()), Decimal(0))
        of = sum((kept[1] for kept in self.points.values()), Decimal(0))
        rounding = ROUND_DOWN if passed < of else ROUND_HALF_UP
        return (passed * 100 / of).quantize(Decimal("0.01"), rounding=rounding) if of else None

    @property
    def coverage(self) -> Decimal | None:
        """The share of fields that follow an element, 0.00-100.00; None without fields."""
        return (Decimal(self.covered) * 100 / self.fields).quantize(Decimal("0.01")) if self.fields else None


def judge(
    outcome: Outcome,
    subject: Subject,
    elements: Mapping[str, Known],
    models: Sequence[KnownModel],
    measured: Sequence[Measured] | None,
) -> None:
    """Judge one subject and add what is found to `outcome`."""
    synonyms = {code: known.synonyms for code, known in elements.items()}
    followed: dict[str, Known] = {}
    outcome.tables += 1
    for one in subject.fields:
        code = one.element or recognise(one.name, one.comment, synonyms) or ""
        known = elements.get(code)
        outcome.fields += 1
        outcome.covered += known is not None
        _described(outcome, subject, one)
        if known is not None:
            followed[one.name] = known
            _held(outcome, subject, one, known)
            _protected(outcome, subject, one, known)
    _keyed(outcome, subject)
    _modelled(outcome, subject, followed, models)
    if measured is not None:
        outcome.measured += 1
        _measured(outcome, subject, followed, measured)


def _found(subject: Subject, one: Field | None, check: Check, severity: Severity, **more: Any) -> Found:
    of = one if one is not None and (one.url or check in one.fixes) else subject
    url = of.fixes.get(check) or of.url
    column = one.name if one is not None else ""
    return Found(table=subject.title, column=column, check=check, severity=severity, url=url, **more)


def _described(outcome: Outcome, subject: Subject, one: Field) -> None:
    told = bool(_CHINESE.search(one.comment) or _CHINESE.search(one.name))
    finding = None if told else _found(subject, one, "described", "advice", found=one.comment, expected="comment")
    outcome.add("described", told, finding)


def _held(outcome: Outcome, subject: Subject, one: Field, known: Known) -> None:
    """Hold a column's type and length against its element."""
    allowed = FAMILIES.get(known.type)
    if allowed is not None:
        fits = family(one.type) in allowed
        facts = {"found": one.type, "expected": known.type, "standard": known.standard}
        outcome.add("type", fits, None if fits else _found(subject, one, "type", "wrong", **facts))
    declared = _DECLARED.search(one.type)
    if known.length and declared and family(one.type) == "text":
        fits = int(declared.group(1)) >= known.length
        facts = {"found": declared.group(1), "expected": str(known.length), "standard": known.standard}
        outcome.add("length", fits, None if fits else _found(subject, one, "length", "wrong", **facts))


def _protected(outcome: Outcome, subject: Subject, one: Field, known: Known) -> None:
    """Hold grade, personal mark and mask against the element, where the thing says them."""
    if one.grade is not None:
        fits = one.grade >= known.grade
        facts = {"found": str(one.grade), "expected": str(known.grade), "standard": known.standard}
        outcome.add("grade", fits, None if fits else _found(subject, one, "grade", "wrong", **facts))
    if one.personal is not None and known.personal:
        facts = {"found": "", "expected": "personal", "standard": known.standard}
        outcome.add(
            "personal", one.personal, None if one.personal else _found(subject, one, "personal", "wrong", **facts)
        )
    if one.masked is not None and known.masks and known.grade >= SENSITIVE:
        facts = {"found": "", "expected": "mask", "standard": known.standard}
        outcome.add("mask", one.masked, None if one.masked else _found(subject, one, "mask", "wrong", **facts))


def _keyed(outcome: Outcome, subject: Subject) -> None:
    if subject.key is not None:
        has = bool(subject.key)
        outcome.add("key", has, None if has else _found(subject, None, "key", "wrong", found="", expected="key"))


def _modelled(outcome: Outcome, subject: Subject, followed: Mapping[str, Known], models: Sequence[KnownModel]) -> None:
    """Hold a table against the model that it is nearest to, if it is near to one at all."""
    codes = {known.code for known in followed.values()}
    best: tuple[float, KnownModel] | None = None
    for model in models:
        share = sum(code in codes for _name, code in model.required) / len(model.required) if model.required else 0.0
        if model.key in codes and share >= MATCHED and (best is None or share > best[0]):
            best = (share, model)
    if best is None:
        return
    for name, code in best[1].required:
        has = code in codes
        facts = {"found": "", "expected": name, "standard": best[1].name}
        outcome.add("model", has, None if has else _found(subject, None, "model", "wrong", **facts))


def _measured(outcome: Outcome, subject: Subject, followed: Mapping[str, Known], measured: Sequence[Measured]) -> None:
    by_name = {one.name: one for one in subject.fields}
    for result in measured:
        known, one = followed.get(result.column), by_name.get(result.column)
        if not result.checked or one is None:
            continue
        passed = Decimal(result.checked - result.failed) / Decimal(result.checked)
        finding = None
        if result.failed:
            severity: Severity = "outdated" if result.kind == "outdated_code" else "wrong"
            standard = known.standard if known else ""
            facts = {"found": str(result.failed), "expected": result.kind, "standard": standard}
            counts = {"checked": result.checked, "failed": result.failed}
            finding = _found(subject, one, "values", severity, **facts, **counts)
        outcome.add("values", passed, finding)
