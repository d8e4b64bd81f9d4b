"""Every read of quality's own tables, and of the rows that break a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.queries import live_items
from jiangyuan.data import conditions
from jiangyuan.data.connectors.reading import read
from jiangyuan.data.disclosure import judge
from jiangyuan.data.plan import authorize
from jiangyuan.data.relations import Column, Mask, RelationGrant, mask_of
from jiangyuan.kernel import ciphers, events, vault
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import NotFound
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.ingestion.queries import ALWAYS, SUBJECTS, data_version, source_location
from jiangyuan.resources.quality.models import CheckResult, CheckRun, QualityRule

PROBLEMS = "quality.problems"
"""The purpose under which the owner's people look at the rows that break a rule."""
STAFF = frozenset({"business_office", "sharing_handler", "sharing_head", "department_head"})
"""Capacities of the owning body's people who mend rows, and therefore may see which ones are wrong."""
ROWS, NODES = 40, 190


def rules_of(*, actor: Actor, mount: Mount) -> QuerySet[QualityRule]:
    """Give the active rules of a mounted table."""
    return QualityRule.visible_to(actor).filter(mount=mount, active=True).order_by("name")


def runs_of(*, actor: Actor, mount: Mount) -> QuerySet[CheckRun]:
    """Give the runs of a mounted table, newest first."""
    return CheckRun.visible_to(actor).filter(mount=mount).order_by("-created_at")


def results_of(*, actor: Actor, run: CheckRun) -> QuerySet[CheckResult]:
    """Give what each rule found in a run, the worst first."""
    return CheckResult.visible_to(actor).filter(run=run).select_related("rule").order_by("-failed", "pk")


def checked_tables(*, actor: Actor) -> QuerySet[Mount]:
    """Give the live mounts the actor may know of, each with its newest finished run: id, score, rows, when, and whether
    it was failed or found a row."""
    last = CheckRun.objects.filter(mount=OuterRef("pk"), finished_at__isnull=False).order_by("-created_at")
    found = Mount.visible_to(actor).exclude(state="removed").select_related("entry__body")
    found = found.annotate(
        run=Subquery(last.values("pk")[:1]),
        score=Subquery(last.values("score")[:1]),
        rows_checked=Subquery(last.values("rows")[:1]),
        run_at=Subquery(last.values("finished_at")[:1]),
        run_error=Subquery(last.values("error")[:1]),
    )
    return found.annotate(broken=Exists(CheckResult.objects.filter(run=OuterRef("run"), failed__gt=0)))


def scores_of(*, actor: Actor, mounts: Sequence[UUID], each: int = 8) -> dict[UUID, list[CheckRun]]:
    """Give the newest finished runs with a score of several mounts, at most `each`, oldest first."""
    rank = Window(RowNumber(), partition_by=[F("mount_id")], order_by=F("created_at").desc())
    runs = CheckRun.visible_to(actor).filter(mount__in=list(mounts), score__isnull=False)
    found: dict[UUID, list[CheckRun]] = {}
    for run in runs.annotate(rank=rank).filter(rank__lte=each).order_by("created_at"):
        found.setdefault(run.mount_id, []).append(run)
    return found


