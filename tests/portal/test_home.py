"""The workbench names what ran out and whose desk it is on, counts what is supervised, and invents no date."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.coordination.deadlines.models import Overdue
from jiangyuan.kernel.models import Clock
from jiangyuan.portal.home import queries
from jiangyuan.portal.home.wording import ONE
from jiangyuan.ui import objects


@pytest.fixture
def late(way):
    """A request whose reply ran out, on the desk of the provider's handler."""
    asked = factories.walk(factories.ask(way), way, to="provider_handler")
    due = timezone.localdate() - timedelta(days=14)
    Clock.objects.filter(object_id=asked.pk).update(status=Clock.OVERDUE, due_on=due)
    return asked


def _banner(client) -> str:
    page = client.get("/").content.decode()
    return page.partition("时限已超期")[2].partition("jy-bench")[0]


def test_what_ran_out_is_named_with_its_desk_and_leads_to_it(way, late, browser) -> None:
    told = _banner(browser(way.provider.department_head))
    assert f'href="/exchange/requests/{late.pk}/"' in told and late.entry.known_name in told
    assert f"现由{way.provider.body}" in told and "不在您手里" in told and "请优先办理" not in told
    own = _banner(browser(way.provider.sharing_handler))
    assert "请优先办理" in own and "在您手里" in own


def test_nobody_is_told_that_there_is_nothing_beside_what_ran_out(way, late, browser) -> None:
    page = browser(way.provider.department_head).get("/").content.decode()
    assert "没有待您办理的事项；本部门有超期的时限" in page


def test_a_matter_of_supervision_has_the_clock_it_is_about_and_stands_first(way, late) -> None:
    clock = Clock.objects.get(object_id=late.pk)
    head = factories.authority()
    Overdue.objects.create(clock=clock, body=way.provider.body, created_by=head.id)
    factories.entry(way.provider, publish=False)
    todos = queries.on_my_desk(head)
    assert todos[0].kind.model is Overdue
    assert todos[0].clock is not None and todos[0].clock.tone == "bad"


def test_a_first_visit_is_told_of_seven_days_and_not_of_a_sign_in_that_never_was(way, browser) -> None:
    client = browser(way.provider.sharing_head)
    for _again in range(2):
        page = client.get("/").content.decode()
        assert "近 7 天的变化" in page and "自上次登录以来" not in page
    who = way.consumer.sharing_head
    back = browser(who)
    session = back.session
    session["jiangyuan_last_visit"] = (timezone.now() - timedelta(hours=3)).isoformat()
    session.save()
    assert "自上次登录以来" in back.get("/").content.decode()


def test_one_record_is_named_as_one() -> None:
    waiting = {kind.model._meta.label_lower for kind in objects.kinds() if kind.waits}
    assert waiting <= set(ONE)


def test_the_banner_reads_in_english_as_a_sentence(way, late, browser) -> None:
    client = browser(way.provider.department_head)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get("/").content.decode()
    told = re.sub(r"<[^>]+>", "", page.partition("is overdue")[2].partition("jy-bench")[0])
    assert "Sharing request “" in told and f"Data-sharing office handler of {way.provider.body}" in told
    assert "Not on your desk" in told
