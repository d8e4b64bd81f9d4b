"""The whole way: snapshot, stream, plan, target, under writes, withdrawal, drift and loss."""

import threading

import psycopg
import pytest

from jiangyuan.data.conditions import parse
from jiangyuan.data.movement.state import Phase
from jiangyuan.data.relations import Column, Mask


def test_a_change_arrives(road, until):
    road.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, town text)",
        "INSERT INTO people VALUES (1, '卓玛', '630102'), (2, '马海明', '630104'), (3, NULL, '630102')",
    )
    subscription = road.subscription(
        "people",
        columns=[Column("id", "integer"), Column("name", "text", Mask("name")), Column("town", "text")],
        condition=parse({"op": "=", "column": "town", "value": "630102"}, columns={"town": "text"}),
    )
    runner = road.runner(subscription)
    look = "SELECT * FROM delivered.people ORDER BY id"
    until(lambda: road.rows(look) == [(1, "卓**", "630102"), (3, None, "630102")], tell=runner.status)
    road.run(
        "INSERT INTO people VALUES (4, '才让', '630102'), (5, '王芳', '630199')",
        "UPDATE people SET town = '630104' WHERE id = 1",
        "UPDATE people SET town = '630102' WHERE id = 2",
        "UPDATE people SET id = 30, name = '李' WHERE id = 3",
    )
    expected = [(2, "马**", "630102"), (4, "才**", "630102"), (30, "李**", "630102")]
    until(lambda: road.rows(look) == expected, tell=runner.status)
    road.run("DELETE FROM people WHERE id = 4")
    until(lambda: road.rows(look) == [expected[0], expected[2]], tell=runner.status)
    road.run("TRUNCATE people", "INSERT INTO people VALUES (7, '新', '630102')")
    until(lambda: road.rows(look) == [(7, "新**", "630102")], tell=runner.status)
    assert all(delivery.phase is Phase.STREAMING for delivery in runner.status().deliveries)
