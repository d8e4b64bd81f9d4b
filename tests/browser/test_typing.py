"""What the forms' scripts add to typing: it is kept, leaving warns, identifiers are judged, many choices are searched."""

from typing import Any

import pytest
from tests.browser.conftest import PASSWORD, Portal
from tests.browser.test_walk import Desk
from tests.exchange import factories

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import ApplicationSystem, Appointment, Body, Person
from jiangyuan.portal.drafts.models import Draft

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BODIES = "/organization/bodies/new/"


def _signed_in(chromium: Any, portal: Portal, actor: Actor) -> Desk:
    person = Person.objects.get(pk=actor.id)
    person.set_password(PASSWORD)
    person.save()
    desk = Desk(chromium, portal, actor)
    desk.errors.clear()  # the first page is not everybody's
    return desk


def _typing_is_kept(desk: Desk) -> None:
    page, dialogs = desk.page, []
    page.on("dialog", lambda one: (dialogs.append(one.type), one.accept()))
    desk.open(BODIES)
    page.fill("[name=credit_code]", "1163000001500000XO")
    page.focus("[name=name]")
    message = page.locator(".jy-error[role=status]")
    message.wait_for()
    assert message.inner_text().strip() and page.get_attribute("[name=credit_code]", "aria-invalid") == "true"
    page.locator("[name=name]").press_sequentially("玉树州水利局𠮷")
    page.locator("[data-draft-state]", has_text="已自动保存").wait_for()
    desk.open("/organization/bodies/")
    assert dialogs == [], "what is kept may be left"
    desk.open(BODIES)
    assert page.input_value("[name=name]") == ""
    desk.follow("继续上次填写")
    assert page.input_value("[name=name]") == "玉树州水利局𠮷"
    desk.says("已恢复")
    page.locator("[name=short_name]").press_sequentially("水利")
    page.evaluate("location.assign('/organization/bodies/')")
    page.wait_for_url("**/organization/bodies/")
    assert dialogs == ["beforeunload"], "what is not kept yet is not left without a word"
    assert Draft.objects.count() == 1 and not Body.objects.filter(name__startswith="玉树").exists()


def _one_of_very_many_is_found_by_keyboard(desk: Desk, person: Person) -> None:
    page = desk.page
    desk.open(f"/organization/people/{person.pk}/make/")
    page.focus("[name=body]")
    page.keyboard.type("水文")
    page.locator("[role=option]", has_text="第7水文站").wait_for()
    assert page.get_attribute("[name=body]", "aria-expanded") == "true"
    page.keyboard.type("站")
    page.locator("[role=option]").first.wait_for()
    page.wait_for_timeout(500)
    page.keyboard.press("ArrowDown")
    picked = page.locator("[role=option][aria-selected=true]").inner_text()
    assert page.get_attribute("[name=body]", "aria-activedescendant")
    page.keyboard.press("Enter")
    assert page.input_value("[name=body]") == picked
    page.select_option("select[name=capacity]", "analyst")
    page.locator("main form button[type=submit].btn").last.click()
    page.wait_for_load_state()
    if "以下内容尚未提交" in page.inner_text("body"):
        desk.press("任命")
    assert Appointment.objects.get(person=person).body.name == picked


def _a_long_list_is_searched_by_keyboard(desk: Desk, portal: Portal) -> None:
    page = desk.page
    desk.open(f"/exchange/requests/new/?entry={portal.way.entry.pk}")
    box = page.locator(".jy-picker:has(select[name=system]) input[role=combobox]")
    box.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("应用甲 17")
    assert page.locator("[role=option]").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert box.input_value() == "应用甲 17号"
    chosen = ApplicationSystem.objects.get(pk=page.locator("select[name=system]").input_value())
    assert chosen.name == "应用甲 17号"
    page.keyboard.type("没有的")
    page.keyboard.press("Tab")
    assert box.input_value() == "应用甲 17号", "what names nothing is put back"


def test_typing_choosing_and_leaving_with_the_scripts_of_the_forms(portal: Portal, chromium: Any) -> None:
    where = factories.province()
    named = [Body(name=f"第{n}水文站", short_name=f"{n}站", alias=f"station{n}", jurisdiction=where) for n in range(9)]
    Body.objects.bulk_create(named)
    for n in range(20):
        made = factories.system(portal.way.consumer.body, code=f"many{n}")
        ApplicationSystem.objects.filter(pk=made.pk).update(name=f"应用甲 {n}号")
    desks = [_signed_in(chromium, portal, factories.authority(name)) for name in ("system_admin", "security_admin")]
    _typing_is_kept(desks[0])
    _one_of_very_many_is_found_by_keyboard(desks[1], factories.person("才让"))
    office = _signed_in(chromium, portal, portal.way.consumer.business_office)
    _a_long_list_is_searched_by_keyboard(office, portal)
    assert not [error for desk in (*desks, office) for error in desk.errors]
