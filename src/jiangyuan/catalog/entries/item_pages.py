"""The data items of an entry, edited together: name, type, element, grade, sensitivity, default mask, description."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries import item_merging, merge_pages, queries
from jiangyuan.catalog.entries.item_merging import Line
from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.catalog.entries.wording import GRADES, PLAIN_MASKS, TYPES, mask_text
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.standards.queries import elements
from jiangyuan.ui import drafts, merging, pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

EDIT = "catalog.entry.edit"


def _mask_key(mask: dict[str, Any]) -> str:
    kind = str(mask.get("kind", "none")) if mask else "none"
    return kind if kind in PLAIN_MASKS else "kept"


def _line(item: DataItem, typed: Any) -> Line:
    masks = [(kind, mask_text({"kind": kind})) for kind in PLAIN_MASKS]
    if _mask_key(item.mask) == "kept":  # a mask with parameters stays as it is unless another is chosen
        masks.insert(0, ("kept", mask_text(item.mask)))
    if typed is None:
        return Line(
            item=item,
            name=item.name,
            data_type=item.data_type,
            length=_size(item),
            element=item.element.code if item.element else "",
            description=item.description,
            required=not item.nullable,
            grade=str(item.grade),
            personal=item.personal,
            sensitive=item.sensitive,
            shareable=item.shareable,
            mask=_mask_key(item.mask),
            masks=tuple(masks),
        )
    at = item.position
    element = item.element.code if item.element else ""
    return Line(
        item=item,
        name=typed.get(f"name-{at}", ""),
        data_type=typed.get(f"type-{at}", item.data_type),
        length=typed.get(f"length-{at}", _size(item)),
        element=typed.get(f"element-{at}", element),
        description=typed.get(f"description-{at}", item.description),
        required=f"required-{at}" in typed,
        grade=typed.get(f"grade-{at}", ""),
        personal=f"personal-{at}" in typed,
        sensitive=f"sensitive-{at}" in typed,
        shareable=f"shareable-{at}" in typed,
        mask=typed.get(f"mask-{at}", "none"),
        masks=tuple(masks),
    )


def _texts(items: Iterable[DataItem]) -> dict[str, merging.Text]:
    return item_merging.texts_of(_line(item, None) for item in items)


def _sent_line(item: DataItem, sent: Any) -> Line:
    """Give a row as it was sent; as it stands, when somebody else made it meanwhile and it was not on the form."""
    return _line(item, sent if sent is not None and f"name-{item.position}" in sent else None)


def _size(item: DataItem) -> str:
    return ",".join(str(n) for n in (item.length, item.scale) if n is not None)


def _sizes(text: str) -> dict[str, Any]:
    """Read “18” or “10,2” as length and digits after the point; what is no number is left for the action to refuse."""
    length, _comma, scale = text.replace("，", ",").partition(",")  # i18n: a separator, not a text
    return {"length": length.strip() or None, "scale": scale.strip() or None}


def _given(line: Line) -> dict[str, Any]:
    mask = line.item.mask if line.mask == "kept" else {} if line.mask == "none" else {"kind": line.mask}
    return {
        "column": line.item.column,
        "name": line.name.strip(),
        "data_type": line.data_type,
        **_sizes(line.length),
        "element": line.element.strip(),
        "description": line.description.strip(),
        "nullable": not line.required,
        "sensitive": line.sensitive,
        "grade": line.grade,
        "personal": line.personal,
        "shareable": line.shareable,
        "mask": mask,
    }


NEW = 3
"""Blank lines at the end, for an entry that was composed by hand."""


def _blank(request: HttpRequest, place: int) -> dict[str, Any]:
    said = {what: request.POST.get(f"new-{what}-{place}", "") for what in ("column", "name", "type")}
    return {"at": place, **said}


def _added(entry: Entry, sent: Any) -> list[dict[str, Any]]:
    """Give the items written into the blank lines."""
    found = []
    for place in range(0 if entry.drafted_from_id else NEW):
        column, name = (sent.get(f"new-{what}-{place}", "").strip() for what in ("column", "name"))
        if column or name:
            letter = sent.get(f"new-type-{place}", "")
            found.append({"column": column or name, "name": name or column, "data_type": letter})
    return found


def _draw(
    request: HttpRequest,
    entry: Entry,
    lines: list[Line],
    *,
    errors: Iterable[str] = (),
    draft: Any = None,
    sent: Any = None,
) -> HttpResponse:
    base = f"/catalog/{entry.pk}/"
    version, opened = merging.resumed(sent) if sent is not None else ("", "")
    if not opened:
        version, opened = str(entry.version), merging.seal(entry.version, _texts(line.item for line in lines))
    header = parts.Header(
        title=_("核对信息项"),
        crumbs=(
            parts.Link(title=_("数据目录"), url="/catalog/"),
            parts.Link(title=entry.name, url=base),
            parts.Link(title=_("核对信息项"), current=True),
        ),
        lead=_(
            "级别就高从严；不直接提供的信息项只能以核验方式使用；缺省脱敏可在授权时收紧。长度写“18”，带小数写“10,2”。"
        ),
    )
    context = {
        "lines": lines,
        "grades": GRADES,
        "types": [("", "—"), *TYPES.items()],
        "elements": elements(actor=require_actor(request)),
        "errors": list(errors),
        "beside": entry.return_reasons.get("items", ""),
        "blank": [] if entry.drafted_from_id else [_blank(request, place) for place in range(NEW)],
        "action": EDIT,
        "draft": draft,
        "version": version,
        "base": opened,
        "key": uuid7(),
        "back": base,
    }
    return pages.page(request, "entries/items.html", header=header, **context)


def items_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Edit the items of an entry; what was typed is kept when it is refused."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    items = list(entry.items.select_related("element"))
    if request.method != "POST":
        if not (EDIT in steps.on_desk(entry, actor) and steps.permitted(EDIT, entry, actor)):
            raise Forbidden(_("现在不能修改这项目录"), mend=_("编制中或退回纠正的目录，由本部门经办人修改。"))
        draft, kept = drafts.offer(request, EDIT, version=entry.version)
        typed = drafts.typed(kept)
        return _draw(request, entry, [_sent_line(item, typed) for item in items], draft=draft, sent=typed)
    missing = merging.settle(request, item_merging.ticks) if merging.is_merged(request) else frozenset()
    lines = [_sent_line(item, request.POST) for item in items]

    def again(form: Any) -> HttpResponse:
        return _draw(request, entry, lines, errors=[line.message for line in form.fault_lines], sent=request.POST)

    def merge(form: Any) -> HttpResponse:
        entry.refresh_from_db()
        return _merge(request, entry) if EDIT in steps.on_desk(entry, actor) else again(form)

    if missing:
        return _merge(request, entry, missing)
    return pages.act_from_form(
        request,
        EDIT,
        entry.pk,
        done=f"/catalog/{entry.pk}/?tab=items",
        again=again,
        fixed={"items": [*(_given(line) for line in lines), *_added(entry, request.POST)]},
        next_step=_("目录级别随信息项更新。"),
        merge=merge,
    )


def _merge(request: HttpRequest, entry: Entry, missing: frozenset[str] = frozenset()) -> HttpResponse:
    """Set the items as they stand now against those that were sent, item by item."""
    items = list(entry.items.select_related("element"))
    lines = [_line(item, None) for item in items]
    now, was = item_merging.texts_of(lines), merging.base_of(request).texts
    sent = item_merging.moved(request.POST, items, now)
    typed = item_merging.texts_of([_line(item, sent) for item in items if f"name-{item.position}" in sent])
    mine = item_merging.completed(typed, sent, was, now)
    kind = item_merging.kind(lines, was, now)
    return merge_pages.merge_page(request, entry, kind, theirs=now, mine=mine, missing=missing)
