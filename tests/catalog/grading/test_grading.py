"""Grades are proposed with reasons, a person decides, and what a reader sees follows the decision."""

from typing import Any

import pytest
from django.utils.translation import override
from tests.portal.conftest import client_of

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.grading import queries
from jiangyuan.catalog.grading.jobs import propose
from jiangyuan.catalog.grading.models import Proposal
from jiangyuan.catalog.grading.tab_pages import path_part
from jiangyuan.data.plan import PlanRefused, authorize
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.kernel.models import Access
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.resources.quality import jobs as quality_jobs
from jiangyuan.resources.quality.queries import PROBLEMS, problem_rows, results_of
from jiangyuan.sources.models import ScannedTable
from office import ASSESSED, Office, body, events_of


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


def ids(count):
    from datetime import date

    return [make_citizen_id(division="630102", birth=date(1990, 3, 7), sequence=n) for n in range(1, count + 1)]


@pytest.fixture
def entry(db, office):
    rows = ", ".join(f"('{number}', '人{n}', '{number}', '高血压', 'x')" for n, number in enumerate(ids(20)))
    script = f"""CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT, c7 TEXT, diagnosis TEXT, remark TEXT);
    INSERT INTO person VALUES {rows};"""
    _file, source = office.sqlite(script)
    office.scan(source)
    return office.draft(ScannedTable.objects.get(source=source), name="人员信息")


def proposed(entry, actor):
    propose(entry=str(entry.pk))
    return {one.item.column: one for one in queries.proposals(actor=actor).filter(entry=entry)}


def test_proposals_name_their_reasons_and_values_are_read_through_a_remembered_plan(entry, office):
    act("catalog.grading.ask", actor=office.business, entry=entry.pk)
    found = proposed(entry, office.business)
    assert found["c7"].grade == 3 and found["c7"].personal and found["c7"].sampled
    assert found["c7"].reasons[0] == ["values", "citizen_id:1.0000"]
    assert (found["diagnosis"].grade, found["remark"].grade, found["name"].grade) == (4, 1, 2)
    assert not found["name"].sampled and found["name"].reasons
    reads = Access.objects.filter(entry=entry.pk, form="check").order_by("at", "id")
    assert [one.phase for one in reads] == ["started", "finished"] and reads[1].rows == 20
    assert not queries.proposals(actor=Office(body()).handler).filter(entry=entry).exists()


def test_a_person_confirms_or_decides_otherwise_with_a_reason_and_the_highest_item_wins(entry, office):
    found = proposed(entry, office.business)
    item = found["c7"].item
    assert (item.grade, item.mask) == (1, {})
    act("catalog.proposal.confirm", found["c7"].pk, actor=office.business)
    item.refresh_from_db()
    assert (item.grade, item.personal, item.mask["kind"]) == (3, True, "keep")
    with pytest.raises(Conflict):
        act("catalog.proposal.confirm", found["c7"].pk, actor=office.business)
    with pytest.raises(Refused) as refusal:
        act("catalog.proposal.change", found["remark"].pk, actor=office.business, grade=4, personal=True)
    assert refusal.value.where == "reason"
    said = {"grade": 4, "personal": True, "reason": "备注中写有病情"}
    changed = act("catalog.proposal.change", found["remark"].pk, actor=office.business, **said)
    assert (changed.decided, changed.decided_grade, changed.reason) == ("changed", 4, "备注中写有病情")
    entry.refresh_from_db()
    assert entry.grade == 4
    for actor in (Office(body()).business, office.head):
        with pytest.raises(Forbidden):
            act("catalog.proposal.confirm", found["name"].pk, actor=actor)
    (event,) = events_of(changed, "catalog.proposal.changed")
    assert event.payload["proposed"] == 1 and event.payload["grade"] == 4
    again = proposed(entry, office.business)
    assert again["remark"].pk == changed.pk, "what was decided is not asked again"
    assert again["name"].pk != found["name"].pk and Proposal.objects.filter(entry=entry, current=False).exists()


def test_an_entry_under_review_or_published_is_revised_first(entry, office):
    found = proposed(entry, office.business)
    Entry.objects.filter(pk=entry.pk).update(state="published")
    with pytest.raises(WrongState):
        act("catalog.proposal.confirm", found["c7"].pk, actor=office.business)
    assert Proposal.objects.get(pk=found["c7"].pk).decided == ""