def failing_of(entries: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the rules that the newest finished run of an entry's live tables found broken."""
    last = CheckRun.objects.filter(mount=OuterRef("pk"), finished_at__isnull=False).order_by("-created_at")
    mounts = Mount.objects.filter(entry__in=list(entries)).exclude(state="removed")
    runs = dict(mounts.annotate(run=Subquery(last.values("pk")[:1])).values_list("run", "entry_id"))
    broken = CheckResult.objects.filter(run__in=[run for run in runs if run], failed__gt=0)
    return Counter(runs[run] for run in broken.values_list("run_id", flat=True))


def may_see_problems(actor: Actor, mount: Mount) -> bool:
    """Tell whether the actor is one of those who mend the rows of a mount."""
    return actor.kind == "person" and actor.body == mount.entry.body_id and actor.capacity in STAFF


def evidence_of(result: CheckResult, *, actor: Actor) -> list[list[str]] | None:
    """Give the keys of violating rows to those who mend them; None to everybody else, or when erased."""
    if result.sealed_evidence is None or not may_see_problems(actor, result.run.mount):
        return None
    opened = vault.unseal(bytes(result.sealed_evidence), place=f"evidence:{result.pk}")
    found: list[Any] | None = orjson.loads(opened) if opened else None
    return found


def problem_results(*, actor: Actor) -> QuerySet[CheckResult]:
    """Give the results whose rows the actor may look at: those of his own body, and none of anybody else's."""
    if actor.kind != "person" or not actor.body or actor.capacity not in STAFF:
        return CheckResult.objects.none()
    found = CheckResult.visible_to(actor).filter(run__mount__entry__body_id=actor.body, evidence_kept__gt=0)
    return found.select_related("rule", "run__mount__entry__body", "run__mount__table__source")


def resolve_problems(actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> Sequence[RelationGrant]:
    """Answer what the owner's people may read of the rows that break a rule: exactly those rows, masked by default.

    A result is named by its id; names in SQL are never answered.
    """
    if scene.purpose != PROBLEMS or form != "query":
        return ()
    wanted = [name for name in names if isinstance(name, UUID)]
    found = problem_results(actor=actor).filter(Q(pk__in=wanted), run__mount__state="active")
    return [made for result in found if (made := _relation(result, actor)) is not None]


def _relation(result: CheckResult, actor: Actor) -> RelationGrant | None:
    mount = result.run.mount
    keys = evidence_of(result, actor=actor) or []
    items = list(mount.entry.items.select_related("element"))
    types = {item.column: item.type for item in items}
    # a mask counts once its entry was reviewed with it: nobody unmasks rows by drafting a revision
    masks = {item["column"]: mask_of(item["mask"]) for item in live_items(mount.entry)}
    if not keys or any(column not in types for column in mount.key):
        return None
    shown = (Column(i.column, i.type, masks.get(i.column, Mask("redact")), _meaning(i)) for i in items)
    return RelationGrant(
        resource=result.pk,
        entry=mount.entry_id,
        alias=mount.alias,
        location=source_location(mount),
        key=tuple(mount.key),
        columns=_masked(tuple(shown)),
        condition=_rows_named(list(mount.key), types, keys),
        grant=None,
        epoch=mount.version,
        until=ALWAYS,
        forms=frozenset({"query"}),
        row_limit=ROWS,
        data_version=data_version(mount),
        owner=actor.body,
    )


def _meaning(item: Any) -> str:
    return item.element.code if item.element else ""


def _masked(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Hide tokens, which only a grant can make, and what the set of masks would still tell together."""
    shown = [_hidden(c) if c.mask and c.mask.kind == "token" else c for c in columns]
    if any(found.refuses for found in judge(tuple(shown))):
        shown = [_hidden(c) if c.meaning in SUBJECTS else c for c in shown]
    return tuple(shown)


def _hidden(column: Column) -> Column:
    return Column(column.name, column.type, Mask("redact"), column.meaning)


def _rows_named(key: list[str], types: dict[str, str], keys: list[list[str]]) -> conditions.Condition:
    """Make the condition that holds for the rows of these keys, within the bounds of the grammar."""
    if len(key) == 1:
        column = key[0]
        values = [_value(types[column], row[0]) for row in keys[:ROWS]]
        return conditions.parse({"op": "in", "column": column, "type": types[column], "values": values})
    rows = [
        {
            "op": "and",
            "items": [
                {"op": "=", "column": column, "type": types[column], "value": _value(types[column], text)}
                for column, text in zip(key, row, strict=True)
            ],
        }
        for row in keys[: min(ROWS, NODES // (len(key) + 1))]
    ]
    return conditions.parse({"op": "or", "items": rows})


def _value(type: str, text: str) -> str | int | bool:
    kind = conditions.family(type)
    if kind == "integer":
        return int(text)
    return text == "true" if kind == "boolean" else text


@dataclass(frozen=True, slots=True)
class Problems:
    """Rows that break a rule as their owner sees them: columns, masked values, and how many keys were kept in all."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    kept: int


def problem_rows(result: CheckResult, *, actor: Actor, scene: Scene) -> Problems:
    """Read the rows that break a rule through door two, remembered before the first one leaves the source.

    `scene` has the purpose `PROBLEMS`. Raises what door two and the source refuse.
    """
    plan = authorize([result.pk], actor=actor, scene=scene)
    relation = plan.relations[0]
    reading = _reading(result, actor, scene, form="query", asked="problems")
    begun = events.start_access(reading)
    columns = tuple(column.name for column in relation.columns)
    rows = [row for batch in read(plan, alias=relation.alias) for row in zip(*batch.to_pydict().values(), strict=True)]
    _finish(reading, begun, result, rows, evidence_of(result, actor=actor) or [])
    return Problems(columns, tuple(rows), result.evidence_kept)


def problem_keys(result: CheckResult, *, actor: Actor, scene: Scene) -> list[list[str]]:
    """Give the kept keys of the rows that break a rule, unmasked, so that their owner finds them in his own system.

    Remembered as a read. Raises `NotFound` for anybody else, and where the evidence was erased.
    """
    keys = evidence_of(result, actor=actor)
    if keys is None:
        raise NotFound(_("没有可导出的问题行"), mend=_("问题行的主键只供数据所属部门整改使用。"))
    reading = _reading(result, actor, scene, form="file", asked="problem-keys")
    begun = events.start_access(reading)
    _finish(reading, begun, result, keys, keys)
    return keys


def _reading(result: CheckResult, actor: Actor, scene: Scene, *, form: str, asked: str) -> events.Reading:
    mount = result.run.mount
    return events.Reading(
        form=form,
        actor=actor,
        scene=scene,
        entry=mount.entry_id,
        query=f"{asked}:{result.pk}",
        data_version=data_version(mount),
    )


def _finish(
    reading: events.Reading, begun: UUID, result: CheckResult, rows: Sequence[Any], keys: list[list[str]]
) -> None:
    """End a read with its keyed digest and, where the key names persons or enterprises, with their pseudonyms."""
    mount = result.run.mount
    named = {item.column for item in mount.entry.items.all() if item.identifies in SUBJECTS}
    place = next((at for at, column in enumerate(mount.key) if column in named), None)
    subjects = b"" if place is None else b"".join(vault.pseudonym(key[place]) for key in keys)
    digest = ciphers.hmac_sm3(vault.standing_secret("answers"), repr(list(rows)).encode()).hex()
    events.finish_access(reading, begun, rows=len(rows), digest=digest, subjects=subjects)
