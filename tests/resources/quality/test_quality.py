"""Quality: rules come from elements, run in one scan, tell the demonstration's truth, and seal their evidence."""

import pytest

from jiangyuan.demo.departments import load
from jiangyuan.demo.observation import observe
from jiangyuan.demo.population import make_population
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.models import Access
from jiangyuan.resources.ingestion.queries import QUALITY
from jiangyuan.resources.quality import jobs
from jiangyuan.resources.quality.handlers import follow_standards
from jiangyuan.resources.quality.models import CheckRun, QualityRule
from jiangyuan.resources.quality.queries import evidence_of, results_of, rules_of, runs_of
from office import Office, appoint, body, events_of

SCRIPT = """
CREATE TABLE person (citizen_id TEXT PRIMARY KEY NOT NULL, name TEXT, sex TEXT);
INSERT INTO person VALUES ('630102199003078513', '才让', '1'), ('630102199003078516', '卓玛', '7'), ('x', NULL, NULL);
"""


@pytest.fixture(scope="module")
def seen():
    return observe(make_population(people=300))


@pytest.fixture
def mount(db, office, store):
    _file, source = office.sqlite(SCRIPT)
    return office.mounted(source, "person")


def _run(office, mount):
    asked = act("quality.run.ask", actor=office.handler, mount=mount.pk)
    jobs.run_checks(run=str(asked.pk))
    asked.refresh_from_db()
    return asked, {result.rule.name: result for result in results_of(actor=office.handler, run=asked)}


def test_proposed_rules_run_and_their_evidence_is_the_departments_own(mount, office):
    made = act("quality.rule.propose", actor=office.handler, mount=mount.pk)
    assert made == rules_of(actor=office.handler, mount=mount).count() >= 4
    assert act("quality.rule.propose", actor=office.handler, mount=mount.pk) == 0
    run, results = _run(office, mount)
    assert run.rows == 3 and run.error is None and 0 < run.score < 100
    assert results["citizen_id_valid"].failed == 2 and results["sex_code"].failed == 1
    assert results["key_unique"].failed == 0
    kept = results["sex_code"]
    assert b"630102" not in bytes(kept.sealed_evidence)
    assert evidence_of(kept, actor=office.handler) == [["630102199003078516"]]
    assert evidence_of(kept, actor=appoint(body(), "sharing_handler")) is None
    (finished,) = events_of(run, "quality.run.finished")
    assert finished.payload["rows"] == 3 and finished.payload["failed"] == 2
    assert [a.phase for a in Access.objects.filter(form="check").order_by("at", "id")] == ["started", "finished"]
    jobs.run_checks(run=str(run.pk))
    assert len(events_of(run, "quality.run.finished")) == 1
    with pytest.raises(Conflict):
        act("quality.run.report_failed", run.pk, actor=QUALITY, error={})


def test_refusals(mount, office):
    with pytest.raises(Conflict) as refusal:
        act("quality.run.ask", actor=office.handler, mount=mount.pk)
    assert refusal.value.mend
    write = {"actor": office.handler, "mount": mount.pk, "name": "规则"}
    for definition in (
        {"kind": "nothing"},
        {"kind": "not_null", "column": "gone"},
        {"kind": "range", "column": "name"},
    ):
        with pytest.raises(Refused) as refusal:
            act("quality.rule.write", definition=definition, **write)
        assert refusal.value.where and refusal.value.mend
    act("quality.rule.write", definition={"kind": "not_null", "column": "name"}, **write)
    with pytest.raises(Conflict):
        act("quality.rule.write", definition={"kind": "not_null", "column": "sex"}, **write)
    for actor in (Office(body()).handler, office.head):
        with pytest.raises(Forbidden):
            act("quality.rule.propose", actor=actor, mount=mount.pk)
    assert QualityRule.objects.count() == 1


def test_a_retired_rule_gives_way_to_one_of_its_name(mount, office):
    write = {"actor": office.handler, "mount": mount.pk, "name": "规则"}
    old = act("quality.rule.write", definition={"kind": "not_null", "column": "citizen_id"}, **write)
    act("quality.rule.retire", old.pk, actor=office.handler)
    new = act("quality.rule.write", definition={"kind": "not_null", "column": "name"}, **write)
    _run_made, results = _run(office, mount)
    assert results["规则"].rule == new and results["规则"].failed == 1


