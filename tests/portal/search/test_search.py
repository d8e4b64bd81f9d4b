"""What is found, by whom, in which order; the index follows, is built anew, and may be missing."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.kernel.actions import act
from jiangyuan.organization.models import ApplicationSystem, Body, Person
from jiangyuan.portal.search import finding, following, index, queries, visibility
from jiangyuan.portal.search.documents import SEARCHED


def names(actor, text: str, **facets: str) -> list[str]:
    found = queries.search(actor, text, facets={name: [value] for name, value in facets.items()})
    return [] if found.near else [hit.name for hit in found.hits]


def entry_named(name: str, people, **changes) -> Entry:
    """Make a published entry without its road: only its words count here."""
    one = Entry(body=people.body, name=name, state="published", live_version=1, **changes)
    one.make_known()
    one.save()
    return one


@pytest.fixture
def shelf(way):
    """A few published entries with names of the field."""
    people = way.provider
    for number, name in enumerate(
        (
            "常住人口信息",
            "青海省户籍人口统计",
            "城乡最低生活保障对象信息",
            "机动车登记信息",
            "空气质量监测日报",
            "人口死亡登记信息",
        )
    ):
        entry = entry_named(name, people, grade=1 + number % 3, code=f"399001/0000{number:02}")
        entry.items.create(position=1, name="公民身份号码", column="citizen_id", type="C")
    following.rebuild()
    return way


MEANT = {
    "常住人口": "常住人口信息",
    "低保": "城乡最低生活保障对象信息",
    "czrk": "常住人口信息",
    "户籍人口": "青海省户籍人口统计",
    "戶籍": "青海省户籍人口统计",
    "机动车 登记": "机动车登记信息",
    "车": "机动车登记信息",
    "空气质量": "空气质量监测日报",
    "399001/000004": "空气质量监测日报",
    "死亡登记": "人口死亡登记信息",
}


def test_what_people_type_finds_what_they_mean(shelf) -> None:
    who = shelf.consumer.business_office
    assert {typed: names(who, typed, kind="entry")[:1] for typed in MEANT} == {k: [v] for k, v in MEANT.items()}


def test_items_and_their_columns_find_their_entry(shelf) -> None:
    who = shelf.consumer.business_office
    assert "机动车登记信息" in names(who, "身份证 机动车", kind="entry")
    assert "机动车登记信息" in names(who, "citizen_id", kind="entry")


def test_a_word_that_nothing_holds_gives_what_comes_near(shelf) -> None:
    found = queries.search(shelf.consumer.business_office, "空汽质量")
    assert found.near and found.hits[0].name == "空气质量监测日报"
    assert queries.search(shelf.consumer.business_office, "魑魅魍魉").hits == []


def test_facets_count_and_narrow(shelf) -> None:
    who = shelf.consumer.business_office
    found, counts = queries.search(who, "信息"), queries.counts(who, "信息")
    assert dict(counts.facets["kind"])["entry"] == len([h for h in found.hits if h.label == "entries.entry"])
    assert counts.total == len(found.hits)
    grades = dict(counts.facets["grade"])
    one, both = ({"grade": values} for values in (["1"], ["1", "3"]))
    assert len(queries.search(who, "信息", facets=one).hits) == grades["1"]
    assert len(queries.search(who, "信息", facets=both).hits) == grades["1"] + grades["3"]
    assert dict(queries.counts(who, "信息", facets=one).facets["grade"]) == grades
    assert queries.counts(who, "信息", facets=both).total == grades["1"] + grades["3"]


def test_every_facet_narrows_to_what_it_counted(shelf) -> None:
    """Each of the ten: as many are found under each value as the count beside it says."""
    Entry.objects.filter(name="空气质量监测日报").update(
        published_at=timezone.now() - timedelta(days=400), score=63, format="file", update_cycle="daily"
    )
    Entry.objects.exclude(name="空气质量监测日报").update(score=92)
    following.rebuild()
    who = shelf.provider.sharing_head
    for text in ("信息", "监测", "人口"):
        counts = queries.counts(who, text)
        assert set(counts.facets) == set(finding.FACETS)
        for name, values in counts.facets.items():
            for value, count in values:
                assert len(queries.search(who, text, facets={name: [value]}).hits) == count, (text, name, value)
    old = {"fresh": ["older"], "score": ["60"], "format": ["file"], "cycle": ["daily"]}
    assert [hit.name for hit in queries.search(who, "空气质量", facets=old).hits] == ["空气质量监测日报"]
    assert queries.search(who, "空气质量", facets={"score": ["90"]}).hits == []
    assert queries.search(who, "空气质量", facets={"score": ["1; drop"], "fresh": ["x"]}).hits == []


def test_every_token_agrees_with_what_may_be_seen(way) -> None:
    """Whoever asks: the rows whose documents his tokens open are exactly those of `visible_to`, in every kind."""
    factories.grant(way, items=[{"column": "name"}])
    factories.walk(factories.ask(way), way, to="provider_handler")
    factories.ask(way)
    factories.entry(way.provider, publish=False)
    act(
        "catalog.entry.revise",
        way.entry.pk,
        actor=way.provider.sharing_handler,
        scene=factories.SCENE,
        trigger="own_information",
        reason="更新",
    )
    stranger = factories.desk()
    capacities = ("authority_handler", "authority_head", "auditor", "security_admin", "system_admin", "operations")
    askers = [
        way.consumer.business_office,
        way.provider.sharing_head,
        stranger.analyst,
        *map(factories.authority, capacities),
    ]
    for searched in SEARCHED:
        documents = list(searched.all())
        rows = set(searched.rows().values_list("pk", flat=True))
        for actor in askers:
            held = set(visibility.tokens(actor))
            opened = {str(d.pk) for d in documents if held & set(d.who) and not held & set(d.hidden_from)}
            seen = {str(pk) for pk in searched.model.visible_to(actor).values_list("pk", flat=True) if pk in rows}
            assert opened == seen, (searched.code, actor.capacity)


def test_a_list_of_the_catalogue_asks_the_same_index(shelf) -> None:
    who = shelf.consumer.business_office
    assert [e.name for e in entries(actor=who, text="czrk")] == ["常住人口信息"]
    following.index.put_in_use(index.new_generation())  # an index that holds nothing cannot be read
    assert [e.name for e in entries(actor=who, text="常住")] == ["常住人口信息"]


def test_without_an_index_the_database_is_searched_and_that_is_said(shelf) -> None:
    index.sweep(keep=None)
    found = queries.search(shelf.consumer.business_office, "常住人口")
    assert found.direct and [hit.name for hit in found.hits] == ["常住人口信息"]
    assert queries.suggest(shelf.consumer.business_office, "常住") == []


def test_a_stale_index_is_not_trusted(committed) -> None:
    way = factories.road()
    following.rebuild()
    assert queries.usable() is not None
    queries._freshness.generation = ""
    from unittest.mock import patch

    with patch.object(queries, "LATE", -3600):
        factories.body("青海省新设厅")
        assert queries.usable() is None
    assert way.entry is not None


def test_the_index_follows_the_memory_and_goes_on_where_it_was_killed(committed) -> None:
    way = factories.road()
    follower = following.Follower()
    assert follower.step() == 0 and index.current() is not None
    follower.step()
    made = factories.body("青海省冰川保护局")
    follower.step()
    who = way.consumer.business_office
    assert [h.pk for h in queries.search(who, "冰川保护").hits] == [str(made.pk)]
    place = follower._place
    follower._writer = None  # killed: nothing is closed, nothing is kept but what was committed
    del follower
    act(
        "organization.system.register",
        actor=factories.SETUP,
        scene=factories.SCENE,
        body=way.consumer.body.pk,
        name="雪豹监测系统",
        code="leopard",
    )
    again = following.Follower()
    assert again.step() >= 1
    assert again._place.xid >= place.xid
    assert [h.name for h in queries.search(who, "雪豹").hits] == ["雪豹监测系统"]
    second = following.Follower()
    assert second.step() == 0 and second._writer is None, "one writer a host"
    again.close()


def test_a_catalogue_taken_over_in_one_act_is_followed(committed) -> None:
    way = factories.road()
    follower = following.Follower()
    follower.step()
    follower.step()
    given = {"source": "旧目录", "entries": [{"name": f"雪豹活动记录{n}"} for n in range(3)]}
    act("catalog.entry.take_over", actor=factories.SETUP, scene=factories.SCENE, body=way.provider.body.pk, **given)
    follower.step()
    assert len(names(way.consumer.business_office, "雪豹")) == 3
    follower.close()


def test_a_builder_that_dies_leaves_the_index_in_use(shelf, monkeypatch) -> None:
    before = index.current()

    def dies(*_rows: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index.Writer, "commit", dies)
    with pytest.raises(KeyboardInterrupt):
        following.rebuild()
    assert index.current() == before
    assert names(shelf.consumer.business_office, "常住人口")[0] == "常住人口信息"
    monkeypatch.undo()
    following.rebuild()
    assert index.current() != before and len(list(index.root().glob("v*-*"))) == 1


def test_two_builders_do_not_meet(shelf) -> None:
    with following._alone(), pytest.raises(following.Busy):
        following.rebuild()


def test_bodies_people_and_systems_are_found_by_their_own(way) -> None:
    following.rebuild()
    person = Person.objects.get(pk=way.provider.analyst.id)
    assert person.name in names(way.provider.sharing_head, person.name, kind="person")
    assert names(way.consumer.sharing_head, person.name, kind="person") == []
    system = ApplicationSystem.objects.get(pk=way.system.pk)
    assert names(way.consumer.sharing_head, system.code, kind="system") == [system.name]
    assert names(way.provider.sharing_head, system.code, kind="system") == []
    body = Body.objects.get(pk=way.provider.body.pk)
    assert names(way.consumer.sharing_head, body.name, kind="body")[0] == body.name
