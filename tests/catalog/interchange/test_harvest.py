"""Harvesting from real local servers that misbehave: they lie, stall, repeat, send what is malformed, and lead us round."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import harvesting, jobs
from jiangyuan.catalog.interchange.models import HarvestedRecord, HarvestRun, HarvestSource
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from office import body

pytestmark = pytest.mark.django_db


def package(n, **given):
    return {
        "id": f"00000000-0000-4000-8000-{n:012}",
        "title": f"数据集{n}",
        "notes": "说明",
        "metadata_modified": f"2026-01-{1 + n % 28:02}T00:00:00",
        "resources": [{"format": "CSV"}],
        "extras": [{"key": "update_frequency", "value": "每月"}],
        **given,
    }


class Server:
    """A catalogue whose answers a test writes: `answer(path, query)` gives (status, body) or raises to stall."""

    def __init__(self):
        self.packages, self.asked, self.count = [], [], None
        self.answer = self.ckan
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                query = {k: v[0] for k, v in parse_qs(parts.query).items()}
                outer.asked.append((parts.path, query))
                status, body, *more = outer.answer(parts.path, query)
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                try:
                    self.send_response(status)
                    for name, value in dict(*more).items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)
                except OSError:
                    pass

            def log_message(self, *_given):  # pyright: ignore
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def ckan(self, path, query):
        assert path == "/api/3/action/package_search"
        found = self.packages
        if "fq" in query:
            since = query["fq"].split("[")[1].split(" ")[0]
            found = [p for p in found if p["metadata_modified"] >= since]
        start, rows = int(query["start"]), int(query["rows"])
        count = self.count if self.count is not None else len(found)
        return 200, {"success": True, "result": {"count": count, "results": found[start : start + rows]}}


@pytest.fixture
def server():
    made = Server()
    yield made
    made.httpd.shutdown()
    made.httpd.server_close()


@pytest.fixture
def source(server, office, monkeypatch):
    monkeypatch.setattr(harvesting, "SECONDS", 1.0)
    monkeypatch.setattr(harvesting, "PAGE", 10)
    given = {"name": "邻省目录", "kind": "ckan", "address": server.url, "node": "gansu"}
    return act("catalog.harvest.register", actor=office.handler, body=office.place.pk, **given)


def run(source, office, **given):
    made = act("catalog.harvest.start", source.pk, actor=office.handler, **given)
    jobs.harvest(str(made.pk))
    source.refresh_from_db()
    return HarvestRun.objects.get(pk=made.pk)


def codes(run):
    return [code for code, _detail in run.problems]


def test_records_become_drafts_with_their_origin_and_a_second_run_changes_nothing(server, source, office):
    server.packages = [package(n) for n in range(25)]
    first = run(source, office)
    assert (first.created, first.refused, first.whole, first.pages, first.problems) == (25, 0, True, 3, [])
    entry = Entry.objects.get(name="数据集7")
    assert (entry.state, entry.body_id, entry.update_cycle, entry.format) == (
        "draft",
        office.place.pk,
        "monthly",
        "spreadsheet",
    )
    assert entry.origin_id == server.packages[7]["id"] and entry.origin_version
    assert HarvestedRecord.objects.get(entry=entry).chain == ["gansu"]
    again = run(source, office, whole=True)
    assert (again.created, again.updated, again.unchanged, again.gone) == (0, 0, 25, 0)
    assert Entry.objects.count() == 25


def test_the_next_run_asks_for_what_changed_only_and_takes_it_over(server, source, office):
    server.packages = [package(n) for n in range(5)]
    run(source, office)
    server.packages[2] = package(2, title="数据集2（改名）", metadata_modified="2026-02-01T00:00:00")
    server.packages.append(package(9, metadata_modified="2026-02-02T00:00:00"))
    second = run(source, office)
    assert (second.created, second.updated) == (1, 1) and second.unchanged <= 1
    assert server.asked[-1][1]["fq"].startswith("metadata_modified:[2026-01-05")
    assert Entry.objects.get(origin_id=package(2)["id"]).known_name == "数据集2（改名）"


def test_what_people_have_taken_up_is_not_overwritten_but_told(server, source, office):
    server.packages = [package(1)]
    run(source, office)
    entry = Entry.objects.get()
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="本省补充的说明")
    server.packages = [package(1, notes="来源改了", metadata_modified="2026-03-01T00:00:00")]
    second = run(source, office)
    assert (second.updated, second.waiting) == (0, 1)
    entry.refresh_from_db()
    assert entry.summary == "本省补充的说明"
    assert HarvestedRecord.objects.get().waiting["summary"] == "来源改了"


def test_what_is_listed_no_more_is_gone_only_after_a_whole_run(server, source, office):
    server.packages = [package(n) for n in range(4)]
    run(source, office)
    server.packages = server.packages[:3]
    assert run(source, office).gone == 0, "asked for changes only"
    assert run(source, office, whole=True).gone == 1
    assert Entry.objects.count() == 4, "a draft is not taken away for it"


def test_a_source_that_claims_more_than_it_gives_makes_nothing_gone(server, source, office):
    server.packages = [package(n) for n in range(5)]
    run(source, office)
    server.packages, server.count = server.packages[:2], 5
    lying = run(source, office, whole=True)
    assert codes(lying) == ["fewer_than_claimed"] and not lying.whole and lying.gone == 0
    server.count = 1
    more = run(source, office, whole=True)
    assert codes(more) == ["more_than_claimed"] and more.whole


def test_a_source_that_repeats_a_page_for_ever_is_left(server, source, office):
    server.packages = [package(n) for n in range(10)]
    server.answer = lambda path, query: (
        200,
        {"success": True, "result": {"count": 10_000, "results": server.packages}},
    )
    made = run(source, office)
    assert codes(made) == ["repeated_page"] and not made.whole and made.created == 10
    assert len(server.asked) == 2


def test_a_source_that_stalls_is_asked_thrice_and_the_next_run_goes_on_where_it_stood(server, source, office):
    server.packages = [package(n) for n in range(25)]

    def stalls(path, query):
        if int(query["start"]) >= 10:
            time.sleep(3)
        return server.ckan(path, query)

    server.answer = stalls
    made = run(source, office)
    assert codes(made) == ["stalled"] and (made.created, made.whole) == (10, False)
    assert len([q for _p, q in server.asked if q["start"] == "10"]) == 3
    server.answer, server.asked = server.ckan, []
    rest = run(source, office)
    assert server.asked[0][1]["start"] == "10"
    assert (rest.created, rest.whole, rest.gone) == (15, True, 0) and Entry.objects.count() == 25


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, b"<html>"), "broken_json"),
        ((200, b"[" * 50_000), "broken_json"),
        ((200, {"success": False}), "not_ckan"),
        ((200, {"success": True, "result": {"results": "x"}}), "not_ckan"),
        ((200, {"success": True, "result": {"count": -1, "results": [{}] * 101}}), "too_many_records"),
        ((500, b""), "bad_status"),
        ((403, b""), "not_allowed"),
        ((302, b"", {"Location": "http://169.254.169.254/"}), "not_reached"),
        ((200, b" " * (17 * 2**20)), "not_reached"),
    ],
)
def test_an_answer_that_is_none_ends_the_run_in_words(server, source, office, answer, code):
    server.answer = lambda path, query: answer
    made = run(source, office)
    assert codes(made) == [code] and not made.whole and not Entry.objects.exists()


def test_malformed_records_are_refused_one_by_one_with_the_reason(server, source, office):
    server.packages = [
        package(1),
        "text",
        {"title": "无编号"},
        package(2, title=""),
        package(3, title="x" * 500),
        package(4, notes="长" * 30_000),
        package(1),
        package(5, resources="nonsense", extras={"a": 1}, metadata_modified=["x"]),
    ]
    server.answer = lambda path, query: (
        200,
        {"success": True, "result": {"count": 8, "results": server.packages if query["start"] == "0" else []}},
    )
    made = run(source, office)
    told = [code for _id, code, _detail in made.refusals]
    assert told == ["not_a_record", "no_id", "no_name", "too_long", "too_long", "twice"]
    assert (made.created, made.refused, made.whole) == (2, 6, True)


def test_a_source_that_speaks_of_the_future_does_not_make_us_skip_the_present(server, source, office):
    server.packages = [package(1, metadata_modified="9999-01-01T00:00:00"), package(2)]
    run(source, office)
    assert source.since == package(2)["metadata_modified"]


def test_what_came_from_us_does_not_come_back(server, source, office):
    own = Entry.objects.create(body=office.place, name="本省目录", state="published", live_version=1)
    chain = [{"key": "origin_chain", "value": f"{settings().node_code} > gansu"}]
    server.packages = [package(1, extras=chain), package(2, id=str(own.pk)), package(3)]
    made = run(source, office)
    assert [code for _id, code, _d in made.refusals] == ["own", "own"] and made.created == 1


def test_what_another_source_brought_is_not_drafted_twice(server, source, office):
    server.packages = [package(1)]
    run(source, office)
    given = {"name": "汇总站", "kind": "ckan", "address": f"{server.url}/", "node": "national"}
    second = act("catalog.harvest.register", actor=office.handler, body=office.place.pk, **given)
    made = run(second, office)
    assert made.refusals[0][1:] == ["elsewhere", "邻省目录"] and Entry.objects.count() == 1


def test_two_runs_at_once_are_refused_and_a_stopped_source_is_left_alone(source, office):
    act("catalog.harvest.start", source.pk, actor=office.handler)
    with pytest.raises(Conflict):
        act("catalog.harvest.start", source.pk, actor=office.handler)
    act("catalog.harvest.stop", source.pk, actor=office.handler)
    with pytest.raises(Conflict):
        act("catalog.harvest.start", source.pk, actor=office.handler)


# --- DCAT ---------------------------------------------------------------------------------------------------------------

TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
"""