def test_a_run_that_cannot_be_made_says_why(mount, office):
    act("quality.rule.propose", actor=office.handler, mount=mount.pk)
    asked = act("quality.run.ask", actor=office.handler, mount=mount.pk)
    office.clear()
    jobs.run_checks(run=str(asked.pk))
    asked.refresh_from_db()
    assert asked.error["mend"] and asked.score is None
    assert events_of(asked, "quality.run.failed")
    assert runs_of(actor=office.handler, mount=mount).get() == asked and CheckRun.objects.count() == 1


@pytest.mark.parametrize(
    ("relation", "spoiled"),
    [
        ("civil_affairs.case_member", {"citizen_id": {"check_digit", "swapped_digits", "fullwidth"}}),
        ("market_regulation.enterprise", {"uscc": {"uscc_check"}, "legal_representative_citizen_id": {"check_digit"}}),
        ("public_security.resident", {"phone": {"short_phone"}, "citizen_id": set()}),
    ],
)
def test_the_demonstrations_errors_are_found_to_the_row(db, office, store, front, seen, relation, spoiled):
    department, name = relation.split(".")
    load({department: front.owner}, seen.population, seen=seen)
    mount = office.mounted(office.register(**front.fields), name)
    act("quality.rule.propose", actor=office.handler, mount=mount.pk)
    _made, results = _run(office, mount)
    for column, kinds in spoiled.items():
        expected = sum(s.relation == relation and s.column == column and s.kind in kinds for s in seen.spoiled)
        assert results[f"{column}_valid"].failed == expected, column
    assert results["key_unique"].failed == 0 and results["row_count"].failed == 0
    green = {rule for rule, result in results.items() if not result.failed}
    assert {f"{column}_valid" for column, kinds in spoiled.items() if not kinds} <= green


def test_an_issued_elements_change_changes_what_the_check_finds(mount, office):
    act("quality.rule.propose", actor=office.handler, mount=mount.pk)
    _first, before = _run(office, mount)
    assert before["sex_code"].failed == 1 and "name_length" in before and before["name_length"].failed == 0
    given = {"code": "person_name", "name": "姓名", "edition": "2026", "length": 1, "grade": 2, "personal": True}
    changed = act("standards.element.put", actor=service_actor("standards"), **given)
    codes = [{"code": "2", "name": "女性"}, {"code": "9", "name": "未说明的性别"}]
    issued = act(
        "standards.code_set.put",
        actor=service_actor("standards"),
        code="sex",
        name="性别代码",
        edition="x",
        codes=codes,
    )
    for thing in (changed, issued):
        follow_standards(events_of(thing)[-1])
        follow_standards(events_of(thing)[-1])
    _second, after = _run(office, mount)
    assert after["name_length"].failed == 2, "the element allows one character now"
    assert after["sex_code"].failed == 1 and after["sex_outdated"].failed == 1, "7 is wrong, 1 is outdated"
    assert QualityRule.objects.filter(mount=mount, name="name_length", active=True).count() == 1
    rule = QualityRule.objects.get(mount=mount, name="name_length", active=True)
    act("quality.rule.retire", rule.pk, actor=office.handler)
    follow_standards(events_of(changed)[-1])
    assert not QualityRule.objects.filter(mount=mount, name="name_length", active=True).exists(), (
        "dropped stays dropped"
    )
    with pytest.raises(Forbidden):
        act("quality.rule.follow", actor=office.handler, mount=mount.pk, standard="sex")


def test_keys_leave_over_rest_only_as_a_remembered_read(mount, office):
    from tests.portal.conftest import client_of

    act("quality.rule.propose", actor=office.handler, mount=mount.pk)
    run, _results = _run(office, mount)
    browser, url = client_of(office.handler), f"/api/v1/quality/results?run={run.pk}"
    plain = browser.get(url).json()["items"]
    assert any(one["failed"] for one in plain) and all(one["evidence"] is None for one in plain)
    assert not Access.objects.filter(actor_id=office.handler.id).exists()
    told = [one for one in browser.get(f"{url}&evidence=true").json()["items"] if one["evidence"]]
    kept = Access.objects.filter(actor_id=office.handler.id, form="file")
    assert told and {one.phase for one in kept} == {"started", "finished"}
    assert kept.filter(phase="started").count() == len(told)
    other = client_of(appoint(body(), "sharing_handler")).get(f"{url}&evidence=true").json()["items"]
    assert all(one["evidence"] is None for one in other)
