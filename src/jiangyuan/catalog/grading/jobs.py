"""Background work of grading: statistics of an entry's table, read through a plan, become proposals."""

from __future__ import annotations

from uuid import UUID

from jiangyuan.catalog.grading.queries import FORM, GRADING
from jiangyuan.data.connectors.reading import open_relation
from jiangyuan.data.plan import authorize
from jiangyuan.data.profile import profile_relation
from jiangyuan.kernel import events
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.jobs import job

MOST_ROWS = 100_000
"""Rows looked at: enough to tell an identifier, and no more of anybody's data than that takes."""


@job("catalog.grading.propose")
def propose(entry: str) -> None:
    """Propose grades for an entry, with what its columns hold where the source can be read, else from words alone."""
    identifiers, sampled = _identifiers(UUID(entry))
    act("catalog.grading.propose", actor=GRADING, entry=entry, identifiers=identifiers, sampled=sampled)


def _identifiers(entry: UUID) -> tuple[dict[str, tuple[str, float]], bool]:
    """Tell what the values of each column were found to be; the read is remembered, and no value is kept."""
    scene = Scene(purpose="grading", channel="worker")
    reading = events.Reading(form="check", actor=GRADING, scene=scene, entry=entry, query="grading:profile")
    try:
        plan = authorize([entry], actor=GRADING, scene=scene, form=FORM)
        read = events.start_access(reading)
        with open_relation(plan, alias=plan.relations[0].alias) as (connection, relation):
            found = profile_relation(connection, relation, most=MOST_ROWS)
    except JiangyuanError:
        return {}, False
    events.finish_access(reading, read, rows=found.rows, digest="")
    named = ((column.name, column.identifiers[0]) for column in found.columns if column.identifier is not None)
    return {name: (kind, float(share)) for name, (kind, share) in named}, True