def dataset(n):
    return (
        f'<http://x/{n}> a dcat:Dataset ; dct:title "目录{n}" ; dct:description "说明" ;'
        " dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/MONTHLY> ;"
        " dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> .\n"
    )


@pytest.fixture
def linked(server, office, monkeypatch):
    monkeypatch.setattr(harvesting, "SECONDS", 5.0)
    given = {"name": "关联目录", "kind": "dcat", "address": f"{server.url}/catalog.ttl", "node": "sichuan"}
    return act("catalog.harvest.register", actor=office.handler, body=office.place.pk, **given)


def test_a_dcat_catalogue_is_harvested_page_by_page(server, linked, office):
    def answer(path, query):
        page = int(query.get("page", 1))
        more = f"<> hydra:next </catalog.ttl?page={page + 1}> ." if page < 3 else ""
        return 200, (TURTLE + f"@base <{server.url}/> .\n" + dataset(page) + more).encode()

    server.answer = answer
    made = run(linked, office)
    assert (made.created, made.pages, made.whole, made.problems) == (3, 3, True, [])
    entry = Entry.objects.get(name="目录2")
    assert (entry.update_cycle, entry.open_type) == ("monthly", "unconditional")


def test_our_own_dcat_is_recognised_as_ours(server, linked, office):
    from tests.catalog.interchange.test_dcat import keep, publish

    from jiangyuan.catalog.interchange import dcat

    keep(publish(office.place, name="本省目录"))
    raw = dcat.serialised(dcat.page(office.business, base=server.url), "ttl")
    server.answer = lambda path, query: (200, raw)
    made = run(linked, office)
    assert [code for _id, code, _d in made.refusals] == ["own"] and made.created == 0


