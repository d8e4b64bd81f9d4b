"""Deadlines: extensions asked and approved within the article, what ran out on the supervisor's desk, the calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jiangyuan.coordination.deadlines import rules
from jiangyuan.coordination.deadlines.models import Extension, Overdue
from jiangyuan.coordination.deadlines.queries import clocks
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.clocks import LIMITS, ExtensionRefused, add_working_days
from jiangyuan.kernel.errors import Conflict, Forbidden
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Clock, Event
from jiangyuan.organization.models import Person
from jiangyuan.sources.models import ScannedTable
from jiangyuan.ui import objects
from office import Office, appoint, body, events_of

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT)"
ASK = "deadlines.extension.ask"


@pytest.fixture
def entry(committed, office):
    office.scan(office.sqlite(TABLE)[1])
    return office.publish(office.draft(ScannedTable.objects.get(), name="人员信息"))


def trigger(entry, office, *, days_ago=0, why="law_or_duty"):
    act(
        "catalog.update.record",
        actor=office.handler,
        entries=[entry.pk],
        trigger=why,
        reason="条例修订",
        occurred_on=timezone.localdate() - timedelta(days=days_ago),
    )
    return Clock.objects.latest("created_at")


def client_of(actor):
    made = Client()
    made.force_login(Person.objects.get(pk=actor.id))
    return made


def test_an_extension_is_asked_by_the_body_and_approved_by_the_authority(entry, office):
    clock = trigger(entry, office)
    chief = appoint(None, "authority_head")
    asked = act(ASK, actor=office.handler, clock=clock.pk, days=5, reason="涉及多个系统改造")
    with pytest.raises(Conflict) as refusal:
        act(ASK, actor=office.handler, clock=clock.pk, days=1, reason="再申请")
    assert refusal.value.mend
    with pytest.raises(Forbidden):
        act("deadlines.extension.approve", asked.pk, actor=office.handler)
    assert Clock.objects.get(pk=clock.pk).extended == 0, "nothing moves before it is approved"
    kind = objects.kind_of("deadlines.extension")
    assert Extension.objects.filter(kind.desk(chief, "asked"), pk=asked.pk).exists()
    act("deadlines.extension.approve", asked.pk, actor=chief)
    clock.refresh_from_db()
    assert clock.due_on == add_working_days(clock.received_on, 15).on and clock.extended == 5
    with pytest.raises(ExtensionRefused):
        act(ASK, actor=office.handler, clock=clock.pk, days=1, reason="再申请")


def test_more_than_the_article_or_where_it_gives_none_is_refused(entry, office):
    clock = trigger(entry, office)
    with pytest.raises(ExtensionRefused) as refusal:
        act(ASK, actor=office.handler, clock=clock.pk, days=6, reason="来不及")
    assert refusal.value.article == LIMITS["catalog.update.duty"].article and "5" in str(refusal.value.mend)
    own = trigger(entry, office, why="own_information")
    with pytest.raises(ExtensionRefused):
        act(ASK, actor=office.handler, clock=own.pk, days=1, reason="来不及")
    with pytest.raises(Forbidden):
        act(ASK, actor=Office(body()).handler, clock=clock.pk, days=1, reason="他人的时限")


def test_after_the_last_day_nothing_is_asked_but_what_was_asked_in_time_is_still_granted(entry, office):
    clock = trigger(entry, office)
    asked = act(ASK, actor=office.handler, clock=clock.pk, days=5, reason="涉及多个系统改造")
    clockwork.tick(clock.due_on + timedelta(days=1))  # pyright: ignore
    clock.refresh_from_db()
    assert clock.status == Clock.OVERDUE
    act("deadlines.extension.approve", asked.pk, actor=appoint(None, "authority_head"))
    clock.refresh_from_db()
    assert clock.status == Clock.RUNNING
    late = trigger(entry, office, why="own_information", days_ago=90)
    Clock.objects.filter(pk=late.pk).update(limit="catalog.update.duty")
    clockwork.tick()
    with pytest.raises(Conflict):
        act(ASK, actor=office.handler, clock=late.pk, days=1, reason="补申请")


def test_a_refusal_says_why_and_the_clock_runs_on(entry, office):
    clock = trigger(entry, office)
    asked = act(ASK, actor=office.handler, clock=clock.pk, days=2, reason="来不及")
    act("deadlines.extension.refuse", asked.pk, actor=appoint(None, "authority_head"), reason="理由不充分")
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == ("refused", "理由不充分")
    assert Clock.objects.get(pk=clock.pk).due_on == clock.due_on
    act(ASK, actor=office.handler, clock=clock.pk, days=2, reason="补充理由")


def test_what_ran_out_lies_on_the_supervisors_desk_until_it_is_done(entry, office):
    overseer = appoint(None, "authority_handler")
    clock = trigger(entry, office, days_ago=60)
    clockwork.tick()
    run_handlers()
    run_handlers()
    matter = Overdue.objects.get(clock=clock)
    kind = objects.kind_of("deadlines.overdue")
    assert Overdue.objects.filter(kind.desk(overseer, "open")).get() == matter
    with pytest.raises(Forbidden):
        act("deadlines.overdue.urge", matter.pk, actor=office.handler, words="自行督促")
    act("deadlines.overdue.urge", matter.pk, actor=overseer, words="请于周五前办结")
    act("deadlines.overdue.urge", matter.pk, actor=overseer, words="再次督促")
    matter.refresh_from_db()
    assert (matter.state, matter.urged) == ("urged", 2)
    assert [e.payload["times"] for e in events_of(matter, "deadlines.overdue.urged")] == [1, 2]
    update = entry.updates.get()
    act("catalog.update.excuse", update.pk, actor=office.head, reason="不涉及本目录")
    run_handlers()
    matter.refresh_from_db()
    assert matter.state == "closed"


def test_clocks_are_their_bodys_and_its_authoritys(entry, office):
    clock = trigger(entry, office)
    assert clocks(actor=office.business).filter(pk=clock.pk).exists()
    assert clocks(actor=appoint(None, "authority_head")).filter(pk=clock.pk).exists()
    assert not clocks(actor=Office(body()).handler).filter(pk=clock.pk).exists()
    assert not clocks(actor=appoint(None, "authority_head"), own=True).filter(pk=clock.pk).exists()


def test_the_month_the_list_and_the_file(entry, office):
    clock = trigger(entry, office)
    browser = client_of(office.handler)
    page = browser.get(f"/clocks/?month={clock.due_on:%Y-%m}").content.decode()
    assert "人员信息" in page and "jy-agenda-due" in page and "还剩" in page
    assert client_of(Office(body()).handler).get(f"/clocks/?month={clock.due_on:%Y-%m}").content.decode().count("人员信息") == 0  # fmt: skip
    assert f"/clocks/{clock.pk}/extend/" in page
    assert f"/clocks/{clock.pk}/extend/" in browser.get("/clocks/list/").content.decode()
    overseer = client_of(appoint(None, "authority_handler"))
    seen = overseer.get(f"/clocks/?of=all&month={clock.due_on:%Y-%m}").content.decode()
    assert "人员信息" in seen and "/extend/" not in seen, "more time is asked for one's own clocks only"
    for odd in ("2026-13", "x", "99999-01", "-", "2026-0"):
        assert browser.get("/clocks/", {"month": odd}).status_code == 200
    assert "放假安排尚未公布" in browser.get("/clocks/?month=2027-02").content.decode()
    file = browser.get("/clocks/calendar.ics")
    text = file.content.decode()
    assert file["Content-Type"].startswith("text/calendar")
    assert f"UID:{clock.pk}@jiangyuan" in text and f"DTSTART;VALUE=DATE:{clock.due_on:%Y%m%d}" in text
    assert Event.objects.get(type="deadlines.calendar.taken").payload["clocks"] == text.count("BEGIN:VEVENT")


def test_the_pages_ask_and_decide(entry, office):
    clock = trigger(entry, office)
    browser = client_of(office.handler)
    assert "最多可延长 5 个工作日" in browser.get(f"/clocks/{clock.pk}/extend/").content.decode()
    sent = browser.post(f"/clocks/{clock.pk}/extend/", {"days": "3", "reason": "涉及多个系统改造"})
    asked = Extension.objects.get()
    assert sent.status_code == 303 and sent["Location"] == f"/clocks/extensions/{asked.pk}/"
    assert client_of(Office(body()).handler).get(f"/clocks/{clock.pk}/extend/").status_code == 404
    chief = client_of(appoint(None, "authority_head"))
    assert "待主管部门批准" in chief.get("/clocks/extensions/").content.decode()
    assert chief.get(f"/clocks/extensions/{asked.pk}/").status_code == 200
    assert chief.post(f"/clocks/extensions/{asked.pk}/approve/").status_code == 303
    assert Clock.objects.get(pk=clock.pk).extended == 3
    assert chief.get("/clocks/overdue/").status_code == 200


def test_a_clock_that_ran_out_offers_no_form_and_says_what_can_be_done(entry, office):
    clock = trigger(entry, office, days_ago=60)
    clockwork.tick()
    browser = client_of(office.handler)
    page = browser.get(f"/clocks/{clock.pk}/extend/").content.decode()
    assert "已超期，不能再申请" in page and "请尽快办结" in page and 'name="days"' not in page
    assert browser.post(f"/clocks/{clock.pk}/extend/", {"days": "1", "reason": "补申请"}).status_code == 409
    listed = browser.get("/clocks/list/").content.decode()
    assert "已超期，不能再申请" in listed and "本部门月历" in listed, "the way back to the month"


def test_a_matter_of_supervision_leads_to_what_is_late_and_says_what_urging_does(entry, office):
    overseer = appoint(None, "authority_handler")
    clock = trigger(entry, office, days_ago=60)
    clockwork.tick()
    run_handlers()
    run_handlers()
    matter = Overdue.objects.get(clock=clock)
    own = client_of(office.handler).get(f"/clocks/overdue/{matter.pk}/").content.decode()
    assert "打开这件事项" in own and "请尽快办结" in own
    above = client_of(overseer).get(f"/clocks/overdue/{matter.pk}/").content.decode()
    assert "打开这件事项" not in above and "督促会向该部门发出提醒" in above


def test_a_file_of_clocks_is_icalendar_as_rfc_5545_has_it():
    due = rules.Due("k", date(2027, 1, 5), "答复申请：甲,乙;丙", "第一行\n" + "很长的说明" * 20, settled=False)
    file = rules.icalendar([due], name="时限", stamp=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC))
    lines = file.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "SUMMARY:答复申请：甲\\,乙\\;丙" in lines and "STATUS:TENTATIVE" in lines
    unfolded = file.decode().replace("\r\n ", "")
    assert "DESCRIPTION:第一行\\n" + "很长的说明" * 20 in unfolded
    assert "DTSTART;VALUE=DATE:20270105" in lines and "DTEND;VALUE=DATE:20270106" in lines
