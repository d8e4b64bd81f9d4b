"""The pages of a request say what was said, what follows and by when, and name nothing by its code alone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing import road_pages
from jiangyuan.exchange.sharing.models import Request


@pytest.fixture
def way(db, settings) -> factories.Road:
    settings.STATIC_ROOT = None
    return factories.road()


def test_the_head_sees_the_handlers_opinion_and_what_follows_the_reply(way) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    page = client_of(way.provider.sharing_head).get(f"/exchange/requests/{asked.pk}/review/").content.decode()
    notice = page.partition('class="jy-notice ')[2].partition("</div>")[0]
    assert "的意见" in notice and asked.proposal in notice
    assert "最迟 20 个工作日内提供数据" in page
    assert "（name）" not in page


def test_steps_to_come_say_within_which_time(way) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_handler")
    stages = road_pages.progress_of(asked, None).stages
    assert "工作日内" in str(stages[3].when) and "20 个工作日内" in str(stages[4].when)


def test_a_draft_is_given_up_and_not_taken_back(way) -> None:
    asked = factories.ask(way)
    office = client_of(way.consumer.business_office)
    page = office.get(f"/exchange/requests/{asked.pk}/").content.decode()
    assert "放弃草稿" in page and "撤回申请" not in page
    sent = factories.walk(asked, way, to="own_head")
    assert "撤回申请" in office.get(f"/exchange/requests/{sent.pk}/").content.decode()


def test_a_refusal_says_what_may_be_done(way) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    told = {"reason": "范围过大", "article": "《政务数据共享条例》第二十条"}
    factories.act("sharing.request.refuse", asked.pk, actor=way.provider.sharing_head, scene=factories.SCENE, **told)
    page = client_of(way.consumer.business_office).get(f"/exchange/requests/{asked.pk}/").content.decode()
    assert "可按理由修改后重新申请" in page and "jy-empty" not in page.partition("不同意办理结果")[2][:400]


def test_the_days_on_the_road_do_not_lie_after_the_day_it_was_received(way) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_handler")
    early = timezone.now() - timedelta(days=28)
    Request.objects.filter(pk=asked.pk).update(received_at=early)
    stages = road_pages.progress_of(Request.objects.get(pk=asked.pk), None).stages
    assert stages[0].when == stages[1].when == timezone.localdate(early)


def test_items_of_a_grant_are_named_and_their_codes_only_copied(way) -> None:
    grant = factories.grant(way, items=[{"column": "name"}])
    page = client_of(way.consumer.business_office).get(f"/exchange/grants/{grant.pk}/").content.decode()
    assert f">{grant.mount.alias}<" not in page and ">name<" not in page and "姓名" in page
