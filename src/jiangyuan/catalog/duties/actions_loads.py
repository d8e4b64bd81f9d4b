"""Imports of registers: every row judged, the good ones taken in chunks, one event with the digest. Loaded with `actions`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.duties import counts, rules
from jiangyuan.catalog.duties.actions import CONTENT
from jiangyuan.catalog.duties.models import Load, Obligation, ObligationVersion
from jiangyuan.catalog.duties.states import REVIEWERS
from jiangyuan.kernel import ciphers, events
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import Body

MOST = 5_000
MOST_FAULTS = 1_000
CHUNK = 500
Cell = Annotated[str, StringConstraints(max_length=4_001)]
Row = Annotated[dict[Annotated[str, StringConstraints(max_length=20)], Cell], Field(max_length=20)]


@action("catalog.obligation.load", on=None, event="catalog.obligation.loaded", title=_("导入清单"))
def load(
    *,
    kind: Literal["duty", "matter"],
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST)],
    partial: bool = False,
    actor: Actor,
) -> Load:
    """Take a register of up to 5000 rows by field (`rules.HEADINGS`); the answer says of each wrong row what is wrong.

    `partial`: the good rows go on alone; else nothing is taken while a row is wrong. A row whose code is known alters
    that obligation, keeping what it said as a version; one that says the same changes nothing.
    """
    if actor.body is None:
        raise Refused(_("没有以部门的身份办理"), where="body", mend=_("请切换到部门的身份。"))
    good, faults, wrong = _judge(kind, rows, _bodies(actor))
    made = Load(
        kind=kind,
        body_id=actor.body,
        source=source,
        digest=ciphers.sm3(events.canonical({"rows": rows})).hex(),
        rows=len(rows),
        wrong=wrong,
        faults=[fault.as_dict() for fault in faults[:MOST_FAULTS]],
    )
    if good and (partial or not wrong):
        made.taken, made.changed = _take(kind, good, source)
    made.save()
    describe(kind=kind, source=source, rows=made.rows, taken=made.taken, wrong=wrong, digest=made.digest)
    return made


def _bodies(actor: Actor) -> Callable[[str], Body | None]:
    """Give the finder of bodies that the actor may load for: the authority its jurisdiction's, a department itself."""
    rows = Body.objects.filter(active=True)
    rows = (
        rows.filter(jurisdiction__code=actor.jurisdiction)
        if actor.capacity in REVIEWERS
        else rows.filter(pk=actor.body)
    )
    known: dict[str, Body | None] = {}

    def find(name: str) -> Body | None:
        if name not in known:
            found = list(rows.filter(Q(name=name) | Q(short_name=name) | Q(alias=name))[:2])
            known[name] = found[0] if len(found) == 1 else None
        return known[name]

    return find


def _judge(
    kind: str, rows: list[dict[str, str]], body_of: Callable[[str], Body | None]
) -> tuple[list[dict[str, Any]], list[rules.Fault], int]:
    good: list[dict[str, Any]] = []
    faults: list[rules.Fault] = []
    wrong, today = 0, timezone.localdate()
    seen: dict[tuple[Any, str], int] = {}
    heading = next(h.title for h in rules.HEADINGS[kind] if h.field == "code")
    for place, row in enumerate(rows):
        number = place + 2  # the headings are row 1
        values, found = rules.judge(kind, number, row, body_of=body_of, today=today)
        if values is not None:
            key = (values["body"].pk, values["code"])
            if key in seen:
                told = _("与第 %(row)s 行的编码重复") % {"row": seen[key]}
                found = [rules.Fault(number, heading, told, _("请核对，只保留一行。"))]
            seen.setdefault(key, number)
        if found or values is None:
            wrong += 1
            faults += found if len(faults) < MOST_FAULTS else []
        else:
            good.append(values)
    return good, faults, wrong


def _take(kind: str, good: list[dict[str, Any]], source: str) -> tuple[int, int]:
    """Write the good rows; gives how many were taken, and how many of them altered one that was known."""
    today = timezone.localdate()
    bodies = {values["body"].pk for values in good}
    known = {(o.body_id, o.code): o for o in Obligation.objects.filter(kind=kind, body_id__in=bodies)}
    made: list[Obligation] = []
    altered: list[Obligation] = []
    kept: list[ObligationVersion] = []
    numbers = _numbers(kind, bodies)
    for values in good:
        old = known.get((values["body"].pk, values["code"]))
        values = {"source_list": "", "materials": [], **values}
        force = rules.in_force(values["valid_from"], values["valid_to"], today=today)
        if old is None:
            made.append(Obligation(kind=kind, version=1, in_force=force, **values))
            continue
        before = {name: getattr(old, name) for name in CONTENT if name != "valid_from"}
        if all(before[name] == values[name] for name in before):
            continue
        numbers[old.pk] = numbers.get(old.pk, 0) + 1
        content = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in before.items()}
        content["valid_from"] = old.valid_from.isoformat()
        kept.append(
            ObligationVersion(
                obligation=old, number=numbers[old.pk], content=content, until=today - timedelta(days=1), reason=source
            )
        )
        for name in before:
            setattr(old, name, values[name])
        old.in_force, old.version = force, old.version + 1
        altered.append(old)
    Obligation.objects.bulk_create(made, batch_size=CHUNK)
    ObligationVersion.objects.bulk_create(kept, batch_size=CHUNK)
    fields = [*(name for name in CONTENT if name != "valid_from"), "in_force", "version", "updated_at"]
    for old in altered:
        old.updated_at = timezone.now()
    Obligation.objects.bulk_update(altered, fields, batch_size=CHUNK)
    counts.recount(bodies)
    return len(made) + len(altered), len(altered)


def _numbers(kind: str, bodies: set[Any]) -> dict[Any, int]:
    rows = ObligationVersion.objects.filter(obligation__kind=kind, obligation__body_id__in=bodies).order_by("number")
    return dict(rows.values_list("obligation", "number"))
