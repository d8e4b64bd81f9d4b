"""The same work under other circumstances: without JavaScript, by the keyboard alone, on a phone, with a session that
ends, in two tabs and going back; and what reaches, or is late on, a workbench that stays open.
"""

import re
import time
from datetime import date, timedelta
from typing import Any

import pytest
from tests.journeys.applying import (
    ENTRY,
    HANDLER,
    ITEMS,
    OFFICE,
    OWN_HANDLER,
    OWN_HEAD,
    TYPED,
    apply_form,
    check_and_submit,
    fill,
)
from tests.journeys.conftest import Desk, Desks, Province

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_without_javascript_an_application_is_found_filled_and_submitted(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE, script=False)
    desk.begin()
    desk.page.fill("#jy-q", "死亡登记")
    desk.page.press("#jy-q", "Enter")
    desk.press(desk.page.locator(".jy-hit h2 a", has_text=ENTRY).first)
    desk.click("申请共享")
    fill(desk, until=date.today() - timedelta(days=1))
    desk.click("保存，下一步核对", role="button")
    desk.says("有内容需要改正")
    assert desk.page.input_value("[name=scenario]") == TYPED["scenario"] and desk.page.is_checked("#item-death_date")
    desk.page.fill("[name=until]", (date.today() + timedelta(days=30)).isoformat())
    check_and_submit(desk)
    desk.close()


def _to(desk: Desk, what: str, *, most: int = 120) -> None:
    """Go on with the Tab key to what a selector names; fails when the keyboard does not come there."""
    for _each in range(most):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("s => !!document.activeElement && document.activeElement.matches(s)", what):
            return
    raise AssertionError(f"the Tab key does not lead to {what} on {desk.page.url}")


def _type_date(desk: Desk, day: date) -> None:
    """Type a date part by part, in the order in which the browser asks for the parts."""
    year, month, day_of_month = f"{day:%Y}", f"{day:%m}", f"{day:%d}"
    for parts in ((year, month, day_of_month), (month, day_of_month, year), (day_of_month, month, year)):
        for part in parts:
            desk.page.keyboard.type(part)
            if part == year and part != parts[-1]:
                desk.page.keyboard.press("ArrowRight")
        if desk.page.input_value("[name=until]") == day.isoformat():
            return
        for _each in range(3):
            desk.page.keyboard.press("ArrowLeft")
    raise AssertionError("the date cannot be typed")


def test_by_the_keyboard_alone_an_application_is_submitted(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE)
    keys = desk.page.keyboard
    desk.begin()
    keys.press("/")
    keys.type("死亡登记")
    with desk.page.expect_navigation(url="**/search?*"):
        keys.press("Enter")
    _to(desk, ".jy-hit h2 a")
    with desk.page.expect_navigation():
        keys.press("Enter")
    _to(desk, "main a[href*='/exchange/requests/new/']")
    with desk.page.expect_navigation():
        keys.press("Enter")
    order = desk.page.evaluate(
        "[...document.querySelectorAll('main form.jy-page-form [name]')].filter(n => n.type !== 'hidden').map(n => n.name)"
    )
    for name in (n for n in dict.fromkeys(order) if n in (*TYPED, "forms", "until")):
        if name == "forms":
            _to(desk, "[name=forms][value=query]")
            keys.press("Space")
            continue
        _to(desk, f"[name={name}]")
        if name == "until":
            _type_date(desk, date.today() + timedelta(days=60))
        elif name == "purpose":
            keys.press("ArrowDown")
            assert desk.page.input_value("[name=purpose]") == TYPED["purpose"]
        else:
            keys.type(TYPED[name])
    for column in ITEMS:
        _to(desk, f"#item-{column}")
        keys.press("Space")
    _to(desk, "main .jy-form-actions button[type=submit]")
    with desk.page.expect_navigation():
        keys.press("Enter")
    desk.says("以下内容尚未提交。")
    _to(desk, "main .jy-check-send .btn-primary")
    with desk.page.expect_navigation():
        keys.press("Enter")
    desk.says("接下来由本单位数据共享工作机构负责人同意。")
    assert desk.clicks == 0
    desk.close()


