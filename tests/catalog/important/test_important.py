"""Important data: the level that harm makes, who identifies, confirms and reports, and the yearly assessment."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from jiangyuan.catalog.important import rules
from jiangyuan.catalog.important.models import Important
from jiangyuan.catalog.important.states import IMPORTANT
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.sources.models import ScannedTable
from office import Office, appoint, body, client_of

RECORD = {
    "harmed": "economy",
    "degree": "grave",
    "reason": "覆盖全省经营主体，汇聚后可反映经济运行情况。",
}
TODAY = timezone.localdate()
WORDS = {
    "report": {"document": "报送文件〔2026〕1号"},
    "return": {"reason": "规模没有写明"},
    "remove": {"reason": "数据已公开"},
    "assess": {"assessed_on": TODAY, "assessment": "风险可控，未发现重大隐患。"},
}


@pytest.fixture
def entry(db, office):
    _file, source = office.sqlite("CREATE TABLE firm (uscc TEXT PRIMARY KEY, turnover TEXT)")
    office.scan(source)
    return office.draft(ScannedTable.objects.get(source=source))


def identify(office, entry, **fields):
    return act("catalog.important.identify", actor=office.handler, entry=entry.pk, **{**RECORD, **fields})


@pytest.mark.parametrize(
    ("harmed", "degrees"),
    [
        ("national_security", ("core", "core", "important")),
        ("economy", ("core", "important", "general")),
        ("person", ("general", "general", "general")),
    ],
)
def test_the_level_follows_from_whom_it_harms_and_how_much(harmed, degrees):
    assert tuple(rules.level(harmed, degree) for degree in rules.DEGREES) == degrees


def test_no_degree_of_harm_weighs_less_than_a_lighter_one():
    weight = {"general": 0, "important": 1, "core": 2}
    for harmed in rules.OBJECTS:
        found = [weight[rules.level(harmed, degree)] for degree in rules.DEGREES]
        assert found == sorted(found, reverse=True)


def test_what_is_general_by_its_own_record_is_not_listed(entry, office):
    with pytest.raises(Refused) as told:
        identify(office, entry, degree="ordinary")
    assert told.value.where == "degree" and "43697" in told.value.article
    with pytest.raises(Refused) as told:
        identify(office, entry, columns=["no_such_column"])
    assert told.value.where == "columns"
    identify(office, entry, columns=["turnover", "turnover"])
    assert Important.objects.get().columns == ["turnover"]
    with pytest.raises(Conflict):
        identify(office, entry)


CASES = [(t, c) for t in IMPORTANT.transitions for c in t.by]


@pytest.mark.parametrize(
    ("step", "capacity"), CASES, ids=lambda c: c if isinstance(c, str) else f"{c.source}-{c.action}"
)
def test_every_transition_by_every_desk(entry, office, step, capacity):
    one = identify(office, entry)
    Important.objects.filter(pk=one.pk).update(state=step.source)
    actor = appoint(None if capacity.startswith("authority") else office.place, capacity)
    act(step.action, one.pk, actor=actor, **WORDS.get(step.action.rsplit(".", 1)[1], {}))
    one.refresh_from_db()
    assert one.state == step.target


@pytest.mark.attack
def test_nobody_confirms_or_reports_his_own_and_no_stranger_knows_of_it(entry, office):
    one = identify(office, entry)
    for actor in (office.handler, office.business, office.authority):
        with pytest.raises(Forbidden):
            act("catalog.important.confirm", one.pk, actor=actor)
    act("catalog.important.confirm", one.pk, actor=office.head)
    for actor in (office.handler, office.head):
        with pytest.raises(Forbidden):
            act("catalog.important.report", one.pk, actor=actor, **WORDS["report"])
    stranger = Office(body())
    assert not Important.visible_to(stranger.handler).exists()
    assert client_of(stranger.handler).get(f"/important-data/{one.pk}/").status_code == 404
    with pytest.raises(Forbidden):
        act("catalog.important.identify", actor=stranger.handler, entry=entry.pk, **RECORD)


def test_the_assessment_is_due_every_year_and_its_lateness_is_said(entry, office):
    one = identify(office, entry)
    act("catalog.important.confirm", one.pk, actor=office.head)
    act("catalog.important.report", one.pk, actor=office.authority, reported_on=date(2024, 2, 29), **WORDS["report"])
    one.refresh_from_db()
    assert one.assess_by == date(2025, 2, 28) and one.late
    page = client_of(office.handler).get(f"/important-data/{one.pk}/").content.decode()
    assert "风险评估逾期" in page and "第三十三条" in page
    with pytest.raises(Refused):
        act("catalog.important.assess", one.pk, actor=office.handler, assessed_on=TODAY + timedelta(days=1),
            assessment=WORDS["assess"]["assessment"])  # fmt: skip
    act("catalog.important.assess", one.pk, actor=office.handler, **WORDS["assess"])
    one.refresh_from_db()
    assert not one.late and one.assess_by == rules.next_assessment(TODAY)


def test_items_are_named_as_people_know_them_or_chosen_where_the_entry_is_known(entry, office):
    item = entry.items.get(column="turnover")
    assert identify(office, entry, columns=[item.name, "turnover"]).columns == ["turnover"]
    form = client_of(office.handler).get(f"/important-data/new/?entry={entry.pk}").content.decode()
    assert 'type="checkbox" name="columns" value="turnover"' in form and "再由主管部门列入重要数据目录" in form


def test_every_page_opens(entry, office):
    one = identify(office, entry, persons=12_000_000)
    urls = ["/important-data/", "/important-data/?state=identified&late=yes", f"/important-data/{one.pk}/"]
    for actor in (office.handler, office.authority):
        assert [client_of(actor).get(url).status_code for url in urls] == [200] * 3
    desk = client_of(office.handler)
    assert "超过 1000 万人" in desk.get(urls[-1]).content.decode()
    assert desk.get("/important-data/new/").status_code == 200
    assert desk.get(f"/important-data/{one.pk}/amend/").status_code == 200
    assert "经济运行" in desk.get(f"/catalog/{entry.pk}/").content.decode()
    assert [o["level"] for o in desk.get("/api/v1/catalog/important").json()["items"]] == ["important"]
