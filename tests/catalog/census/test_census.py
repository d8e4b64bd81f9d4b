"""A campaign from its opening to the general ledger: who fills in, who signs, what the scan finds, what was forgotten."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from tests.catalog.census import rig
from tests.catalog.census.rig import findings, opened, record, report_of, sent, stranger, system

from jiangyuan.catalog.census.comparing import column_types, same_type
from jiangyuan.catalog.census.handlers import check_after_scan
from jiangyuan.catalog.census.models import Asset, Campaign, Channel, Finding, Holding, Report
from jiangyuan.catalog.census.queries import assets, channels, reports, standing
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Clock
from jiangyuan.portal.notices.handlers import tell_of_a_reminder, tell_the_desk
from jiangyuan.portal.notices.models import Notice
from office import PEOPLE, client_of, events_of


def test_a_campaign_asks_its_departments_and_each_has_a_clock(db, office) -> None:
    campaign = opened(office, days=30)
    report = report_of(office, campaign)
    assert campaign.state == "open" and report.state == "filling"
    (clock,) = clockwork.running(report)
    assert clock.body == office.place.pk and clock.due_on is not None
    assert timezone.localdate() < clock.due_on <= campaign.deadline
    assert len(events_of(report, "census.report.asked")) == 1
    clockwork.tick(clock.due_on - timedelta(days=1))
    assert len(events_of(report, "kernel.clock.due")) == 1
    clockwork.tick(clock.due_on + timedelta(days=1))
    assert len(events_of(report, "kernel.clock.overdue")) == 1


def test_a_campaign_is_the_authoritys_alone_and_needs_a_day_to_come(db, office) -> None:
    given: dict[str, Any] = {"title": "普查", "kinds": ["system"], "deadline": timezone.localdate() + timedelta(days=9)}
    with pytest.raises(Forbidden):
        act("census.campaign.create", actor=office.handler, **given)
    with pytest.raises(Refused, match="今天之后"):
        act("census.campaign.create", actor=office.authority, **given | {"deadline": timezone.localdate()})
    with pytest.raises(Refused, match="须同时普查"):
        act("census.campaign.create", actor=office.authority, **given | {"kinds": ["table"]})
    made = act("census.campaign.create", actor=office.authority, **given)
    with pytest.raises(Refused):
        act("census.report.submit", made.pk, actor=office.business, zero=True)
    assert made.state == "draft" and not Campaign.visible_to(office.handler).exists(), "nobody is asked yet"


def test_a_reminder_is_told_to_those_who_have_not_sent_and_not_twice_an_hour(db, office) -> None:
    campaign = opened(office)
    act("census.campaign.remind", campaign.pk, actor=office.authority)
    assert len(events_of(report_of(office, campaign), "census.report.reminded")) == 1
    with pytest.raises(Conflict, match="一小时"):
        act("census.campaign.remind", campaign.pk, actor=office.authority)


def test_whoever_filled_in_does_not_sign(db, office) -> None:
    campaign = opened(office)
    report = report_of(office, campaign)
    system(office, report)
    both = rig.appoint(office.place, "department_head")
    person = act(
        "organization.appointment.make", both.id, actor=rig_setup(), body=office.place.pk, capacity="business_office"
    )
    from jiangyuan.organization.queries import actor_for

    filler = actor_for(person.person, person)
    record(office, report, "staff", "it", actor=filler, duty="data", people=3)
    act("census.report.submit", report.pk, actor=office.business)
    with pytest.raises(Forbidden):
        act("census.report.sign", report.pk, actor=both)
    with pytest.raises(Forbidden):
        act("census.report.sign", report.pk, actor=office.business)
    act("census.report.sign", report.pk, actor=office.head)
    assert not clockwork.running(report), "signed in time: the clock stops"


def rig_setup() -> Any:
    from office import SETUP

    return SETUP


def test_a_zero_report_is_signed_and_accepted_like_any(db, office) -> None:
    campaign = opened(office)
    report = report_of(office, campaign)
    with pytest.raises(Refused, match="没有登记任何内容"):
        act("census.report.submit", report.pk, actor=office.business)
    assert sent(office, report, zero=True).state == "filed" and report.zero
    assert not Holding.objects.filter(body=office.place).exists()
    other = report_of(office, opened(office, title="又一次"))
    system(office, other)
    with pytest.raises(Refused, match="不能作零报告"):
        act("census.report.submit", other.pk, actor=office.business, zero=True)


def test_registers_are_typed_and_lie_within_each_other(db, office) -> None:
    report = report_of(office, opened(office))
    system(office, report)
    record(office, report, "database", "front", engine="postgres", parent="sys")
    record(office, report, "table", "public.people", parent="front", columns=3, rows=1000)
    with pytest.raises(Refused) as refused:
        record(office, report, "table", "public.visit", parent="elsewhere")
    assert refused.value.where == "parent" and refused.value.mend
    for facts, where in (({"status": "asleep"}, "status"), ({"users": -1}, "users"), ({"since": "昨天"}, "since")):
        with pytest.raises(Refused) as refused:
            record(office, report, "system", "s2", **{"duty": "x", "status": "running", **facts})
        assert refused.value.where == where
    with pytest.raises(Refused, match="不包含这一类"):
        record(office, report, "device", "d1", type="server")
    with pytest.raises(Conflict, match="下面"):
        act("census.report.remove", report.pk, actor=office.business, kind="system", code="sys")
    record(office, report, "table", "public.people", parent="front", columns=4)
    report.refresh_from_db()
    assert report.counts == {"system": 1, "database": 1, "table": 1} and report.total == 3, "changed, not doubled"


def test_a_real_scan_finds_what_was_forgotten_and_what_is_gone(db, office, front) -> None:
    front.run(rig.PEOPLE_AND_VISITS)
    source = office.register(**front.fields)
    report = report_of(office, opened(office))
    record(office, report, "database", "front", engine="postgres", source=source.alias)
    record(office, report, "table", "public.people", parent="front", columns=5, rows=9000)
    record(office, report, "table", "old_register", parent="front")
    act("census.report.check", report.pk, actor=office.business)
    assert findings(report) == {("unconnected", "front")}, "never scanned: nothing can be said of its tables"

    scan = office.scan(source)
    (event,) = events_of(scan, "sources.scan.finished")
    check_after_scan(event)
    check_after_scan(event)  # events may come again
    assert findings(report) == {
        ("unreported", "public.visit"), ("missing", "old_register"), ("columns", "public.people"), ("rows", "public.people"),
    }  # fmt: skip
    told = Finding.objects.get(report=report, code="rows")
    assert "9,000" in told.reported and "1,000" in told.found
    with pytest.raises(Refused, match="4 项") as refused:
        act("census.report.submit", report.pk, actor=office.business)
    assert refused.value.code == "differences"

    kept = Finding.objects.get(report=report, code="missing")
    act("census.finding.explain", kept.pk, actor=office.business, explanation="已迁到另一系统，年底下线")
    act("census.report.mend", report.pk, actor=office.business)
    assert findings(report) == {("missing", "old_register")}
    people = Asset.objects.get(report=report, code="public.people")
    assert people.facts["columns"] == 3 and people.facts["rows"] == 1000
    assert Asset.objects.get(report=report, code="public.visit").name == "走访记录"
    assert Finding.objects.get(report=report, code="missing").explanation, "checked again, still explained"
    assert sent(office, report).state == "filed"


def test_a_source_that_no_database_names_is_told_and_taken_in(db, office, front) -> None:
    front.run(rig.PEOPLE_AND_VISITS)
    source = office.register(**front.fields)
    office.scan(source)
    report = report_of(office, opened(office))
    act("census.report.check", report.pk, actor=office.handler)
    assert findings(report) == {("unlisted", source.alias)}
    act("census.report.mend", report.pk, actor=office.handler)  # the database, and what comes to light within it
    report.refresh_from_db()
    assert not findings(report) and report.counts == {"database": 1, "table": 2}


def test_what_differs_from_the_census_before(db, office) -> None:
    first = report_of(office, opened(office))
    system(office, first)
    system(office, first, "idle")
    record(office, first, "staff", "it", duty="data", people=3)
    sent(office, first)
    assert {h.kind: h.things for h in Holding.objects.filter(body=office.place)} == {"system": 2, "staff": 1}

    second = report_of(office, opened(office, title="第二次"))
    act("census.report.carry_over", second.pk, actor=office.business)
    record(office, second, "staff", "it", duty="data", people=5)
    act("census.report.remove", second.pk, actor=office.business, kind="system", code="idle")
    system(office, second, "new")
    act("census.report.check", second.pk, actor=office.business)
    assert findings(second, "previous") == {("new", "new"), ("gone", "idle"), ("changed", "it")}
    changed = Finding.objects.get(report=second, code="changed")
    assert "5" in changed.reported and "3" in changed.found
    sent(office, second)
    current = assets(actor=office.handler).filter(current=True)
    assert set(current.values_list("kind", "code")) == {("system", "sys"), ("system", "new"), ("staff", "it")}
    assert Asset.objects.filter(report=first).count() == 3, "the first report stays as it was signed"


def test_a_returned_report_has_its_reason_and_days_to_mend_it(db, office) -> None:
    report = report_of(office, opened(office))
    system(office, report)
    act("census.report.submit", report.pk, actor=office.business)
    with pytest.raises(Conflict):
        system(office, report, "late")
    act("census.report.sign", report.pk, actor=office.head)
    act("census.report.return", report.pk, actor=office.authority, reason="请补充数据库")
    report.refresh_from_db()
    assert (report.state, report.reason, report.signed_by) == ("returned", "请补充数据库", None)
    assert len(clockwork.running(report)) == 1
    assert sent(office, report).state == "filed"
    assert Clock.objects.filter(object_id=report.pk, status=Clock.MET).count() == 2


def test_closing_waits_for_signed_reports_and_counts_the_missed(db, office) -> None:
    other = stranger()
    made = act(
        "census.campaign.create", actor=office.authority, title="普查", kinds=["system"],
        deadline=timezone.localdate() + timedelta(days=20), bodies=[office.place.pk, other.place.pk],
    )  # fmt: skip
    campaign = act("census.campaign.open", made.pk, actor=office.authority)
    report = report_of(office, campaign)
    act("census.report.submit", report.pk, actor=office.business, zero=True)
    act("census.report.sign", report.pk, actor=office.head)
    with pytest.raises(Conflict, match="1 份"):
        act("census.campaign.close", campaign.pk, actor=office.authority)
    act("census.report.accept", report.pk, actor=office.authority)
    act("census.campaign.close", campaign.pk, actor=office.authority)
    assert standing(campaign, actor=office.authority) == {"filed": 1, "missed": 1}
    assert not clockwork.running(report_of(other, campaign))
    with pytest.raises(Conflict):
        system(other, report_of(other, campaign))


def test_a_stranger_sees_and_touches_nothing_of_anothers_report(db, office, front) -> None:
    report = report_of(office, opened(office))
    system(office, report)
    sheet = act(
        "census.report.upload", report.pk, actor=office.business, kind="staff", file_name="a.csv",
        lines=[["代码", "名称", "岗位类别", "人数"], ["it", "运维", "运行维护", "3"]],
    )  # fmt: skip
    other = stranger()
    for actor in (other.business, other.handler, other.head):
        assert not reports(actor=actor).exists() and not assets(actor=actor).exists()
        assert not Campaign.visible_to(actor).exists() and not Finding.visible_to(actor).exists()
    with pytest.raises(Forbidden):
        system(other, report)
    with pytest.raises(Forbidden):
        act("census.upload.apply", sheet.pk, actor=other.business)
    for verb, actor in (("submit", other.business), ("check", other.handler), ("mend", other.business)):
        with pytest.raises(Forbidden):
            act(f"census.report.{verb}", report.pk, actor=actor)
    act("census.report.submit", report.pk, actor=office.business)
    with pytest.raises(Forbidden):
        act("census.report.sign", report.pk, actor=other.head)
    for actor in (office.business, office.head):
        with pytest.raises((Forbidden, Conflict)):
            act("census.report.accept", report.pk, actor=actor)
    assert Report.objects.get(pk=report.pk).state == "signing"


def test_a_channel_has_an_owner_callers_volume_and_a_fate_with_its_reason(db, office) -> None:
    caller = stranger()
    given: dict[str, Any] = {"body": office.place.pk, "name": "参保查询", "protocol": "rest", "content": "参保状态"}
    with pytest.raises(Refused, match="谁在使用"):
        act("census.channel.register", actor=office.handler, **given)
    with pytest.raises(Forbidden):
        act("census.channel.register", actor=caller.handler, callers=[caller.place.pk], **given)
    made = act(
        "census.channel.register", actor=office.handler, callers=[caller.place.pk], monthly_calls=120_000, **given
    )
    assert channels(actor=caller.business).get() == made, "a caller knows of it"
    assert not channels(actor=stranger().business).exists()
    with pytest.raises(Forbidden):
        act("census.channel.decide", made.pk, actor=office.handler, fate="keep", reason="在用")
    with pytest.raises(Refused, match="完成日期"):
        act("census.channel.decide", made.pk, actor=office.authority, fate="take_over", reason="重复建设")
    until = timezone.localdate() + timedelta(days=90)
    act("census.channel.decide", made.pk, actor=office.authority, fate="take_over", reason="纳入共享平台", until=until)
    made.refresh_from_db()
    assert (made.state, made.fate, made.until) == ("decided", "take_over", until)
    act("census.channel.edit", made.pk, actor=office.handler, callers=[caller.place.pk], monthly_calls=5,
        **{k: v for k, v in given.items() if k != "body"})  # fmt: skip
    assert Channel.objects.get(pk=made.pk).state == "listed", "described anew, decided anew"


def test_what_is_not_there_is_not_found(db, office) -> None:
    report = report_of(office, opened(office))
    with pytest.raises(NotFound):
        act("census.report.remove", report.pk, actor=office.business, kind="system", code="nothing")
    with pytest.raises(NotFound):
        act("census.report.carry_over", report.pk, actor=office.business)
    with pytest.raises(NotFound):
        act("census.report.mend", report.pk, actor=office.business)


def test_who_has_to_act_is_told_and_reminded(db, office) -> None:
    def told(actor: Any) -> list[str]:
        return list(Notice.objects.filter(person_id=actor.id).order_by("id").values_list("rule", flat=True))

    clerk, head = office.business, office.head
    campaign = opened(office)
    report = report_of(office, campaign)
    act("census.campaign.remind", campaign.pk, actor=office.authority)
    for event in events_of(report, "census.report.asked"):
        tell_the_desk(event)
    for event in events_of(report, "census.report.reminded"):
        tell_of_a_reminder(event)
    assert told(clerk) == ["desk", "reminder"] and told(head) == [], "not yet on the head's desk"
    act("census.report.submit", report.pk, actor=clerk, zero=True)
    for event in events_of(report, "census.report.submitted"):
        tell_the_desk(event)
    assert told(head) == ["desk"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("varchar(20)", "character varying(20)", True),
        ("VARCHAR (20)", "character varying(20)", True),
        ("int8", "bigint", True),
        ("decimal(10, 2)", "numeric(10,2)", True),
        ("varchar", "character varying(20)", True),
        ("timestamptz", "timestamp with time zone", True),
        ("varchar(20)", "character varying(40)", False),
        ("numeric(10,2)", "numeric(12,2)", False),
        ("integer", "bigint", False),
        ("text", "date", False),
        ("GEOMETRY", "geometry", True),
        ("geometry", "text", False),
        ("date", "", False),
    ],
)
def test_types_that_are_only_spelt_otherwise_are_the_same(one: str, other: str, same: bool) -> None:
    assert same_type(one, other) is same and same_type(other, one) is same


def test_types_are_read_as_people_write_them() -> None:
    assert column_types("id bigint；name  varchar(20)\nborn date; ;x") == [
        ("id", "bigint"), ("name", "varchar(20)"), ("born", "date"),
    ]  # fmt: skip


def test_the_type_of_each_reported_column_is_held_against_the_scan(db, office, front) -> None:
    report = report_of(office, opened(office))
    front.run(PEOPLE)
    source = office.register(**front.fields)
    office.scan(source)
    record(office, report, "database", "db", engine="postgres", source=source.alias)
    told = "citizen_id text；NAME varchar(20)；sex character(1)；income decimal(10, 2)；born date；birth_date TEXT"
    record(office, report, "table", "public.people", parent="db", types=told)
    act("census.report.check", report.pk, actor=office.business)
    (one,) = Finding.objects.filter(report=report, code="types")
    assert (one.thing, one.against, one.table.name) == ("public.people", "scan", "people")
    assert one.reported == "NAME varchar(20)；born date；birth_date TEXT"
    assert one.found == "NAME text；没有字段 born；birth_date date"
    page = client_of(office.handler).get(f"/census/reports/{report.pk}/?tab=differences").content.decode()
    assert "字段类型不符" in page and "birth_date date" in page
    file = client_of(office.handler).post(f"/census/reports/{report.pk}/?tab=differences", {"_export": "xlsx"})
    content = b"".join(file.streaming_content) if file.streaming else file.content
    cells = [str(c) for row in load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True) for c in row]
    assert "字段类型不符" in cells and "NAME text；没有字段 born；birth_date date" in cells
    with pytest.raises(Refused):
        act("census.report.submit", report.pk, actor=office.business)
    act("census.report.mend", report.pk, actor=office.business)
    kept = Asset.objects.get(report=report, kind="table", code="public.people").facts["types"]
    assert kept == "citizen_id text；name text；sex character(1)；income numeric(10,2)；birth_date date"
    assert not Finding.objects.filter(report=report, code="types").exists()


def test_a_table_whose_columns_are_not_reported_one_by_one_has_no_types_to_differ(db, office, front) -> None:
    report = report_of(office, opened(office))
    front.run(PEOPLE)
    source = office.register(**front.fields)
    office.scan(source)
    record(office, report, "database", "db", engine="postgres", source=source.alias)
    record(office, report, "table", "public.people", parent="db", columns=6)
    act("census.report.check", report.pk, actor=office.business)
    assert not Finding.objects.filter(report=report, code="types").exists()
