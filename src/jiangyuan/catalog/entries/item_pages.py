"""The data items of an entry, edited together: name, grade, personal, shareable, default mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries import queries
from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.catalog.entries.wording import GRADES, PLAIN_MASKS, mask_text
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.ui import pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

EDIT = "catalog.entry.edit"


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it is edited: what stands in its controls."""

    item: DataItem
    name: str
    grade: str
    personal: bool
    shareable: bool
    mask: str
    masks: tuple[tuple[str, str], ...]


def _mask_key(mask: dict[str, Any]) -> str:
    kind = str(mask.get("kind", "none")) if mask else "none"
    return kind if kind in PLAIN_MASKS else "kept"


def _line(item: DataItem, typed: Any) -> Line:
    masks = [(kind, mask_text({"kind": kind})) for kind in PLAIN_MASKS]
    if _mask_key(item.mask) == "kept":  # a mask with parameters stays as it is unless another is chosen
        masks.insert(0, ("kept", mask_text(item.mask)))
    if typed is None:
        return Line(item, item.name, str(item.grade), item.personal, item.shareable, _mask_key(item.mask), tuple(masks))
    at = item.position
    return Line(
        item,
        typed.get(f"name-{at}", ""),
        typed.get(f"grade-{at}", ""),
        f"personal-{at}" in typed,
        f"shareable-{at}" in typed,
        typed.get(f"mask-{at}", "none"),
        tuple(masks),
    )


def _given(line: Line) -> dict[str, Any]:
    mask = line.item.mask if line.mask == "kept" else {} if line.mask == "none" else {"kind": line.mask}
    return {
        "column": line.item.column,
        "name": line.name.strip(),
        "grade": line.grade,
        "personal": line.personal,
        "shareable": line.shareable,
        "mask": mask,
    }


def _draw(request: HttpRequest, entry: Entry, lines: list[Line], errors: list[str]) -> HttpResponse:
    base = f"/catalog/{entry.pk}/"
    header = parts.Header(
        title=_("核对信息项"),
        crumbs=(
            parts.Link(title=_("数据目录"), url="/catalog/"),
            parts.Link(title=entry.name, url=base),
            parts.Link(title=_("核对信息项"), current=True),
        ),
        lead=_("级别就高从严；不直接提供的信息项只能以核验方式使用；缺省脱敏可在授权时收紧。"),
    )
    context = {
        "lines": lines,
        "grades": GRADES,
        "errors": errors,
        "version": entry.version,
        "key": uuid7(),
        "back": base,
    }
    return pages.page(request, "entries/items.html", header=header, **context)


def items_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Edit the items of an entry; what was typed is kept when it is refused."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    items = list(entry.items.all())
    if request.method != "POST":
        if not (EDIT in steps.on_desk(entry, actor) and steps.permitted(EDIT, entry, actor)):
            raise Forbidden(_("现在不能修改这项目录"), mend=_("编制中或退回纠正的目录，由本部门经办人修改。"))
        return _draw(request, entry, [_line(item, None) for item in items], [])
    lines = [_line(item, request.POST) for item in items]

    def again(form: Any) -> HttpResponse:
        return _draw(request, entry, lines, [line.message for line in form.fault_lines])

    return pages.act_from_form(
        request,
        EDIT,
        entry.pk,
        done=f"/catalog/{entry.pk}/?tab=items",
        again=again,
        fixed={"items": [_given(line) for line in lines]},
        next_step=_("目录级别随信息项更新。"),
    )
