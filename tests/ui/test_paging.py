"""Paging by key gives every row once, in both directions, whatever the order, and refuses a changed address."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.core import signing
from django.db import connection

from jiangyuan.kernel.models import CalendarDay, IdempotencyKey
from jiangyuan.ui.paging import BadCursor, keyset

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys() -> Iterator[int]:
    """Forty-one rows, many of which share the value they are sorted by."""
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(actor=f"a{n % 5}", key=f"k{n:02}", action="x", digest=b"d") for n in range(41)
    )
    yield 41


@pytest.mark.parametrize("order", ["actor", "-actor", "key", "-key", "id", "-id"])
def test_every_row_once_forward_and_back(keys: int, order: str) -> None:
    rows, seen, cursor, pages = IdempotencyKey.objects.all(), [], "", []
    while True:
        found = keyset(rows, order=order, allowed=("key", "actor", "id"), cursor=cursor, size=7)
        pages.append([r.pk for r in found.items])
        seen += pages[-1]
        last, cursor = found, found.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == keys
    column = order.removeprefix("-")
    values = {r.pk: getattr(r, column) for r in rows}
    assert [values[pk] for pk in seen] == sorted(values.values(), reverse=order.startswith("-"))
    back = [pages[-1]]
    while last.previous:
        last = keyset(rows, order=order, allowed=("key", "actor", "id"), cursor=last.previous, size=7)
        back.append([r.pk for r in last.items])
        assert last.next
    assert back == pages[::-1]


def test_nothing_is_counted(keys: int, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        keyset(IdempotencyKey.objects.all(), order="key", allowed=("key",), size=7)
    assert "COUNT" not in str(connection.queries_log).upper()


def test_dates_survive_the_cursor() -> None:
    CalendarDay.objects.bulk_create(CalendarDay(day=date(2027, 1, d), working=True) for d in range(1, 8))
    first = keyset(CalendarDay.objects.all(), order="-day", allowed=("-day",), size=3)
    second = keyset(CalendarDay.objects.all(), order="-day", allowed=("-day",), size=3, cursor=first.next)
    assert [r.day.day for r in first.items + second.items] == [7, 6, 5, 4, 3, 2]


def test_an_order_that_is_not_allowed_gives_the_default(keys: int) -> None:
    assert keyset(IdempotencyKey.objects.all(), order="digest", allowed=("-key",), size=1).order == "-key"


@pytest.mark.parametrize("forge", ["changed", "other order", "other list", "not ours"])
def test_a_changed_address_is_refused(keys: int, forge: str) -> None:
    rows = IdempotencyKey.objects.all()
    cursor = keyset(rows, order="key", allowed=("key", "actor"), size=5, salt="one").next
    salt, order = "one", "key"
    if forge == "changed":
        cursor = cursor[:-2] + ("aa" if cursor[-2:] != "aa" else "bb")
    elif forge == "other order":
        order = "actor"
    elif forge == "other list":
        salt = "two"
    else:
        cursor = signing.dumps(["key", "n", "k01", "x"], salt="elsewhere")
    with pytest.raises(BadCursor):
        keyset(rows, order=order, allowed=("key", "actor"), cursor=cursor, salt=salt)


def test_the_pager_keeps_the_rest_of_the_address(keys: int) -> None:
    found = keyset(IdempotencyKey.objects.all(), order="key", allowed=("key",), size=5)
    pager = found.pager({"q": "低保", "cursor": "old", "order": "key"})
    assert pager.previous_url == "" and pager.next_url.startswith("?q=%E4%BD%8E%E4%BF%9D&order=key&cursor=")
