"""One grant, read by every way there is, shows the same rows, columns and masks at one data version, and nothing beyond.

Several random grants (columns, masks, row condition) over one populated source: what the grant gives is worked out here
by hand from the rows, and each way must show exactly that.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from tests.data.movement.road import MemoryJournal, until
from tests.exchange import factories as make
from tests.exchange.gateway_rig import Rig, credentials_of, running
from tests.exchange.source_rig import VERSION, Row, Sourced, sourced

from jiangyuan.data import plan as door_two
from jiangyuan.data.engines import duckdb, postgres
from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.movement.shape import PSEUDONYM
from jiangyuan.data.movement.state import Phase
from jiangyuan.data.plan import Plan, authorize
from jiangyuan.exchange.delivery.client import Occasion
from jiangyuan.exchange.delivery.gateway import definitions
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.resolver import resolve
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import Person
from jiangyuan.resources.ingestion.streams import Clerks, PlanGate

GRANTS, TRIES = 5, 30
CASE = "JZ2026-0007"
Show = Callable[[Any], Any]

MASKS: dict[str, list[tuple[dict[str, Any] | None, Show]]] = {
    "citizen_id": [({"kind": "division"}, lambda v: v[:6]), ({"kind": "redact"}, lambda _v: None)],
    "name": [({"kind": "name"}, lambda v: v[0] + "**"), ({"kind": "redact"}, lambda _v: None)],
    "birth_date": [({"kind": "year"}, lambda v: v.year), ({"kind": "redact"}, lambda _v: None)],
    "sex": [({"kind": "none"}, lambda v: v)],
    "phone": [({"kind": "phone"}, lambda v: None if v is None else v[:3] + "****" + v[-4:])],
    "income": [({"kind": "none"}, lambda v: v), ({"kind": "bucket", "unit": 500}, lambda v: None if v is None else v // 500 * 500)],
    "division": [({"kind": "none"}, lambda v: v), ({"kind": "keep", "first": 4, "last": 0}, lambda v: v[:4] + "**")],
}  # fmt: skip
CONDITIONS: list[tuple[dict[str, Any] | None, Callable[[Row], bool]]] = [
    (None, lambda row: True),
    ({"op": "starts_with", "column": "division", "value": "6327"}, lambda row: row["division"].startswith("6327")),
    ({"op": "<", "column": "birth_date", "value": "1975-01-01"}, lambda row: row["birth_date"] < date(1975, 1, 1)),
    ({"op": ">=", "column": "income", "value": "1000.00"}, lambda row: row["income"] is not None and row["income"] >= 1000),
    ({"op": "not", "item": {"op": "is_null", "column": "phone"}}, lambda row: row["phone"] is not None),
]  # fmt: skip


def plain(value: Any) -> str:
    """Spell a value alike whatever way it came: JSON has no dates and one kind of number."""
    if value is None:
        return ""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f"{float(value):.4f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def bag(rows: list[Row]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted((name, plain(value)) for name, value in row.items())) for row in rows)


class World:
    """A department's database with rows, the same rows in the serving store, and a gateway before them."""

    def __init__(self, rig: Rig, made: Sourced) -> None:
        self.rig, self.sourced, self.rows = rig, made, made.rows

    def by_hand(self, shown: dict[str, Show], keep: Callable[[Row], bool]) -> list[Row]:
        return [{name: show(row[name]) for name, show in shown.items()} for row in self.rows if keep(row)]

    def plan(self, grant: Grant, actor: Actor) -> Plan:
        return authorize(f"select * from {grant.mount.alias}", actor=actor, scene=make.reading(grant))

    def by_query(self, grant: Grant, actor: Actor) -> list[Row]:
        plan = self.plan(grant, actor)
        assert set(plan.data_versions.values()) == {VERSION}
        batches = postgres.run(plan, connection_url=self.rig.urls["reader_url"])
        return [row for batch in batches for row in batch.to_pylist()]

    def by_page(self, grant: Grant, actor: Actor) -> list[Row]:
        client = Client()
        client.force_login(Person.objects.get(pk=actor.id))
        answer = client.get(f"/exchange/grants/{grant.pk}/data/")
        assert answer.status_code == 200, answer.content.decode()
        table, columns = answer.context["table"], {item.name: item.column for item in grant.entry.items.all()}
        names = [columns[str(column.title)] for column in table.columns]
        return [{n: None if v == "" else v for n, v in zip(names, row, strict=True)} for row in table.rows]

    def by_duckdb(self, grant: Grant) -> list[Row]:
        url = self.rig.urls["reader_url"]
        plan = self.plan(grant, self.rig.way.caller)
        answer = duckdb.run(plan, feed=lambda one: postgres.read_relation(plan, one.alias, connection_url=url))
        return [row for batch in answer for row in batch.to_pylist()]

    def by_match(self, grant: Grant) -> list[Row]:
        subjects = [row["citizen_id"] for row in self.rows]
        answer = self.rig.call(grant.pk, "match-list", content={"subjects": subjects})
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-jiangyuan-data-version"] == VERSION
        return [record for one in answer.json()["results"] for record in one["records"]]

    def by_rows(self, grant: Grant) -> list[Row]:
        """The gateway's query, person by person."""
        found: list[Row] = []
        for row in self.rows:
            answer = self.rig.call(grant.pk, "rows", query=f"citizen_id={row['citizen_id']}")
            assert answer.status_code == 200, answer.text
            assert answer.headers["x-jiangyuan-data-version"] == VERSION
            found += answer.json()["rows"]
        return found

    def by_table(self, grant: Grant) -> list[Row]:
        """The copy in the consumer's own database, through the same plan and gate as in the worker."""
        delivery = self.sourced.delivery(grant)
        assert delivery.source.connection is not None
        clerks = Clerks()
        runner = CaptureRunner(
            name="differential",
            source=delivery.source.connection,
            subscriptions=[delivery],
            gate=PlanGate(clerks),
            journal=MemoryJournal(),
        )
        runner.start()
        try:
            until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.STREAMING], tell=runner.status)
        finally:
            runner.stop()
            clerks.close()
        # rows whose key is not granted in clear are told apart by a pseudonym, which tells nothing else
        return [
            {name: value for name, value in row.items() if name != PSEUDONYM} for row in self.sourced.delivered(grant)
        ]


