"""A file handed in becomes checked rows: read in the limited process, judged one by one, copied into the batch.

Nothing but the keys of the rows is held in memory; the rows stream from the parser's file into PostgreSQL's COPY.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import rules, spelling
from jiangyuan.catalog.interchange.models import ImportBatch, ImportRow
from jiangyuan.data.connectors.folder.rows import Row, Sheet, sheets_of
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.organization.models import Body

MOST_BYTES = 64 * 2**20
MOST_ROWS = 120_000
HEAD_ROWS = 20
SPELLINGS = 400
CODED = frozenset({"update_cycle", "open_type", "share_type", "format", "department"})
"""Fields whose spellings are told one by one."""


@dataclass(slots=True)
class Table:
    """A sheet whose headings were found: the field of each column, and the number of the row they stand in."""

    sheet: Sheet
    titles: list[str]
    fields: list[str]
    head: int

    def rows(self) -> Iterator[Row]:
        """Give the rows below the headings."""
        return (row for row in self.sheet.rows() if row.number > self.head)

    def cells(self, row: Row) -> tuple[dict[str, str], dict[str, int]]:
        """Give a row's cells by field, and the lengths of those that were cut."""
        found: dict[str, str] = {}
        for name, cell in zip(self.fields, row.cells, strict=False):
            if name and cell.strip():
                found[name] = cell
        cut = {self.fields[int(n)]: size for n, size in row.cut.items() if int(n) < len(self.fields)}
        return found, cut


@dataclass(slots=True)
class Form:
    """What a file holds: the table of entries, and that of their data items where there is one."""

    entries: Table
    items: Table | None
    encoding: str
    sheets: list[str]


@contextmanager
def form_of(data: bytes, name: str) -> Iterator[Form]:
    """Read a file; lives as long as the context. Raises `Refused` for one that holds no table of entries."""
    with sheets_of(data, name, most_bytes=MOST_BYTES, most_rows=MOST_ROWS) as sheets:
        entries = items = None
        for sheet in sheets:
            entries = entries or _table(sheet, "columns", "name")
            if entries is None or entries.sheet is not sheet:
                items = items or _table(sheet, "item_columns", "entry")
        if entries is None:
            raise Refused(
                _("没有找到目录表：表头中应有“目录名称”一列"),
                code="import.headings",
                where=name,
                mend=_("请下载模板，把内容填入模板后再提交。"),
            )
        yield Form(entries, items, sheets[0].encoding, [sheet.name for sheet in sheets])


def _table(sheet: Sheet, kind: str, needed: str) -> Table | None:
    known = spelling.headings(kind)
    for count, row in enumerate(sheet.rows()):
        if count == HEAD_ROWS:
            break
        titles = [title.strip() for title in row.cells]
        fields = [known.get(spelling.folded(_bare(title)), "") for title in titles]
        fields = [name if name not in fields[:n] else "" for n, name in enumerate(fields)]
        alone = len([title for title in titles if title]) == 1
        if (
            needed in fields
            and (alone or len([f for f in fields if f]) > 1)
            and (kind == "columns" or "name" in fields)
        ):
            return Table(sheet, titles, fields, row.number)
    return None


def _bare(title: str) -> str:
    return title.strip("*＊ ").removesuffix("（必填）").strip()  # i18n: marks of the template


@dataclass(slots=True)
class Result:
    """What checking a batch found."""

    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    spelled: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def add(self, made: rules.Checked) -> None:
        """Count one row."""
        self.rows += 1
        self.verdicts[made.verdict] += 1
        for how, name, reason in {note[:3] for note in made.notes}:
            self.reasons[how, name, reason] += 1
        for how, name, _reason, given, taken in made.notes:
            if name in CODED and (len(self.spelled) < 5_000 or (name, given, taken, how) in self.spelled):
                self.spelled[name, given, taken, how] += 1

    def turn(self, verdict: str, name: str, reason: str) -> None:
        """Count a row that turned out wrong after all, or in one more way: every fault of a row is told at once."""
        self.verdicts[verdict] -= 1
        self.verdicts["refused"] += 1
        self.reasons["refused", name, reason] += 1


