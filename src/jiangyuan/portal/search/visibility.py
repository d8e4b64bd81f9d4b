"""Who finds what: the tokens of a thing and of an actor, agreeing with each model's `visible_to`.

A thing is found by an actor who has one of its tokens. The tests hold this against `visible_to` row by row; what is
found is read again through `visible_to` all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from jiangyuan.kernel.actor import Actor

ANYBODY = "anybody"
GOVERNMENT = "government"
"""Whoever acts for a body."""


def of_body(body: UUID | None) -> list[str]:
    """Give the token of those who act for a body."""
    return [f"body:{body}"] if body else []


def of_capacities(capacities: Iterable[str]) -> list[str]:
    """Give the tokens of those who act in one of the capacities, for whichever body."""
    return [f"capacity:{capacity}" for capacity in sorted(capacities)]


def of_person(person: UUID) -> list[str]:
    """Give the token of one person."""
    return [f"person:{person}"]


def tokens(actor: Actor) -> list[str]:
    """Give the tokens that an actor has. Only people search: everybody else has none."""
    if actor.kind != "person":
        return []
    found = [ANYBODY, *of_person(actor.id)]
    if actor.body:
        found += [GOVERNMENT, *of_body(actor.body)]
    if actor.capacity:
        found += of_capacities([actor.capacity])
    return found
