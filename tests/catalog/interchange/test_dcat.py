"""DCAT-AP: every published entry conforms to the shapes, in three formats, page by page, and nothing else is told."""

from uuid import uuid4

import pytest
import rdflib
import rdflib.compare
from django.utils import timezone
from rdflib import DCAT, DCTERMS, RDF

from jiangyuan.catalog.entries.models import DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import snapshot
from jiangyuan.catalog.interchange import dcat
from jiangyuan.kernel.errors import NotFound
from office import appoint, body

BASE = "https://data.example.cn"
# rdflib's own parser of JSON-LD uses what rdflib calls deprecated
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")]


def publish(place, **given):
    entry = Entry(
        body=place, state="published", live_version=1, published_at=timezone.now(), **{"name": "目录", **given}
    )
    entry.make_known()
    entry.save()
    return entry


def keep(entry, *items):
    for n, name in enumerate(items):
        DataItem.objects.create(entry=entry, position=n, name=name, column=f"c{n}", type="text")
    EntryVersion.objects.create(entry=entry, number=entry.live_version, content=snapshot(entry))
    return entry


@pytest.fixture
def diverse(office):
    """Entries of every share and open type, format and cycle, with and without what is optional, and hostile texts."""
    made = []
    for n, (share, _label) in enumerate(Entry.SHARE):
        for open_type, _open in Entry.OPEN:
            made.append(keep(publish(office.place, name=f"{share}{open_type}", share_type=share, open_type=open_type)))
        made.append(keep(publish(office.place, name=f"有代码{n}", share_type=share, code=f"307001/{n:06}"), "甲", "乙"))
    made += [keep(publish(office.place, name=code, format=code)) for code, _label in Entry.FORMATS]
    made += [keep(publish(office.place, name=code, update_cycle=code)) for code, _label in Entry.CYCLES]
    nasty = "\"]}<script>&\x0b\ufffe \\ \n \"\" ''' <http://x> @zh ^^ 藏文བོད་ 𠮷"
    made.append(keep(publish(office.place, name=nasty, summary=nasty, share_condition=nasty), nasty))
    made.append(keep(publish(office.place, name="不予共享", share_type="none", share_basis="《统计法》第二十五条")))
    return made


def read(actor, format, **given):
    raw = dcat.serialised(dcat.page(actor, base=BASE, format=format, **given), format)
    return rdflib.Graph().parse(data=raw, format=dcat.FORMATS[format][0]), raw


@pytest.mark.parametrize("format", ["ttl", "jsonld", "rdf"])
def test_every_published_entry_conforms_to_the_shapes(diverse, office, refer, format):
    from pyshacl import validate

    graph, _raw = read(office.business, format, size=500)
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == len(diverse)
    shapes = rdflib.Graph().parse(refer("dcat-ap-SHACL.ttl"))
    conforms, _results, text = validate(graph, shacl_graph=shapes, advanced=True)
    assert conforms, text


def test_the_shapes_do_find_what_is_wrong(diverse, office, refer):
    from pyshacl import validate

    graph, _raw = read(office.business, "ttl", size=500)
    graph.remove((None, DCTERMS.description, None))
    conforms, _results, _text = validate(graph, shacl_graph=rdflib.Graph().parse(refer("dcat-ap-SHACL.ttl")))
    assert not conforms


def test_the_three_formats_say_the_same(diverse, office):
    graphs = [rdflib.compare.to_isomorphic(read(office.business, f, size=500)[0]) for f in dcat.FORMATS]
    # the page names itself by its format; all else is the same
    said = [{t for t in g if "format=" not in "".join(map(str, t))} for g in graphs]
    assert len({len(one) for one in said}) == 1 and len(said[0]) > 100


def test_pages_lead_on_and_hold_everything_once(diverse, office):
    seen, after, pages = [], None, 0
    while True:
        graph, _raw = read(office.business, "ttl", size=7, after=after)
        seen += [str(s) for s in graph.subjects(RDF.type, DCAT.Dataset)]
        pages += 1
        following = list(graph.objects(None, dcat.HYDRA.next))
        if not following:
            break
        assert "size=7" in following[0] and "format=ttl" in following[0]  # pyright: ignore
        after = str(following[0]).rpartition("after=")[2]
    assert len(seen) == len(set(seen)) == len(diverse) and pages == -(-len(diverse) // 7)


def test_the_whole_is_one_turtle_document_written_in_pieces(diverse, office, monkeypatch):
    monkeypatch.setattr(dcat, "MOST", 5)
    pieces = list(dcat.whole(office.business, base=BASE))
    assert len(pieces) == len(diverse) // 5 + 1
    graph = rdflib.Graph().parse(data=b"\n".join(pieces), format="turtle")
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == len(diverse)


def test_drafts_and_what_is_being_revised_are_not_told(office):
    Entry.objects.create(body=office.place, name="草稿秘密")
    entry = keep(publish(office.place, name="公开的名字"))
    Entry.objects.filter(pk=entry.pk).update(state="draft", name="改名秘密", summary="秘密")
    for actor in (office.handler, office.authority, appoint(body(), "business_office")):
        _graph, raw = read(actor, "ttl")
        assert "秘密" not in raw.decode() and "公开的名字" in raw.decode()
    with pytest.raises(NotFound):
        dcat.page(office.handler, base=BASE, only=Entry.objects.get(name="草稿秘密").pk)
    with pytest.raises(NotFound):
        dcat.page(office.handler, base=BASE, only=uuid4())


def test_rest_gives_the_format_that_is_accepted(diverse, office):
    from django.test import Client

    from jiangyuan.organization.models import Person

    client = Client()
    assert client.get("/api/v1/catalog/dcat").status_code == 401
    client.force_login(Person.objects.get(pk=office.business.id))
    for accept, kind in (("text/turtle", "turtle"), ("application/rdf+xml", "xml"), ("*/*", "json-ld")):
        answer = client.get("/api/v1/catalog/dcat?size=3", headers={"accept": accept})
        graph = rdflib.Graph().parse(data=answer.content, format=kind)
        assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 3
    one = client.get(f"/api/v1/catalog/entries/{diverse[0].pk}/dcat?format=ttl")
    assert b"dcat:Dataset" in one.content
    assert client.get("/api/v1/catalog/dcat?format=exe").status_code == 422
    assert b"dcat:Dataset" in b"".join(client.get("/api/v1/catalog/dcat/whole.ttl").streaming_content)