class Owners:
    """To whose catalogue a row belongs: by the department it names, as the batch allows."""

    def __init__(self, batch: ImportBatch) -> None:
        bodies = Body.objects.filter(active=True)
        # a department's own batch may name itself only
        found = bodies.filter(jurisdiction=batch.body.jurisdiction) if batch.wide else bodies.filter(pk=batch.body_id)
        self._named: dict[str, UUID] = {}
        for pk, *names in found.values_list("pk", "alias", "short_name", "name"):
            self._named.update({spelling.folded(name): pk for name in names if name})
        self._otherwise: UUID | None = batch.otherwise_id if batch.wide else None
        self._own: UUID | None = None if batch.wide else batch.body_id

    def of(self, made: rules.Checked) -> UUID | None:
        """Give the body of a row, noting a guess or a refusal."""
        named = made.content.pop("department", "")
        if (found := self._named.get(spelling.folded(named))) is not None:
            return found
        if not named and self._own is not None:
            return self._own
        if self._own is None and self._otherwise is not None:
            made.note("guessed", "department", "body_otherwise", named)
            return self._otherwise
        reason = "other_body" if self._own is not None else "unknown_body" if named else "no_body"
        made.note("refused", "department", reason, named)
        return None


class Items:
    """The data items of a form's second sheet, by the name or code of the entry they say they belong to."""

    def __init__(self, form: Form) -> None:
        self.rows: list[tuple[Row, rules.Checked, str]] = []
        self._found: dict[str, list[tuple[int, dict[str, Any], bool]]] = defaultdict(list)
        self._taken: set[str] = set()
        if form.items is None:
            return
        for row in form.items.rows():
            cells, cut = form.items.cells(row)
            made = rules.Checked()
            item, faults = rules.check_item(cells)
            for reason, what in [*faults, *(("too_long", str(size)) for size in cut.values())]:
                made.note("refused", "items", reason, what)
            of = spelling.folded(rules.clean(cells.get("entry", "")))
            self.rows.append((row, made, of))
            self._found[of].append((row.number, item, bool(made.notes)))

    def give(self, made: rules.Checked) -> None:
        """Add to an entry the items that name it; a wrong one is told at the entry too."""
        names = {spelling.folded(made.content.get(name, "")) for name in ("name", "code")} - {""}
        mine = [one for name in names for one in self._found.get(name, ())]
        if not mine:
            return
        self._taken |= names
        items = made.content.setdefault("items", [])
        for number, item, wrong in mine:
            if wrong:
                made.note("refused", "items", "item_wrong", str(number))
            elif any(item["column"] == other["column"] for other in items):
                made.note("refused", "items", "item_twice", item["column"], str(number))
            items.append(item)
        if len(items) > rules.MOST_ITEMS:
            made.note("refused", "items", "too_many_items", str(len(items)), str(rules.MOST_ITEMS))

    def judged(self) -> Iterator[tuple[Row, rules.Checked]]:
        """Give the rows of the sheet, when all entries are known."""
        for row, made, of in self.rows:
            if of not in self._taken:
                made.note("refused", "items", "item_of_nothing", of)
            yield row, made


def check(batch: ImportBatch, form: Form) -> Result:
    """Judge every row of a form and copy it into the batch, whose rows so far are taken away."""
    ImportRow.objects.filter(batch=batch).delete()
    result, owners, items = Result(), Owners(batch), Items(form)
    keys: dict[str, int] = {}
    parents: dict[int, tuple[str, str]] = {}
    addresses: set[str] = set()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in form.entries.rows():
            cells, cut = form.entries.cells(row)
            made = rules.check_row(cells, cut, classification=batch.classification, asked=form.entries.fields)
            items.give(made)
            key = _key(made)
            owner = owners.of(made)
            _repeated(made, key, row.number, keys, addresses)
            if parent := made.content.get("part_of", ""):
                parents[row.number] = key, parent
            result.add(made)
            copy.write_row(_line(batch, 0, row, key, made, owner))
        for row, made in items.judged():
            copy.write_row(_line(batch, 1, row, "", made, None))
    _after(batch, result, parents, keys)
    return result


_COPY = (
    "COPY interchange_importrow (batch_id, sheet, number, key, verdict, raw, content, notes, owner, entry) FROM STDIN"
)


