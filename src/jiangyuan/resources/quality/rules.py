"""Pure decisions of quality: which rules a column's element proposes, and what a run scores."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.checks.rules import rule_from_json
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.texts import listed

WEEK_SECONDS = 7 * 24 * 3600
CYCLE_SECONDS = {
    "realtime": 24 * 3600,
    "daily": 2 * 24 * 3600,
    "weekly": 2 * WEEK_SECONDS,
    "monthly": 62 * 24 * 3600,
    "quarterly": 184 * 24 * 3600,
    "yearly": 732 * 24 * 3600,
}
"""How old the newest row may be for each declared update cycle: the cycle with as much again for the work itself."""


def proposed(
    items: Iterable[Mapping[str, Any]], *, key: Iterable[str], cycle: str, changed: str = ""
) -> list[dict[str, Any]]:
    """Propose rules for a mounted table from its items' elements, its key and its declared update cycle.

    `items`: {"column", "element", "checks", "required"}, where `checks` are the rules that the item's data element makes
    of its column. Each proposal is the JSON form of a `data.checks` rule; a person keeps, changes or drops it.
    """
    found: list[dict[str, Any]] = [{"kind": "row_count", "name": "row_count", "low": 1}]
    keys = list(key)
    if keys:
        found.append({"kind": "unique", "name": "key_unique", "columns": keys})
    births = next((i["column"] for i in items if i.get("element") == "birth_date"), "")
    for item in items:
        found += _of_item(item, births)
    if changed and cycle in CYCLE_SECONDS:
        seconds = CYCLE_SECONDS[cycle]
        found.append({"kind": "freshness", "name": "fresh", "column": changed, "seconds": seconds})
    return found


def _of_item(item: Mapping[str, Any], births: str) -> list[dict[str, Any]]:
    column = item["column"]
    found: list[dict[str, Any]] = []
    if item.get("required"):
        found.append({"kind": "not_null", "name": f"{column}_present", "column": column})
    found += item.get("checks", ())
    if item.get("element") == "citizen_id" and births:
        found.append(
            {
                "kind": "cross_field",
                "name": f"{births}_matches_{column}",
                "column": births,
                "other": column,
                "relation": "birth_in_id",
            }
        )
    return found


def check_definition(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Give a rule in its normal form; raises `RuleRefused` saying which field to mend."""
    return rule_from_json(dict(definition)).as_json()


def require_columns(definition: Mapping[str, Any], columns: Collection[str]) -> None:
    """Refuse a rule over columns that are no data items of the entry: no run could answer it."""
    missing = [name for name in rule_from_json(dict(definition)).columns_used() if name not in columns]
    if missing:
        raise Refused(
            _("目录中没有信息项“%(columns)s”") % {"columns": listed(missing)},
            where="column",
            mend=_("请从目录的信息项中选择。"),
        )


def require_active(active: bool) -> None:
    """Refuse to work on a rule that was taken out of use or altered meanwhile."""
    if not active:
        raise Conflict(_("这条规则已停用或已被修改"), where="rule", mend=_("请返回规则列表，查看现行规则。"))


def require_unreported(finished: bool) -> None:
    """Refuse a second report of one run: a job that ran twice must not count its results twice."""
    if finished:
        raise Conflict(_("这次检查已有结果"), code="reported", where="run")


def percent(passed: int, checked: int) -> Decimal | None:
    """Give passed / checked as 0.00-100.00, None when nothing was checked (never 100 for an empty denominator)."""
    if not checked:
        return None
    return _rounded(Decimal(passed) * 100 / Decimal(checked))


def total(dimensions: Iterable[tuple[int, int]]) -> Decimal | None:
    """Give the score of a run out of (passed, checked) of each dimension: their mean, each dimension counting the same.

    One question about a whole table (is it up to date?) would else drown among a question for each of its rows.
    A full hundred only where nothing failed; None when nothing was checked.
    """
    found = [(passed, checked) for passed, checked in dimensions if checked]
    if not found:
        return None
    mean = sum((Decimal(passed) * 100 / Decimal(checked) for passed, checked in found), Decimal(0)) / len(found)
    whole = all(passed == checked for passed, checked in found)
    return _rounded(mean) if whole else min(_rounded(mean), Decimal("99.99"))


def _rounded(share: Decimal) -> Decimal:
    return share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
