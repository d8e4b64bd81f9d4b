"""The tour is ticked off by what was really done, leads to the very page, and follows another request when asked."""

import pytest
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.portal.notices.jobs import look_ahead
from jiangyuan.portal.tour import queries
from jiangyuan.portal.tour.queries import done, thread
from jiangyuan.portal.tour.steps import STEPS
from jiangyuan.ui.context import TOUR_COOKIE

PORTAL = Scene(channel="portal")


@pytest.fixture
def asked(way):
    return factories.ask(way, scene=PORTAL)


def test_steps_are_ticked_by_acts_and_never_by_looking(way, asked, browser) -> None:
    office = way.consumer.business_office
    client = browser(office)
    for _each in range(2):
        assert client.get("/tour/").status_code == 200
    assert set(done(thread(office), office)) == {"find"}
    factories.walk(asked, way, to="provider_head", scene=PORTAL)
    assert set(done(thread(office), office)) == {"find", "submit", "consent", "propose"}
    act("sharing.request.agree", asked.pk, actor=way.provider.sharing_head, scene=PORTAL)
    found = done(thread(office), office)
    assert "agree" in found and "use" not in found and "withdraw" not in found
    act("sharing.grant.withdraw", thread(office).grant.pk, actor=way.provider.sharing_head, reason="职责调整")
    assert "withdraw" in done(thread(office), office)
    assert look_ahead() == 0


def test_each_step_leads_to_its_page_and_says_whose_it_is(way, asked, browser) -> None:
    factories.walk(asked, way, to="own_head", scene=PORTAL)
    page = browser(way.consumer.sharing_head).get("/tour/").content.decode()
    assert f"/exchange/requests/{asked.pk}/review/" in page
    assert "下一步" in page and "数据共享负责人" in page
    # nobody but the demonstration offers an account, or a hand in a department's own system
    assert "/demo/" not in page and "看一条更正自动到达" not in page


def test_whose_a_step_is_reads_as_one_and_the_accounts_are_named(way, asked, guests, browser) -> None:
    factories.walk(asked, way, to="own_head", scene=PORTAL)
    page = browser(way.consumer.business_office).get("/tour/").content.decode()
    assert f"{way.consumer.body}{CAPACITY_LABELS['sharing_head']}" in page
    assert f"（{way.consumer.body.alias}.head）" in page, "the account with which the step is done"


def test_another_request_begins_the_tour_anew_and_the_old_one_can_be_followed_again(way, asked, browser) -> None:
    factories.walk(asked, way, to="provider_handler", scene=PORTAL)
    second = factories.ask(way, scene=PORTAL)
    office = way.consumer.business_office
    assert thread(office).request.pk == second.pk and set(done(thread(office), office)) == {"find"}
    assert thread(office, str(asked.pk)).request.pk == asked.pk
    assert browser(office).get("/tour/?request=nonsense").status_code == 200


def test_a_stranger_follows_nothing_of_others(way, asked, browser) -> None:
    stranger = factories.road().provider.sharing_head
    assert thread(stranger).request is None
    page = browser(stranger).get(f"/tour/?request={asked.pk}").content.decode()
    assert way.entry.name not in page
    assert not Clock.objects.filter(status=Clock.OVERDUE).exists()


@pytest.fixture
def guests(way, monkeypatch):
    """The demonstration of a road: who sits at its desks may be signed in as with one click."""
    from jiangyuan.portal.tour.steps import HELPERS, Helper
    from jiangyuan.ui import session

    names = [f"{side.body.alias}.{role}" for side in (way.consumer, way.provider) for role in ("handler", "head")]
    names.append(f"{way.consumer.body.alias}.office")
    offered = [session.Guest(username=name, name=name, role="", todo="", url="/demo/enter/") for name in names]
    monkeypatch.setattr(session, "_guest_loader", lambda: offered)
    monkeypatch.setitem(HELPERS, "warning", Helper(step="warning", title="登记一人死亡", url="/demo/death/"))


def test_the_demonstration_names_data_to_begin_with_whose_desks_can_be_entered(way, guests, browser) -> None:
    other = factories.road()
    page = browser(way.consumer.business_office).get("/tour/").content.decode()
    assert f'href="/catalog/{way.entry.pk}/"' in page and way.entry.name in page
    assert f'href="/catalog/{other.entry.pk}/"' not in page


def test_what_is_decided_is_not_offered_again_and_a_hand_is_pressed_by_who_sees_what_it_does(
    way, asked, guests, browser
) -> None:
    factories.walk(asked, way, to="provider_head", scene=PORTAL)
    office = browser(way.consumer.business_office).get("/tour/").content.decode()
    head = browser(way.provider.sharing_head).get("/tour/").content.decode()
    assert "登记一人死亡" in office and f'value="{way.consumer.body.alias}.handler"' not in office
    assert f'value="{way.consumer.body.alias}.office"' in head and 'value="/tour/"' in head
    assert f'value="{way.consumer.body.alias}.head"' not in head


def test_the_pages_of_the_steps_lead_back_to_the_tour_while_it_is_under_way(way, asked, browser) -> None:
    client = browser(way.consumer.sharing_head)
    back = 'class="jy-touring"><a href="/tour/"'
    assert back not in client.get("/exchange/requests/").content.decode()
    assert back not in client.get("/tour/").content.decode()
    assert back in client.get("/exchange/requests/").content.decode()
    # who signs in next with this browser, to do the next step, finds it again
    other = browser(way.provider.sharing_head)
    other.cookies[TOUR_COOKIE] = client.cookies[TOUR_COOKIE].value
    assert back in other.get("/exchange/requests/").content.decode()


def test_a_tour_that_is_done_leads_nobody_back(way, browser, monkeypatch) -> None:
    client = browser(way.consumer.sharing_head)
    client.get("/tour/")
    every = {step.code: timezone.now() for step in STEPS}
    monkeypatch.setattr(queries, "done", lambda of, actor: every)
    client.get("/tour/")
    assert "jy-touring" not in client.get("/exchange/requests/").content.decode()
