"""Every read of the standards room's own tables, and what an element makes of a column."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from jiangyuan.kernel.actor import Actor
from jiangyuan.standards.models import Code, CodeSet, DataElement, TableModel
from jiangyuan.standards.rules import Executable, checks_of, recognise, split_codes


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


def codes_of(code_set: CodeSet, *, today: date | None = None) -> tuple[list[str], list[str]]:
    """Give the codes of a set that are valid on a day, and the outdated ones: those whose days are over, and those that
    only an earlier edition of the same set has."""
    day = today or timezone.localdate()
    rows = list(Code.objects.filter(code_set=code_set).values_list("code", "valid_from", "valid_to"))
    current, gone = split_codes(rows, day)
    older = Code.objects.filter(code_set__code=code_set.code, code_set__created_at__lt=code_set.created_at)
    known = {code for code, _begins, _ends in rows}
    return current, sorted({*gone, *older.exclude(code__in=known).values_list("code", flat=True)})


def executable(element: DataElement, *, today: date | None = None) -> Executable:
    """Give what an element demands of a column, with the codes of its set as they stand on a day."""
    codes, outdated = codes_of(element.code_set, today=today) if element.code_set else ([], [])
    return Executable(
        code=element.code,
        type=element.type,
        length=element.length,
        pattern=element.pattern,
        check_function=element.check_function,
        codes=tuple(codes),
        outdated=tuple(outdated),
    )


def checks(element: DataElement, *, column: str, type: str, today: date | None = None) -> list[dict[str, Any]]:
    """Give the quality rules that an element makes of a column, in the JSON form of `data.checks`."""
    return checks_of(executable(element, today=today), column=column, type=type)


def code_sets(*, actor: Actor) -> QuerySet[CodeSet]:
    """Give the code sets in force."""
    return CodeSet.visible_to(actor).filter(superseded_at=None)


def table_models(*, actor: Actor) -> list[TableModel]:
    """Give all table models with their fields."""
    return list(TableModel.visible_to(actor).prefetch_related("fields__element").order_by("code"))
