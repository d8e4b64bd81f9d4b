"""Quality rules: what a table must satisfy, compiled to one scan, with evidence kept.

Duty: rules as typed values with a JSON form (`rules`), their compilation to SQL (`compile`, `identifier_sql`) and one
run over Arrow, Parquet or a relation of a Plan (`run`). Place in the flow: after ingestion; the room of governance
stores the results and opens tickets. Not: it knows no catalogue entry, no ticket and no unit.

What NULL and duplicates mean is defined here once, since tools disagree about it on the same data:

* NULL passes every rule but `not_null`; such rows are not counted as checked by the rule either.
* Duplicates are counted as surplus rows (three equal rows are two violations); the keys of all members are evidence.
* A malformed identifier fails the check digit rule; it never passes as an unknown.
"""

from jiangyuan.data.checks.rules import (
    CodeSet,
    CrossField,
    Freshness,
    Identifier,
    NotNull,
    Pattern,
    Range,
    Reference,
    RowCount,
    Rule,
    RuleRefused,
    Unique,
    rule_from_json,
)
from jiangyuan.data.checks.run import CheckRun, RuleResult, Score, check, check_plan, check_relation

__all__ = [
    "CheckRun",
    "CodeSet",
    "CrossField",
    "Freshness",
    "Identifier",
    "NotNull",
    "Pattern",
    "Range",
    "Reference",
    "RowCount",
    "Rule",
    "RuleRefused",
    "RuleResult",
    "Score",
    "Unique",
    "check",
    "check_plan",
    "check_relation",
    "rule_from_json",
]
