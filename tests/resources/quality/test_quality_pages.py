"""Pages of quality: what was found stands in sentences, rows that break a rule are their owner's alone and remembered."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.portal.conftest import client_of

from jiangyuan.data.plan import PlanRefused, authorize
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import Conflict
from jiangyuan.kernel.models import Access
from jiangyuan.resources.quality import jobs
from jiangyuan.resources.quality.models import CheckResult, CheckRun, QualityRule
from jiangyuan.resources.quality.queries import PROBLEMS
from office import Office, appoint, body

SCRIPT = """
CREATE TABLE person (citizen_id TEXT PRIMARY KEY NOT NULL, name TEXT, sex TEXT, age INTEGER);
INSERT INTO person VALUES ('630102199003078515', '才让', '1', 36), ('630102199003078516', '卓玛', '7', 36);
"""
WRONG = "630102199003078516"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def mount(db, office, store):
    _file, source = office.sqlite(SCRIPT)
    return office.mounted(source, "person")


@pytest.fixture
def result(mount, office) -> CheckResult:
    act("quality.rule.propose", actor=office.handler, mount=mount.pk)
    asked = act("quality.run.ask", actor=office.handler, mount=mount.pk)
    jobs.run_checks(run=str(asked.pk))
    return CheckResult.objects.get(rule__name="sex_code")


def _client(actor) -> Client:
    return client_of(actor)


def test_the_list_and_the_table_say_the_score_and_the_rules_in_words(mount, result, office) -> None:
    client = _client(office.handler)
    shown = client.get("/quality/").content.decode()
    assert str(mount.entry) in shown and "有问题行" in shown
    assert str(mount.entry) not in client.get("/quality/?finding=clean").content.decode()
    page = client.get(f"/quality/{mount.pk}/").content.decode()
    assert "只能是：" in page and "GB 11643" in page and f"/quality/results/{result.pk}/" in page
    assert "sex_code" not in page and WRONG not in page
    assert "质量得分" in client.get(f"/catalog/{mount.entry_id}/?tab=quality").content.decode()


@pytest.mark.parametrize("url", ["/quality/", "/quality/{mount}/", "/catalog/{entry}/?tab=quality"])
def test_the_pages_ask_few_queries(mount, result, office, url) -> None:
    client = _client(office.handler)
    client.get("/quality/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(url.format(mount=mount.pk, entry=mount.entry_id)).status_code == 200
    assert len(asked) <= 15, [q["sql"][:90] for q in asked]


def test_a_dimension_at_zero_is_named_wherever_the_score_stands(mount, result, office) -> None:
    run = result.run
    run.dimensions = {**run.dimensions, "timeliness": "0.00"}
    CheckRun.objects.filter(pk=run.pk).update(dimensions=run.dimensions)
    client = _client(office.handler)
    for url in (f"/quality/{mount.pk}/", f"/catalog/{mount.entry_id}/?tab=quality"):
        page = client.get(url).content.decode()
        assert "时效性得 0 分" in page and "全部不符合" in page and mount.alias not in page
    assert "时效性 0 分" in client.get("/quality/").content.decode()


def test_a_table_that_was_never_checked_says_what_to_do(mount, office) -> None:
    page = _client(office.handler).get(f"/quality/{mount.pk}/").content.decode()
    assert "还没有质量规则" in page and "由数据元生成规则" in page and "/run/" not in page
    assert _client(appoint(body(), "analyst")).get(f"/quality/{mount.pk}/").status_code == 200


def test_problem_rows_are_masked_and_every_look_is_remembered(mount, result, office) -> None:
    before = Access.objects.count()
    answer = _client(office.handler).get(f"/quality/results/{result.pk}/")
    page = answer.content.decode()
    assert answer.status_code == 200 and "卓玛" not in page and WRONG not in page and "问题行" in page
    assert "才让" not in page
    looked = list(Access.objects.filter(actor_id=office.handler.id).order_by("at", "id"))
    assert [one.phase for one in looked] == ["started", "finished"] and Access.objects.count() == before + 2
    assert looked[1].rows == 1 and looked[1].subjects and looked[0].entry == mount.entry_id


def test_keys_are_exported_to_their_owner_and_remembered(result, office) -> None:
    answer = _client(office.head).get(f"/quality/results/{result.pk}/keys.csv")
    assert WRONG in answer.content.decode("utf-8-sig") and "attachment" in answer["Content-Disposition"]
    assert [a.form for a in Access.objects.filter(actor_id=office.head.id)] == ["file", "file"]


@pytest.mark.parametrize(
    "capacity", ["business_office", "sharing_handler", "sharing_head", "department_head", "analyst"]
)
def test_rows_of_another_body_are_not_found_by_anybody(result, capacity) -> None:
    stranger = appoint(body(), capacity)
    for tail in ("", "keys.csv"):
        answer = _client(stranger).get(f"/quality/results/{result.pk}/{tail}")
        assert answer.status_code == 404 and WRONG not in answer.content.decode()
    assert not Access.objects.filter(actor_id=stranger.id).exists()


@pytest.mark.parametrize(
    "capacity", ["authority_handler", "authority_head", "auditor", "security_admin", "system_admin"]
)
def test_rows_are_not_found_by_those_who_oversee(result, capacity) -> None:
    overseer = appoint(None, capacity)
    assert _client(overseer).get(f"/quality/results/{result.pk}/").status_code == 404
    assert _client(overseer).get(f"/quality/results/{result.pk}/keys.csv").status_code == 404


def test_a_contractor_of_the_owner_sees_no_row(result, office) -> None:
    assert _client(appoint(office.place, "contractor")).get(f"/quality/results/{result.pk}/").status_code == 404


def test_door_two_gives_problem_rows_to_nobody_else_and_by_no_other_name(mount, result, office) -> None:
    scene = Scene(purpose=PROBLEMS, channel="portal")
    plan = authorize([result.pk], actor=office.handler, scene=scene)
    assert plan.relations[0].owner == office.place.pk and plan.relations[0].condition is not None
    for actor, asked in (
        (appoint(body(), "sharing_handler"), [result.pk]),
        (office.handler, [mount.pk]),
        (office.handler, f"select * from {mount.alias}"),
    ):
        with pytest.raises(PlanRefused):
            authorize(asked, actor=actor, scene=scene)
    with pytest.raises(PlanRefused):
        authorize([result.pk], actor=office.handler, scene=Scene(purpose="anything", channel="portal"))


def test_rules_are_written_altered_and_retired_by_form(mount, office) -> None:
    client, base = _client(office.handler), f"/quality/{mount.pk}/rules/new/"
    assert "在范围内" in client.get(base).content.decode()
    wrong = client.post(f"{base}?kind=range", {"name": "年龄", "column": "age", "low": "9", "high": "1"})
    assert wrong.status_code == 422 and "下限不能大于上限" in wrong.content.decode()
    assert 'value="9"' in wrong.content.decode()
    made = client.post(f"{base}?kind=range", {"name": "年龄", "column": "age", "low": "0", "high": "150"})
    assert made.status_code == 303
    rule = QualityRule.objects.get(name="年龄")
    assert rule.definition["high"] == 150
    page = client.get(f"/quality/rules/{rule.pk}/").content.decode()
    assert 'value="150"' in page
    assert client.post(f"/quality/rules/{rule.pk}/", {"column": "age", "low": "0", "high": "130"}).status_code == 303
    altered = QualityRule.objects.get(name="年龄", active=True)
    assert altered.definition["high"] == 130 and altered.pk != rule.pk
    with pytest.raises(Conflict):
        act("quality.rule.retire", rule.pk, actor=office.handler)
    assert client.post(f"/quality/rules/{altered.pk}/retire/").status_code == 303
    assert not QualityRule.objects.filter(name="年龄", active=True).exists()


@pytest.mark.parametrize(
    "kind", ["not_null", "unique", "identifier", "pattern", "code_set", "cross_field", "freshness", "row_count"]
)
def test_every_kind_of_rule_has_a_form_and_refuses_an_empty_one_in_words(mount, office, kind) -> None:
    client, url = _client(office.handler), f"/quality/{mount.pk}/rules/new/?kind={kind}"
    assert client.get(url).status_code == 200
    answer = client.post(url, {"name": "规则"})
    assert answer.status_code in ((422,) if kind != "row_count" else (303, 422)), answer.content.decode()[-500:]


def test_another_body_writes_no_rule_here(mount) -> None:
    client = _client(Office(body()).handler)
    assert client.get(f"/quality/{mount.pk}/rules/new/").status_code == 403
    assert client.post(f"/quality/{mount.pk}/run/").status_code == 403
