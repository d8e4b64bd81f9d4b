"""Door two: refused by default, sealed, cached by grants, and the same refusal for what is missing and what is hidden."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from jiangyuan.data import plan as plan_module
from jiangyuan.data.engines import duckdb as embedded
from jiangyuan.data.engines import postgres
from jiangyuan.data.plan import PlanRefused, QueryRefused, authorize, register_resolver, still_granted
from jiangyuan.data.relations import Column, Location, Mask, RelationGrant
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.errors import Broken

PERSON = Actor(kind="person", id=uuid4(), name="a")


def relation(alias: str = "d.t", **changes: Any) -> RelationGrant:
    made = RelationGrant(
        resource=uuid4(),
        entry=uuid4(),
        alias=alias,
        location=Location("serving", "store", f"r_{uuid4().hex}"),
        key=("id",),
        columns=(Column("id", "text"), Column("x", "integer"), Column("姓名", "text", Mask("name"))),
        condition=None,
        grant=uuid4(),
        epoch=1,
        until=date.today() + timedelta(days=2),
        forms=frozenset({"query"}),
    )
    return replace(made, **changes)


@pytest.fixture
def held() -> Iterator[list[RelationGrant]]:
    kept, found = list(plan_module._resolvers), []
    plan_module._resolvers.clear()
    register_resolver(lambda _actor, _scene, names, _form: [r for r in found if {r.alias, r.entry} & set(names)])
    yield found
    plan_module._resolvers[:] = kept


def ask(sql: Any = "select x from d.t", actor: Actor = PERSON, **scene: Any) -> plan_module.Plan:
    return authorize(sql, actor=actor, scene=Scene(**scene))


def test_refused_without_a_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "_resolvers", [])
    with pytest.raises(PlanRefused):
        ask(actor=service_actor("ingest"))


@pytest.mark.parametrize(
    "changes",
    [
        {"forms": frozenset({"table"})},
        {"until": date.today() - timedelta(days=2)},
        {"grant": None},
        {"columns": ()},
    ],
)
def test_a_grant_that_does_not_fit_is_no_grant(held: list[RelationGrant], changes: dict[str, Any]) -> None:
    held.append(relation(**changes))
    with pytest.raises(PlanRefused) as refused:
        ask()
    assert refused.value.code == "data.query.table"


def test_what_a_plan_says(held: list[RelationGrant]) -> None:
    first = relation()
    held.append(first)
    plan = ask('select max(x) as m, upper("姓名") as n from d.t where id = :id')
    plan.verify()
    assert [c.name for c in plan.output] == ["m", "n"] and plan.lineage["n"] == ((first.resource, "姓名"),)
    assert plan.columns_of("d.t") == ("x", "姓名", "id") and plan.parameters == ("id",)
    assert plan.engine == "postgres" and plan.grants == ((first.grant, 1),)
    whole = ask([first.entry])
    assert [c.name for c in whole.output] == ["id", "x", "姓名"] and not whole.text("postgres")


def test_services_pass_the_same_resolver(held: list[RelationGrant]) -> None:
    held.append(relation(grant=None))
    plan = ask(actor=service_actor("quality"))
    assert 'FROM "store"."r_' in plan.text("postgres")


def test_several_grants_and_tokens_need_the_embedded_engine(held: list[RelationGrant]) -> None:
    held += [relation(), relation("d.u", columns=(Column("id", "text", Mask("token")), Column("y", "integer")))]
    assert ask("select y from d.u").engine == "postgres"
    assert ask("select id from d.u").engine == "duckdb"
    assert ask("select x from d.t, d.u").engine == "duckdb"


def test_masks_that_give_an_id_back_are_refused_at_the_door_too(held: list[RelationGrant]) -> None:
    ends = Mask("keep", (("first", 6), ("last", 4)))
    held.append(relation(columns=(Column("id_card", "text", ends), Column("birth_date", "date"))))
    with pytest.raises(PlanRefused) as refused:
        ask("select birth_date from d.t")
    assert refused.value.code == "data.mask.id_suffix" and refused.value.article


def test_two_grants_for_one_name_are_told_apart_by_the_scene(held: list[RelationGrant]) -> None:
    held += [relation(), relation()]
    with pytest.raises(PlanRefused) as refused:
        ask()
    assert refused.value.code == "data.plan.ambiguous"


def test_a_changed_epoch_is_another_plan(held: list[RelationGrant]) -> None:
    held.append(relation())
    plan = ask()
    still_granted(plan)
    held[0] = replace(held[0], epoch=2, columns=(Column("id", "text"),))
    with pytest.raises(PlanRefused):
        still_granted(plan)
    with pytest.raises(QueryRefused):
        ask()


def test_a_plan_that_was_not_made_here_is_broken(held: list[RelationGrant]) -> None:
    held.append(relation())
    plan = ask()
    with pytest.raises(Broken):
        replace(plan, actor=service_actor("ingest")).verify()
    with pytest.raises(Broken):
        still_granted(replace(plan, seal=b""))


def test_a_cached_plan_is_cheap(held: list[RelationGrant]) -> None:
    held.append(relation())
    ask()
    began = time.perf_counter()
    for _ in range(200):
        ask()
    assert (time.perf_counter() - began) / 200 < 0.005


def test_tables_of_two_grants_join_in_the_embedded_engine(store: Any) -> None:
    people = store.table({"id": "text", "x": "integer"}, [("a", 1), ("b", 2)])
    aid = store.table({"id": "text", "y": "integer"}, [("a", 5), ("c", 6)])
    store.grant("d.people", people, (Column("id", "text"), Column("x", "integer")))
    other = store.grant("e.aid", aid, (Column("id", "text"), Column("y", "integer")))
    plan = store.plan("select p.id, x, y from d.people p join e.aid a on p.id = a.id")

    def feed(granted: RelationGrant) -> Any:
        return postgres.read_relation(plan, granted.alias, connection_url=store.reader_url)

    rows = [row for batch in embedded.run(plan, feed=feed) for row in batch.to_pylist()]
    assert rows == [{"id": "a", "x": 1, "y": 5}]
    store.withdraw(other.grant)
    with pytest.raises(PlanRefused):
        list(embedded.run(plan, feed=feed))
