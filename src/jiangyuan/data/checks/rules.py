"""The kinds of quality rules, each a frozen value with a JSON form.

Dimensions and codes are those of GB/T 36344-2018 (信息技术 数据质量评价指标); the score of a dimension is passed / checked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.identifiers import KINDS as IDENTIFIERS
from jiangyuan.kernel.texts import listed

DIMENSIONS = ("normativeness", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
RELATIONS = ("birth_in_id", "sex_in_id", "division_in_id", "equal", "not_equal", "less", "less_or_equal")
LONGEST_PATTERN = 500

Bound = int | float | Decimal | date | datetime | str


class RuleRefused(Refused):
    """A quality rule that cannot be run as written; the message says which field of it to mend."""

    default_code = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule has: a `name` unique in its set; `dimension` overrides the kind's own one of GB/T 36344-2018."""

    name: str
    dimension: str = ""
    kind: ClassVar[str] = ""
    default_dimension: ClassVar[str] = "accuracy"
    code: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise RuleRefused(_("质量规则没有名称"), where="name", mend=_("请为规则取一个在本规则集内唯一的名称。"))
        if self.dimension and self.dimension not in DIMENSIONS:
            raise RuleRefused(
                _("规则“%(name)s”的质量维度不存在") % {"name": self.name},
                where="dimension",
                mend=_("请从规范性、完整性、准确性、一致性、时效性、可访问性中选择。"),
                article="GB/T 36344-2018",
            )
        self.validate()

    def validate(self) -> None:
        """Raise `RuleRefused` where the rule's own fields contradict each other."""

    def refuse(self, where: str, mend: object) -> None:
        """Raise `RuleRefused` naming this rule, the field `where` and how to `mend` it."""
        raise RuleRefused(
            _("规则“%(name)s”的“%(where)s”不正确") % {"name": self.name, "where": where}, where=where, mend=mend
        )

    @property
    def measured(self) -> str:
        """The dimension of GB/T 36344-2018 that the rule counts toward."""
        return self.dimension or self.default_dimension

    def columns_used(self) -> tuple[str, ...]:
        """Name the columns the rule reads."""
        return tuple(getattr(self, f.name) for f in fields(self) if f.name in ("column", "other"))

    def as_json(self) -> dict[str, Any]:
        """Give the rule as JSON values; `rule_from_json` reads it back."""
        values = {f.name: _to_json(getattr(self, f.name)) for f in fields(self)}
        return {"kind": self.kind, **{k: v for k, v in values.items() if v not in ("", None)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull(Rule):
    """Every row has a value. The only rule that NULL fails; an empty text is a value."""

    column: str
    kind: ClassVar[str] = "not_null"
    default_dimension: ClassVar[str] = "completeness"
    code: ClassVar[str] = "0201"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(Rule):
    """No two rows have the same values in `columns`.

    A row with NULL in any of them is not checked. Violations are surplus rows; all members' keys are evidence.
    """

    columns: tuple[str, ...]
    kind: ClassVar[str] = "unique"
    code: ClassVar[str] = "0304"

    def validate(self) -> None:
        """Raise `RuleRefused` for no column or one named twice."""
        if not self.columns or len(set(self.columns)) != len(self.columns):
            self.refuse("columns", _("请列出至少一列，且不要重复。"))

    def columns_used(self) -> tuple[str, ...]:
        """Name the columns the rule reads."""
        return self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern(Rule):
    """The whole value, as text, matches the RE2 expression `pattern`. NULL passes."""

    column: str
    pattern: str
    kind: ClassVar[str] = "pattern"
    code: ClassVar[str] = "0302"

    def validate(self) -> None:
        """Raise `RuleRefused` for an empty or very long expression (its syntax is checked when compiled)."""
        if not 0 < len(self.pattern) <= LONGEST_PATTERN:
            self.refuse("pattern", _("表达式长度应为 1 至 500 个字符。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet(Rule):
    """The value is one of `codes`, or of the code table bound under the name `table` when the rule runs. NULL passes."""

    column: str
    codes: tuple[str, ...] = ()
    table: str = ""
    kind: ClassVar[str] = "code_set"
    default_dimension: ClassVar[str] = "normativeness"
    code: ClassVar[str] = "0105"

    def validate(self) -> None:
        """Raise `RuleRefused` unless exactly one of `codes` and `table` is given."""
        if bool(self.codes) == bool(self.table):
            self.refuse("codes", _("请给出代码列表或代码表名称，二者取一。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedCode(Rule):
    """The value is none of `codes`, which were valid once and no longer are. NULL passes, and so does a wrong value.

    Beside a `CodeSet` that knows these codes too, it tells what is outdated apart from what is wrong.
    """

    column: str
    codes: tuple[str, ...] = ()
    kind: ClassVar[str] = "outdated_code"
    default_dimension: ClassVar[str] = "normativeness"
    code: ClassVar[str] = "0105"

    def validate(self) -> None:
        """Raise `RuleRefused` where no code is given."""
        if not self.codes:
            self.refuse("codes", _("请给出已停用的代码。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(Rule):
    """The value, as text, has at most `most` characters. NULL passes."""

    column: str
    most: int
    kind: ClassVar[str] = "length"
    default_dimension: ClassVar[str] = "normativeness"
    code: ClassVar[str] = "0302"

    def validate(self) -> None:
        """Raise `RuleRefused` for a length that is not positive."""
        if self.most <= 0:
            self.refuse("most", _("长度应为正整数。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Rule):
    """The value lies between `low` and `high`, both included; an open end is None. NULL passes, NaN fails."""

    column: str
    low: Bound | None = None
    high: Bound | None = None
    kind: ClassVar[str] = "range"
    code: ClassVar[str] = "0301"

    def validate(self) -> None:
        """Raise `RuleRefused` for no bound, bounds of two kinds, or a low one above the high one."""
        if self.low is None and self.high is None:
            self.refuse("low", _("请至少给出上限或下限。"))
        if self.low is not None and self.high is not None:
            try:
                wrong = self.low > self.high  # pyright: ignore[reportOperatorIssue]
            except TypeError:
                wrong = True
            if wrong:
                self.refuse("low", _("下限不能大于上限，且两者应为同一类型。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier(Rule):
    """The value keeps to the standard of `scheme`, check digit included. NULL passes; a malformed value fails.

    `scheme` names a kind of `kernel.identifiers` (`citizen_id` GB 11643, `uscc` GB 32100, `organization_code`
    GB 11714, `bank_card` Luhn …) and is judged by the same facts. Some bank cards in use break Luhn: read such a rule
    as a warning.
    """

    column: str
    scheme: str
    kind: ClassVar[str] = "identifier"
    code: ClassVar[str] = "0301"

    def validate(self) -> None:
        """Raise `RuleRefused` for an unknown scheme."""
        if self.scheme not in IDENTIFIERS:
            self.refuse("scheme", _("可选：%(schemes)s。") % {"schemes": listed(IDENTIFIERS)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossField(Rule):
    """`column` and `other` of one row agree under `relation`. A row with NULL in either passes.

    `birth_in_id`: the date equals places 7-14 of the citizen id in `other`; `sex_in_id`: the GB/T 2261.1 code or 男/女
    agrees with the parity of place 17 (0 and 9, not stated, pass); `division_in_id`: the first six places are equal;
    `equal`, `not_equal`, `less`, `less_or_equal`: the two values compare so.
    """

    column: str
    other: str
    relation: str
    kind: ClassVar[str] = "cross_field"
    default_dimension: ClassVar[str] = "consistency"
    code: ClassVar[str] = "0402"

    def validate(self) -> None:
        """Raise `RuleRefused` for an unknown relation or a column compared with itself."""
        if self.relation not in RELATIONS:
            self.refuse("relation", _("可选：%(relations)s。") % {"relations": listed(RELATIONS)})
        if self.column == self.other:
            self.refuse("other", _("请选择另一列与之比较。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Rule):
    """The value stands in column `foreign` of the table bound under the name `table` when the rule runs. NULL passes."""

    column: str
    table: str
    foreign: str
    kind: ClassVar[str] = "reference"
    default_dimension: ClassVar[str] = "consistency"
    code: ClassVar[str] = "0402"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness(Rule):
    """The newest value of `column` is at most `seconds` old. A value without a zone is Beijing time.

    One check per run: a table without any value fails, as nothing shows that it is fresh.
    """

    column: str
    seconds: int
    kind: ClassVar[str] = "freshness"
    default_dimension: ClassVar[str] = "timeliness"
    code: ClassVar[str] = "0502"

    def validate(self) -> None:
        """Raise `RuleRefused` for an age that is not positive."""
        if self.seconds <= 0:
            self.refuse("seconds", _("时效应为正的秒数。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount(Rule):
    """The table has between `low` and `high` rows, both included; one check per run."""

    low: int = 0
    high: int | None = None
    kind: ClassVar[str] = "row_count"
    default_dimension: ClassVar[str] = "completeness"
    code: ClassVar[str] = "0202"

    def validate(self) -> None:
        """Raise `RuleRefused` for a negative or reversed range."""
        if self.low < 0 or (self.high is not None and self.high < self.low):
            self.refuse("low", _("行数范围应为非负数，且下限不大于上限。"))


KINDS: dict[str, type[Rule]] = {
    rule.kind: rule
    for rule in (
        NotNull,
        Unique,
        Pattern,
        CodeSet,
        OutdatedCode,
        Length,
        Range,
        Identifier,
        CrossField,
        Reference,
        Freshness,
        RowCount,
    )
}


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"timestamp": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return list(value) if isinstance(value, tuple) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        ((kind, text),) = value.items()
        readers = {"timestamp": datetime.fromisoformat, "date": date.fromisoformat, "decimal": Decimal}
        if kind in readers:
            return readers[kind](text)
    return tuple(value) if isinstance(value, list) else value


_PLAIN = {"str": str, "int": int, "tuple[str, ...]": tuple}


def _of_right_type(kind: type[Rule], name: str, value: Any) -> bool:
    declared = next(str(f.type) for f in fields(kind) if f.name == name)
    expected = _PLAIN.get(declared)
    if expected is None:
        return value is None or isinstance(value, int | float | Decimal | date | str)
    if isinstance(value, bool) or not isinstance(value, expected):
        return False
    return expected is not tuple or all(isinstance(item, str) for item in value)


def rule_from_json(document: object) -> Rule:
    """Read one rule from its JSON form. Raises `RuleRefused`, which says what to mend, for anything else."""
    if not isinstance(document, dict) or document.get("kind") not in KINDS:
        raise RuleRefused(
            _("不认识的质量规则种类"), where="kind", mend=_("可选：%(kinds)s。") % {"kinds": listed(KINDS)}
        )
    kind = KINDS[document["kind"]]
    known = {f.name for f in fields(kind)}
    values: dict[str, Any] = {}
    for name, raw in document.items():
        if name == "kind":
            continue
        try:
            value = _from_json(raw)
        except (ValueError, TypeError, ArithmeticError):
            value = object()
        if name not in known or not _of_right_type(kind, name, value):
            raise RuleRefused(
                _("质量规则的字段“%(name)s”不存在或类型不对") % {"name": name},
                where=str(name),
                mend=_("该种规则的字段：%(fields)s。") % {"fields": listed(sorted(known))},
            )
        values[name] = value
    try:
        return kind(**values)
    except TypeError as error:
        raise RuleRefused(
            _("质量规则缺少必填字段"),
            where=kind.kind,
            mend=_("该种规则的字段：%(fields)s。") % {"fields": listed(sorted(known))},
        ) from error
