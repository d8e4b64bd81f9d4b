"""The documents of entries: what of each stands in the index, and how a province's catalogue is read for it.

The database hands thousands of rows over as one JSON text: fetched row by row, reading them costs more than indexing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, connections
from django.db.models import F, FloatField, IntegerField, Q, QuerySet
from django.db.models.expressions import Combinable, Value
from django.db.models.functions import Cast, Coalesce, Extract, Floor, NullIf

from jiangyuan.catalog.entries.models import AUTHORITY, DataItem, Entry, EntryVersion, FormerCode
from jiangyuan.portal.search.shape import Document
from jiangyuan.portal.search.visibility import GOVERNMENT, of_body, of_capacities

CHUNK = 5000
"""Entries that are read at a time."""
_LIVE = "published"
_PLAIN = (
    "pk", "body_id", "name", "code", "summary", "classification", "format", "update_cycle", "share_type", "grade",
    "state", "live_version", "score", "known_score",
)  # fmt: skip
_AUTHORITY = of_capacities(AUTHORITY)


def _day(moment: str) -> Combinable:
    """Give the day of a moment, counted from 1970."""
    seconds = Cast(Extract(moment, "epoch"), FloatField())
    return Cast(Floor(seconds / Value(86_400.0)), IntegerField())


def rows() -> QuerySet[Any]:
    """Give the entries as dicts of values, their moments as days."""
    short = NullIf(F("body__short_name"), Value(""))
    return Entry.objects.annotate(
        body_name=Coalesce(short, F("body__name")),
        place=F("body__jurisdiction__code"),
        announced=_day("published_at"),
        changed=_day("updated_at"),
    ).values(*_PLAIN, "body_name", "place", "announced", "changed")


def _read(wanted: QuerySet[Any]) -> list[dict[str, Any]]:
    """Read rows of values as one text; keys and moments come as JSON writes them."""
    sql, values = wanted.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT json_agg(row)::text FROM ({sql}) AS row", values)
        (told,) = cursor.fetchone()  # type: ignore[misc]
    return orjson.loads(told) if told else []


def whole() -> Iterator[Document]:
    """Give the documents of every entry, read in pieces by key."""
    for piece in _pieces():
        yield from _made(piece)


def _pieces() -> Iterator[_Piece]:
    """Read all entries; while one piece is made into documents, the next one is read."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="entries") as reader:

        def ask(after: str | None) -> Future[_Piece]:
            if not connection.in_atomic_block:
                return reader.submit(_piece, after)
            told: Future[_Piece] = Future()  # another connection does not see what this transaction has done
            told.set_result(_piece(after))
            return told

        try:
            asked = ask(None)
            while (piece := asked.result()).entries:
                asked = ask(piece.entries[-1]["pk"])
                yield piece
        finally:
            reader.submit(connections.close_all).result()


def _piece(after: str | None) -> _Piece:
    wanted = rows().order_by("pk")
    entries = _read((wanted.filter(pk__gt=after) if after else wanted)[:CHUNK])
    if not entries:
        return _Piece(entries)
    beside = Q(entry_id__lte=entries[-1]["pk"])
    return _with_others(entries, beside & Q(entry_id__gt=after) if after else beside)


def documents(entries: Sequence[Mapping[str, Any]]) -> Iterator[Document]:
    """Give the documents of some rows, as `rows` gives them."""
    return _made(_with_others(entries, Q(entry_id__in=[entry["pk"] for entry in entries])))


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of entries, and what stands in other tables under them: items, former codes, published versions."""

    entries: Sequence[Mapping[str, Any]]
    items: Mapping[str, list[str]] = field(default_factory=dict)
    codes: Mapping[str, list[str]] = field(default_factory=dict)
    published: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def _with_others(entries: Sequence[Mapping[str, Any]], beside: Q) -> _Piece:
    revised = {str(e["pk"]): e["live_version"] for e in entries if e["live_version"] and e["state"] != _LIVE}
    return _Piece(entries, _items(beside), _former(beside), _published(revised))


def _made(piece: _Piece) -> Iterator[Document]:
    """Make the documents of entries; a code that was given up goes on finding its entry."""
    items, codes, published = piece.items, piece.codes, piece.published
    for entry in piece.entries:
        pk, own = str(entry["pk"]), [*of_body(entry["body_id"]), *_AUTHORITY]
        named = [entry["code"], *codes.get(pk, ())] if entry["code"] else []
        known = items.get(pk, [])
        if pk in published:
            content = published[pk]
            listed = [_item(item["name"], item["column"]) for item in content["items"]]
            # that an entry is being revised is its own body's affair
            told = {"state": _LIVE, "changed": entry["announced"], "score": entry["known_score"]}
            yield _entry(entry, pk, content, listed, who=[GOVERNMENT], hidden_from=own, codes=named, **told)
            yield _entry(entry, pk, entry, known, who=own, codes=named, **_as_it_stands(entry))
        else:
            who = [GOVERNMENT, *own] if entry["live_version"] else own
            yield _entry(entry, pk, entry, known, who=who, codes=named, **_as_it_stands(entry))


def _items(beside: Q) -> Mapping[str, list[str]]:
    """Give the items of entries, name and column, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    wanted = DataItem.objects.filter(beside).order_by("entry_id", "position").values("entry_id", "name", "column")
    for row in _read(wanted):
        found[row["entry_id"]].append(_item(row["name"], row["column"]))
    return found


def _item(name: str, column: str) -> str:
    return f"{name} {column}" if column != name else name


def _former(beside: Q) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in _read(FormerCode.objects.filter(beside).values("entry_id", "code")):
        found[row["entry_id"]].append(row["code"])
    return found


def _published(revised: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Give what the published versions of entries say: {entry: number of the version}."""
    if not revised:
        return {}
    versions = EntryVersion.objects.filter(entry__in=[UUID(pk) for pk in revised])
    told = versions.values_list("entry_id", "number", "content")
    return {str(pk): content for pk, number, content in told if revised[str(pk)] == number}


def _as_it_stands(entry: Mapping[str, Any]) -> dict[str, Any]:
    day = entry["changed"] if entry["announced"] is None else entry["announced"]
    return {"state": entry["state"], "changed": day, "score": entry["score"]}


def _entry(entry: Mapping[str, Any], pk: str, told: Mapping[str, Any], items: list[str], **rest: Any) -> Document:
    return Document(
        label="entries.entry",
        pk=pk,
        kind="entry",
        name=told["name"],
        items=items,
        about=told["summary"],
        jurisdiction=entry["place"],
        body=str(entry["body_id"]),
        body_name=entry["body_name"],
        classification=told["classification"],
        share=told["share_type"],
        grade=str(told["grade"]),
        format=told["format"],
        cycle=told["update_cycle"],
        url=f"/catalog/{pk}/",
        **rest,
    )
