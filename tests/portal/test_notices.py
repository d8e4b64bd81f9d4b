"""Notices: each desk is told once of what reaches it, nobody of what he did himself or may not see; mail says no data."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from django.test import Client
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Transient
from jiangyuan.kernel.events import HANDLERS
from jiangyuan.kernel.models import Clock, Event
from jiangyuan.organization.models import Person
from jiangyuan.portal.notices import jobs
from jiangyuan.portal.notices.models import Notice
from jiangyuan.portal.notices.queries import unread
from jiangyuan.supervisor.ports import free_port


def hear() -> None:
    """Let the handlers of notices read the memory, as the worker does."""
    for event in Event.objects.order_by("xid", "id"):
        for known in HANDLERS.values():
            if known.name.startswith("notices.") and event.type in known.types:
                known.run(event)


def told(actor: Actor) -> list[str]:
    return list(
        Notice.objects.filter(person_id=actor.id, body=actor.body).order_by("id").values_list("rule", flat=True)
    )


def test_each_desk_is_told_when_something_reaches_it_and_only_once(way) -> None:
    request = factories.ask(way)
    act("sharing.request.submit", request.pk, actor=way.consumer.business_office)
    hear()
    assert told(way.consumer.sharing_head) == ["desk"]
    act("sharing.request.consent", request.pk, actor=way.consumer.sharing_head)
    hear()
    assert told(way.provider.sharing_handler)[-1:] == ["desk"]
    act("sharing.request.propose", request.pk, actor=way.provider.sharing_handler, proposal="建议同意")
    hear()
    hear()
    assert told(way.provider.sharing_head) == ["desk"]
    kept = Notice.objects.filter(person_id=way.provider.sharing_head.id).get()
    assert kept.object_id == request.pk


def test_the_asker_is_told_of_the_answer_and_of_a_grant_that_ends(way) -> None:
    grant = factories.grant(way)
    act("sharing.grant.withdraw", grant.pk, actor=way.provider.sharing_head, reason="职责调整")
    hear()
    said = told(way.consumer.business_office)
    assert "answered" in said and "ready" in said and said[-1] == "grant"
    assert "grant" not in told(way.provider.sharing_head)


def test_a_notice_says_which_of_the_reasons_it_is(way, browser) -> None:
    grant = factories.grant(way)
    act("sharing.grant.withdraw", grant.pk, actor=way.provider.sharing_head, reason="职责调整")
    hear()
    page = browser(way.consumer.business_office).get("/notices/").content.decode()
    assert "这是您提交的。" in page and "本部门正在使用这项授权。" in page
    assert "，或由本部门" not in page
    assert "jy-list-count" in page, "a long list is counted and paged as any other"


def test_a_grant_whose_term_ends_soon_is_told_once(way) -> None:
    factories.grant(way, until=timezone.localdate() + timedelta(days=20))
    assert jobs.look_ahead() > 0
    assert jobs.look_ahead() == 0
    assert "ending" in told(way.consumer.sharing_handler)


def test_a_clock_that_ran_out_is_told_to_its_desk_and_its_office(way) -> None:
    request = factories.walk(factories.ask(way), way, to="provider_handler")
    clock = Clock.objects.get(object_id=request.pk)
    clockwork.tick(clock.received_on + timedelta(days=60))
    hear()
    assert "overdue" in told(way.provider.sharing_handler)
    assert "overdue" in told(way.provider.sharing_head)
    assert "overdue" not in told(way.consumer.business_office)


def test_opening_a_notice_reads_it_and_nobody_opens_anothers(way, browser) -> None:
    request = factories.walk(factories.ask(way), way, to="provider_head")
    hear()
    head = way.provider.sharing_head
    client, kept = browser(head), Notice.objects.get(person_id=head.id)
    page = client.get("/notices/").content.decode()
    assert "到我办理" in page and str(request.entry) in page and "这件事现在轮到您的岗位办理" in page
    assert browser(way.consumer.business_office).get(f"/notices/{kept.pk}/").status_code == 404
    answer = client.get(f"/notices/{kept.pk}/")
    assert answer.status_code in (302, 303) and answer["Location"] == f"/exchange/requests/{request.pk}/review/"
    assert unread(head) == 0


def test_a_notice_names_nothing_its_reader_may_not_see_any_more(way, browser) -> None:
    factories.walk(factories.ask(way), way, to="provider_head")
    hear()
    stranger = factories.road().consumer.business_office
    Notice.objects.filter(person_id=way.provider.sharing_head.id).update(
        person_id=stranger.id, body=stranger.body, capacity=stranger.capacity
    )
    page = browser(stranger).get("/notices/").content.decode()
    assert "已不在您的查看范围内" in page and way.entry.name not in page


def test_all_are_marked_read_with_one_button(way, browser) -> None:
    factories.walk(factories.ask(way), way, to="provider_head")
    hear()
    client: Client = browser(way.provider.sharing_head)
    assert client.get("/notices/read/").status_code == 405
    assert client.post("/notices/read/").status_code == 303
    assert unread(way.provider.sharing_head) == 0


def test_a_person_chooses_for_himself_and_leaves_an_event(way, browser) -> None:
    actor = way.consumer.business_office
    client = browser(actor)
    off = client.get("/notices/preferences/").content.decode()
    assert 'name="rules"' not in off and "本平台未启用邮件" in off, "what has no effect is not asked for"
    sent = client.post("/notices/preferences/", {"mail": "once", "rules": ["desk", "warning"]})
    assert sent.status_code == 303
    assert Event.objects.filter(type="notices.preference.chosen", actor_id=actor.id).exists()
    wrong = client.post("/notices/preferences/", {"mail": "hourly", "rules": ["desk"]})
    assert wrong.status_code == 422


class Server:
    """A real SMTP server in a thread; `letters` holds what it took."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.letters: list[bytes] = []
        self.answer = answer

    async def handle_DATA(self, server, session, envelope) -> str:
        self.letters.append(envelope.content)
        return self.answer


