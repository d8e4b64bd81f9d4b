"""An interface as a conformity review sees it: the columns that a grant gives, with type, grade and mask, and their rows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actor import Actor
from jiangyuan.standards.conformity.reviewing import Field, Reviewable, Subject


def _rows(actor: Actor) -> Any:
    """Give the grants that give rows or answers now, among those the actor may know of."""
    return (
        Grant.visible_to(actor)
        .filter(state__in=("active", "suspended"))
        .select_related("entry", "mount__table", "system")
    )


_IN_THE_TABLE = ("described", "type", "length", "key", "model", "values")
"""Checks whose findings are mended where the data lie; masks are put on where the interface is granted."""


def _subject(grant: Grant) -> Subject:
    elements = {i.column: i.element.code for i in grant.entry.items.select_related("element") if i.element}
    url, table = (
        f"/exchange/grants/{grant.pk}/",
        f"/sources/{grant.mount.table.source_id}/tables/{grant.mount.table_id}/",
    )
    fixes = {**dict.fromkeys(_IN_THE_TABLE, table), "grade": f"/catalog/{grant.entry_id}/?tab=items"}
    return Subject(
        title=grant.mount.alias,
        url=url,
        fields=tuple(
            Field(
                name=item["column"],
                comment=item.get("name", ""),
                type=item["type"],
                element=elements.get(item["column"], ""),
                grade=item.get("grade"),
                masked=item["mask"].get("kind", "none") != "none" or set(grant.forms) == {"match"},
                url=url,
                fixes=fixes,
            )
            for item in grant.items
        ),
        key=tuple(grant.mount.key),
        table=grant.mount.table_id,
        fixes=fixes,
    )


INTERFACE = Reviewable(
    code="interface",
    title=_("接口"),
    rows=_rows,
    body=lambda grant: grant.provider_id,
    subjects=lambda grant: [_subject(grant)],
    url=lambda grant: f"/exchange/grants/{grant.pk}/",
)
