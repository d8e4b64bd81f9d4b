"""The responsibility list: who issues, how a line is found fulfilled, what is late, and who may say otherwise."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jiangyuan.catalog.commitments import jobs, rules
from jiangyuan.catalog.commitments.models import Commitment, ShareBatch
from jiangyuan.exchange.delivery.queries import delivered
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.resources.ingestion.models import Ingest
from jiangyuan.resources.ingestion.queries import grantable
from jiangyuan.sources.models import ScannedTable
from office import Office, appoint, body, client_of, events_of

TABLE = "CREATE TABLE aid (case_number TEXT PRIMARY KEY, name TEXT)"
LATER = timezone.localdate() + timedelta(days=30)


@pytest.fixture
def batch(db, office):
    return act("catalog.share_batch.open", actor=office.authority, name="2026 年第一批")


def add(batch, office, name="救助案件", method="service", **fields):
    given = {"batch": batch.pk, "body": office.place.pk, "name": name, "method": method, "deadline": LATER, **fields}
    return act("catalog.commitment.add", actor=office.authority, **given)


def issue(batch):
    act("catalog.share_batch.issue", batch.pk, actor=appoint(None, "authority_head"))
    batch.refresh_from_db()


@pytest.fixture
def mounted(office):
    _file, source = office.sqlite(TABLE)
    return office.mounted(source, "aid")


def test_a_line_is_fulfilled_when_its_entry_is_mounted_and_holds_rows_and_due_again_when_not(batch, office, mounted):
    line = add(batch, office)
    issue(batch)
    assert (batch.state, batch.lines, batch.fulfilled) == ("issued", 1, 0)
    act("catalog.commitment.tie", line.pk, actor=office.handler, entry=mounted.entry_id)
    assert jobs.look() == 0, "the copy is not complete yet"
    Ingest.objects.filter(mount=mounted).update(state="current")
    assert jobs.look() == 1 and jobs.look() == 0
    line.refresh_from_db()
    batch.refresh_from_db()
    assert line.state == "fulfilled" and line.fulfilled_at and batch.fulfilled == 1
    mounted.state = "broken"
    mounted.save()
    assert jobs.look() == 1
    line.refresh_from_db()
    batch.refresh_from_db()
    assert line.state == "due" and line.fulfilled_at is None and batch.fulfilled == 0


def test_the_rooms_above_say_how_each_method_is_fulfilled():
    assert {"service": grantable, "file": grantable, "batch": delivered} == rules.FULFILLED
    assert not rules.fulfilled(method="unknown", entry="e", published=True, share_type="conditional")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({}, True), ({"published": False}, False), ({"share_type": "none"}, False), ({"entry": None}, False)],
)
def test_what_cannot_be_shared_fulfils_nothing(monkeypatch, changed, expected):
    monkeypatch.setitem(rules.FULFILLED, "service", lambda entry: True)
    given = {"method": "service", "entry": "e", "published": True, "share_type": "conditional", **changed}
    assert rules.fulfilled(**given) is expected


def test_what_is_late_is_told_once_for_each_deadline(batch, office):
    line = add(batch, office)
    issue(batch)
    Commitment.objects.filter(pk=line.pk).update(deadline=timezone.localdate() - timedelta(days=1))
    assert jobs.look() == 1 and jobs.look() == 0
    batch.refresh_from_db()
    line.refresh_from_db()
    assert line.late and batch.overdue == 1 and len(events_of(line, "catalog.commitment.late")) == 1
    page = client_of(office.handler).get("/responsibilities/?late=yes").content.decode()
    assert "救助案件" in page and "逾期未落实" in page
    act(
        "catalog.commitment.postpone", line.pk, actor=appoint(None, "authority_head"), deadline=LATER, reason="系统改造"
    )
    batch.refresh_from_db()
    assert batch.overdue == 0
    (moved,) = events_of(line, "catalog.commitment.postponed")
    assert moved.payload["deadline"] == LATER.isoformat()


def test_the_last_day_is_included():
    today = timezone.localdate()
    assert not rules.late(state="due", deadline=today, today=today)
    assert rules.late(state="due", deadline=today - timedelta(days=1), today=today)
    assert not rules.late(state="fulfilled", deadline=today - timedelta(days=1), today=today)


@pytest.mark.attack
def test_no_provider_declares_releases_or_postpones_its_own(batch, office):
    line = add(batch, office)
    issue(batch)
    fields = {"release": {"reason": "做不到"}, "postpone": {"deadline": LATER, "reason": "再等等"}}
    for actor in (office.handler, office.head, appoint(office.place, "sharing_head")):
        for verb in ("fulfil", "release", "postpone"):
            with pytest.raises(Forbidden):
                act(f"catalog.commitment.{verb}", line.pk, actor=actor, **fields.get(verb, {}))
    stranger = Office(body())
    with pytest.raises(Forbidden):
        act("catalog.commitment.tie", line.pk, actor=stranger.handler, entry=line.pk)
    with pytest.raises(Forbidden):
        act("catalog.share_batch.open", actor=office.handler, name="自己下达的")


@pytest.mark.attack
def test_a_batch_is_issued_by_the_head_who_did_not_draw_it_up(db, office):
    head = appoint(None, "authority_head")
    made = act("catalog.share_batch.open", actor=head, name="第二批")
    add(made, office)
    with pytest.raises(Forbidden) as refusal:
        act("catalog.share_batch.issue", made.pk, actor=head)
    assert refusal.value.code == "own"
    with pytest.raises(Forbidden):
        act("catalog.share_batch.issue", made.pk, actor=office.authority)


def test_what_may_not_stand_on_the_list_is_refused(batch, office, mounted):
    with pytest.raises(Refused):
        act("catalog.share_batch.issue", batch.pk, actor=appoint(None, "authority_head"))
    with pytest.raises(Refused) as told:
        add(batch, office, deadline=timezone.localdate() - timedelta(days=1))
    assert told.value.where == "deadline"
    with pytest.raises(NotFound):
        add(batch, Office(body()), entry=mounted.entry_id)
    mounted.entry.known_share_type = "none"
    type(mounted.entry).objects.filter(pk=mounted.entry_id).update(known_share_type="none")
    with pytest.raises(Refused) as told:
        add(batch, office, entry=mounted.entry_id)
    assert told.value.where == "entry"
    with pytest.raises(Conflict):
        act("catalog.share_batch.open", actor=office.authority, name=batch.name)
    add(batch, office)
    issue(batch)
    with pytest.raises(Conflict):
        add(batch, office)
    with pytest.raises(Conflict):
        act("catalog.share_batch.close", batch.pk, actor=office.authority)


def test_a_batch_being_drawn_up_is_the_authoritys_alone(batch, office):
    line = add(batch, office)
    assert not ShareBatch.visible_to(office.handler).exists() and not Commitment.visible_to(office.handler).exists()
    assert client_of(office.handler).get(f"/responsibilities/{line.pk}/").status_code == 404


def test_every_page_opens(batch, office, mounted):
    line = add(batch, office, entry=mounted.entry_id)
    issue(batch)
    urls = ["/responsibilities/", f"/responsibilities/?batch={batch.pk}&state=due&method=service",
            "/responsibilities/batches/", f"/responsibilities/batches/{batch.pk}/", f"/responsibilities/{line.pk}/",
            f"/catalog/{mounted.entry_id}/"]  # fmt: skip
    for actor in (office.handler, office.authority):
        assert [client_of(actor).get(url).status_code for url in urls] == [200] * len(urls)
    bureau = client_of(office.authority)
    fresh = act("catalog.share_batch.open", actor=office.authority, name="再一批")
    assert bureau.get(f"/responsibilities/batches/{fresh.pk}/add/").status_code == 200
    assert bureau.get("/responsibilities/batches/new/").status_code == 200
    assert client_of(office.handler).get(f"/responsibilities/{line.pk}/tie/").status_code == 200
    listed = client_of(office.handler).get("/api/v1/catalog/commitments?state=due").json()["items"]
    assert [one["name"] for one in listed] == ["救助案件"] and listed[0]["late"] is False
    assert ScannedTable.objects.exists()
