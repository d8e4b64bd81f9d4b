"""Entries: every transition, what the law demands before each, clocks, codes, versions, and who sees what."""

import threading

import pytest
from django.db import connection

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.models import CodeSequence, Entry, EntryRelation, EntryVersion
from jiangyuan.catalog.entries.queries import entries, live, pending_differences
from jiangyuan.catalog.entries.states import ENTRY
from jiangyuan.kernel.actions import InvalidInput, StaleVersion, act
from jiangyuan.kernel.clocks import add_working_days, local_day
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.sources.models import ScannedTable
from office import ASSESSED, PEOPLE, Office, appoint, body, events_of

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT, sex TEXT, diagnosis TEXT, remark TEXT)"
PARAMS = {
    "catalog.entry.assess": ASSESSED,
    "catalog.entry.return": {"reasons": {"summary": "过于简略"}},
    "catalog.entry.revise": {"trigger": "own_information", "reason": "字段说明有误"},
    "catalog.entry.withdraw": {"reason": "职责调整"},
    "catalog.entry.reclassify": {"classification": "101001", "reason": "归入人口信息"},
}
RELATED = {"catalog.entry.relate", "catalog.entry.unrelate"}


@pytest.fixture
def table(db, office):
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    return ScannedTable.objects.get(source=source)


@pytest.fixture
def entry(table, office):
    return office.draft(table, name="人员信息")


def _by(office, capacity):
    known = {
        "business_office": office.business,
        "sharing_handler": office.handler,
        "sharing_head": office.office_head,
        "department_head": office.head,
    }
    return known[capacity] if capacity in known else appoint(None, capacity)


CASES = [(t, capacity) for t in ENTRY.transitions for capacity in t.by]


@pytest.mark.parametrize(
    ("step", "capacity"), CASES, ids=lambda c: c if isinstance(c, str) else f"{c.source}-{c.action}"
)
def test_every_transition_by_every_desk(entry, office, step, capacity):
    params = PARAMS.get(step.action, {})
    if step.action in RELATED:
        other = Entry.objects.create(body=office.place, name="另一项")
        params = {"to": other.pk, "kind": "references"}
        if step.action.endswith("unrelate"):
            EntryRelation.objects.create(entry=entry, **{**params, "to": other})
    Entry.objects.filter(pk=entry.pk).update(state=step.source, code="307001/900000", **ASSESSED)
    act(step.action, entry.pk, actor=_by(office, capacity), **params)
    entry.refresh_from_db()
    assert entry.state == step.target


def test_what_the_table_does_not_hold_is_refused(entry, office):
    for state in ENTRY.states:
        Entry.objects.filter(pk=entry.pk).update(state=state)
        for action in {t.action for t in ENTRY.transitions}:
            if (state, action) not in ENTRY.index:
                with pytest.raises(WrongState):
                    params = {"to": entry.pk, "kind": "references"} if action in RELATED else PARAMS.get(action, {})
                    act(action, entry.pk, actor=office.handler, **params)


def test_a_draft_proposes_elements_grades_and_masks(entry):
    items = {item.column: item for item in entry.items.select_related("element")}
    assert items["citizen_id"].element.code == "citizen_id" and items["citizen_id"].key
    assert items["citizen_id"].identifies == "citizen_id" and items["citizen_id"].mask == {"kind": "division"}
    assert items["remark"].element is None and items["remark"].grade == 1
    assert items["diagnosis"].grade == 4 and entry.grade == 4, "the highest of its items"
    (drafted,) = events_of(entry, "catalog.entry.drafted")
    assert drafted.payload["items"] == 5 and drafted.payload["grade"] == 4


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"summary": " "}, "summary"),
        ({"name": " "}, "name"),
        ({"share_condition": ""}, "share_condition"),
        ({"share_type": "none"}, "share_basis"),
        ({"share_methods": []}, "share_methods"),
        ({"secrecy_result": ""}, "secrecy_result"),
        ({"privacy_result": ""}, "privacy_result"),
    ],
)
def test_nothing_incomplete_is_submitted(entry, office, change, where):
    Entry.objects.filter(pk=entry.pk).update(**{**ASSESSED, **change})
    with pytest.raises(Refused) as refusal:
        act("catalog.entry.submit", entry.pk, actor=office.handler)
    assert refusal.value.where == where and "共享条例" in refusal.value.article and refusal.value.mend
    entry.refresh_from_db()
    assert entry.state == "draft"


