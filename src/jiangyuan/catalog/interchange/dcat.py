"""Published entries as linked data: DCAT-AP 3.0.1 in Turtle, JSON-LD and RDF/XML, by pages that lead on (Hydra).

What is told is the published version, of entries that `visible_to` allows. Each dataset has a catalogue record with when
it was listed, and the nodes it came through, so that a catalogue that harvests us can tell what it has already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rdflib import DCTERMS, FOAF, RDF, RDFS, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef

from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.catalog.interchange import rules
from jiangyuan.catalog.interchange.models import HarvestedRecord
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import NotFound

DCAT = Namespace("http://www.w3.org/ns/dcat#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
TERMS = Namespace("urn:jiangyuan:terms#")
_EU = "http://publications.europa.eu/resource/authority"
FORMATS = {
    "ttl": ("turtle", "text/turtle; charset=utf-8"),
    "jsonld": ("json-ld", "application/ld+json"),
    "rdf": ("xml", "application/rdf+xml"),
}
"""By its ending: what rdflib calls a format, and its name in the head of an answer."""
FREQUENCIES = {
    "realtime": "UPDATE_CONT",
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "half_yearly": "ANNUAL_2",
    "yearly": "ANNUAL",
    "irregular": "IRREG",
}
MOST = 500
LANGUAGE = "zh"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PREFIXES = {"dcat": DCAT, "dct": DCTERMS, "foaf": FOAF, "hydra": HYDRA, "skos": SKOS, "jy": TERMS}


def page(
    actor: Actor,
    *,
    base: str,
    after: UUID | None = None,
    size: int = 100,
    only: UUID | None = None,
    format: str = "ttl",
) -> Graph:
    """Make the graph of one page of the published entries the actor may know of, in the order of their ids.

    `base`: the platform's address; `only`: the one entry wanted. Raises `NotFound` for one that is not to be seen.
    """
    most = min(max(size, 1), MOST)
    rows = Entry.visible_to(actor).filter(live_version__gt=0).select_related("body").order_by("pk")
    if only is not None:
        rows = rows.filter(pk=only)
    elif after is not None:
        rows = rows.filter(pk__gt=after)
    found = list(rows[: most + 1])
    if only is not None and not found:
        raise NotFound(_("没有找到已发布的目录"), where="id", mend=_("请核对编号。"))
    graph = _new()
    catalogue = _catalogue(graph, base)
    if only is None:
        following = found[most - 1].pk if len(found) > most else None
        _view(graph, catalogue, base, {"format": format, "size": most}, after, following)
    _describe(graph, catalogue, base, found[:most])
    return graph


def serialised(graph: Graph, format: str) -> bytes:
    """Write a graph as `ttl`, `jsonld` or `rdf`."""
    kind = FORMATS[format][0]
    more: dict[str, Any] = (
        {"context": {name: str(space) for name, space in _PREFIXES.items()}} if kind == "json-ld" else {}
    )
    return graph.serialize(format=kind, encoding="utf-8", **more)


def whole(actor: Actor, *, base: str) -> Iterator[bytes]:
    """Write all pages as one Turtle document, one after the other; only one page is in memory at a time."""
    last: UUID | None = None
    while True:
        rows = Entry.visible_to(actor).filter(live_version__gt=0).select_related("body").order_by("pk")
        found = list((rows.filter(pk__gt=last) if last else rows)[:MOST])
        graph = _new()
        catalogue = _catalogue(graph, base)
        _describe(graph, catalogue, base, found)
        yield graph.serialize(format="turtle", encoding="utf-8")
        if len(found) < MOST:
            return
        last = found[-1].pk


def _new() -> Graph:
    graph = Graph(bind_namespaces="none")
    for prefix, space in {**_PREFIXES, "rdfs": RDFS, "xsd": XSD}.items():
        graph.bind(prefix, space)
    return graph


def _text(value: Any) -> Literal:
    return Literal(_NOT_XML.sub("", str(value)), lang=LANGUAGE)


def _catalogue(graph: Graph, base: str) -> URIRef:
    here, kept = URIRef(f"{base}/catalog/"), settings()
    publisher = URIRef(f"urn:jiangyuan:node:{kept.node_code}")
    graph.add((here, RDF.type, DCAT.Catalog))
    graph.add((here, DCTERMS.title, _text(kept.node_name)))
    graph.add((here, DCTERMS.description, _text(kept.authority_name)))
    graph.add((here, DCTERMS.publisher, publisher))
    graph.add((publisher, RDF.type, FOAF.Agent))
    graph.add((publisher, FOAF.name, _text(kept.authority_name)))
    return here


def _view(
    graph: Graph, catalogue: URIRef, base: str, kept: dict[str, Any], after: UUID | None, following: UUID | None
) -> None:
    query = "&".join(f"{name}={value}" for name, value in kept.items())
    first = URIRef(f"{base}/api/v1/catalog/dcat?{query}")
    here = URIRef(f"{first}&after={after}") if after else first
    graph.add((here, RDF.type, HYDRA.PartialCollectionView))
    graph.add((here, HYDRA.first, first))
    graph.add((catalogue, HYDRA.view, here))
    if following is not None:
        graph.add((here, HYDRA.next, URIRef(f"{first}&after={following}")))


def _describe(graph: Graph, catalogue: URIRef, base: str, entries: Sequence[Entry]) -> None:
    """Add the entries as their published versions have them."""
    wanted = {entry.pk: entry.live_version for entry in entries}
    kept = EntryVersion.objects.filter(entry__in=wanted).values_list("entry_id", "number", "content", "created_at")
    contents: dict[UUID, dict[str, Any]] = {}
    begun: dict[UUID, Any] = {}
    for pk, number, content, at in kept:
        begun[pk] = min(at, begun.get(pk, at))
        if number == wanted[pk]:
            contents[pk] = content
    chains = dict(HarvestedRecord.objects.filter(entry__in=wanted).values_list("entry_id", "chain"))
    for entry in entries:
        if entry.pk in contents:
            dataset = _dataset(graph, base, entry, contents[entry.pk])
            graph.add((catalogue, DCAT.dataset, dataset))
            graph.add((dataset, DCTERMS.issued, Literal(begun[entry.pk], datatype=XSD.dateTime)))
            record = _record(graph, base, entry, dataset, chains.get(entry.pk, []))
            graph.add((catalogue, DCAT.record, record))


def _dataset(graph: Graph, base: str, entry: Entry, content: dict[str, Any]) -> URIRef:
    here = URIRef(f"{base}/catalog/{entry.pk}/")
    graph.add((here, RDF.type, DCAT.Dataset))
    graph.add((here, RDF.type, DCAT.Resource))
    graph.add((here, DCTERMS.title, _text(content["name"])))
    graph.add((here, DCTERMS.description, _text(content.get("summary") or content["name"])))
    graph.add((here, DCTERMS.identifier, Literal(f"urn:uuid:{entry.pk}")))
    if entry.code:
        graph.add((here, DCTERMS.identifier, Literal(entry.code)))
    graph.add((here, DCTERMS.modified, Literal(entry.published_at, datatype=XSD.dateTime)))
    graph.add((here, DCAT.version, Literal(str(entry.live_version))))
    body = URIRef(f"urn:jiangyuan:body:{entry.body_id}")
    graph.add((here, DCTERMS.publisher, body))
    graph.add((body, RDF.type, FOAF.Agent))
    graph.add((body, FOAF.name, _text(entry.body.name)))
    frequency = URIRef(f"{_EU}/frequency/{FREQUENCIES.get(content['update_cycle'], 'OTHER')}")
    graph.add((here, DCTERMS.accrualPeriodicity, frequency))
    graph.add((frequency, RDF.type, DCTERMS.Frequency))
    rights = URIRef(f"{_EU}/access-right/{access_right(content)}")
    graph.add((here, DCTERMS.accessRights, rights))
    graph.add((rights, RDF.type, DCTERMS.RightsStatement))
    theme = URIRef(f"urn:jiangyuan:classification:{content['classification']}")
    graph.add((here, DCAT.theme, theme))
    graph.add((theme, RDF.type, SKOS.Concept))
    graph.add((theme, SKOS.prefLabel, _text(content["classification"])))
    for item in content.get("items", ())[:200]:
        graph.add((here, DCAT.keyword, _text(item["name"])))
    graph.add((here, DCAT.distribution, _distribution(graph, here, content)))
    return here


def _distribution(graph: Graph, dataset: URIRef, content: dict[str, Any]) -> URIRef:
    """Say how the data are had: by asking for them at the entry's own page, under its conditions."""
    here = URIRef(f"{dataset}#distribution")
    graph.add((here, RDF.type, DCAT.Distribution))
    graph.add((here, DCTERMS.title, _text(content["name"])))
    graph.add((here, DCAT.accessURL, dataset))
    kind = URIRef(f"urn:jiangyuan:format:{content['format']}")
    graph.add((here, DCTERMS.format, kind))
    graph.add((kind, RDF.type, DCTERMS.MediaTypeOrExtent))
    labels = {code: str(label) for code, label in Entry.FORMATS}
    graph.add((kind, RDFS.label, _text(labels.get(content["format"], content["format"]))))
    condition = content.get("share_basis") if content["share_type"] == "none" else content.get("share_condition")
    if condition:
        statement = BNode()
        graph.add((here, DCTERMS.rights, statement))
        graph.add((statement, RDF.type, DCTERMS.RightsStatement))
        graph.add((statement, RDFS.label, _text(condition)))
    return here


def access_right(content: dict[str, Any]) -> str:
    """Give the access right of the European list: public only what is open to everybody without condition."""
    if content["open_type"] == "unconditional":
        return "PUBLIC"
    closed = content["share_type"] == "none" and content["open_type"] == "none"
    return "NON_PUBLIC" if closed else "RESTRICTED"


def _record(graph: Graph, base: str, entry: Entry, dataset: URIRef, chain: Sequence[str]) -> URIRef:
    here = URIRef(f"{dataset}#record")
    graph.add((here, RDF.type, DCAT.CatalogRecord))
    graph.add((here, FOAF.primaryTopic, dataset))
    graph.add((here, DCTERMS.modified, Literal(entry.published_at, datatype=XSD.dateTime)))
    through = rules.longer_chain(chain, settings().node_code)
    graph.add((here, TERMS.originChain, Literal(" > ".join(through))))
    if entry.origin_id:
        graph.add((here, TERMS.originId, Literal(entry.origin_id)))
    return here
