"""What the portal's newer pages could be made to tell or do: revisions, problem rows, drafts, sessions, exports, reads."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.catalog.entries import queries
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.data import conditions, plan
from jiangyuan.data.relations import FORMS, Column, Location, RelationGrant
from jiangyuan.exchange.sharing.resolver import relation_of
from jiangyuan.kernel import config, events
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import BrowserSession
from jiangyuan.organization.signin import SESSION
from jiangyuan.portal.administration import platform_pages
from jiangyuan.portal.trace import queries as trace

pytestmark = pytest.mark.attack
SECRET = "雪豹栖息地红外影像"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


# --- what is being revised --------------------------------------------------------------------------------------------


@pytest.fixture
def revised(db: None) -> tuple[Any, Any, Any]:
    """A grant on an entry that its body is revising: another name, not shared any more, top grade."""
    made = factories.grant()
    road = made.entry
    provider = Actor(
        kind="person",
        id=factories.actor(made.provider, "sharing_handler").id,
        name="",
        body=made.provider_id,
        capacity="sharing_handler",
        capacities=frozenset({"sharing_handler"}),
        jurisdiction=made.provider.jurisdiction.code,
    )
    act("catalog.entry.revise", road.pk, actor=provider, trigger="own_information", reason=f"增加{SECRET}")
    items = [{"column": item.column, "name": f"{SECRET}{item.position}", "grade": 4} for item in road.items.all()]
    act(
        "catalog.entry.edit",
        road.pk,
        actor=provider,
        name=SECRET,
        summary=f"{SECRET}的说明",
        share_type="none",
        share_basis="测绘法",
        items=items,
    )
    made.refresh_from_db()
    return made, provider, factories.actor(made.consumer, "business_office")


def test_a_revision_shows_on_no_page_of_another_body(revised: Any) -> None:
    made, provider, reader = revised
    browser, entry = client_of(reader), made.entry
    pages = [
        "/catalog/",
        f"/catalog/?q={SECRET[:6]}",
        "/catalog/?share_type=none",
        "/catalog/?grade=4",
        "/catalog/?order=name",
        f"/catalog/{entry.pk}/",
        f"/catalog/{entry.pk}/?tab=items",
        f"/catalog/{entry.pk}/?tab=use",
        f"/catalog/{entry.pk}/?tab=lineage",
        f"/catalog/{entry.pk}/?tab=quality",
        f"/catalog/{entry.pk}/?tab=versions",
        f"/catalog/{entry.pk}/?tab=trace",
        f"/trace/entries.entry/{entry.pk}/",
        f"/exchange/requests/{made.request_id}/",
        f"/exchange/grants/{made.pk}/",
        "/exchange/grants/",
        "/exchange/requests/",
        f"/services/{made.pk}/",
        "/services/",
        f"/ledger/body/{made.provider.alias}/?tab=entries",
        f"/ledger/table/{made.mount.table_id}/",
        "/resources/",
        f"/resources/{made.mount_id}/",
        "/quality/",
        f"/quality/{made.mount_id}/",
        "/workbench/",
        "/",
        "/tour/",
        f"/search?q={SECRET[:4]}",
        f"/search/suggest?q={SECRET[:4]}",
    ]
    for page in pages:
        answer = browser.get(page, follow=True)
        told = answer.content.decode()
        assert answer.status_code in (200, 404), (page, answer.status_code)
        assert SECRET not in told, page
    assert SECRET in client_of(provider).get(f"/catalog/{entry.pk}/").content.decode()


def test_a_revision_is_not_found_counted_or_sorted_by(revised: Any) -> None:
    made, provider, reader = revised

    def found(actor: Actor, **asked: str) -> bool:
        return queries.entries(actor=actor, **asked).filter(pk=made.entry_id).exists()

    assert not found(reader, share_type="none") and found(reader, share_type="conditional")
    assert not found(reader, state="draft") and found(reader, state="published") and found(provider, state="draft")
    assert not queries._with_words(Entry.visible_to(reader), reader, SECRET).exists()
    assert queries._with_words(Entry.visible_to(provider), provider, SECRET).exists()
    assert str(made) != SECRET and str(made.request) != SECRET and SECRET not in str(made.entry)


def test_rest_tells_the_published_version(revised: Any) -> None:
    made, _provider, reader = revised
    browser = client_of(reader)
    listed = browser.get("/api/v1/catalog/entries?size=50").json()["items"]
    one = next(item for item in listed if item["id"] == str(made.entry_id))
    assert SECRET not in str(listed) and one["share_type"] == "conditional" and one["state"] == "published"
    assert SECRET not in browser.get(f"/api/v1/catalog/entries/{made.entry_id}").content.decode()
    for asked in (f"name={SECRET}", "share_type=none", "state=draft"):
        assert browser.get(f"/api/v1/catalog/entries?{asked}").json()["items"] == [], asked


def test_a_revision_changes_nothing_that_a_grant_or_the_gateway_gives(revised: Any) -> None:
    made, _provider, _reader = revised
    before = relation_of(made).subjects
    made.entry.items.update(identifies="", shareable=True, personal=False)
    assert relation_of(made).subjects == before
    assert made.request.policy_attributes()["share_type"] == "conditional"
    with connection.cursor() as cursor:  # the portal may not read what the gateway reads, but see how it is made
        cursor.execute("SELECT pg_get_viewdef('gateway_grant'::regclass)")
        told = cursor.fetchone()[0]
    assert "e.known_name AS entry_name" in told and "entries_dataitem" not in told and "live_version" in told


def test_a_withdrawn_revision_leaves_the_published_name(revised: Any) -> None:
    made, _provider, _reader = revised
    Entry.objects.get(pk=made.entry_id).save()
    assert Entry.objects.get(pk=made.entry_id).known_name != SECRET
    assert Client().get("/catalog/").status_code == 302


def test_how_a_revision_came_about_is_told_to_nobody_else(revised: Any) -> None:
    made, provider, reader = revised
    event = Event.objects.filter(type="catalog.entry.revised", object_id=made.entry_id).get()
    published = Event.objects.filter(type="catalog.entry.published", object_id=made.entry_id).get()
    browser = client_of(reader)
    assert browser.get(f"/trace/receipt/{event.pk}/").status_code == 404
    assert browser.get(f"/trace/receipt/{published.pk}/").status_code != 404
    told = browser.get(f"/api/v1/trace/entries.entry/{made.entry_id}").json()["items"]
    assert {one["type"] for one in told} == {"catalog.entry.published"}
    told = client_of(provider).get(f"/api/v1/trace/entries.entry/{made.entry_id}").json()["items"]
    assert "catalog.entry.revised" in {one["type"] for one in told}


# --- door two ---------------------------------------------------------------------------------------------------------


def own_rows(**changes: Any) -> RelationGrant:
    given: dict[str, Any] = {
        "resource": uuid4(),
        "entry": uuid4(),
        "alias": "d.t",
        "location": Location("source", "public", "t"),
        "key": ("id",),
        "columns": (Column("id", "text"),),
        "condition": conditions.parse({"op": "in", "column": "id", "type": "text", "values": ["1"]}),
        "grant": None,
        "epoch": 1,
        "until": date(2999, 1, 1),
        "forms": FORMS,
        "row_limit": 100,
        "owner": BODY,
    }
    return RelationGrant(**{**given, **changes})


BODY = uuid4()


@pytest.mark.parametrize(
    ("changes", "actor", "form"),
    [
        ({}, {}, "table"),
        ({}, {}, "file"),
        ({}, {}, "match"),
        ({"condition": None}, {}, "query"),
        ({"row_limit": None}, {}, "query"),
        ({"row_limit": 100_000}, {}, "query"),
        ({"owner": uuid4()}, {}, "query"),
        ({"owner": None}, {"body": None}, "query"),
        ({}, {"kind": "system"}, "query"),
        ({"owner": None}, {"kind": "system"}, "table"),
        ({"until": date(2020, 1, 1)}, {}, "query"),
    ],
)
def test_without_a_grant_nobody_reads_more_than_named_rows(
    changes: Any, actor: Any, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = own_rows(**changes)
    monkeypatch.setattr(plan, "_resolvers", [lambda *_asked: [held]])
    asker = Actor(**{"kind": "person", "id": uuid4(), "name": "", "body": BODY, "capacity": "sharing_handler", **actor})
    with pytest.raises(plan.PlanRefused):
        plan.authorize([held.resource], actor=asker, scene=Scene(purpose="quality"), form=form)
    monkeypatch.setattr(plan, "_resolvers", [lambda *_asked: [own_rows(resource=held.resource)]])
    person = Actor(kind="person", id=uuid4(), name="", body=BODY, capacity="sharing_handler")
    plan.authorize([held.resource], actor=person, scene=Scene(purpose="quality"), form="query").verify()


# --- what is never shown ----------------------------------------------------------------------------------------------


def test_no_secret_setting_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(config.Settings):
        named = any(word in field.name for word in ("password", "secret", "database_url", "owner_url", "reader_url"))
        if named:
            assert config.is_secret(field.name), field.name
            assert "hidden-7" not in str(platform_pages._shown(field.name, "hidden-7"))
    assert not config.is_secret("public_url") and not config.is_secret("oidc_issuer")


# --- reads that never ended -------------------------------------------------------------------------------------------


def test_a_read_that_never_ended_is_seen(db: None) -> None:
    made = factories.grant()
    auditor = factories.authority("auditor")
    reader = factories.actor(made.consumer, "analyst")
    reading = events.Reading(
        form="query",
        actor=reader,
        scene=factories.reading(made),
        grants=((made.pk, made.epoch),),
        entry=made.entry_id,
        query="q",
    )
    ended, open_ = events.start_access(reading), events.start_access(reading)
    events.finish_access(reading, ended, rows=3, digest="")
    since = timezone.now() - timedelta(days=1)
    rows = {(one.read, one.phase) for one in trace.reads_seen(auditor, since=since)}
    assert rows == {(ended, "finished"), (open_, "started")}
    assert {r.read for r in trace.reads_seen(auditor, since=since, phase="started")} == {open_}
    assert {r.read for r in trace.reads_seen(auditor, since=since, phase="ended")} == {ended}
    stranger = factories.desk()
    assert not trace.reads_seen(stranger.sharing_handler, since=since).exists()
    told = client_of(auditor).get("/trace/reads/").content.decode()
    assert "未结束" in told and told.count("/trace/receipt/") == 2


# --- what an open page asks for by itself -----------------------------------------------------------------------------


def test_a_page_that_asks_by_itself_keeps_no_session_open(db: None) -> None:
    handler = factories.actor(factories.body(), "sharing_handler")
    browser = client_of(handler)
    row = signed_in(browser, handler)
    before = timezone.now() - timedelta(minutes=20)
    for path, headers in (("/workbench/", BY_ITSELF), ("/", BY_ITSELF)):
        BrowserSession.objects.filter(pk=row.pk).update(last_used_at=before)
        assert browser.get(path, headers=headers).status_code == 200
        assert BrowserSession.objects.get(pk=row.pk).last_used_at == before, path
    browser.get("/")
    assert BrowserSession.objects.get(pk=row.pk).last_used_at > before


BY_ITSELF = {"X-Jiangyuan-By-Itself": "1"}


def signed_in(browser: Client, actor: Actor) -> BrowserSession:
    """Give a client the row of an open session, as signing in makes it."""
    session = browser.session
    if SESSION not in session:
        made = BrowserSession.objects.create(
            person_id=actor.id, method="password", network="", browser="x", last_used_at=timezone.now()
        )
        session[SESSION] = str(made.pk)
        session.save()
    return BrowserSession.objects.get(pk=browser.session[SESSION])