@pytest.fixture
def post(monkeypatch) -> Iterator[Server]:
    smtp = pytest.importorskip("aiosmtpd.smtp")
    handler, port, loop = Server(), free_port(), asyncio.new_event_loop()

    async def serve():
        return await loop.create_server(lambda: smtp.SMTP(handler, hostname="localhost"), "127.0.0.1", port)

    server = loop.run_until_complete(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    monkeypatch.setenv("JIANGYUAN_MAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("JIANGYUAN_MAIL_PORT", str(port))
    monkeypatch.setenv("JIANGYUAN_MAIL_SECURITY", "none")
    monkeypatch.setenv("JIANGYUAN_MAIL_FROM", "jiangyuan@example.gov.cn")
    settings.cache_clear()
    yield handler

    async def close() -> None:
        server.close()
        await server.wait_closed()

    asyncio.run_coroutine_threadsafe(close(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()
    monkeypatch.undo()
    settings.cache_clear()


def wishing(actor: Actor) -> None:
    Person.objects.filter(pk=actor.id).update(email="clerk@example.gov.cn")
    act("notices.preference.choose", actor=actor, mail="once", rules=["desk", "warning"])


def test_where_mail_is_sent_one_chooses_what(way, post, browser) -> None:
    page = browser(way.consumer.business_office).get("/notices/preferences/").content.decode()
    assert 'name="rules"' in page and "有消息就发" in page


def test_mail_says_what_and_where_and_no_more(way, post) -> None:
    wishing(way.provider.sharing_head)
    factories.walk(factories.ask(way), way, to="provider_head")
    hear()
    person = str(way.provider.sharing_head.id)
    assert jobs.mail(person=person) == 1
    assert jobs.mail(person=person) == 0, "told once"
    letter = message_from_bytes(post.letters[0])
    assert "1 条消息" in str(make_header(decode_header(letter["Subject"])))
    text = letter.get_payload(decode=True).decode()
    assert "到我办理（共享申请）" in text and "/notices/" in text
    assert way.entry.name not in text and way.consumer.business_office.name not in text
    assert Event.objects.filter(type="notices.mail.sent").count() == 1


def test_a_server_that_refuses_for_good_is_remembered_and_one_that_is_busy_is_tried_again(way, post) -> None:
    wishing(way.provider.sharing_head)
    factories.walk(factories.ask(way), way, to="provider_head")
    hear()
    person = str(way.provider.sharing_head.id)
    post.answer = "451 busy"
    with pytest.raises(Transient):
        jobs.mail(person=person)
    post.answer = "554 no"
    assert jobs.mail(person=person) == 0
    assert Event.objects.filter(type="notices.mail.failed").count() == 1


def test_without_a_mail_server_or_a_wish_nothing_is_sent(way) -> None:
    wishing(way.provider.sharing_head)
    factories.walk(factories.ask(way), way, to="provider_head")
    hear()
    assert jobs.mail(person=str(way.provider.sharing_head.id)) == 0
