"""Sessions: listed, ended at once, ended by themselves; one-time passwords; recovery codes; the capacity one acts in."""

from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Appointment, BrowserSession, Person
from jiangyuan.organization.queries import acting
from jiangyuan.organization.rules import SeparationOfDuties
from jiangyuan.organization.signin import SignInRefused, sign_in

SETUP = service_actor("setup")
PASSWORD = "river-source-2026"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


@pytest.fixture
def person(db: None) -> Person:
    return registered("wangmin", "王敏")


def registered(username: str, name: str) -> Person:
    made = act("organization.person.register", actor=SETUP, username=username, name=name, password=PASSWORD)
    act("organization.appointment.make", made.pk, actor=SETUP, body=factories.body().pk, capacity="business_office")
    return Person.objects.get(pk=made.pk)


def browser(password: str = PASSWORD, *, code: str = "", username: str = "wangmin") -> Client:
    client = Client(headers={"User-Agent": EDGE})
    client.post("/login/", {"username": username, "password": password, "code": code})
    return client


def inside(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_where_one_is_signed_in_is_listed_and_the_others_end_at_once(person: Person) -> None:
    here, there = browser(), browser()
    page = here.get("/account/sessions/").content.decode()
    assert page.count("Edge 140 · Windows") == 2 and "本次登录" in page
    assert here.post("/account/sessions/end-others/").status_code == 303
    assert inside(here) and not inside(there)
    assert "本人结束" in there.get("/login/").content.decode(), "is told why"
    assert Event.objects.filter(type="organization.session.ended_others").count() == 1


@pytest.mark.attack
def test_an_ended_session_is_over_for_every_kind_of_request(person: Person) -> None:
    stolen = browser()
    cookie = stolen.cookies["sessionid"].value
    one = BrowserSession.objects.get(person=person)
    act("organization.session.end", one.pk, actor=acting(person, None))
    for path in ("/notices/", "/account/", "/api/v1/me", "/organization/people/"):
        again = Client()
        again.cookies["sessionid"] = cookie
        assert again.get(path).status_code in (302, 303, 401), path
    with pytest.raises(Conflict):
        act("organization.session.end", one.pk, actor=acting(person, None))


@pytest.mark.attack
def test_nobody_ends_or_sees_anothers_session_but_the_security_administrator(person: Person) -> None:
    client, one = browser(), BrowserSession.objects.get(person=person)
    other = acting(registered("libo", "李波"), None)
    with pytest.raises(Forbidden):
        act("organization.session.end", one.pk, actor=other)
    system = factories.actor(factories.body(), "system_admin")
    with pytest.raises(Forbidden):
        act("organization.session.end", one.pk, actor=system)
    assert browser(username="libo").post(f"/account/sessions/{one.pk}/end/").status_code == 404
    act("organization.session.end", one.pk, actor=factories.actor(factories.body(), "security_admin"))
    assert not inside(client)


def test_a_session_left_alone_ends_and_is_remembered(person: Person) -> None:
    client = browser()
    BrowserSession.objects.update(last_used_at=timezone.now() - timedelta(minutes=31))
    assert not inside(client)
    assert BrowserSession.objects.get().ended_why == "idle"
    assert Event.objects.filter(type="organization.session.expired").count() == 1
    assert "未操作" in client.get("/login/").content.decode()


@pytest.mark.attack
def test_a_session_brought_along_is_not_the_one_that_is_opened(person: Person) -> None:
    client = Client()
    client.get("/login/provider/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    client.post("/login/", {"username": "wangmin", "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted
    assert "planted" not in client.session and inside(client)
    before = client.session.session_key
    held = Appointment.objects.get(person=person)
    assert client.post("/act-for/", {"capacity": str(held.pk)}).status_code == 303
    assert client.session.session_key != before
    assert Event.objects.filter(type="organization.session.switched").count() == 1


@pytest.mark.attack
def test_signing_in_and_switching_ask_for_the_form_of_this_site(person: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/login/", {"username": "wangmin", "password": PASSWORD}).status_code == 403
    assert not BrowserSession.objects.exists()
    for path in ("/act-for/", "/account/sessions/end-others/", "/logout/"):
        assert client.post(path).status_code == 403


def test_a_reset_password_is_good_for_one_thing_only(person: Person) -> None:
    system, old = factories.actor(factories.body(), "system_admin"), browser()
    with pytest.raises(Forbidden):
        act("organization.password.replace", person.pk, actor=factories.actor(factories.body(), "security_admin"))
    password = act("organization.password.replace", person.pk, actor=system)
    assert not inside(old)
    client = browser(password)
    for path in ("/", "/account/", "/organization/people/", "/account/sessions/"):
        assert client.get(path)["Location"] == "/account/password/"
    assert client.get("/api/v1/me").status_code == 403
    weak = client.post("/account/password/", {"current": password, "password": "1234567890"})
    assert weak.status_code == 422 and "不能全是数字" in weak.content.decode()
    assert client.post("/account/password/", {"current": password, "password": "snow-on-kunlun"}).status_code == 303
    assert inside(client) and inside(browser("snow-on-kunlun"))
    assert not any(password.encode() in bytes(event.canonical) for event in Event.objects.all())


def test_a_one_time_password_runs_out(person: Person) -> None:
    password = act("organization.password.replace", person.pk, actor=factories.actor(factories.body(), "system_admin"))
    Person.objects.filter(pk=person.pk).update(password_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(SignInRefused):
        sign_in(username="wangmin", password=password, code="", network="10.1.1.1")


@pytest.mark.attack
def test_who_resets_cannot_become_another_administrator(db: None) -> None:
    system = factories.actor(factories.body(), "system_admin")
    auditor = factories.actor(factories.body(), "auditor")
    with pytest.raises(SeparationOfDuties):
        act("organization.password.replace", auditor.id, actor=system)
    Person.objects.filter(pk=auditor.id).update(totp_confirmed_at=timezone.now())
    assert act("organization.password.replace", auditor.id, actor=system)
    with pytest.raises(Forbidden):
        act("organization.totp.reset", auditor.id, actor=system)
    with pytest.raises(Refused):
        act("organization.password.replace", system.id, actor=system)


def test_recovery_codes_are_good_once_each(person: Person) -> None:
    me = acting(person, None)
    with pytest.raises(Conflict):
        act("organization.recovery.issue", person.pk, actor=me, current=PASSWORD)
    totp = pyotp.parse_uri(act("organization.totp.begin", person.pk, actor=me, current=PASSWORD))
    act("organization.totp.confirm", person.pk, actor=me, code=totp.now())
    codes = act("organization.recovery.issue", person.pk, actor=me, current=PASSWORD)
    assert len(set(codes)) == 10
    assert inside(browser(code=codes[0].lower().replace("-", " ")))
    assert not inside(browser(code=codes[0]))
    kept = str(Person.objects.get(pk=person.pk).recovery_digests)
    assert not any(code.replace("-", "") in kept for code in codes)
    renewed = act("organization.recovery.issue", person.pk, actor=me, current=PASSWORD)
    assert not inside(browser(code=codes[1])) and inside(browser(code=renewed[0]))


def test_a_transfer_ends_one_appointment_and_begins_another(person: Person) -> None:
    guard = factories.actor(factories.body(), "security_admin")
    held, target = Appointment.objects.get(person=person), factories.body()
    act("organization.appointment.transfer", held.pk, actor=guard, body=target.pk, capacity="sharing_handler")
    now = person.current_appointments().get()
    assert (now.body_id, now.capacity) == (target.pk, "sharing_handler")
    with pytest.raises(Refused):
        act("organization.appointment.transfer", held.pk, actor=guard, body=target.pk, capacity="sharing_head")
    act("organization.appointment.make", person.pk, actor=guard, body=target.pk, capacity="auditor")
    with pytest.raises(SeparationOfDuties):
        act("organization.appointment.transfer", now.pk, actor=guard, body=target.pk, capacity="system_admin")
    assert person.current_appointments().count() == 2, "a transfer that is refused leaves everything as it was"


def test_the_history_of_ones_sign_ins_holds_the_failures(person: Person) -> None:
    browser("wrong-password-1")
    page = browser().get("/account/history/").content.decode()
    assert "成功" in page and "失败" in page and "127.0.0.1" in page


def test_the_tree_opens_level_by_level_and_a_body_has_a_page(person: Person) -> None:
    act("organization.divisions.install", actor=SETUP, province="630000")
    client, body = browser(), person.current_appointments().get().body
    tree = client.get("/organization/places/").content.decode()
    assert "西宁市" in tree and "<details" in tree
    assert "城东区" in client.get("/organization/places/", {"q": "城东"}).content.decode()
    assert body.name in client.get("/organization/places/630000/").content.decode()
    assert client.get("/organization/places/999999/").status_code == 404
    page = client.get(f"/organization/bodies/{body.pk}/").content.decode()
    assert "王敏" in page and "业务处室" in page