def either(actor: Actor, scene: Scene, names: Any, form: str) -> Any:
    """Resolve as the gateway on its loop, and as the platform everywhere else: here both live in one process."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return resolve(actor, scene, names, form)
    return definitions.resolve(actor, scene, names, form)


@pytest.fixture
def world(committed: None, urls: dict[str, str], cluster: Any) -> Iterator[World]:
    with sourced(urls, cluster) as made:
        make.case(made.way.system, [row["citizen_id"] for row in made.rows], number=CASE)
        credentials = credentials_of(made.way.system)
        with running() as at:
            door_two._resolvers[:] = [either]
            yield World(Rig(made.way, urls, at, credentials, Occasion(make.PURPOSE, CASE, "经办员甲")), made)


def grants(world: World, numbers: random.Random) -> Iterator[tuple[Grant, list[Row]]]:
    """Draw grants until enough were admitted; what masks each other off is refused, and counts as a try."""
    made = 0
    for _try in range(TRIES):
        columns = numbers.sample([*MASKS], numbers.randint(2, 5))
        chosen = {column: numbers.choice(MASKS[column]) for column in columns}
        condition, keep = numbers.choice(CONDITIONS)
        items = [{"column": column, "mask": mask} for column, (mask, _show) in chosen.items()]
        forms = ["query", "table", "match"]
        try:
            grant = world.rig.grant(items=items, condition=condition, forms=forms, case_bound=False)
        except Refused:
            continue
        yield grant, world.by_hand({column: show for column, (_mask, show) in chosen.items()}, keep)
        made += 1
        if made == GRANTS:
            return
    raise AssertionError(f"only {made} of {TRIES} drawn grants were admitted")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_way_shows_the_same_and_nothing_beyond(world: World) -> None:
    numbers = random.Random(7)
    way = world.rig.way
    seen: list[int] = []
    for grant, wanted in grants(world, numbers):
        told = f"{grant.items} {grant.condition}"
        expected = bag(wanted)
        assert bag(world.by_query(grant, way.caller)) == expected, told
        assert bag(world.by_query(grant, way.consumer.analyst)) == expected, told
        assert bag(world.by_page(grant, way.consumer.analyst)) == expected, told
        assert bag(world.by_duckdb(grant)) == expected, told
        assert bag(world.by_match(grant)) == expected, told
        assert bag(world.by_rows(grant)) == expected, told
        assert bag(world.by_table(grant)) == expected, told
        seen.append(len(wanted))
    assert len(set(seen)) > 1, "the conditions drawn tell rows apart"
