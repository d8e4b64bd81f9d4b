"""Workbooks of entries: the template with its lists, the file handed in with what was found, and what is exported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.catalog.entries.queries import sees_revision, snapshot
from jiangyuan.catalog.interchange.models import ImportBatch, ImportRow
from jiangyuan.catalog.interchange.wording import VERDICTS, told
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import sheets

CHUNK = 1000
COLUMNS = (
    "name", "code", "department", "summary", "classification", "format", "update_cycle", "share_type",
    "share_condition", "share_basis", "open_type", "open_condition",
)  # fmt: skip
TITLES = {
    "name": "目录名称*",
    "code": "目录代码",
    "department": "提供部门",
    "summary": "摘要",
    "classification": "分类代码",
    "format": "资源格式",
    "update_cycle": "更新周期",
    "share_type": "共享类型",
    "share_condition": "共享条件",
    "share_basis": "不予共享依据",
    "open_type": "开放类型",
    "open_condition": "开放条件",
}  # i18n: headings of the file, the same in every language, for it is read again by them
ITEM_COLUMNS = ("entry", "name", "column", "type", "grade", "personal", "shareable", "key", "description")
ITEM_TITLES = (
    "目录名称或代码*", "信息项名称*", "字段", "类型", "级别", "个人信息", "直接提供", "主键", "说明",
)  # fmt: skip  # i18n: headings of the file
ENTRIES, ITEMS, VALUES, HELP = "目录", "信息项", "取值", "填写说明"  # i18n: sheets of the file
YES_NO = ("是", "否")  # i18n: as typed into the file
_LISTS: dict[str, Sequence[tuple[str, Any]]] = {
    "format": Entry.FORMATS,
    "update_cycle": Entry.CYCLES,
    "share_type": Entry.SHARE,
    "open_type": Entry.OPEN,
}


def _labels() -> dict[str, dict[str, str]]:
    """Give the labels of the lists by field and code, in the language of the file."""
    with override("zh-hans"):
        return {name: {code: str(label) for code, label in choices} for name, choices in _LISTS.items()}


def template(file: IO[bytes]) -> None:
    """Write the template: a sheet of entries, one of data items, the values to choose from, and how it is filled in."""
    lists = {name: list(labels.values()) for name, labels in _labels().items()}
    lists |= {"yes": list(YES_NO), "grade": ["1", "2", "3", "4"]}
    order = list(lists)
    deepest = max(map(len, lists.values()))
    values = [order] + [[lists[n][at] if at < len(lists[n]) else "" for n in order] for at in range(deepest)]

    def chosen(name: str) -> str:
        letter = chr(ord("A") + order.index(name))
        return f"'{VALUES}'!${letter}$2:${letter}${len(lists[name]) + 1}"

    columns = [(COLUMNS.index(name) + 1, chosen(name)) for name in _LISTS]
    marks = {"personal": "yes", "shareable": "yes", "key": "yes", "grade": "grade"}
    items = [(ITEM_COLUMNS.index(name) + 1, chosen(kind)) for name, kind in marks.items()]
    sheets.write_xlsx(
        file,
        (
            (ENTRIES, [[TITLES[name] for name in COLUMNS]]),
            (ITEMS, [ITEM_TITLES]),
            (VALUES, values),
            (HELP, _help()),
        ),
        choices={ENTRIES: columns, ITEMS: items},
    )


def _help() -> Iterator[Sequence[str]]:
    yield [_("项目"), _("怎样填写")]
    yield [TITLES["name"], _("必填，不超过 200 个字；同一部门内不要重复。")]
    yield [TITLES["code"], _("原有目录的代码，没有则留空；用来识别重复，发布时由平台另编国家目录代码。")]
    yield [TITLES["department"], _("留空即为本部门；主管部门代为导入时填部门全称或简称。")]
    yield [TITLES["summary"], _("写明内容、范围、时间跨度和产生的业务；提交审核前必须补齐。")]
    yield [TITLES["share_condition"], _("有条件共享的，提交审核前必须写明。")]
    yield [TITLES["share_basis"], _("不予共享的，写明法律、行政法规或国务院决定的名称和条款。")]
    yield [ITEMS, _("每行一个信息项；第一列填目录名称或目录代码，与“目录”表中的一致。")]
    yield [_("导入以后"), _("导入的是草稿，仍须评估、提交、审核后发布。")]


# --- the file handed in, with what was found ---------------------------------------------------------------------------


def marked(file: IO[bytes], batch: ImportBatch) -> None:
    """Write the rows that were handed in again as they were, with the verdict and how to mend it in two more columns."""
    width = max(len(batch.columns), 1)
    head = [title for title, _field in batch.columns]
    titles = dict(batch.columns)

    def lines(sheet: int) -> Iterator[Sequence[sheets.Cell]]:
        wide = width if sheet == 0 else len(ITEM_TITLES)
        yield [*(head if sheet == 0 else ITEM_TITLES), _("核对结果"), _("原因和怎样处理")]
        rows = ImportRow.objects.filter(batch=batch, sheet=sheet).order_by("number")
        for row in rows.only("raw", "notes", "verdict").iterator(chunk_size=CHUNK):
            cells = [*row.raw[:wide], *[""] * (wide - len(row.raw))]
            said = _("；").join(told(note, titles) for note in row.notes if note[0] != "mapped")
            yield [*cells, str(VERDICTS[row.verdict]), said]

    named = [(ENTRIES, lines(0))]
    if ImportRow.objects.filter(batch=batch, sheet=1).exists():
        named.append((ITEMS, lines(1)))
    sheets.write_xlsx(file, named)


# --- what is exported --------------------------------------------------------------------------------------------------


def described(found: QuerySet[Entry], actor: Actor) -> Iterator[dict[str, Any]]:
    """Give entries as the actor may know them: their fields with `code`, `department`, `state` and `items`; what is being
    revised is told to its own body and the authority alone."""
    rows = found.select_related("body").prefetch_related("items").order_by("pk")
    last: UUID | None = None
    while piece := list(islice((rows.filter(pk__gt=last) if last else rows)[:CHUNK], CHUNK)):
        yield from _said(piece, actor)
        last = piece[-1].pk


def _said(piece: Sequence[Entry], actor: Actor) -> Iterator[dict[str, Any]]:
    hidden = {e.pk: e.live_version for e in piece if e.live_version and not sees_revision(e, actor)}
    kept = EntryVersion.objects.filter(entry__in=hidden).values_list("entry_id", "number", "content")
    published = {pk: content for pk, number, content in kept if hidden[pk] == number}
    for entry in piece:
        content = published.get(entry.pk) or snapshot(entry)
        yield {
            **content,
            "id": str(entry.pk),
            "code": entry.code or "",
            "department": entry.body.name,
            "published_at": entry.published_at.isoformat() if entry.published_at else "",
        }


def write_entries(file: IO[bytes], entries: Iterable[dict[str, Any]], format: str) -> int:
    """Write entries as xlsx (the template's own sheets), csv or json; gives how many. What is written can be read in again."""
    return _WRITERS[format](file, entries)


def _labelled(entry: dict[str, Any], labels: dict[str, dict[str, str]]) -> list[sheets.Cell]:
    return [labels.get(name, {}).get(str(entry.get(name)), str(entry.get(name) or "")) for name in COLUMNS]


def _item(entry: dict[str, Any], item: dict[str, Any]) -> list[sheets.Cell]:
    yes = [YES_NO[0] if item.get(name) else YES_NO[1] for name in ("personal", "shareable", "key")]
    of = entry["code"] or entry["name"]
    return [of, item["name"], item["column"], item.get("type", ""), item["grade"], *yes, item.get("description", "")]


def _xlsx(file: IO[bytes], entries: Iterable[dict[str, Any]]) -> int:
    items: list[list[sheets.Cell]] = []
    count, labels = 0, _labels()

    def lines() -> Iterator[Sequence[sheets.Cell]]:
        nonlocal count
        yield [TITLES[name] for name in COLUMNS]
        for entry in entries:
            count += 1
            items.extend(_item(entry, item) for item in entry.get("items", ()))
            yield _labelled(entry, labels)

    def item_lines() -> Iterator[Sequence[sheets.Cell]]:
        yield ITEM_TITLES
        yield from items

    sheets.write_xlsx(file, ((ENTRIES, lines()), (ITEMS, item_lines())))
    return count


def _csv(file: IO[bytes], entries: Iterable[dict[str, Any]]) -> int:
    count, labels = 0, _labels()

    def lines() -> Iterator[Sequence[sheets.Cell]]:
        nonlocal count
        yield [*(TITLES[name] for name in COLUMNS), ITEMS]
        for entry in entries:
            count += 1
            kept = [{k: i.get(k) for k in ITEM_COLUMNS if i.get(k) is not None} for i in entry.get("items", ())]
            yield [*_labelled(entry, labels), json.dumps(kept, ensure_ascii=False) if kept else ""]

    sheets.write_csv(file, lines())
    return count


def _json(file: IO[bytes], entries: Iterable[dict[str, Any]]) -> int:
    count = 0
    file.write(b'{"entries":[')
    for entry in entries:
        file.write(b"," * (count > 0) + json.dumps(entry, ensure_ascii=False, default=str).encode())
        count += 1
    file.write(b"]}")
    return count


_WRITERS: dict[str, Callable[[IO[bytes], Iterable[dict[str, Any]]], int]] = {"xlsx": _xlsx, "csv": _csv, "json": _json}
FORMATS = {**sheets.FORMATS, "json": "application/json"}
