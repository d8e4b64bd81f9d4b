"""Nothing typed is lost: drafts are kept for one person, sealed, never sent by themselves, and forgotten in time."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.exchange import factories

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import ApplicationSystem
from jiangyuan.portal.drafts.models import Draft
from jiangyuan.portal.drafts.shelf import MOST, SealedShelf, forget_old
from jiangyuan.ui import drafts

NEW = "/organization/systems/new/"
TYPED = {"name": "救助核对系统𠮷", "code": "aid", "purpose": "<b>低保</b>"}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found.group(1) if found else ""


@pytest.fixture
def people(db) -> factories.Desk:
    return factories.desk()


@pytest.fixture
def desk(people, browser) -> Client:
    return browser(people.sharing_handler)


@pytest.fixture
def form(desk) -> dict[str, str]:
    """The hidden fields of the form as it was drawn, with what is typed into it."""
    page = desk.get(NEW).content.decode()
    return {"_mark": hidden(page, "_mark"), "_key": hidden(page, "_key"), **TYPED}


def test_what_is_typed_is_kept_offered_and_put_back_into_the_fields(desk, form) -> None:
    events = Event.objects.count()
    answer = desk.post("/drafts/", form)
    assert answer.status_code == 200 and answer.json()["said"].startswith("已自动保存 ")
    assert Event.objects.count() == events and not ApplicationSystem.objects.exists()
    page = desk.get(NEW).content.decode()
    assert "上次填写的内容尚未提交" in page and "救助核对系统" not in page
    page = desk.get(f"{NEW}?_draft=organization.system.register").content.decode()
    assert 'value="救助核对系统𠮷"' in page and "&lt;b&gt;低保&lt;/b&gt;" in page and "已恢复" in page
    assert hidden(page, "_key") != form["_key"], "another submission"


def test_what_was_sent_is_forgotten_and_what_is_given_up_too(desk, form) -> None:
    desk.post("/drafts/", form)
    assert desk.post(NEW, form).status_code == 303
    assert not Draft.objects.exists()
    desk.post("/drafts/", form)
    assert desk.post("/drafts/discard/", {"_mark": form["_mark"]})["Location"] == NEW
    assert not Draft.objects.exists()


def test_a_draft_is_sealed_and_belongs_to_one_person(desk, form, people, browser) -> None:
    desk.post("/drafts/", form)
    kept = Draft.objects.get()
    assert "救助".encode() not in bytes(kept.sealed)
    colleague = factories.actor(people.body, "sharing_handler")
    other = browser(colleague)
    page = other.get(f"{NEW}?_draft=organization.system.register").content.decode()
    assert "救助核对系统" not in page and "jy-draft-offer" not in page
    assert other.post("/drafts/", form).status_code == 403
    assert other.post("/drafts/discard/", {"_mark": form["_mark"]}).status_code == 403
    assert Draft.objects.get().person_id == people.sharing_handler.id
    forged = {**form, "_mark": form["_mark"][:-2] + "xx"}
    assert desk.post("/drafts/", forged).status_code == 403
    assert Client().post("/drafts/", form, headers={"accept": "application/json"}).status_code == 401


def test_passwords_and_hidden_numbers_are_never_kept(db, browser) -> None:
    client = browser(factories.authority("system_admin"))
    page = client.get("/organization/people/new/").content.decode()
    sent = {"_mark": hidden(page, "_mark"), "username": "lina", "name": "李娜", "password": "river-source-2026"}
    assert client.post("/drafts/", {**sent, "csrfmiddlewaretoken": "x", "_key": "k"}).status_code == 200
    kept = SealedShelf().find(Draft.objects.get().person_id, Draft.objects.get().place)
    assert kept is not None and kept.content == {"username": ["lina"], "name": ["李娜"]}


def test_drafts_are_bounded_and_end_after_fourteen_days(desk, form, people) -> None:
    assert desk.post("/drafts/", {**form, "purpose": "长" * 30_000}).status_code == 413
    shelf, person = SealedShelf(), people.sharing_handler.id
    for number in range(MOST + 3):
        shelf.keep(person, f"a.b.c /{number}/", {"x": ["1"]})
    assert Draft.objects.count() == MOST
    Draft.objects.update(at=timezone.now() - drafts.LIVES - timedelta(minutes=1))
    assert shelf.places(person) == {} and shelf.find(person, f"a.b.c /{MOST}/") is None
    assert forget_old(timezone.now()) == MOST and not Draft.objects.exists()


def test_a_form_sent_without_a_session_is_not_acted_upon_and_stands_there_after_signing_in(
    desk, form, people, browser
) -> None:
    answer = Client().post(NEW, form)
    assert answer.status_code == 302 and answer["Location"].startswith("/login/?next=")
    assert "填写的内容已保留" in Client().get(answer["Location"]).content.decode()
    assert not ApplicationSystem.objects.exists()
    stranger = browser(factories.desk().sharing_handler)
    back = f"{NEW}?_draft=organization.system.register"
    assert answer["Location"].endswith("%3F_draft%3Dorganization.system.register")
    assert "救助核对系统" not in stranger.get(back).content.decode()
    page = browser(people.sharing_handler).get(back).content.decode()
    assert 'value="救助核对系统𠮷"' in page and "尚未提交" in page
    assert not ApplicationSystem.objects.exists(), "shown again, not acted upon"


def test_a_form_with_an_old_token_is_shown_again_with_what_was_typed(form, people) -> None:
    from tests.portal.conftest import client_of

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(people.sharing_handler).cookies
    answer = strict.post(NEW, form)
    assert answer.status_code == 303 and answer["Location"].endswith("?_draft=organization.system.register")
    page = strict.get(answer["Location"]).content.decode()
    assert "页面已过期" in page and 'value="救助核对系统𠮷"' in page
    assert not ApplicationSystem.objects.exists()
    assert strict.post(NEW, TYPED).status_code == 403


def test_the_same_form_sent_again_acts_once_and_says_so(desk, form) -> None:
    assert desk.post(NEW, form).status_code == 303
    again = desk.post(NEW, form, follow=True)
    assert "没有重复办理" in again.content.decode()
    assert ApplicationSystem.objects.count() == 1
    changed = desk.post(NEW, {**form, "code": "aid2"})
    page = changed.content.decode()
    assert changed.status_code == 409 and "先前已经提交并办理" in page and 'value="aid2"' in page
    assert ApplicationSystem.objects.count() == 1
    assert hidden(page, "_key") not in ("", form["_key"])


def test_what_was_kept_of_an_older_version_says_that_the_object_moved_on(way, browser) -> None:
    asked = factories.ask(way)
    client = browser(way.consumer.business_office)
    url = f"/exchange/requests/{asked.pk}/cancel/"
    page = client.get(url).content.decode()
    sent = {"_mark": hidden(page, "_mark"), "_version": hidden(page, "_version"), "reason": "不再需要"}
    assert client.post("/drafts/", sent).status_code == 200
    factories.act("sharing.request.edit", asked.pk, actor=way.consumer.business_office, scope="本县的申请人")
    page = client.get(f"{url}?_draft=sharing.request.cancel").content.decode()
    assert "已被他人更新" in page and "不再需要" in page


def test_a_refused_form_is_kept_as_well(desk, form) -> None:
    assert desk.post(NEW, {**form, "code": "有空格 的"}).status_code == 422
    assert "上次填写的内容尚未提交" in desk.get(NEW).content.decode()


def _being_drafted() -> tuple[factories.Desk, Entry]:
    people = factories.desk()
    return people, factories.entry(people, publish=False)


def test_what_was_typed_into_the_items_of_an_entry_is_found_again_also_after_the_session_ended(db, browser) -> None:
    people, entry = _being_drafted()
    desk, url = browser(people.sharing_handler), f"/catalog/{entry.pk}/items/"
    page = desk.get(url).content.decode()
    assert "data-draft-state" in page and "jy-draft-offer" not in page
    at = entry.items.earliest("position").position
    sent = {"_mark": hidden(page, "_mark"), "_version": hidden(page, "_version"), f"name-{at}": "证件号码𠮷"}
    assert desk.post("/drafts/", sent).status_code == 200
    assert "上次填写的内容尚未提交" in desk.get(url).content.decode()
    expired = Client().post(url, {**sent, f"grade-{at}": "4", f"personal-{at}": "on"})
    assert expired.status_code == 302 and expired["Location"].endswith("%3F_draft%3Dcatalog.entry.edit")
    page = desk.get(f"{url}?_draft=catalog.entry.edit").content.decode()
    row = page.split(f'name="name-{at}"')[1].split("</tr>")[0]
    assert "已恢复" in page and 'value="证件号码𠮷"' in row and '<option value="4" selected' in row
    assert f'name="personal-{at}" checked' in row and f'name="shareable-{at}" checked' not in row
    assert not entry.items.filter(name="证件号码𠮷").exists(), "shown again, not acted upon"


def test_reasons_for_returning_an_entry_are_found_again_on_the_page_of_the_review(db, browser) -> None:
    people, entry = _being_drafted()
    factories.act(
        "catalog.entry.assess",
        entry.pk,
        actor=people.sharing_handler,
        secrecy_result="不涉及国家秘密",
        privacy_result="影响可控",
    )
    factories.act("catalog.entry.submit", entry.pk, actor=people.sharing_handler)
    desk, url = browser(people.sharing_head), f"/catalog/{entry.pk}/review/"
    form = desk.get(url).content.decode().split(f'action="/catalog/{entry.pk}/return/"')[1]
    sent = {"_mark": hidden(form, "_mark"), "_version": hidden(form, "_version"), "reason-summary": "摘要太短"}
    expired = Client().post(f"/catalog/{entry.pk}/return/", sent)
    assert expired.status_code == 302 and "review%2F%3F_draft%3Dcatalog.entry.return" in expired["Location"]
    shown = desk.get(url).content.decode()
    assert "上次填写的内容尚未提交" in shown and "摘要太短" not in shown
    assert "摘要太短</textarea>" in desk.get(f"{url}?_draft=catalog.entry.return").content.decode()
    assert desk.post(f"/catalog/{entry.pk}/return/", sent).status_code == 303
    entry.refresh_from_db()
    assert entry.state == "returned" and not Draft.objects.exists()