def test_nobody_approves_his_own(entry, office):
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    act("catalog.entry.submit", entry.pk, actor=office.handler)
    from jiangyuan.organization.models import Person
    from jiangyuan.organization.queries import actor_for

    person = Person.objects.get(pk=office.handler.id)
    held = act(
        "organization.appointment.make", person.pk, actor=_setup(), body=office.place.pk, capacity="department_head"
    )
    head = act(
        "organization.appointment.make", person.pk, actor=_setup(), body=office.place.pk, capacity="sharing_head"
    )
    with pytest.raises(Forbidden) as refusal:
        act("catalog.entry.endorse", entry.pk, actor=actor_for(person, head))
    assert refusal.value.code == "own"
    act("catalog.entry.endorse", entry.pk, actor=office.office_head)
    with pytest.raises(Forbidden) as refusal:
        act("catalog.entry.approve", entry.pk, actor=actor_for(person, held))
    assert refusal.value.code == "own"
    with pytest.raises(Forbidden):
        act("catalog.entry.approve", entry.pk, actor=Office(body()).head)
    act("catalog.entry.approve", entry.pk, actor=office.head)


def _setup():
    from office import SETUP

    return SETUP


def test_a_return_says_what_is_to_be_corrected(entry, office):
    Entry.objects.filter(pk=entry.pk).update(state="department_review")
    for reasons in ({}, {"summary": "  "}):
        with pytest.raises(Refused) as refusal:
            act("catalog.entry.return", entry.pk, actor=office.head, reasons=reasons)
        assert refusal.value.where == "reasons"
    act("catalog.entry.return", entry.pk, actor=office.head, reasons={"summary": "请写明来源"})
    entry.refresh_from_db()
    assert entry.return_reasons == {"summary": "请写明来源"}
    act("catalog.entry.edit", entry.pk, actor=office.business, summary="来源：户籍登记")
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    act("catalog.entry.submit", entry.pk, actor=office.business)
    entry.refresh_from_db()
    assert entry.return_reasons == {} and entry.submitted_by == office.business.id


def test_the_publication_clock_runs_two_working_days_and_is_met(entry, office):
    assert office.authority.body, "there is an authority whose desk it runs on"
    office.publish(entry)
    clock = Clock.objects.get(object_id=entry.pk, limit="catalog.publish")
    assert clock.status == Clock.MET and clock.body == office.authority.body
    approved = events_of(entry, "catalog.entry.approved")[0].at
    assert clock.due_on == add_working_days(local_day(approved), 2).on
    (published,) = events_of(entry, "catalog.entry.published")
    assert published.payload == {"code": "307001/000001", "number": 1, "grade": 4, "share_type": "conditional"}


def test_a_return_by_the_authority_stops_its_clock_and_a_second_approval_starts_another(entry, office):
    walk = (("submit", office.handler), ("endorse", office.office_head), ("approve", office.head))
    for name, actor in (("assess", office.handler), *walk):
        act(f"catalog.entry.{name}", entry.pk, actor=actor, **PARAMS.get(f"catalog.entry.{name}", {}))
    act("catalog.entry.return", entry.pk, actor=office.authority, reasons={"name": "请规范"})
    assert [c.status for c in Clock.objects.filter(object_id=entry.pk)] == [Clock.MET]
    for name, actor in walk:
        act(f"catalog.entry.{name}", entry.pk, actor=actor)
    assert Clock.objects.filter(object_id=entry.pk, status=Clock.RUNNING).count() == 1


