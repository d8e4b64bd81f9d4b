"""The rows of data items as two people changed them: what their controls hold, and how each of them reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.merge_pages import Kind
from jiangyuan.catalog.entries.models import DataItem
from jiangyuan.catalog.entries.wording import GRADES, TYPES
from jiangyuan.ui import merging
from jiangyuan.ui.merging import Text, Texts

TICKED = ("required", "personal", "sensitive", "shareable")
LABELS: dict[str, Any] = {
    "column": gettext_lazy("字段"),
    "name": gettext_lazy("名称"),
    "type": gettext_lazy("类型"),
    "length": gettext_lazy("长度"),
    "required": gettext_lazy("必填"),
    "element": gettext_lazy("数据元"),
    "grade": gettext_lazy("级别"),
    "personal": gettext_lazy("个人信息"),
    "sensitive": gettext_lazy("敏感个人信息"),
    "shareable": gettext_lazy("直接提供"),
    "mask": gettext_lazy("缺省脱敏"),
    "description": gettext_lazy("说明"),
    "new-column": gettext_lazy("新增字段"),
    "new-name": gettext_lazy("新增信息项名称"),
    "new-type": gettext_lazy("新增信息项类型"),
}
"""What the controls of a row are called; each is named by this and the place of its item: `name-3`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it is edited: what stands in its controls."""

    item: DataItem
    name: str
    data_type: str
    length: str
    element: str
    description: str
    required: bool
    grade: str
    personal: bool
    sensitive: bool
    shareable: bool
    mask: str
    masks: tuple[tuple[str, str], ...]


def texts_of(lines: Iterable[Line]) -> dict[str, Text]:
    """Give what the controls of the rows hold, as it would be sent; `column-…` says whose they are."""
    found: dict[str, Text] = {}
    for line in lines:
        at, held = line.item.position, {"column": line.item.column, "name": line.name, "type": line.data_type}
        held |= {what: getattr(line, what) for what in ("length", "element", "grade", "mask", "description")}
        held |= {what: "on" if getattr(line, what) else "" for what in TICKED}
        found |= {f"{what}-{at}": merging.plain([text]) for what, text in held.items()}
    return found


def ticks(name: str) -> bool:
    """Tell whether nothing is sent of a control that is not ticked."""
    return name.rpartition("-")[0] in TICKED


def moved(sent: QueryDict, items: Sequence[DataItem], now: Texts) -> QueryDict:
    """Let a row that was written anew stand at the item of the same column, when somebody else made that meanwhile."""
    given = sent.copy()
    places = {item.column: item.position for item in items}
    for key in [key for key in given if key.startswith("new-column-")]:
        row = key.rpartition("-")[2]
        name, letter = (given.get(f"new-{what}-{row}", "").strip() for what in ("name", "type"))
        at = places.get((given[key].strip() or name)[:200])
        if at is None or f"name-{at}" in given:
            continue
        for held, text in now.items():
            if text and held.rpartition("-")[2] == str(at):
                given.setlist(held, list(text))
        given[f"name-{at}"] = name or given[key].strip()
        if letter:
            given[f"type-{at}"] = letter
        for what in ("column", "name", "type"):
            given.pop(f"new-{what}-{row}", None)
    return given


def completed(typed: Texts, sent: QueryDict, was: Texts, now: Texts) -> dict[str, Text]:
    """Give all that was typed: into the rows, into those that are gone, into new ones; the rest was not touched."""
    besides = {name: merging.plain(sent.getlist(name)) for name in sent if name.startswith("new-")}
    unsent = {name: was[name] for name in now if name not in typed and name in was}
    gone = {
        name: text if ticks(name) or name not in sent else merging.plain(sent.getlist(name))
        for name, text in was.items()
        if name not in now
    }
    return {**gone, **unsent, **typed, **{name: text for name, text in besides.items() if text}}


def kind(lines: Sequence[Line], was: Texts, now: Texts) -> Kind:
    """Say how the controls of the rows read."""
    masks = {f"mask-{line.item.position}": line.masks for line in lines}
    columns = {name: text[0] for name, text in (*was.items(), *now.items()) if name.startswith("column-") and text}

    def choices(name: str) -> Sequence[tuple[str, Any]] | None:
        what = name.rpartition("-")[0].removeprefix("new-")
        if what == "grade":
            return [(str(grade), label) for grade, label in GRADES]
        return {"type": [("", "—"), *TYPES.items()], "mask": masks.get(name, ())}.get(what)

    def said(name: str, text: Text) -> Any:
        if ticks(name):
            return bool(text)
        return str(dict(choices(name) or ()).get(text[0], text[0])) if text else None

    return Kind(
        label=lambda name: LABELS.get(name.rpartition("-")[0], name),
        said=said,
        form=partial(_form, choices, list(now)),
        ticks=ticks,
        item=lambda name: "" if name.startswith("new-") else columns.get(f"column-{name.rpartition('-')[2]}", ""),
        told=lambda name: "items",
    )


def _form(choices: Any, names: list[str], sent: QueryDict) -> forms.Form:
    """Make the controls of the rows, filled with what was typed."""
    form = forms.Form(initial={name: bool(sent.get(name)) if ticks(name) else sent.get(name, "") for name in names})
    for name in names:
        if name.startswith("column-"):
            continue
        label = _("改为")
        if ticks(name):
            made: forms.Field = forms.BooleanField(label=label, required=False)
        elif (pairs := choices(name)) is not None:
            made = forms.ChoiceField(label=label, required=False, choices=pairs)
        else:
            made = forms.CharField(label=label, required=False)
        look = {forms.BooleanField: "form-check-input", forms.ChoiceField: "form-select"}
        made.widget.attrs["class"] = look.get(type(made), "form-control")
        form.fields[name] = made
    return form
