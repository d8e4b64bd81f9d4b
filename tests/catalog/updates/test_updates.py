"""Needed updates: the two triggers, the day the clock counts from, what meets it, who may record and excuse."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jiangyuan.catalog.updates.models import Update
from jiangyuan.catalog.updates.queries import open_of, updates
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.clocks import add_working_days
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Clock, Event
from jiangyuan.organization.models import Person
from jiangyuan.sources.models import ScannedTable
from office import ASSESSED, Office, appoint, body, events_of

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT)"
RECORD = "catalog.update.record"


@pytest.fixture
def entry(committed, office):
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    return office.publish(office.draft(ScannedTable.objects.get(source=source), name="人员信息"))


def record(entry, actor, trigger="law_or_duty", **given):
    made = act(RECORD, actor=actor, entries=[entry.pk], trigger=trigger, reason="《某某条例》修订", **given)
    return Update.objects.get(pk=made["updates"][0])


def clock_of(update):
    return Clock.objects.get(object_id=update.pk)


def republish(entry, office):
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="按新规定更新的摘要")
    office.publish(entry)
    run_handlers()


@pytest.mark.parametrize(
    ("trigger", "limit", "days"),
    [("law_or_duty", "catalog.update.duty", 10), ("own_information", "catalog.update.entry", 20)],
)
def test_each_trigger_has_its_own_clock_from_the_day_of_the_change(entry, office, trigger, limit, days):
    changed = timezone.localdate() - timedelta(days=3)
    update = record(entry, office.handler, trigger, occurred_on=changed)
    clock = clock_of(update)
    assert (clock.limit, clock.body, clock.received_on) == (limit, office.place.pk, changed)
    assert clock.due_on == add_working_days(changed, days).on
    (recorded,) = events_of(update, "catalog.update.recorded")
    assert recorded.payload["trigger"] == trigger and recorded.payload["entry"] == str(entry.pk)


def test_republishing_meets_it_on_the_day_of_publication(entry, office):
    update = record(entry, office.handler)
    act("catalog.update.begin", update.pk, actor=office.handler)
    entry.refresh_from_db()
    update.refresh_from_db()
    assert (entry.state, update.state) == ("draft", "revising")
    assert Update.objects.count() == 1, "the revision it begins records no second trigger"
    republish(entry, office)
    update.refresh_from_db()
    clock = clock_of(update)
    assert update.state == "updated" and clock.status == Clock.MET and clock.met_on == timezone.localdate()
    assert update.ended_at == Event.objects.filter(type="catalog.entry.published").latest("at").at


def test_a_revision_records_its_own_trigger(entry, office):
    act("catalog.entry.revise", entry.pk, actor=office.business, trigger="own_information", reason="字段说明有误")
    (update,) = open_of(entry, actor=office.handler)
    assert (update.trigger, update.reason) == ("own_information", "字段说明有误")
    republish(entry, office)
    assert open_of(entry, actor=office.handler) == []


def test_a_change_while_the_revision_is_under_review_is_not_answered_by_it(entry, office):
    first = record(entry, office.handler)
    act("catalog.update.begin", first.pk, actor=office.handler)
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    act("catalog.entry.submit", entry.pk, actor=office.handler)
    second = record(entry, office.handler, "own_information")
    act("catalog.entry.endorse", entry.pk, actor=office.office_head)
    act("catalog.entry.approve", entry.pk, actor=office.head)
    act("catalog.entry.publish", entry.pk, actor=office.authority)
    run_handlers()
    assert [one.pk for one in open_of(entry, actor=office.handler)] == [second.pk]
    assert clock_of(second).status == Clock.RUNNING


def test_no_change_needed_is_recorded_with_a_reason_by_a_head_who_did_not_record_it(entry, office):
    update = record(entry, office.handler)
    with pytest.raises(Refused):
        act("catalog.update.excuse", update.pk, actor=office.head, reason="")
    with pytest.raises(Forbidden):
        act("catalog.update.excuse", update.pk, actor=office.handler, reason="不涉及本目录")
    act("catalog.update.excuse", update.pk, actor=office.head, reason="修订不涉及本目录的信息项")
    update.refresh_from_db()
    assert (update.state, update.outcome) == ("unneeded", "修订不涉及本目录的信息项")
    assert clock_of(update).status == Clock.MET
    own = record(entry, office.head)
    with pytest.raises(Forbidden) as refusal:
        act("catalog.update.excuse", own.pk, actor=office.head, reason="不涉及")
    assert refusal.value.code == "own"


def test_the_authority_records_a_change_on_several_entries_of_its_jurisdiction(entry, office):
    office.scan(office.sqlite("CREATE TABLE other (code TEXT PRIMARY KEY)")[1])
    second = office.publish(office.draft(ScannedTable.objects.get(name="other"), name="代码表"))
    chief = appoint(None, "authority_handler")
    made = act(RECORD, actor=chief, entries=[entry.pk, second.pk], trigger="law_or_duty", reason="机构改革")
    assert len(made["updates"]) == 2 and Clock.objects.filter(limit="catalog.update.duty").count() == 2


def test_what_cannot_be_recorded_is_refused_with_what_to_do(entry, office):
    for given, kind in (
        ({"occurred_on": timezone.localdate() + timedelta(days=1)}, Refused),
        ({"occurred_on": date(2020, 1, 1)}, Refused),
    ):
        with pytest.raises(kind) as refusal:
            record(entry, office.handler, **given)
        assert refusal.value.where == "occurred_on" and refusal.value.mend
    record(entry, office.handler)
    with pytest.raises(Conflict) as refusal:
        record(entry, office.handler)
    assert refusal.value.mend
    with pytest.raises(Forbidden):
        record(entry, Office(body()).handler, "own_information")
    office.scan(office.sqlite("CREATE TABLE draft (code TEXT)")[1])
    draft = office.draft(ScannedTable.objects.get(name="draft"), name="未发布")
    with pytest.raises(NotFound):
        record(draft, office.handler)
    assert Update.objects.count() == 1


def test_a_withdrawn_entry_needs_no_update(entry, office, monkeypatch):
    from jiangyuan.catalog.entries import rules

    update = record(entry, office.handler)
    monkeypatch.setattr(rules, "LIVE_USES", [lambda entry: 0])
    act("catalog.entry.withdraw", entry.pk, actor=office.head, reason="职责划出")
    run_handlers()
    update.refresh_from_db()
    assert update.state == "lapsed" and clock_of(update).status == Clock.MET


def test_updates_are_their_departments_and_the_authoritys(entry, office):
    record(entry, office.handler)
    assert updates(actor=office.business).count() == 1
    assert updates(actor=appoint(None, "authority_handler")).count() == 1
    assert updates(actor=Office(body()).handler).count() == 0


def test_one_that_ran_out_is_overdue_and_still_met_by_publishing(entry, office):
    update = record(entry, office.handler, occurred_on=timezone.localdate() - timedelta(days=60))
    clockwork.tick()
    assert clock_of(update).status == Clock.OVERDUE
    act("catalog.update.begin", update.pk, actor=office.handler)
    republish(entry, office)
    assert clock_of(update).status == Clock.MET
    assert Event.objects.filter(type="kernel.clock.met_late").count() == 1


def client_of(actor):
    made = Client()
    made.force_login(Person.objects.get(pk=actor.id))
    return made


def test_the_pages_record_begin_and_list(entry, office):
    browser = client_of(office.handler)
    page = browser.get(f"/catalog/{entry.pk}/").content.decode()
    assert f"/catalog/updates/new/?entry={entry.pk}" in page
    form = browser.get(f"/catalog/updates/new/?entry={entry.pk}")
    assert form.status_code == 200 and "因何更新" in form.content.decode()
    sent = browser.post(
        f"/catalog/updates/new/?entry={entry.pk}",
        {"trigger": "law_or_duty", "reason": "条例修订", "occurred_on": timezone.localdate().isoformat()},
    )
    update = Update.objects.get()
    assert sent.status_code == 303 and sent["Location"] == f"/catalog/updates/{update.pk}/"
    assert "还剩" in browser.get(f"/catalog/{entry.pk}/").content.decode()
    listed = browser.get("/catalog/updates/").content.decode()
    assert "人员信息" in listed and "还剩" in listed
    assert browser.get(f"/catalog/updates/{update.pk}/").status_code == 200
    begun = browser.post(f"/catalog/updates/{update.pk}/begin/")
    assert begun.status_code == 303 and begun["Location"] == f"/catalog/{entry.pk}/"
    assert client_of(Office(body()).handler).get(f"/catalog/updates/{update.pk}/").status_code == 404
    assert browser.get("/catalog/updates/new/").status_code == 404
    work = browser.get("/").content.decode()
    assert work
