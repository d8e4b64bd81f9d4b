"""What pages ask of the database, and when the workbench may show what it worked out before."""

from typing import Any

import pytest
from django.db import connection
from tests.exchange import factories

from jiangyuan.kernel.following import newest_event
from jiangyuan.portal.home import kept

MOST_JOINS = 14
"""PostgreSQL plans a statement of thirty tables for a second before it reads a row."""
LISTS = ("/catalog/", "/exchange/requests/", "/exchange/grants/", "/exchange/deliveries/", "/services/", "/sources/")


@pytest.mark.parametrize("url", ("/", "/workbench/", *LISTS))
def test_no_statement_joins_half_the_house(way: factories.Road, browser: Any, url: str) -> None:
    factories.grant(way)
    asked: list[str] = []

    def heard(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    client = browser(way.provider.sharing_handler)
    with connection.execute_wrapper(heard):
        assert client.get(url).status_code == 200
    assert max(sql.count(" JOIN ") for sql in asked) <= MOST_JOINS


def test_the_workbench_asks_little_and_nothing_twice(
    committed: None, browser: Any, django_assert_max_num_queries: Any
) -> None:
    way = factories.road()
    client = browser(way.provider.sharing_handler)
    with django_assert_max_num_queries(65):
        first = client.get("/").content
    with django_assert_max_num_queries(8):
        assert client.get("/workbench/").status_code == 200
    assert client.get("/").status_code == 200 and first


def test_what_was_kept_ends_with_the_next_act(committed: None) -> None:
    way = factories.road()
    assert newest_event() is not None
    worked: list[int] = []

    def work_out() -> int:
        worked.append(1)
        return len(worked)

    assert [kept.Kept().get("n", "k", work_out) for _ in range(3)] == [1, 1, 1]
    assert kept.Kept().get("n", "another", work_out) == 2
    assert kept.Kept().get("n", "k", work_out, seconds=0.0) == 3
    factories.ask(way)
    assert [kept.Kept().get("n", "k", work_out) for _ in range(2)] == [4, 4]


def test_an_act_that_is_not_committed_yet_keeps_nothing(db: None) -> None:
    factories.road()
    assert newest_event() is None
    answers = iter((1, 2))
    assert [kept.Kept().get("n", "k", lambda: next(answers)) for _ in range(2)] == [1, 2]
