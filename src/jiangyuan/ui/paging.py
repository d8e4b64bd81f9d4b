"""Paging by key: the next page begins after the last row seen, however many rows lie before it; nothing is counted.

The cursor is signed: it names the order, the value and the id of a row, so that it cannot be turned into a probe of a
column that the page does not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.db.models import F, Field, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused
from jiangyuan.ui.parts import Pager, Query, pairs_of

_M = TypeVar("_M", bound=Model)
SALT = "jiangyuan.keyset"
SIZES = (20, 50, 100, 200)


class BadCursor(Refused):
    """A page address was changed by hand or belongs to another order."""

    status = 400
    default_code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Slice(Generic[_M]):
    """One page of rows and the cursors of its neighbours (empty: there is none)."""

    items: list[_M]
    order: str
    previous: str
    next: str

    def pager(self, query: Query) -> Pager:
        """Give the links to the neighbours; `query` is the page's own query."""
        kept = [(k, v) for k, v in pairs_of(query) if k != "cursor"]

        def to(cursor: str) -> str:
            return "?" + urlencode([*kept, ("cursor", cursor)]) if cursor else ""

        return Pager(previous_url=to(self.previous), next_url=to(self.next))


def keyset(
    rows: QuerySet[_M],
    *,
    order: str,
    allowed: tuple[str, ...],
    cursor: str = "",
    size: int = 50,
    salt: str = "",
) -> Slice[_M]:
    """Give one page of `rows`, ordered by a column and the primary key.

    `order`: a column of the model, "-" before it for descending; `allowed`: the columns that may be sorted by, the first
    being the default; `size`: rows a page, at most 200; `salt`: tells lists apart whose cursors must not be exchanged.
    An order that is not allowed gives the default. Raises `BadCursor`.
    """
    order, column, field = _sorted_by(rows.model, order, allowed)
    descending = order.startswith("-")
    backward, place = _open(cursor, order, field, rows.model, salt)
    if place is not None:
        rows = rows.filter(_beyond(field, *place, descending=descending, backward=backward))
    size = max(1, min(size, SIZES[-1]))
    found = list(rows.order_by(*_ordering(field, column, descending != backward, backward))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    before = more if backward else place is not None
    after = True if backward else more
    return Slice(
        found,
        order,
        _seal(found[0], column, order, "p", field, salt) if found and before else "",
        _seal(found[-1], column, order, "n", field, salt) if found and after else "",
    )


def _sorted_by(model: type[Model], order: str, allowed: tuple[str, ...]) -> tuple[str, str, Field[Any, Any]]:
    """Give the order in force, its column and its field; an order that is not allowed gives the default."""
    column = order.removeprefix("-")
    if column not in {a.removeprefix("-") for a in allowed}:
        order, column = allowed[0], allowed[0].removeprefix("-")
    # a model may say that what people sort by under a name stands in another column (`SORTED_AS`)
    column = getattr(model, "SORTED_AS", {}).get(column, column)
    field = model._meta.get_field(column)
    assert isinstance(field, Field)
    return order, column, field


def ordered(rows: QuerySet[_M], *, order: str, allowed: tuple[str, ...]) -> QuerySet[_M]:
    """Give all rows in exactly the order in which the pages show them."""
    order, column, field = _sorted_by(rows.model, order, allowed)
    return rows.order_by(*_ordering(field, column, order.startswith("-"), False))


def _ordering(field: Field[Any, Any], column: str, down: bool, backward: bool) -> list[Any]:
    """Order by column, then key, both in one direction; empty values stand at the end of the list as people read it."""
    if field.primary_key:
        return [F("pk").desc() if down else F("pk").asc()]
    nulls = {} if not field.null else {"nulls_first": True} if backward else {"nulls_last": True}
    key = F("pk").desc() if down else F("pk").asc()
    return [F(column).desc(**nulls) if down else F(column).asc(**nulls), key]


def _beyond(field: Field[Any, Any], value: Any, key: Any, *, descending: bool, backward: bool) -> Q:
    column, compare = field.name, "lt" if descending != backward else "gt"
    past_key = Q(**{f"pk__{compare}": key})
    if field.primary_key:
        return past_key
    if value is None:
        same = Q(**{f"{column}__isnull": True}) & past_key
        return same | Q(**{f"{column}__isnull": False}) if backward else same
    past = Q(**{f"{column}__{compare}": value}) | (Q(**{column: value}) & past_key)
    # Says nothing new, but gives the planner a range on the index, which the OR alone does not.
    past &= Q(**{f"{column}__{compare}e": value})
    return past | Q(**{f"{column}__isnull": True}) if field.null and not backward else past


def _seal(row: Model, column: str, order: str, direction: str, field: Field[Any, Any], salt: str) -> str:
    value = getattr(row, column)
    text = None if value is None else field.value_to_string(row)
    return signing.dumps([order, direction, text, str(row.pk)], salt=f"{SALT}.{salt}", compress=True)


def _open(
    cursor: str, order: str, field: Field[Any, Any], model: type[Model], salt: str
) -> tuple[bool, tuple[Any, Any] | None]:
    if not cursor:
        return False, None
    try:
        sealed_order, direction, text, key = signing.loads(cursor[:2000], salt=f"{SALT}.{salt}")
        if sealed_order != order:
            raise ValueError(sealed_order)
        value = None if text is None else field.to_python(text)
        return direction == "p", (value, model._meta.pk.to_python(key))
    except (signing.BadSignature, ValueError, TypeError) as exc:
        raise BadCursor(_("分页地址已失效"), where="cursor", mend=_("请回到第一页，重新翻页。")) from exc
