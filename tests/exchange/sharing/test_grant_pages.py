"""A grant says what it is and how it was used; ending it says before what stops, and a renewal begins where it stood."""

import pytest
from tests.exchange import factories
from tests.exchange.gateway_rig import ZHANG
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing.models import Request
from jiangyuan.exchange.sharing.road_pages import progress_of


@pytest.fixture
def way(db, settings) -> factories.Road:
    settings.STATIC_ROOT = None
    return factories.road()


def test_what_stops_with_a_grant_is_told_before_it_is_withdrawn_and_after(way) -> None:
    grant = factories.grant(way, items=[{"column": "name"}], case_bound=True)
    factories.case(way.system, [ZHANG])
    client = client_of(way.provider.sharing_head)
    asked = client.get(f"/exchange/grants/{grant.pk}/withdraw/").content.decode()
    assert f"“{way.system.name}”近 7 天用了 0 次" in asked and "1 个办理中的办件将不能再查询" in asked
    sent = {"reason": "超出约定用途", "_version": str(grant.version)}
    assert client.post(f"/exchange/grants/{grant.pk}/withdraw/", sent).status_code == 303
    shown = client_of(way.consumer.business_office).get(f"/exchange/grants/{grant.pk}/").content.decode()
    assert "下一次调用即被拒绝" in shown and "超出约定用途" in shown


def test_a_renewal_begins_with_what_is_granted_and_ends_a_year_later(way) -> None:
    grant = factories.grant(way, items=[{"column": "name"}, {"column": "income"}])
    client = client_of(way.consumer.business_office)
    assert "申请续期" in client.get(f"/exchange/grants/{grant.pk}/").content.decode()
    url = f"/exchange/requests/new/?entry={grant.entry_id}&renew={grant.pk}"
    shown = client.get(url).content.decode()
    assert grant.request.scenario in shown and grant.until.replace(year=grant.until.year + 1).isoformat()[:7] in shown
    for column, there in (("name", True), ("income", True), ("address", False)):
        box = next(line for line in shown.split("<input") if f'id="item-{column}"' in line).split(">")[0]
        assert ("checked" in box) == there, column
    other = factories.road()
    theirs = factories.grant(other, items=[{"column": "name"}])
    assert client.get(f"/exchange/requests/new/?entry={grant.entry_id}&renew={theirs.pk}").status_code == 404


LEAF = {"op": "starts_with", "column": "division", "type": "character varying(12)", "value": "6301"}
NESTED = {"op": "or", "items": [LEAF, {"op": "and", "items": [LEAF, LEAF]}]}


def test_a_renewal_takes_the_row_condition_along_and_it_may_be_changed_or_taken_away(way) -> None:
    plain, nested = factories.grant(way, condition=LEAF), factories.grant(way, condition=NESTED)
    client = client_of(way.consumer.business_office)
    base = f"/exchange/requests/new/?entry={way.entry.pk}&renew="
    row = {"condition-0-column": "division", "condition-0-op": "starts_with", "condition-0-value": "6301"}
    shown = client.get(f"{base}{plain.pk}").content.decode()
    assert all(f'name="{name}"' in shown for name in row) and 'value="6301"' in shown
    shown = client.get(f"{base}{nested.pk}").content.decode()
    assert 'name="condition-keep"' in shown and "保留原有条件" in shown
    names = ("basis", "purpose", "scenario", "scope", "forms")
    sent = {name: getattr(plain.request, name) for name in names} | {"item": ["name", "income"]}
    sent |= {"mount": plain.mount_id, "system": plain.system_id, "until": factories.in_days(60).isoformat()}
    joined = {"condition-join": "and"}
    for grant, more, value in (
        (plain, {**joined, **row}, "6301"),
        (plain, {**joined, **row, "condition-0-value": "6302"}, "6302"),
        (plain, {}, "6301"),
        (plain, joined, None),
        (nested, {**joined, "condition-keep": "1"}, NESTED["op"]),
    ):
        assert client.post(f"{base}{grant.pk}", {**sent, **more}).status_code == 303, more
        made = Request.objects.latest("created_at").condition
        assert (made and made.get("value", made["op"])) == value, more


@pytest.mark.parametrize(
    ("to", "standing"),
    [
        ("own_head", ["done", "now", "next", "next", "next"]),
        ("provider_handler", ["done", "done", "now", "next", "next"]),
        ("provider_head", ["done", "done", "done", "now", "next"]),
        ("agreed", ["done", "done", "done", "done", "now"]),
    ],
)
def test_the_road_shows_whose_desk_and_which_clock(way, to, standing) -> None:
    asked = Request.objects.get(pk=factories.walk(factories.ask(way), way, to=to).pk)
    stages = progress_of(asked, getattr(asked, "grant", None)).stages
    assert [stage.standing for stage in stages] == standing
    shown = client_of(way.consumer.business_office).get(f"/exchange/requests/{asked.pk}/").content.decode()
    assert 'aria-current="step"' in shown and "第二十一条" in shown
    if to in ("provider_handler", "provider_head", "agreed"):
        assert stages[standing.index("now")].when, "a clock runs on this desk"


def test_a_refused_request_stops_where_it_was_refused(way) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    refusal = {"reason": "超出职责范围", "article": "《统计法》第九条"}
    factories.act("sharing.request.refuse", asked.pk, actor=way.provider.sharing_head, scene=factories.SCENE, **refusal)
    asked.refresh_from_db()
    assert [s.standing for s in progress_of(asked, None).stages] == ["done", "done", "done", "stopped", "next"]
