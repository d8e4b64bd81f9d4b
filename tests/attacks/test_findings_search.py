"""What an asker may not see, no words find, count or complete; also not the words of a revision under way."""

import shutil
from itertools import pairwise

import pytest
from django.test import Client
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actor import Actor, service_actor
from jiangyuan.portal.search import following, index, queries

SECRET = "雪豹栖息地红外影像"


@pytest.fixture
def hidden(db):
    """A draft of one body and a revision under way, a stranger of another body; everything in the index."""
    people, stranger = factories.desk(), factories.desk()
    Entry.objects.create(body=people.body, name=f"{SECRET}清单", state="draft", summary="只供本厅", grade=4)
    shown = factories.entry(people)
    Entry.objects.filter(pk=shown.pk).update(state="draft", name=f"{SECRET}修订")
    following.rebuild()
    yield people, stranger, shown
    shutil.rmtree(index.root(), ignore_errors=True)
    index.reader._open = None
    queries._freshness.generation = ""


def _probes() -> list[str]:
    pairs = ["".join(pair) for pair in pairwise(SECRET)]
    return [
        SECRET,
        SECRET[:4],
        *pairs,
        "xbqxd",
        "xbq",
        "只供本厅",
        f"{SECRET} OR 1",
        "*",
        "[* TO *]",
        'name:"' + SECRET,
    ]


def test_no_words_find_count_or_complete_what_is_anothers(hidden) -> None:
    people, stranger, _shown = hidden
    asker, owner = stranger.business_office, people.business_office
    assert queries.search(owner, SECRET).hits and queries.suggest(owner, SECRET[:2])
    before = sum(n for _kind, n in queries.counts(asker, "信息").facets.get("kind", []))
    for probe in _probes():
        found = queries.search(asker, probe)
        told = [hit.name for hit in found.hits] + [hit.name for hit in queries.suggest(asker, probe)]
        told += queries.near_names(asker, probe)
        assert not [name for name in told if SECRET[:2] in name], probe
        counted = queries.counts(asker, probe, near=found.near)
        assert found.near or counted.total == len(found.hits), "a count tells no more than the list"
        assert not dict(counted.facets.get("grade", [])).get("4"), probe
    assert before == sum(n for _kind, n in queries.counts(asker, "信息").facets.get("kind", []))


def test_readers_find_a_revised_entry_by_its_published_words_only(hidden) -> None:
    people, stranger, shown = hidden
    published = factories.Entry.objects.get(pk=shown.pk).versions.get(number=1).content["name"]
    found = queries.search(stranger.business_office, published)
    assert [hit.name for hit in found.hits if hit.pk == str(shown.pk)] == [published]
    assert [h.name for h in queries.search(people.business_office, SECRET).hits if h.pk == str(shown.pk)]


def test_the_same_without_an_index(hidden) -> None:
    people, stranger, _shown = hidden
    index.sweep(keep=None)
    for probe in _probes():
        found = queries.search(stranger.business_office, probe)
        assert found.direct and not [h for h in found.hits if SECRET[:2] in h.name], probe
    assert queries.search(people.business_office, SECRET).hits


def test_a_hit_whose_row_is_no_longer_visible_is_not_shown(hidden) -> None:
    _people, stranger, shown = hidden
    published = shown.versions.get(number=1).content["name"]
    asker = stranger.business_office
    assert [h for h in queries.search(asker, published).hits if h.pk == str(shown.pk)]
    Entry.objects.filter(pk=shown.pk).update(live_version=0)  # the index has not heard of it yet
    assert not [h for h in queries.search(asker, published).hits if h.pk == str(shown.pk)]
    assert not [h for h in queries.suggest(asker, published[:3]) if h.pk == str(shown.pk)]


def test_who_is_no_person_of_a_body_finds_nothing(hidden) -> None:
    people, _stranger, _shown = hidden
    system = factories.system_actor(factories.system(people.body))
    outsider = Actor(kind="person", id=people.analyst.id, name="", capacity="")
    for asker in (system, service_actor("delivery")):
        assert queries.search(asker, SECRET).hits == [] and queries.suggest(asker, SECRET) == []
    assert not [h for h in queries.search(outsider, SECRET).hits if h.label == "entries.entry"]
    assert Client().get("/search/suggest", {"q": SECRET}).status_code in (302, 401)


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=999999999999",
        "page=x",
        "kind=nothing",
        "grade=%00",
        "body=%27",
        "share=" + "x" * 500,
        "q=%00",
        "q=" + "%F0%9F%90%86" * 60,
    ],
)
def test_no_address_breaks_the_page(hidden, settings, query: str) -> None:
    settings.STATIC_ROOT = None
    client = client_of(hidden[1].business_office)
    for url in ("/search", "/search/suggest"):
        assert client.get(f"{url}?q=%E4%BF%A1%E6%81%AF&{query}").status_code in (200, 400), (url, query)