def test_the_service_reads_what_an_entry_names_in_its_own_scene_and_nobody_else_does(entry, office):
    scene = Scene(purpose="grading", channel="worker")
    plan = authorize([entry.pk], actor=queries.GRADING, scene=scene)
    assert plan.relations[0].entry == entry.pk
    for actor, asked, where in (
        (service_actor("conformity"), [entry.pk], scene),
        (office.business, [entry.pk], scene),
        (queries.GRADING, [entry.drafted_from_id], scene),
        (queries.GRADING, [entry.pk], Scene(purpose="anything")),
    ):
        with pytest.raises(PlanRefused):
            authorize(asked, actor=actor, scene=where)
    with pytest.raises(PlanRefused):
        authorize([entry.pk], actor=queries.GRADING, scene=scene, form="table")
    Entry.objects.filter(pk=entry.pk).update(state="withdrawn")
    with pytest.raises(PlanRefused):
        authorize([entry.pk], actor=queries.GRADING, scene=scene)


def test_without_a_readable_source_words_alone_propose(entry, office):
    office.files[-1].joinpath("register.db").unlink()
    found = proposed(entry, office.business)
    assert found["c7"].grade == 1 and not found["c7"].sampled and found["citizen_id"].grade == 3


def test_changing_a_grade_changes_what_a_reader_sees_at_the_next_read(entry, office, store):
    mount = office.tie(office.publish(entry))
    act("quality.rule.write", actor=office.handler, mount=mount.pk, name="备注", definition=
        {"kind": "code_set", "column": "remark", "codes": ["y"]})  # fmt: skip
    run = act("quality.run.ask", actor=office.handler, mount=mount.pk)
    quality_jobs.run_checks(run=str(run.pk))
    result = results_of(actor=office.handler, run=run).get()
    scene = Scene(purpose=PROBLEMS, channel="portal")

    def seen():
        shown = problem_rows(result, actor=office.handler, scene=scene)
        return {row[shown.columns.index("remark")] for row in shown.rows}

    assert seen() == {"x"}
    act("catalog.entry.revise", entry.pk, actor=office.business, trigger="own_information", reason="备注含病情")
    found = proposed(entry, office.business)
    said = {"grade": 4, "personal": True, "reason": "备注中写有病情"}
    act("catalog.proposal.change", found["remark"].pk, actor=office.business, **said)
    assert seen() == {"x"}, "a draft changes nothing for readers"
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    entry.refresh_from_db()
    office.publish(entry)
    assert seen() == {None}


def test_pages_show_reasons_and_the_path_and_decide(entry, office):
    client = client_of(office.business)
    assert "还没有分级建议" in client.get(f"/catalog/{entry.pk}/?tab=grading").content.decode()
    assert client.post(f"/grading/entries/{entry.pk}/ask/").status_code == 303
    found = proposed(entry, office.business)
    tab = client.get(f"/catalog/{entry.pk}/?tab=grading").content.decode()
    assert "取值中 100% 是正确的" in tab and "审批路径" in tab
    assert "1,000,000 行以上" in tab and "10,000,000 行以上" in tab
    with override("en"):
        told = next(row for row in path_part(2).rows if "1,000,000" in str(row[1]))
    assert told[1] == "1,000,000 rows or more"
    page = client.get(f"/grading/{found['c7'].pk}/").content.decode()
    assert "按建议定为 3 级" in page and "提供方部门负责人" in page
    assert client.post(f"/grading/{found['c7'].pk}/confirm/").status_code == 303
    wrong = client.post(f"/grading/{found['remark'].pk}/change/", {"grade": "4", "personal": "on"})
    assert wrong.status_code == 422 and "须写明理由" in wrong.content.decode()
    listed = client.get("/grading/").content.decode()
    assert "已按建议定级" in listed and "待处理" in listed
    assert client_of(Office(body()).handler).get(f"/grading/{found['c7'].pk}/").status_code == 404
    rest = client.get(f"/api/v1/grading/proposals?entry={entry.pk}&grade=4").json()["items"]
    assert [one["meaning"] for one in rest] == ["health"]
