"""Row conditions as people fill them in and read them: rows of item, comparison and value; sentences, never JSON.

The grammar is that of `data.conditions`; what it reads is what is stored. A condition made elsewhere that rows cannot
hold (nested ones) is shown as a sentence, and kept or taken away as a whole. Adding or removing a row is a round trip
of the form, so it needs no script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.data import conditions
from jiangyuan.data.column_types import family
from jiangyuan.kernel.clocks import SHANGHAI
from jiangyuan.kernel.texts import listed
from jiangyuan.ui.parts import Part

ROWS, ADD, JOIN, KEEP = "_row", "condition-new", "condition-join", "condition-keep"
"""The buttons that add and remove rows; the item to add; "and" or "or"; keep a condition that rows cannot hold."""
MOST = 20
_EQUAL: tuple[tuple[str, Any], ...] = (("=", gettext_lazy("为")), ("!=", gettext_lazy("不为")))
_KNOWN: tuple[tuple[str, Any], ...] = (("known", gettext_lazy("已填写")), ("unknown", gettext_lazy("未填写")))
_ORDER: tuple[tuple[str, Any], ...] = (
    (">=", gettext_lazy("不小于")),
    ("<=", gettext_lazy("不大于")),
    (">", gettext_lazy("大于")),
    ("<", gettext_lazy("小于")),
    ("between", gettext_lazy("介于")),
)
_TIME: tuple[tuple[str, Any], ...] = (
    (">=", gettext_lazy("不早于")),
    ("<=", gettext_lazy("不晚于")),
    (">", gettext_lazy("晚于")),
    ("<", gettext_lazy("早于")),
    ("between", gettext_lazy("介于")),
)
_TEXT: tuple[tuple[str, Any], ...] = (("starts_with", gettext_lazy("开头为")), ("in", gettext_lazy("是其中之一")))
_CONTROLS = {"date": "date", "timestamp": "datetime-local", "instant": "datetime-local", "boolean": "boolean"}
_NUMBERS = frozenset({"integer", "number", "float"})


@dataclass(frozen=True, slots=True)
class Item:
    """An item that a condition may be about: its column, what people call it, its type."""

    column: str
    name: str
    type: str

    @property
    def family(self) -> str:
        """Give the family of the type."""
        return family(self.type)

    @property
    def operators(self) -> tuple[tuple[str, Any], ...]:
        """Give the comparisons that suit the type, with their words."""
        kind = self.family
        if kind == "boolean":
            return (_EQUAL[0], *_KNOWN)
        if kind in ("date", "timestamp", "instant"):
            return (*_EQUAL, *_TIME, *_KNOWN)
        if kind in _NUMBERS:
            return (*_EQUAL, *_ORDER, *_KNOWN)
        return (*_EQUAL, *_TEXT, *_KNOWN) if kind == "text" else (*_EQUAL, *_KNOWN)

    @property
    def control(self) -> str:
        """Give the kind of control its values are typed into."""
        return _CONTROLS.get(self.family, "number" if self.family in _NUMBERS else "text")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the editor: the item, the comparison, what was typed, and what is wrong with it."""

    item: Item
    operator: str
    value: str = ""
    to: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor(Part):
    """The editor as it stands on a form. `kept`: the sentence of a condition that rows cannot hold."""

    template: ClassVar[str] = "ui/parts/conditions.html"
    items: tuple[Item, ...]
    rows: tuple[Row, ...] = ()
    join: str = "and"
    kept: str = ""
    keeping: bool = False
    said: str = ""
    most: int = MOST

    @property
    def faults(self) -> list[str]:
        """Give what is wrong, row by row, for the summary above the form."""
        text = gettext_lazy("第 %(number)s 个条件（%(item)s）：%(fault)s")
        told = [(n, row) for n, row in enumerate(self.rows, 1) if row.fault]
        return [str(text) % {"number": n, "item": row.item.name, "fault": row.fault} for n, row in told]


@dataclass(slots=True)
class Typed:
    """What a form sent: the rows, how they are joined, and the condition they make."""

    rows: list[Row] = field(default_factory=list)
    join: str = "and"
    form: dict[str, Any] | None = None


