"""Cannot see = cannot find: random entries, states, revisions, bodies and askers, against what `visible_to` gives.

For each made-up catalogue and each asker: what a search finds is visible to him; every visible entry that says the word
in the words he may know is found; counts, suggestions and near names tell of nothing else.
"""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange import factories
from tests.portal.search.conftest import put_away

from jiangyuan.catalog.entries.models import AUTHORITY, DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import fields_of
from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.search import following, queries

WORDS = ("人口", "空气质量", "机动车", "低保", "雪豹")
STATES = ("draft", "department_review", "published", "withdrawn")
CAPACITIES = ("business_office", "sharing_head", "authority_head", "auditor", "operations", "system_admin")


@dataclass(frozen=True)
class Made:
    """An entry to be made: where, in which state, what its draft says, and what was published (None: never)."""

    place: int
    state: str
    word: str
    published: str | None
    item: str


made = st.builds(
    Made,
    place=st.integers(0, 2),
    state=st.sampled_from(STATES),
    word=st.sampled_from(WORDS),
    published=st.none() | st.sampled_from(WORDS),
    item=st.sampled_from(WORDS),
)
asker = st.tuples(st.none() | st.integers(0, 2), st.sampled_from(CAPACITIES))


def put(one: Made, number: int, bodies) -> Entry:
    """Write an entry as the tables hold it: published in a version, and what is being revised beside it."""
    live = one.published is not None
    entry = Entry(
        body=bodies[one.place],
        name=f"{one.published if one.state == 'published' and live else one.word}信息{number}",
        state=one.state if live or one.state != "published" else "draft",
        live_version=int(live),
        published_at=timezone.now() - timedelta(days=number) if live else None,
        code=f"307001/{number:06}" if live else None,
        grade=1 + number % 4,
        score=50 + number,
    )
    entry.make_known()
    if live:
        entry.known_name = f"{one.published}信息{number}"
    entry.save()
    DataItem.objects.create(entry=entry, position=1, name=f"{one.item}项", column="c", type="C")
    if live:
        content = {**fields_of(entry), "name": entry.known_name}
        content["items"] = [{"name": f"{one.published}项", "column": "c"}]
        EntryVersion.objects.create(entry=entry, number=1, content=content)
    return entry


def known_words(entry: Entry, actor: Actor) -> str:
    """Give what the actor may know of an entry that he sees, from the tables alone."""
    revised = entry.live_version and entry.state != "published"
    if revised and entry.body_id != actor.body and actor.capacity not in AUTHORITY:
        content = EntryVersion.objects.get(entry=entry, number=entry.live_version).content
        return content["name"] + "".join(item["name"] for item in content["items"])
    return entry.name + "".join(item.name for item in entry.items.all())


@pytest.fixture
def bodies(db: None) -> SimpleNamespace:
    return SimpleNamespace(of=[factories.body() for _n in range(3)])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(made, min_size=1, max_size=8),
    askers=st.lists(asker, min_size=1, max_size=4),
    word=st.sampled_from(WORDS),
)
def test_what_is_found_is_what_may_be_seen(bodies, entries, askers, word) -> None:
    with transaction.atomic():
        rows = [put(one, number, bodies.of) for number, one in enumerate(entries)]
        put_away()
        following.rebuild()
        for place, capacity in askers:
            body = bodies.of[place].pk if place is not None else None
            check(Actor(kind="person", id=uuid4(), name="", body=body, capacity=capacity), rows, word)
        transaction.set_rollback(True)


def check(actor: Actor, rows: list[Entry], word: str) -> None:
    visible = set(Entry.visible_to(actor).values_list("pk", flat=True))
    expected = {row.pk for row in rows if row.pk in visible and word in known_words(row, actor)}
    only = {"kind": ["entry"]}
    found = queries.search(actor, word, facets=only)
    hits = set() if found.near else {UUID(hit.pk) for hit in found.hits}
    assert hits == expected
    for hit in found.hits:
        assert UUID(hit.pk) in visible
        row = next(row for row in rows if str(row.pk) == hit.pk)
        told = known_words(row, actor)
        assert hit.document is not None and hit.document.name in told and hit.name in told
        assert all(item.split()[0] in told for item in hit.document.items)
    counts = queries.counts(actor, word, facets=only)
    if not found.near:
        assert counts.total == len(expected)
        assert sum(count for _value, count in counts.facets["body"]) == len(expected)
        seen_bodies = {str(row.body_id) for row in rows if row.pk in expected}
        assert {value for value, _count in counts.facets["body"]} == seen_bodies
        for name in ("grade", "jurisdiction", "fresh", "score"):
            assert sum(count for _value, count in counts.facets[name]) == len(expected), name
    for hit in queries.suggest(actor, word):
        if hit.label == "entries.entry":
            row = next(row for row in rows if str(row.pk) == hit.pk)
            assert row.pk in visible and hit.name in known_words(row, actor)
    names = {known_words(row, actor) for row in rows if row.pk in visible}
    entry_names = [name for name in queries.near_names(actor, word) if "信息" in name]
    assert all(any(name in told for told in names) for name in entry_names)
