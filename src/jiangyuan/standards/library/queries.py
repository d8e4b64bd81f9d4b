"""Every read of the library's own tables."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.standards.library.models import AREAS, Adoption, Opinion, Standard
from jiangyuan.standards.library.rules import lines_of_codes, lines_of_fields

OWN = ("local", "platform")
"""The levels at which a province writes its own standards."""


def standards(*, actor: Actor) -> QuerySet[Standard]:
    """Give the standards that the actor may know of."""
    return Standard.visible_to(actor).select_related("body__jurisdiction")


def planned(*, actor: Actor) -> dict[str, dict[str, int]]:
    """Count the province's own standards by planned list and state: {area: {state: number}}, every area there."""
    found: dict[str, dict[str, int]] = {code: {} for code, _title in AREAS}
    rows = Standard.visible_to(actor).filter(level__in=OWN).values("area", "state").annotate(number=Count("pk"))
    for row in rows.order_by():
        found.setdefault(row["area"], {})[row["state"]] = row["number"]
    return found


def national(*, actor: Actor) -> dict[str, int]:
    """Count the standards of the nation and of trades that are in force, by planned list."""
    rows = Standard.visible_to(actor).exclude(level__in=OWN).filter(state="issued")
    return dict(rows.order_by().values_list("area").annotate(number=Count("pk")))


def opinions(standard: Standard, *, actor: Actor) -> QuerySet[Opinion]:
    """Give the opinions on a standard, the unanswered first."""
    return Opinion.visible_to(actor).filter(standard=standard).select_related("body").order_by("result", "created_at")


def adoptions(standard: Standard, *, actor: Actor) -> QuerySet[Adoption]:
    """Give who adopted a standard."""
    return Adoption.visible_to(actor).filter(standard=standard).select_related("body").order_by("since", "pk")


def initial_of(standard: Standard, *, yes: str, no: str) -> dict[str, Any]:
    """Give what stands in the form of a standard's kind: its own fields, its content, and lines for codes and fields."""
    found = {name: getattr(standard, name) for name in ("name", "area", "summary", "text", "number", "edition", "code")}
    content = standard.content
    if standard.kind == "code_set":
        return {**found, "lines": lines_of_codes(content.get("codes", []))}
    if standard.kind == "table_model":
        return {**found, "lines": lines_of_fields(content.get("fields", []), yes, no)}
    return {**found, **content}