# --- from the form ----------------------------------------------------------------------------------------------------


def usable(items: Iterable[Item]) -> tuple[Item, ...]:
    """Give the items that a condition can be about: pictures and documents are not compared."""
    return tuple(item for item in items if item.family not in ("binary", "json", "time"))


def typed_rows(sent: Any, items: Sequence[Item]) -> Typed:
    """Read the rows a form sent (names `condition-N-…`); a pressed button has added or removed one. Never raises."""
    named = {item.column: item for item in items}
    found = []
    for number in range(MOST):
        item = named.get(sent.get(f"condition-{number}-column", ""))
        if item is not None:
            told = [str(sent.get(f"condition-{number}-{part}", ""))[:4000] for part in ("op", "value", "to")]
            operator = told[0] if told[0] in dict(item.operators) else item.operators[0][0]
            found.append((number, Row(item, operator, told[1].strip(), told[2].strip())))
    pressed = sent.get(ROWS, "")
    rows = [row for number, row in found if pressed != f"remove-{number}"]
    added = named.get(sent.get(ADD, ""))
    if pressed == "add" and added is not None and len(rows) < MOST:
        rows.append(Row(added, added.operators[0][0]))
    return Typed(rows, "or" if sent.get(JOIN) == "or" else "and")


def _number(text: str, kind: str) -> Any:
    plain = re.sub(r"[,，\s]", "", text)  # i18n: separators, not a text
    return int(plain) if kind == "integer" and re.fullmatch(r"[-+]?\d{1,19}", plain) else plain


def _value(text: str, kind: str) -> Any:
    if kind in _NUMBERS:
        return _number(text, kind)
    if kind == "boolean":
        return text == "true"
    if kind == "instant" and re.fullmatch(r"[\d-]{10}T[\d:]{5,8}", text):
        return f"{text}+08:00"
    return text


def _leaf(row: Row) -> dict[str, Any]:
    base = {"column": row.item.column, "type": row.item.type}
    kind = row.item.family
    if row.operator in ("known", "unknown"):
        missing = {"op": "is_null", **base}
        return missing if row.operator == "unknown" else {"op": "not", "item": missing}
    if row.operator == "in":
        values = [one.strip() for one in re.split(r"[、，,；;\n]", row.value) if one.strip()]  # i18n: separators
        return {"op": "in", **base, "values": values}
    if row.operator == "between":
        return {"op": "between", **base, "low": _value(row.value, kind), "high": _value(row.to, kind)}
    return {"op": row.operator, **base, "value": _value(row.value, kind)}


_WRONG: Mapping[str, Any] = {
    "date": gettext_lazy("日期的写法不对，请写成 2026-11-22 的形式。"),
    "number": gettext_lazy("应为数字，请只填数字和小数点。"),
    "datetime-local": gettext_lazy("时间的写法不对，请写成 2026-11-22T09:30 的形式。"),
}


def _fault(row: Row, columns: Mapping[str, str]) -> str:
    if row.operator not in ("known", "unknown") and not row.value:
        return _("请填写要比较的值，或删去这个条件。")
    if row.operator == "between" and not row.to:
        return _("请填写“至”的值。")
    try:
        conditions.parse(_leaf(row), columns=columns)
    except conditions.BadCondition as refusal:
        return str(_WRONG.get(row.item.control, refusal.message))
    return ""


def checked(typed: Typed) -> Typed:
    """Check the rows; every fault stands at its row. Without a fault `form` is the condition, or None for all rows."""
    columns = {row.item.column: row.item.type for row in typed.rows}
    rows = [replace(row, fault=_fault(row, columns)) for row in typed.rows]
    form: dict[str, Any] | None = None
    if rows and not any(row.fault for row in rows):
        leaves = [_leaf(row) for row in rows]
        form = leaves[0] if len(leaves) == 1 else {"op": typed.join, "items": leaves}
    return Typed(rows, typed.join, form)


# --- from what is stored ----------------------------------------------------------------------------------------------


