"""What of the sources may be reviewed: one scanned table, or a whole database with all its tables."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.sources.models import ScannedTable, Source
from jiangyuan.standards.conformity.reviewing import Field, Reviewable, Subject

MOST_TABLES = 2000


def subject_of(table: ScannedTable) -> Subject:
    """Give a scanned table as it may be reviewed."""
    name = f"{table.schema}.{table.name}".lstrip(".")
    url = f"/sources/{table.source_id}/tables/{table.pk}/"
    columns = [column for column in table.columns.all() if column.gone_at is None]
    return Subject(
        title=name,
        url=url,
        fields=tuple(Field(name=c.name, comment=c.comment, type=c.type, url=url) for c in columns),
        key=tuple(table.key),
        table=table.pk,
    )


def _tables(source: Any) -> list[Subject]:
    live = source.tables.filter(gone_at__isnull=True).order_by("name").prefetch_related("columns")
    return [subject_of(table) for table in live[:MOST_TABLES]]


SOURCE = Reviewable(
    code="source",
    title=_("数据库"),
    rows=lambda actor: Source.visible_to(actor).exclude(state="retired"),
    body=lambda source: source.body_id,
    subjects=_tables,
    url=lambda source: f"/sources/{source.pk}/",
)
TABLE = Reviewable(
    code="table",
    title=_("数据表"),
    rows=lambda actor: ScannedTable.visible_to(actor).filter(gone_at__isnull=True).select_related("source"),
    body=lambda table: table.source.body_id,
    subjects=lambda table: [subject_of(table)],
    url=lambda table: f"/sources/{table.source_id}/tables/{table.pk}/",
)
