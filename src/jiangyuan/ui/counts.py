"""How many rows a list has, without counting a big table: exactly while they are few, else as the planner estimates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

EXACT = 1_000
"""Up to so many rows are counted."""
CHEAP = 20_000.0
"""What a count may cost, in the planner's units: about what reading a few thousand pages costs."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows: the number, and whether it is exact or about."""

    number: int
    exact: bool = True

    @property
    def text(self) -> str:
        """Say it: 128 条, 约 93,000 条."""
        if self.exact:
            return ngettext("%(n)s 条", "%(n)s 条", self.number) % {"n": f"{self.number:,}"}
        return _("约 %(n)s 条") % {"n": f"{self.number:,}"}


def _rounded(number: int) -> int:
    """Keep two figures: an estimate says no more, and must not be taken for more."""
    step = 10 ** max(0, len(str(number)) - 2)
    return round(number / step) * step


def count_of(rows: QuerySet[Any], *, shown: int, whole: bool) -> Count:
    """Tell how many rows there are. `shown`: those on this page; `whole`: the page holds all of them.

    A list of one page costs nothing; another one plan, and one bounded count where the plan says that it is cheap.
    """
    if whole:
        return Count(shown)
    bare = rows.order_by()
    plan = json.loads(bare.explain(format="json"))[0]["Plan"]
    estimate, cost = int(plan["Plan Rows"]), float(plan["Total Cost"])
    if estimate <= 2 * EXACT and cost <= CHEAP:
        counted = bare.values("pk")[: EXACT + 1].count()
        if counted <= EXACT:
            return Count(counted)
    return Count(_rounded(max(estimate, shown + 1)), exact=False)
