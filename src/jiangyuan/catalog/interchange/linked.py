"""The limited process that reads linked data from elsewhere: `python -m …interchange.linked FD NAME FOLDER LIMIT`.

It is given bytes and gives records; it opens no connection (a JSON-LD context elsewhere, an entity of an XML document
and a document type are refused, and the interpreter itself refuses sockets), and bounds its memory and time.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

MEMORY = 2 << 30
PROCESSOR_SECONDS = 60
MOST_RECORDS = 5_000
TERMS = "urn:jiangyuan:terms#"


class Unreadable(Exception):
    """The document cannot be read; its first argument is the code."""


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refuse(event: str, _given: Any) -> None:
        if event.startswith(("socket.", "urllib.", "ftplib.", "http.client", "subprocess.", "os.exec", "os.system")):
            raise Unreadable("reaches_out")

    import rdflib.plugins.parsers.jsonld
    import rdflib.plugins.parsers.notation3
    import rdflib.plugins.parsers.rdfxml  # noqa: F401 - loaded before the doors close

    sys.addaudithook(refuse)


def _format(data: bytes) -> str:
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return "json-ld"
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:400]
    return "xml" if head.startswith((b"<?xml", b"<rdf:RDF", b"<!")) or b"<rdf:RDF" in head else "turtle"


def _checked(data: bytes, kind: str) -> None:
    """Refuse what would make the parser look elsewhere, or grow without bound."""
    plain = data.replace(b"\0", b"")
    if kind == "xml" and (b"<!DOCTYPE" in plain or b"<!ENTITY" in plain):
        raise Unreadable("entities")
    if kind == "json-ld":
        try:
            told = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Unreadable("broken_json") from error
        if _remote(told, 0):
            raise Unreadable("remote_context")


def _remote(value: Any, depth: int) -> bool:
    if depth > 100:
        raise Unreadable("broken_json")
    if isinstance(value, dict):
        context = value.get("@context")
        named = context if isinstance(context, list) else [context]
        if any(isinstance(one, str) for one in named) or "@import" in value:
            return True
        return any(_remote(one, depth + 1) for one in value.values())
    return isinstance(value, list) and any(_remote(one, depth + 1) for one in value)


def read(data: bytes) -> dict[str, Any]:
    """Give {"records": [...], "next": address or ""} of a DCAT document. Raises `Unreadable`."""
    from rdflib import DCAT, FOAF, RDF, Graph, Namespace

    hydra, terms = Namespace("http://www.w3.org/ns/hydra/core#"), Namespace(TERMS)
    kind = _format(data)
    _checked(data, kind)
    graph = Graph()
    try:
        graph.parse(data=data, format=kind, publicID="urn:jiangyuan:harvested")
    except Unreadable:
        raise
    except Exception as error:  # every parser has errors of its own
        raise Unreadable("broken_rdf") from error
    chains = {
        graph.value(r, FOAF.primaryTopic): graph.value(r, terms.originChain)
        for r in graph.subjects(RDF.type, DCAT.CatalogRecord)
    }

    subjects = sorted(set(graph.subjects(RDF.type, DCAT.Dataset)), key=str)
    records = [_record(graph, one, str(chains.get(one) or "")) for one in subjects[: MOST_RECORDS + 1]]
    if len(records) > MOST_RECORDS:
        raise Unreadable("too_many_records")
    following = next(graph.objects(None, hydra.next), "") or next(graph.objects(None, hydra.nextPage), "")
    return {"records": records, "next": str(following)}


def _record(graph: Any, subject: Any, chain: str) -> dict[str, Any]:
    """Give what a dataset says of itself, as texts."""
    from rdflib import DCAT, DCTERMS, RDFS

    def texts(predicate: Any) -> list[str]:
        return [str(one)[:30_000] for one in graph.objects(subject, predicate)][:50]

    def last(predicate: Any) -> str:
        return (texts(predicate) or [""])[0].rstrip("/").rpartition("/")[2].rpartition("#")[2]

    formats = [
        str(graph.value(one, RDFS.label) or str(one).rstrip("/").rpartition("/")[2].rpartition(":")[2])
        for part in graph.objects(subject, DCAT.distribution)
        for one in [*graph.objects(part, DCTERMS.format), *graph.objects(part, DCAT.mediaType)]
    ]
    return {
        "id": str(subject),
        "identifiers": texts(DCTERMS.identifier),
        "title": (texts(DCTERMS.title) or [""])[0],
        "description": (texts(DCTERMS.description) or [""])[0],
        "modified": (texts(DCTERMS.modified) or [""])[0][:40],
        "frequency": last(DCTERMS.accrualPeriodicity),
        "access": last(DCTERMS.accessRights),
        "formats": sorted(set(formats))[:20],
        "chain": chain,
    }


def main(arguments: list[str]) -> int:
    """Read the descriptor and print what it holds; 0 also where it cannot be read."""
    _bound()
    with os.fdopen(int(arguments[0]), "rb") as stream:
        data = stream.read(int(arguments[3]) + 1)
    try:
        answer = read(data)
    except Unreadable as error:
        answer = {"problem": str(error)}
    except MemoryError:
        answer = {"problem": "too_demanding"}
    print(json.dumps(answer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
