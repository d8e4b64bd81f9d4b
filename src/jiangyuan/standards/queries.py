"""Every read of the standards room's own tables."""

from __future__ import annotations

from collections.abc import Iterable

from jiangyuan.kernel.actor import Actor
from jiangyuan.standards.models import DataElement
from jiangyuan.standards.rules import recognise


def elements(*, actor: Actor) -> list[DataElement]:
    """Give all data elements with their code sets."""
    return list(DataElement.visible_to(actor).select_related("code_set").order_by("code"))


def proposals(*, actor: Actor, columns: Iterable[tuple[str, str]]) -> list[DataElement | None]:
    """Propose an element for each (name, comment) of a table's columns; None where nothing fits."""
    known = elements(actor=actor)
    by_code = {element.code: element for element in known}
    synonyms = {element.code: tuple(element.synonyms) for element in known}
    found = (recognise(name, comment, synonyms) for name, comment in columns)
    return [by_code[code] if code else None for code in found]