@pytest.mark.attack
@pytest.mark.parametrize(
    ("document", "code"),
    [
        (
            '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rdf:RDF>&x;</rdf:RDF>',
            "entities",
        ),
        ('<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>', "entities"),
        ('{"@context": "http://169.254.169.254/", "@id": "x"}', "remote_context"),
        ('{"@context": [{"@import": "http://127.0.0.1/"}], "@id": "x"}', "remote_context"),
        ("@prefix dcat: <http://www.w3.org/ns/dcat#> . <x> a dcat:Dataset", "broken_rdf"),
        (TURTLE + "<> hydra:next <http://169.254.169.254/latest> .", "foreign_next"),
        (TURTLE + "<> hydra:next <file:///etc/passwd> .", "foreign_next"),
    ],
)
def test_a_document_that_reaches_out_is_refused(server, linked, office, document, code):
    server.answer = lambda path, query: (200, document.encode())
    made = run(linked, office)
    assert codes(made) == [code] and not Entry.objects.exists()


@pytest.mark.attack
@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://example.cn/",
        "http://user:secret@example.cn/",
        "http://0x7f.1/",
        "http://2130706433/",
        "javascript:alert(1)",
        "http://",
        "http://example.cn:99999/",
    ],
)
def test_an_address_that_is_none_is_not_registered(office, address):
    given = {"name": "x", "kind": "ckan", "address": address, "node": "gansu"}
    with pytest.raises(Refused):
        act("catalog.harvest.register", actor=office.handler, body=office.place.pk, **given)


@pytest.mark.attack
@pytest.mark.parametrize("address", ["http://169.254.169.254/", "http://10.0.0.1/", "http://[::1]/"])
def test_an_address_inside_is_never_dialled(office, address):
    given = {"name": "x", "kind": "ckan", "address": address, "node": "gansu"}
    source = act("catalog.harvest.register", actor=office.handler, body=office.place.pk, **given)
    assert codes(run(source, office)) == ["not_reached"]


def test_others_do_not_harvest_for_a_body_nor_see_its_sources(source, office):
    from office import appoint

    stranger = appoint(body(), "sharing_handler")
    with pytest.raises(Forbidden):
        act("catalog.harvest.start", source.pk, actor=stranger)
    assert source not in HarvestSource.visible_to(stranger) and source in HarvestSource.visible_to(office.authority)