@pytest.mark.parametrize(
    ("trigger", "limit", "days"),
    [("law_or_duty", "catalog.update.duty", 10), ("own_information", "catalog.update.entry", 20)],
)
def test_a_revision_runs_beside_the_live_version(entry, office, trigger, limit, days):
    office.publish(entry)
    act("catalog.entry.revise", entry.pk, actor=office.handler, trigger=trigger, reason="更正")
    clock = Clock.objects.get(object_id=entry.updates.get().pk, limit=limit)
    assert clock.status == Clock.RUNNING and clock.body == office.place.pk
    assert clock.due_on == add_working_days(clock.received_on, days).on
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="更正后的摘要", items=[{"column": "remark", "name": "备注", "grade": 2}])  # fmt: skip
    entry.refresh_from_db()
    assert live(entry)["summary"] == "登记的基本信息"
    assert {d["field"] for d in pending_differences(entry)} == {"summary", "items.remark"}
    assert entries(actor=Office(body()).business).get() == entry, "others go on seeing the live version"
    with pytest.raises(Refused):
        act("catalog.entry.submit", entry.pk, actor=office.handler)  # assessed anew
    office.publish(entry)
    assert (entry.live_version, entry.code) == (2, "307001/000001")
    assert EntryVersion.objects.filter(entry=entry).count() == 2


def test_what_was_published_is_withdrawn_by_the_head_alone(entry, office, monkeypatch):
    office.publish(entry)
    monkeypatch.setattr(rules, "LIVE_USES", [])
    with pytest.raises(Conflict):
        act("catalog.entry.withdraw", entry.pk, actor=office.head, reason="职责调整")
    monkeypatch.setattr(rules, "LIVE_USES", [lambda entry: 0])
    act("catalog.entry.revise", entry.pk, actor=office.handler, trigger="law_or_duty", reason="职责调整")
    with pytest.raises(Forbidden):
        act("catalog.entry.withdraw", entry.pk, actor=office.handler, reason="绕过负责人")
    act("catalog.entry.withdraw", entry.pk, actor=office.head, reason="职责调整")
    assert not Clock.objects.filter(object_id=entry.pk).exclude(status=Clock.MET).exists()
    assert not entries(actor=Office(body()).business).exists()


def test_drafts_are_their_departments_and_the_authoritys(entry, office):
    for actor, sees in (
        (office.business, True),
        (appoint(None, "authority_handler"), True),
        (Office(body()).handler, False),
    ):
        assert entries(actor=actor).exists() is sees


def test_two_who_edit_and_one_who_is_late(entry, office):
    entry.refresh_from_db()
    version = entry.version
    act("catalog.entry.edit", entry.pk, actor=office.handler, expected_version=version, summary="甲")
    with pytest.raises(StaleVersion) as refusal:
        act("catalog.entry.edit", entry.pk, actor=office.business, expected_version=version, summary="乙")
    assert refusal.value.mend
    entry.refresh_from_db()
    assert entry.summary == "甲"


@pytest.mark.parametrize(
    "change", [{"classification": "9"}, {"items": [{"column": "nothing", "name": "x"}]}, {"share_type": "free"}]
)
def test_edits_that_do_not_fit_are_refused(entry, office, change):
    with pytest.raises((Refused, InvalidInput)) as refusal:
        act("catalog.entry.edit", entry.pk, actor=office.handler, **change)
    assert refusal.value.where


def test_codes_are_given_once_however_many_publish_at_once(committed, office):
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    table = ScannedTable.objects.get(source=source)
    made = [office.draft(table) for _number in range(6)]
    for entry in made:
        act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
        act("catalog.entry.submit", entry.pk, actor=office.handler)
        act("catalog.entry.endorse", entry.pk, actor=office.office_head)
        act("catalog.entry.approve", entry.pk, actor=office.head)
    authority, start, failed = office.authority, threading.Barrier(6), []

    def publish(entry):
        start.wait()
        try:
            act("catalog.entry.publish", entry.pk, actor=authority)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(entry,)) for entry in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(Entry.objects.values_list("code", flat=True)) == [f"307001/{n:06d}" for n in range(1, 7)]
    assert CodeSequence.objects.get().last == 6


def test_a_real_table_becomes_an_entry(db, office, front):
    front.run(PEOPLE)
    source = office.register(**front.fields)
    office.scan(source)
    entry = office.draft(ScannedTable.objects.get(source=source, name="people"))
    assert entry.name == "人员信息" and [item.name for item in entry.items.all()][:2] == ["公民身份号码", "姓名"]
