"""The act that installs a province's divisions. Loaded with `actions`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actions import action, describe
from jiangyuan.organization.divisions import divisions, retired
from jiangyuan.organization.models import Jurisdiction


@action("organization.divisions.install", on=None, event="organization.divisions.installed", title=_("装入行政区划"))
def install_divisions(*, province: str) -> int:
    """Install the divisions of a province, current and retired, with their dates; gives how many there are now.

    Idempotent: a code that is known keeps its identity, and what it says is brought up to date.
    """
    listed = (*divisions(province=province, statistical=True), *retired(province=province))
    known = {(j.scheme, j.code, j.name): j for j in Jurisdiction.objects.filter(code__startswith=province[:2])}
    rows: list[Jurisdiction] = []
    for one in listed:
        row = known.get((one.scheme, one.code, one.name)) or Jurisdiction(
            scheme=one.scheme, code=one.code, name=one.name
        )
        row.level, row.valid_from, row.valid_to = one.level, one.valid_from, one.valid_to
        row.retired, row.successor_code = one.retired, one.successor
        rows.append(row)
    by_code = {row.code: row for row in sorted(rows, key=lambda r: not r.retired)}
    for row, one in zip(rows, listed, strict=True):
        row.parent = by_code.get(one.parent)
    order = {"province": 0, "prefecture": 1, "county": 2, "township": 3}
    rows.sort(key=lambda r: (order[r.level], r.code))
    stored = {j.pk for j in known.values()}
    Jurisdiction.objects.bulk_create([r for r in rows if r.pk not in stored])
    Jurisdiction.objects.bulk_update(
        [r for r in rows if r.pk in stored], ["level", "valid_from", "valid_to", "retired", "successor_code", "parent"]
    )
    describe(province=province, divisions=len(rows))
    return len(rows)
