"""The rows of a table checked by its elements, for conformity reviews: one scan, through a plan of the service."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from jiangyuan.data.checks.rules import rule_from_json
from jiangyuan.data.checks.run import check_relation
from jiangyuan.data.connectors.reading import open_relation
from jiangyuan.data.plan import authorize
from jiangyuan.kernel import events
from jiangyuan.kernel.actor import Scene
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.ingestion.queries import QUALITY
from jiangyuan.standards.conformity.reviewing import Measured
from jiangyuan.standards.queries import checks


def measure(table: UUID) -> Sequence[Measured] | None:
    """Check the rows of a mounted table by what its items' elements demand; None where no live entry names the table.

    The read is remembered before it begins. Raises what door two and the source refuse.
    """
    mount = Mount.objects.filter(table_id=table, state="active").select_related("entry").order_by("created_at").first()
    if mount is None:
        return None
    items = mount.entry.items.select_related("element__code_set").filter(element__isnull=False)
    found = [rule_from_json(one) for item in items for one in checks(item.element, column=item.column, type=item.type)]
    if not found:
        return ()
    scene = Scene(purpose="conformity", channel="worker")
    reading = events.Reading(
        form="check", actor=QUALITY, scene=scene, entry=mount.entry_id, query=f"conformity:{len(found)}"
    )
    plan = authorize([mount.pk], actor=QUALITY, scene=scene, form="table")
    read = events.start_access(reading)
    with open_relation(plan, alias=mount.alias) as (connection, relation):
        run = check_relation(connection, relation, found, now=timezone.now(), cap=0)
    events.finish_access(reading, read, rows=run.rows, digest="")
    columns = {rule.name: rule.columns_used()[0] for rule in found}
    return [
        Measured(column=columns[one.name], kind=one.kind, checked=one.checked, failed=one.violations)
        for one in run.results
    ]
