"""The administrators' pages: each opens for its own capacity and for no other; the calendar moves clocks; jobs go again."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation
from tests.exchange import factories

from jiangyuan.kernel import clockwork, policy
from jiangyuan.kernel.actions import ACTIONS, act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.kernel.models import CalendarDay, Clock, Event
from jiangyuan.organization.models import Body
from jiangyuan.portal.administration import policies, sentences

Browser = Callable[[Actor], Client]
PAGES = {
    "/administration/health/": {"system_admin", "operations"},
    "/administration/jobs/": {"system_admin", "operations"},
    "/administration/keys/": {"system_admin", "operations"},
    "/administration/settings/": {"system_admin", "operations"},
    "/security/desk/": {"security_admin"},
    "/security/audit/": {"auditor"},
    "/security/holders/": {"security_admin", "auditor"},
    "/security/policies/": {"security_admin", "auditor", "system_admin"},
    "/administration/calendar/": {"system_admin", "security_admin", "auditor", "operations", "business_office"},
    "/organization/capacities/": {"system_admin", "security_admin", "auditor", "operations", "business_office"},
}


@pytest.fixture
def people(db: None) -> dict[str, Actor]:
    """Give somebody in each of five capacities."""
    body = factories.body()
    return {
        capacity: factories.actor(body, capacity)
        for capacity in ("system_admin", "security_admin", "auditor", "operations", "business_office")
    }


def test_each_page_opens_for_its_own_and_for_no_other(people: dict[str, Actor], browser: Browser) -> None:
    for capacity, actor in people.items():
        client = browser(actor)
        for path, allowed in PAGES.items():
            answer = client.get(path)
            assert answer.status_code == (200 if capacity in allowed else 403), (capacity, path)
            assert answer.status_code == 403 or "<h1" in answer.content.decode()


def test_settings_never_show_a_secret(people: dict[str, Actor], browser: Browser) -> None:
    from jiangyuan.kernel.config import settings

    page = browser(people["system_admin"]).get("/administration/settings/").content.decode()
    assert "已设置（不显示）" in page
    for secret in (settings().database_url, settings().owner_url, settings().secret_key):
        assert not secret or secret not in page


def test_a_published_year_moves_the_clocks_and_is_certain(people: dict[str, Actor]) -> None:
    year = date.today().year + 1
    thing = Body.objects.first()
    clock = clockwork.start("sharing.reply.conditional", thing, body=thing.pk, on=date(year, 1, 4))
    before = clock.due_on
    off = [f"{year}-01-01 元旦", f"{year}-01-05 至 {year}-01-09 试行假"]
    said = {"year": year, "off": off, "worked": [], "document": "国办发明电〔试〕1 号"}
    with pytest.raises(Forbidden):
        act("administration.calendar.publish", actor=people["operations"], **said)
    moved = act("administration.calendar.publish", actor=people["system_admin"], **said)
    clock.refresh_from_db()
    assert before is not None and clock.due_on is not None
    assert moved >= 1 and clock.due_on > before
    assert clockwork.calendar().is_certain(date(year, 6, 1))
    assert Event.objects.get(type="administration.calendar.published").payload["clocks_moved"] == moved
    # published again without the trial holiday: the clock goes back, nothing is left of the first
    act("administration.calendar.publish", actor=people["system_admin"], **{**said, "off": off[:1]})
    assert Clock.objects.get(pk=clock.pk).due_on == before
    assert CalendarDay.objects.count() == 1


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        (["元旦"], []),
        (["{year}-13-01"], []),
        (["{year}-05-01"], []),
        (["{year}-01-01", "2020-01-02"], []),
        (["{year}-01-01 至 {year}-12-31"], []),
        (["{year}-01-01"], ["{year}-01-01"]),
    ],
)
def test_a_calendar_that_cannot_be_the_published_one_is_refused(
    people: dict[str, Actor], off: list[str], worked: list[str]
) -> None:
    year = date.today().year + 1
    lines = [[line.format(year=year) for line in given] for given in (off, worked)]
    with pytest.raises(Refused) as caught:
        act("administration.calendar.publish", actor=people["system_admin"], year=year, off=lines[0], worked=lines[1],
            document="国办发明电〔试〕1 号")  # fmt: skip
    assert caught.value.mend and not CalendarDay.objects.exists()


def test_a_failed_job_goes_again_and_only_a_failed_one(people: dict[str, Actor], browser: Browser) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
            " VALUES ('default', 'jiangyuan:sources.scan', '{}', 'failed', 8) RETURNING id"
        )
        row = cursor.fetchone()
    assert row is not None
    (number,) = row
    client = browser(people["operations"])
    assert "重试" in client.get("/administration/jobs/?status=failed").content.decode()
    assert client.post(f"/administration/jobs/{number}/retry/").status_code == 303
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", [number])
        assert cursor.fetchone() == ("todo", 0)
    with pytest.raises(Refused):
        act("administration.job.retry", actor=people["operations"], job=number)
    with pytest.raises(Forbidden):
        act("administration.job.retry", actor=people["auditor"], job=number)


def test_what_a_capacity_may_do_is_what_the_policies_say(people: dict[str, Actor]) -> None:
    may = {capacity: {power.action for power in policies.powers(capacity)} for capacity in people}
    assert "organization.appointment.make" in may["security_admin"]
    assert "organization.appointment.make" not in may["system_admin"]
    assert "organization.password.replace" in may["system_admin"]
    assert not any(name.startswith("organization.") for name in may["auditor"])


def test_every_rule_is_a_sentence_and_every_action_has_its_room() -> None:
    """No name of the program stands in what a person reads, in either language; nothing lies among the others."""
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for one in policy.statements():
                told = [sentences.sentence(condition["body"], one.actions) for condition in one.conditions]
                assert not [said for said in told if re.search(r"[a-z]\.[a-z]|[a-z]_[a-z]|[{}=]|\bFalse\b", said)], told
                if language == "zh-hans":
                    assert not [said for said in told if re.search(r"[A-Za-z]", said)], told
    with translation.override("zh-hans"):
        assert {policies.room_title(name) for name in ACTIONS if not name.startswith("test")} <= set(
            map(str, policies.ROOMS.values())
        )
        body = {".": {"left": {"Var": "resource"}, "attr": "body"}}
        mine = {".": {"left": {"Var": "principal"}, "attr": "body"}}
        assert sentences.sentence({"==": {"left": body, "right": mine}}) == "限本部门的"


def test_rules_are_read_room_by_room(people: dict[str, Actor], browser: Browser) -> None:
    page = browser(people["security_admin"]).get("/security/policies/").content.decode()
    assert page.count("data-fold-part") > 15 and "resource." not in page and "数字资源普查" in page
    only = browser(people["security_admin"]).get("/security/policies/?room=disputes&effect=permit").content.decode()
    assert "争议由本部门提出" in only and "<b>数据源</b>" not in only
    mine = browser(people["business_office"]).get("/organization/capacities/").content.decode()
    assert "<b>共享申请与授权</b>" in mine and "限本部门的" in mine


def test_a_capacity_reached_by_switching_opens_nothing_of_the_other(people: dict[str, Actor], browser: Browser) -> None:
    client = browser(people["business_office"])
    theirs = people["system_admin"]
    from jiangyuan.organization.models import Appointment

    other = Appointment.objects.get(person_id=theirs.id)
    assert client.post("/act-for/", {"capacity": str(other.pk)}).status_code == 404
    assert client.get("/administration/settings/").status_code == 403