def _line(
    batch: ImportBatch, sheet: int, row: Row, key: str, made: rules.Checked, owner: UUID | None
) -> tuple[Any, ...]:
    dumped = (orjson.dumps(value).decode() for value in (row.cells, made.content, made.notes))
    entry = uuid7() if sheet == 0 else None
    return (batch.pk, sheet, row.number, key, made.verdict, *dumped, owner, entry)


def _key(made: rules.Checked) -> str:
    """Give by what a row is known again: its own code, else the digest of name, department and address."""
    content = made.content
    if code := content.get("code"):
        return code
    said = "\x1f".join(content.get(name, "") for name in ("name", "department", "address"))
    return f"import:{ciphers.sm3(said.encode()).hex()[:40]}"


def _repeated(made: rules.Checked, key: str, number: int, keys: dict[str, int], addresses: set[str]) -> None:
    first = keys.setdefault(key, number)
    if first != number:
        made.note("refused", "code" if made.content.get("code") else "name", "repeated", str(first))
    address = made.content.get("address", "")
    if address:
        if address in addresses and first == number:
            made.note("guessed", "address", "address_shared", address)
        addresses.add(address)


_KNOWN = """
UPDATE interchange_importrow row SET verdict = 'refused', notes = row.notes || %(note)s::jsonb
FROM entries_entry entry
WHERE row.batch_id = %(batch)s AND row.sheet = 0 AND {same}
RETURNING row.verdict, (SELECT before.verdict FROM interchange_importrow before WHERE before.id = row.id)
"""
_TURN = """
WITH wrong AS (SELECT * FROM unnest(%(numbers)s::integer[], %(told)s::text[]) AS w(number, told))
UPDATE interchange_importrow row
SET verdict = 'refused', notes = row.notes || jsonb_build_array(jsonb_build_array('refused', 'part_of', %(reason)s::text, wrong.told, ''))
FROM wrong
WHERE row.batch_id = %(batch)s AND row.sheet = 0 AND row.number = wrong.number
RETURNING row.verdict, (SELECT before.verdict FROM interchange_importrow before WHERE before.id = row.id)
"""


def _after(batch: ImportBatch, result: Result, parents: Mapping[int, tuple[str, str]], keys: Mapping[str, int]) -> None:
    """Refuse what only the whole can tell: entries that are there already, circles, and parents that nobody knows."""
    already = json.dumps([["refused", "name", "already", "", ""]])
    coded = json.dumps([["refused", "code", "code_taken", "", ""]])
    with connection.cursor() as cursor:
        same = (
            "row.key <> '' AND entry.origin_id = row.key AND entry.body_id = row.owner AND entry.state <> 'withdrawn'"
        )
        cursor.execute(_KNOWN.format(same=same), {"batch": batch.pk, "note": already})
        _turned(result, cursor.fetchall(), "name", "already")
        same = "entry.code = row.content->>'code'"
        cursor.execute(_KNOWN.format(same=same), {"batch": batch.pk, "note": coded})
        _turned(result, cursor.fetchall(), "code", "code_taken")
        if not parents:
            return
        first = {key: parent for n, (key, parent) in parents.items() if keys[key] == n}
        circles = {key: " → ".join([*path, path[0]]) for key, path in rules.circles(first).items()}
        round_about = {n: circles[key] for n, (key, _p) in parents.items() if key in circles and keys[key] == n}
        elsewhere = {parent for _key, parent in parents.values() if parent not in keys}
        there = set(Entry.objects.filter(code__in=elsewhere).values_list("code", flat=True))
        unknown = {n: parent for n, (_key, parent) in parents.items() if parent in elsewhere - there}
        for reason, told in (("circle", round_about), ("unknown_parent", unknown)):
            wrong = {"numbers": list(told), "told": [text[:200] for text in told.values()]}
            cursor.execute(_TURN, {"batch": batch.pk, "reason": reason, **wrong})
            _turned(result, cursor.fetchall(), "part_of", reason)


def _turned(result: Result, rows: list[tuple[str, str]], name: str, reason: str) -> None:
    for _now, before in rows:
        result.turn(before, name, reason)
