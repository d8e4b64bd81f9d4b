"""Obligations, links, excuses and figures: who may do what, what counts, and what follows by itself."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from jiangyuan.catalog.duties import counts, jobs
from jiangyuan.catalog.duties.handlers import judge_again
from jiangyuan.catalog.duties.models import Coverage, CoverageDay, Excuse, Load, Obligation
from jiangyuan.catalog.duties.queries import coverage, obligations, sums
from jiangyuan.catalog.duties.states import EXCUSE
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.data import uploads
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.sources.models import ScannedTable
from jiangyuan.ui import sheets
from office import Office, appoint, body, client_of, events_of

TABLE = "CREATE TABLE aid (case_number TEXT PRIMARY KEY, name TEXT)"
EXCUSED = {"ground": "held_above", "reason": "数据由部委统建系统产生和保管，本厅只录入。"}


@pytest.fixture
def table(db, office):
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    return ScannedTable.objects.get(source=source)


def duty(office, code="01", **fields):
    given = {"kind": "duty", "source_list": "mandate", "name": "社会救助", "document": "职能配置规定", **fields}
    return act("catalog.obligation.register", actor=office.handler, body=office.place.pk, code=code, **given)


def publish(office, entry):
    office.publish(entry)
    judge_again(events_of(entry, "catalog.entry.published")[-1])


def figures(office):
    kept = Coverage.objects.get(body=office.place)
    return kept.tally("duty")


def test_what_is_registered_is_open_until_a_published_entry_covers_it(table, office):
    one = duty(office)
    assert (figures(office).total, figures(office).open) == (1, 1)
    entry = act("catalog.obligation.write", one.pk, actor=office.business, table=table.pk, name="社会救助信息")
    one.refresh_from_db()
    assert entry.name == "社会救助信息" and one.coverage == "open", "a draft covers nothing"
    entry.summary, entry.share_condition = "登记的基本信息", "依法履职需要"
    entry.save()
    publish(office, entry)
    one.refresh_from_db()
    assert one.coverage == "covered" and figures(office).share == 10_000
    assert CoverageDay.objects.get(body=office.place, day=timezone.localdate()).duty_covered == 1
    act("catalog.entry.withdraw", entry.pk, actor=office.head, reason="职责调整")
    judge_again(events_of(entry, "catalog.entry.withdrawn")[-1])
    one.refresh_from_db()
    assert one.coverage == "open" and figures(office).share == 0


def test_the_kept_figures_are_what_counting_anew_gives(table, office):
    entry = office.draft(table)
    things = [duty(office, code=f"{n:02}") for n in range(6)]
    for one in things[:3]:
        act("catalog.obligation.link", one.pk, actor=office.handler, entry=entry.pk)
    publish(office, entry)
    excuse = act("catalog.excuse.propose", actor=office.handler, obligation=things[3].pk, **EXCUSED)
    act("catalog.excuse.accept", excuse.pk, actor=office.authority)
    act("catalog.obligation.retire", things[4].pk, actor=office.authority, reason="职能划转")
    assert figures(office) == counts.count(office.place.pk)["duty"]
    assert (figures(office).total, figures(office).covered, figures(office).excused) == (5, 3, 1)
    whole = sums(coverage(actor=office.authority))
    assert whole["duty"] == figures(office)


def test_one_of_two_covering_entries_may_go(table, office):
    one = duty(office)
    entry = office.draft(table)
    act("catalog.obligation.link", one.pk, actor=office.handler, entry=entry.pk)
    with pytest.raises(Conflict):
        act("catalog.obligation.link", one.pk, actor=office.handler, entry=entry.pk)
    publish(office, entry)
    act("catalog.obligation.unlink", one.pk, actor=office.authority, entry=entry.pk, reason="内容不符，不能覆盖")
    one.refresh_from_db()
    assert one.coverage == "open"
    with pytest.raises(NotFound):
        act("catalog.obligation.unlink", one.pk, actor=office.handler, entry=entry.pk, reason="重复")


def test_what_was_said_before_stays_as_a_version(db, office):
    one = duty(office)
    act("catalog.obligation.alter", one.pk, actor=office.authority, name="社会救助和慈善", reason="三定规定修订")
    one.refresh_from_db()
    (kept,) = one.versions.all()
    assert one.name == "社会救助和慈善" and kept.content["name"] == "社会救助" and kept.reason == "三定规定修订"
    assert kept.until == timezone.localdate() - timedelta(days=1)
    with pytest.raises(Refused):
        act("catalog.obligation.alter", one.pk, actor=office.authority, name="社会救助和慈善", reason="无")


def test_what_begins_and_ends_with_time_is_counted_from_its_day(db, office):
    today = timezone.localdate()
    later = duty(office, code="02", valid_from=today + timedelta(days=1))
    ends = duty(office, code="03", valid_to=today)
    assert not later.in_force and figures(office).total == 1
    Obligation.objects.filter(pk=later.pk).update(valid_from=today)
    Obligation.objects.filter(pk=ends.pk).update(
        valid_from=today - timedelta(days=9), valid_to=today - timedelta(days=1)
    )
    assert jobs.turn() == 2 and jobs.turn() == 0
    later.refresh_from_db()
    ends.refresh_from_db()
    assert later.in_force and not ends.in_force and figures(office).total == 1


def test_a_system_is_followed_once_and_leaves_when_it_is_put_out_of_use(db, office):
    system = act(
        "organization.system.register", actor=office.handler, body=office.place.pk, name="救助系统", code="aid_system"
    )
    assert jobs.turn() == 1 and jobs.turn() == 0
    one = Obligation.objects.get(system=system)
    kept = Coverage.objects.get(body=office.place)
    assert (one.kind, one.name, kept.system_total, kept.system_share) == ("system", "救助系统", 1, 0)
    with pytest.raises(Refused):
        act("catalog.obligation.retire", one.pk, actor=office.authority, reason="不用了")
    system.active = False
    system.save()
    assert jobs.turn() == 1
    assert Coverage.objects.get(body=office.place).system_share is None, "nothing to cover is no share"


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.attack
def test_a_department_does_not_excuse_itself(db, office):
    one = duty(office)
    excuse = act("catalog.excuse.propose", actor=office.handler, obligation=one.pk, **EXCUSED)
    for actor in (office.handler, office.head, office.business, appoint(office.place, "sharing_head")):
        with pytest.raises(Forbidden):
            act("catalog.excuse.accept", excuse.pk, actor=actor)
    one.refresh_from_db()
    assert one.coverage == "open" and figures(office).excused == 0


@pytest.mark.attack
def test_the_authority_excuses_nothing_that_its_own_person_asked_for(db, office):
    from jiangyuan.organization.models import Person
    from jiangyuan.organization.queries import actor_for
    from office import SETUP

    bureau = Office(body(is_authority=True))
    one = duty(bureau)
    excuse = act("catalog.excuse.propose", actor=bureau.handler, obligation=one.pk, **EXCUSED)
    person = Person.objects.get(pk=bureau.handler.id)
    held = act(
        "organization.appointment.make", person.pk, actor=SETUP, body=bureau.place.pk, capacity="authority_handler"
    )
    with pytest.raises(Forbidden) as refusal:
        act("catalog.excuse.accept", excuse.pk, actor=actor_for(person, held))
    assert refusal.value.code == "own"
    act("catalog.excuse.accept", excuse.pk, actor=appoint(bureau.place, "authority_head"))


@pytest.mark.attack
def test_a_department_neither_shrinks_nor_borrows_its_denominator(table, office):
    one = duty(office)
    for verb, fields in (("retire", {"reason": "不归我管"}), ("alter", {"reason": "改", "name": "别的"})):
        for actor in (office.handler, office.head, appoint(office.place, "sharing_head")):
            with pytest.raises(Forbidden):
                act(f"catalog.obligation.{verb}", one.pk, actor=actor, **fields)
    stranger = Office(body())
    with pytest.raises(Forbidden):
        act("catalog.obligation.link", one.pk, actor=stranger.handler, entry=office.draft(table).pk)
    theirs = duty(stranger)
    entry = office.publish(Entry.objects.get(body=office.place))
    with pytest.raises(Refused) as told:
        act("catalog.obligation.link", theirs.pk, actor=stranger.handler, entry=entry.pk)
    assert told.value.where == "entry"
    with pytest.raises(Forbidden):
        act("catalog.obligation.register", actor=stranger.handler, body=office.place.pk, kind="duty", code="9",
            source_list="mandate", name="塞进来的职责", document="无")  # fmt: skip


@pytest.mark.attack
def test_another_department_does_not_know_of_them(db, office):
    one = duty(office)
    excuse = act("catalog.excuse.propose", actor=office.handler, obligation=one.pk, **EXCUSED)
    stranger = Office(body())
    assert not obligations(actor=stranger.handler).exists()
    seen = client_of(stranger.handler)
    for url in (f"/duties/{one.pk}/", f"/duties/excuses/{excuse.pk}/", f"/duties/bodies/{office.place.alias}/"):
        assert seen.get(url).status_code == 404, url
    assert seen.get(f"/api/v1/catalog/obligations/{one.pk}").status_code == 404
    assert one.name not in seen.get("/duties/list/").content.decode()


def test_an_authority_of_another_place_decides_nothing(db, office):
    from jiangyuan.kernel.actor import Actor

    excuse = act("catalog.excuse.propose", actor=office.handler, obligation=duty(office).pk, **EXCUSED)
    there = appoint(None, "authority_handler")
    elsewhere = Actor("person", there.id, "别处", there.body, there.capacity, there.capacities, "630100")
    with pytest.raises(Forbidden):
        act("catalog.excuse.accept", excuse.pk, actor=elsewhere)


# --- excuses ----------------------------------------------------------------------------------------------------------

CASES = [(t, capacity) for t in EXCUSE.transitions for capacity in t.by]
PARAMS = {"catalog.excuse.refuse": {"reason": "数据由本厅产生"}, "catalog.excuse.revoke": {"reason": "系统已下放"}}


@pytest.mark.parametrize(("step", "capacity"), CASES, ids=lambda c: c if isinstance(c, str) else c.action)
def test_every_transition_of_an_excuse_by_every_desk(db, office, step, capacity):
    from jiangyuan.catalog.duties.handlers import COVERAGE

    one = duty(office)
    excuse = act("catalog.excuse.propose", actor=appoint(office.place, "sharing_handler"), obligation=one.pk, **EXCUSED)
    Excuse.objects.filter(pk=excuse.pk).update(state=step.source)
    place = None if capacity.startswith("authority") else office.place
    actor = COVERAGE if capacity == "service" else appoint(place, capacity)
    act(step.action, excuse.pk, actor=actor, **PARAMS.get(step.action, {}))
    excuse.refresh_from_db()
    one.refresh_from_db()
    assert excuse.state == step.target
    assert one.coverage == ("excused" if step.target == "accepted" else "open")


def test_an_excuse_ends_with_its_last_day(db, office):
    today = timezone.localdate()
    one = duty(office)
    excuse = act("catalog.excuse.propose", actor=office.handler, obligation=one.pk, until=today, **EXCUSED)
    act("catalog.excuse.accept", excuse.pk, actor=office.authority)
    assert jobs.turn() == 0, "the last day is included"
    Excuse.objects.filter(pk=excuse.pk).update(until=today - timedelta(days=1))
    assert jobs.turn() == 1
    one.refresh_from_db()
    assert one.coverage == "open"


@pytest.mark.parametrize(
    ("fields", "where"),
    [({"reason": "不用"}, "reason"), ({"ground": "secret"}, "basis"), ({"until": "2020-01-01"}, "until")],
)
def test_an_excuse_that_says_nothing_is_refused(db, office, fields, where):
    with pytest.raises(Refused) as told:
        act("catalog.excuse.propose", actor=office.handler, obligation=duty(office).pk, **{**EXCUSED, **fields})
    assert told.value.where == where


def test_one_excuse_at_a_time_and_none_for_what_is_covered(table, office):
    one = duty(office)
    act("catalog.excuse.propose", actor=office.handler, obligation=one.pk, **EXCUSED)
    with pytest.raises(Conflict):
        act("catalog.excuse.propose", actor=office.handler, obligation=one.pk, **EXCUSED)
    two = duty(office, code="02")
    entry = office.draft(table)
    act("catalog.obligation.link", two.pk, actor=office.handler, entry=entry.pk)
    publish(office, entry)
    with pytest.raises(Conflict):
        act("catalog.excuse.propose", actor=office.handler, obligation=two.pk, **EXCUSED)


# --- imports ----------------------------------------------------------------------------------------------------------


def row(office, number, **changed):
    return {"body": office.place.name, "code": f"{number:03}", "name": f"职责{number}", "source_list": "权责清单",
            "document": "权责清单（2025年版）", **changed}  # fmt: skip


def load(office, rows, actor=None, **fields):
    return act(
        "catalog.obligation.load", actor=actor or office.handler, kind="duty", source="a.xlsx", rows=rows, **fields
    )


def test_nothing_is_taken_while_a_row_is_wrong_unless_the_good_ones_go_alone(db, office):
    rows = [row(office, 1), row(office, 2, name=""), row(office, 1), row(office, 4, body="别的局")]
    made = load(office, rows)
    assert (made.rows, made.taken, made.wrong) == (4, 0, 3) and not Obligation.objects.exists()
    assert [(f["row"], f["column"]) for f in made.faults] == [(3, "职责名称"), (4, "编号"), (5, "部门")]
    assert all(f["reason"] and f["mend"] for f in made.faults)
    made = load(office, rows, partial=True)
    assert (made.taken, made.wrong) == (1, 3) and figures(office).total == 1


def test_the_same_sheet_again_changes_nothing_and_a_changed_row_leaves_a_version(db, office):
    rows = [row(office, n) for n in range(20)]
    assert load(office, rows).taken == 20
    again = load(office, rows)
    assert (again.taken, again.changed) == (0, 0)
    rows[3]["name"] = "职责三（调整后）"
    changed = load(office, rows)
    assert (changed.taken, changed.changed) == (1, 1)
    one = Obligation.objects.get(code="003")
    assert one.name == "职责三（调整后）" and [v.content["name"] for v in one.versions.all()] == ["职责3"]
    assert one.versions.get().content["valid_from"]


def test_the_authority_loads_for_its_jurisdiction(db, office):
    other = Office(body())
    made = load(office, [row(office, 1), row(other, 1)], actor=office.authority)
    assert made.taken == 2 and figures(other).total == 1


def test_ten_thousand_wrong_rows_are_bounded(db, office):
    with pytest.raises(Refused):
        load(office, [row(office, n) for n in range(5001)])
    made = load(office, [row(office, n, name="") for n in range(5000)])
    assert (made.wrong, len(made.faults)) == (5000, 1000)
    lines = [["部门", "编号"], *[["甲", str(n)] for n in range(10_000)]]
    file = BytesIO()
    sheets.write_csv(file, lines)
    with pytest.raises(uploads.Unreadable):
        uploads.sheet("a.csv", file.getvalue())


def _workbook(lines):
    file = BytesIO()
    sheets.write_xlsx(file, (("清单", lines),))
    return SimpleUploadedFile("清单.xlsx", file.getvalue())


def test_the_template_is_filled_in_and_uploaded(db, office):
    desk = client_of(office.handler)
    template = b"".join(desk.get("/duties/load/template/duty/").streaming_content)
    lines = uploads.sheet("模板.xlsx", template)
    assert lines[0][0] == "部门" and len(lines) == 2
    lines[1][0] = office.place.short_name
    sent = desk.post("/duties/load/", {"kind": "duty", "file": _workbook(lines)})
    report = desk.get(sent["Location"])
    assert sent.status_code == 303 and "全部导入" in report.content.decode()
    assert Obligation.objects.get().name == "社会救助"
    lines[1][2] = ""
    wrong = desk.get(desk.post("/duties/load/", {"kind": "duty", "file": _workbook(lines)})["Location"])
    assert "职责名称" in wrong.content.decode() and Load.objects.count() == 2


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04broken", b"<html>no</html>", b"\x00\x01\x02", "部门\n".encode(), b"a,b\n1,2\n"]
)
def test_a_file_that_is_no_register_is_told_with_what_was_chosen_kept(db, office, data):
    desk = client_of(office.handler)
    answer = desk.post("/duties/load/", {"kind": "matter", "file": SimpleUploadedFile("a.xlsx", data)})
    assert answer.status_code == 422 and "有内容需要改正" in answer.content.decode()
    assert not Load.objects.exists()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_every_page_opens_for_those_whom_it_concerns(table, office):
    one = duty(office)
    entry = act("catalog.obligation.write", one.pk, actor=office.business, table=table.pk)
    excuse = act("catalog.excuse.propose", actor=office.handler, obligation=duty(office, code="02").pk, **EXCUSED)
    urls = ["/duties/", "/duties/list/", "/duties/list/?kind=duty&coverage=open&past=all&q=救助", "/duties/excuses/",
            f"/duties/bodies/{office.place.alias}/", f"/duties/{one.pk}/", f"/duties/{one.pk}/?tab=versions",
            f"/duties/{one.pk}/?tab=trace", f"/duties/excuses/{excuse.pk}/", f"/catalog/{entry.pk}/",
            f"/organization/bodies/{office.place.pk}/", "/duties/load/"]  # fmt: skip
    for actor in (office.handler, office.authority):
        seen = client_of(actor)
        for url in urls:
            assert seen.get(url).status_code == 200, (actor.capacity, url)
    told = client_of(office.authority).get(f"/duties/bodies/{office.place.alias}/").content.decode()
    assert f"由{office.place}逐项编制目录" in told and "/duties/load/" not in told.split("<main")[1]
    desk = client_of(office.handler)
    for verb in ("write", "link", "excuse", "unlink"):
        query = f"?entry={entry.pk}" if verb == "unlink" else ""
        assert desk.get(f"/duties/{one.pk}/{verb}/{query}").status_code == 200, verb
    assert "?kind=matter" in desk.get("/duties/new/").content.decode()
    duties, matters = (desk.get(f"/duties/new/?kind={kind}").content.decode() for kind in ("duty", "matter"))
    assert 'name="source_list"' in duties and 'name="materials"' not in duties
    assert 'name="materials"' in matters and 'name="source_list"' not in matters
    sent = {"code": "DEMO6300MZ09", "name": "低保申请", "document": "事项清单", "materials": "身份证"}
    assert desk.post("/duties/new/?kind=matter", sent).status_code == 303
    assert Obligation.objects.get(code="DEMO6300MZ09").materials == ["身份证"]
    bureau = client_of(office.authority)
    assert [bureau.get(f"/duties/{one.pk}/{verb}/").status_code for verb in ("alter", "retire")] == [200, 200]
    assert bureau.get(f"/duties/excuses/{excuse.pk}/refuse/").status_code == 200


def test_the_entry_is_written_from_what_is_open_with_the_link_kept(table, office):
    one = duty(office)
    desk = client_of(office.business)
    page = desk.get(f"/duties/bodies/{office.place.alias}/").content.decode()
    assert f"/duties/{one.pk}/write/" in page and "还有 1 项未覆盖" in page
    sent = desk.post(
        f"/duties/{one.pk}/write/", {"table": str(table.pk), "summary": "救助对象", "share_type": "conditional"}
    )
    entry = Entry.objects.get(drafted_from=table)
    assert sent.status_code == 303 and sent["Location"] == f"/catalog/{entry.pk}/items/"
    assert list(one.covers.values_list("entry", flat=True)) == [entry.pk]
