"""What happens reaches open pages at once: only who may know of it, only while signed in, and again after a break."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import httpx
import pytest
from tests.browser.conftest import PASSWORD, Portal
from tests.exchange import factories
from tests.slowness import slowness

from jiangyuan.exchange.delivery.queries import DELIVERY
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.portal.notices.models import Notice

pytestmark = [pytest.mark.browser, pytest.mark.slow]


ARRIVES = 1.0
"""Seconds from the notice to the toast on the open page, on a machine that has nothing else to do."""

opened: list[httpx.Client] = []


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    """Close what a test leaves open: a socket that is only forgotten is a warning in a later test."""
    yield
    while opened:
        opened.pop().close()


def signed_in(portal: Portal, actor: Actor) -> httpx.Client:
    client = httpx.Client(base_url=portal.address, timeout=20)
    opened.append(client)
    client.get("/login/")
    fields = {
        "username": portal.username(actor),
        "password": PASSWORD,
        "csrfmiddlewaretoken": client.cookies["csrftoken"],
    }
    assert client.post("/login/", data=fields).status_code == 303
    return client


@contextmanager
def stream(client: httpx.Client, *, last: str = "", about: str = "") -> Iterator[Iterator[tuple[str, str, Any]]]:
    """Open the stream; gives (event, id, data) as they come, the greeting taken off."""
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", "/live", params={"about": about} if about else {}, headers=headers) as answer:
        assert answer.status_code == 200
        said = messages(answer)
        assert next(said)[0] == "hello"
        yield said


def messages(answer: httpx.Response) -> Iterator[tuple[str, str, Any]]:
    event, id = "", ""
    for line in answer.iter_lines():
        name, _colon, text = line.partition(": ")
        if name == "event":
            event = text
        elif name == "id":
            id = text
        elif name == "data":
            yield event, id, json.loads(text)
            event, id = "", ""


def until(said: Iterator[tuple[str, str, Any]], wanted: str) -> tuple[str, Any]:
    return next((id, data) for event, id, data in said if event == wanted)


def warn(portal: Portal) -> None:
    way = portal.way
    grant = factories.grant(way)
    case = factories.case(way.system, [make_citizen_id(division="630102", birth=date(1950, 3, 7), sequence=11)])
    act("delivery.warning.raise", actor=DELIVERY, case=case.pk, grant=grant.pk, read=grant.pk, subject="00" * 16)


def test_a_stream_tells_its_own_person_only_and_what_was_missed(portal: Portal) -> None:
    way = portal.way
    assert httpx.get(f"{portal.address}/live").status_code == 204, "nobody is signed in"
    client = signed_in(portal, way.consumer.business_office)
    other = signed_in(portal, way.provider.department_head)
    with stream(client) as said, stream(other) as others:
        warn(portal)
        run_handlers()
        id, told = until(said, "notice")
        assert told["unread"] >= 1 and told["url"].startswith("/notices/")
        # somebody of another body hears of nothing but his own body's work
        act(
            "organization.key.issue",
            way.system.pk,
            actor=way.consumer.sharing_handler,
            expires_on=factories.in_days(30),
        )
        assert next(others)[0] == "work"
    missed = Notice.objects.filter(person_id=way.consumer.business_office.id).count()
    with stream(client, last="00000000-0000-0000-0000-000000000000") as said:
        again = [next(said)[1] for _each in range(min(missed, 20))]
        assert id in again and again == sorted(again)


def test_a_record_is_watched_only_by_who_may_see_it_and_a_session_that_ends_ends_the_stream(portal: Portal) -> None:
    way = portal.way
    asked = factories.ask(way)
    about = f"sharing.request:{asked.pk}"
    office = signed_in(portal, way.consumer.business_office)
    stranger = signed_in(portal, way.provider.department_head)
    with stream(office, about=about) as said, stream(stranger, about=about) as others:
        factories.walk(asked, way, to="own_head")
        assert until(said, "changed")[1] == {"things": [about]}
        page = office.get("/")
        token = page.text.split('data-csrf="')[1].split('"')[0]
        office.post("/logout/", data={"csrfmiddlewaretoken": token}, headers={"Referer": portal.address})
        assert until(said, "ended")[1] == {}
        with pytest.raises(StopIteration):
            next(said)
        # what the stranger hears first is his own body's work, long after the record moved that he asked to watch
        act("sharing.request.consent", asked.pk, actor=way.consumer.sharing_head)
        act("sharing.request.propose", asked.pk, actor=way.provider.sharing_handler, proposal="建议同意")
        assert next(others)[0] == "work"


def test_the_warning_arrives_on_the_open_workbench(portal: Portal, chromium: Any) -> None:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(15_000)
    page.goto(f"{portal.address}/login/?next=/")
    page.fill("#id_username", portal.username(portal.way.consumer.business_office))
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("#jy-work")
    page.wait_for_timeout(500)
    warn(portal)
    run_handlers()
    begun = time.perf_counter()
    page.wait_for_selector(".jy-toast:has-text('关注的办件有变化')")
    took = time.perf_counter() - begun
    slow = slowness()
    assert took / slow < ARRIVES, f"{took:.2f} s on a machine {slow:.1f} times slower than alone"
    page.wait_for_selector("#jy-work :text('1 条变化预警未处理')")
    assert int(page.inner_text(".jy-bell .jy-count")) >= 1
    page.click(".jy-toast a:has-text('关注的办件有变化')")
    page.wait_for_url("**/exchange/warnings/**")
    assert errors == []