def rows_of(form: Mapping[str, Any] | None, items: Sequence[Item]) -> Typed | None:
    """Give the rows of a stored condition; None when rows cannot hold it."""
    if form is None:
        return Typed()
    named = {item.column: item for item in items}
    join = str(form["op"]) if form["op"] in ("and", "or") else "and"
    leaves = form["items"] if form["op"] in ("and", "or") else [form]
    rows = [_row(leaf, named) for leaf in leaves]
    return None if None in rows or len(rows) > MOST else Typed([row for row in rows if row], join)


def _row(leaf: Mapping[str, Any], named: Mapping[str, Item]) -> Row | None:
    if leaf["op"] == "not" and leaf["item"]["op"] == "is_null" and leaf["item"]["column"] in named:
        return Row(named[leaf["item"]["column"]], "known")
    item = named.get(leaf.get("column", ""))
    operator = "unknown" if leaf["op"] == "is_null" else leaf["op"]
    if item is None or "other" in leaf or operator not in dict(item.operators):
        return None
    if operator == "between":
        return Row(item, operator, _shown(leaf["low"], item), _shown(leaf["high"], item))
    if operator == "in":
        return Row(item, operator, "，".join(_shown(v, item) for v in leaf["values"]))  # i18n: a separator, not a text
    return Row(item, operator, _shown(leaf.get("value", ""), item))


def _shown(value: Any, item: Item) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if item.control != "datetime-local":
        return str(value)
    return _moment(str(value)).strftime("%Y-%m-%dT%H:%M")


def _moment(text: str) -> datetime:
    """Read a stored time; an instant is shown in the time of Shanghai, where it was typed."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(SHANGHAI) if moment.tzinfo is not None else moment


# --- as a sentence ----------------------------------------------------------------------------------------------------


def sentence(form: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """Say a condition: which records are asked for. `names`: what people call the columns."""
    if form is None:
        return _("全部记录")
    return _("只限%(what)s的记录") % {"what": _clause(form, names)}


def _clause(form: Mapping[str, Any], names: Mapping[str, str]) -> str:
    operator = form["op"]
    if operator in ("and", "or"):
        inner = [_clause(item, names) for item in form["items"]]
        inner = [_("（%(what)s）") % {"what": t} if i["op"] in ("and", "or") else t for t, i in _paired(inner, form)]
        return (_("，并且") if operator == "and" else _("，或者")).join(inner)
    if operator == "not":
        if form["item"]["op"] == "is_null":
            return _("“%(item)s”已填写") % {"item": names.get(form["item"]["column"], form["item"]["column"])}
        return _("不符合“%(what)s”") % {"what": _clause(form["item"], names)}
    item = Item(form["column"], names.get(form["column"], form["column"]), form["type"])
    if operator == "is_null":
        return _("“%(item)s”未填写") % {"item": item.name}
    if operator == "between":
        said = {"item": item.name, "low": _said(form["low"], item), "high": _said(form["high"], item)}
        return _("“%(item)s”在 %(low)s 至 %(high)s 之间（含两端）") % said
    word = dict((*_EQUAL, *_ORDER, *_TEXT)).get(operator, operator)
    word = dict(item.operators).get(operator, word)
    if "other" in form:
        value: Any = _("“%(item)s”") % {"item": names.get(form["other"], form["other"])}
    else:
        value = _said_list(form["values"], item) if operator == "in" else _said(form.get("value"), item)
    return _("“%(item)s”%(comparison)s %(value)s") % {"item": item.name, "comparison": word, "value": value}


def _paired(texts: list[str], form: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(zip(texts, form["items"], strict=True))


def _said(value: Any, item: Item) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return _moment(str(value)).strftime("%Y-%m-%d %H:%M") if item.control == "datetime-local" else str(value)


def _said_list(values: Sequence[Any], item: Item) -> Any:
    few = listed([_said(v, item) for v in values[:8]])
    if len(values) <= 8:
        return few
    return _("%(few)s等 %(n)s 个值") % {"few": few, "n": f"{len(values):,}"}