def test_on_a_phone_an_application_is_submitted_and_nothing_overflows(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE, width=390)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    desk.begin()
    for step in (lambda: apply_form(desk), lambda: fill(desk), lambda: check_and_submit(desk)):
        step()
        assert desk.page.evaluate(wide) <= 0, desk.page.url
    desk.close()


def test_a_session_that_ends_in_the_middle_of_the_form_loses_nothing(browser: Any, province: Province) -> None:
    desk = Desk(browser, province, OFFICE)
    apply_form(desk)
    fill(desk)
    desk.context.clear_cookies(name="sessionid")
    desk.click("保存，下一步核对", role="button")
    assert "/login/" in desk.page.url
    desk.says("填写的内容已保留")
    desk.sign_in("")
    for name, text in TYPED.items():
        assert desk.page.input_value(f"[name={name}]") == text, name
    assert desk.page.is_checked("[name=forms][value=query]")
    assert all(desk.page.is_checked(f"#item-{column}") for column in ITEMS)
    check_and_submit(desk)
    desk.close()


def test_two_tabs_and_the_back_button_do_nothing_twice(browser: Any, province: Province, desks: Desks) -> None:
    desk = Desk(browser, province, OFFICE)
    apply_form(desk)
    fill(desk)
    request = check_and_submit(desk)
    desk.page.go_back(wait_until="load")
    # what was submitted is not offered for submission again; a page out of the browser's memory is told so
    if "/submit/" in desk.page.url:
        desk.click("提交申请", role="button")
    assert desk.page.url.endswith(request)
    desk.says("待本单位负责人同意")

    own = desks(OWN_HEAD)
    own.open(f"{request}review/")
    other = own.context.new_page()
    other.goto(f"{province.address}{request}review/", wait_until="load")
    own.click("同意申请", role="button")
    other.get_by_role("button", name="同意申请", exact=True).first.click()
    other.wait_for_load_state("load")
    told = other.inner_text("main")
    assert any(words in told for words in ("已被他人", "已经办", "不在您的办理范围", "没有重复办理", "已有变化")), told
    assert "Traceback" not in told
    other.close()
    desk.close()


def test_a_death_reaches_the_open_workbench_while_one_looks_at_it(desks: Desks) -> None:
    office, handler = desks(OFFICE), desks(HANDLER)
    office.page.wait_for_selector("#jy-work")
    handler.start("上手导览") if handler.page.locator(".jy-starts a", has_text="上手导览").count() else handler.open(
        "/tour/"
    )
    handler.page.locator("main").get_by_role("button", name="让公安厅登记一人死亡").click()
    begun = time.perf_counter()
    office.page.wait_for_selector(".jy-toast:has-text('关注的办件有变化')", timeout=20_000)
    took = time.perf_counter() - begun
    print(f"the warning stood on the open workbench after {took:.2f} s")
    assert took < 15
    office.press(office.page.locator(".jy-toast a", has_text="关注的办件有变化"))
    assert "/exchange/warnings/" in office.page.url
    office.press(office.page.locator("form[action$='/acknowledge/'] button, a[href$='/acknowledge/']").first)
    office.counted()


def test_the_late_reply_is_red_on_the_desk_it_lies_on(browser: Any, province: Province, desks: Desks) -> None:
    late = Desk(browser, province, OWN_HANDLER)  # the sessions of before were ended by the security administrator
    late.begin()
    assert late.page.locator(".jy-verdict.jy-bad", has_text="项时限已超期").count() == 1
    clock = late.page.locator("main .jy-desk-clock", has_text="已超期").first
    red, green, blue = (
        int(n) for n in re.findall(r"\d+", clock.locator("*").first.evaluate("n => getComputedStyle(n).color"))[:3]
    )
    assert red > 150 and green < 90 and blue < 90
    office = desks("human_resources.office")
    assert office.page.locator("main .jy-desk-clock", has_text="已超期").count() >= 1
    late.close()
